//! A frame cut into tiles with a margin, in the order in which an artist wants to see them.

use serde::{Deserialize, Serialize};

use crate::{FrameSize, TileIndex};

/// A rectangle of pixels; `x` to the right, `y` down, (0, 0) the frame's upper left pixel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TileRect {
    /// Left column.
    pub x: u32,
    /// Top row.
    pub y: u32,
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
}

impl TileRect {
    /// Number of pixels.
    pub fn pixels(self) -> usize {
        self.width as usize * self.height as usize
    }

    /// This rectangle grown by `margin_px` on every side and cut at the frame's border.
    pub fn grown(self, margin_px: u32, frame: FrameSize) -> Self {
        let x = self.x.saturating_sub(margin_px);
        let y = self.y.saturating_sub(margin_px);
        let right = (self.x + self.width).saturating_add(margin_px).min(frame.width());
        let bottom = (self.y + self.height).saturating_add(margin_px).min(frame.height());
        Self { x, y, width: right - x, height: bottom - y }
    }

    /// Whether the rectangle is not empty and lies wholly inside the frame.
    pub fn fits(self, frame: FrameSize) -> bool {
        let inside = |start: u32, length: u32, whole: u32| {
            length > 0 && start.checked_add(length).is_some_and(|end| end <= whole)
        };
        inside(self.x, self.width, frame.width()) && inside(self.y, self.height, frame.height())
    }
}

/// How one frame is cut: square tiles of `edge_px`, the last row and column shorter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TileGrid {
    frame: FrameSize,
    edge_px: u32,
    margin_px: u32,
}

impl TileGrid {
    /// Smallest and largest tile edge that is accepted.
    pub const EDGE_PX: std::ops::RangeInclusive<u32> = 8..=4096;

    /// Cuts `frame` into tiles of `edge_px` (clamped to [`Self::EDGE_PX`]); `margin_px` is what the denoiser asks for.
    pub fn new(frame: FrameSize, edge_px: u32, margin_px: u32) -> Self {
        let edge_px = edge_px.clamp(*Self::EDGE_PX.start(), *Self::EDGE_PX.end());
        Self { frame, edge_px, margin_px }
    }

    /// The frame that is cut.
    pub fn frame(&self) -> FrameSize {
        self.frame
    }

    /// Edge of a whole tile.
    pub fn edge_px(&self) -> u32 {
        self.edge_px
    }

    /// Pixels around each tile that the denoiser needs to see.
    pub fn margin_px(&self) -> u32 {
        self.margin_px
    }

    /// Tiles in a row.
    pub fn columns(&self) -> u32 {
        self.frame.width().div_ceil(self.edge_px)
    }

    /// Tiles in a column.
    pub fn rows(&self) -> u32 {
        self.frame.height().div_ceil(self.edge_px)
    }

    /// All tiles of the frame.
    pub fn len(&self) -> u32 {
        self.columns() * self.rows()
    }

    /// A grid is never empty.
    pub fn is_empty(&self) -> bool {
        false
    }

    /// The rectangle of a tile without its margin; `None` past the end.
    pub fn rect(&self, tile: TileIndex) -> Option<TileRect> {
        (tile.0 < self.len()).then(|| {
            let x = tile.0 % self.columns() * self.edge_px;
            let y = tile.0 / self.columns() * self.edge_px;
            let width = self.edge_px.min(self.frame.width() - x);
            let height = self.edge_px.min(self.frame.height() - y);
            TileRect { x, y, width, height }
        })
    }

    /// All tiles from the frame's centre outwards, because the middle is what people look at first.
    pub fn from_centre(&self) -> Vec<TileIndex> {
        let (columns, rows) = (i64::from(self.columns()), i64::from(self.rows()));
        let mut tiles: Vec<TileIndex> = (0..self.len()).map(TileIndex).collect();
        tiles.sort_by_key(|tile| {
            let column = i64::from(tile.0) % columns;
            let row = i64::from(tile.0) / columns;
            let (dx, dy) = (2 * column - columns + 1, 2 * row - rows + 1);
            (dx * dx + dy * dy, tile.0)
        });
        tiles
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn tiles_cover_every_pixel_once(width in 1u32..300, height in 1u32..300, edge in 8u32..200) {
            let frame = FrameSize::new(width, height).expect("in range");
            let grid = TileGrid::new(frame, edge, 3);
            let mut seen = vec![0u8; (width * height) as usize];
            for tile in grid.from_centre() {
                let rect = grid.rect(tile).expect("in grid");
                prop_assert!(rect.fits(frame));
                prop_assert!(rect.grown(grid.margin_px(), frame).fits(frame));
                for y in rect.y..rect.y + rect.height {
                    for x in rect.x..rect.x + rect.width {
                        seen[(y * width + x) as usize] += 1;
                    }
                }
            }
            prop_assert!(seen.iter().all(|&count| count == 1));
        }
    }

    #[test]
    fn the_centre_tile_comes_first() {
        let grid = TileGrid::new(FrameSize::new(300, 300).expect("in range"), 100, 0);
        assert_eq!(grid.from_centre()[0], TileIndex(4));
    }
}
