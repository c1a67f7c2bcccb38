//! What Draco compressed is what its plain twin is.

use glam::Vec3;
use render_core::import::{Document, ImportOptions};
use render_core::scene::Mesh;
use serde_json::json;

use crate::draco_writer::{Coding, NORMAL_BITS, POSITION_BITS, file};
use crate::scene;
use crate::sheet::{corners, indices, sheet, turned, units};

/// Every coding of connectivity: plain, along edges, and along edges with the number of each corner's neighbours told ahead.
pub(crate) const CODINGS: [Coding; 5] = [
    Coding { method: 0, speed: 0 },
    Coding { method: 0, speed: 10 },
    Coding { method: 1, speed: 0 },
    Coding { method: 1, speed: 5 },
    Coding { method: 1, speed: 10 },
];

/// The number that a corner's colour tells.
fn number(mesh: &Mesh, corner: usize) -> usize {
    let color = (mesh.colors[corner] * 255.0).round();
    color.x as usize + 256 * color.y as usize
}

#[test]
fn a_draco_file_is_the_scene_that_its_plain_twin_is() {
    let (corners, units) = (corners(), units());
    let size = |axis: fn(&Vec3) -> f32| {
        let all = || corners.iter().map(axis);
        all().fold(f32::MIN, f32::max) - all().fold(f32::MAX, f32::min)
    };
    let extent = size(|corner| corner.x).max(size(|corner| corner.y)).max(size(|corner| corner.z));
    // Half a step of the longest side's 2^14 values, and what 32-bit numbers around 3 leave open.
    let position_bound = 0.5 * extent / ((1 << POSITION_BITS) - 1) as f32 + 1e-6;
    // A step in each of the octahedron's two coordinates moves its third by two, √6 in all; the farthest from a unit vector is 1/√3 long.
    let normal_bound = 18.0_f32.sqrt() / ((1 << (NORMAL_BITS - 1)) - 1) as f32;
    for coding in CODINGS {
        let scene = scene(&file(coding));
        let mesh = &scene.meshes[0];
        assert_eq!(mesh.positions.len(), corners.len(), "{coding:?}");
        for corner in 0..corners.len() {
            let number = number(mesh, corner);
            let off = (mesh.positions[corner] - corners[number]).abs().max_element();
            assert!(off < position_bound, "{coding:?}, corner {number}: off by {off}");
            let off = mesh.normals[corner].distance(units[number]);
            assert!(off < normal_bound, "{coding:?}, normal {number}: off by {off}");
        }
        let named =
            mesh.triangles.iter().map(|triangle| triangle.map(|corner| number(mesh, corner as usize) as u32));
        let mut triangles = turned(&named.collect::<Vec<_>>());
        triangles.sort_unstable();
        let plain: Vec<[u32; 3]> =
            indices().as_chunks::<3>().0.iter().map(|face| face.map(u32::from)).collect();
        let mut plain = turned(&plain);
        plain.sort_unstable();
        assert_eq!(triangles, plain, "{coding:?}");
    }
}

#[test]
fn attributes_that_the_extension_leaves_out_are_read_as_usual() {
    // Without order of its own: the plain coding keeps the corners where they are.
    let mut mixed = file(CODINGS[1]);
    let numbers: Vec<f32> = units().iter().flat_map(|unit| unit.to_array()).collect();
    let normals = mixed.add_floats("VEC3", &numbers);
    let primitive = &mut mixed.json["meshes"][0]["primitives"][0];
    primitive["attributes"]["NORMAL"] = json!(normals);
    let own = &mut primitive["extensions"]["KHR_draco_mesh_compression"]["attributes"];
    own.as_object_mut().expect("attributes").remove("NORMAL");
    assert_eq!(scene(&mixed).meshes[0].normals, scene(&sheet()).meshes[0].normals);
}

#[test]
fn whole_numbers_may_be_stored_wider_than_their_accessor_says() {
    let mut file = file(CODINGS[1]);
    let weights = file.add_floats("VEC4", &[1.0, 0.0, 0.0, 0.0].repeat(corners().len()));
    let attributes = &mut file.json["meshes"][0]["primitives"][0]["attributes"];
    attributes["WEIGHTS_0"] = json!(weights);
    // The joints are stored in 16 bits and declared in 8.
    assert_eq!(scene(&file).meshes.len(), 1);
    file.json["accessors"][3]["normalized"] = json!(true);
    assert!(Document::open_bytes(&file.glb(), &ImportOptions::default()).is_err());
}

#[test]
fn a_strip_that_draco_compressed_is_its_triangles() {
    let mut strip = file(CODINGS[3]);
    let count = indices().len();
    strip.json["meshes"][0]["primitives"][0]["mode"] = json!(5);
    strip.json["accessors"][4]["count"] = json!(count);
    assert_eq!(scene(&strip).meshes, scene(&file(CODINGS[3])).meshes);
}

#[test]
fn what_googles_encoder_wrote_is_the_scene_that_it_was_given() {
    let options = ImportOptions::default();
    let open = |bytes: &[u8]| {
        let document = Document::open_bytes(bytes, &options).expect("it imports");
        document.scene_at(0.0, 0.0).expect("the scene stands")
    };
    let plain = open(include_bytes!("../../../assets/scenes/tiny.glb"));
    let packed = open(include_bytes!("google_draco.glb"));
    assert_eq!(packed.instances.len(), plain.instances.len());
    for (packed, plain) in packed.meshes.iter().zip(&plain.meshes) {
        assert_eq!(packed.triangles.len(), plain.triangles.len());
        // Each triangle's middle and area, whatever its place in the list.
        let sums = |mesh: &Mesh| {
            let corners = |triangle: &[u32; 3]| triangle.map(|corner| mesh.positions[corner as usize]);
            mesh.triangles.iter().map(corners).fold((Vec3::ZERO, 0.0), |(middles, areas), [a, b, c]| {
                (middles + (a + b + c) / 3.0, areas + 0.5 * (b - a).cross(c - a).length())
            })
        };
        let ((middles, area), (middles_meant, area_meant)) = (sums(packed), sums(plain));
        let size = plain.positions.iter().fold(0.0_f32, |size, at| size.max(at.abs().max_element()));
        // Half a step of 14 bits over at most twice the size, for each triangle's middle.
        let step = 2.0 * size / f32::from((1_u16 << 14) - 1);
        let off = (middles - middles_meant).abs().max_element() / plain.triangles.len() as f32;
        assert!(off <= 0.5 * step + 1e-5, "{off} of {step}");
        assert!((area - area_meant).abs() < 1e-3 * area_meant, "{area} of {area_meant}");
    }
}
