//! Weights in the order in which kernels walk over them.
//!
//! A layer is its biases, four to a vector, and then its kernels: output channels in eights, within them input channels in fours,
//! within them the taps, column by column; a tap is two vectors of four outputs for each of the four inputs.

use crate::denoise::network::{CONVOLUTIONS, HEADS, LEVELS};
use crate::denoise::{Linear, Weights};

/// All layers behind each other.
pub(super) struct PackedWeights {
    pub(super) values: Vec<f32>,
    /// First vector of each convolution.
    pub(super) convolutions: [u32; CONVOLUTIONS.len()],
    /// First vector of each head, by level.
    pub(super) heads: [u32; LEVELS],
}

/// Output channels that a thread makes: channels are filled up to a multiple.
pub(super) const CHANNELS: usize = 8;

impl PackedWeights {
    pub(super) fn new(weights: &Weights) -> Self {
        let mut values = Vec::new();
        let mut place = |linear: &Linear| {
            let at = (values.len() / 4) as u32;
            pack(&mut values, linear);
            at
        };
        let convolutions = std::array::from_fn(|at| place(weights.convolution(at)));
        let heads = std::array::from_fn::<_, { HEADS.len() }, _>(|level| place(weights.head(level)));
        Self { values, convolutions, heads }
    }
}

fn pack(values: &mut Vec<f32>, linear: &Linear) {
    let outputs = linear.outputs.next_multiple_of(CHANNELS);
    values.extend(linear.biases.iter().copied().chain(std::iter::repeat(0.0)).take(outputs));
    let taps = linear.side * linear.side;
    for group in 0..outputs / CHANNELS {
        for first_input in (0..linear.inputs).step_by(4) {
            for tap in (0..taps).map(|tap| tap % linear.side * linear.side + tap / linear.side) {
                for half in 0..2 {
                    for input in first_input..first_input + 4 {
                        let first = group * CHANNELS + 4 * half;
                        values.extend((first..first + 4).map(|output| linear.at(output, input, tap)));
                    }
                }
            }
        }
    }
}
