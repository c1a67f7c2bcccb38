//! Scenes of other programs: what is not glTF is made glTF by the Blender that the person has, and kept for the next time.
//!
//! Blender runs without a window, with its factory settings, and without the scripts that a file may hold (`foreign/whole.py`); the Blender
//! add-on's own conversion decides what becomes of lights, worlds, lenses and materials. What cannot be brought over is told by name.

mod blender;
mod shelf;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use directories::ProjectDirs;
use render_core::import::{EnvironmentChoice, ImportOptions, Severity, Warning};
use serde::{Deserialize, Serialize};

use crate::fault::{Fault, quoted};

pub(crate) use blender::program;

/// What files of other programs are called like.
pub const FOREIGN: [&str; 10] = ["blend", "fbx", "obj", "usd", "usda", "usdc", "usdz", "abc", "ply", "stl"];

/// Frames in a second that Tessera takes for granted.
const USUAL_FPS: f64 = 24.0;

/// A scene as Tessera reads it, and what its own program says beside it.
#[derive(Debug)]
pub(crate) struct Brought {
    /// The glTF file.
    pub(crate) scene: PathBuf,
    told: Told,
}

/// What `whole.py` tells.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Told {
    /// The camera that renders there.
    camera: Option<String>,
    env: Option<Env>,
    /// For how many frames the shutter is open.
    shutter: f32,
    /// Frames in a second, where something moves.
    fps: Option<f64>,
    /// Sentences without a full stop.
    warnings: Vec<String>,
    /// Other files that the scene consists of.
    used: Vec<PathBuf>,
}

/// The light around a scene.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Env {
    file: PathBuf,
    strength: f32,
    rotate_deg: f32,
}

/// Whether a file is called like a scene of another program.
pub(crate) fn is_foreign(path: &Path) -> bool {
    ends_in(path, &FOREIGN)
}

/// Whether a file's name ends in one of these, upper and lower case alike.
pub(crate) fn ends_in(path: &Path, endings: &[&str]) -> bool {
    let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
    ending.is_some_and(|ending| endings.contains(&ending.as_str()))
}

/// Brings a scene over, or finds what was brought over before and is still true.
///
/// # Errors
/// [`Fault`] when the file cannot be read, when there is no Blender that can, or when there is no room for what it makes.
pub(crate) fn bring(path: &Path) -> Result<Brought, Fault> {
    let folder = ProjectDirs::from("", "", "tessera")
        .map_or_else(std::env::temp_dir, |places| places.cache_dir().to_owned());
    bring_to(&folder.join("scenes"), path, program)
}

/// The same on this shelf, with this way to find Blender.
fn bring_to(shelf: &Path, path: &Path, find: impl Fn() -> Option<PathBuf>) -> Result<Brought, Fault> {
    // Whoever asks for the same scene meanwhile finds it when its turn comes.
    static TURN: Mutex<()> = Mutex::new(());
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let source = path.canonicalize().map_err(|error| Fault::file("read", path, &error))?;
    if let Some(brought) = shelf::find(shelf, &source) {
        return Ok(brought);
    }
    let Some(blender) = find() else {
        let name = quoted(Path::new(path.file_name().unwrap_or_default()));
        return Err(Fault::scene(
            format!("{name} is opened by way of Blender, and no Blender was found"),
            "install Blender 4.2 or newer, name its program in TESSERA_BLENDER, or export the scene as glTF (.glb)",
        ));
    };
    let work = shelf::workplace(shelf)?;
    tracing::info!(scene = %path.display(), blender = %blender.display(), "makes glTF of a scene");
    let scene = work.path().join(Path::new(source.file_name().unwrap_or_default()).with_extension("glb"));
    let told = blender::convert(&blender, &source, &scene, work.path())?;
    shelf::put(shelf, &source, work, told)
}

impl Brought {
    /// What the file says, for all that nobody asked for otherwise.
    pub(crate) fn complete(&self, options: &mut ImportOptions) {
        if options.camera.is_none() {
            options.camera.clone_from(&self.told.camera);
        }
        if let (EnvironmentChoice::Neutral, Some(env)) = (&options.environment, &self.told.env) {
            options.environment = EnvironmentChoice::File(env.file.clone());
            options.environment_strength *= env.strength;
            options.environment_rotation += env.rotate_deg.to_radians();
        }
    }

    /// What a person should know of it.
    pub(crate) fn warnings(&self) -> Vec<Warning> {
        let warning = |text: String| Warning { severity: Severity::Warning, place: String::new(), text };
        let notice = |text: String| Warning { severity: Severity::Notice, place: String::new(), text };
        let Told { warnings, shutter, fps, .. } = &self.told;
        let fps = fps.filter(|&fps| fps != USUAL_FPS);
        let mut all: Vec<Warning> = warnings.iter().cloned().map(warning).collect();
        all.extend(fps.map(|fps| {
            notice(format!("it has {fps} frames a second; render with --fps {fps} for the same ones"))
        }));
        if *shutter > 0.0 {
            all.push(notice(format!("it has motion blur; render with --shutter {shutter} for the same one")));
        }
        all
    }
}
