//! Large pictures in pieces: each is denoised with enough around it that nothing inside can tell.

use super::surface::Span;
use crate::denoise::network::ALIGNMENT_PX;

const ALIGNMENT: usize = ALIGNMENT_PX as usize;

/// A part of a picture, and what is denoised for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    /// What is kept, cut at the picture.
    inner: Span,
    /// Inner and the overlap, cut at the padded picture.
    pub(super) around: Span,
}

/// Cuts a picture into pieces of at most `pixels_max` pixels with `overlap` pixels on every side, or of 16×16 where those are more.
///
/// A picture that is small enough is one piece. Else the pieces are next to square, because that has the least overlap.
pub(super) fn pieces(width: usize, height: usize, overlap: usize, pixels_max: usize) -> Vec<Piece> {
    let (padded_width, padded_height) =
        (width.next_multiple_of(ALIGNMENT), height.next_multiple_of(ALIGNMENT));
    let whole = padded_width.saturating_mul(padded_height) <= pixels_max;
    let side = if whole { padded_width.max(padded_height) } else { side(overlap, pixels_max) };
    let columns = cuts(padded_width, side);
    let rows = cuts(padded_height, side);
    let places = rows.iter().flat_map(|&row| columns.iter().map(move |&column| (column, row)));
    places
        .map(|((x, right), (y, bottom))| {
            let inner = Span { x, y, width: right.min(width) - x, height: bottom.min(height) - y };
            let (left, top) = (x.saturating_sub(overlap), y.saturating_sub(overlap));
            let around = Span {
                x: left,
                y: top,
                width: (right + overlap).min(padded_width) - left,
                height: (bottom + overlap).min(padded_height) - top,
            };
            Piece { inner, around }
        })
        .collect()
}

/// Side of a square that has so many pixels with its overlap.
fn side(overlap: usize, pixels_max: usize) -> usize {
    let side = pixels_max.isqrt().saturating_sub(2 * overlap);
    (side / ALIGNMENT * ALIGNMENT).max(ALIGNMENT)
}

/// Next to equal parts of at most `side`, as first and past the last pixel.
fn cuts(length: usize, side: usize) -> Vec<(usize, usize)> {
    let part = length.div_ceil(length.div_ceil(side)).next_multiple_of(ALIGNMENT);
    (0..length).step_by(part).map(|start| (start, (start + part).min(length))).collect()
}

impl Piece {
    /// Copies what is kept into a picture of `width` columns.
    pub(super) fn copy(&self, denoised: &[f32], picture: &mut [f32], width: usize) {
        let (inner, around) = (self.inner, self.around);
        for row in 0..inner.height {
            let from = 3 * ((inner.y - around.y + row) * around.width + inner.x - around.x);
            let to = 3 * ((inner.y + row) * width + inner.x);
            picture[to..to + 3 * inner.width].copy_from_slice(&denoised[from..from + 3 * inner.width]);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_pixel_is_kept_once_and_has_its_surroundings(
            width in 1usize..700, height in 1usize..700, overlap in 0usize..12, pixels_max in 0usize..90_000,
        ) {
            let overlap = 16 * overlap;
            let mut kept = vec![0u8; width * height];
            for piece in pieces(width, height, overlap, pixels_max) {
                let (inner, around) = (piece.inner, piece.around);
                for y in inner.y..inner.y + inner.height {
                    kept[y * width + inner.x..][..inner.width].iter_mut().for_each(|count| *count += 1);
                }
                let aligned = [around.x, around.y, around.width, around.height];
                prop_assert!(aligned.iter().all(|place| place % 16 == 0));
                prop_assert!(around.x == 0 || around.x + overlap == inner.x);
                prop_assert!(around.y == 0 || around.y + overlap == inner.y);
                let right = around.x + around.width;
                prop_assert!(right == width.next_multiple_of(16) || right >= inner.x + inner.width + overlap);
                let bottom = around.y + around.height;
                prop_assert!(bottom == height.next_multiple_of(16) || bottom >= inner.y + inner.height + overlap);
                let most = pixels_max.max((16 + 2 * overlap).pow(2));
                prop_assert!(around.width * around.height <= most);
            }
            prop_assert!(kept.iter().all(|&count| count == 1));
        }
    }
}
