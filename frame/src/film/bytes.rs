//! A film as bytes, so that an artist can be stopped and started again.
//!
//! Layout: magic, a postcard header, then for each partial a postcard label and its planes' little-endian bytes, and
//! at the end BLAKE3 over all that. Restoring goes through [`Film::merge`], so a restored film is as checked as a
//! received one, and nothing is allocated that the bytes themselves do not pay for.

use serde::{Deserialize, Serialize};

use super::Film;
use crate::{FilmError, Partial, Plane, RenderSettings, TileGrid, TileIndex, TilePlanes, TreeNode};

const MAGIC: &[u8; 16] = b"tessera film 002";
const HASH_BYTES: usize = 32;

/// Bytes that are not a film.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum FilmBytesError {
    /// Other bytes altogether, or a film of another version.
    #[error("this is not a saved film of this version")]
    NotAFilm,
    /// The checksum does not fit the content.
    #[error("the saved film is damaged")]
    Damaged,
    /// A saved partial does not fit the film.
    #[error("the saved film contradicts itself: {0}")]
    Partial(#[from] FilmError),
}

#[derive(Serialize, Deserialize)]
struct Header {
    // Not a TileGrid: it is built again from its numbers, which checks them.
    edge_px: u32,
    margin_px: u32,
    settings: RenderSettings,
    partials: u64,
}

#[derive(Serialize, Deserialize)]
struct Label {
    tile: TileIndex,
    node: TreeNode,
    denoised: bool,
}

impl Film {
    /// All that is needed to go on after a restart. Grows with what is rendered, not with the frame.
    pub fn to_bytes(&self) -> Vec<u8> {
        let partials = self.tiles.values().map(|tree| tree.partials().len() as u64).sum();
        let (edge_px, margin_px) = (self.grid.edge_px(), self.grid.margin_px());
        let header = Header { edge_px, margin_px, settings: self.settings, partials };
        let mut bytes = MAGIC.to_vec();
        put(&mut bytes, &header);
        for (&tile, tree) in &self.tiles {
            for (node, planes) in tree.partials() {
                let denoised = planes.planes().contains(Plane::Denoised);
                put(&mut bytes, &Label { tile, node, denoised });
                bytes.extend_from_slice(&planes.to_bytes());
            }
        }
        let hash = blake3::hash(&bytes);
        bytes.extend_from_slice(hash.as_bytes());
        bytes
    }

    /// The film that [`Self::to_bytes`] was called on.
    ///
    /// # Errors
    /// [`FilmBytesError`] for anything else; damage is found by checksum.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, FilmBytesError> {
        let content_bytes = bytes.len().checked_sub(HASH_BYTES).ok_or(FilmBytesError::NotAFilm)?;
        let (content, hash) = bytes.split_at(content_bytes);
        let rest = content.strip_prefix(MAGIC).ok_or(FilmBytesError::NotAFilm)?;
        if blake3::hash(content).as_bytes() != hash {
            return Err(FilmBytesError::Damaged);
        }
        // The checksum keeps out accidents, not people, so everything below still expects the worst.
        let (header, mut rest) = take::<Header>(rest)?;
        let grid = TileGrid::new(header.settings.size, header.edge_px, header.margin_px);
        let mut film = Film::new(grid, header.settings);
        for _ in 0..header.partials {
            let (label, after) = take::<Label>(rest)?;
            let rect = grid.rect(label.tile).ok_or(FilmBytesError::Damaged)?;
            let ordered = header.settings.planes;
            let planes = if label.denoised { ordered.with(Plane::Denoised) } else { ordered };
            let planes_bytes = rect.pixels() * planes.channels() * size_of::<f32>();
            let (values, after) = after.split_at_checked(planes_bytes).ok_or(FilmBytesError::Damaged)?;
            let planes = TilePlanes::from_bytes(rect, planes, values).ok_or(FilmBytesError::Damaged)?;
            film.merge(label.tile, Partial { node: label.node, planes })?;
            rest = after;
        }
        if rest.is_empty() { Ok(film) } else { Err(FilmBytesError::Damaged) }
    }
}

fn put(bytes: &mut Vec<u8>, value: &impl Serialize) {
    let encoded = postcard::to_stdvec(value).expect("plain numbers always encode");
    bytes.extend_from_slice(&encoded);
}

fn take<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<(T, &'a [u8]), FilmBytesError> {
    postcard::take_from_bytes(bytes).map_err(|_| FilmBytesError::Damaged)
}
