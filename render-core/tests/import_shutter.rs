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
    // The flag's corners grow by as much of themselves as there are seconds; the bulb goes as the wheel does.
    let bend = scene.meshes[1].bend.as_ref().expect("the flag changes its shape");
    for (end, seconds) in [(&bend.open, now - 0.0625), (&bend.close, now + 0.0625)] {
        assert!(end.positions[1].abs_diff_eq(Vec3::X * (1.0 + seconds), 1e-6), "{end:?}");
        assert_eq!(end.normals.len(), scene.meshes[1].normals.len());
    }
    assert!(scene.meshes[1].positions[1].abs_diff_eq(Vec3::X * (1.0 + now), 1e-6), "as the frame has it");
    assert!(scene.meshes[0].bend.is_none(), "the seat and the ground keep theirs");
    let bulb = scene.lights[0];
    assert!(bulb.at(0.0).position.abs_diff_eq(Vec3::Y * 8.0 * (now - 0.0625), 1e-5), "{bulb:?}");
    assert!(bulb.at(1.0).position.abs_diff_eq(Vec3::Y * 8.0 * (now + 0.0625), 1e-5), "{bulb:?}");
    assert_eq!(document.warnings(), []);
}

#[test]
fn what_jumps_from_key_to_key_is_not_blurred_over_the_way_between() {
    let mut file = carousel();
    for sampler in 0..2 {
        file.json["animations"][0]["samplers"][sampler]["interpolation"] = json!("STEP");
    }
    let options = ImportOptions { shutter: 0.5, ..ImportOptions::default() };
    let document = Document::open_bytes(&file.glb(), &options).expect("it is whole");
    // The last key, a cut, is in the middle of the shutter's time.
    let scene = document.scene_at(1.0, 0.25).expect("it stands");
    assert!(scene.instances[0].sweep.is_none() && scene.camera.sweep.is_none());
    let eye = scene.camera.world_from_camera;
    assert!(eye.translation.abs_diff_eq((Vec3::Y * 8.0).into(), 1e-5), "after the cut: {eye:?}");
    assert!(scene.meshes[1].bend.is_some(), "the flag moves as before");
}

/// The triangle follows a joint that turns by a quarter a second; a spot hangs on the same node, and a triangle that follows a joint at rest stands beside.
fn puppet() -> SceneFile {
    let mut file = SceneFile::triangle();
    let joints = file.add_accessor("VEC4", 5121, 3, &[0; 12]);
    let weights = file.add_floats("VEC4", &[1.0, 0.0, 0.0, 0.0].repeat(3));
    let normals = file.add_floats("VEC3", &[0.0, 0.0, 1.0].repeat(3));
    let attributes = &mut file.json["meshes"][0]["primitives"][0]["attributes"];
    attributes["JOINTS_0"] = json!(joints);
    attributes["WEIGHTS_0"] = json!(weights);
    attributes["NORMAL"] = json!(normals);
    file.json["skins"] = json!([{ "joints": [1] }, { "joints": [3] }]);
    file.json["extensions"] =
        json!({ "KHR_lights_punctual": { "lights": [{ "type": "spot", "spot": {} }] } });
    file.json["nodes"] = json!([
        { "name": "puppet", "mesh": 0, "skin": 0 },
        { "name": "hand", "extensions": { "KHR_lights_punctual": { "light": 0 } } },
        { "name": "doll", "mesh": 0, "skin": 1 },
        { "name": "nail" },
    ]);
    file.json["scenes"][0]["nodes"] = json!([0, 1, 2, 3]);
    let times = file.add_floats("SCALAR", &[0.0, 1.0]);
    let half = std::f32::consts::FRAC_1_SQRT_2;
    let turn = file.add_floats("VEC4", &[0.0, 0.0, 0.0, 1.0, half, 0.0, 0.0, half]);
    file.json["animations"] = json!([{
        "samplers": [{ "input": times, "output": turn }],
        "channels": [{ "sampler": 0, "target": { "node": 1, "path": "rotation" } }],
    }]);
    file
}

#[test]
fn a_skin_bends_from_where_its_joints_are_at_one_end_to_where_they_are_at_the_other() {
    let options = ImportOptions { shutter: 1.0, ..ImportOptions::default() };
    let document = Document::open_bytes(&puppet().glb(), &options).expect("it is whole");
    let (now, frame) = (0.5, 0.25);
    let scene = document.scene_at(now, frame).expect("it stands");
    let bend = scene.meshes[0].bend.as_ref().expect("its joint turns");
    let spot = scene.lights[0];
    for (end, time, seconds) in [(&bend.open, 0.0, 0.375), (&bend.close, 1.0, 0.625)] {
        let turn = Quat::from_rotation_x(seconds * std::f32::consts::FRAC_PI_2);
        assert!(end.positions[2].abs_diff_eq(turn * Vec3::Y, 1e-6), "{end:?}");
        assert!(end.normals[2].abs_diff_eq(turn * Vec3::Z, 1e-6), "{end:?}");
        assert!(spot.at(time).direction.abs_diff_eq(turn * Vec3::NEG_Z, 1e-6), "{spot:?}");
    }
    // A quarter of a second later, as the shutter of the next frame opens, they are where they were as this one closed.
    let next = document.scene_at(now + frame, frame).expect("it stands");
    let after = &next.meshes[0].bend.as_ref().expect("it turns on").open;
    assert!(after.positions[2].abs_diff_eq(bend.close.positions[2], 1e-6), "{after:?}");
    assert!(scene.meshes[1].bend.is_none(), "a joint at rest bends nothing");
    assert!(scene.instances.iter().all(|instance| instance.sweep.is_none()), "skins follow joints alone");
    let still = document.scene_at(5.0, frame).expect("it stands");
    assert!(still.meshes[0].bend.is_none() && still.lights[0].sweep.is_none(), "when the animation is over");
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
    assert!(shut.meshes.iter().all(|mesh| mesh.bend.is_none()));
    assert!(shut.lights.iter().all(|light| light.sweep.is_none()));
    let (open, _) = scene_with(1.0, 0.25);
    let places = |scene: &Scene| scene.instances.iter().map(|it| it.world_from_object).collect::<Vec<_>>();
    assert_eq!(places(&shut), places(&open), "where things stand at the frame is as it was");
    assert_eq!(shut.camera.world_from_camera, open.camera.world_from_camera);
    let corners = |scene: &Scene| scene.meshes.iter().map(|mesh| mesh.positions.clone()).collect::<Vec<_>>();
    assert_eq!(corners(&shut), corners(&open));
    let (instant, _) = scene_with(1.0, 0.0);
    let moves = instant.instances.iter().any(|it| it.sweep.is_some())
        || instant.meshes.iter().any(|mesh| mesh.bend.is_some());
    assert!(!moves, "a frame of no length");
}
