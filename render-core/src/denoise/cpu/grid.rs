//! Where the fast path keeps its values: row after row, in each row channel after channel, with room beside each.

use rayon::prelude::*;

/// Values left and right of a row that repeat its ends, so that no kernel asks where it is.
pub(super) const BORDER: usize = 2;
/// Where a channel's first column lies within its row.
pub(super) const LEFT: usize = 4;
/// Kernels read and write whole vectors, the widest of this many values.
const VECTOR_MAX: usize = 16;

/// Channels of a layer on a grid of pixels.
pub(super) struct Grid {
    pub(super) channels: usize,
    pub(super) width: usize,
    pub(super) height: usize,
    /// Values from one channel of a row to the next.
    pub(super) stride: usize,
    values: Vec<f32>,
}

impl Grid {
    pub(super) fn zeroed(channels: usize, width: usize, height: usize) -> Self {
        let stride = stride(width);
        Self { channels, width, height, stride, values: vec![0.0; channels * stride * height] }
    }

    /// Values of a row with all channels.
    pub(super) fn row_values(&self) -> usize {
        self.channels * self.stride
    }

    /// All channels of a row; rows outside repeat the edge.
    pub(super) fn row(&self, y: isize) -> &[f32] {
        let y = y.clamp(0, self.height as isize - 1) as usize;
        &self.values[y * self.row_values()..(y + 1) * self.row_values()]
    }

    /// Rows for several threads at once.
    pub(super) fn rows_mut(&mut self) -> impl IndexedParallelIterator<Item = (usize, &mut [f32])> {
        let row_values = self.row_values();
        self.values.par_chunks_exact_mut(row_values).enumerate()
    }

    /// The same, two rows at a time.
    pub(super) fn row_pairs_mut(&mut self) -> impl IndexedParallelIterator<Item = (usize, &mut [f32])> {
        let row_values = self.row_values();
        self.values.par_chunks_exact_mut(2 * row_values).enumerate()
    }
}

/// Values from one channel to the next: an odd number of cache lines, so that rows of many channels do not fall on the same lines of the cache.
pub(super) fn stride(width: usize) -> usize {
    let lines = (LEFT + width.next_multiple_of(VECTOR_MAX) + BORDER).div_ceil(VECTOR_MAX);
    (lines | 1) * VECTOR_MAX
}

/// Repeats the ends of each channel of a row into its border.
pub(super) fn repeat_ends(row: &mut [f32], stride: usize, width: usize) {
    for channel in row.chunks_exact_mut(stride) {
        let (first, last) = (channel[LEFT], channel[LEFT + width - 1]);
        channel[LEFT - BORDER..LEFT].fill(first);
        channel[LEFT + width..LEFT + width + BORDER].fill(last);
    }
}
