//! The network: every layer a pass over all rows, several threads at once.

use rayon::prelude::*;

use super::convolve::{ConvolvedRow, Packed};
use super::grid::{Grid, LEFT, repeat_ends};
use super::lanes::Instructions;

/// Rows that one thread takes at least, so that it finds the rows above in its cache.
const ROWS_MIN: usize = 4;

/// Writes a layer behind the first `skipped` channels of `out`.
pub(super) fn convolve(
    instructions: Instructions,
    packed: &Packed,
    from: &Grid,
    out: &mut Grid,
    skipped: usize,
) {
    let (stride, width) = (out.stride, out.width);
    out.rows_mut().with_min_len(ROWS_MIN).for_each(|(y, row)| {
        let y = y as isize;
        let rows = [from.row(y - 1), from.row(y), from.row(y + 1)];
        let out = &mut row[skipped * stride..];
        instructions.run(ConvolvedRow { packed, rows, stride, width, out });
    });
}

/// A layer of its own.
pub(super) fn convolved(instructions: Instructions, packed: &Packed, from: &Grid) -> Grid {
    let mut out = Grid::zeroed(packed.outputs, from.width, from.height);
    convolve(instructions, packed, from, &mut out, 0);
    out
}

/// The highest of 2×2 values, of the channels behind the first `skipped`.
pub(super) fn pooled(from: &Grid, skipped: usize) -> Grid {
    let mut out = Grid::zeroed(from.channels - skipped, from.width / 2, from.height / 2);
    let (stride, width, channels) = (out.stride, out.width, out.channels);
    out.rows_mut().for_each(|(y, row)| {
        let pair = [from.row(2 * y as isize), from.row(2 * y as isize + 1)];
        let pair = pair.map(|row| &row[skipped * from.stride..]);
        for channel in 0..channels {
            let source = |row: &'_ [f32]| channel * from.stride + LEFT..row.len();
            let upper = pair[0][source(pair[0])].chunks_exact(2);
            let lower = pair[1][source(pair[1])].chunks_exact(2);
            let to = &mut row[channel * stride + LEFT..][..width];
            for ((to, a), b) in to.iter_mut().zip(upper).zip(lower) {
                *to = a[0].max(a[1]).max(b[0].max(b[1]));
            }
        }
        repeat_ends(row, stride, width);
    });
    out
}

/// Writes each value of a coarser layer over 2×2 of the first channels of `out`.
pub(super) fn double_into(coarse: &Grid, out: &mut Grid) {
    let (stride, width) = (out.stride, out.width);
    out.rows_mut().for_each(|(y, row)| {
        let from = coarse.row(y as isize / 2);
        let channels = from.chunks_exact(coarse.stride).zip(row.chunks_exact_mut(stride));
        for (from, to) in channels {
            double_row(&from[LEFT..], &mut to[LEFT..LEFT + width]);
        }
        repeat_ends(&mut row[..coarse.channels * stride], stride, width);
    });
}

/// Each value twice.
pub(super) fn double_row(from: &[f32], to: &mut [f32]) {
    for (&value, two) in from.iter().zip(to.chunks_exact_mut(2)) {
        two.fill(value);
    }
}
