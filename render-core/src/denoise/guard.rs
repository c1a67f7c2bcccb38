//! Holds what the network made against what was traced, so that denoising never costs what the samples already knew.
//!
//! Section 8 of `docs/denoiser.md`. The noisy picture is right on average and its variance is known; the denoised one has next to no
//! noise but may be wrong, and partly repeats its input. How wrong any mean of the two is can be estimated without knowing the truth (Stein,
//! 1981), which gives the best one for each pixel; then each neighbourhood gets back the energy that it lost. Knows no network.
//!
//! This is the guard of the processor's denoiser and what the kernels are compared with (`shaders/denoise/guard*.wgsl`).

mod cells;

use frame::Noisy;
use rayon::prelude::*;

use super::Filtered;
use super::features::{LUMINANCE, exposure_used};
use cells::Cells;

/// How far around a pixel the guard looks: from a pixel left of its cell's centre to the far edge of the third cell to the left, and so on all sides.
pub const GUARD_REACH_PX: u32 = 55;

/// How far outside a rectangle cut at multiples of 16 pixels it looks: three cells.
pub(super) const GUARD_CELLS_PX: u32 = 48;

/// Added to the exposed luminance, so that black does not weigh without bound.
const DARK: f32 = 0.005;
/// Exposed luminance below which noise is not strong, however dark the picture.
const BLACK: f32 = 0.02;
/// How much more is excused where noise is strong against the light of the pixels that have it: such noise comes from rare bright samples,
/// and a window that missed some has too little variance.
const RARE_LIGHT: f32 = 8.0;
/// Few samples may have missed rare light in a whole window: by this many over the samples, squared.
const FEW_SAMPLES: f32 = 4.0;
/// A network that is wrong by more than this share of the light is not repaired by scaling.
const GAIN_MAX: f32 = 0.5;
/// Relative variance of the mean at which a pixel gets half of what it would get back if nothing were known of it: noise of one percent.
const KNOWN: f32 = 1e-4;
/// Bounds of exposed luminance and its variance, so that hostile numbers stay finite.
const BRIGHT_MAX: f32 = 1e6;
const VARIANCE_MAX: f32 = 1e12;

/// The guarded radiance of a picture, three values for each pixel, whose upper left corner lies on the frame's grid of 16 pixels.
pub fn guard(noisy: &Noisy, exposure_scale: f32, filtered: Filtered) -> Vec<f32> {
    let exposure = exposure_used(exposure_scale);
    let width = noisy.width() as usize;
    let traced = traced_or(noisy, &filtered.radiance);
    let before = exposed(&traced, exposure);
    let held = Held::new(noisy, exposure, &before, &filtered);
    let (trust, unsure) = (held.trust(), held.unsure());
    let mut mixed = filtered.radiance;
    let pixels = mixed.par_chunks_exact_mut(3).zip(traced.par_chunks_exact(3));
    pixels.zip(trust).for_each(|((colour, traced), share)| {
        for (colour, traced) in colour.iter_mut().zip(traced) {
            *colour = share * *colour + (1.0 - share) * traced;
        }
    });
    give_energy_back(&mut mixed, &traced, &unsure, exposure, width);
    mixed
}

/// Radiance as it was traced; what was filtered where nothing was.
fn traced_or(noisy: &Noisy, filtered: &[f32]) -> Vec<f32> {
    let mut traced = noisy.radiance.clone();
    let pixels = traced.par_chunks_exact_mut(3).zip(filtered.par_chunks_exact(3)).zip(&noisy.samples);
    pixels.for_each(|((traced, filtered), &samples)| {
        if samples == 0 {
            traced.copy_from_slice(filtered);
        }
        traced.iter_mut().for_each(|value| *value = sensible(*value));
    });
    traced
}

fn exposed(radiance: &[f32], exposure: f32) -> Vec<f32> {
    let bright =
        |rgb: &[f32]| exposure * rgb.iter().zip(LUMINANCE).map(|(value, weight)| value * weight).sum::<f32>();
    radiance.par_chunks_exact(3).map(|rgb| bright(rgb).min(BRIGHT_MAX)).collect()
}

/// What the first step looks at: planes of exposed luminance.
struct Held<'a> {
    noisy: &'a Noisy,
    before: &'a [f32],
    after: Vec<f32>,
    /// Between the two.
    middle: Vec<f32>,
    variance: Vec<f32>,
    /// An error counts as much as it is seen: by the squared slope of the tone curve between the two.
    weight: Vec<f32>,
    /// The part of a pixel that its neighbours made.
    others: Vec<f32>,
    /// How strong noise is against light, in the mean of pixels that are asked each for itself: one bright pixel says nothing of the dark ones
    /// around it.
    noise: Vec<f32>,
}

impl<'a> Held<'a> {
    fn new(noisy: &'a Noisy, exposure: f32, before: &'a [f32], filtered: &Filtered) -> Self {
        let after = exposed(&filtered.radiance, exposure);
        let variance = |&value: &f32| (exposure * exposure * sensible(value)).min(VARIANCE_MAX);
        let variance = noisy.variance.par_iter().map(variance).collect();
        let middle: Vec<f32> =
            before.par_iter().zip(&after).map(|(before, after)| 0.5 * (before + after)).collect();
        let weight = middle.par_iter().map(|&luminance| tone_slope(luminance + DARK).powi(2)).collect();
        let others = filtered.own.par_iter().map(|&own| 1.0 - sensible(own).min(1.0)).collect();
        let mut held = Self { noisy, before, after, middle, variance, weight, others, noise: Vec::new() };
        held.noise = held.around(&held.each(|at| held.variance[at] / (held.after[at] + BLACK).powi(2)));
        held
    }

    /// The share of the denoised colour of each pixel.
    fn trust(&self) -> Vec<f32> {
        let differences: Vec<f32> =
            self.each(|at| self.weight[at] * (self.after[at] - self.before[at]).powi(2));
        let known = self.around(&self.each(|at| self.others[at] * self.weight[at] * self.variance[at]));
        let strength = self.strength();
        let missed = self.around(&self.missed(&differences));
        let apart = self.around(&differences);
        self.each(|at| {
            let excused = (1.0 + RARE_LIGHT * strength[at]) * known[at] + missed[at];
            // One sample has no variance, none has no colour.
            if self.noisy.samples[at] >= 2 && apart[at] > excused { excused / apart[at] } else { 1.0 }
        })
    }

    /// How much of what its neighbourhood lost a pixel may get back: nothing where its samples and those around it agree, or light that a neighbour lost
    /// would stand as a haze on what is known. One sample agrees with itself and says nothing.
    fn unsure(&self) -> Vec<f32> {
        self.each(
            |at| if self.noisy.samples[at] < 2 { 1.0 } else { self.noise[at] / (self.noise[at] + KNOWN) },
        )
    }

    /// Noise is stronger where a window received less light than the denoised picture gives it: then it received less noise, too.
    fn strength(&self) -> Vec<f32> {
        let (given, middle) = (self.around(&self.after), self.around(&self.middle));
        self.each(|at| self.noise[at] * ((given[at] + BLACK) / (middle[at] + BLACK)).powi(2))
    }

    /// What each pixel's few samples may have missed: noise in proportion to its light, as it is in the cell; never more than its own
    /// difference, or one bright pixel would lend its dark neighbours an excuse for what it loses to them.
    fn missed(&self, differences: &[f32]) -> Vec<f32> {
        let width = self.noisy.width() as usize;
        let lit = self.each(|at| self.middle[at] + BLACK);
        let by_light = Cells::sums(&self.variance, width)
            .joined(&Cells::sums(&lit, width), |noise, light| noise / light)
            .seen(width, differences.len() / width);
        self.each(|at| {
            let few = (FEW_SAMPLES / self.noisy.samples[at].max(1) as f32).powi(2);
            let may = few * by_light[at] * self.others[at] * self.weight[at] * self.after[at];
            differences[at].min(may)
        })
    }

    fn each(&self, value: impl Fn(usize) -> f32 + Send + Sync) -> Vec<f32> {
        (0..self.before.len()).into_par_iter().map(value).collect()
    }

    fn around(&self, plane: &[f32]) -> Vec<f32> {
        boxed(plane, self.noisy.width() as usize, self.noisy.height() as usize)
    }
}

/// The second step: the mean of thousands of traced pixels has next to no noise, so each neighbourhood gets it back, in proportion to its light
/// and to how unsure each pixel is; red, green and blue each for itself, or a picture could keep its brightness and lose its colour.
fn give_energy_back(mixed: &mut [f32], traced: &[f32], unsure: &[f32], exposure: f32, width: usize) {
    for channel in 0..3 {
        let plane = |radiance: &[f32]| -> Vec<f32> {
            let pixels = radiance.par_chunks_exact(3);
            pixels.map(|pixel| (exposure * pixel[channel]).min(BRIGHT_MAX)).collect()
        };
        let sums = |plane: &[f32]| Cells::sums(plane, width).with_neighbours();
        let light = plane(mixed);
        let lost = sums(&plane(traced)).joined(&sums(&light), |before, after| before - after);
        let takers: Vec<f32> = light.par_iter().zip(unsure).map(|(light, unsure)| light * unsure).collect();
        let gain =
            lost.joined(&sums(&takers), |lost, takers| (lost / takers.max(1e-30)).clamp(-GAIN_MAX, GAIN_MAX));
        let rows = mixed.par_chunks_exact_mut(3 * width).zip(unsure.par_chunks_exact(width)).enumerate();
        rows.for_each_init(
            || vec![0.0; width],
            |gains, (y, (row, unsure))| {
                gain.seen_from_row(y, gains);
                let values = row.iter_mut().skip(channel).step_by(3).zip(unsure);
                values.zip(gains).for_each(|((value, unsure), gain)| *value *= 1.0 + unsure * *gain);
            },
        );
    }
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

/// Pixels of a mean, across and down.
const WINDOW: usize = 5;

/// Means over [`WINDOW`]² pixels, edges repeated: columns first, then rows.
fn boxed(plane: &[f32], width: usize, height: usize) -> Vec<f32> {
    let mut rows = vec![0.0; plane.len()];
    let pairs = rows.par_chunks_exact_mut(width).zip(plane.par_chunks_exact(width));
    pairs.for_each(|(means, row)| mean_across(row, means));
    let mut means = vec![0.0; plane.len()];
    means.par_chunks_exact_mut(width).enumerate().for_each(|(y, means)| {
        let near = near(y, height).map(|y| &rows[y * width..(y + 1) * width]);
        for (x, mean) in means.iter_mut().enumerate() {
            *mean = near.iter().map(|row| row[x]).sum::<f32>() / WINDOW as f32;
        }
    });
    means
}

/// The means of a row; away from its ends without asking where they are, which is most of the work.
fn mean_across(row: &[f32], means: &mut [f32]) {
    let mean = |window: &[f32]| window.iter().sum::<f32>() / WINDOW as f32;
    let inner = row.windows(WINDOW);
    let (first, count) = (WINDOW / 2, inner.len());
    for (to, window) in means.iter_mut().skip(first).zip(inner) {
        *to = mean(window);
    }
    for x in (0..first.min(row.len())).chain((first + count).min(row.len())..row.len()) {
        means[x] = mean(&near(x, row.len()).map(|x| row[x]));
    }
}

/// The places of a window about `at` among so many, the first and last repeated.
fn near(at: usize, count: usize) -> [usize; WINDOW] {
    std::array::from_fn(|step| (at + step).saturating_sub(WINDOW / 2).min(count - 1))
}

#[cfg(test)]
pub(super) mod tests;
