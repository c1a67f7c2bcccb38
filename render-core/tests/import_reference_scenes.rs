//! Facts about the reference scenes beside the repository: they import, and mean what they say.

use std::path::{Path, PathBuf};

use render_core::import::{Document, ImportOptions};
use render_core::scene::Scene;

/// The folder of the reference scenes; `None`, said aloud, where it is absent.
fn scenes() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/scenes");
    let linked = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/scenes");
    let found = [folder, linked].into_iter().find(|folder| folder.join("scenes.json").is_file());
    if found.is_none() {
        eprintln!("SKIPPED: the reference scenes are not at ../shared/scenes, so nothing was checked");
    }
    found
}

fn at(document: &Document, seconds: f32) -> Scene {
    document.scene_at(seconds, 1.0 / 24.0).expect("the scene stands at that time")
}

#[test]
fn every_reference_scene_imports_and_is_whole() {
    let Some(folder) = scenes() else { return };
    let list = std::fs::read_to_string(folder.join("scenes.json")).expect("the list is readable");
    let list: serde_json::Value = serde_json::from_str(&list).expect("the list is JSON");
    let list = list.as_array().expect("the list is an array");
    assert!(list.len() > 20, "the list is complete");
    for entry in list {
        let file = entry["file"].as_str().expect("it has a file");
        let camera = entry.get("camera_node").and_then(|name| name.as_str()).map(str::to_owned);
        let options = ImportOptions { camera, ..ImportOptions::default() };
        let document = Document::open(&folder.join(file), &options)
            .unwrap_or_else(|error| panic!("{file} does not import: {error}"));
        let seconds = entry["time"].as_f64().unwrap_or(0.0) as f32;
        let scene = at(&document, seconds);
        scene.check().unwrap_or_else(|fault| panic!("{file}: {fault}"));
        assert!(scene.triangles_instanced() > 0, "{file} has triangles");
        if let Some(triangles) = entry.get("triangles").and_then(|count| count.as_u64()) {
            eprintln!("{file}: listed {triangles}, stored and seen {:?}", document.summary());
        }
        for warning in document.warnings() {
            eprintln!("{file}: {warning}");
        }
    }
}
