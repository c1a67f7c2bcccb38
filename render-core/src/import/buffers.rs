//! What buffers hold, and the parts of them that buffer views name.

use std::borrow::Cow;

use gltf::json::Root;

use super::fault::{ImportError, broken, place_of, quoted};
use super::source::{Found, Source};

/// The contents of all buffers; `None` where a buffer has none.
#[derive(Debug)]
pub(super) struct Buffers<'a>(Vec<Option<Cow<'a, [u8]>>>);

impl<'a> Buffers<'a> {
    /// Loads every buffer of the file; each holds at least the bytes it declares.
    pub(super) fn load(
        root: &Root,
        mut binary: Option<Cow<'a, [u8]>>,
        source: &Source,
    ) -> Result<Self, ImportError> {
        let mut all = Vec::with_capacity(root.buffers.len());
        for (index, buffer) in root.buffers.iter().enumerate() {
            let place = place_of("buffer", index, buffer.name.as_deref());
            let bytes = match &buffer.uri {
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
            all.push(bytes);
        }
        Ok(Self(all))
    }

    /// The bytes of a buffer view, and its stride.
    pub(super) fn view(
        &self,
        root: &Root,
        index: usize,
        place: &str,
    ) -> Result<(&[u8], Option<usize>), ImportError> {
        let place = format!("{place}, buffer view {index}");
        let view = root.buffer_views.get(index).ok_or_else(|| broken(&place, "it does not exist"))?;
        let buffer = view.buffer.value();
        let Some(Some(bytes)) = self.0.get(buffer) else {
            return Err(broken(&place, format!("buffer {buffer} does not exist or has no data")));
        };
        let offset = view.byte_offset.map_or(0, |offset| offset.0);
        let end = offset.checked_add(view.byte_length.0).filter(|&end| end <= bytes.len() as u64);
        let Some(end) = end else {
            let reason = format!(
                "its {} bytes from {offset} on do not fit buffer {buffer} of {} bytes",
                view.byte_length.0,
                bytes.len()
            );
            return Err(broken(&place, reason));
        };
        Ok((&bytes[offset as usize..end as usize], view.byte_stride.map(|stride| stride.0)))
    }
}
