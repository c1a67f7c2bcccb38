//! What single parts of a file mean: nodes, cameras, lights, geometry, warnings.

#[path = "made/scene_file.rs"]
#[allow(dead_code, reason = "other tests use the rest of it")]
mod scene_file;

use glam::{Quat, Vec2, Vec3, Vec4};
use render_core::import::{Document, EnvironmentChoice, ImportOptions, Severity};
use render_core::scene::{Lens, Projection};
use scene_file::{SceneFile, document, scene, warnings};
use serde_json::{Value, json};

#[test]
fn a_mesh_without_material_has_the_formats_default() {
    let scene = scene(&SceneFile::triangle());
    let material = &scene.materials[scene.meshes[0].material as usize];
    assert_eq!((material.metallic, material.roughness, material.base_color), (1.0, 1.0, Vec3::ONE));
}

#[test]
fn a_mesh_without_normals_is_flat() {
    let scene = scene(&SceneFile::triangle());
    assert!(scene.meshes[0].normals.is_empty());
}

#[test]
fn vertex_colors_of_every_encoding_are_fractions() {
    let cases: [(&str, u32, Vec<u8>); 4] = [
        ("VEC3", 5121, [255, 0, 51].repeat(3)),
        ("VEC4", 5123, [65535_u16, 0, 13107, 65535].map(u16::to_le_bytes).concat().repeat(3)),
        ("VEC3", 5126, [1.0_f32, 0.0, 0.2].map(f32::to_le_bytes).concat().repeat(3)),
        ("VEC4", 5126, [1.0_f32, 0.0, 0.2, 1.0].map(f32::to_le_bytes).concat().repeat(3)),
    ];
    for (kind, component, bytes) in cases {
        let mut file = SceneFile::triangle();
        let colors = file.add_accessor(kind, component, 3, &bytes);
        file.json["meshes"][0]["primitives"][0]["attributes"]["COLOR_0"] = json!(colors);
        let scene = scene(&file);
        assert_eq!(scene.meshes[0].colors.len(), 3);
        for color in &scene.meshes[0].colors {
            assert!(color.distance(Vec4::new(1.0, 0.0, 0.2, 1.0)) < 1e-6, "{kind} {component}: {color}");
        }
    }
}

#[test]
fn sparse_values_replace_zeros_too() {
    let mut file = SceneFile::triangle();
    let indices = file.add_view(&[1, 2]);
    let values: Vec<u8> =
        [3.0_f32, 0.0, 0.0, 0.0, 4.0, 0.0].iter().flat_map(|number| number.to_le_bytes()).collect();
    let values = file.add_view(&values);
    file.json["accessors"][0] = json!({
        "componentType": 5126, "count": 3, "type": "VEC3",
        "sparse": {
            "count": 2, "indices": { "bufferView": indices, "componentType": 5121 }, "values": { "bufferView": values },
        },
    });
    assert_eq!(scene(&file).meshes[0].positions, [Vec3::ZERO, 3.0 * Vec3::X, 4.0 * Vec3::Y]);
}

#[test]
fn gpu_instancing_places_copies_relative_to_the_node() {
    let mut file = SceneFile::triangle();
    let places = file.add_floats("VEC3", &[0.0, 0.0, 0.0, 1.0, 2.0, 3.0]);
    let half = std::f32::consts::FRAC_1_SQRT_2;
    let turns = file.add_floats("VEC4", &[0.0, 0.0, 0.0, 1.0, 0.0, 0.0, half, half]);
    let sizes = file.add_floats("VEC3", &[1.0, 1.0, 1.0, 2.0, 2.0, 2.0]);
    let attributes = json!({ "TRANSLATION": places, "ROTATION": turns, "SCALE": sizes });
    file.json["nodes"][0]["extensions"] = json!({ "EXT_mesh_gpu_instancing": { "attributes": attributes } });
    file.json["nodes"][0]["translation"] = json!([10, 0, 0]);
    let scene = scene(&file);
    assert_eq!((scene.instances.len(), scene.meshes.len()), (2, 1));
    assert_eq!(scene.instances[0].object_id, scene.instances[1].object_id);
    // (1, 0, 0) doubled, turned a quarter about z to (0, 2, 0), moved by (1, 2, 3) and by the node's 10.
    let point = scene.instances[1].world_from_object.transform_point3(Vec3::X);
    assert!(point.distance(Vec3::new(11.0, 4.0, 3.0)) < 1e-5, "{point}");
}

#[test]
fn what_is_pressed_flat_is_there_and_what_is_pressed_to_nothing_is_left_out_by_name() {
    let mut file = SceneFile::triangle();
    file.json["nodes"][0]["scale"] = json!([3, 4, 0]);
    let flat = scene(&file);
    assert!(!flat.instances[0].is_flat() && !warnings(&file).contains("flattens"));
    let corner = flat.instances[0].world_from_object.transform_point3(Vec3::new(1.0, 1.0, 1.0));
    assert!(corner.distance(Vec3::new(3.0, 4.0, 0.0)) < 1e-4, "{corner}");
    file.json["nodes"][0]["scale"] = json!([1e-11, 1e-11, 1e-11]);
    assert!(scene(&file).instances.is_empty() && warnings(&file).contains("flattens"));
    file.json["nodes"][0]["scale"] = json!([1, 0, 0]);
    assert!(scene(&file).instances.is_empty());
    assert!(warnings(&file).contains("node 0 \"wall\": its transform flattens it"));
}

#[test]
fn a_scene_without_triangles_imports_with_a_warning() {
    let mut file = SceneFile::triangle();
    file.json["nodes"] = json!([{ "name": "empty" }]);
    assert_eq!(scene(&file).triangles_instanced(), 0);
    assert!(warnings(&file).contains("no triangles"));
    let mut flat = SceneFile::triangle();
    flat.binary[24..36].fill(0);
    assert!(warnings(&flat).contains("mesh 0 \"Bottle\", primitive 0: it has no triangle of any size"));
}

#[test]
fn points_and_lines_are_named_and_left_out() {
    let mut file = SceneFile::triangle();
    file.json["meshes"][0]["primitives"][0]["mode"] = json!(1);
    assert!(warnings(&file).contains("points or lines"));
}

#[test]
fn cameras_are_rigid_and_the_first_is_depth_first() {
    let mut file = SceneFile::triangle();
    file.json["cameras"] = json!([
        { "type": "orthographic", "orthographic": { "xmag": 4, "ymag": 2, "znear": 0, "zfar": 9 } },
        { "type": "perspective", "name": "Second", "perspective": { "yfov": 0.5, "znear": 1, "aspectRatio": 1.5 } },
    ]);
    file.json["nodes"] = json!([
        { "mesh": 0 }, { "children": [3], "scale": [3, 3, -3] }, { "camera": 1 },
        { "camera": 0, "name": "deep", "translation": [1, 2, 3] },
    ]);
    file.json["scenes"][0]["nodes"] = json!([0, 1, 2]);
    let document = document(&file);
    assert_eq!(document.cameras(), ["deep", "Second"]);
    let camera = document.scene_at(0.0, 0.0).expect("it stands").camera;
    assert_eq!(camera.projection, Projection::Orthographic { half_height: 2.0 });
    assert_eq!(camera.aspect, Some(2.0));
    assert!(Vec3::from(camera.world_from_camera.translation).distance(Vec3::new(3.0, 6.0, -9.0)) < 1e-5);
    assert!((camera.world_from_camera.matrix3.determinant() - 1.0).abs() < 1e-5, "scale and mirror are out");
    let looks = camera.world_from_camera.transform_vector3(Vec3::NEG_Z);
    assert!(looks.distance(Vec3::Z) < 1e-6, "the mirrored camera looks back: {looks}");
}

#[test]
fn a_scene_without_camera_is_framed_and_without_light_has_a_sky() {
    let document = document(&SceneFile::triangle());
    let scene = document.scene_at(0.0, 0.0).expect("it stands");
    let notices: Vec<_> =
        document.warnings().iter().map(|warning| (warning.severity, warning.to_string())).collect();
    assert_eq!(notices.len(), 2, "{notices:?}");
    assert!(notices.iter().all(|(severity, _)| *severity == Severity::Notice));
    assert_eq!((scene.environment.map, scene.environment.strength), (None, Vec3::ONE));
    let Projection::Perspective { fov_y } = scene.camera.projection else { panic!("it is perspective") };
    let camera_from_world = scene.camera.world_from_camera.inverse();
    for &corner in &scene.meshes[0].positions {
        let seen = camera_from_world.transform_point3(corner);
        let bound = -seen.z * (fov_y * 0.5).tan();
        assert!(seen.z < 0.0 && seen.x.abs() <= bound && seen.y.abs() <= bound, "{corner} is in the picture");
    }
    let black = ImportOptions { environment: EnvironmentChoice::None, ..ImportOptions::default() };
    let dark = Document::open_bytes(&SceneFile::triangle().glb(), &black).expect("it imports");
    assert_eq!(dark.scene_at(0.0, 0.0).expect("it stands").environment.strength, Vec3::ZERO);
}

#[test]
fn skinned_meshes_ignore_their_node() {
    let mut file = SceneFile::triangle();
    let joints = file.add_accessor("VEC4", 5123, 3, &[0; 24]);
    let weights = file.add_accessor("VEC4", 5121, 3, &[255, 0, 0, 0].repeat(3));
    let attributes = &mut file.json["meshes"][0]["primitives"][0]["attributes"];
    attributes["JOINTS_0"] = json!(joints);
    attributes["WEIGHTS_0"] = json!(weights);
    file.json["skins"] = json!([{ "joints": [1] }]);
    file.json["nodes"] = json!([{ "mesh": 0, "skin": 0, "translation": [50, 0, 0] }, { "translation": [0, 5, 0], "scale": [2, 2, 2] }]);
    let scene = scene(&file);
    assert_eq!(scene.instances[0].world_from_object, glam::Affine3A::IDENTITY);
    assert_eq!(scene.meshes[0].positions[1], Vec3::new(2.0, 5.0, 0.0));
}

#[test]
fn names_from_the_file_cannot_steer_a_terminal() {
    let mut file = SceneFile::triangle();
    file.json["nodes"][0]["name"] = json!("\u{1b}[2Jgone");
    file.json["nodes"][0]["scale"] = json!([0, 0, 0]);
    let text = warnings(&file);
    assert!(text.contains("\\u{1b}[2Jgone") && !text.contains('\u{1b}'), "{text}");
}

#[test]
fn the_rotation_between_keys_takes_the_shorter_way() {
    let mut file = SceneFile::triangle();
    let times = file.add_floats("SCALAR", &[0.0, 1.0]);
    let turn = Quat::from_rotation_y(1.0);
    let turns = file.add_floats("VEC4", &[0.0, 0.0, 0.0, 1.0, -turn.x, -turn.y, -turn.z, -turn.w]);
    file.json["animations"] = json!([{
        "channels": [
            { "sampler": 0, "target": { "node": 0, "path": "rotation" } },
            { "sampler": 0, "target": { "path": "pointer" } },
        ],
        "samplers": [{ "input": times, "output": turns }],
    }]);
    let document = document(&file);
    let scene = document.scene_at(0.25, 0.0).expect("it stands");
    let rotation = Quat::from_mat3a(&scene.instances[0].world_from_object.matrix3);
    assert!(rotation.dot(Quat::from_rotation_y(0.25)).abs() > 0.999_999, "{rotation}");
    assert!(warnings(&file).contains("animation 0: channels that move no node are ignored (1)"));
}

/// A file with one camera, one light and these notes on them.
fn with_notes(camera: &Value, light: &Value) -> SceneFile {
    let mut file = SceneFile::triangle();
    let eye = json!({ "type": "perspective", "name": "Eye", "perspective": { "yfov": 0.5, "znear": 1 }, "extras": camera });
    file.json["cameras"] = json!([eye]);
    file.json["extensions"] = json!({ "KHR_lights_punctual": { "lights": [light] } });
    file.json["extensionsUsed"] = json!(["KHR_lights_punctual"]);
    file.json["nodes"] =
        json!([{ "mesh": 0 }, { "camera": 0 }, { "extensions": { "KHR_lights_punctual": { "light": 0 } } }]);
    file.json["scenes"][0]["nodes"] = json!([0, 1, 2]);
    file
}

#[test]
fn a_cameras_extras_give_it_a_lens_and_a_shift() {
    let lens =
        json!({ "radius": 0.02, "focus_distance": 3.5, "blades": 6, "rotation": 0.25, "squeeze": 0.5 });
    let lamp = json!({ "type": "spot", "extras": { "tessera_radius": 0.25 } });
    let file = with_notes(&json!({ "tessera_lens": lens, "tessera_shift": [0.5, -0.25] }), &lamp);
    assert_eq!(warnings(&file), "");
    let scene = scene(&file);
    let wanted = Lens { radius: 0.02, focus_distance: 3.5, blades: 6, rotation: 0.25, squeeze: 0.5 };
    assert_eq!((scene.camera.lens, scene.camera.shift), (wanted, Vec2::new(0.5, -0.25)));
    assert_eq!(scene.lights[0].size, 0.25);
    let sun = json!({ "type": "directional", "extras": { "tessera_angle": 0.5, "tessera_radius": 9 } });
    assert_eq!(self::scene(&with_notes(&json!(null), &sun)).lights[0].size, 0.25);
}

#[test]
fn notes_that_mean_nothing_are_named_and_left_out() {
    let lens =
        json!({ "radius": "wide", "focus_distance": 0, "blades": 1000, "rotation": [1], "squeeze": -1 });
    let lamp = json!({ "type": "point", "extras": { "tessera_radius": -1 } });
    let file = with_notes(&json!({ "tessera_lens": lens, "tessera_shift": [1] }), &lamp);
    let told = warnings(&file);
    for word in
        ["radius", "focus_distance", "blades", "rotation", "squeeze", "tessera_shift", "tessera_radius"]
    {
        assert!(told.contains(&format!("its {word} is not")), "{word}: {told}");
    }
    let no_object = with_notes(&json!({ "tessera_lens": 2.8 }), &json!({ "type": "point" }));
    assert!(warnings(&no_object).contains("its tessera_lens is not an object"), "{}", warnings(&no_object));
    let scene = scene(&file);
    assert_eq!(
        (scene.camera.lens, scene.camera.shift, scene.lights[0].size),
        (Lens::default(), Vec2::ZERO, 0.0)
    );
}

#[test]
fn what_is_asked_of_the_lens_takes_the_place_of_the_files() {
    let asked = |file: &SceneFile, f_stop: Option<f32>, focus_distance: Option<f32>| {
        Document::open_bytes(
            &file.glb(),
            &ImportOptions { f_stop, focus_distance, ..ImportOptions::default() },
        )
    };
    let lens = |document: &Document| document.scene_at(0.0, 0.0).expect("it stands").camera.lens;
    let point = json!({ "type": "point" });
    let open =
        with_notes(&json!({ "tessera_lens": { "radius": 0.1, "focus_distance": 3, "blades": 5 } }), &point);
    let plain = with_notes(&json!(null), &point);
    let both = asked(&plain, Some(2.0), Some(4.0)).expect("it has both");
    assert_eq!(
        lens(&both),
        Lens { radius: Lens::radius_at(2.0, 0.5), focus_distance: 4.0, ..Lens::default() }
    );
    let stop = lens(&asked(&open, Some(2.0), None).expect("the file has the distance"));
    assert_eq!((stop.radius, stop.focus_distance, stop.blades), (Lens::radius_at(2.0, 0.5), 3.0, 5));
    let focus = lens(&asked(&open, None, Some(7.0)).expect("the file has the hole"));
    assert_eq!((focus.radius, focus.focus_distance), (0.1, 7.0));
    let refused = asked(&plain, Some(2.0), None).expect_err("nobody says what is sharp");
    assert_eq!(refused.to_string(), "an f-stop needs a distance in focus, and the camera has none");
    let vain = asked(&plain, None, Some(4.0)).expect("it renders");
    assert!(vain.warnings().iter().any(|warning| warning.to_string().contains("pinhole")));
}

#[test]
fn a_scene_far_from_the_origin_is_told_and_one_nearby_or_as_large_is_not() {
    let told = |place: f32, size: f32| {
        let mut file = SceneFile::triangle();
        file.json["nodes"][0]["translation"] = json!([place, 0, 0]);
        file.json["nodes"][0]["scale"] = json!([size, size, size]);
        warnings(&file).contains("from the origin")
    };
    assert!(told(1e7, 10.0) && told(500_000.0, 20.0) && told(100.0, 0.001));
    assert!(!told(0.0, 0.001) && !told(100.0, 10.0) && !told(500_000.0, 2000.0));
}
