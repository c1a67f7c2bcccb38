//! One exposure scale for a frame: `docs/denoiser.md`, section 6.

use crate::film::LUMINANCE;
use crate::{Picture, Plane, RenderSettings};

/// Edge of the blocks whose brightness settles a frame's exposure, pixels of the probe.
const BLOCK_PX: usize = 16;
/// Where the middle of a picture should lie.
const KEY: f64 = 0.18;
/// Blocks darker than this are black and say nothing about exposure.
const DARK: f64 = 1e-8;

impl Picture {
    /// One exposure scale for a frame, settled from a small picture of it: `docs/denoiser.md`, section 6.
    pub fn exposure_scale(&self) -> f32 {
        let (width, height) = (self.size().width() as usize, self.size().height() as usize);
        let radiance = self.plane(Plane::Radiance).unwrap_or_default();
        let luminance = |x: usize, y: usize| {
            let rgb = &radiance[3 * (y * width + x)..][..3];
            let sum =
                rgb.iter().zip(LUMINANCE).map(|(&value, weight)| f64::from(value) * weight).sum::<f64>();
            if sum.is_finite() { sum.max(0.0) } else { 0.0 }
        };
        let (mut logs, mut bright) = (0.0, 0u32);
        for top in (0..height).step_by(BLOCK_PX) {
            for left in (0..width).step_by(BLOCK_PX) {
                let (bottom, right) = ((top + BLOCK_PX).min(height), (left + BLOCK_PX).min(width));
                let rows = (top..bottom).flat_map(|y| (left..right).map(move |x| (x, y)));
                let mean = rows.map(|(x, y)| luminance(x, y)).sum::<f64>()
                    / ((bottom - top) * (right - left)) as f64;
                if mean > DARK {
                    logs += mean.ln();
                    bright += 1;
                }
            }
        }
        if bright == 0 {
            return 1.0;
        }
        let scale = (KEY / (logs / f64::from(bright)).exp()) as f32;
        scale.clamp(*RenderSettings::EXPOSURE_SCALE.start(), *RenderSettings::EXPOSURE_SCALE.end())
    }
}
