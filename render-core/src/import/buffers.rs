//! What buffers hold, and the parts of them that buffer views name; compressed views are unpacked when they are first read, and once.

use std::borrow::Cow;
use std::cell::{Cell, OnceCell};

use gltf::json::Root;
use gltf::json::buffer::View;

use super::fault::{ImportError, broken, place_of, quoted};
use super::limits::Limits;
use super::meshopt_view::{Packed, Unpacked, is_fallback};
use super::source::{Found, Source};

/// The contents of all buffers, and of the buffer views that were compressed.
#[derive(Debug)]
pub(super) struct Buffers<'a> {
    /// `None` where a buffer has no content.
    contents: Vec<Option<Cow<'a, [u8]>>>,
    /// One for each buffer view.
    unpacked: Vec<OnceCell<Unpacked>>,
    unpacked_left: Cell<u64>,
    unpacked_max: u64,
}

impl<'a> Buffers<'a> {
    /// Loads every buffer of the file; each holds at least the bytes it declares. Buffers that only stand in for compressed data are not opened.
    pub(super) fn load(
        root: &Root,
        mut binary: Option<Cow<'a, [u8]>>,
        source: &Source,
        limits: &Limits,
    ) -> Result<Self, ImportError> {
        let mut contents = Vec::with_capacity(root.buffers.len());
        for (index, buffer) in root.buffers.iter().enumerate() {
            let place = place_of("buffer", index, buffer.name.as_deref());
            let bytes = match &buffer.uri {
                _ if is_fallback(buffer) => None,
                Some(uri) => match source.follow(uri, &place)? {
                    Found::Bytes(bytes) => Some(bytes),
                    Found::Missing(file) => {
                        return Err(broken(&place, format!("its file {} is missing", quoted(&file))));
                    }
                },
                None if index == 0 => binary.take(),
                None => None,
            };
            if let Some(bytes) = &bytes
                && (bytes.len() as u64) < buffer.byte_length.0
            {
                let reason = format!("it says {} bytes, but {} are there", buffer.byte_length.0, bytes.len());
                return Err(broken(&place, reason));
            }
            contents.push(bytes);
        }
        let unpacked = root.buffer_views.iter().map(|_| OnceCell::new()).collect();
        let (unpacked_left, unpacked_max) = (Cell::new(limits.unpacked_bytes), limits.unpacked_bytes);
        Ok(Self { contents, unpacked, unpacked_left, unpacked_max })
    }

    /// The plain bytes of a buffer view, and its stride.
    pub(super) fn view(
        &self,
        root: &Root,
        index: usize,
        place: &str,
    ) -> Result<(&[u8], Option<usize>), ImportError> {
        let place = format!("{place}, buffer view {index}");
        let view = root.buffer_views.get(index).ok_or_else(|| broken(&place, "it does not exist"))?;
        let stride = view.byte_stride.map(|stride| stride.0);
        if let Some(unpacked) = self.unpacked(index, view, &place)? {
            return Ok((unpacked.bytes(), stride));
        }
        let offset = view.byte_offset.map_or(0, |offset| offset.0);
        Ok((self.part(view.buffer.value(), offset, view.byte_length.0, &place)?, stride))
    }

    /// Bytes to which compressed data may still unfold.
    pub(super) fn unpacked_left(&self) -> u64 {
        self.unpacked_left.get()
    }

    /// Takes the bytes to which compressed data unfold from the budget.
    pub(super) fn spend_unpacked(&self, bytes: u64, place: &str) -> Result<(), ImportError> {
        let left = self.unpacked_left.get().checked_sub(bytes).ok_or_else(|| ImportError::OverLimit {
            place: place.to_owned(),
            what: "bytes of unpacked data",
            limit: self.unpacked_max,
        })?;
        self.unpacked_left.set(left);
        Ok(())
    }

    /// A view's content where it is stored compressed.
    fn unpacked(&self, index: usize, view: &View, place: &str) -> Result<Option<&Unpacked>, ImportError> {
        let Some(cell) = self.unpacked.get(index) else { return Ok(None) };
        if let Some(known) = cell.get() {
            return Ok(Some(known));
        }
        let Some(packed) = Packed::of(view, place)? else { return Ok(None) };
        let buffer = usize::try_from(packed.buffer).unwrap_or(usize::MAX);
        let bytes = self.part(buffer, packed.offset, packed.length, place)?;
        self.spend_unpacked(packed.unpacked_length(), place)?;
        let unpacked = packed.unpack(bytes, place)?;
        Ok(Some(cell.get_or_init(|| unpacked)))
    }

    fn part(&self, buffer: usize, offset: u64, length: u64, place: &str) -> Result<&[u8], ImportError> {
        let Some(Some(bytes)) = self.contents.get(buffer) else {
            return Err(broken(place, format!("buffer {buffer} does not exist or has no data")));
        };
        match offset.checked_add(length).filter(|&end| end <= bytes.len() as u64) {
            Some(end) => Ok(&bytes[offset as usize..end as usize]),
            None => Err(broken(
                place,
                format!(
                    "its {length} bytes from {offset} on do not fit buffer {buffer} of {} bytes",
                    bytes.len()
                ),
            )),
        }
    }
}
