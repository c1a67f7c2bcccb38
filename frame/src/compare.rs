//! How far two pictures are apart: the numbers that reference tests are held to, and whether any bit differs.
//!
//! The definitions are those of the reference harness (`compare_exr.py`): errors on linear RGB relative to
//! the reference with ε = 1 % of its mean luminance, so that black pixels do not decide. Computed in f64.

mod bits;
mod meter;

use std::io::{Read, Seek};

use serde::Serialize;

use crate::{
    exr::{Bands, ExrError, ExrFile, ExrInfo, band_rows},
    film::Colours,
};
use bits::Bits;
use meter::{Brightness, Meter};

const LUMINANCE: [f64; 3] = [0.2126, 0.7152, 0.0722];
const BLOCK_PX: usize = 8;
const CHANNELS: usize = 3;

/// What [`compare`] found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// Numbers on the pictures' colours.
    #[serde(flatten)]
    pub error: ColourError,
    /// Whether both files have the same channels with the same bits, at the same place of the picture.
    pub identical: bool,
    /// Whether their pixels lie at other places of the picture, or are of another shape: samples are compared as if they did not.
    pub placed_apart: bool,
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

/// Two files that cannot be compared.
#[derive(Debug, thiserror::Error)]
pub enum FilesError {
    /// Their pictures cannot.
    #[error(transparent)]
    Compare(#[from] CompareError),
    /// The test file cannot be read.
    #[error(transparent)]
    Test(ExrError),
    /// The reference cannot be read.
    #[error(transparent)]
    Reference(ExrError),
}

/// Compares a test file with a reference.
///
/// # Errors
/// See [`CompareError`].
pub fn compare(test: &ExrFile, reference: &ExrFile) -> Result<Comparison, CompareError> {
    let colours = |file: &ExrFile| file.colours().ok_or(CompareError::NoColours);
    let error = compare_colours(&colours(test)?, &colours(reference)?)?;
    let (of_test, of_reference) = (test.info(), reference.info());
    let mut bits = Bits::of(&of_test, &of_reference);
    bits.add(0, test, reference);
    Ok(Comparison::of(error, bits, placed_apart(&of_test, &of_reference)))
}

/// The same with bands of both files in memory, and not all of them.
///
/// # Errors
/// See [`FilesError`].
pub fn compare_files<R: Read + Seek>(
    test: &mut Bands<R>,
    reference: &mut Bands<R>,
) -> Result<Comparison, FilesError> {
    let rows = band_rows(test.row_bytes().max(reference.row_bytes()));
    in_bands(test, reference, rows)
}

/// With bands of so many rows, a multiple of eight. The reference is read twice, because errors are relative to its brightness.
pub(crate) fn in_bands<R: Read + Seek>(
    test: &mut Bands<R>,
    reference: &mut Bands<R>,
    rows: u32,
) -> Result<Comparison, FilesError> {
    let no_rows = (test.read(0..0).map_err(FilesError::Test)?, reference.read(0..0));
    let no_rows = (no_rows.0.colours(), no_rows.1.map_err(FilesError::Reference)?.colours());
    let (Some(of_test), Some(of_reference)) = no_rows else { return Err(CompareError::NoColours.into()) };
    let (width, height) = same_size(&of_test, &of_reference)?;
    let bands = |height: u32| (0..height).step_by(rows as usize).map(move |top| top..height.min(top + rows));
    let colours = |file: &ExrFile| file.colours().map(|colours| colours.rgba).unwrap_or_default();
    let mut brightness = Brightness::default();
    for band in bands(reference.height()) {
        brightness.add(&colours(&reference.read(band).map_err(FilesError::Reference)?));
    }
    let mut meter = Meter::new(width, height, brightness.epsilon());
    let mut bits = Bits::of(test.info(), reference.info());
    for band in bands(test.height().max(reference.height())) {
        let one = test.read(band.clone()).map_err(FilesError::Test)?;
        let other = reference.read(band.clone()).map_err(FilesError::Reference)?;
        meter.add(&colours(&one), &colours(&other));
        bits.add(band.start, &one, &other);
    }
    Ok(Comparison::of(meter.finish(), bits, placed_apart(test.info(), reference.info())))
}

/// Compares colours only.
///
/// # Errors
/// [`CompareError::Size`].
pub fn compare_colours(test: &Colours, reference: &Colours) -> Result<ColourError, CompareError> {
    let (width, height) = same_size(test, reference)?;
    if test.rgba.len() != width * height * 4 || reference.rgba.len() != test.rgba.len() {
        return Err(sizes(test, reference));
    }
    let mut brightness = Brightness::default();
    brightness.add(&reference.rgba);
    let mut meter = Meter::new(width, height, brightness.epsilon());
    meter.add(&test.rgba, &reference.rgba);
    Ok(meter.finish())
}

impl Comparison {
    fn of(error: ColourError, bits: Bits, placed_apart: bool) -> Self {
        let (first_difference, unmatched_channels) = bits.finish();
        let identical = first_difference.is_none() && unmatched_channels.is_empty() && !placed_apart;
        Self { error, identical, placed_apart, first_difference, unmatched_channels }
    }
}

/// Whether any part has another data window, display window or shape of pixels than its counterpart.
fn placed_apart(test: &ExrInfo, reference: &ExrInfo) -> bool {
    test.parts
        .iter()
        .zip(&reference.parts)
        .any(|(test, reference)| !test.placement().eq(reference.placement()))
}

fn same_size(test: &Colours, reference: &Colours) -> Result<(usize, usize), CompareError> {
    let (width, height) = (reference.width as usize, reference.height as usize);
    let same = (test.width, test.height) == (reference.width, reference.height) && width * height > 0;
    if same { Ok((width, height)) } else { Err(sizes(test, reference)) }
}

fn sizes(test: &Colours, reference: &Colours) -> CompareError {
    CompareError::Size(test.width, test.height, reference.width, reference.height)
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
