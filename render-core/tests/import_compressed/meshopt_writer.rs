//! Scene files whose buffer views are compressed by meshoptimizer's own encoders.

use meshopt::{
    EncodeExpMode, encode_filter_color, encode_filter_exp, encode_filter_oct, encode_filter_quat,
    encode_index_buffer, encode_index_sequence, encode_vertex_buffer_level,
};
use serde_json::json;

use crate::scene_file::SceneFile;

/// How one buffer view is to be stored.
#[derive(Clone, Copy)]
pub(crate) struct Packing {
    pub(crate) view: usize,
    /// Bytes of an element.
    pub(crate) stride: usize,
    pub(crate) mode: &'static str,
    pub(crate) filter: &'static str,
}

impl Packing {
    pub(crate) fn attributes(view: usize, stride: usize) -> Self {
        Self { view, stride, mode: "ATTRIBUTES", filter: "NONE" }
    }
}

/// The same file with these views compressed, in the coding's version 0 or 1, and their plain bytes gone.
pub(crate) fn packed(plain: &SceneFile, packings: &[Packing], extension: &str, version: i32) -> SceneFile {
    let mut json = plain.json.clone();
    let mut binary: Vec<u8> = Vec::new();
    let mut fallback = 0;
    for index in 0..json["bufferViews"].as_array().expect("it has views").len() {
        let own = &mut json["bufferViews"][index];
        let length = own["byteLength"].as_u64().expect("a length") as usize;
        let bytes = &plain.binary[own["byteOffset"].as_u64().expect("an offset") as usize..][..length];
        binary.resize(binary.len().next_multiple_of(4), 0);
        let Some(packing) = packings.iter().find(|packing| packing.view == index) else {
            own["byteOffset"] = json!(binary.len());
            binary.extend(bytes);
            continue;
        };
        let stored = encoded(bytes, *packing, version);
        own["buffer"] = json!(1);
        own["byteOffset"] = json!(fallback);
        own["extensions"][extension] = json!({
            "buffer": 0, "byteOffset": binary.len(), "byteLength": stored.len(), "byteStride": packing.stride,
            "count": length / packing.stride, "mode": packing.mode, "filter": packing.filter,
        });
        fallback += length.next_multiple_of(4);
        binary.extend(stored);
    }
    json["buffers"] = json!([
        { "byteLength": binary.len() },
        { "byteLength": fallback, "extensions": { extension: { "fallback": true } } },
    ]);
    json["extensionsUsed"] = json!([extension]);
    json["extensionsRequired"] = json!([extension]);
    SceneFile { json, binary }
}

fn encoded(bytes: &[u8], packing: Packing, version: i32) -> Vec<u8> {
    let indices = || -> Vec<u32> {
        match packing.stride {
            2 => bytes.chunks_exact(2).map(|b| u32::from(u16::from_le_bytes([b[0], b[1]]))).collect(),
            _ => bytes.chunks_exact(4).map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect(),
        }
    };
    match packing.mode {
        "TRIANGLES" => encode_index_buffer(&indices(), bytes.len()),
        "INDICES" => encode_index_sequence(&indices(), bytes.len()),
        _ => return attributes(bytes, packing.stride, version),
    }
    .expect("indices are encoded")
}

/// Elements of `stride` bytes, at most 256.
fn attributes(bytes: &[u8], stride: usize, version: i32) -> Vec<u8> {
    fn sized<const BYTES: usize>(bytes: &[u8], version: i32) -> Vec<u8> {
        encode_vertex_buffer_level(bytes.as_chunks::<BYTES>().0, 2, Some(version)).expect("it is encoded")
    }
    match stride {
        4 => sized::<4>(bytes, version),
        8 => sized::<8>(bytes, version),
        12 => sized::<12>(bytes, version),
        16 => sized::<16>(bytes, version),
        20 => sized::<20>(bytes, version),
        132 => sized::<132>(bytes, version),
        256 => sized::<256>(bytes, version),
        _ => panic!("no test has elements of {stride} bytes"),
    }
}

/// The encoders' words for filtered elements, as the bytes that the attributes' coding takes.
pub(crate) fn octahedral_8(units: &[[f32; 4]]) -> Vec<u8> {
    encode_filter_oct::<i8>(units, 8).as_flattened().iter().map(|&byte| byte as u8).collect()
}

pub(crate) fn octahedral_16(units: &[[f32; 4]], bits: i32) -> Vec<u8> {
    encode_filter_oct::<i16>(units, bits).as_flattened().iter().flat_map(|half| half.to_le_bytes()).collect()
}

pub(crate) fn quaternions(units: &[[f32; 4]]) -> Vec<u8> {
    encode_filter_quat(units, 16).as_flattened().iter().flat_map(|half| half.to_le_bytes()).collect()
}

pub(crate) fn exponential(vectors: &[[f32; 3]], bits: i32) -> Vec<u8> {
    let words = encode_filter_exp(vectors, bits, EncodeExpMode::Separate);
    words.as_flattened().iter().flat_map(|word| word.to_le_bytes()).collect()
}

pub(crate) fn colors(colors: &[[f32; 4]]) -> Vec<u8> {
    encode_filter_color::<u8>(colors, 8).into_flattened()
}
