//! What is asked of a denoiser and what it gives back, and the two numbers that all tiles of a frame share.
//!
//! `docs/denoiser.md` is the definition. Nothing here knows a network: whoever runs one is a [`TileDenoiser`], on a node
//! behind its renderer and on the artist's machine behind the film.

mod renderer;

use crate::{FrameSize, NetworkId, Picture, Plane, RenderSettings, TileOrder, TilePlanes, TileRect};

pub use renderer::{DenoiseFaults, DenoisingRenderer};

/// Everything that is denoised lies on this grid of the frame's pixels, or ends at its border.
pub const ALIGN_PX: u32 = 16;
/// Widest margin that an order may ask for, pixels: beyond it a node would trace more than the tile.
pub const MARGIN_PX_MAX: u32 = 256;

/// Edge of the blocks whose brightness settles a frame's exposure, pixels of the probe.
const BLOCK_PX: usize = 16;
/// Where the middle of a picture should lie.
const KEY: f64 = 0.18;
/// Blocks darker than this are black and say nothing about exposure.
const DARK: f64 = 1e-8;
const LUMINANCE: [f64; 3] = [0.2126, 0.7152, 0.0722];

/// Per-pixel means of a rectangle: all that a denoiser sees of it. Row by row, channels interleaved.
#[derive(Clone, Debug, PartialEq)]
pub struct Noisy {
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Mean radiance, three a pixel.
    pub radiance: Vec<f32>,
    /// Mean albedo, three a pixel.
    pub albedo: Vec<f32>,
    /// Mean normal, three a pixel, not brought to length 1.
    pub normal: Vec<f32>,
    /// Mean depth of the samples that hit something, metres; means nothing where none did.
    pub depth: Vec<f32>,
    /// Share of the samples that hit something.
    pub hits: Vec<f32>,
    /// Variance of the mean luminance; 0 where fewer than two samples are there.
    pub variance: Vec<f32>,
    /// Number of samples.
    pub samples: Vec<u32>,
}

/// Why a rectangle was not denoised.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct DenoiseFault(pub String);

/// Denoises rectangles.
pub trait TileDenoiser: Send {
    /// The network that it runs.
    fn network(&self) -> NetworkId;

    /// So many pixels around a rectangle decide every bit of it: with that margin, cuts along [`ALIGN_PX`] are not seen.
    fn reach_px(&self) -> u32;

    /// Most pixels that it can look at together; larger pictures are cut, with that reach around each part.
    fn pixels_max(&self) -> usize {
        1 << 22
    }

    /// The denoised radiance of every pixel, three values each, finite and not negative.
    ///
    /// # Errors
    /// What the device said; the same rectangle may be tried elsewhere.
    fn denoise(&mut self, noisy: &Noisy, exposure_scale: f32) -> Result<Vec<f32>, DenoiseFault>;
}

impl TileOrder {
    /// The pixels that must be traced so that `rect` can be denoised: with the margin, and outwards to the grid.
    pub fn seen_rect(&self) -> TileRect {
        seen(self.rect, self.margin_px, self.settings.size)
    }

    /// The denoised colours of `rect` from the sums of all samples over [`Self::seen_rect`].
    ///
    /// # Errors
    /// As [`Picture::denoise`].
    pub fn denoise(
        &self,
        sums: &TilePlanes,
        denoiser: &mut dyn TileDenoiser,
    ) -> Result<Vec<f32>, DenoiseFault> {
        let outer = sums.rect();
        let rect = TileRect { x: self.rect.x - outer.x, y: self.rect.y - outer.y, ..self.rect };
        let picture = Picture::of_tile(sums, self.settings.spp);
        let mut picture = picture.ok_or_else(|| DenoiseFault("it is no picture".into()))?;
        picture.denoise(rect, self.margin_px, denoiser, self.settings.exposure_scale)?;
        let colours = picture.rect().crop(picture.beauty(), 3, rect);
        colours.ok_or_else(|| DenoiseFault("the tile lies outside of what was traced".into()))
    }
}

fn seen(rect: TileRect, margin_px: u32, frame: FrameSize) -> TileRect {
    rect.grown(margin_px, frame).aligned(ALIGN_PX, frame)
}

/// Cuts a rectangle into what a denoiser can look at, of all that it may see around it.
fn parts(rect: TileRect, limits: TileRect, denoiser: &dyn TileDenoiser) -> Vec<TileRect> {
    if limits.pixels() <= denoiser.pixels_max() {
        return vec![rect];
    }
    // One step is lost where the reach is rounded outwards to the grid, on each of the two sides.
    let around_px = 2 * (denoiser.reach_px() as usize + ALIGN_PX as usize);
    let side = denoiser.pixels_max().isqrt().saturating_sub(around_px);
    let side = u32::try_from(side).unwrap_or(u32::MAX) / ALIGN_PX * ALIGN_PX;
    rect.cut(side.max(ALIGN_PX))
}

impl Picture {
    /// What a denoiser sees of some pixels; `None` outside the picture or without the planes of [`crate::PlaneSet::DEFAULT`].
    pub fn noisy(&self, rect: TileRect) -> Option<Noisy> {
        let whole = self.rect();
        let plane = |plane: Plane| whole.crop(self.plane(plane)?, plane.channels(), rect);
        Some(Noisy {
            width: rect.width,
            height: rect.height,
            radiance: plane(Plane::Radiance)?,
            albedo: plane(Plane::Albedo)?,
            normal: plane(Plane::Normal)?,
            depth: plane(Plane::Depth)?,
            hits: plane(Plane::Hits)?,
            variance: whole.crop(self.variance()?, 1, rect)?,
            samples: whole.crop(self.samples(), 1, rect)?,
        })
    }

    /// Denoises the pixels of a rectangle, seeing `margin_px` pixels around it and outwards to the next lines of the grid.
    ///
    /// What the denoiser cannot look at together is cut into parts, which changes nothing in the result. Pixels without samples stay empty.
    ///
    /// # Errors
    /// The denoiser's fault, or what is wrong with what it gave back; the part in which it happened is then as before.
    pub fn denoise(
        &mut self,
        rect: TileRect,
        margin_px: u32,
        denoiser: &mut dyn TileDenoiser,
        exposure_scale: f32,
    ) -> Result<(), DenoiseFault> {
        let (size, reach_px) = (self.size(), denoiser.reach_px());
        let limits = seen(rect, margin_px, size);
        for part in parts(rect, limits, denoiser) {
            let seen = if part == rect { limits } else { seen(part, reach_px, size).intersection(limits) };
            let noisy =
                self.noisy(seen).ok_or_else(|| DenoiseFault("its planes were not rendered".into()))?;
            let colours = denoiser.denoise(&noisy, exposure_scale)?;
            let colours = seen.crop(&colours, 3, part);
            let colours =
                colours.filter(|colours| colours.iter().all(|value| value.is_finite() && *value >= 0.0));
            let colours = colours
                .ok_or_else(|| DenoiseFault("the network gave something that is no picture".into()))?;
            self.set_denoised(part, &colours);
        }
        Ok(())
    }

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

#[cfg(test)]
mod tests;
