//! Files with compressed geometry are the scenes that their plain twins are, and hostile ones are refused.

#[path = "import_compressed/draco.rs"]
mod draco;
#[path = "import_compressed/draco_writer.rs"]
mod draco_writer;
#[path = "import_compressed/hostile.rs"]
mod hostile;
#[path = "import_compressed/meshopt.rs"]
mod meshopt;
#[path = "import_compressed/meshopt_writer.rs"]
mod meshopt_writer;
#[path = "made/scene_file.rs"]
#[allow(dead_code, reason = "other tests use the rest of it")]
mod scene_file;
#[path = "import_compressed/sheet.rs"]
mod sheet;

use render_core::import::{Document, ImportOptions};
use render_core::scene::Scene;
use scene_file::SceneFile;

/// The scene of a file that the importer says nothing about.
fn scene(file: &SceneFile) -> Scene {
    let document = Document::open_bytes(&file.glb(), &ImportOptions::default()).expect("the file imports");
    let warnings: Vec<String> = document.warnings().iter().map(ToString::to_string).collect();
    assert!(warnings.iter().all(|warning| !warning.contains("compression")), "{warnings:?}");
    document.scene_at(0.0, 0.0).expect("the scene stands")
}
