//! What the importer makes of a file while a shutter is open.

#[path = "made/scene_file.rs"]
#[allow(dead_code, reason = "other tests use the rest of it")]
mod scene_file;

use glam::{Affine3A, Quat, Vec3};
use render_core::import::{Document, ImportOptions};
use render_core::scene::Scene;
use scene_file::SceneFile;
use serde_json::json;

/// A triangle, a camera and a lamp that a turning, rising node carries, a morphing triangle and one at rest.
fn carousel() -> SceneFile {
    let mut file = SceneFile::triangle();
    let rest = json!([{ "targets": [{ "POSITION": 0 }], "attributes": { "POSITION": 0 }, "indices": 1 }]);
    file.json["meshes"].as_array_mut().expect("a list").push(json!({ "primitives": rest, "weights": [0.0] }));
    file.json["cameras"] = json!([{ "type": "perspective", "perspective": { "yfov": 0.7, "znear": 0.1 } }]);
    file.json["extensions"] = json!({ "KHR_lights_punctual": { "lights": [{ "type": "point" }] } });
    file.json["nodes"] = json!([
        { "name": "wheel", "children": [1, 2, 3] },
        { "name": "seat", "mesh": 0, "translation": [2.0, 0.0, 0.0] },
        { "name": "eye", "camera": 0 },
        { "name": "bulb", "extensions": { "KHR_lights_punctual": { "light": 0 } } },
        { "name": "flag", "mesh": 1 },
        { "name": "ground", "mesh": 0 },
    ]);
    file.json["scenes"][0]["nodes"] = json!([0, 4, 5]);
    let times = file.add_floats("SCALAR", &[0.0, 1.0]);
    let half = std::f32::consts::FRAC_1_SQRT_2;
    let turn = file.add_floats("VEC4", &[0.0, 0.0, 0.0, 1.0, 0.0, 0.0, half, half]);
    let rise = file.add_floats("VEC3", &[0.0, 0.0, 0.0, 0.0, 8.0, 0.0]);
    let wave = file.add_floats("SCALAR", &[0.0, 1.0]);
    file.json["animations"] = json!([{
        "samplers": [
            { "input": times, "output": turn },
            { "input": times, "output": rise },
            { "input": times, "output": wave },
        ],
        "channels": [
            { "sampler": 0, "target": { "node": 0, "path": "rotation" } },
            { "sampler": 1, "target": { "node": 0, "path": "translation" } },
            { "sampler": 2, "target": { "node": 4, "path": "weights" } },
        ],
    }]);
    file
}

#[test]
fn an_open_shutter_sees_half_before_the_frame_and_half_after_it() {
    let options = ImportOptions { shutter: 0.5, ..ImportOptions::default() };
    let document = Document::open_bytes(&carousel().glb(), &options).expect("it is whole");
    let (now, frame) = (0.5, 0.25);
    let scene = document.scene_at(now, frame).expect("it stands");
    let swept = scene.instances.iter().map(|instance| instance.sweep.is_some()).collect::<Vec<_>>();
    assert_eq!(swept, [true, false, false], "the seat, not the flag and the ground");
    let seat = scene.instances[0].sweep.as_ref().expect("it moves");
    let eye = scene.camera.sweep.expect("it moves");
    for (time, seconds) in [(0.0, now - 0.0625), (0.5, now), (1.0, now + 0.0625)] {
        let angle = seconds * std::f32::consts::FRAC_PI_2;
        let wheel =
            Affine3A::from_rotation_translation(Quat::from_rotation_z(angle), Vec3::Y * 8.0 * seconds);
        // Between the ends it goes straight where the wheel goes round: 2 m · (1 - cos 5.6°).
        let aside = if time == 0.5 { 0.01 } else { 1e-3 };
        let carried = wheel * Affine3A::from_translation(Vec3::X * 2.0);
        assert!(seat.at(time).abs_diff_eq(carried, aside), "{time}");
        assert!(eye.at(time).abs_diff_eq(wheel, 1e-3), "{time}");
    }
    assert_eq!(
        document.warnings().iter().map(ToString::to_string).collect::<Vec<_>>(),
        [
            "node 4 \"flag\": its mesh changes its shape, which is not blurred while the shutter is open.",
            "node 3 \"bulb\": its light moves, which is not blurred while the shutter is open.",
        ]
    );
}

#[test]
fn a_closed_shutter_changes_nothing() {
    let file = carousel().glb();
    let scene_with = |shutter: f32, frame: f32| {
        let document = Document::open_bytes(&file, &ImportOptions { shutter, ..ImportOptions::default() });
        let document = document.expect("it is whole");
        (document.scene_at(0.5, frame).expect("it stands"), document.warnings().len())
    };
    let (shut, warnings) = scene_with(0.0, 0.25);
    assert!(warnings == 0 && shut.camera.sweep.is_none());
    assert!(shut.instances.iter().all(|instance| instance.sweep.is_none()));
    let (open, _) = scene_with(1.0, 0.25);
    let places = |scene: &Scene| scene.instances.iter().map(|it| it.world_from_object).collect::<Vec<_>>();
    assert_eq!(places(&shut), places(&open), "where things stand at the frame is as it was");
    assert_eq!(shut.camera.world_from_camera, open.camera.world_from_camera);
    assert!(scene_with(1.0, 0.0).0.instances.iter().all(|it| it.sweep.is_none()), "a frame of no length");
}
