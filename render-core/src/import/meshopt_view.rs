//! Buffer views that are stored compressed by meshoptimizer, and their unpacking.
//!
//! Sources: `EXT_meshopt_compression` and `KHR_meshopt_compression`, which differ in name, in the filter for colours and in version 1 of the
//! attributes' coding; everything of both is read under either name. The reference decoder, written in C++, is made for untrusted data: it never
//! leaves the bytes that it is given, and may give wrong numbers for wrong ones. It asserts what the extensions say of strides and counts, so that
//! is checked here first, and whether so many elements can be in so few bytes, before memory is taken.

use gltf::json::buffer::View;
use meshopt::{
    decode_filter_color, decode_filter_exp, decode_filter_oct, decode_filter_quat, decode_index_buffer,
    decode_index_sequence, decode_vertex_buffer,
};
use serde_json::Value;

use super::fault::{ImportError, broken};

/// The decoder's answer to data whose first byte is none that it knows.
const UNKNOWN_VERSION: i32 = -1;

/// Both names of the extension, the newer first.
const NAMES: [&str; 2] = ["KHR_meshopt_compression", "EXT_meshopt_compression"];

/// Where the compressed bytes of a buffer view lie, and what becomes of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Packed {
    /// Index of the buffer that holds them.
    pub(super) buffer: u64,
    /// Where they begin in it, bytes.
    pub(super) offset: u64,
    /// How many they are.
    pub(super) length: u64,
    count: u64,
    stride: usize,
    mode: Mode,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Attributes(Filter),
    Triangles,
    Indices,
}

/// What is done to the elements of attributes behind the decoder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Filter {
    None,
    Octahedral,
    Quaternion,
    Exponential,
    Color,
}

/// The plain bytes of a buffer view, in the words that they were decoded to.
#[derive(Debug)]
pub(super) enum Unpacked {
    Words(Vec<u32>),
    Halves(Vec<u16>),
}

impl Unpacked {
    pub(super) fn bytes(&self) -> &[u8] {
        match self {
            Self::Words(words) => bytemuck::cast_slice(words),
            Self::Halves(halves) => bytemuck::cast_slice(halves),
        }
    }
}

/// Whether a buffer only stands in for compressed data, as the extension lets a file say.
pub(super) fn is_fallback(buffer: &gltf::json::Buffer) -> bool {
    let Some(extensions) = &buffer.extensions else { return false };
    NAMES
        .iter()
        .filter_map(|name| extensions.others.get(*name))
        .any(|own| own.get("fallback") == Some(&Value::Bool(true)))
}

impl Packed {
    /// What the extension says of a view; `None` where the view is stored as it is.
    pub(super) fn of(view: &View, place: &str) -> Result<Option<Self>, ImportError> {
        let Some(extensions) = &view.extensions else { return Ok(None) };
        let Some((name, own)) =
            NAMES.iter().find_map(|name| extensions.others.get(*name).map(|own| (*name, own)))
        else {
            return Ok(None);
        };
        let place = format!("{place}, {name}");
        let number = |key: &str| {
            let missing = || broken(&place, format!("its {key} is missing or is not a whole number"));
            own.get(key).and_then(Value::as_u64).ok_or_else(missing)
        };
        let packed = Self {
            buffer: number("buffer")?,
            offset: if own.get("byteOffset").is_some() { number("byteOffset")? } else { 0 },
            length: number("byteLength")?,
            count: number("count")?,
            stride: usize::try_from(number("byteStride")?).unwrap_or(usize::MAX),
            mode: Mode::of(own, &place)?,
        };
        packed.check(view.byte_length.0, &place)?;
        Ok(Some(packed))
    }

    /// Bytes of the view when it is unpacked.
    pub(super) fn unpacked_length(&self) -> u64 {
        self.count.saturating_mul(self.stride as u64)
    }

    /// Unpacks the view out of exactly its bytes; `length` of them.
    pub(super) fn unpack(&self, bytes: &[u8], place: &str) -> Result<Unpacked, ImportError> {
        let count = self.count as usize;
        let unpacked = match (self.mode, self.stride) {
            (Mode::Attributes(filter), stride) => attributes(bytes, count, stride).map(|mut words| {
                filter.apply(&mut words, stride);
                Unpacked::Words(words)
            }),
            (Mode::Triangles, 2) => decode_index_buffer(bytes, count).map(Unpacked::Halves),
            (Mode::Triangles, _) => decode_index_buffer(bytes, count).map(Unpacked::Words),
            (Mode::Indices, 2) => decode_index_sequence(bytes, count).map(Unpacked::Halves),
            (Mode::Indices, _) => decode_index_sequence(bytes, count).map(Unpacked::Words),
        };
        unpacked.map_err(|error| match error {
            meshopt::Error::Native(UNKNOWN_VERSION) => ImportError::Unsupported {
                place: place.to_owned(),
                what: "this version of meshoptimizer's coding".to_owned(),
            },
            _ => broken(place, "its compressed data are damaged"),
        })
    }

    /// The rules of the extensions' section "JSON schema updates"; the decoder relies on them.
    fn check(&self, view_length: u64, place: &str) -> Result<(), ImportError> {
        let stride = self.stride;
        let fits = match self.mode {
            Mode::Attributes(Filter::Octahedral | Filter::Color) => [4, 8].contains(&stride),
            Mode::Attributes(Filter::Quaternion) => stride == 8,
            Mode::Attributes(_) => (4..=STRIDE_MAX).contains(&stride) && stride.is_multiple_of(4),
            Mode::Triangles | Mode::Indices => [2, 4].contains(&stride),
        };
        if !fits {
            return Err(broken(place, format!("its stride of {stride} bytes does not go with its mode")));
        }
        if self.mode == Mode::Triangles && !self.count.is_multiple_of(3) {
            return Err(broken(place, format!("its {} indices are no whole triangles", self.count)));
        }
        if self.count.checked_mul(stride as u64) != Some(view_length) {
            let reason =
                format!("its {} elements do not fit a buffer view of {view_length} bytes", self.count);
            return Err(broken(place, reason));
        }
        if self.length < self.length_min() {
            let reason = format!("{} elements cannot be in {} bytes", self.count, self.length);
            return Err(broken(place, reason));
        }
        Ok(())
    }

    /// The fewest bytes that can hold so many elements (appendix A of the extensions). Attributes come in blocks of at most 256, and each has a
    /// control byte for every four bytes of an element at least (version 1; version 0 is longer); an index takes a byte, a triangle too.
    fn length_min(&self) -> u64 {
        match self.mode {
            Mode::Attributes(_) => self.count.div_ceil(256).saturating_mul(self.stride as u64 / 4),
            Mode::Triangles => self.count / 3,
            Mode::Indices => self.count,
        }
    }
}

impl Mode {
    fn of(own: &Value, place: &str) -> Result<Self, ImportError> {
        let word = |key: &str| own.get(key).and_then(Value::as_str);
        let filter = match word("filter") {
            None if own.get("filter").is_none() => Filter::None,
            Some("NONE") => Filter::None,
            Some("OCTAHEDRAL") => Filter::Octahedral,
            Some("QUATERNION") => Filter::Quaternion,
            Some("EXPONENTIAL") => Filter::Exponential,
            Some("COLOR") => Filter::Color,
            _ => return Err(broken(place, "its filter is unknown")),
        };
        match (word("mode"), filter) {
            (Some("ATTRIBUTES"), filter) => Ok(Self::Attributes(filter)),
            (Some("TRIANGLES"), Filter::None) => Ok(Self::Triangles),
            (Some("INDICES"), Filter::None) => Ok(Self::Indices),
            (Some("TRIANGLES" | "INDICES"), _) => Err(broken(place, "indices have no filter")),
            _ => Err(broken(place, "its mode is unknown")),
        }
    }
}

impl Filter {
    /// Works on the elements where they lie. The strides go with the filters, so no cast can fail.
    fn apply(self, words: &mut [u32], stride: usize) {
        match (self, stride) {
            (Self::None, _) => {}
            (Self::Octahedral, 4) => decode_filter_oct::<i8>(bytemuck::cast_slice_mut(words)),
            (Self::Octahedral, _) => decode_filter_oct::<i16>(bytemuck::cast_slice_mut(words)),
            (Self::Quaternion, _) => decode_filter_quat(bytemuck::cast_slice_mut(words)),
            (Self::Exponential, _) => decode_filter_exp::<1>(bytemuck::cast_slice_mut(words)),
            (Self::Color, 4) => decode_filter_color::<u8>(bytemuck::cast_slice_mut(words)),
            (Self::Color, _) => decode_filter_color::<u16>(bytemuck::cast_slice_mut(words)),
        }
    }
}

/// The longest element that the coding of attributes knows, bytes.
const STRIDE_MAX: usize = 256;

/// An element of attributes as its words.
#[derive(Clone)]
struct Element<const WORDS: usize>([u32; WORDS]);

impl<const WORDS: usize> Default for Element<WORDS> {
    fn default() -> Self {
        Self([0; WORDS])
    }
}

/// Decodes elements of `stride` bytes: a multiple of 4, at most [`STRIDE_MAX`].
fn attributes(bytes: &[u8], count: usize, stride: usize) -> meshopt::Result<Vec<u32>> {
    fn sized<const WORDS: usize>(bytes: &[u8], count: usize) -> meshopt::Result<Vec<u32>> {
        let elements = decode_vertex_buffer::<Element<WORDS>>(bytes, count)?;
        let mut words = Vec::with_capacity(count * WORDS);
        elements.iter().for_each(|element| words.extend_from_slice(&element.0));
        Ok(words)
    }
    // The decoder knows an element's size by its type alone.
    macro_rules! by_words {
        ($($words:literal)*) => {
            match stride / 4 {
                $($words => sized::<$words>(bytes, count),)*
                // Checked before.
                _ => Err(meshopt::Error::Parse(String::new())),
            }
        };
    }
    by_words!(
        1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32
        33 34 35 36 37 38 39 40 41 42 43 44 45 46 47 48 49 50 51 52 53 54 55 56 57 58 59 60 61 62 63 64
    )
}
