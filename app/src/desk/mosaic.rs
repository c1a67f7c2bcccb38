//! The growing picture of one frame as a screen shows it: 8-bit colours, and how far each tile is.
//!
//! A window asks with the last number it knows and gets only the rectangles that changed since. Frames larger than a window
//! are kept smaller, by a whole factor, so that an 8K frame does not fill the memory twice.

use std::collections::BTreeMap;

use frame::{FrameSize, TileGrid, TileIndex, TileStage};

use super::shrunk::Shrunk;
use crate::sight::Sight;

/// Longest edge that is kept; no window shows more.
const EDGE_MAX: u32 = 2048;

/// One frame's picture so far.
#[derive(Clone, Debug)]
pub struct Mosaic {
    picture: Shrunk,
    grid: TileGrid,
    tiles: Vec<TileStage>,
    /// Counts changes, from 1.
    version: u32,
    /// When each rectangle changed last, in kept pixels.
    changed: BTreeMap<(u32, u32, u32, u32), u32>,
}

impl Mosaic {
    /// An empty frame.
    pub fn new(size: FrameSize, tile_px: u32) -> Self {
        let picture = Shrunk::new(size, EDGE_MAX);
        let (width, height) = picture.kept();
        let grid = TileGrid::new(size, tile_px, 0);
        let tiles = vec![TileStage::Queued; grid.len() as usize];
        Self { picture, grid, tiles, version: 1, changed: BTreeMap::from([((0, 0, width, height), 1)]) }
    }

    /// Begins another frame of the same size.
    pub fn clear(&mut self) {
        let version = self.version;
        *self = Self::new(self.picture.size(), self.grid.edge_px());
        self.version = version + 1;
        self.changed.values_mut().for_each(|at| *at = version + 1);
    }

    /// Counts changes; what a window asks with next time.
    pub fn version(&self) -> u32 {
        self.version
    }

    /// Tiles that are at least so far.
    pub fn count(&self, at_least: TileStage) -> u32 {
        self.tiles.iter().filter(|tile| **tile >= at_least).count() as u32
    }

    /// A node has taken a tile that nobody has finished.
    pub fn lease(&mut self, tile: TileIndex) {
        if let Some(state @ TileStage::Queued) = self.tiles.get_mut(tile.0 as usize) {
            *state = TileStage::InFlight;
            self.version += 1;
        }
    }

    /// A tile has all its samples.
    pub fn finish(&mut self, tile: TileIndex) {
        if let Some(state) = self.tiles.get_mut(tile.0 as usize) {
            *state = (*state).max(TileStage::Denoised);
            self.version += 1;
        }
    }

    /// Takes a rectangle of light.
    pub fn see(&mut self, sight: &Sight<'_>) {
        if sight.size != self.picture.size() {
            return;
        }
        self.version += 1;
        let stage = TileStage::from(sight.stage);
        match sight.tile {
            Some(tile) => {
                if let Some(state) = self.tiles.get_mut(tile.0 as usize) {
                    *state = (*state).max(stage);
                }
            }
            None => {
                self.tiles.fill(stage);
                self.changed.clear();
            }
        }
        let rect = self.picture.paint(sight.rect, sight.rgba);
        self.changed.insert((rect.x, rect.y, rect.width, rect.height), self.version);
    }

    /// Everything that changed after `since`, as a window reads it: little-endian 32-bit numbers (version, columns, rows,
    /// tile columns, tile edge in kept pixels × 256, tiles, rectangles), the tiles' states as bytes, then for each
    /// rectangle x, y, columns, rows and its pixels, four bytes each.
    pub fn packet(&self, since: u32) -> Vec<u8> {
        let (width, height) = self.picture.kept();
        let fresh: Vec<_> =
            self.changed.iter().filter(|(_, at)| **at > since).map(|(rect, _)| *rect).collect();
        let edge = self.grid.edge_px() * 256 / self.picture.factor();
        let head = [
            self.version,
            width,
            height,
            self.grid.columns(),
            edge,
            self.tiles.len() as u32,
            fresh.len() as u32,
        ];
        let mut bytes: Vec<u8> = head.iter().flat_map(|number| number.to_le_bytes()).collect();
        bytes.extend(self.tiles.iter().map(|tile| *tile as u8));
        for (x, y, columns, rows) in fresh {
            bytes.extend([x, y, columns, rows].iter().flat_map(|number| number.to_le_bytes()));
            for row in y..y + rows {
                let start = (row as usize * width as usize + x as usize) * 4;
                bytes.extend_from_slice(&self.picture.rgba()[start..start + columns as usize * 4]);
            }
        }
        bytes
    }
}

#[cfg(test)]
mod tests {
    use frame::{FrameIndex, TileRect};

    use super::*;
    use crate::sight::Stage;

    fn size(width: u32, height: u32) -> FrameSize {
        FrameSize::new(width, height).expect("in range")
    }

    fn sight<'a>(size: FrameSize, rect: TileRect, tile: u32, rgba: &'a [f32]) -> Sight<'a> {
        Sight {
            frame: FrameIndex(0),
            size,
            rect,
            tile: Some(TileIndex(tile)),
            stage: Stage::Noisy,
            edge_px: 16,
            work: crate::sight::Work::default(),
            samples: 1,
            rgba,
        }
    }

    fn numbers(packet: &[u8], count: usize) -> Vec<u32> {
        packet.as_chunks().0[..count].iter().map(|bytes| u32::from_le_bytes(*bytes)).collect()
    }

    #[test]
    fn only_what_changed_is_sent_again() {
        let mut mosaic = Mosaic::new(size(32, 16), 16);
        let first = mosaic.packet(0);
        assert_eq!(numbers(&first, 7), [1, 32, 16, 2, 16 * 256, 2, 1]);
        assert_eq!(first.len(), 7 * 4 + 2 + 4 * 4 + 32 * 16 * 4, "the whole frame, once");
        let known = mosaic.version();
        mosaic.lease(TileIndex(0));
        let rect = TileRect { x: 16, y: 0, width: 16, height: 16 };
        mosaic.see(&sight(size(32, 16), rect, 1, &[0.18, 0.18, 0.18, 1.0].repeat(256)));
        let next = mosaic.packet(known);
        assert_eq!(numbers(&next, 7)[6], 1);
        assert_eq!(next[28..30], [TileStage::InFlight as u8, TileStage::Noisy as u8]);
        assert_eq!(numbers(&next[30..], 4), [16, 0, 16, 16]);
        assert_eq!(next[46..50], [118, 118, 118, 255], "middle grey is where screens expect it");
        assert_eq!(numbers(&mosaic.packet(mosaic.version()), 7)[6], 0);
    }

    #[test]
    fn a_large_frame_is_kept_smaller_and_its_pixels_are_means() {
        let large = size(EDGE_MAX * 2, 4);
        let mut mosaic = Mosaic::new(large, 8);
        assert_eq!(numbers(&mosaic.packet(0), 3), [1, EDGE_MAX, 2]);
        let rect = TileRect { x: 0, y: 0, width: 2, height: 2 };
        let light = [0.0, 0.0, 0.0, 1.0, 0.36, 0.36, 0.36, 1.0].repeat(2);
        let known = mosaic.version();
        mosaic.see(&sight(large, rect, 0, &light));
        let packet = mosaic.packet(known);
        assert_eq!(packet[packet.len() - 4..], [118, 118, 118, 255]);
    }

    #[test]
    fn a_tile_never_goes_back_and_another_frame_begins_empty() {
        let mut mosaic = Mosaic::new(size(8, 8), 8);
        let rect = TileRect { x: 0, y: 0, width: 8, height: 8 };
        mosaic.finish(TileIndex(0));
        mosaic.see(&sight(size(8, 8), rect, 0, &[1.0; 256]));
        mosaic.lease(TileIndex(0));
        assert_eq!((mosaic.count(TileStage::Denoised), mosaic.count(TileStage::Done)), (1, 0));
        let known = mosaic.version();
        mosaic.clear();
        assert_eq!(mosaic.count(TileStage::InFlight), 0);
        assert_eq!(numbers(&mosaic.packet(known), 7)[6], 1, "who watched is sent the empty frame");
    }
}
