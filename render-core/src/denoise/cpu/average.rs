//! The filter's loops over one row: weights from trust, scales blended, neighbours averaged.

use pulp::Simd;

use super::grid::LEFT;
use super::lanes::{Kernel, Lanes};
use super::surface::WEIGHT;
use crate::denoise::features::ALBEDO_FLOOR;

/// Less weight than this is none.
const WEIGHT_MIN: f32 = 1e-12;

/// Light becomes weighted light, and 1 or 0 becomes its weight.
pub(super) struct WeightedRow<'a> {
    /// Light and weight, four channels.
    pub(super) light: &'a mut [f32],
    pub(super) trust: &'a [f32],
    pub(super) stride: usize,
    pub(super) width: usize,
}

impl Kernel for WeightedRow<'_> {
    #[inline(always)]
    fn run<S: Simd, const FUSED: bool>(self, lanes: Lanes<S, FUSED>) {
        for x in (0..self.width).step_by(S::F32_LANES) {
            let place = |channel: usize| channel * self.stride + LEFT + x;
            let sampled = lanes.load(self.light, place(WEIGHT));
            let weight = lanes.multiply(lanes.sigmoid(lanes.load(self.trust, LEFT + x)), sampled);
            for channel in 0..WEIGHT {
                let light = lanes.load(self.light, place(channel));
                lanes.store(self.light, place(channel), lanes.multiply(weight, light));
            }
            lanes.store(self.light, place(WEIGHT), weight);
        }
    }
}

/// `(1 - b)·p + b·(o, 1)` in place of p.
pub(super) struct BlendedRow<'a> {
    /// Weighted light and weight, four channels.
    pub(super) light: &'a mut [f32],
    pub(super) blend: &'a [f32],
    /// What the coarser scale says, three channels.
    pub(super) above: &'a [f32],
    /// The channel that keeps `(1 - b)·w`, where one does.
    pub(super) own: Option<usize>,
    pub(super) stride: usize,
    pub(super) width: usize,
}

impl Kernel for BlendedRow<'_> {
    #[inline(always)]
    fn run<S: Simd, const FUSED: bool>(self, lanes: Lanes<S, FUSED>) {
        for x in (0..self.width).step_by(S::F32_LANES) {
            let place = |channel: usize| channel * self.stride + LEFT + x;
            let blend = lanes.sigmoid(lanes.load(self.blend, LEFT + x));
            let rest = lanes.subtract(lanes.splat(1.0), blend);
            for channel in 0..=WEIGHT {
                let own = lanes.multiply(rest, lanes.load(self.light, place(channel)));
                let mixed = if channel == WEIGHT {
                    if let Some(kept) = self.own {
                        lanes.store(self.light, place(kept), own);
                    }
                    lanes.add(own, blend)
                } else {
                    lanes.multiply_add(blend, lanes.load(self.above, place(channel)), own)
                };
                lanes.store(self.light, place(channel), mixed);
            }
        }
    }
}

/// Neighbours times the softmax of their logits, brought back to weight 1.
pub(super) struct AveragedRow<'a> {
    /// For each tap the row it reads, beginning at the neighbour of the first column.
    pub(super) taps: &'a [&'a [f32]],
    /// One channel for each tap.
    pub(super) logits: &'a [f32],
    /// What of the middle's weight is its own, beginning at the first column; its share of the mean is then the fourth channel.
    pub(super) own: Option<&'a [f32]>,
    pub(super) stride: usize,
    pub(super) width: usize,
    /// Three channels, or four.
    pub(super) out: &'a mut [f32],
}

impl Kernel for AveragedRow<'_> {
    #[inline(always)]
    fn run<S: Simd, const FUSED: bool>(self, lanes: Lanes<S, FUSED>) {
        for x in (0..self.width).step_by(S::F32_LANES) {
            let (sums, whole, middle) =
                softly_summed::<S, FUSED, 4>(lanes, self.taps, self.logits, self.stride, x);
            let weight = lanes.divide(sums[WEIGHT], whole);
            for (channel, &sum) in sums[..WEIGHT].iter().enumerate() {
                let value = lanes.divide(sum, sums[WEIGHT]);
                let value = lanes.where_at_least(weight, WEIGHT_MIN, value);
                lanes.store(self.out, channel * self.stride + LEFT + x, value);
            }
            if let Some(own) = self.own {
                let share = lanes.divide(lanes.multiply(middle, lanes.load(own, x)), sums[WEIGHT]);
                let share = lanes.where_at_least(weight, WEIGHT_MIN, share);
                lanes.store(self.out, WEIGHT * self.stride + LEFT + x, share);
            }
        }
    }
}

/// Light times averaged albedo, in place of light.
pub(super) struct ColouredRow<'a> {
    /// As in [`AveragedRow`].
    pub(super) taps: &'a [&'a [f32]],
    pub(super) logits: &'a [f32],
    pub(super) stride: usize,
    pub(super) width: usize,
    /// Three channels.
    pub(super) light: &'a mut [f32],
}

impl Kernel for ColouredRow<'_> {
    #[inline(always)]
    fn run<S: Simd, const FUSED: bool>(self, lanes: Lanes<S, FUSED>) {
        for x in (0..self.width).step_by(S::F32_LANES) {
            let (sums, whole, _) =
                softly_summed::<S, FUSED, 3>(lanes, self.taps, self.logits, self.stride, x);
            for (channel, &sum) in sums.iter().enumerate() {
                let place = channel * self.stride + LEFT + x;
                let albedo = lanes.add(lanes.divide(sum, whole), lanes.splat(ALBEDO_FLOOR));
                lanes.store(self.light, place, lanes.multiply(lanes.load(self.light, place), albedo));
            }
        }
    }
}

/// Σ e^(logit - highest) · neighbour for each channel, the sum of the exponentials, and that of the middle.
#[inline(always)]
fn softly_summed<S: Simd, const FUSED: bool, const CHANNELS: usize>(
    lanes: Lanes<S, FUSED>,
    taps: &[&[f32]],
    logits: &[f32],
    stride: usize,
    x: usize,
) -> ([S::f32s; CHANNELS], S::f32s, S::f32s) {
    let mut highest = lanes.load(logits, LEFT + x);
    for tap in 1..taps.len() {
        highest = lanes.highest(highest, lanes.load(logits, tap * stride + LEFT + x));
    }
    let mut sums = [lanes.splat(0.0); CHANNELS];
    let mut whole = lanes.splat(0.0);
    for (tap, neighbours) in taps.iter().enumerate() {
        let logit = lanes.load(logits, tap * stride + LEFT + x);
        let weight = lanes.exp(lanes.subtract(logit, highest));
        whole = lanes.add(whole, weight);
        for (channel, sum) in sums.iter_mut().enumerate() {
            *sum = lanes.multiply_add(weight, lanes.load(neighbours, channel * stride + x), *sum);
        }
    }
    let middle = lanes.load(logits, taps.len() / 2 * stride + LEFT + x);
    (sums, whole, lanes.exp(lanes.subtract(middle, highest)))
}
