//! The definition of a denoised picture in plain f32: what the kernels and the fast path are compared with.
//!
//! `docs/denoiser.md` from top to bottom, one loop after another and everything kept, so that a test can ask where two
//! programs part. Meant to be read and trusted, not to be fast: about a hundred bytes of memory for each width and pixel.

mod filter;
mod layers;

#[cfg(test)]
pub(crate) use layers::{convolved, input, mixed};

use frame::Noisy;

use super::features::{exposure_used, pixel};
use super::network::{ALIGNMENT_PX, CONVOLUTIONS, FEATURES, HEADS, LEVELS};
use super::{Filtered, Weights};

/// Values on a grid, channel by channel, rows within.
#[derive(Clone, Debug, PartialEq)]
pub struct Layer {
    /// How many values for each place.
    pub channels: usize,
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// `channels` × `height` × `width`.
    pub values: Vec<f32>,
}

/// All that is computed on the way to a denoised picture.
#[derive(Clone, Debug)]
pub struct Trace {
    /// The twelve features, padded to multiples of 16.
    pub features: Layer,
    /// Light to be filtered, three channels, padded.
    pub light: Layer,
    /// Cleaned albedo, three channels, padded.
    pub albedo: Layer,
    /// In the order of [`CONVOLUTIONS`].
    pub convolutions: Vec<Layer>,
    /// What the heads say, by level; the finest still with its four pixels as channels at stride 2.
    pub heads: Vec<Layer>,
    /// Weighted light and weight, by level.
    pub pyramid: Vec<Layer>,
    /// Filtered light, by level, three channels.
    pub filtered: Vec<Layer>,
    /// The result, cut to the picture.
    pub picture: Filtered,
}

impl Layer {
    /// Zeros.
    pub fn zeroed(channels: usize, width: usize, height: usize) -> Self {
        Self { channels, width, height, values: vec![0.0; channels * width * height] }
    }

    /// One row of one channel.
    pub fn row(&self, channel: usize, y: usize) -> &[f32] {
        let start = (channel * self.height + y) * self.width;
        &self.values[start..start + self.width]
    }

    fn row_mut(&mut self, channel: usize, y: usize) -> &mut [f32] {
        let start = (channel * self.height + y) * self.width;
        &mut self.values[start..start + self.width]
    }

    /// One value; places outside repeat the edge.
    pub fn clamped(&self, channel: usize, x: isize, y: isize) -> f32 {
        let x = x.clamp(0, self.width as isize - 1) as usize;
        let y = y.clamp(0, self.height as isize - 1) as usize;
        self.row(channel, y)[x]
    }
}

/// What the network makes of a picture, before the guard.
pub fn filtered(weights: &Weights, noisy: &Noisy, exposure_scale: f32) -> Filtered {
    trace(weights, noisy, exposure_scale).picture
}

/// The filtered picture and everything on the way.
pub fn trace(weights: &Weights, noisy: &Noisy, exposure_scale: f32) -> Trace {
    let (features, light, albedo, sampled) = padded(noisy, exposure_used(exposure_scale));
    let mut convolutions: Vec<Layer> = Vec::with_capacity(CONVOLUTIONS.len());
    for (at, convolution) in CONVOLUTIONS.iter().enumerate() {
        let input = layers::input(convolution.source, &features, &convolutions);
        convolutions.push(layers::convolved(&input, weights.convolution(at)));
    }
    let heads = HEADS.iter().enumerate();
    let heads: Vec<Layer> =
        heads.map(|(level, it)| layers::mixed(&convolutions[it.source], weights.head(level))).collect();
    let taps = weights.shape().taps();
    let full = layers::shuffled(&heads[0]);
    let pyramid = filter::pyramid(&light, &sampled, &full, taps);
    let steering: Vec<&Layer> = std::iter::once(&full).chain(&heads[1..]).collect();
    let mut filtered = vec![filter::coarsest(&pyramid[LEVELS - 1], steering[LEVELS - 1])];
    for level in (0..LEVELS - 1).rev() {
        let coarser = filtered.last().expect("one was put in before the loop");
        filtered.push(filter::refined(&pyramid[level], coarser, steering[level], taps));
    }
    filtered.reverse();
    let coloured = filter::coloured(&filtered[0], &albedo, &full, taps);
    let own = filter::own_share(&pyramid[0], &filtered[1], &full, taps);
    let (width, height) = (noisy.width() as usize, noisy.height() as usize);
    let picture = Filtered { radiance: cut(&coloured, width, height), own: cut(&own, width, height) };
    Trace { features, light, albedo, convolutions, heads, pyramid, filtered, picture }
}

/// Features, light, albedo, and 1 where there are samples; the last column and row repeated up to multiples of 16.
fn padded(noisy: &Noisy, exposure: f32) -> (Layer, Layer, Layer, Layer) {
    let (width, height) = (noisy.width() as usize, noisy.height() as usize);
    let aligned = |side: usize| side.next_multiple_of(ALIGNMENT_PX as usize);
    let zeroed = |channels| Layer::zeroed(channels, aligned(width), aligned(height));
    let (mut features, mut light, mut albedo, mut sampled) =
        (zeroed(FEATURES), zeroed(3), zeroed(3), zeroed(1));
    for y in 0..features.height {
        for x in 0..features.width {
            let pixel = pixel(noisy, y.min(height - 1) * width + x.min(width - 1), exposure);
            let put = |layer: &mut Layer, values: &[f32]| {
                values.iter().enumerate().for_each(|(channel, &value)| layer.row_mut(channel, y)[x] = value);
            };
            put(&mut features, &pixel.features);
            put(&mut light, &pixel.light);
            put(&mut albedo, &pixel.albedo);
            put(&mut sampled, &[f32::from(u8::from(pixel.sampled))]);
        }
    }
    (features, light, albedo, sampled)
}

/// Channels interleaved.
fn cut(layer: &Layer, width: usize, height: usize) -> Vec<f32> {
    let places = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
    places.flat_map(|(x, y)| (0..layer.channels).map(move |channel| layer.row(channel, y)[x])).collect()
}
