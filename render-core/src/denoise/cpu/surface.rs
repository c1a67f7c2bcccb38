//! What comes in: features for the network, and light and albedo at full size for the filter.

use frame::Noisy;
use rayon::prelude::*;

use super::grid::{Grid, LEFT, repeat_ends};
use crate::denoise::features::pixel;
use crate::denoise::network::UNSHUFFLED;
use crate::denoise::pieces::Extent;

/// Values of a pixel at full size: light (later weighted light), weight, albedo, and what of the weight is the pixel's own.
pub(super) const SURFACE: usize = 8;
/// Where the weight stands among them; until it is known, 1 where there are samples.
pub(super) const WEIGHT: usize = 3;
/// Where the albedo stands among them.
pub(super) const ALBEDO: usize = 4;
/// Where that part of the weight stands, once scales are blended.
pub(super) const OWN: usize = 7;

/// Features, four pixels a place; and the surface at full size, even columns of a row before its odd ones.
///
/// Two columns a place make all loops over full-size pixels run along neighbouring values.
pub(super) fn surface(noisy: &Noisy, exposure: f32, extent: Extent) -> (Grid, Grid) {
    let [left, top, columns, rows] =
        [extent.x, extent.y, extent.width, extent.height].map(|pixels| pixels as usize);
    let mut features = Grid::zeroed(UNSHUFFLED, columns / 2, rows / 2);
    let mut surface = Grid::zeroed(2 * SURFACE, columns / 2, rows);
    let (stride, width) = (features.stride, features.width);
    let row_values = surface.row_values();
    let (columns_seen, last_row) = (noisy.width() as usize, noisy.height() as usize - 1);
    features.rows_mut().zip(surface.row_pairs_mut()).for_each(|((y, features), (_, pair))| {
        for (dy, surface) in pair.chunks_exact_mut(row_values).enumerate() {
            let row = (top + 2 * y + dy).min(last_row) * columns_seen;
            for column in 0..2 * width {
                let (x, dx) = (column / 2, column % 2);
                let pixel = pixel(noisy, row + (left + column).min(columns_seen - 1), exposure);
                for (feature, &value) in pixel.features.iter().enumerate() {
                    features[(4 * feature + 2 * dy + dx) * stride + LEFT + x] = value;
                }
                let mut put = |channel: usize, value: f32| {
                    surface[(dx * SURFACE + channel) * stride + LEFT + x] = value;
                };
                put(WEIGHT, f32::from(u8::from(pixel.sampled)));
                for channel in 0..3 {
                    put(channel, pixel.light[channel]);
                    put(ALBEDO + channel, pixel.albedo[channel]);
                }
            }
            repeat_surface_ends(surface, stride, width);
        }
        repeat_ends(features, stride, width);
    });
    (features, surface)
}

/// Repeats the first and the last column of a full-size row into the borders of both halves.
pub(super) fn repeat_surface_ends(row: &mut [f32], stride: usize, width: usize) {
    let (even, odd) = row.split_at_mut(SURFACE * stride);
    for (even, odd) in even.chunks_exact_mut(stride).zip(odd.chunks_exact_mut(stride)) {
        let (first, last) = (even[LEFT], odd[LEFT + width - 1]);
        for half in [even, odd] {
            half[LEFT - 1] = first;
            half[LEFT + width] = last;
        }
    }
}
