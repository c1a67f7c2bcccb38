//! Kernels of the convolutions as the matrices that `shaders/denoise/convolution_matrices.wgsl` multiplies.
//!
//! A layer is its groups of output channels, each as many as a matrix has rows; within them chunks of input channels; within them
//! the nine taps, row by row. What fills up groups and chunks is zero.

use half::f16;
use shaders::denoise::{CHUNK, Matrices, Stored};

use crate::denoise::network::CONVOLUTIONS;
use crate::denoise::{Linear, Weights};

/// All convolutions behind each other.
pub(super) struct PackedMatrices {
    pub(super) bytes: Vec<u8>,
    /// First factor of each convolution.
    pub(super) convolutions: [u32; CONVOLUTIONS.len()],
}

impl PackedMatrices {
    pub(super) fn new(weights: &Weights, units: Matrices) -> Self {
        let mut factors = Vec::new();
        let convolutions = std::array::from_fn(|at| {
            let first = factors.len() as u32;
            pack(&mut factors, weights.convolution(at), units.side as usize);
            first
        });
        let bytes = match units.factors {
            Stored::Full => bytemuck::cast_slice(&factors).to_vec(),
            Stored::Half => {
                let halves: Vec<f16> = factors.into_iter().map(f16::from_f32).collect();
                bytemuck::cast_slice(&halves).to_vec()
            }
        };
        Self { bytes, convolutions }
    }
}

fn pack(factors: &mut Vec<f32>, linear: &Linear, side: usize) {
    let (chunk, taps) = (CHUNK as usize, linear.side * linear.side);
    for first_output in (0..linear.outputs).step_by(side) {
        for first_input in (0..linear.inputs).step_by(chunk) {
            for tap in 0..taps {
                for output in first_output..first_output + side {
                    factors.extend(
                        (first_input..first_input + chunk).map(|input| linear.at(output, input, tap)),
                    );
                }
            }
        }
    }
}
