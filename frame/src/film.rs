//! The film: what an artist has of one frame so far, and the picture that comes out of it.
//!
//! A film takes [`Partial`]s of its tiles in any order, adds siblings of the summation tree ([`crate::blocks`]) as
//! soon as both are there, and says which sample blocks are still open. It never renders, never reads a clock and
//! never touches a file; [`Film::to_bytes`] gives what a restart needs. Because only siblings are added, the finished
//! picture has the same bits whatever the order of arrival, the split, or the number of duplicates.

mod bytes;
mod picture;
mod tree;

use std::collections::BTreeMap;

use crate::{
    BlockRange, Partial, Plane, PlaneSet, RenderSettings, TileGrid, TileIndex, TilePlanes, TileRect, blocks,
};
use tree::TileTree;

pub use bytes::FilmBytesError;
pub(crate) use picture::LUMINANCE;
pub use picture::{Colours, DEPTH_OF_NOTHING_M, Picture, PictureShape};

/// One frame's sums, tile by tile.
#[derive(Clone, Debug)]
pub struct Film {
    grid: TileGrid,
    settings: RenderSettings,
    // Sparse, because a restored film is a stranger's bytes: a grid may name millions of tiles that hold nothing.
    tiles: BTreeMap<TileIndex, TileTree>,
}

/// What a film did with a partial.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Merged {
    /// All its samples were new.
    Added,
    /// All its samples were there already; the first ones stay.
    Duplicate,
    /// Some of its samples were there already, as smaller sums, which gave way to this one.
    ///
    /// A sum cannot be taken apart, so this is the only way in which the rest of it is not lost.
    Replaced {
        /// Blocks that had been there.
        blocks: u32,
    },
}

/// How far a tile is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TileState {
    /// Not one sample.
    Empty,
    /// Some samples per pixel, fewer than asked for.
    Started {
        /// How many.
        samples: u32,
    },
    /// All samples.
    Done,
}

/// How far a frame is, in samples (pixels × samples per pixel).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FilmProgress {
    /// Samples that are there.
    pub done_samples: u64,
    /// Samples of the finished frame.
    pub total_samples: u64,
}

/// A partial that does not belong to this film.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FilmError {
    /// The grid has no such tile.
    #[error("tile {0} is outside a frame of {1} tiles")]
    NoSuchTile(u32, u32),
    /// The partial covers other pixels than its tile.
    #[error("the samples cover {found:?} and the tile is {expected:?}")]
    WrongRect {
        /// The tile.
        expected: TileRect,
        /// The partial.
        found: TileRect,
    },
    /// The partial has other planes than the settings ask for.
    #[error("the samples come with other planes than were ordered")]
    WrongPlanes {
        /// As ordered.
        expected: PlaneSet,
        /// As delivered.
        found: PlaneSet,
    },
    /// The summation tree of this frame has no such node.
    #[error("no node at level {level}, index {index} in a tree of {blocks} sample blocks")]
    NoSuchNode {
        /// Level of the node.
        level: u8,
        /// Its index.
        index: u32,
        /// Blocks in the tree.
        blocks: u32,
    },
    /// A NaN or an infinity, which would spoil every sum it is added to.
    #[error("the samples hold a value that is not a finite number")]
    NotFinite,
}

impl Film {
    /// An empty film.
    ///
    /// # Panics
    /// When grid and settings disagree about the frame's size.
    pub fn new(grid: TileGrid, settings: RenderSettings) -> Self {
        assert_eq!(grid.frame(), settings.size, "the grid cuts the frame that is rendered");
        Self { grid, settings, tiles: BTreeMap::new() }
    }

    /// Takes a partial of one tile; harmless when some or all of it is there already.
    ///
    /// # Errors
    /// [`FilmError`] when it does not belong here; the film is then unchanged.
    pub fn merge(&mut self, tile: TileIndex, partial: Partial) -> Result<Merged, FilmError> {
        let expected = self.grid.rect(tile).ok_or(FilmError::NoSuchTile(tile.0, self.grid.len()))?;
        let found = partial.planes.rect();
        if found != expected {
            return Err(FilmError::WrongRect { expected, found });
        }
        let (node, blocks) = (partial.node, self.blocks());
        // The level is looked at first: shifting by a stranger's number would overflow.
        let known = node.level <= crate::TreeNode::root(blocks).level && node.blocks(blocks).count > 0;
        if !known {
            return Err(FilmError::NoSuchNode { level: node.level, index: node.index, blocks });
        }
        let (expected, found) = (self.settings.planes, partial.planes.planes());
        let denoised = self.settings.may_come_denoised(node.blocks(blocks));
        if found != expected && !(denoised && found == expected.with(Plane::Denoised)) {
            return Err(FilmError::WrongPlanes { expected, found });
        }
        if !partial.planes.is_finite() {
            return Err(FilmError::NotFinite);
        }
        Ok(self.tiles.entry(tile).or_default().merge(partial, blocks))
    }

    /// How the frame is cut.
    pub fn grid(&self) -> &TileGrid {
        &self.grid
    }

    /// How it is rendered.
    pub fn settings(&self) -> &RenderSettings {
        &self.settings
    }

    /// How far a tile is; a tile outside the grid is empty.
    pub fn tile_state(&self, tile: TileIndex) -> TileState {
        match self.samples(tile) {
            0 => TileState::Empty,
            samples if samples == self.settings.spp => TileState::Done,
            samples => TileState::Started { samples },
        }
    }

    /// Whether a node has sent the denoised colours of a tile.
    pub fn is_denoised(&self, tile: TileIndex) -> bool {
        let partials = self.tiles.get(&tile).into_iter().flat_map(TileTree::partials);
        partials.into_iter().any(|(_, planes)| planes.planes().contains(Plane::Denoised))
    }

    /// The open sample blocks of every unfinished tile, from the frame's centre outwards, ranges ascending.
    pub fn missing(&self) -> Vec<(TileIndex, Vec<BlockRange>)> {
        let all = BlockRange::all(self.settings.spp);
        let open = |tile| self.tiles.get(&tile).map_or(vec![all], |tree| tree.missing(all));
        let tiles = self.grid.from_centre().into_iter();
        tiles.map(|tile| (tile, open(tile))).filter(|(_, ranges)| !ranges.is_empty()).collect()
    }

    /// How far the frame is.
    pub fn progress(&self) -> FilmProgress {
        let done = |tile: &TileIndex| {
            let pixels = self.grid.rect(*tile).map_or(0, TileRect::pixels) as u64;
            pixels * u64::from(self.samples(*tile))
        };
        FilmProgress {
            done_samples: self.tiles.keys().map(done).sum(),
            total_samples: self.grid.frame().pixels() * u64::from(self.settings.spp),
        }
    }

    /// Whether every sample of every tile is there.
    pub fn is_complete(&self) -> bool {
        let progress = self.progress();
        progress.done_samples == progress.total_samples
    }

    /// The best picture that the samples so far allow; final when [`Self::is_complete`].
    pub fn picture(&self) -> Picture {
        let mut picture = Picture::empty(self.grid.frame(), self.settings.planes);
        for (tile, sums, samples) in self.sums() {
            debug_assert!(self.grid.rect(tile) == Some(sums.rect()), "merge checked it");
            picture.develop(&sums, samples);
        }
        picture
    }

    /// One tile of that picture, as a picture of its own; `None` while it has no sample.
    pub fn tile_picture(&self, tile: TileIndex) -> Option<Picture> {
        Picture::of_tile(&self.tiles.get(&tile)?.sum()?, self.samples(tile))
    }

    /// Each started tile with the sum of what is there and its samples per pixel.
    pub(crate) fn sums(&self) -> impl Iterator<Item = (TileIndex, TilePlanes, u32)> {
        self.tiles.iter().filter_map(|(&tile, tree)| tree.sum().map(|sums| (tile, sums, self.samples(tile))))
    }

    fn samples(&self, tile: TileIndex) -> u32 {
        self.tiles.get(&tile).map_or(0, |tree| tree.samples(self.settings.spp))
    }

    fn blocks(&self) -> u32 {
        blocks::block_count(self.settings.spp)
    }
}

#[cfg(test)]
mod tests;
