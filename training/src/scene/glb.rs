//! A binary glTF file that grows part by part: meshes, pictures, lights, cameras and where they stand.
//!
//! Source: glTF 2.0 specification, chapters 3 and 4.4, and the texts of the extensions named here.

use std::collections::BTreeSet;

use glam::{Quat, Vec3};
use serde_json::{Map, Value, json};

use super::shape::Shape;

const FLOAT: u32 = 5126;
const UNSIGNED_INT: u32 = 5125;

/// Where something stands: scaled, then turned, then moved.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pose {
    pub(super) at: Vec3,
    pub(super) turn: Quat,
    pub(super) scale: Vec3,
}

impl Pose {
    pub(super) fn at(at: Vec3) -> Self {
        Self { at, turn: Quat::IDENTITY, scale: Vec3::ONE }
    }

    pub(super) fn turned(self, turn: Quat) -> Self {
        Self { turn, ..self }
    }

    pub(super) fn scaled(self, scale: f32) -> Self {
        Self { scale: Vec3::splat(scale), ..self }
    }
}

/// The file so far.
#[derive(Debug, Default)]
pub(super) struct Glb {
    lists: Map<String, Value>,
    lights: Vec<Value>,
    extensions: BTreeSet<String>,
    bytes: Vec<u8>,
}

impl Glb {
    /// Adds a part that holds no bytes of its own and answers its index.
    pub(super) fn add(&mut self, list: &str, part: Value) -> usize {
        self.note_extensions(&part);
        match self.lists.entry(list).or_insert_with(|| json!([])) {
            Value::Array(parts) => {
                parts.push(part);
                parts.len() - 1
            }
            _ => unreachable!("only this function makes the lists"),
        }
    }

    /// Adds a mesh of one primitive.
    pub(super) fn add_mesh(&mut self, shape: &Shape, material: usize) -> usize {
        let mut attributes = Map::new();
        let positions = self.add_vectors(&shape.positions);
        let bounds = shape
            .positions
            .iter()
            .fold((Vec3::INFINITY, Vec3::NEG_INFINITY), |(low, high), &at| (low.min(at), high.max(at)));
        self.lists["accessors"][positions]["min"] = json!(bounds.0.to_array());
        self.lists["accessors"][positions]["max"] = json!(bounds.1.to_array());
        attributes.insert("POSITION".into(), json!(positions));
        if !shape.normals.is_empty() {
            attributes.insert("NORMAL".into(), json!(self.add_vectors(&shape.normals)));
        }
        if !shape.uvs.is_empty() {
            let flat = shape.uvs.iter().flat_map(|uv| uv.to_array());
            attributes.insert("TEXCOORD_0".into(), json!(self.add_floats(flat, "VEC2", shape.uvs.len())));
        }
        if !shape.colors.is_empty() {
            let flat = shape.colors.iter().flat_map(|color| color.to_array());
            attributes.insert("COLOR_0".into(), json!(self.add_floats(flat, "VEC4", shape.colors.len())));
        }
        let bytes: Vec<u8> =
            shape.triangles.iter().flatten().flat_map(|corner| corner.to_le_bytes()).collect();
        let view = self.add_view(&bytes);
        let indices = self.add(
            "accessors",
            json!({"bufferView": view, "componentType": UNSIGNED_INT, "count": shape.triangles.len() * 3, "type": "SCALAR"}),
        );
        self.add(
            "meshes",
            json!({"primitives": [{"attributes": attributes, "indices": indices, "material": material}]}),
        )
    }

    /// Embeds a PNG and answers its texture.
    pub(super) fn add_picture(&mut self, name: &str, png: &[u8], sampler: Value) -> usize {
        let view = self.add_view(png);
        let source = self.add("images", json!({"name": name, "bufferView": view, "mimeType": "image/png"}));
        let sampler = self.add("samplers", sampler);
        self.add("textures", json!({"source": source, "sampler": sampler}))
    }

    /// Stands a mesh somewhere.
    pub(super) fn place(&mut self, mesh: usize, pose: Pose) {
        self.add_node(json!({"mesh": mesh}), pose);
    }

    /// Stands a mesh in many places at once, by `EXT_mesh_gpu_instancing`.
    pub(super) fn scatter(&mut self, mesh: usize, poses: &[Pose]) {
        let places: Vec<Vec3> = poses.iter().map(|pose| pose.at).collect();
        let scales: Vec<Vec3> = poses.iter().map(|pose| pose.scale).collect();
        let turns = poses.iter().flat_map(|pose| pose.turn.to_array());
        let attributes = json!({
            "TRANSLATION": self.add_vectors(&places),
            "ROTATION": self.add_floats(turns, "VEC4", poses.len()),
            "SCALE": self.add_vectors(&scales),
        });
        self.add(
            "nodes",
            json!({"mesh": mesh, "extensions": {"EXT_mesh_gpu_instancing": {"attributes": attributes}}}),
        );
    }

    /// Stands a light of `KHR_lights_punctual` somewhere; it shines along -z of its pose.
    pub(super) fn light(&mut self, light: Value, pose: Pose) {
        self.lights.push(light);
        let light = self.lights.len() - 1;
        self.add_node(json!({"extensions": {"KHR_lights_punctual": {"light": light}}}), pose);
    }

    /// Stands a camera somewhere; `fov_y` in radians.
    pub(super) fn camera(&mut self, name: &str, fov_y: f32, pose: Pose) {
        let camera = self.add(
            "cameras",
            json!({"name": name, "type": "perspective", "perspective": {"yfov": fov_y, "znear": 0.01}}),
        );
        self.add_node(json!({"camera": camera}), pose);
    }

    /// The finished file.
    pub(super) fn finish(mut self, title: &str) -> Vec<u8> {
        let nodes = self.lists.get("nodes").and_then(Value::as_array).map_or(0, Vec::len);
        self.lists.insert(
            "asset".into(),
            json!({"version": "2.0", "generator": "Tessera training", "extras": {"title": title}}),
        );
        self.lists.insert("scene".into(), json!(0));
        self.lists.insert("scenes".into(), json!([{"nodes": (0..nodes).collect::<Vec<_>>()}]));
        if !self.lights.is_empty() {
            self.lists.insert("extensions".into(), json!({"KHR_lights_punctual": {"lights": self.lights}}));
        }
        self.lists.insert("extensionsUsed".into(), json!(self.extensions));
        self.lists.insert("buffers".into(), json!([{"byteLength": self.bytes.len()}]));
        let mut text = Value::Object(self.lists).to_string().into_bytes();
        text.resize(text.len().next_multiple_of(4), b' ');
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
        // A generated scene has a few MiB, so its lengths fit 32 bits.
        let word = |length: usize| (length as u32).to_le_bytes();
        let head = [*b"glTF", word(2), word(12 + 8 + text.len() + 8 + self.bytes.len())];
        let mut file = head.concat();
        file.extend([word(text.len()), *b"JSON"].concat());
        file.extend(text);
        file.extend([word(self.bytes.len()), *b"BIN\0"].concat());
        file.extend(self.bytes);
        file
    }

    fn add_node(&mut self, mut node: Value, pose: Pose) {
        node["translation"] = json!(pose.at.to_array());
        node["rotation"] = json!(pose.turn.to_array());
        node["scale"] = json!(pose.scale.to_array());
        self.add("nodes", node);
    }

    fn add_vectors(&mut self, vectors: &[Vec3]) -> usize {
        self.add_floats(vectors.iter().flat_map(|one| one.to_array()), "VEC3", vectors.len())
    }

    fn add_floats(&mut self, flat: impl Iterator<Item = f32>, kind: &str, count: usize) -> usize {
        let bytes: Vec<u8> = flat.flat_map(f32::to_le_bytes).collect();
        let view = self.add_view(&bytes);
        self.add(
            "accessors",
            json!({"bufferView": view, "componentType": FLOAT, "count": count, "type": kind}),
        )
    }

    fn add_view(&mut self, bytes: &[u8]) -> usize {
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
        let start = self.bytes.len();
        self.bytes.extend(bytes);
        self.add("bufferViews", json!({"buffer": 0, "byteOffset": start, "byteLength": bytes.len()}))
    }

    /// Every extension that any part uses, at whatever depth.
    fn note_extensions(&mut self, part: &Value) {
        match part {
            Value::Object(map) => {
                for (key, inner) in map {
                    if let ("extensions", Value::Object(used)) = (key.as_str(), inner) {
                        self.extensions.extend(used.keys().cloned());
                    }
                    self.note_extensions(inner);
                }
            }
            Value::Array(list) => list.iter().for_each(|inner| self.note_extensions(inner)),
            _ => {}
        }
    }
}
