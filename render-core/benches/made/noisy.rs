//! A made-up noisy picture: what a pixel costs does not depend on its values.

use frame::{Noisy, NoisyPlanes};

/// Values of any kind.
pub(crate) fn made_up(width: u32, height: u32) -> Noisy {
    let pixels = width as usize * height as usize;
    let wave = |count: usize, factor: f32| -> Vec<f32> {
        (0..count).map(|at| 0.5 + 0.5 * (at as f32 * factor).sin()).collect()
    };
    let planes = NoisyPlanes {
        radiance: wave(3 * pixels, 0.37),
        albedo: wave(3 * pixels, 0.011),
        normal: wave(3 * pixels, 0.023),
        depth: wave(pixels, 0.005),
        hits: vec![1.0; pixels],
        variance: wave(pixels, 0.3),
        samples: vec![16; pixels],
    };
    Noisy::new(width, height, planes).expect("planes of one size")
}
