//! How much of a picture is how bright: counts over stops of light around middle grey.

use crate::view::{MIDDLE_GREY, luminance};

/// Counts per colour.
pub const BINS: usize = 96;
/// Stops around middle grey that are told apart.
pub const STOPS: f32 = 8.0;
/// A larger picture is looked at in a grid of about so many pixels: a person sees no difference, and waits for nothing.
pub const PIXELS_MAX: usize = 1 << 20;

/// Counts of red, green, blue and luminance, dark to bright.
#[derive(Clone, Debug, PartialEq)]
pub struct Histogram {
    /// One list for each.
    pub counts: [[u32; BINS]; 4],
    /// Pixels whose brightest value is above what `clip` said.
    pub above: u32,
    /// Pixels that are black.
    pub black: u32,
    /// Pixels that were counted.
    pub pixels: u32,
}

impl Histogram {
    /// Counts pixels of linear colour; those whose brightest value exceeds `clip` are counted apart as well.
    pub fn of(pixels: impl Iterator<Item = [f32; 4]>, clip: f32) -> Self {
        let mut histogram = Self { counts: [[0; BINS]; 4], above: 0, black: 0, pixels: 0 };
        for [red, green, blue, _] in pixels {
            let values = [red, green, blue, luminance([red, green, blue])];
            if values.iter().any(|value| !value.is_finite()) {
                continue;
            }
            histogram.pixels += 1;
            histogram.above += u32::from(red.max(green).max(blue) > clip);
            histogram.black += u32::from(values.iter().all(|value| *value <= 0.0));
            for (counts, value) in histogram.counts.iter_mut().zip(values) {
                if let Some(bin) = bin(value) {
                    counts[bin] += 1;
                }
            }
        }
        histogram
    }

    /// Heights of one colour, 0 to 1 of the highest of all; square roots, so that little is seen beside much.
    pub fn heights(&self, colour: usize) -> [f32; BINS] {
        // Both ends gather everything beyond them and would dwarf the rest.
        let inner = self.counts.iter().flat_map(|counts| &counts[1..BINS - 1]);
        let most = inner.copied().max().unwrap_or(0).max(1) as f32;
        self.counts[colour].map(|count| (count as f32 / most).sqrt().min(1.0))
    }
}

/// Where a value is counted; nothing at or below 0 is.
fn bin(value: f32) -> Option<usize> {
    let place = ((value / MIDDLE_GREY).log2() + STOPS) / (2.0 * STOPS);
    (value > 0.0).then(|| ((place * BINS as f32).max(0.0) as usize).min(BINS - 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn middle_grey_is_counted_in_the_middle_and_stops_are_evenly_apart() {
        assert_eq!(bin(MIDDLE_GREY), Some(BINS / 2));
        assert_eq!(bin(MIDDLE_GREY * 4.0).zip(bin(MIDDLE_GREY)).map(|(a, b)| a - b), Some(BINS / 8));
        assert_eq!([bin(0.0), bin(-1.0)], [None, None]);
        assert_eq!([bin(1e-9), bin(1e9)], [Some(0), Some(BINS - 1)]);
    }

    #[test]
    fn black_bright_and_broken_pixels_are_told() {
        let pixels = [[0.0, 0.0, 0.0, 1.0], [2.0, 0.1, 0.1, 1.0], [0.5; 4], [f32::NAN, 0.0, 0.0, 1.0]];
        let histogram = Histogram::of(pixels.into_iter(), 1.0);
        assert_eq!((histogram.pixels, histogram.black, histogram.above), (3, 1, 1));
        assert_eq!(histogram.counts[0].iter().sum::<u32>(), 2);
        assert!(histogram.heights(3).iter().all(|height| (0.0..=1.0).contains(height)));
    }
}
