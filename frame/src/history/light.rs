//! Says where a neighbour's light is this frame's: shadows and reflections move without a motion vector, but the frame's own noisy picture
//! is right on average and knows nothing of its neighbours.

use std::ops::Range;

use super::fetch::Fetched;
use crate::film::LUMINANCE;
use crate::{Picture, Plane};

/// Means are over the pixels so far around each: 7×7.
pub(super) const REACH: usize = 3;
/// A neighbour that is off by so many standard deviations, alone or in the mean, still counts in full …
const TRUSTED: f32 = 2.0;
/// … and by so many no more.
const REFUSED: f32 = 4.0;
/// Light below which nothing is seen, after exposure: it keeps the slope of the tone curve finite.
const DARK: f32 = 0.005;
/// A quarter of a step of a display, which counts as noise even where there is none.
const NOTHING: f32 = 0.001;
/// Largest radiance after exposure.
const BRIGHT: f32 = 1e6;

/// A frame's light before and after denoising.
pub(super) struct Light<'a> {
    width: usize,
    exposure_scale: f32,
    denoised: &'a [f32],
    noisy: &'a [f32],
    variance: &'a [f32],
}

impl<'a> Light<'a> {
    /// `None` without the variance.
    pub(super) fn of(picture: &'a Picture, exposure_scale: f32) -> Option<Self> {
        Some(Self {
            width: picture.size().width() as usize,
            exposure_scale,
            denoised: picture.denoised(),
            noisy: picture.plane(Plane::Radiance)?,
            variance: picture.variance()?,
        })
    }

    /// How much of a neighbour counts in each pixel of some rows, 0 to 1; right where [`REACH`] rows around are among them, or the picture ends.
    pub(super) fn weights(&self, fetched: &Fetched, rows: Range<usize>) -> Vec<f32> {
        let pixels = rows.len() * self.width;
        // Pixels that count, what they are off by, and the noise of the frame itself.
        let mut sums = vec![[0.0; 3]; pixels];
        let mut alone = vec![0.0; pixels];
        for (at, pixel) in (rows.start * self.width..rows.end * self.width).enumerate() {
            if fetched.agrees[at] {
                (sums[at], alone[at]) = self.apart(pixel, &fetched.colours[3 * at..3 * at + 3]);
            }
        }
        let sums = around(&sums, self.width);
        let weight = |(at, &[count, apart, noise]): (usize, &[f32; 3])| {
            if !fetched.agrees[at] {
                return 0.0;
            }
            let alone = alone[at] / ((noise / count).sqrt() + NOTHING);
            let mean = (apart / count).abs() / (noise.sqrt() / count + NOTHING);
            ((REFUSED - mean.max(alone)) / (REFUSED - TRUSTED)).clamp(0.0, 1.0)
        };
        sums.iter().enumerate().map(weight).collect()
    }

    /// Light after exposure.
    fn lit(&self, rgb: &[f32]) -> f32 {
        (self.exposure_scale * luminance(rgb)).clamp(0.0, BRIGHT)
    }

    /// One pixel's count of 1, the difference of a neighbour's light to the noisy one, and the variance of the noisy one; and how far that light is from the
    /// denoised one. All as a display shows them.
    fn apart(&self, pixel: usize, colour: &[f32]) -> ([f32; 3], f32) {
        let scale = self.exposure_scale;
        let own = self.lit(&self.denoised[3 * pixel..3 * pixel + 3]);
        let noisy = self.lit(&self.noisy[3 * pixel..3 * pixel + 3]);
        let there = self.lit(colour);
        let slope = tone_slope(own + DARK);
        let left = slope * (own - noisy);
        let variance = (scale * scale * finite(self.variance[pixel])).clamp(0.0, BRIGHT * BRIGHT);
        let noise = (left * left).max(slope * slope * variance);
        ([1.0, slope * (there - noisy), noise], slope * (there - own).abs())
    }
}

fn luminance(rgb: &[f32]) -> f32 {
    rgb.iter().zip(LUMINANCE).map(|(&value, weight)| finite(value).max(0.0) * weight as f32).sum()
}

fn finite(value: f32) -> f32 {
    if value.is_finite() { value } else { 0.0 }
}

/// Slope of the tone curve (x / (1 + x), then sRGB).
fn tone_slope(x: f32) -> f32 {
    let toned = x / (1.0 + x);
    let curve = if toned <= 0.003_130_8 { 12.92 } else { 1.055 / 2.4 * toned.powf(1.0 / 2.4 - 1.0) };
    curve / ((1.0 + x) * (1.0 + x))
}

/// Sums over [`REACH`] pixels around each, as far as there are any.
fn around(values: &[[f32; 3]], width: usize) -> Vec<[f32; 3]> {
    let height = values.len() / width;
    let near = |index: usize, length: usize| index.saturating_sub(REACH)..(index + REACH + 1).min(length);
    let (mut across, mut sums) = (vec![[0.0; 3]; values.len()], vec![[0.0; 3]; values.len()]);
    for (row, across) in values.chunks_exact(width).zip(across.chunks_exact_mut(width)) {
        for (x, sum) in across.iter_mut().enumerate() {
            row[near(x, width)].iter().for_each(|value| add(sum, value));
        }
    }
    for (y, sums) in sums.chunks_exact_mut(width).enumerate() {
        for row in near(y, height) {
            let row = &across[row * width..(row + 1) * width];
            sums.iter_mut().zip(row).for_each(|(sum, value)| add(sum, value));
        }
    }
    sums
}

fn add(sum: &mut [f32; 3], value: &[f32; 3]) {
    sum.iter_mut().zip(value).for_each(|(sum, value)| *sum += value);
}
