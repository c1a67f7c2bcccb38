//! The filter: light averaged on five scales by what the heads say.

use rayon::prelude::*;

use super::average::{AveragedRow, BlendedRow, ColouredRow, WeightedRow};
use super::convolve::{ConvolvedRow, Packed};
use super::grid::{Grid, LEFT, repeat_ends};
use super::lanes::Instructions;
use super::passes::double_row;
use super::surface::{ALBEDO, OWN, SURFACE, repeat_surface_ends};
use crate::denoise::Filtered;
use crate::denoise::network::ALBEDO_TAPS;

/// Most taps of a kernel.
const TAPS_MAX: usize = 25;
/// Weighted light and weight.
const WEIGHTED: usize = 4;
/// Colours.
const RGB: usize = 3;

/// Gives every full-size pixel its weight; the mean of 2×2 comes back. `steer` has the trust of the four pixels first.
pub(super) fn weighted(instructions: Instructions, surface: &mut Grid, steer: &Grid) -> Grid {
    let mut halved = Grid::zeroed(WEIGHTED, surface.width, surface.height / 2);
    let (stride, width, row_values) = (surface.stride, surface.width, surface.row_values());
    surface.row_pairs_mut().zip(halved.rows_mut()).for_each(|((y, pair), (_, mean))| {
        let steer = steer.row(y as isize);
        for (dy, row) in pair.chunks_exact_mut(row_values).enumerate() {
            for (dx, light) in row.chunks_exact_mut(SURFACE * stride).enumerate() {
                let trust = &steer[(2 * dy + dx) * stride..];
                instructions.run(WeightedRow { light, trust, stride, width });
            }
            repeat_surface_ends(row, stride, width);
        }
        let quarter = |at: usize| &pair[at * SURFACE * stride..][..WEIGHTED * stride];
        let four = quarter(0).iter().zip(quarter(1)).zip(quarter(2)).zip(quarter(3));
        for (mean, (((a, b), c), d)) in mean.iter_mut().zip(four) {
            *mean = (a + b + c + d) * 0.25;
        }
        repeat_ends(mean, stride, width);
    });
    halved
}

/// The mean of 2×2.
pub(super) fn halved(from: &Grid) -> Grid {
    let mut out = Grid::zeroed(from.channels, from.width / 2, from.height / 2);
    let (stride, width) = (out.stride, out.width);
    out.rows_mut().for_each(|(y, row)| {
        let channels = |y: usize| from.row(y as isize).chunks_exact(from.stride);
        for ((to, upper), lower) in row.chunks_exact_mut(stride).zip(channels(2 * y)).zip(channels(2 * y + 1))
        {
            let pairs = upper[LEFT..].chunks_exact(2).zip(lower[LEFT..].chunks_exact(2));
            for (to, (a, b)) in to[LEFT..LEFT + width].iter_mut().zip(pairs) {
                *to = (a[0] + a[1] + b[0] + b[1]) * 0.25;
            }
        }
        repeat_ends(row, stride, width);
    });
    out
}

/// Blends what the coarser scale says into the finer one, where `head` says so behind its taps.
pub(super) fn blend(instructions: Instructions, finer: &mut Grid, coarser: &Grid, head: &Grid, taps: usize) {
    let (stride, width) = (finer.stride, finer.width);
    let scratch = || vec![0.0; RGB * stride];
    finer.rows_mut().for_each_init(scratch, |above, (y, light)| {
        let from = coarser.row(y as isize / 2).chunks_exact(coarser.stride);
        for (from, to) in from.zip(above.chunks_exact_mut(stride)) {
            double_row(&from[LEFT..], &mut to[LEFT..LEFT + width]);
        }
        let blend = &head.row(y as isize)[taps * stride..];
        instructions.run(BlendedRow { light, blend, above, own: None, stride, width });
        repeat_ends(light, stride, width);
    });
}

/// The same at full size; `steer` has the blends of the four pixels behind their trusts.
pub(super) fn blend_surface(instructions: Instructions, surface: &mut Grid, coarser: &Grid, steer: &Grid) {
    let (stride, width, row_values) = (surface.stride, surface.width, surface.row_values());
    surface.row_pairs_mut().for_each(|(y, pair)| {
        let (steer, above) = (steer.row(y as isize), coarser.row(y as isize));
        for (dy, row) in pair.chunks_exact_mut(row_values).enumerate() {
            for (dx, light) in row.chunks_exact_mut(SURFACE * stride).enumerate() {
                let blend = &steer[(4 + 2 * dy + dx) * stride..];
                instructions.run(BlendedRow { light, blend, above, own: Some(OWN), stride, width });
            }
            repeat_surface_ends(row, stride, width);
        }
    });
}

/// Averages weighted light by the first `taps` channels of `head`: three channels of light.
pub(super) fn averaged(instructions: Instructions, weighted: &Grid, head: &Grid, taps: usize) -> Grid {
    let mut out = Grid::zeroed(RGB, weighted.width, weighted.height);
    let (stride, width) = (out.stride, out.width);
    out.rows_mut().for_each(|(y, out)| {
        let mut neighbours = [[].as_slice(); TAPS_MAX];
        for (tap, neighbour) in neighbours[..taps].iter_mut().enumerate() {
            let (dx, dy) = offset(tap, taps);
            *neighbour = &weighted.row(y as isize + dy)[LEFT.wrapping_add_signed(dx)..];
        }
        let logits = head.row(y as isize);
        instructions.run(AveragedRow { taps: &neighbours[..taps], logits, own: None, stride, width, out });
    });
    out
}

/// The last step: averages light and albedo at full size and joins them.
///
/// `head` makes, for each of the four pixels, its taps and those of its albedo from `deep`.
pub(super) fn coloured(
    instructions: Instructions,
    surface: &Grid,
    deep: &Grid,
    head: &Packed,
    taps: usize,
) -> Filtered {
    let (stride, width) = (surface.stride, surface.width);
    let columns = 2 * width;
    let mut picture = Filtered::zeroed(columns * surface.height);
    let scratch = || (vec![0.0; head.outputs * stride], vec![0.0; (RGB + 1) * stride]);
    let radiance = picture.radiance.par_chunks_exact_mut(2 * RGB * columns);
    let pairs = radiance.zip(picture.own.par_chunks_exact_mut(2 * columns)).enumerate();
    pairs.for_each_init(scratch, |(logits, light), (y, (radiance, own))| {
        let rows = [deep.row(y as isize); 3];
        instructions.run(ConvolvedRow { packed: head, rows, stride, width, out: logits });
        let rows = radiance.chunks_exact_mut(RGB * columns).zip(own.chunks_exact_mut(columns));
        for (dy, (row, own)) in rows.enumerate() {
            for dx in 0..2 {
                let logits = &logits[(2 * dy + dx) * (taps + ALBEDO_TAPS) * stride..];
                let place = (2 * y + dy, dx);
                let found = neighbours(surface, place, taps, 0);
                let kept = Some(&surface.row(place.0 as isize)[(dx * SURFACE + OWN) * stride + LEFT..]);
                let taps_found = &found[..taps];
                instructions.run(AveragedRow {
                    taps: taps_found,
                    logits,
                    own: kept,
                    stride,
                    width,
                    out: light,
                });
                let found = neighbours(surface, place, ALBEDO_TAPS, ALBEDO);
                let (taps, logits) = (&found[..ALBEDO_TAPS], &logits[taps * stride..]);
                instructions.run(ColouredRow { taps, logits, stride, width, light });
                for (x, rgb) in row.chunks_exact_mut(RGB).skip(dx).step_by(2).enumerate() {
                    rgb.iter_mut().enumerate().for_each(|(at, to)| *to = light[at * stride + LEFT + x]);
                }
                for (x, own) in own.iter_mut().skip(dx).step_by(2).enumerate() {
                    *own = light[RGB * stride + LEFT + x];
                }
            }
        }
    });
    picture
}

/// For each tap the row of the surface that it reads, from the channel `first` and the neighbour of the first column on.
fn neighbours(surface: &Grid, (y, dx): (usize, usize), taps: usize, first: usize) -> [&[f32]; TAPS_MAX] {
    let mut found = [[].as_slice(); TAPS_MAX];
    for (tap, found) in found[..taps].iter_mut().enumerate() {
        let (tap_x, tap_y) = offset(tap, taps);
        let column = dx as isize + tap_x;
        let (half, shift) = (column.rem_euclid(2) as usize, column.div_euclid(2));
        let start = (half * SURFACE + first) * surface.stride + LEFT;
        *found = &surface.row(y as isize + tap_y)[start.wrapping_add_signed(shift)..];
    }
    found
}

/// Where a tap lies, columns and rows from the middle.
fn offset(tap: usize, taps: usize) -> (isize, isize) {
    let side = if taps == ALBEDO_TAPS { 3 } else { 5 };
    (tap as isize % side - side / 2, tap as isize / side - side / 2)
}
