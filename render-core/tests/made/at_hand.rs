//! What this machine has to check with: an adapter, and scenes from files. What is missing is said aloud.

use std::path::Path;

use render_core::import::{Document, EnvironmentChoice, ImportOptions};
use render_core::scene::Scene;
use render_core::{GpuRenderer, RendererOptions};

use crate::aloud::say_aloud;

/// The project's own scenes.
pub(crate) const ASSETS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../assets/scenes");
/// Scenes that lie beside the repository on some machines.
pub(crate) const SHARED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/scenes");

/// The strongest adapter.
pub(crate) fn renderer() -> Option<GpuRenderer> {
    match GpuRenderer::open(RendererOptions::default()) {
        Ok(renderer) => Some(renderer),
        Err(fault) => {
            say_aloud(&format!(
                "NOT CHECKED: no adapter could be opened ({fault}); install mesa-vulkan-drivers"
            ));
            None
        }
    }
}

/// A scene a while into its animation, in an environment of [`SHARED`] or the neutral one.
pub(crate) fn scene(folder: &str, name: &str, environment: Option<&str>) -> Option<Scene> {
    while_open(folder, name, environment, 0.0)
}

/// The same with a shutter that is open for so many frames.
pub(crate) fn while_open(folder: &str, name: &str, environment: Option<&str>, shutter: f32) -> Option<Scene> {
    let path = Path::new(folder).join(name);
    if !path.exists() {
        say_aloud(&format!(
            "NOT CHECKED: {name} is not there (../shared is mounted beside the repository where it exists)"
        ));
        return None;
    }
    let environment = environment.map_or(EnvironmentChoice::Neutral, |file| {
        EnvironmentChoice::File(Path::new(SHARED).join("env").join(file))
    });
    let options = ImportOptions { environment, shutter, ..ImportOptions::default() };
    let document = Document::open(&path, &options).expect("the scene is sound");
    Some(document.scene_at(0.4, 1.0 / 24.0).expect("the instant exists"))
}
