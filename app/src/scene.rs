//! Looks into scene files: whether they will render, with everything that a person should know before they wait.

use std::fmt;
use std::path::Path;

use render_core::MemoryNeed;
use render_core::import::{Summary, Warning};
use serde::Serialize;

use crate::counted::counted;
use crate::fault::{Fault, one_line};
use crate::render::{View, default_size, import_fault, open_scene, pack};
use crate::request::{Sky, Surroundings};

/// What `scene check` found in a scene that can be rendered.
#[derive(Clone, Debug, Serialize)]
pub struct SceneReport {
    /// What the file holds.
    pub summary: Summary,
    /// Cameras by name; `render --camera` takes any of them.
    pub cameras: Vec<String>,
    /// Camera that is used when none is named.
    pub camera: String,
    /// Columns and rows when nobody names them.
    pub size: (u32, u32),
    /// Length of the animation, seconds.
    pub animation_s: Option<f32>,
    /// Frames that show the whole animation, as `--frames` takes them.
    pub frames: Option<String>,
    /// Materials by name.
    pub materials: Vec<String>,
    /// Everything unsupported, missing or chosen.
    pub warnings: Vec<Warning>,
    /// GPU memory that the scene needs.
    pub memory: MemoryNeed,
}

/// Opens a scene as a render would, and says what is in it.
pub fn check(path: &Path, fps: f64) -> Result<SceneReport, Fault> {
    let surroundings = Surroundings { sky: Sky::Automatic, strength: 1.0, rotate_deg: 0.0 };
    let document = open_scene(path, View::default(), &surroundings, false)?;
    let scene = document.scene_at(0.0, (1.0 / fps) as f32).map_err(|error| import_fault(&error))?;
    let animation_s = document.animation_seconds();
    let size = default_size(scene.camera.aspect)?;
    Ok(SceneReport {
        size: (size.width(), size.height()),
        summary: document.summary(),
        cameras: document.cameras(),
        camera: scene.camera.name.clone(),
        animation_s,
        frames: animation_s.map(|seconds| frames_of(seconds, fps)),
        materials: scene.material_names.iter().filter(|name| !name.is_empty()).cloned().collect(),
        warnings: document.warnings().to_vec(),
        memory: render_core::memory_need(&pack(&scene)?),
    })
}

/// The frames from the start of an animation to its last key.
fn frames_of(seconds: f32, fps: f64) -> String {
    // A key at 0.9999 s of a 24 fps animation is meant to be frame 24.
    format!("0-{}", (f64::from(seconds) * fps).round() as u64)
}

impl fmt::Display for SceneReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = &self.summary;
        let meshes =
            if counts.meshes == 1 { "1 mesh".to_owned() } else { format!("{} meshes", counts.meshes) };
        let [triangles, instances, materials, textures, lights] = [
            (counts.triangles_instanced, "triangle"),
            (counts.instances, "instance"),
            (counts.materials, "material"),
            (counts.textures, "texture"),
            (counts.lights, "light"),
        ]
        .map(|(count, thing)| counted(count, thing));
        writeln!(
            f,
            "{triangles} ({} stored) in {meshes} and {instances}, {materials}, {textures}, {lights}",
            counts.triangles
        )?;
        // A file's names are a stranger's: they tell the terminal nothing.
        let listed = |names: &[String]| one_line(&names.join(", "));
        match self.cameras.is_empty() {
            true => writeln!(f, "cameras: none; used: one that frames the scene")?,
            false => writeln!(f, "cameras: {}; used: {}", listed(&self.cameras), one_line(&self.camera))?,
        }
        match (&self.animation_s, &self.frames) {
            (Some(seconds), Some(frames)) => writeln!(f, "animation: {seconds:.3} s, --frames {frames}")?,
            _ => writeln!(f, "animation: none")?,
        }
        if !self.materials.is_empty() {
            writeln!(f, "materials: {}", listed(&self.materials))?;
        }
        let memory_mib = self.memory.total_bytes.div_ceil(1 << 20);
        writeln!(f, "GPU memory needed: {memory_mib} MiB and the picture's own")?;
        for warning in &self.warnings {
            writeln!(f, "note: {warning}")?;
        }
        match self.warnings.len() {
            0 => write!(f, "everything in the scene is rendered"),
            1 => write!(f, "it renders, with the note above"),
            count => write!(f, "it renders, with the {count} notes above"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_tells_the_terminal_nothing_and_one_thing_has_no_plural() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("a.gltf");
        let camera = r#"{"type":"perspective","perspective":{"yfov":0.7,"znear":0.1},"name":"\u001b[2Jeye"}"#;
        let json = format!(
            r#"{{"asset":{{"version":"2.0"}},"scene":0,"scenes":[{{"nodes":[0]}}],"nodes":[{{"camera":0}}],"cameras":[{camera}]}}"#
        );
        std::fs::write(&file, json).expect("written");
        let report = check(&file, 24.0).expect("it renders");
        assert_eq!(report.camera, "\u{1b}[2Jeye", "as --camera takes it");
        let text = report.to_string();
        assert!(!text.contains('\u{1b}') && text.contains("used:  [2Jeye"), "{text:?}");
        let blind = SceneReport { cameras: Vec::new(), camera: String::new(), ..report }.to_string();
        assert!(blind.contains("cameras: none; used: one that frames the scene"), "{blind}");
    }

    #[test]
    fn frames_reach_the_last_key() {
        assert_eq!(frames_of(1.0, 24.0), "0-24");
        assert_eq!(frames_of(0.958_333_3, 24.0), "0-23");
    }
}
