//! What meshoptimizer compressed is what its plain twin is.

use glam::{Quat, Vec3, Vec4};
use render_core::import::{Document, ImportError, ImportOptions};
use render_core::scene::Scene;
use serde_json::json;

use crate::meshopt_writer::{self as writer, Packing, packed};
use crate::scene;
use crate::sheet::{corners, indices, sheet, turned, units};

pub(crate) const NAMES: [&str; 2] = ["EXT_meshopt_compression", "KHR_meshopt_compression"];

pub(crate) fn sheets_packings(mode: &'static str) -> [Packing; 4] {
    let indices = Packing { view: 3, stride: 2, mode, filter: "NONE" };
    [Packing::attributes(0, 12), Packing::attributes(1, 12), Packing::attributes(2, 4), indices]
}

#[test]
fn a_meshopt_file_is_the_scene_that_its_plain_twin_is() {
    let plain = scene(&sheet());
    for name in NAMES {
        for version in [0, 1] {
            let file = packed(&sheet(), &sheets_packings("INDICES"), name, version);
            assert!(file.binary.len() < sheet().binary.len(), "it is compressed");
            assert_eq!(scene(&file).meshes, plain.meshes, "{name}, version {version}");
            let mut scene = scene(&packed(&sheet(), &sheets_packings("TRIANGLES"), name, version));
            let mesh = std::sync::Arc::make_mut(&mut scene.meshes[0]);
            assert_eq!(turned(&mesh.triangles), turned(&plain.meshes[0].triangles));
            mesh.triangles.clone_from(&plain.meshes[0].triangles);
            assert_eq!(scene.meshes, plain.meshes, "{name}, version {version}, as triangles");
        }
    }
}

#[test]
fn wide_indices_and_elements_of_any_length_are_read() {
    for stride in [16, 20, 132, 256] {
        let mut plain = sheet();
        let mut bytes = Vec::new();
        for (number, corner) in corners().iter().enumerate() {
            let start = bytes.len();
            bytes.extend(corner.to_array().iter().flat_map(|number| number.to_le_bytes()));
            bytes.resize(start + stride, number as u8);
        }
        let view = plain.add_view(&bytes);
        plain.json["bufferViews"][view]["byteStride"] = json!(stride);
        plain.json["accessors"][0]["bufferView"] = json!(view);
        let wide: Vec<u8> = indices().iter().flat_map(|&index| u32::from(index).to_le_bytes()).collect();
        let wide = plain.add_accessor("SCALAR", 5125, indices().len(), &wide);
        plain.json["meshes"][0]["primitives"][0]["indices"] = json!(wide);
        let words = Packing { view: wide + 1, stride: 4, mode: "INDICES", filter: "NONE" };
        let file = packed(&plain, &[Packing::attributes(view, stride), words], NAMES[1], 1);
        assert_eq!(scene(&file).meshes, scene(&sheet()).meshes, "{stride}");
    }
}

/// The sheet with an attribute that the encoders' filter has gone over.
fn filtered(name: &str, filter: &'static str, kind: &str, component: u32, bytes: &[u8]) -> Scene {
    let mut file = sheet();
    let stride = bytes.len() / corners().len();
    let accessor = file.add_accessor(kind, component, corners().len(), bytes);
    file.json["accessors"][accessor]["normalized"] = json!(component != 5126);
    let view = file.json["accessors"][accessor]["bufferView"].as_u64().expect("a view") as usize;
    file.json["bufferViews"][view]["byteStride"] = json!(stride);
    file.json["meshes"][0]["primitives"][0]["attributes"][name] = json!(accessor);
    scene(&packed(&file, &[Packing { filter, ..Packing::attributes(view, stride) }], NAMES[1], 0))
}

#[test]
fn octahedral_normals_stay_within_a_step() {
    let four: Vec<[f32; 4]> = units().iter().map(|unit| unit.extend(1.0).to_array()).collect();
    // Half a step in each of the octahedron's two coordinates moves its third by a step, √(3/2) steps in all; a point of it is 1/√3 or
    // farther from the middle, so its direction moves by √(9/2) steps at most. Rounding the direction's numbers adds √(3/4) of their steps, and
    // making it a unit vector again at most doubles it all.
    let bound = |coded: f32, stored: f32| 2.0 * (4.5_f32.sqrt() / coded + 0.75_f32.sqrt() / stored);
    let cases = [
        (5120, writer::octahedral_8(&four), bound(127.0, 127.0)),
        (5122, writer::octahedral_16(&four, 12), bound(2047.0, 32767.0)),
    ];
    for (component, bytes, bound) in cases {
        let scene = filtered("NORMAL", "OCTAHEDRAL", "VEC3", component, &bytes);
        for (normal, unit) in scene.meshes[0].normals.iter().zip(units()) {
            assert!(normal.distance(unit) < bound, "{normal} for {unit}");
        }
    }
}

#[test]
fn exponential_positions_stay_within_half_a_step() {
    let three: Vec<[f32; 3]> = corners().iter().map(|corner| corner.to_array()).collect();
    let scene = filtered("POSITION", "EXPONENTIAL", "VEC3", 5126, &writer::exponential(&three, 15));
    for (position, corner) in scene.meshes[0].positions.iter().zip(corners()) {
        // 15 bits hold a sign and 14 bits of a number whose highest bit may be unused.
        let bound = corner.abs() * 2.0_f32.powi(-14);
        assert!((*position - corner).abs().cmple(bound).all(), "{position} for {corner}");
    }
}

#[test]
fn filtered_colours_stay_within_a_step() {
    let colors: Vec<[f32; 4]> =
        (0..corners().len() as u32).map(|i| [7, 31, 101, 3].map(|k| (i * k % 256) as f32 / 255.0)).collect();
    let scene = filtered("COLOR_0", "COLOR", "VEC4", 5121, &writer::colors(&colors));
    assert_eq!(scene.meshes[0].colors.len(), colors.len());
    for (color, meant) in scene.meshes[0].colors.iter().zip(colors) {
        // Half the difference of red and blue, and of green and their middle, lose their last bit; so does alpha.
        let off = (*color - Vec4::from(meant)).abs().max_element();
        assert!(off < 1.001 / 255.0, "{color} for {meant:?}");
    }
}

#[test]
fn filtered_turns_of_instances_stay_within_a_step() {
    let turns: Vec<Quat> = units().iter().map(|unit| Quat::from_rotation_arc(Vec3::Y, *unit)).collect();
    let four: Vec<[f32; 4]> = turns.iter().map(|turn| turn.to_array()).collect();
    let mut file = sheet();
    let accessor = file.add_accessor("VEC4", 5122, turns.len(), &writer::quaternions(&four));
    file.json["accessors"][accessor]["normalized"] = json!(true);
    file.json["nodes"][0]["extensions"] =
        json!({ "EXT_mesh_gpu_instancing": { "attributes": { "ROTATION": accessor } } });
    let packing = Packing { filter: "QUATERNION", ..Packing::attributes(accessor, 8) };
    let scene = scene(&packed(&file, &[packing], NAMES[0], 0));
    assert_eq!(scene.instances.len(), turns.len());
    // Three numbers within ±1/√2 are off by half of 1/32767 of that, and the fourth, at least 1/2, by three times as much; each is rounded
    // again to 1/32767. A rotation's vectors move by twice its quaternion's change.
    let step = 1.0 / 32767.0;
    let bound = 2.0 * ((3.0_f32 + 9.0).sqrt() * 0.5_f32.sqrt() / 2.0 + 1.0) * step + 1e-6;
    for (instance, turn) in scene.instances.iter().zip(turns) {
        for axis in [Vec3::X, Vec3::Y, Vec3::Z] {
            let off = instance.world_from_object.transform_vector3(axis).distance(turn * axis);
            assert!(off < bound, "{off}");
        }
    }
}

#[test]
fn buffers_that_stand_in_for_compressed_data_are_not_opened() {
    let mut file = packed(&sheet(), &sheets_packings("TRIANGLES"), NAMES[0], 0);
    file.json["buffers"][1]["uri"] = json!("../not-there.bin");
    file.json["extensionsRequired"] = json!([]);
    scene(&file);
    file.json["buffers"][1]["extensions"] = json!({});
    let error = Document::open_bytes(&file.glb(), &ImportOptions::default()).expect_err("it is opened");
    assert!(matches!(error, ImportError::UnsafeUri { .. }), "{error}");
}
