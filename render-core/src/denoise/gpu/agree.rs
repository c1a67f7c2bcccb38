//! Whether two denoisers make the same picture of a made one, as nearly as half floats allow.

use frame::{Noisy, NoisyPlanes};

use super::GpuDenoiser;
use crate::gpu::{Gpu, GpuFault};

/// What agrees: the bound of the proof for half floats, docs/denoiser.md.
pub(crate) const AGREE_DB: f64 = 60.0;
/// Neither is a multiple of what a workgroup makes.
const SIZE_PX: (u32, u32) = (75, 53);

/// What a denoiser makes of the made picture.
pub(crate) fn shown(gpu: &Gpu, denoiser: &mut GpuDenoiser) -> Result<Vec<f32>, GpuFault> {
    denoiser.denoise(gpu, &made_up(), 1.0)
}

/// Peak signal to noise of values brought into [0, 1) by x / (1 + x); nothing where one has a value that is no colour.
pub(crate) fn apart_db(expected: &[f32], found: &[f32]) -> f64 {
    if expected.len() != found.len() || found.iter().any(|value| !value.is_finite()) {
        return f64::NEG_INFINITY;
    }
    let shown = |value: f32| f64::from(value) / (1.0 + f64::from(value));
    let squares = expected.iter().zip(found).map(|(&a, &b)| (shown(a) - shown(b)).powi(2)).sum::<f64>();
    -10.0 * (squares / expected.len() as f64).log10()
}

/// Shapes of several sizes under noise: something for every layer of a network.
fn made_up() -> Noisy {
    let (width, height) = SIZE_PX;
    let places: Vec<(f32, f32)> =
        (0..height).flat_map(|y| (0..width).map(move |x| (x as f32, y as f32))).collect();
    let plane = |value: &dyn Fn(usize, f32, f32) -> f32| -> Vec<f32> {
        places.iter().enumerate().map(|(at, &(x, y))| value(at, x, y)).collect()
    };
    let triple = |value: &dyn Fn(usize, f32, f32) -> [f32; 3]| -> Vec<f32> {
        places.iter().enumerate().flat_map(|(at, &(x, y))| value(at, x, y)).collect()
    };
    let noise = |at: usize| (at as u32).wrapping_mul(0x9e37_79b9).rotate_left(13) as f32 / u32::MAX as f32;
    let wave = |x: f32, y: f32| 0.5 + 0.5 * (0.21 * x + 0.002 * x * y).sin() * (0.13 * y).cos();
    let planes = NoisyPlanes {
        radiance: triple(&|at, x, y| {
            [0, 1, 2].map(|c| wave(x + 9.0 * c as f32, y) * 2.0 * noise(3 * at + c))
        }),
        albedo: triple(&|_, x, y| [wave(x, y), 0.5, wave(y, x)]),
        normal: triple(&|_, x, y| [0.6 * wave(x, 0.0), 0.6 * wave(0.0, y), 0.8]),
        depth: plane(&|_, x, y| 1.0 + 0.1 * x + 0.02 * y),
        hits: plane(&|_, x, y| f32::from(x + y > 20.0)),
        variance: plane(&|at, x, y| 0.2 * wave(x, y) * noise(at)),
        samples: vec![16; places.len()],
    };
    Noisy::new(width, height, planes).expect("every plane has a value for each place")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_colour_or_another_picture_does_not_agree() {
        let picture = made_up().radiance.clone();
        assert_eq!(apart_db(&picture, &picture), f64::INFINITY);
        let mut near = picture.clone();
        near[7] *= 1.001;
        assert!(apart_db(&picture, &near) >= AGREE_DB);
        for value in [f32::NAN, f32::INFINITY, picture[7] + 1.0] {
            let mut other = picture.clone();
            other[7] = value;
            assert!(apart_db(&picture, &other) < AGREE_DB, "{value}");
        }
        assert!(apart_db(&picture, &picture[3..]) < AGREE_DB);
    }
}
