//! From the means of a pixel to what the network reads: section 1 of `docs/denoiser.md`.

use frame::Noisy;

use super::network::FEATURES;

/// Added to the albedo before light is divided by it, so that dark surfaces keep theirs.
pub const ALBEDO_FLOOR: f32 = 0.05;
/// Weights of red, green and blue in luminance.
pub const LUMINANCE: [f32; 3] = [0.2126, 0.7152, 0.0722];

/// Exposure scales outside of this do not exist.
const EXPOSURE: std::ops::RangeInclusive<f32> = 1e-6..=1e6;
/// Radiance times exposure is capped here.
const EXPOSED_MAX: f32 = 1e6;
const NOISE_MAX: f32 = 64.0;
const DEPTH_OF_NOTHING: f32 = 1.5;

/// A pixel's means after everything that is not a sensible number is gone.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pixel {
    /// What is filtered: radiance / (albedo + [`ALBEDO_FLOOR`]).
    pub light: [f32; 3],
    /// 0 to 1.
    pub albedo: [f32; 3],
    /// Whether it has samples.
    pub sampled: bool,
    /// What the network reads.
    pub features: [f32; FEATURES],
}

/// An exposure scale as it is used: 1 when it is not a number, else within 1e-6 to 1e6.
pub fn exposure_used(scale: f32) -> f32 {
    if scale.is_nan() { 1.0 } else { scale.clamp(*EXPOSURE.start(), *EXPOSURE.end()) }
}

/// The pixel with this number, cleaned; `exposure` comes from [`exposure_used`].
pub fn pixel(noisy: &Noisy, at: usize, exposure: f32) -> Pixel {
    let three = |plane: &[f32]| [plane[3 * at], plane[3 * at + 1], plane[3 * at + 2]].map(finite);
    let radiance = three(&noisy.radiance).map(|value| value.clamp(0.0, EXPOSED_MAX / exposure));
    let albedo = three(&noisy.albedo).map(|value| value.clamp(0.0, 1.0));
    let light = std::array::from_fn(|channel| radiance[channel] / (albedo[channel] + ALBEDO_FLOOR));
    let samples = noisy.samples[at];
    let mut features = [0.0; FEATURES];
    let noise = if samples < 2 {
        1.0
    } else {
        let luminance: f32 = radiance.iter().zip(LUMINANCE).map(|(value, weight)| value * weight).sum();
        let deviation = finite(noisy.variance[at]).max(0.0).sqrt();
        (exposure * deviation / (exposure * luminance + 0.02)).min(NOISE_MAX)
    };
    features[9] = compressed(noise);
    features[10] = 1.0 / (samples.max(1) as f32).sqrt();
    if samples > 0 {
        features[0..3].copy_from_slice(&light.map(|value| compressed(exposure * value)));
        features[3..6].copy_from_slice(&albedo);
        features[6..9].copy_from_slice(&three(&noisy.normal).map(|value| value.clamp(-1.0, 1.0)));
        features[11] = depth(finite(noisy.depth[at]), finite(noisy.hits[at]));
    }
    Pixel { light, albedo, sampled: samples > 0, features }
}

/// Logarithmic above 1/16, next to linear below.
fn compressed(value: f32) -> f32 {
    (1.0 + 16.0 * value).ln() / 4.0
}

fn depth(metres: f32, hits: f32) -> f32 {
    if hits > 0.0 { (metres.max(2f32.powi(-10)).log2() / 16.0).clamp(-0.625, 1.0) } else { DEPTH_OF_NOTHING }
}

fn finite(value: f32) -> f32 {
    // Adapters may take what is smaller than a normal float for 0, or not: everybody does.
    if value.is_normal() { value } else { 0.0 }
}
