//! Small .glb files written by the tests themselves.

use render_core::import::{Document, ImportOptions};
use render_core::scene::Scene;
use serde_json::{Value, json};

/// A scene file under construction: its JSON and its binary chunk.
pub(crate) struct SceneFile {
    pub(crate) json: Value,
    pub(crate) binary: Vec<u8>,
}

impl SceneFile {
    /// One triangle (0,0,0), (1,0,0), (0,1,0) with 16-bit indices, shown by node 0.
    pub(crate) fn triangle() -> Self {
        let mut file = Self {
            json: json!({
                "asset": { "version": "2.0" },
                "scene": 0,
                "scenes": [{ "nodes": [0] }],
                "nodes": [{ "name": "wall", "mesh": 0 }],
                "meshes": [{ "name": "Bottle", "primitives": [{ "attributes": { "POSITION": 0 }, "indices": 1 }] }],
                "accessors": [], "bufferViews": [], "buffers": [{ "byteLength": 0 }],
            }),
            binary: Vec::new(),
        };
        file.add_floats("VEC3", &[0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0]);
        let indices = [0_u16, 1, 2].map(u16::to_le_bytes).concat();
        file.add_accessor("SCALAR", 5123, 3, &indices);
        file
    }

    /// Appends an accessor of floats; returns its index.
    pub(crate) fn add_floats(&mut self, kind: &str, numbers: &[f32]) -> usize {
        let width = match kind {
            "SCALAR" => 1,
            "VEC2" => 2,
            "VEC3" => 3,
            "VEC4" => 4,
            _ => 16,
        };
        let bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
        self.add_accessor(kind, 5126, numbers.len() / width, &bytes)
    }

    /// Appends an accessor of any kind with its own buffer view; returns its index.
    pub(crate) fn add_accessor(&mut self, kind: &str, component: u32, count: usize, bytes: &[u8]) -> usize {
        let view = self.add_view(bytes);
        let accessor =
            json!({ "bufferView": view, "componentType": component, "count": count, "type": kind });
        self.push("accessors", accessor)
    }

    /// Appends a buffer view; returns its index.
    pub(crate) fn add_view(&mut self, bytes: &[u8]) -> usize {
        self.binary.resize(self.binary.len().next_multiple_of(4), 0);
        let view = json!({ "buffer": 0, "byteOffset": self.binary.len(), "byteLength": bytes.len() });
        self.binary.extend(bytes);
        self.json["buffers"][0]["byteLength"] = json!(self.binary.len());
        self.push("bufferViews", view)
    }

    /// Appends to a list of the file, which is made where absent; returns the index.
    pub(crate) fn push(&mut self, list: &str, value: Value) -> usize {
        if self.json.get(list).is_none() {
            self.json[list] = json!([]);
        }
        let list = self.json[list].as_array_mut().expect("it is a list");
        list.push(value);
        list.len() - 1
    }

    /// The file's bytes.
    pub(crate) fn glb(&self) -> Vec<u8> {
        let json = serde_json::to_vec(&self.json).expect("JSON is written");
        glb_of(&json, &self.binary)
    }
}

/// Wraps JSON text and a binary chunk.
pub(crate) fn glb_of(json: &[u8], binary: &[u8]) -> Vec<u8> {
    let padded = |bytes: &[u8], filler: u8| {
        let mut bytes = bytes.to_vec();
        bytes.resize(bytes.len().next_multiple_of(4), filler);
        bytes
    };
    let (json, binary) = (padded(json, b' '), padded(binary, 0));
    let mut glb = b"glTF\x02\0\0\0".to_vec();
    glb.extend((28 + json.len() as u32 + binary.len() as u32).to_le_bytes());
    for (kind, chunk) in [(b"JSON", &json), (b"BIN\0", &binary)] {
        glb.extend((chunk.len() as u32).to_le_bytes());
        glb.extend(kind);
        glb.extend(chunk);
    }
    glb
}

/// A picture of one colour as PNG bytes.
pub(crate) fn png(width: u32, height: u32, color: [u8; 4]) -> Vec<u8> {
    let mut bytes = Vec::new();
    image::RgbaImage::from_pixel(width, height, image::Rgba(color))
        .write_to(&mut std::io::Cursor::new(&mut bytes), image::ImageFormat::Png)
        .expect("a PNG is written");
    bytes
}

/// The file as it is read.
pub(crate) fn document(file: &SceneFile) -> Document {
    Document::open_bytes(&file.glb(), &ImportOptions::default()).expect("the file imports")
}

/// Its scene at the start, at rest.
pub(crate) fn scene(file: &SceneFile) -> Scene {
    document(file).scene_at(0.0, 0.0).expect("the scene stands")
}

/// What the importer says of it, a line each.
pub(crate) fn warnings(file: &SceneFile) -> String {
    document(file).warnings().iter().map(|warning| format!("{warning}\n")).collect()
}
