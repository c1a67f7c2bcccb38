//! The random numbers of a path as estimators: how fast they converge, and that dimensions know nothing of each other.

use std::f64::consts::PI;

use render_core::reference::sampler::{Sampler, mix};

/// Pixels whose errors are averaged.
const KEYS: u32 = 256;

/// Smooth over the unit square; its integral is 1/2.
fn smooth([x, y]: [f32; 2]) -> f64 {
    let (x, y) = (f64::from(x), f64::from(y));
    0.5 + 0.3 * (PI * (x - 0.5)).sin() + 0.2 * (y - 0.5) + 0.5 * (x - 0.5) * (y - 0.5)
}

/// Root mean square error over all keys with this many samples.
fn error(samples: u32, draw: impl Fn(Sampler) -> [f32; 2]) -> f64 {
    let of_key = |key: u32| {
        let sum: f64 = (0..samples).map(|sample| smooth(draw(Sampler { key: mix(key), sample }))).sum();
        (sum / f64::from(samples) - 0.5).powi(2)
    };
    ((0..KEYS).map(of_key).sum::<f64>() / f64::from(KEYS)).sqrt()
}

/// Slope of the error over the number of samples, both as logarithms, from 16 to 1024.
fn slope(draw: impl Fn(Sampler) -> [f32; 2]) -> f64 {
    (error(1024, &draw) / error(16, &draw)).ln() / 64f64.ln()
}

#[test]
fn hashed_numbers_converge_as_the_root_and_the_sequence_faster() {
    let hashed = slope(|sampler| [sampler.single(0), sampler.single(1)]);
    assert!((hashed + 0.5).abs() < 0.05, "{hashed}");
    // Scrambled nets reach -1.5 for what is smooth; -1 already tells a net from mere stratification of one axis.
    let scrambled = slope(|sampler| sampler.pair(4));
    eprintln!("slopes: hashed {hashed:.3}, scrambled {scrambled:.3}");
    assert!(scrambled < -1.0, "{scrambled}");
}

#[test]
fn dimensions_and_pixels_are_not_correlated() {
    // One sample of each of many pixels, and all samples of one pixel: Pearson's r within four standard errors.
    let count = 1u32 << 16;
    let correlation = |draw: &dyn Fn(u32) -> [f32; 2]| {
        let mut sum = 0.0;
        for index in 0..count {
            let [x, y] = draw(index).map(|number| f64::from(number) - 0.5);
            sum += x * y;
        }
        12.0 * sum / f64::from(count)
    };
    let limit = 4.0 / f64::from(count).sqrt();
    let dimensions = [0, 1, 4, 5, 6, 7, 8, 12, 20];
    for (place, &a) in dimensions.iter().enumerate() {
        for &b in &dimensions[place + 1..] {
            for (axis_a, axis_b) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
                let both = |sampler: Sampler| [sampler.pair(a)[axis_a], sampler.pair(b)[axis_b]];
                let over_pixels =
                    correlation(&|pixel| both(Sampler::new(0, 0, [pixel % 256, pixel / 256], 3)));
                let over_samples = correlation(&|sample| both(Sampler::new(0, 0, [17, 5], sample)));
                for (what, r) in [("pixels", over_pixels), ("samples", over_samples)] {
                    assert!(r.abs() < limit, "dimensions {a}.{axis_a} and {b}.{axis_b} over {what}: {r}");
                }
            }
        }
    }
    let beside = correlation(&|pixel| {
        let at = |x: u32| Sampler::new(0, 0, [x, pixel / 256], 0).pair(6)[0];
        [at(pixel % 256), at(pixel % 256 + 1)]
    });
    assert!(beside.abs() < limit, "neighbours: {beside}");
}
