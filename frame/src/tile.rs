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

    /// This rectangle grown outwards until every side lies on a multiple of `step_px` or on the frame's border.
    pub fn aligned(self, step_px: u32, frame: FrameSize) -> Self {
        let step_px = step_px.max(1);
        let (x, y) = (self.x / step_px * step_px, self.y / step_px * step_px);
        let end =
            |end: u32, most: u32| end.checked_next_multiple_of(step_px).map_or(most, |end| end.min(most));
        let right = end(self.x + self.width, frame.width());
        let bottom = end(self.y + self.height, frame.height());
        Self { x, y, width: right - x, height: bottom - y }
    }

    /// What lies in both; empty where nothing does.
    pub fn intersection(self, other: Self) -> Self {
        let (x, y) = (self.x.max(other.x), self.y.max(other.y));
        let right = (self.x + self.width).min(other.x + other.width);
        let bottom = (self.y + self.height).min(other.y + other.height);
        Self { x, y, width: right.saturating_sub(x), height: bottom.saturating_sub(y) }
    }

    /// The rectangle in parts, cut where the frame is cut into squares of `edge_px`; row by row.
    pub fn cut(self, edge_px: u32) -> Vec<Self> {
        let edge_px = edge_px.max(1);
        let starts = |start: u32, end: u32| {
            let first = start / edge_px * edge_px;
            (first..end)
                .step_by(edge_px as usize)
                .map(move |at| (at.max(start), at.saturating_add(edge_px).min(end)))
        };
        let rows = starts(self.y, self.y + self.height);
        let parts = rows.flat_map(|(top, bottom)| {
            starts(self.x, self.x + self.width).map(move |(left, right)| Self {
                x: left,
                y: top,
                width: right - left,
                height: bottom - top,
            })
        });
        parts.collect()
    }

    /// Whether the other rectangle lies inside this one.
    pub fn contains(self, inner: Self) -> bool {
        let inside = |start: u32, length: u32, outer: u32, outer_length: u32| {
            start >= outer
                && u64::from(start) + u64::from(length) <= u64::from(outer) + u64::from(outer_length)
        };
        inside(inner.x, inner.width, self.x, self.width) && inside(inner.y, inner.height, self.y, self.height)
    }

    /// The values of the pixels of `inner` out of this rectangle's, both row by row; `None` when it reaches outside.
    pub fn crop<T: Copy>(self, values: &[T], channels: usize, inner: Self) -> Option<Vec<T>> {
        if !self.contains(inner) || values.len() != self.pixels() * channels {
            return None;
        }
        let mut cropped = Vec::with_capacity(inner.pixels() * channels);
        for y in inner.y - self.y..inner.y - self.y + inner.height {
            let start = (y as usize * self.width as usize + (inner.x - self.x) as usize) * channels;
            cropped.extend_from_slice(&values[start..start + inner.width as usize * channels]);
        }
        Some(cropped)
    }

    /// The reverse of [`Self::crop`]: puts the values of the pixels of `inner` into this rectangle's.
    ///
    /// # Panics
    /// When `inner` reaches outside, or a length is not that of its rectangle.
    pub fn paste<T: Copy>(self, values: &mut [T], channels: usize, inner: Self, from: &[T]) {
        assert!(self.contains(inner) && values.len() == self.pixels() * channels, "it lies inside");
        assert_eq!(from.len(), inner.pixels() * channels, "as many values as pixels");
        let length = inner.width as usize * channels;
        for (row, from) in from.chunks_exact(length.max(1)).enumerate() {
            let y = (inner.y - self.y) as usize + row;
            let start = (y * self.width as usize + (inner.x - self.x) as usize) * channels;
            values[start..start + length].copy_from_slice(from);
        }
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

    proptest! {
        #[test]
        fn aligned_rectangles_lie_on_the_grid_or_the_border(
            width in 1u32..300, height in 1u32..300, edge in 8u32..90, margin in 0u32..40, at in any::<u32>(),
        ) {
            let frame = FrameSize::new(width, height).expect("in range");
            let grid = TileGrid::new(frame, edge, margin);
            let rect = grid.rect(TileIndex(at % grid.len())).expect("in grid");
            let grown = rect.grown(margin, frame);
            let aligned = grown.aligned(16, frame);
            prop_assert!(aligned.fits(frame) && aligned.contains(grown) && grown.contains(rect));
            prop_assert!(aligned.x.is_multiple_of(16) && aligned.y.is_multiple_of(16));
            let on = |end: u32, border: u32| end.is_multiple_of(16) || end == border;
            prop_assert!(on(aligned.x + aligned.width, width) && on(aligned.y + aligned.height, height));
            prop_assert!(aligned.width < grown.width + 32 && aligned.height < grown.height + 32);
        }
    }

    #[test]
    fn parts_cover_a_rectangle_once_and_meet_on_the_frames_grid() {
        for (x, y, width, height, edge) in
            [(5, 17, 100, 40, 32), (0, 0, 64, 64, 64), (30, 30, 5, 5, 32), (3, 3, 1, 1, 8)]
        {
            let rect = TileRect { x, y, width, height };
            let parts = rect.cut(edge);
            assert_eq!(parts.iter().map(|part| part.pixels()).sum::<usize>(), rect.pixels());
            for part in &parts {
                assert!(rect.contains(*part) && part.width.max(part.height) <= edge);
                assert_eq!(rect.intersection(*part), *part);
                assert!(part.x == x || part.x % edge == 0);
                assert!(part.y == y || part.y % edge == 0);
            }
            let overlaps = |a: &TileRect, b: &TileRect| a != b && a.intersection(*b).pixels() > 0;
            assert!(!parts.iter().any(|a| parts.iter().any(|b| overlaps(a, b))));
        }
    }

    #[test]
    fn a_crop_keeps_what_lies_inside() {
        let outer = TileRect { x: 10, y: 20, width: 4, height: 3 };
        let values: Vec<u32> = (0..24).collect();
        let inner = TileRect { x: 12, y: 21, width: 2, height: 2 };
        assert_eq!(outer.crop(&values, 2, inner), Some(vec![12, 13, 14, 15, 20, 21, 22, 23]));
        assert_eq!(outer.crop(&values, 2, TileRect { x: 13, ..inner }), None);
        assert_eq!(outer.crop(&values, 1, inner), None, "as many values as pixels and channels");
        let (mut pasted, nines) = (values, vec![99; 8]);
        outer.paste(&mut pasted, 2, inner, &nines);
        assert_eq!(outer.crop(&pasted, 2, inner), Some(nines));
        assert_eq!(pasted.iter().filter(|value| **value == 99).count(), 8);
    }

    #[test]
    fn the_centre_tile_comes_first() {
        let grid = TileGrid::new(FrameSize::new(300, 300).expect("in range"), 100, 0);
        assert_eq!(grid.from_centre()[0], TileIndex(4));
    }
}
