//! A mesh to compress.

use glam::Vec3;
use serde_json::json;

use crate::scene_file::SceneFile;

/// Columns and rows of corners.
const GRID: [u16; 2] = [23, 19];

pub(crate) fn corners() -> Vec<Vec3> {
    (0..GRID[1])
        .flat_map(|y| (0..GRID[0]).map(move |x| (f32::from(x), f32::from(y))))
        .map(|(x, y)| Vec3::new(0.1 * x, (0.7 * x).sin() * (0.4 * y).cos() + 2.0, 0.1 * y - 1.0))
        .collect()
}

/// Unit vectors in all directions, one for each corner.
pub(crate) fn units() -> Vec<Vec3> {
    (0..corners().len())
        .map(|i| i as f32)
        .map(|i| Vec3::new((1.3 * i).sin(), (0.9 * i).cos(), (0.31 * i + 1.0).sin()).normalize())
        .collect()
}

pub(crate) fn indices() -> Vec<u16> {
    let [columns, rows] = GRID;
    (0..rows - 1)
        .flat_map(|y| (0..columns - 1).map(move |x| y * columns + x))
        .flat_map(|at| [at, at + 1, at + columns, at + 1, at + columns + 1, at + columns])
        .collect()
}

fn floats(vectors: &[Vec3]) -> Vec<f32> {
    vectors.iter().flat_map(|vector| vector.to_array()).collect()
}

/// A wavy sheet: view 0 positions, 1 normals, 2 UVs, 3 indices.
pub(crate) fn sheet() -> SceneFile {
    let mut file = SceneFile::triangle();
    (file.json["accessors"], file.json["bufferViews"]) = (json!([]), json!([]));
    file.binary.clear();
    let count = corners().len();
    let positions = file.add_floats("VEC3", &floats(&corners()));
    let normals = file.add_floats("VEC3", &floats(&units()));
    let uvs: Vec<u8> = (0..2 * count as u32).flat_map(|i| ((i * 7919) as u16).to_le_bytes()).collect();
    let uvs = file.add_accessor("VEC2", 5123, count, &uvs);
    file.json["accessors"][uvs]["normalized"] = json!(true);
    let bytes: Vec<u8> = indices().iter().flat_map(|index| index.to_le_bytes()).collect();
    let indices = file.add_accessor("SCALAR", 5123, indices().len(), &bytes);
    file.json["meshes"][0]["primitives"][0] = json!({
        "attributes": { "POSITION": positions, "NORMAL": normals, "TEXCOORD_0": uvs }, "indices": indices,
    });
    file
}

/// Triangles without their first corner: the coding of triangles keeps their order and sense.
pub(crate) fn turned(triangles: &[[u32; 3]]) -> Vec<[u32; 3]> {
    let first = |triangle: &[u32; 3]| (0..3).min_by_key(|&corner| triangle[corner]).unwrap_or(0);
    triangles
        .iter()
        .map(|triangle| {
            let mut turned = *triangle;
            turned.rotate_left(first(triangle));
            turned
        })
        .collect()
}
