//! Section 3 of `docs/denoiser.md`: from what the heads say to filtered light.

use super::Layer;
use super::layers::halved;
use crate::denoise::features::ALBEDO_FLOOR;
use crate::denoise::network::{ALBEDO_TAPS, LEVELS};

/// Less weight than this is none.
const WEIGHT_MIN: f32 = 1e-12;

/// `(w·r, w)` on five scales; `full` is the finest head, one pixel a place.
pub(super) fn pyramid(light: &Layer, sampled: &Layer, full: &Layer, taps: usize) -> Vec<Layer> {
    let mut finest = Layer::zeroed(4, light.width, light.height);
    let pixels = light.width * light.height;
    for at in 0..pixels {
        let trust = full.values[(taps + 1) * pixels + at];
        let weight = sigmoid(trust) * sampled.values[at];
        for channel in 0..3 {
            finest.values[channel * pixels + at] = weight * light.values[channel * pixels + at];
        }
        finest.values[3 * pixels + at] = weight;
    }
    let mut levels = vec![finest];
    for level in 1..LEVELS {
        levels.push(halved(&levels[level - 1], |[a, b, c, d]| (a + b + c + d) * 0.25));
    }
    levels
}

/// `o4 = norm(Σ tap · p4)`.
pub(super) fn coarsest(weighted: &Layer, head: &Layer) -> Layer {
    averaged(weighted, head)
}

/// `o(l) = norm(Σ tap · z(l))` with `z(l) = (1 - b)·p(l) + b·(↑o(l+1), 1)`.
pub(super) fn refined(weighted: &Layer, coarser: &Layer, head: &Layer, taps: usize) -> Layer {
    averaged(&blended(weighted, coarser, head, taps), &first(head, taps))
}

/// How much of a pixel's filtered light is its own: the middle tap times `(1 - b)·w`, over all weight.
pub(super) fn own_share(weighted: &Layer, coarser: &Layer, head: &Layer, taps: usize) -> Layer {
    let blended = blended(weighted, coarser, head, taps);
    let mut out = Layer::zeroed(1, weighted.width, weighted.height);
    for y in 0..out.height {
        for x in 0..out.width {
            let weights = softmax(head, 0, taps, x, y);
            let weight = sum(&blended, 3, &weights, x, y);
            let own = (1.0 - sigmoid(head.row(taps, y)[x])) * weighted.row(3, y)[x];
            out.row_mut(0, y)[x] = if weight < WEIGHT_MIN { 0.0 } else { weights[taps / 2] * own / weight };
        }
    }
    out
}

fn blended(weighted: &Layer, coarser: &Layer, head: &Layer, taps: usize) -> Layer {
    let mut blended = Layer::zeroed(4, weighted.width, weighted.height);
    for channel in 0..4 {
        for y in 0..blended.height {
            for x in 0..blended.width {
                let above = if channel < 3 { coarser.row(channel, y / 2)[x / 2] } else { 1.0 };
                let blend = sigmoid(head.row(taps, y)[x]);
                let own = weighted.row(channel, y)[x];
                blended.row_mut(channel, y)[x] = (1.0 - blend) * own + blend * above;
            }
        }
    }
    blended
}

/// `o0 · (ã + 0.05)`.
pub(super) fn coloured(light: &Layer, albedo: &Layer, full: &Layer, taps: usize) -> Layer {
    let mut out = Layer::zeroed(3, light.width, light.height);
    for y in 0..out.height {
        for x in 0..out.width {
            let weights = softmax(full, taps + 2, ALBEDO_TAPS, x, y);
            for channel in 0..3 {
                let smooth = sum(albedo, channel, &weights, x, y);
                out.row_mut(channel, y)[x] = light.row(channel, y)[x] * (smooth + ALBEDO_FLOOR);
            }
        }
    }
    out
}

/// The first channels.
fn first(head: &Layer, channels: usize) -> Layer {
    let values = head.values[..channels * head.width * head.height].to_vec();
    Layer { channels, values, ..*head }
}

fn averaged(weighted: &Layer, head: &Layer) -> Layer {
    let mut out = Layer::zeroed(3, weighted.width, weighted.height);
    for y in 0..out.height {
        for x in 0..out.width {
            let weights = softmax(head, 0, head.channels, x, y);
            let weight = sum(weighted, 3, &weights, x, y);
            for channel in 0..3 {
                let value = sum(weighted, channel, &weights, x, y);
                out.row_mut(channel, y)[x] = if weight < WEIGHT_MIN { 0.0 } else { value / weight };
            }
        }
    }
    out
}

/// Values around a place, each times its weight.
fn sum(layer: &Layer, channel: usize, weights: &[f32], x: usize, y: usize) -> f32 {
    let side = if weights.len() == ALBEDO_TAPS { 3 } else { 5 };
    let radius = side / 2;
    let tap = |(at, weight): (usize, &f32)| {
        let (dx, dy) = (at as isize % side - radius, at as isize / side - radius);
        weight * layer.clamped(channel, x as isize + dx, y as isize + dy)
    };
    weights.iter().enumerate().map(tap).sum()
}

fn softmax(head: &Layer, first: usize, count: usize, x: usize, y: usize) -> Vec<f32> {
    let logits = || (first..first + count).map(|channel| head.row(channel, y)[x]);
    let highest = logits().fold(f32::NEG_INFINITY, f32::max);
    let mut weights: Vec<f32> = logits().map(|logit| (logit - highest).exp()).collect();
    let whole: f32 = weights.iter().sum();
    weights.iter_mut().for_each(|weight| *weight /= whole);
    weights
}

fn sigmoid(value: f32) -> f32 {
    1.0 / (1.0 + (-value).exp())
}
