//! Adds up errors row by row, so that a picture need not be in memory whole.

use std::{cmp::Reverse, collections::BinaryHeap};

use super::{BLOCK_PX, CHANNELS, ColourError, LUMINANCE};

/// The share of the pixels with the largest errors that one number leaves out.
const KEPT: f64 = 0.999;

/// The reference's brightness, by which its dark pixels do not decide.
#[derive(Default)]
pub(super) struct Brightness {
    luminance: f64,
    pixels: u64,
}

/// Takes pixels from the top row to the bottom one, `RGBA` each; only the last call may bring a number of rows that 8 does not divide.
pub(super) struct Meter {
    width: usize,
    pixels: f64,
    epsilon: f64,
    squared: Trimmed,
    means: Means,
    max_abs: f64,
    outliers: u64,
    blocks: Blocks,
    across: Mean,
    elsewhere: Mean,
    bad_pixels: u64,
}

/// Sums of something over all pixels.
#[derive(Default)]
struct Means {
    test: [f64; CHANNELS],
    reference: [f64; CHANNELS],
    offset: [f64; CHANNELS],
    relative: [f64; CHANNELS],
    squared: [f64; CHANNELS],
    toned: f64,
}

#[derive(Default)]
struct Mean {
    sum: f64,
    count: u64,
}

/// A mean with and without its largest values, of which there are so many.
struct Trimmed {
    largest: BinaryHeap<Reverse<Ordered>>,
    largest_max: usize,
    kept: Mean,
    all: Mean,
}

/// Errors of 8 × 8 blocks; the ones at the right and the bottom that are smaller do not count.
#[derive(Default)]
struct Blocks {
    all: Mean,
    worst: Vec<f64>,
}

/// A pair of rows under way: eight at a time are taken apart.
struct Rows<'a> {
    test: &'a [[f64; CHANNELS]],
    reference: &'a [[f64; CHANNELS]],
}

#[derive(Clone, Copy, PartialEq)]
struct Ordered(f64);

impl Brightness {
    pub(super) fn add(&mut self, rgba: &[f32]) {
        for pixel in rgb(rgba) {
            self.luminance += pixel.iter().zip(LUMINANCE).map(|(value, weight)| value * weight).sum::<f64>();
            self.pixels += 1;
        }
    }

    pub(super) fn epsilon(&self) -> f64 {
        (1e-2 * self.luminance / self.pixels as f64).max(1e-6)
    }
}

impl Meter {
    pub(super) fn new(width: usize, height: usize, epsilon: f64) -> Self {
        let pixels = width * height;
        // Below 1000 pixels 0.1 % is less than one; a single pixel would leave nothing to average.
        let kept = ((pixels as f64 * KEPT) as usize).max(1);
        Self {
            width,
            pixels: pixels as f64,
            epsilon,
            squared: Trimmed::new(pixels - kept),
            means: Means::default(),
            max_abs: 0.0,
            outliers: 0,
            blocks: Blocks::default(),
            across: Mean::default(),
            elsewhere: Mean::default(),
            bad_pixels: 0,
        }
    }

    pub(super) fn add(&mut self, test: &[f32], reference: &[f32]) {
        let step = self.width * BLOCK_PX * 4;
        for (test, reference) in test.chunks(step).zip(reference.chunks(step)) {
            self.bad_pixels +=
                rgb(test).filter(|pixel| pixel.iter().any(|value| !value.is_finite())).count() as u64;
            let test: Vec<[f64; 3]> = rgb(test).map(|pixel| pixel.map(finite)).collect();
            let reference: Vec<[f64; 3]> = rgb(reference).collect();
            let rows = Rows { test: &test, reference: &reference };
            self.add_pixels(&rows);
            self.add_bends(&rows);
            if test.len() == self.width * BLOCK_PX {
                self.blocks.add(&rows, self.width, self.epsilon);
            }
        }
    }

    fn add_pixels(&mut self, rows: &Rows<'_>) {
        for (test, reference) in rows.test.iter().zip(rows.reference) {
            self.means.add(test, reference, self.epsilon);
            let squared: [f64; 3] = std::array::from_fn(|channel| {
                let (test, reference) = (test[channel], reference[channel]);
                (test - reference).powi(2) / (reference.powi(2) + self.epsilon.powi(2))
            });
            self.squared.add(mean(&squared));
            let mut is_far = false;
            for (test, reference) in test.iter().zip(reference) {
                self.max_abs = self.max_abs.max((test - reference).abs());
                is_far |= relative(*test, *reference, self.epsilon).abs() > 0.5;
            }
            self.outliers += u64::from(is_far);
        }
    }

    /// How much the error bends along a row, on the lines of the grid and off them.
    fn add_bends(&mut self, rows: &Rows<'_>) {
        if self.width <= 18 {
            return;
        }
        let lines = rows.test.chunks(self.width).zip(rows.reference.chunks(self.width));
        for (test, reference) in lines {
            let errors: Vec<f64> = test
                .iter()
                .zip(reference)
                .map(|(test, reference)| {
                    let error = |channel: usize| relative(test[channel], reference[channel], self.epsilon);
                    mean(&[error(0), error(1), error(2)])
                })
                .collect();
            for (column, around) in errors.windows(3).enumerate().map(|(at, around)| (at + 1, around)) {
                let bend = (around[2] - 2.0 * around[1] + around[0]).abs();
                let on_line = matches!(column % BLOCK_PX, 0 | 7);
                if on_line { self.across.add(bend) } else { self.elsewhere.add(bend) }
            }
        }
    }

    pub(super) fn finish(self) -> ColourError {
        let per_pixel = |sums: [f64; CHANNELS]| sums.map(|sum| sum / self.pixels);
        let Means { reference, offset, relative, squared, toned, .. } = self.means;
        let (mre, offset, scale) = (per_pixel(relative), per_pixel(offset), per_pixel(reference));
        let toned = toned / (self.pixels * CHANNELS as f64);
        let (block, block_p99) = self.blocks.finish().unwrap_or_else(|| (mean(&mre), mean(&mre)));
        let blocky = match self.width {
            0..=18 => 1.0,
            _ => (self.across.value() + 1e-12) / (self.elsewhere.value() + 1e-12),
        };
        let (relmse, relmse_all) = self.squared.finish();
        ColourError {
            relmse,
            relmse_all,
            mse: mean(&per_pixel(squared)),
            psnr: if toned < 1e-10 { 99.0 } else { -10.0 * toned.log10() },
            max_abs: self.max_abs,
            mre,
            bias: std::array::from_fn(|channel| offset[channel] / scale[channel].max(1e-12)),
            block,
            block_p99,
            outliers: self.outliers as f64 / self.pixels,
            blocky,
            bad_pixels: self.bad_pixels,
        }
    }
}

impl Means {
    fn add(&mut self, test: &[f64; CHANNELS], reference: &[f64; CHANNELS], epsilon: f64) {
        for channel in 0..CHANNELS {
            let (test, reference) = (test[channel], reference[channel]);
            self.test[channel] += test;
            self.reference[channel] += reference;
            self.offset[channel] += test - reference;
            self.relative[channel] += relative(test, reference, epsilon).abs();
            self.squared[channel] += (test - reference).powi(2);
        }
        let toned = tone_mapped(*test).into_iter().zip(tone_mapped(*reference));
        self.toned += toned.map(|(test, reference)| (test - reference).powi(2)).sum::<f64>();
    }
}

impl Mean {
    fn add(&mut self, value: f64) {
        self.sum += value;
        self.count += 1;
    }

    fn value(&self) -> f64 {
        self.sum / self.count as f64
    }
}

impl Trimmed {
    fn new(largest_max: usize) -> Self {
        Self { largest: BinaryHeap::new(), largest_max, kept: Mean::default(), all: Mean::default() }
    }

    fn add(&mut self, value: f64) {
        self.all.add(value);
        self.largest.push(Reverse(Ordered(value)));
        if self.largest.len() > self.largest_max
            && let Some(Reverse(Ordered(smallest))) = self.largest.pop()
        {
            self.kept.add(smallest);
        }
    }

    fn finish(self) -> (f64, f64) {
        (self.kept.value(), self.all.value())
    }
}

impl Blocks {
    /// Eight whole rows.
    fn add(&mut self, rows: &Rows<'_>, width: usize, epsilon: f64) {
        for left in (0..width / BLOCK_PX).map(|column| column * BLOCK_PX) {
            let mut means = [[0.0; CHANNELS]; 2];
            for at in 0..BLOCK_PX * BLOCK_PX {
                let pixel = at / BLOCK_PX * width + left + at % BLOCK_PX;
                for (mean, pixels) in means.iter_mut().zip([rows.test, rows.reference]) {
                    for (sum, value) in mean.iter_mut().zip(pixels[pixel]) {
                        *sum += value / (BLOCK_PX * BLOCK_PX) as f64;
                    }
                }
            }
            let errors: [f64; 3] =
                std::array::from_fn(|channel| relative(means[0][channel], means[1][channel], epsilon).abs());
            errors.into_iter().for_each(|error| self.all.add(error));
            self.worst.push(errors.into_iter().fold(0.0, f64::max));
        }
    }

    /// Mean and 99th percentile; `None` when not one block fits.
    fn finish(self) -> Option<(f64, f64)> {
        (!self.worst.is_empty()).then(|| (self.all.value(), percentile(self.worst, 0.99)))
    }
}

impl Eq for Ordered {}

impl PartialOrd for Ordered {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Ordered {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0)
    }
}

fn relative(test: f64, reference: f64, epsilon: f64) -> f64 {
    (test - reference) / (reference.abs() + epsilon)
}

fn rgb(rgba: &[f32]) -> impl Iterator<Item = [f64; 3]> {
    rgba.chunks_exact(4).map(|rgba| [f64::from(rgba[0]), f64::from(rgba[1]), f64::from(rgba[2])])
}

/// Broken samples count as black or very bright, so that they show in every number and none becomes NaN.
fn finite(value: f64) -> f64 {
    if value.is_nan() {
        0.0
    } else if value.is_infinite() {
        if value > 0.0 { 1e6 } else { 0.0 }
    } else {
        value
    }
}

fn tone_mapped(rgb: [f64; 3]) -> [f64; 3] {
    let rgb = rgb.map(|value| finite(value).max(0.0));
    let luminance: f64 = rgb.iter().zip(LUMINANCE).map(|(value, weight)| value * weight).sum();
    rgb.map(|value| {
        let value = (value / (1.0 + luminance)).clamp(0.0, 1.0);
        if value <= 0.003_130_8 { 12.92 * value } else { 1.055 * value.powf(1.0 / 2.4) - 0.055 }
    })
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// Between the two nearest ranks, linearly.
fn percentile(mut values: Vec<f64>, share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let at = share * (values.len() - 1) as f64;
    let (low, high) = (values[at.floor() as usize], values[at.ceil() as usize]);
    low + (high - low) * at.fract()
}
