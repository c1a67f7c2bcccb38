//! What a person should know of a scene before they wait for it.

use std::path::Path;

use render_core::import::{Severity, Warning};
use serde::{Deserialize, Serialize};
use specta::Type;

use crate::courtesy::giving_way;
use crate::fault::Fault;
use crate::scene::{self, SceneReport};

/// A scene that can be rendered, in the window's words.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Type)]
pub struct Preflight {
    /// The file.
    pub scene: String,
    /// Its name without folders.
    pub name: String,
    /// Cameras by name.
    pub cameras: Vec<String>,
    /// The one that is used when none is chosen; empty: one that frames the scene is made.
    pub camera: String,
    /// Columns when nobody says, with the camera's aspect.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Length of the animation, seconds; 0 without one.
    #[specta(type = u32)]
    pub animation_s: f64,
    /// Frames that show the whole animation; empty without one.
    pub frames: String,
    /// Triangles, instances counted each.
    #[specta(type = u32)]
    pub triangles: f64,
    /// Materials of the file.
    pub materials: u32,
    /// Pictures of the file.
    pub textures: u32,
    /// Lights of the file.
    pub lights: u32,
    /// GPU memory that it needs, MiB.
    pub memory_mib: u32,
    /// Everything unsupported, missing or chosen, by name.
    pub remarks: Vec<Remark>,
}

/// One thing that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Remark {
    /// Whether the picture will differ from what the file asks for.
    pub serious: bool,
    /// What it is about, by the file's names; empty: the whole file.
    pub place: String,
    /// One sentence.
    pub text: String,
}

impl Preflight {
    /// Opens a scene as a render would.
    ///
    /// # Errors
    /// [`Fault`] with one sentence and one advice, as `scene check` gives it.
    pub fn of(path: &Path, fps: f64) -> Result<Self, Fault> {
        let report = giving_way(|| scene::check(path, fps))?;
        let SceneReport { summary, cameras, camera, size, animation_s, frames, warnings, memory, .. } =
            report;
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        Ok(Self {
            scene: path.display().to_string(),
            name,
            cameras,
            camera,
            width: size.0,
            height: size.1,
            animation_s: animation_s.map_or(0.0, f64::from),
            frames: frames.unwrap_or_default(),
            triangles: summary.triangles_instanced as f64,
            materials: small(summary.materials),
            textures: small(summary.textures),
            lights: small(summary.lights),
            memory_mib: small(memory.total_bytes.div_ceil(1 << 20)),
            remarks: warnings.into_iter().map(Remark::from).collect(),
        })
    }
}

impl From<Warning> for Remark {
    fn from(warning: Warning) -> Self {
        Self { serious: warning.severity == Severity::Warning, place: warning.place, text: warning.text }
    }
}

fn small(count: u64) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_scene_tells_its_cameras_frames_and_size() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets/scenes/studio.glb");
        let found = Preflight::of(&path, 24.0).expect("the sample renders");
        assert_eq!(found.name, "studio.glb");
        assert!(found.cameras.contains(&found.camera), "{found:?}");
        assert_eq!((found.width, found.frames.as_str()), (1920, "0-24"));
        assert!(found.triangles > 1000.0 && found.memory_mib > 0);
    }

    #[test]
    fn a_text_and_half_a_scene_are_refused_with_a_sentence_and_an_advice() {
        let place = tempfile::tempdir().expect("a temporary folder");
        let text = place.path().join("notes.txt");
        std::fs::write(&text, "buy milk").expect("it can be written");
        let half = place.path().join("half.glb");
        let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets/scenes/studio.glb");
        let bytes = std::fs::read(sample).expect("the sample is in the tree");
        std::fs::write(&half, &bytes[..bytes.len() / 2]).expect("it can be written");
        for wrong in [&text, &half] {
            let fault = Preflight::of(wrong, 24.0).expect_err("not a scene");
            assert_eq!(fault.exit, crate::fault::Exit::Scene);
            assert!(!fault.what.is_empty() && !fault.advice.is_empty(), "{fault}");
        }
    }
}
