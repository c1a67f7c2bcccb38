//! A picture as a screen shows it, made smaller by a whole factor: 8-bit colours, painted rectangle by rectangle.

use frame::exr::ToneMap;
use frame::{FrameSize, TileRect};

/// What is kept of one frame.
#[derive(Clone, Debug)]
pub(super) struct Shrunk {
    size: FrameSize,
    factor: u32,
    rgba: Vec<u8>,
}

impl Shrunk {
    /// An empty frame, neither of whose edges is kept longer than `edge_max`.
    pub(super) fn new(size: FrameSize, edge_max: u32) -> Self {
        let factor = size.width().max(size.height()).div_ceil(edge_max);
        let mut shrunk = Self { size, factor, rgba: Vec::new() };
        let (width, height) = shrunk.kept();
        shrunk.rgba = vec![0; width as usize * height as usize * 4];
        shrunk
    }

    /// Pixels of the frame.
    pub(super) fn size(&self) -> FrameSize {
        self.size
    }

    /// Pixels of the frame, along one edge, behind one kept pixel.
    pub(super) fn factor(&self) -> u32 {
        self.factor
    }

    /// Columns and rows that are kept.
    pub(super) fn kept(&self) -> (u32, u32) {
        (self.size.width().div_ceil(self.factor), self.size.height().div_ceil(self.factor))
    }

    /// The kept pixels, four bytes each, row by row.
    pub(super) fn rgba(&self) -> &[u8] {
        &self.rgba
    }

    /// Paints a rectangle of the frame's light; says which kept pixels that are.
    pub(super) fn paint(&mut self, rect: TileRect, rgba: &[f32]) -> TileRect {
        let factor = self.factor;
        let (x, y) = (rect.x / factor, rect.y / factor);
        let right = (rect.x + rect.width).div_ceil(factor);
        let bottom = (rect.y + rect.height).div_ceil(factor);
        let stride = self.kept().0 as usize;
        for row in y..bottom {
            for column in x..right {
                let at = (row as usize * stride + column as usize) * 4;
                self.rgba[at..at + 4].copy_from_slice(&shown(mean(rect, rgba, factor, column, row)));
            }
        }
        TileRect { x, y, width: right - x, height: bottom - y }
    }
}

/// The mean of the frame's pixels behind one kept pixel, as far as they lie in `rect`.
fn mean(rect: TileRect, rgba: &[f32], factor: u32, column: u32, row: u32) -> [f32; 4] {
    let columns = (column * factor).max(rect.x)..((column + 1) * factor).min(rect.x + rect.width);
    let rows = (row * factor).max(rect.y)..((row + 1) * factor).min(rect.y + rect.height);
    let mut sum = [0.0; 4];
    let count = (columns.len() * rows.len()).max(1) as f32;
    for y in rows {
        for x in columns.clone() {
            let at = ((y - rect.y) as usize * rect.width as usize + (x - rect.x) as usize) * 4;
            for (sum, value) in sum.iter_mut().zip(&rgba[at..at + 4]) {
                *sum += value / count;
            }
        }
    }
    sum
}

/// Premultiplied light as a screen shows it over whatever lies below: transparent where nothing was traced.
fn shown(rgba: [f32; 4]) -> [u8; 4] {
    let [red, green, blue] = ToneMap::Clip.to_srgb([rgba[0], rgba[1], rgba[2]], 0.0);
    // Where light is added without cover (a glow before nothing) the screen still has to show it.
    let cover = rgba[3].max(rgba[0]).max(rgba[1]).max(rgba[2]);
    [red, green, blue, if cover > 0.0 { 255 } else { 0 }]
}
