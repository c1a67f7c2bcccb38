//! Convolutions: a block of outputs by a block of pixels stays in registers while all inputs pass by.

use pulp::Simd;

use super::grid::{LEFT, repeat_ends};
use super::lanes::{Kernel, Lanes};
use crate::denoise::Linear;

/// Outputs whose weights lie side by side.
const BLOCK: usize = 4;
/// Outputs are filled up to a multiple of this.
const OUTPUTS_ALIGNMENT: usize = 8;

/// A layer's numbers in the order in which they are used.
pub(super) struct Packed {
    /// Multiple of [`OUTPUTS_ALIGNMENT`]; those that were not there before are 0.
    pub(super) outputs: usize,
    inputs: usize,
    side: usize,
    rectified: bool,
    /// Blocks of outputs, inputs, rows and columns of the kernel, outputs of the block.
    weights: Vec<f32>,
    biases: Vec<f32>,
}

impl Packed {
    /// A convolution with ReLU.
    pub(super) fn convolution(linear: &Linear) -> Self {
        let all: Vec<usize> = (0..linear.outputs).collect();
        Self { rectified: true, ..Self::head(linear, &all) }
    }

    /// These outputs of a layer, without activation.
    pub(super) fn head(linear: &Linear, chosen: &[usize]) -> Self {
        let outputs = chosen.len().next_multiple_of(OUTPUTS_ALIGNMENT);
        let per_output = linear.inputs * linear.side * linear.side;
        let mut weights = vec![0.0; outputs * per_output];
        let mut biases = vec![0.0; outputs];
        for (to, &from) in chosen.iter().enumerate() {
            biases[to] = linear.biases[from];
            for at in 0..per_output {
                weights[(to / BLOCK * per_output + at) * BLOCK + to % BLOCK] =
                    linear.weights[from * per_output + at];
            }
        }
        Self { outputs, inputs: linear.inputs, side: linear.side, rectified: false, weights, biases }
    }

    /// Weights of the block that begins with this output.
    #[inline(always)]
    fn block(&self, output: usize) -> &[f32] {
        let values = self.inputs * self.side * self.side * BLOCK;
        &self.weights[output / BLOCK * values..][..values]
    }
}

/// One row of a layer's outputs.
pub(super) struct ConvolvedRow<'a> {
    pub(super) packed: &'a Packed,
    /// Above, here, below; all channels. A 1×1 layer reads the middle one.
    pub(super) rows: [&'a [f32]; 3],
    pub(super) stride: usize,
    pub(super) width: usize,
    pub(super) out: &'a mut [f32],
}

impl Kernel for ConvolvedRow<'_> {
    #[inline(always)]
    fn run<S: Simd, const FUSED: bool>(mut self, lanes: Lanes<S, FUSED>) {
        debug_assert!(self.out.len() >= self.packed.outputs * self.stride, "room for all outputs");
        debug_assert!(self.rows[1].len() >= self.packed.inputs * self.stride, "all inputs");
        // With 32 registers 16 vectors of sums, with 16 of them 12. Three vectors across would be more arithmetic for each load, but
        // 48 columns of all inputs do not fit the nearest cache: a third slower.
        match (self.packed.side, Lanes::<S, FUSED>::MANY_REGISTERS) {
            (1, true) => self.row::<S, FUSED, 1, 2, 2>(lanes),
            (1, false) => self.row::<S, FUSED, 1, 1, 3>(lanes),
            (_, true) => self.row::<S, FUSED, 3, 2, 2>(lanes),
            (_, false) => self.row::<S, FUSED, 3, 1, 3>(lanes),
        }
        repeat_ends(&mut self.out[..self.packed.outputs * self.stride], self.stride, self.width);
    }
}

impl ConvolvedRow<'_> {
    #[inline(always)]
    fn row<S: Simd, const FUSED: bool, const SIDE: usize, const BLOCKS: usize, const VECTORS: usize>(
        &mut self,
        lanes: Lanes<S, FUSED>,
    ) {
        let mut x = 0;
        while x < self.width {
            let vectors = (self.width - x).div_ceil(S::F32_LANES).min(VECTORS);
            for output in (0..self.packed.outputs).step_by(BLOCK * BLOCKS) {
                match vectors {
                    1 => self.tile::<S, FUSED, SIDE, BLOCKS, 1>(lanes, output, x),
                    2 if VECTORS > 2 => self.tile::<S, FUSED, SIDE, BLOCKS, 2>(lanes, output, x),
                    _ => self.tile::<S, FUSED, SIDE, BLOCKS, VECTORS>(lanes, output, x),
                }
            }
            x += vectors * S::F32_LANES;
        }
    }

    /// Some outputs of some pixels.
    #[expect(clippy::needless_range_loop, reason = "a tile of registers reads best by its own coordinates")]
    #[inline(always)]
    fn tile<S: Simd, const FUSED: bool, const SIDE: usize, const BLOCKS: usize, const VECTORS: usize>(
        &mut self,
        lanes: Lanes<S, FUSED>,
        output: usize,
        x: usize,
    ) {
        let mut sums = [[[lanes.splat(0.0); VECTORS]; BLOCK]; BLOCKS];
        let mut weights = [[].as_slice(); BLOCKS];
        for block in 0..BLOCKS {
            weights[block] = self.packed.block(output + block * BLOCK);
            for at in 0..BLOCK {
                sums[block][at] = [lanes.splat(self.packed.biases[output + block * BLOCK + at]); VECTORS];
            }
        }
        let per_input = SIDE * SIDE * BLOCK;
        let columns = VECTORS * S::F32_LANES + SIDE - 1;
        let first_row = 1 - SIDE / 2;
        for input in 0..self.packed.inputs {
            let start = input * self.stride + LEFT + x - SIDE / 2;
            for ky in 0..SIDE {
                let line = &self.rows[first_row + ky][start..start + columns];
                for kx in 0..SIDE {
                    let mut pixels = [lanes.splat(0.0); VECTORS];
                    for vector in 0..VECTORS {
                        pixels[vector] = lanes.load(line, kx + vector * S::F32_LANES);
                    }
                    let tap = input * per_input + (ky * SIDE + kx) * BLOCK;
                    for block in 0..BLOCKS {
                        let four = &weights[block][tap..tap + BLOCK];
                        for at in 0..BLOCK {
                            let weight = lanes.splat(four[at]);
                            for vector in 0..VECTORS {
                                sums[block][at][vector] =
                                    lanes.multiply_add(weight, pixels[vector], sums[block][at][vector]);
                            }
                        }
                    }
                }
            }
        }
        for block in 0..BLOCKS {
            for at in 0..BLOCK {
                let start = (output + block * BLOCK + at) * self.stride + LEFT + x;
                for vector in 0..VECTORS {
                    let sum = sums[block][at][vector];
                    let value =
                        if self.packed.rectified { lanes.highest(sum, lanes.splat(0.0)) } else { sum };
                    lanes.store(self.out, start + vector * S::F32_LANES, value);
                }
            }
        }
    }
}
