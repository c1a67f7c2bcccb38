//! Scene files whose mesh is compressed by draco-core's encoder.

use draco_core::{
    DataType, EncoderBuffer, EncoderOptions, GeometryAttributeType, Mesh, MeshEncoder, PointAttribute,
};
use serde_json::json;

use crate::scene_file::SceneFile;
use crate::sheet::{corners, indices, units};

/// How a mesh is to be stored.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Coding {
    /// 0: one triangle behind the other; 1: along the edges.
    pub(crate) method: i32,
    /// 0 (smallest) to 10.
    pub(crate) speed: i32,
}

pub(crate) const POSITION_BITS: i32 = 14;
pub(crate) const NORMAL_BITS: i32 = 10;

/// The colour that tells a corner's number, since the coding may change their order.
pub(crate) fn color_of(corner: usize) -> [u8; 4] {
    [corner as u8, (corner >> 8) as u8, 7, 255]
}

fn attribute(kind: GeometryAttributeType, width: u8, of: DataType, bytes: &[u8]) -> PointAttribute {
    let mut attribute = PointAttribute::new();
    attribute.init(kind, width, of, false, corners().len());
    attribute.buffer_mut().write(0, bytes);
    attribute
}

/// The sheet's bytes in Draco's coding: attribute 0 positions, 1 normals, 2 colours, 3 joints.
pub(crate) fn stream(coding: Coding) -> Vec<u8> {
    let floats = |vectors: Vec<glam::Vec3>| -> Vec<u8> {
        vectors.iter().flat_map(|vector| vector.to_array()).flat_map(f32::to_le_bytes).collect()
    };
    let count = corners().len();
    let colors: Vec<u8> = (0..count).flat_map(color_of).collect();
    let joints: Vec<u8> = (0..count).flat_map(|_| [0_u16, 1, 0, 0]).flat_map(u16::to_le_bytes).collect();
    let mut mesh = Mesh::new();
    mesh.set_num_points(count);
    mesh.add_attribute(attribute(GeometryAttributeType::Position, 3, DataType::Float32, &floats(corners())));
    mesh.add_attribute(attribute(GeometryAttributeType::Normal, 3, DataType::Float32, &floats(units())));
    mesh.add_attribute(attribute(GeometryAttributeType::Color, 4, DataType::Uint8, &colors));
    mesh.add_attribute(attribute(GeometryAttributeType::Generic, 4, DataType::Uint16, &joints));
    for face in indices().as_chunks::<3>().0 {
        mesh.add_face(face.map(|corner| draco_core::PointIndex(u32::from(corner))));
    }
    let mut options = EncoderOptions::new();
    options.set_encoding_method(coding.method);
    options.set_global_int("encoding_speed", coding.speed);
    options.set_global_int("decoding_speed", coding.speed);
    options.set_attribute_quantization(0, POSITION_BITS);
    options.set_attribute_quantization(1, NORMAL_BITS);
    let (mut encoder, mut buffer) = (MeshEncoder::new(), EncoderBuffer::new());
    encoder.set_mesh(mesh);
    encoder.encode(&options, &mut buffer).expect("the mesh is encoded");
    buffer.data().to_vec()
}

/// A file with nothing but the compressed sheet. Accessors: 0 positions, 1 normals, 2 colours, 3 joints, 4 indices.
pub(crate) fn file(coding: Coding) -> SceneFile {
    let mut file = SceneFile::triangle();
    (file.json["accessors"], file.json["bufferViews"]) = (json!([]), json!([]));
    file.binary.clear();
    let view = file.add_view(&stream(coding));
    let count = corners().len();
    file.json["accessors"] = json!([
        { "componentType": 5126, "count": count, "type": "VEC3" },
        { "componentType": 5126, "count": count, "type": "VEC3" },
        { "componentType": 5121, "count": count, "type": "VEC4", "normalized": true },
        { "componentType": 5121, "count": count, "type": "VEC4" },
        { "componentType": 5123, "count": indices().len(), "type": "SCALAR" },
    ]);
    file.json["meshes"][0]["primitives"][0] = json!({
        "attributes": { "POSITION": 0, "NORMAL": 1, "COLOR_0": 2, "JOINTS_0": 3 }, "indices": 4,
        "extensions": { "KHR_draco_mesh_compression": {
            "bufferView": view, "attributes": { "POSITION": 0, "NORMAL": 1, "COLOR_0": 2, "JOINTS_0": 3 },
        } },
    });
    file.json["extensionsRequired"] = json!(["KHR_draco_mesh_compression"]);
    file
}
