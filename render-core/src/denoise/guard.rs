//! Holds what the network made against what was traced, so that denoising never costs what the samples already knew.
//!
//! Section 8 of `docs/denoiser.md`. The noisy picture is right on average and its variance is known; the denoised one has next to no
//! noise but may be wrong. How far the two lie apart, beyond what noise explains, is an estimate of that error, and with it the
//! best mean of the two is known (the positive-part estimator of James & Stein, 1961, over a window). Knows no network.

use frame::Noisy;

use super::features::{LUMINANCE, exposure_used};

/// How far around a pixel the guard looks: a window of 5×5 of values that come from 3×3.
pub const GUARD_REACH_PX: u32 = 3;

/// Added to the exposed luminance, so that black does not weigh without bound.
const DARK: f32 = 0.005;
/// Share of the estimated variance that is really there: stratified samples are better than their variance says (0.43 to 1.0 was measured).
const SHARE: f32 = 0.7;
/// How much more is excused where few samples estimate the variance.
const FEW_SAMPLES: f32 = 4.0;
/// And where noise is strong against the picture: such noise comes from rare bright samples, and whoever missed them knows nothing of it.
const RARE_LIGHT: f32 = 10.0;
/// Exposed luminance below which noise is not strong, however dark the picture.
const BLACK: f32 = 0.02;

/// Mixes the noisy radiance back into `colours` (three for each pixel) wherever they differ by more than noise explains.
pub fn guard(noisy: &Noisy, exposure_scale: f32, colours: &mut [f32]) {
    let (width, height) = (noisy.width() as usize, noisy.height() as usize);
    let exposure = exposure_used(exposure_scale);
    let traced: Vec<f32> = noisy.radiance.iter().map(|&value| sensible(value)).collect();
    let bright =
        |rgb: &[f32]| exposure * rgb.iter().zip(LUMINANCE).map(|(value, weight)| value * weight).sum::<f32>();
    let before: Vec<f32> = traced.chunks_exact(3).map(bright).collect();
    let after: Vec<f32> = colours.chunks_exact(3).map(bright).collect();
    let middle: Vec<f32> = before.iter().zip(&after).map(|(before, after)| 0.5 * (before + after)).collect();
    // An error counts as much as it is seen: by the slope of the tone curve where the pixel lies.
    let around = boxed(&middle, width, height, 1);
    let weight: Vec<f32> = around.iter().map(|&luminance| tone_slope(luminance + DARK).powi(2)).collect();
    let apart = |at: usize| weight[at] * (after[at] - before[at]).powi(2);
    let noise = |at: usize| weight[at] * exposure * exposure * sensible(noisy.variance[at]);
    let apart = boxed(&(0..width * height).map(apart).collect::<Vec<_>>(), width, height, 2);
    let noise = boxed(&(0..width * height).map(noise).collect::<Vec<_>>(), width, height, 2);
    let variance: Vec<f32> =
        noisy.variance.iter().map(|&value| exposure * exposure * sensible(value)).collect();
    let (variance, around) = (boxed(&variance, width, height, 2), boxed(&around, width, height, 2));
    let strength = |at: usize| variance[at] / (around[at] + BLACK).powi(2);
    let pixels = colours.chunks_exact_mut(3).zip(traced.chunks_exact(3)).zip(&noisy.samples);
    for (at, ((colour, traced), &samples)) in pixels.enumerate() {
        let share = trust(apart[at], noise[at], strength(at), samples);
        for (colour, traced) in colour.iter_mut().zip(traced) {
            *colour = share * *colour + (1.0 - share) * traced;
        }
    }
}

/// The share of the denoised colour: 1 while noise explains the difference, and the less the more is left to explain.
fn trust(apart: f32, noise: f32, strength: f32, samples: u32) -> f32 {
    // One sample has no variance, none has no colour.
    if samples < 2 {
        return 1.0;
    }
    let excused = (SHARE + FEW_SAMPLES / samples as f32 + RARE_LIGHT * strength) * noise;
    let error = (apart - excused).max(0.0);
    if error > 0.0 { excused / (excused + error) } else { 1.0 }
}

/// Not finite counts as 0, and so does what is below it.
fn sensible(value: f32) -> f32 {
    if value.is_finite() { value.clamp(0.0, 1e18) } else { 0.0 }
}

/// Derivative of the sRGB curve after x / (1 + x).
fn tone_slope(x: f32) -> f32 {
    let u = x / (1.0 + x);
    let curve = if u <= 0.003_130_8 { 12.92 } else { 0.439_583_3 * u.powf(1.0 / 2.4 - 1.0) };
    curve / (1.0 + x).powi(2)
}

/// Means over (2 radius + 1)² pixels, edges repeated: columns first, then rows.
fn boxed(plane: &[f32], width: usize, height: usize, radius: usize) -> Vec<f32> {
    let count = (2 * radius + 1) as f32;
    let clamped = |at: usize, step: usize, length: usize| (at + step).saturating_sub(radius).min(length - 1);
    let mut rows = Vec::with_capacity(plane.len());
    for row in plane.chunks_exact(width) {
        let mean = |x: usize| (0..=2 * radius).map(|step| row[clamped(x, step, width)]).sum::<f32>() / count;
        rows.extend((0..width).map(mean));
    }
    let mut means = Vec::with_capacity(plane.len());
    for y in 0..height {
        let mean = |x: usize| {
            (0..=2 * radius).map(|step| rows[clamped(y, step, height) * width + x]).sum::<f32>() / count
        };
        means.extend((0..width).map(mean));
    }
    means
}

#[cfg(test)]
mod tests {
    use frame::NoisyPlanes;

    use super::*;

    const SIDE: usize = 9;

    fn noisy(radiance: &[f32], variance: f32, samples: u32) -> Noisy {
        let plane = |value: f32, channels: usize| vec![value; SIDE * SIDE * channels];
        let planes = NoisyPlanes {
            radiance: radiance.to_vec(),
            albedo: plane(0.5, 3),
            normal: plane(0.0, 3),
            depth: plane(1.0, 1),
            hits: plane(1.0, 1),
            variance: plane(variance, 1),
            samples: vec![samples; SIDE * SIDE],
        };
        Noisy::new(SIDE as u32, SIDE as u32, planes).expect("of one size")
    }

    fn guarded(radiance: &[f32], variance: f32, samples: u32, colour: f32) -> Vec<f32> {
        let mut colours = vec![colour; radiance.len()];
        guard(&noisy(radiance, variance, samples), 1.0, &mut colours);
        colours
    }

    #[test]
    fn a_picture_without_noise_comes_back_as_it_was_traced() {
        let traced: Vec<f32> = (0..SIDE * SIDE * 3).map(|at| at as f32 / 50.0).collect();
        assert_eq!(guarded(&traced, 0.0, 4096, 0.7), traced);
    }

    #[test]
    fn what_noise_explains_is_left_denoised() {
        let traced: Vec<f32> =
            (0..SIDE * SIDE * 3).map(|at| if at / 3 % 2 == 0 { 0.9 } else { 1.1 }).collect();
        assert_eq!(guarded(&traced, 0.02, 64, 1.0), vec![1.0; traced.len()]);
    }

    #[test]
    fn beyond_that_the_error_stays_below_that_of_the_noise() {
        // The network is wrong by three standard deviations; the picture is grey, so nothing depends on the window.
        let traced = vec![1.0; SIDE * SIDE * 3];
        let deviation = 0.01f32;
        for wrong in [1.5, 2.0, 3.0, 10.0, 100.0] {
            let colour = guarded(&traced, deviation * deviation, 256, 1.0 + wrong * deviation)[3 * SIDE];
            assert!(colour - 1.0 < deviation, "{wrong} deviations: {}", colour - 1.0);
            assert!(colour >= 1.0);
        }
    }

    #[test]
    fn too_few_samples_to_know_the_noise_leave_the_network_alone() {
        let traced = vec![1.0; SIDE * SIDE * 3];
        assert_eq!(guarded(&traced, 0.0, 1, 3.0), vec![3.0; traced.len()]);
    }

    #[test]
    fn hostile_numbers_give_finite_colours() {
        for value in [f32::NAN, f32::INFINITY, f32::MAX, -1.0] {
            let mut traced = vec![0.5; SIDE * SIDE * 3];
            traced[40] = value;
            let colours = guarded(&traced, value, 16, 0.5);
            assert!(colours.iter().all(|colour| colour.is_finite() && *colour >= 0.0), "{value}");
        }
    }

    #[test]
    fn nothing_farther_than_the_stated_reach_is_looked_at() {
        let calm = vec![1.0; SIDE * SIDE * 3];
        let mut lively = calm.clone();
        lively[0..3].fill(5.0);
        let (calm, lively) = (guarded(&calm, 1e-4, 64, 1.01), guarded(&lively, 1e-4, 64, 1.01));
        let reach = GUARD_REACH_PX as usize;
        for (at, (calm, lively)) in calm.chunks(3).zip(lively.chunks(3)).enumerate() {
            if at % SIDE > reach || at / SIDE > reach {
                assert_eq!(calm, lively, "pixel {at}");
            }
        }
    }
}
