//! A scene's file: opened as a person names it, packed, and what is wrong with it in words.

use std::path::Path;

use render_core::PackedScene;
use render_core::import::{Document, EnvironmentChoice, ImportError, ImportOptions};
use render_core::scene::Scene;

use crate::fault::{Exit, Fault};
use crate::foreign;
use crate::request::{Lens, Shutter, Sky, Surroundings};

/// What looks at a scene.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct View<'a> {
    /// Its name; `None`: the first.
    pub(crate) camera: Option<&'a str>,
    /// What its lens is to be.
    pub(crate) lens: Lens,
    /// How long it sees what moves.
    pub(crate) shutter: Shutter,
}

/// Opens a scene file as a person names it, of whatever program; `motion`: whether motion vectors will be asked for.
pub(crate) fn open_scene(
    path: &Path,
    view: View<'_>,
    surroundings: &Surroundings,
    motion: bool,
) -> Result<Document, Fault> {
    let brought = if foreign::is_foreign(path) { Some(foreign::bring(path)?) } else { None };
    let mut options = ImportOptions {
        camera: view.camera.map(str::to_owned),
        f_stop: view.lens.f_stop,
        focus_distance: view.lens.focus_m,
        environment: match &surroundings.sky {
            Sky::Automatic => EnvironmentChoice::Neutral,
            Sky::Black => EnvironmentChoice::None,
            Sky::File(file) => EnvironmentChoice::File(file.clone()),
        },
        environment_strength: surroundings.strength,
        environment_rotation: surroundings.rotate_deg.to_radians(),
        corner_motion: motion,
        shutter: view.shutter.frames(),
        ..ImportOptions::default()
    };
    let opened = |scene: &Path, options: &ImportOptions| {
        Document::open(scene, options).map_err(|error| import_fault(&error))
    };
    let Some(brought) = brought else { return opened(path, &options) };
    brought.complete(&mut options);
    Ok(opened(&brought.scene, &options)?.with_warnings(brought.warnings()))
}

/// Packs a scene as the renderer reads it.
pub(crate) fn pack(scene: &Scene) -> Result<PackedScene, Fault> {
    render_core::pack(scene)
        .map_err(|fault| Fault::scene(format!("the scene cannot be packed: {fault}"), fault.help()))
}

/// An importer's error, for people.
pub(crate) fn import_fault(error: &ImportError) -> Fault {
    let help = error.help();
    let help = help.trim_end_matches('.');
    let mut letters = help.chars();
    let advice =
        letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect());
    let exit = match error {
        ImportError::NoSuchCamera { .. } | ImportError::NoFocus => Exit::Usage,
        _ => Exit::Scene,
    };
    Fault::new(exit, error.to_string(), advice)
}
