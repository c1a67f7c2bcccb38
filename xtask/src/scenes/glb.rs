//! Puts a glTF 2.0 binary file together: meshes, materials, nodes, one animation and one picture.
//!
//! Coordinates are rounded to 1/65,536 before they are stored, so that the last bit of a system's sine does not
//! reach the file. Source: glTF 2.0 specification, chapters 3 and 4.4.

use anyhow::{Context, Result};
use glam::{DQuat, DVec2, DVec3};
use serde_json::{Value, json};

use super::shape::Shape;

const FLOAT: u32 = 5126;
const UNSIGNED_SHORT: u32 = 5123;

/// A glTF file that grows part by part; each `add_` answers the part's index.
pub(super) struct Glb {
    parts: serde_json::Map<String, Value>,
    bytes: Vec<u8>,
}

impl Glb {
    pub(super) fn new(title: &str) -> Self {
        let mut parts = serde_json::Map::new();
        let asset = json!({"version": "2.0", "generator": "Tessera xtask scenes", "copyright": "CC0-1.0, the Tessera authors",
            "extras": {"title": title}});
        parts.insert("asset".to_owned(), asset);
        parts.insert("scene".to_owned(), json!(0));
        Self { parts, bytes: Vec::new() }
    }

    /// Adds any part that holds no bytes of its own: a material, camera, node, texture or sampler.
    pub(super) fn add(&mut self, kind: &str, part: Value) -> usize {
        let list = self.parts.entry(kind).or_insert_with(|| json!([]));
        match list {
            Value::Array(list) => {
                list.push(part);
                list.len() - 1
            }
            // Lists are made two lines above and never by anybody else.
            _ => unreachable!("{kind} is a list"),
        }
    }

    /// Adds a shape's geometry; the answer is a primitive without a material.
    pub(super) fn add_geometry(&mut self, shape: &Shape) -> Value {
        let position = self.add_vectors(&shape.positions, true);
        let normal = self.add_vectors(&shape.normals, false);
        let indices = self.add_indices(&shape.triangles);
        let mut attributes = json!({"POSITION": position, "NORMAL": normal});
        if !shape.uvs.is_empty() {
            let flat: Vec<f32> =
                shape.uvs.iter().flat_map(|&DVec2 { x, y }| [rounded(x), rounded(y)]).collect();
            attributes["TEXCOORD_0"] = json!(self.add_floats(&flat, "VEC2", 2, None));
        }
        json!({"attributes": attributes, "indices": indices})
    }

    /// Adds a mesh of one primitive. A primitive can serve several meshes: only its accessors are named.
    pub(super) fn add_mesh(&mut self, name: &str, primitive: &Value, material: usize) -> usize {
        let mut primitive = primitive.clone();
        primitive["material"] = json!(material);
        self.add("meshes", json!({"name": name, "primitives": [primitive]}))
    }

    /// Adds one accessor of translations, rotations or times.
    pub(super) fn add_vectors(&mut self, vectors: &[DVec3], with_bounds: bool) -> usize {
        let flat: Vec<f32> = vectors.iter().flat_map(|one| one.to_array().map(rounded)).collect();
        let bounds = with_bounds.then(|| {
            let (low, high) =
                vectors.iter().fold((DVec3::INFINITY, DVec3::NEG_INFINITY), |(low, high), &one| {
                    (low.min(one), high.max(one))
                });
            (low.to_array().map(rounded).to_vec(), high.to_array().map(rounded).to_vec())
        });
        self.add_floats(&flat, "VEC3", 3, bounds)
    }

    pub(super) fn add_rotations(&mut self, rotations: &[DQuat]) -> usize {
        let flat: Vec<f32> = rotations.iter().flat_map(|one| one.to_array().map(rounded)).collect();
        self.add_floats(&flat, "VEC4", 4, None)
    }

    pub(super) fn add_times(&mut self, seconds: &[f64]) -> usize {
        let flat: Vec<f32> = seconds.iter().copied().map(rounded).collect();
        let bounds = flat.first().zip(flat.last()).map(|(&first, &last)| (vec![first], vec![last]));
        self.add_floats(&flat, "SCALAR", 1, bounds)
    }

    /// Embeds a PNG and answers its texture.
    pub(super) fn add_picture(&mut self, name: &str, png: &[u8]) -> usize {
        let view = self.add_view(png);
        let source = self.add("images", json!({"name": name, "bufferView": view, "mimeType": "image/png"}));
        let sampler = self.add("samplers", json!({"magFilter": 9729, "minFilter": 9987}));
        self.add("textures", json!({"source": source, "sampler": sampler}))
    }

    /// Names the root nodes and the extensions, and gives the finished file.
    pub(super) fn finish(mut self, roots: &[usize], extensions: &[&str]) -> Result<Vec<u8>> {
        self.add("scenes", json!({"nodes": roots}));
        self.parts.insert("extensionsUsed".to_owned(), json!(extensions));
        self.parts.insert("buffers".to_owned(), json!([{"byteLength": self.bytes.len()}]));
        let mut text =
            serde_json::to_vec(&Value::Object(self.parts)).context("could not write the scene's JSON")?;
        pad(&mut text, b' ');
        pad(&mut self.bytes, 0);
        let total =
            u32::try_from(12 + 8 + text.len() + 8 + self.bytes.len()).context("the scene is over 4 GiB")?;
        let mut file = Vec::with_capacity(total as usize);
        file.extend(b"glTF");
        file.extend(2_u32.to_le_bytes());
        file.extend(total.to_le_bytes());
        for (kind, chunk) in [(b"JSON", &text), (b"BIN\0", &self.bytes)] {
            file.extend(u32::try_from(chunk.len()).context("a chunk is over 4 GiB")?.to_le_bytes());
            file.extend(kind);
            file.extend(chunk);
        }
        Ok(file)
    }

    fn add_floats(
        &mut self,
        flat: &[f32],
        kind: &str,
        width: usize,
        bounds: Option<(Vec<f32>, Vec<f32>)>,
    ) -> usize {
        let bytes: Vec<u8> = flat.iter().flat_map(|one| one.to_le_bytes()).collect();
        let view = self.add_view(&bytes);
        let mut accessor =
            json!({"bufferView": view, "componentType": FLOAT, "count": flat.len() / width, "type": kind});
        if let Some((low, high)) = bounds {
            accessor["min"] = json!(low);
            accessor["max"] = json!(high);
        }
        self.add("accessors", accessor)
    }

    fn add_indices(&mut self, triangles: &[[u16; 3]]) -> usize {
        let bytes: Vec<u8> = triangles.iter().flatten().flat_map(|one| one.to_le_bytes()).collect();
        let view = self.add_view(&bytes);
        self.add(
            "accessors",
            json!({"bufferView": view, "componentType": UNSIGNED_SHORT, "count": triangles.len() * 3, "type": "SCALAR"}),
        )
    }

    fn add_view(&mut self, bytes: &[u8]) -> usize {
        pad(&mut self.bytes, 0);
        let start = self.bytes.len();
        self.bytes.extend(bytes);
        self.add("bufferViews", json!({"buffer": 0, "byteOffset": start, "byteLength": bytes.len()}))
    }
}

/// The nearest multiple of 1/65,536, never minus zero.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the scene's coordinates are small, and rounded on purpose"
)]
fn rounded(value: f64) -> f32 {
    ((value * 65536.0).round() / 65536.0 + 0.0) as f32
}

fn pad(bytes: &mut Vec<u8>, with: u8) {
    bytes.resize(bytes.len().next_multiple_of(4), with);
}
