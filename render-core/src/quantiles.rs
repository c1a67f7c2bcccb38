//! Quantiles of the pixel filter: where samples fall so that each may count the same.
//!
//! Filter importance sampling (Ernst, Stamminger & Greiner, "Filter importance sampling", 2006) with the 4-term
//! Blackman–Harris window (Harris, "On the use of windows for harmonic analysis", Proc. IEEE 1978).

use std::f64::consts::PI;

/// Cosine coefficients of the window on [-1, 1], whose middle is its maximum.
const WINDOW: [f64; 4] = [0.35875, 0.48829, 0.14128, 0.01168];

/// The window's quantiles at 0, 1/256, … 1: from -1 to 1, rising and odd about the middle.
pub fn blackman_harris_quantiles() -> [f32; 257] {
    let mut quantiles = [0.0; 257];
    for index in 0..=128 {
        let value = match index {
            0 => 0.0,
            128 => 1.0,
            _ => quantile(0.5 + index as f64 / 256.0),
        };
        quantiles[128 + index] = value as f32;
        quantiles[128 - index] = -value as f32;
    }
    quantiles
}

/// Halves the interval until f64 has no more to give; the share below a point has no closed inverse.
fn quantile(share: f64) -> f64 {
    let (mut low, mut high) = (-1.0, 1.0);
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if share_below(middle) < share { low = middle } else { high = middle }
    }
    0.5 * (low + high)
}

/// The window's integral from -1 to `t`, 1 at the end.
fn share_below(t: f64) -> f64 {
    let wave = |k: usize| WINDOW[k] * (k as f64 * PI * t).sin() / (k as f64 * PI);
    0.5 + (WINDOW[0] * t + wave(1) + wave(2) + wave(3)) / (2.0 * WINDOW[0])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_rise_from_edge_to_edge() {
        let quantiles = blackman_harris_quantiles();
        assert_eq!((quantiles[0], quantiles[128], quantiles[256]), (-1.0, 0.0, 1.0));
        assert!(quantiles.windows(2).all(|pair| pair[0] < pair[1]));
    }

    #[test]
    fn the_window_has_unit_mass_and_its_density_between_quantiles() {
        let quantiles = blackman_harris_quantiles().map(f64::from);
        for (index, pair) in quantiles.windows(2).enumerate() {
            let steps = 200;
            let width = (pair[1] - pair[0]) / f64::from(steps);
            let density = |t: f64| {
                let waves = (1..4).map(|k| WINDOW[k] * (k as f64 * PI * t).cos()).sum::<f64>();
                (WINDOW[0] + waves) / (2.0 * WINDOW[0])
            };
            let mass: f64 = (0..steps).map(|k| density(pair[0] + (f64::from(k) + 0.5) * width) * width).sum();
            assert!((mass - 1.0 / 256.0).abs() < 2e-6, "interval {index}: {mass}");
        }
    }
}
