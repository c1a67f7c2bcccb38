//! `scene check` and `doctor`.

#[path = "support/program.rs"]
mod program;

use program::Place;

#[test]
fn a_good_scene_is_described() {
    let place = Place::new();
    let ended = place.run(&["scene", "check", "lamp.gltf"]);
    assert_eq!(ended.exit, 0, "{}", ended.talk);
    for word in ["4 triangles", "cameras: eye", "glow, matte", "animation: none"] {
        assert!(ended.data.contains(word), "{word}: {}", ended.data);
    }
}

#[test]
fn doctor_names_no_place_and_no_person() {
    let place = Place::new();
    let ended = place.run(&["doctor"]);
    assert_eq!(ended.exit, 0, "{}", ended.talk);
    for word in ["system", "network", "disk", "tray", "time"] {
        assert!(ended.data.contains(word), "{word}: {}", ended.data);
    }
    let folder = place.folder().display().to_string();
    let secrets = [folder.as_str(), "/home/", "/root", "/tmp"];
    for secret in secrets.into_iter().filter(|secret| !secret.is_empty()) {
        assert!(!ended.data.contains(secret), "{secret}: {}", ended.data);
    }
}
