//! What the filter gives, before the guard.

use super::pieces::Piece;

/// Filtered radiance, and how much of each pixel is its own: section 3 of `docs/denoiser.md`.
#[derive(Clone, Debug, PartialEq)]
pub struct Filtered {
    /// Three values for each pixel, interleaved.
    pub radiance: Vec<f32>,
    /// Share of a pixel's filtered light that is the light traced there: 0 where neighbours made all of it.
    pub own: Vec<f32>,
}

impl Filtered {
    /// Zeros.
    pub(crate) fn zeroed(pixels: usize) -> Self {
        Self { radiance: vec![0.0; 3 * pixels], own: vec![0.0; pixels] }
    }

    /// Takes what is kept of a piece, of whose region `from` is; `self` has `width` columns.
    pub(crate) fn take(&mut self, width: usize, piece: &Piece, from: &Self) {
        let Piece { region, kept } = piece;
        let count = kept.width as usize;
        for y in kept.y..kept.y + kept.height {
            let start = ((y - region.y) * region.width + kept.x - region.x) as usize;
            let to = y as usize * width + kept.x as usize;
            self.radiance[3 * to..3 * (to + count)]
                .copy_from_slice(&from.radiance[3 * start..3 * (start + count)]);
            self.own[to..to + count].copy_from_slice(&from.own[start..start + count]);
        }
    }
}
