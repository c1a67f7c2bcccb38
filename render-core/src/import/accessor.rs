//! Numbers out of accessors: every encoding of glTF 2.0 and `KHR_mesh_quantization`, every bound checked.
//!
//! The `gltf` crate's own iterators trust the file and panic on a wrong one; here each count, offset and stride is
//! checked before memory is taken. Never returns a number that is not finite.

use std::cell::Cell;
use std::collections::HashMap;
use std::rc::Rc;

use gltf::json::Root;
use gltf::json::accessor::{Accessor, ComponentType};
use gltf::json::validation::Checked::Valid;

use super::buffers::Buffers;
use super::fault::{ImportError, broken};
use super::limits::Limits;

/// Reads accessors, within the budget of numbers.
pub(super) struct Accessors<'a> {
    pub(super) root: &'a Root,
    pub(super) buffers: &'a Buffers<'a>,
    /// Stand in for what the accessors name.
    replacements: Option<&'a Replacements>,
    numbers_left: Rc<Cell<u64>>,
    numbers_max: u64,
}

/// What stands in place of accessors' own data, by their indices.
pub(super) type Replacements = HashMap<usize, Replacement>;

/// An accessor's elements one behind the other, as many as it says.
#[derive(Debug)]
pub(super) struct Replacement {
    pub(super) component: ComponentType,
    pub(super) bytes: Vec<u8>,
}

/// What integers mean where floating-point numbers are wanted.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Integers {
    /// What the accessor's `normalized` says.
    AsFlagged,
    /// Always fractions: colours and weights, where some exporters forget the flag.
    Fractions,
}

struct Layout<'a> {
    count: usize,
    component: ComponentType,
    components: usize,
    normalized: bool,
    stride: usize,
    /// From the first element on; `None`: zeros.
    bytes: Option<&'a [u8]>,
    sparse: Option<SparseLayout<'a>>,
    place: String,
}

struct SparseLayout<'a> {
    indices: Vec<u32>,
    values: &'a [u8],
}

impl<'a> Accessors<'a> {
    pub(super) fn new(root: &'a Root, buffers: &'a Buffers<'a>, limits: &Limits) -> Self {
        let (numbers_left, numbers_max) = (Rc::new(Cell::new(limits.numbers)), limits.numbers);
        Self { root, buffers, replacements: None, numbers_left, numbers_max }
    }

    /// The same, within the same budget, with other data for some accessors.
    pub(super) fn with<'b>(&'b self, replacements: &'b Replacements) -> Accessors<'b> {
        Accessors {
            root: self.root,
            buffers: self.buffers,
            replacements: Some(replacements),
            numbers_left: Rc::clone(&self.numbers_left),
            numbers_max: self.numbers_max,
        }
    }

    /// Elements of an accessor.
    pub(super) fn count(&self, index: usize, place: &str) -> Result<u64, ImportError> {
        Ok(self.accessor(index, place)?.count.0)
    }

    /// Numbers in one element.
    pub(super) fn components(&self, index: usize, place: &str) -> Result<usize, ImportError> {
        match self.accessor(index, place)?.type_ {
            Valid(kind) => Ok(kind.multiplicity()),
            _ => Err(broken(&format!("{place}, accessor {index}"), "its type is unknown")),
        }
    }

    /// Finite vectors of `N` numbers.
    pub(super) fn vectors<const N: usize>(
        &self,
        index: usize,
        integers: Integers,
        place: &str,
    ) -> Result<Vec<[f32; N]>, ImportError> {
        let layout = self.layout(index, N, place)?;
        let fractions = layout.normalized || integers == Integers::Fractions;
        let vectors: Vec<[f32; N]> = match (layout.component, fractions) {
            (ComponentType::F32, _) => layout.decode(|b| f32::from_le_bytes(first(b))),
            (ComponentType::U8, true) => layout.decode(|b| f32::from(b[0]) / 255.0),
            (ComponentType::U8, false) => layout.decode(|b| f32::from(b[0])),
            (ComponentType::I8, true) => layout.decode(|b| (f32::from(b[0] as i8) / 127.0).max(-1.0)),
            (ComponentType::I8, false) => layout.decode(|b| f32::from(b[0] as i8)),
            (ComponentType::U16, true) => {
                layout.decode(|b| f32::from(u16::from_le_bytes(first(b))) / 65535.0)
            }
            (ComponentType::U16, false) => layout.decode(|b| f32::from(u16::from_le_bytes(first(b)))),
            (ComponentType::I16, true) => {
                layout.decode(|b| (f32::from(i16::from_le_bytes(first(b))) / 32767.0).max(-1.0))
            }
            (ComponentType::I16, false) => layout.decode(|b| f32::from(i16::from_le_bytes(first(b)))),
            (ComponentType::U32, _) => {
                return Err(broken(&layout.place, "32-bit integers are not usable here"));
            }
        };
        match vectors.iter().position(|vector| vector.iter().any(|number| !number.is_finite())) {
            Some(element) => Err(broken(&layout.place, format!("element {element} is not a finite number"))),
            None => Ok(vectors),
        }
    }

    /// Unsigned integers, `N` an element: indices and joints.
    pub(super) fn integers<const N: usize>(
        &self,
        index: usize,
        place: &str,
    ) -> Result<Vec<[u32; N]>, ImportError> {
        let layout = self.layout(index, N, place)?;
        match layout.component {
            ComponentType::U8 => Ok(layout.decode(|b| u32::from(b[0]))),
            ComponentType::U16 => Ok(layout.decode(|b| u32::from(u16::from_le_bytes(first(b))))),
            ComponentType::U32 => Ok(layout.decode(|b| u32::from_le_bytes(first(b)))),
            _ => Err(broken(&layout.place, "unsigned integers are needed here")),
        }
    }

    fn accessor(&self, index: usize, place: &str) -> Result<&'a Accessor, ImportError> {
        let missing = || broken(&format!("{place}, accessor {index}"), "it does not exist");
        self.root.accessors.get(index).ok_or_else(missing)
    }

    fn spend(&self, numbers: u64, place: &str) -> Result<(), ImportError> {
        let left = self.numbers_left.get().checked_sub(numbers).ok_or_else(|| ImportError::OverLimit {
            place: place.to_owned(),
            what: "numbers in all accessors",
            limit: self.numbers_max,
        })?;
        self.numbers_left.set(left);
        Ok(())
    }

    fn layout(&self, index: usize, components: usize, place: &str) -> Result<Layout<'_>, ImportError> {
        let accessor = self.accessor(index, place)?;
        let place = format!("{place}, accessor {index}");
        let (Valid(component), Valid(kind)) = (accessor.component_type, accessor.type_) else {
            return Err(broken(&place, "its type is unknown"));
        };
        if kind.multiplicity() != components {
            let reason =
                format!("it has {} numbers an element where {components} are needed", kind.multiplicity());
            return Err(broken(&place, reason));
        }
        self.spend(accessor.count.0.saturating_mul(components as u64), &place)?;
        let mut layout = Layout {
            count: accessor.count.0 as usize,
            component: component.0,
            components,
            normalized: accessor.normalized,
            stride: component.0.size() * components,
            bytes: None,
            sparse: None,
            place,
        };
        if let Some(own) = self.replacements.and_then(|replacements| replacements.get(&index)) {
            let whole = !accessor.normalized
                && own.component != ComponentType::F32
                && layout.component != ComponentType::F32;
            // Whole numbers mean the same in any width, fractions do not.
            if own.component != layout.component && !whole {
                return Err(broken(&layout.place, "its compressed numbers are of another kind than it says"));
            }
            layout.component = own.component;
            layout.stride = own.component.size() * components;
            layout.bytes =
                Some(span(&own.bytes, 0, accessor.count.0, layout.stride, layout.stride, &layout.place)?);
            return Ok(layout);
        }
        let element = layout.stride;
        if let Some(view) = accessor.buffer_view {
            let (bytes, stride) = self.buffers.view(self.root, view.value(), &layout.place)?;
            layout.stride = stride.unwrap_or(element);
            let offset = accessor.byte_offset.map_or(0, |offset| offset.0);
            layout.bytes =
                Some(span(bytes, offset, accessor.count.0, layout.stride, element, &layout.place)?);
        }
        layout.sparse = self.sparse(accessor, element, &layout.place)?;
        Ok(layout)
    }

    fn sparse(
        &self,
        accessor: &Accessor,
        element: usize,
        place: &str,
    ) -> Result<Option<SparseLayout<'_>>, ImportError> {
        let Some(sparse) = &accessor.sparse else { return Ok(None) };
        let place = format!("{place}, sparse");
        if sparse.count.0 > accessor.count.0 {
            return Err(broken(&place, "it replaces more elements than there are"));
        }
        self.spend(sparse.count.0, &place)?;
        let Valid(component) = sparse.indices.component_type else {
            return Err(broken(&place, "its indices have an unknown type"));
        };
        let size = component.0.size();
        let (bytes, _) = self.buffers.view(self.root, sparse.indices.buffer_view.value(), &place)?;
        let bytes = span(bytes, sparse.indices.byte_offset.0, sparse.count.0, size, size, &place)?;
        let indices: Vec<u32> = match component.0 {
            ComponentType::U8 => bytes.iter().map(|&byte| u32::from(byte)).collect(),
            ComponentType::U16 => {
                bytes.chunks_exact(2).map(|b| u32::from(u16::from_le_bytes(first(b)))).collect()
            }
            ComponentType::U32 => bytes.chunks_exact(4).map(|b| u32::from_le_bytes(first(b))).collect(),
            _ => return Err(broken(&place, "its indices are not unsigned integers")),
        };
        if indices.iter().any(|&index| u64::from(index) >= accessor.count.0) {
            return Err(broken(&place, "it replaces an element that does not exist"));
        }
        let (values, _) = self.buffers.view(self.root, sparse.values.buffer_view.value(), &place)?;
        let values = span(values, sparse.values.byte_offset.0, sparse.count.0, element, element, &place)?;
        Ok(Some(SparseLayout { indices, values }))
    }
}

impl Layout<'_> {
    fn decode<T: Copy + Default, const N: usize>(&self, number: impl Fn(&[u8]) -> T) -> Vec<[T; N]> {
        let size = self.component.size();
        let element = size * self.components;
        let one = |bytes: &[u8]| {
            let mut vector = [T::default(); N];
            for (slot, raw) in vector.iter_mut().zip(bytes.chunks_exact(size)) {
                *slot = number(raw);
            }
            vector
        };
        let mut vectors: Vec<[T; N]> = match self.bytes {
            Some(bytes) => {
                (0..self.count).map(|index| one(&bytes[index * self.stride..][..element])).collect()
            }
            None => vec![[T::default(); N]; self.count],
        };
        if let Some(sparse) = &self.sparse {
            for (&index, value) in sparse.indices.iter().zip(sparse.values.chunks_exact(element)) {
                vectors[index as usize] = one(value);
            }
        }
        vectors
    }
}

/// The bytes from the first element to the end of the last.
fn span<'a>(
    bytes: &'a [u8],
    offset: u64,
    count: u64,
    stride: usize,
    element: usize,
    place: &str,
) -> Result<&'a [u8], ImportError> {
    if stride < element {
        return Err(broken(place, format!("its stride of {stride} bytes is shorter than an element")));
    }
    let length = match count.checked_sub(1) {
        None => Some(0),
        Some(gaps) => gaps.checked_mul(stride as u64).and_then(|length| length.checked_add(element as u64)),
    };
    let end = length.and_then(|length| offset.checked_add(length)).filter(|&end| end <= bytes.len() as u64);
    match end {
        Some(end) => Ok(&bytes[offset as usize..end as usize]),
        None => Err(broken(
            place,
            format!("its {count} elements do not fit a buffer view of {} bytes", bytes.len()),
        )),
    }
}

fn first<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut array = [0; N];
    array.copy_from_slice(&bytes[..N]);
    array
}
