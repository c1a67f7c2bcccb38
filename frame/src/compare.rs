//! How far two pictures are apart: the numbers that reference tests are held to, and whether any bit differs.
//!
//! The definitions are those of the reference harness (`compare_exr.py`): errors on linear RGB relative to
//! the reference with ε = 1 % of its mean luminance, so that black pixels do not decide. Computed in f64.

use serde::Serialize;

use crate::{
    exr::{ExrFile, ExrPart},
    film::Colours,
};

const LUMINANCE: [f64; 3] = [0.2126, 0.7152, 0.0722];
const BLOCK_PX: usize = 8;
const CHANNELS: usize = 3;

/// What [`compare`] found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// Numbers on the pictures' colours.
    #[serde(flatten)]
    pub error: ColourError,
    /// Whether both files have the same channels with the same bits.
    pub identical: bool,
    /// The first sample that differs, in the order of parts, channels, rows, columns.
    pub first_difference: Option<Difference>,
    /// Channels that only one of the files has, or with another size or storage.
    pub unmatched_channels: Vec<String>,
}

/// Errors of a test picture against a reference.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ColourError {
    /// Mean of (t − r)² / (r² + ε²), the largest 0.1 % of the pixels left out (fireflies).
    pub relmse: f64,
    /// The same over all pixels.
    pub relmse_all: f64,
    /// Mean squared error.
    pub mse: f64,
    /// PSNR in dB after Reinhard's tone map and the sRGB curve; 99 for equal pictures.
    pub psnr: f64,
    /// Largest absolute difference.
    pub max_abs: f64,
    /// Mean of |t − r| / (|r| + ε), per channel.
    pub mre: [f64; 3],
    /// (mean t − mean r) / mean r, per channel: an offset of energy, whatever the noise.
    pub bias: [f64; 3],
    /// Mean over 8 × 8 blocks of |mean t − mean r| / (|mean r| + ε).
    pub block: f64,
    /// 99th percentile of the same, over the worst channel of each block.
    pub block_p99: f64,
    /// Share of the pixels with |t − r| / (|r| + ε) above 0.5 in some channel.
    pub outliers: f64,
    /// Error's roughness across the lines of an 8-pixel grid against elsewhere; 1 = no seams.
    pub blocky: f64,
    /// Pixels of the test that are not finite.
    pub bad_pixels: u64,
}

/// One sample that is not the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// Name of the channel.
    pub channel: String,
    /// Column.
    pub x: usize,
    /// Row.
    pub y: usize,
    /// The first file's sample as a number.
    pub left: String,
    /// The second file's.
    pub right: String,
}

/// Pictures that cannot be compared.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CompareError {
    /// Sizes differ.
    #[error("the pictures differ in size: {0}x{1} and {2}x{3}")]
    Size(u32, u32, u32, u32),
    /// No colours in one of the files.
    #[error("one of the files has no R, G and B channels")]
    NoColours,
}

/// Compares a test file with a reference.
pub fn compare(test: &ExrFile, reference: &ExrFile) -> Result<Comparison, CompareError> {
    let colours = |file: &ExrFile| file.colours().ok_or(CompareError::NoColours);
    let error = compare_colours(&colours(test)?, &colours(reference)?)?;
    let (first_difference, unmatched_channels) = differences(test, reference);
    let identical = first_difference.is_none() && unmatched_channels.is_empty();
    Ok(Comparison { error, identical, first_difference, unmatched_channels })
}

/// Compares colours only.
pub fn compare_colours(test: &Colours, reference: &Colours) -> Result<ColourError, CompareError> {
    let (width, height) = (reference.width as usize, reference.height as usize);
    let fits = |colours: &Colours| colours.rgba.len() == width * height * 4;
    let same = (test.width, test.height) == (reference.width, reference.height);
    if !same || width * height == 0 || !fits(test) || !fits(reference) {
        return Err(CompareError::Size(test.width, test.height, reference.width, reference.height));
    }
    let bad_pixels = rgb(test).filter(|pixel| pixel.iter().any(|value| !value.is_finite())).count() as u64;
    let test: Vec<[f64; 3]> = rgb(test).map(|pixel| pixel.map(finite)).collect();
    let reference: Vec<[f64; 3]> = rgb(reference).collect();
    let pair = Pair { width, height, epsilon: epsilon(&reference), test, reference };
    let (relmse, relmse_all) = pair.relmse();
    let mre = pair.mean_per_channel(|test, reference| pair.relative(test, reference).abs());
    let (block, block_p99) = pair.block().unwrap_or_else(|| (mean(&mre), mean(&mre)));
    Ok(ColourError {
        relmse,
        relmse_all,
        mse: mean(&pair.mean_per_channel(|test, reference| (test - reference).powi(2))),
        psnr: pair.psnr(),
        max_abs: pair.values().map(|(test, reference)| (test - reference).abs()).fold(0.0, f64::max),
        mre,
        bias: pair.bias(),
        block,
        block_p99,
        outliers: pair.outliers(),
        blocky: pair.blocky(),
        bad_pixels,
    })
}

struct Pair {
    width: usize,
    height: usize,
    epsilon: f64,
    test: Vec<[f64; 3]>,
    reference: Vec<[f64; 3]>,
}

impl Pair {
    fn pixels(&self) -> impl Iterator<Item = (&[f64; 3], &[f64; 3])> {
        self.test.iter().zip(&self.reference)
    }

    fn values(&self) -> impl Iterator<Item = (f64, f64)> {
        self.test.as_flattened().iter().copied().zip(self.reference.as_flattened().iter().copied())
    }

    fn relative(&self, test: f64, reference: f64) -> f64 {
        (test - reference) / (reference.abs() + self.epsilon)
    }

    fn mean_per_channel(&self, value: impl Fn(f64, f64) -> f64) -> [f64; 3] {
        let mut sums = [0.0; CHANNELS];
        for (test, reference) in self.pixels() {
            for (channel, sum) in sums.iter_mut().enumerate() {
                *sum += value(test[channel], reference[channel]);
            }
        }
        sums.map(|sum| sum / self.test.len() as f64)
    }

    fn bias(&self) -> [f64; 3] {
        let offset = self.mean_per_channel(|test, reference| test - reference);
        let scale = self.mean_per_channel(|_, reference| reference);
        std::array::from_fn(|channel| offset[channel] / scale[channel].max(1e-12))
    }

    fn relmse(&self) -> (f64, f64) {
        let squared = |(test, reference): (&[f64; 3], &[f64; 3])| {
            let channel = |at: usize| {
                (test[at] - reference[at]).powi(2) / (reference[at].powi(2) + self.epsilon.powi(2))
            };
            mean(&[channel(0), channel(1), channel(2)])
        };
        let mut errors: Vec<f64> = self.pixels().map(squared).collect();
        errors.sort_by(f64::total_cmp);
        let kept = (errors.len() as f64 * 0.999) as usize;
        // Below 1000 pixels 0.1 % is less than one; a single pixel would leave nothing to average.
        (mean(&errors[..kept.max(1)]), mean(&errors))
    }

    fn psnr(&self) -> f64 {
        let toned = self.pixels().map(|(test, reference)| (tone_mapped(*test), tone_mapped(*reference)));
        let squared = toned.map(|(test, reference)| {
            test.iter().zip(reference).map(|(test, reference)| (test - reference).powi(2)).sum::<f64>()
        });
        let mean = squared.sum::<f64>() / (self.test.len() * CHANNELS) as f64;
        if mean < 1e-10 { 99.0 } else { -10.0 * mean.log10() }
    }

    fn outliers(&self) -> f64 {
        let far = |(test, reference): &(&[f64; 3], &[f64; 3])| {
            (0..CHANNELS).any(|channel| self.relative(test[channel], reference[channel]).abs() > 0.5)
        };
        self.pixels().filter(far).count() as f64 / self.test.len() as f64
    }

    /// Mean and 99th percentile of the block errors; `None` when not one block fits.
    fn block(&self) -> Option<(f64, f64)> {
        let (columns, rows) = (self.width / BLOCK_PX, self.height / BLOCK_PX);
        let mut all = Vec::new();
        let mut worst = Vec::new();
        for block in 0..columns * rows {
            let (left, top) = (block % columns * BLOCK_PX, block / columns * BLOCK_PX);
            let mut means = [[0.0; CHANNELS]; 2];
            for at in 0..BLOCK_PX * BLOCK_PX {
                let pixel = (top + at / BLOCK_PX) * self.width + left + at % BLOCK_PX;
                for (mean, pixels) in means.iter_mut().zip([&self.test, &self.reference]) {
                    for (sum, value) in mean.iter_mut().zip(pixels[pixel]) {
                        *sum += value / (BLOCK_PX * BLOCK_PX) as f64;
                    }
                }
            }
            let errors: [f64; 3] =
                std::array::from_fn(|channel| self.relative(means[0][channel], means[1][channel]).abs());
            all.extend(errors);
            worst.push(errors.into_iter().fold(0.0, f64::max));
        }
        (!all.is_empty()).then(|| (mean(&all), percentile(worst, 0.99)))
    }

    fn blocky(&self) -> f64 {
        if self.width <= 18 {
            return 1.0;
        }
        let error = |at: usize| {
            let relative =
                |channel: usize| self.relative(self.test[at][channel], self.reference[at][channel]);
            mean(&[relative(0), relative(1), relative(2)])
        };
        let (mut across, mut elsewhere) = (Vec::new(), Vec::new());
        for row in 0..self.height {
            for column in 1..self.width - 1 {
                let at = row * self.width + column;
                let bend = (error(at + 1) - 2.0 * error(at) + error(at - 1)).abs();
                let on_line = matches!(column % BLOCK_PX, 0 | 7);
                if on_line { across.push(bend) } else { elsewhere.push(bend) }
            }
        }
        (mean(&across) + 1e-12) / (mean(&elsewhere) + 1e-12)
    }
}

fn rgb(colours: &Colours) -> impl Iterator<Item = [f64; 3]> {
    colours.rgba.chunks_exact(4).map(|rgba| [f64::from(rgba[0]), f64::from(rgba[1]), f64::from(rgba[2])])
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

fn epsilon(reference: &[[f64; 3]]) -> f64 {
    let luminance =
        reference.iter().map(|pixel| pixel.iter().zip(LUMINANCE).map(|(v, w)| v * w).sum::<f64>());
    (1e-2 * luminance.sum::<f64>() / reference.len() as f64).max(1e-6)
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

fn differences(left: &ExrFile, right: &ExrFile) -> (Option<Difference>, Vec<String>) {
    let mut first = None;
    let mut unmatched = Vec::new();
    for at in 0..left.parts.len().max(right.parts.len()) {
        let (left, right) = (left.parts.get(at), right.parts.get(at));
        let names = |part: Option<&ExrPart>| -> Vec<String> {
            let channels = part.into_iter().flat_map(|part| &part.info.channels);
            channels.map(|channel| channel.name.clone()).collect()
        };
        let mut all = [names(left), names(right)].concat();
        all.sort();
        all.dedup();
        for name in all {
            let pair = left.zip(right).and_then(|(left, right)| {
                let same_size = (left.info.width, left.info.height) == (right.info.width, right.info.height);
                let (one, other) = (left.channel(&name)?, right.channel(&name)?);
                let same_storage = std::mem::discriminant(one) == std::mem::discriminant(other);
                (same_size && same_storage).then_some((one, other, left.info.width as usize))
            });
            let Some((one, other, width)) = pair else {
                unmatched.push(name);
                continue;
            };
            let differs = |&at: &usize| one.bits(at) != other.bits(at);
            if first.is_none()
                && let Some(at) = (0..one.len().min(other.len())).find(differs)
            {
                let (left, right) = (one.number(at).to_string(), other.number(at).to_string());
                first = Some(Difference { channel: name, x: at % width, y: at / width, left, right });
            }
        }
    }
    (first, unmatched)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sums of 64ths, exact in half precision too, with one pixel far out.
    fn pair() -> (Colours, Colours) {
        let (width, height) = (40, 24);
        let reference = |x: u32, y: u32, c: u32| ((x * 7 + y * 13 + c * 5) % 32) as f32 / 16.0 + 0.125;
        let off = |x: u32, y: u32, c: u32| ((x * 5 + y * 3 + c) % 9) as f32 / 64.0 - 0.0625;
        let far = |x: u32, y: u32| if (x, y) == (17, 9) { 8.0 } else { 0.0 };
        let picture = |value: &dyn Fn(u32, u32, u32) -> f32| {
            let pixels = (0..width * height).map(|at| (at % width, at / width));
            let rgba =
                pixels.flat_map(|(x, y)| [value(x, y, 0), value(x, y, 1), value(x, y, 2), 1.0]).collect();
            Colours { width, height, rgba }
        };
        (picture(&|x, y, c| reference(x, y, c) + off(x, y, c) + far(x, y)), picture(&reference))
    }

    #[test]
    fn numbers_equal_the_reference_tools() {
        let (test, reference) = pair();
        let found = compare_colours(&test, &reference).expect("same size");
        // What compare_exr.py (numpy) prints for the same two pictures.
        let expected = [
            ("relmse", found.relmse, 0.008030110391979444),
            ("relmse_all", found.relmse_all, 0.06281444509920654),
            ("mse", found.mse, 0.0685546875),
            ("psnr", found.psnr, 35.096575042742785),
            ("max_abs", found.max_abs, 8.03125),
            ("mre", found.mre[0], 0.06203085056229833),
            ("mre", found.mre[1], 0.05769541064201257),
            ("mre", found.mre[2], 0.05802660214635622),
            ("bias", found.bias[0], 0.007248098859315588),
            ("bias", found.bias[1], 0.007619047619047619),
            ("bias", found.bias[2], 0.007976190476190477),
            ("block", found.block, 0.008892865456687939),
            ("block_p99", found.block_p99, 0.10265745867844137),
            ("outliers", found.outliers, 0.0010416666666666667),
            ("blocky", found.blocky, 1.0528379396546208),
        ];
        for (name, found, expected) in expected {
            assert!((found - expected).abs() <= 1e-9 * expected.abs(), "{name}: {found}, not {expected}");
        }
    }

    #[test]
    fn broken_samples_are_counted_and_spoil_nothing() {
        let (mut test, reference) = pair();
        test.rgba[4] = f32::NAN;
        test.rgba[9] = f32::INFINITY;
        let found = compare_colours(&test, &reference).expect("same size");
        assert_eq!((found.bad_pixels, found.relmse_all.is_finite()), (2, true));
        let small = Colours { width: 1, height: 1, rgba: vec![0.5; 4] };
        assert_eq!(compare_colours(&small, &reference), Err(CompareError::Size(1, 1, 40, 24)));
        assert_eq!(compare_colours(&small, &small).expect("same size").relmse, 0.0);
    }
}
