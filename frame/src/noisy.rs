//! What is asked of a denoiser and what it gives back, and the two numbers that all tiles of a frame share.
//!
//! `docs/denoiser.md` is the definition. Nothing here knows a network: whoever runs one is a [`TileDenoiser`], on a node
//! behind its renderer and on the artist's machine behind the film.

mod exposure;
mod means;
mod renderer;

use crate::{FrameSize, NetworkId, Picture, TileOrder, TilePlanes, TileRect};

pub use means::{Noisy, NoisyPlanes};
pub use renderer::{DenoiseFaults, DenoisingRenderer};

/// Everything that is denoised lies on this grid of the frame's pixels, or ends at its border.
pub const ALIGN_PX: u32 = 16;
/// Widest margin that an order may ask for, pixels: beyond it a node would trace more than the tile.
pub const MARGIN_PX_MAX: u32 = 256;

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

/// A rectangle to be denoised, and all that may be seen of its frame.
struct Cut {
    rect: TileRect,
    limits: TileRect,
    frame: FrameSize,
}

impl Cut {
    /// The denoised colours in parts: what the denoiser cannot look at together is cut, which changes nothing in the result.
    fn denoise(
        &self,
        denoiser: &mut dyn TileDenoiser,
        exposure_scale: f32,
        noisy_of: impl Fn(TileRect) -> Option<Noisy>,
    ) -> Result<Vec<(TileRect, Vec<f32>)>, DenoiseFault> {
        let fault = |what: &str| DenoiseFault(what.to_owned());
        let reach_px = denoiser.reach_px();
        let mut denoised = Vec::new();
        for part in self.parts(denoiser) {
            let whole = part == self.rect;
            let seen =
                if whole { self.limits } else { seen(part, reach_px, self.frame).intersection(self.limits) };
            let noisy = noisy_of(seen).ok_or_else(|| fault("its planes were not rendered"))?;
            let colours = denoiser.denoise(&noisy, exposure_scale)?;
            let colours = seen.crop(&colours, 3, part).filter(|colours| is_light(colours));
            denoised
                .push((part, colours.ok_or_else(|| fault("the network gave something that is no picture"))?));
        }
        Ok(denoised)
    }

    fn parts(&self, denoiser: &dyn TileDenoiser) -> Vec<TileRect> {
        if self.limits.pixels() <= denoiser.pixels_max() {
            return vec![self.rect];
        }
        // One step is lost where the reach is rounded outwards to the grid, on each of the two sides.
        let around_px = 2 * (denoiser.reach_px() as usize + ALIGN_PX as usize);
        let side = denoiser.pixels_max().isqrt().saturating_sub(around_px);
        let side = u32::try_from(side).unwrap_or(u32::MAX) / ALIGN_PX * ALIGN_PX;
        self.rect.cut(side.max(ALIGN_PX))
    }
}

fn is_light(values: &[f32]) -> bool {
    values.iter().all(|value| value.is_finite() && *value >= 0.0)
}

impl Noisy {
    /// The denoised radiance of every pixel, however many there are: three values each.
    ///
    /// # Errors
    /// As [`Picture::denoise`].
    pub fn denoise(
        &self,
        denoiser: &mut dyn TileDenoiser,
        exposure_scale: f32,
    ) -> Result<Vec<f32>, DenoiseFault> {
        let frame =
            FrameSize::new(self.width(), self.height()).map_err(|error| DenoiseFault(error.to_string()))?;
        let rect = TileRect { x: 0, y: 0, width: self.width(), height: self.height() };
        let cut = Cut { rect, limits: rect, frame };
        let mut whole = vec![0.0; rect.pixels() * 3];
        for (part, colours) in cut.denoise(denoiser, exposure_scale, |seen| self.cropped(seen))? {
            rect.paste(&mut whole, 3, part, &colours);
        }
        Ok(whole)
    }
}

impl Picture {
    /// Denoises the pixels of a rectangle, seeing `margin_px` pixels around it and outwards to the next lines of the grid.
    ///
    /// Pixels without samples stay empty.
    ///
    /// # Errors
    /// The denoiser's fault, or what is wrong with what it gave back; the picture is then as before.
    pub fn denoise(
        &mut self,
        rect: TileRect,
        margin_px: u32,
        denoiser: &mut dyn TileDenoiser,
        exposure_scale: f32,
    ) -> Result<(), DenoiseFault> {
        let cut = Cut { rect, limits: seen(rect, margin_px, self.size()), frame: self.size() };
        let parts = cut.denoise(denoiser, exposure_scale, |seen| self.noisy(seen))?;
        parts.iter().for_each(|(part, colours)| self.set_denoised(*part, colours));
        Ok(())
    }
}

#[cfg(test)]
mod tests;
