//! Primitives whose corners and triangles are stored compressed by Draco, and their unpacking.
//!
//! Source: `KHR_draco_mesh_compression`; Draco's bitstream 2.2 is decoded by `draco-core`, which is safe Rust: two million damaged streams did not make it
//! panic. What the extension names stands in place of the accessors' own data; they say how many corners there are and what the numbers mean, and have
//! to agree with what is decoded. How many triangles and bytes may come out is told to the decoder, which checks it before it takes memory for them.

use std::collections::HashMap;

use draco_core::{DataType, DecodeLimits, DecoderBuffer, ErrorKind, MeshDecoder, PointAttribute, PointIndex};
use gltf::json::accessor::ComponentType;
use gltf::json::mesh::Primitive;
use gltf::json::validation::Checked::Valid;
use serde_json::Value;

use super::accessor::{Accessors, Replacement, Replacements};
use super::fault::{ImportError, broken};

const NAME: &str = "KHR_draco_mesh_compression";

/// More than the attributes that a primitive can name take up for one corner, bytes.
const CORNER_BYTES_MAX: u64 = 1024;

/// What a compressed primitive unfolds to.
#[derive(Debug)]
pub(super) struct Unfolded {
    pub(super) triangles: Vec<[u32; 3]>,
    /// Content of the accessors that the extension names.
    pub(super) replacements: Replacements,
}

impl Unfolded {
    /// Unpacks a primitive with at most so many triangles; `None` where it is stored as it is.
    pub(super) fn read(
        accessors: &Accessors,
        json: &Primitive,
        triangles_max: u64,
        place: &str,
    ) -> Result<Option<Self>, ImportError> {
        let own = json.extensions.as_ref().and_then(|extensions| extensions.others.get(NAME));
        let Some(own) = own else { return Ok(None) };
        let place = format!("{place}, {NAME}");
        let columns = columns(own, json, &place)?;
        let Some(&(first, _)) = columns.first() else {
            return Err(broken(&place, "it names no attribute of the primitive"));
        };
        let corners = accessors.count(first, &place)?;
        let view = own.get("bufferView").and_then(Value::as_u64).and_then(|view| usize::try_from(view).ok());
        let view =
            view.ok_or_else(|| broken(&place, "its bufferView is missing or is not a whole number"))?;
        let (bytes, _) = accessors.buffers.view(accessors.root, view, &place)?;
        // Many primitives may name the same bytes, and each time they are decoded anew.
        accessors.buffers.spend_unpacked(bytes.len() as u64, &place)?;
        let bytes_max = accessors.buffers.unpacked_left().min(corners.saturating_mul(CORNER_BYTES_MAX));
        let mesh = decode(bytes, triangles_max, bytes_max, &place)?;
        if mesh.num_points() as u64 != corners {
            let reason =
                format!("it unfolds to {} corners where its accessors have {corners}", mesh.num_points());
            return Err(broken(&place, reason));
        }
        let mut replacements = HashMap::new();
        for (accessor, id) in columns {
            let place = format!("{place}, accessor {accessor}");
            let Some(attribute) = mesh.attribute_by_unique_id(id) else {
                return Err(broken(&place, format!("attribute {id} is not in the compressed data")));
            };
            if accessors.count(accessor, &place)? != corners {
                return Err(broken(&place, format!("it has not {corners} elements as the others have")));
            }
            let width = accessors.components(accessor, &place)?;
            replacements.insert(accessor, replacement(attribute, width, corners, accessors, &place)?);
        }
        let triangles = mesh.faces().iter().map(|face| face.map(|corner| corner.0)).collect();
        Ok(Some(Self { triangles, replacements }))
    }
}

/// The accessors that the extension stands in for, each with the id of its attribute in the compressed data.
fn columns(own: &Value, json: &Primitive, place: &str) -> Result<Vec<(usize, u32)>, ImportError> {
    let ids = own.get("attributes").and_then(Value::as_object);
    let ids = ids.ok_or_else(|| broken(place, "it has no attributes"))?;
    let mut columns = Vec::new();
    for (semantic, accessor) in &json.attributes {
        let Valid(semantic) = semantic else { continue };
        let Some(id) = ids.get(&semantic.to_string()) else { continue };
        let id = id.as_u64().and_then(|id| u32::try_from(id).ok());
        let id = id.ok_or_else(|| broken(place, "the id of an attribute is not a whole number"))?;
        columns.push((accessor.value(), id));
    }
    columns.sort_unstable();
    Ok(columns)
}

fn decode(
    bytes: &[u8],
    triangles_max: u64,
    bytes_max: u64,
    place: &str,
) -> Result<draco_core::Mesh, ImportError> {
    let limits = DecodeLimits::default().with_max_faces(triangles_max).with_max_decoded_bytes(bytes_max);
    let mut mesh = draco_core::Mesh::new();
    MeshDecoder::new().decode(&mut DecoderBuffer::new(bytes).with_limits(limits), &mut mesh).map_err(
        |error| match error.kind() {
            ErrorKind::LimitExceeded => {
                broken(place, "it unfolds to more than its accessors say, or than there is room for")
            }
            ErrorKind::UnsupportedVersion | ErrorKind::UnsupportedFeature => {
                let what = "this version of Draco's coding".to_owned();
                ImportError::Unsupported { place: place.to_owned(), what }
            }
            _ => broken(place, "its compressed data are damaged"),
        },
    )?;
    Ok(mesh)
}

/// An attribute's numbers for every corner, `width` of them each, one behind the other.
fn replacement(
    attribute: &PointAttribute,
    width: usize,
    corners: u64,
    accessors: &Accessors,
    place: &str,
) -> Result<Replacement, ImportError> {
    let component = match attribute.data_type() {
        DataType::Int8 => ComponentType::I8,
        DataType::Uint8 => ComponentType::U8,
        DataType::Int16 => ComponentType::I16,
        DataType::Uint16 => ComponentType::U16,
        DataType::Uint32 => ComponentType::U32,
        DataType::Float32 => ComponentType::F32,
        _ => return Err(broken(place, "its compressed numbers are of a kind that glTF does not have")),
    };
    let components = usize::from(attribute.num_components());
    if components != width {
        let reason = format!("it has {components} numbers an element where {width} are needed");
        return Err(broken(place, reason));
    }
    let element = component.size() * width;
    accessors.buffers.spend_unpacked(corners.saturating_mul(element as u64), place)?;
    let damaged = || broken(place, "its compressed data are damaged");
    let stride = usize::try_from(attribute.byte_stride()).map_err(|_| damaged())?;
    let stored = attribute.buffer().data();
    let mut bytes = Vec::with_capacity(corners as usize * element);
    for corner in 0..corners as u32 {
        let value = attribute.mapped_index(PointIndex(corner)).0 as usize;
        let start = value.checked_mul(stride).ok_or_else(damaged)?;
        let own = stored.get(start..).and_then(|rest| rest.get(..element)).ok_or_else(damaged)?;
        bytes.extend_from_slice(own);
    }
    Ok(Replacement { component, bytes })
}
