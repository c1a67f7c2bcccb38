//! Section 2 of `docs/denoiser.md`: the network's layers, one plain loop each.

use super::Layer;
use crate::denoise::Linear;
use crate::denoise::network::Source;

/// What a convolution reads, put together.
pub(crate) fn input(source: Source, features: &Layer, layers: &[Layer]) -> Layer {
    match source {
        Source::Features => unshuffled(features),
        Source::Plain(from) => layers[from].clone(),
        Source::Pooled(from) => pooled(&layers[from]),
        Source::Joined { coarse, fine } => {
            let mut joined = doubled(&layers[coarse]);
            joined.values.extend_from_slice(&layers[fine].values);
            joined.channels += layers[fine].channels;
            joined
        }
    }
}

/// 3×3 with repeated edges, then ReLU.
pub(crate) fn convolved(input: &Layer, linear: &Linear) -> Layer {
    let mut out = Layer::zeroed(linear.outputs, input.width, input.height);
    for output in 0..linear.outputs {
        for y in 0..input.height {
            let row = out.row_mut(output, y);
            row.fill(linear.biases[output]);
            for channel in 0..input.channels {
                for ky in 0..3 {
                    let from = input.row(channel, (y + ky).saturating_sub(1).min(input.height - 1));
                    let start = ((output * linear.inputs + channel) * 3 + ky) * 3;
                    add_three(row, from, &linear.weights[start..start + 3]);
                }
            }
            row.iter_mut().for_each(|value| *value = value.max(0.0));
        }
    }
    out
}

/// Adds a row's left, middle and right neighbours, each times its weight.
fn add_three(row: &mut [f32], from: &[f32], weights: &[f32]) {
    let last = row.len() - 1;
    let (left, middle, right) = (weights[0], weights[1], weights[2]);
    row[0] += left * from[0] + middle * from[0] + right * from[last.min(1)];
    for (sum, three) in row[1..].iter_mut().zip(from.windows(3)) {
        *sum += left * three[0] + middle * three[1] + right * three[2];
    }
    if last > 0 {
        row[last] += left * from[last - 1] + middle * from[last] + right * from[last];
    }
}

/// 1×1 without activation.
pub(crate) fn mixed(input: &Layer, linear: &Linear) -> Layer {
    let mut out = Layer::zeroed(linear.outputs, input.width, input.height);
    for output in 0..linear.outputs {
        for y in 0..input.height {
            let row = out.row_mut(output, y);
            row.fill(linear.biases[output]);
            for channel in 0..input.channels {
                let weight = linear.weights[output * linear.inputs + channel];
                for (sum, value) in row.iter_mut().zip(input.row(channel, y)) {
                    *sum += weight * value;
                }
            }
        }
    }
    out
}

/// Four pixels become one: channel = channel · 4 + dy · 2 + dx.
fn unshuffled(input: &Layer) -> Layer {
    let mut out = Layer::zeroed(4 * input.channels, input.width / 2, input.height / 2);
    for channel in 0..out.channels {
        let (from, dy, dx) = (channel / 4, channel / 2 % 2, channel % 2);
        for y in 0..out.height {
            let row = input.row(from, 2 * y + dy);
            let to = out.row_mut(channel, y);
            to.iter_mut().enumerate().for_each(|(x, value)| *value = row[2 * x + dx]);
        }
    }
    out
}

/// One pixel becomes four: the finest head's channels are (dy · 2 + dx) · n + channel.
pub(super) fn shuffled(input: &Layer) -> Layer {
    let mut out = Layer::zeroed(input.channels / 4, 2 * input.width, 2 * input.height);
    for channel in 0..out.channels {
        for y in 0..out.height {
            for x in 0..out.width {
                let from = (y % 2 * 2 + x % 2) * out.channels + channel;
                out.row_mut(channel, y)[x] = input.row(from, y / 2)[x / 2];
            }
        }
    }
    out
}

fn pooled(input: &Layer) -> Layer {
    halved(input, |[a, b, c, d]| a.max(b).max(c.max(d)))
}

/// 2×2 values become one.
pub(super) fn halved(input: &Layer, join: impl Fn([f32; 4]) -> f32) -> Layer {
    let mut out = Layer::zeroed(input.channels, input.width / 2, input.height / 2);
    for channel in 0..out.channels {
        for y in 0..out.height {
            let (upper, lower) = (input.row(channel, 2 * y), input.row(channel, 2 * y + 1));
            let to = out.row_mut(channel, y).iter_mut().enumerate();
            to.for_each(|(x, value)| {
                *value = join([upper[2 * x], upper[2 * x + 1], lower[2 * x], lower[2 * x + 1]]);
            });
        }
    }
    out
}

/// One value becomes 2×2.
fn doubled(input: &Layer) -> Layer {
    let mut out = Layer::zeroed(input.channels, 2 * input.width, 2 * input.height);
    for channel in 0..out.channels {
        for y in 0..out.height {
            let from = input.row(channel, y / 2);
            let to = out.row_mut(channel, y).iter_mut().enumerate();
            to.for_each(|(x, value)| *value = from[x / 2]);
        }
    }
    out
}
