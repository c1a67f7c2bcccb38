//! Steadies an animation: a denoised frame, averaged with its neighbours in time where these show the same surface in the same light.
//!
//! Each frame is denoised by itself, so what the denoiser guessed wrong is wrong in another way in the next one, which an eye sees as flicker.
//! Neighbours are fetched along the motion plane and taken where albedo, normal and depth agree and where the frame's own noisy
//! picture does not contradict them; where nothing agrees, the frame stays as it is. Nothing here knows a file, a clock or an order
//! of arrival: a steadied frame is a pure function of at most three pictures. `docs/denoiser.md`, section 9, is the definition,
//! `training/denoiser/flicker.py` the same in PyTorch.

mod fetch;
mod light;

use crate::{Picture, Plane, PlaneSet};
use fetch::{Fetched, Guides};
use light::Light;

/// What a frame must have so that it can be steadied, and help its neighbours.
pub const PLANES: PlaneSet = PlaneSet::DEFAULT.with(Plane::Motion);

/// Rows that are worked on together: what is held beside the pictures does not grow with them.
const BAND_ROWS: usize = 64;

/// Why a frame was not steadied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HistoryFault {
    /// A picture lacks what decides whether two frames show the same.
    #[error("its planes were not rendered")]
    Planes,
    /// A neighbour is no frame of the same film.
    #[error("its neighbour has another size")]
    Size,
}

/// The frames around one, as they were denoised, before any of them was steadied.
#[derive(Clone, Copy, Debug, Default)]
pub struct Neighbours<'a> {
    /// The frame one step (1 / frames per second) earlier; `None` where there is none.
    pub before: Option<&'a Picture>,
    /// The frame one step later.
    pub after: Option<&'a Picture>,
}

impl Picture {
    /// The beauty of this frame averaged with its neighbours' where they agree: three values a pixel, scene-linear, row by row.
    ///
    /// Taken are the frames as they were [denoised](Self::denoised), with all of [`PLANES`]; `exposure_scale` is this frame's own, which says how dark is
    /// dark. A pixel without samples, or with colours that are not finite, stays as it is; where no neighbour agrees, so does every bit.
    ///
    /// # Errors
    /// [`HistoryFault`] when a picture has other planes or another size.
    pub fn steadied(&self, around: Neighbours<'_>, exposure_scale: f32) -> Result<Vec<f32>, HistoryFault> {
        let own = Guides::of(self).ok_or(HistoryFault::Planes)?;
        let light = Light::of(self, exposure_scale).ok_or(HistoryFault::Planes)?;
        let mut others = Vec::new();
        // Motion leads from the frame before to this one; forward, a point is taken to go on as it came.
        for (other, forth) in [(around.before, -1.0), (around.after, 1.0)] {
            let Some(other) = other else { continue };
            if other.size() != self.size() {
                return Err(HistoryFault::Size);
            }
            others.push((Guides::of(other).ok_or(HistoryFault::Planes)?, forth));
        }
        let mut out = self.denoised().to_vec();
        for first in (0..own.height).step_by(BAND_ROWS) {
            let rows = first..(first + BAND_ROWS).min(own.height);
            let seen = first.saturating_sub(light::REACH)..(rows.end + light::REACH).min(own.height);
            let skipped = (first - seen.start) * own.width;
            let band = &mut out[3 * rows.start * own.width..3 * rows.end * own.width];
            let fetched: Vec<(Fetched, Vec<f32>)> = others
                .iter()
                .map(|(other, forth)| {
                    let fetched = own.fetch(other, *forth, seen.clone());
                    let weights = light.weights(&fetched, seen.clone());
                    (fetched, weights)
                })
                .collect();
            blend(band, &fetched, skipped);
        }
        Ok(out)
    }

    /// Replaces the beauty by what [`Self::steadied`] gave; [`Self::denoised`] stays.
    ///
    /// # Errors
    /// As [`Self::steadied`]; the picture is then as before.
    pub fn steady(&mut self, around: Neighbours<'_>, exposure_scale: f32) -> Result<(), HistoryFault> {
        let colours = self.steadied(around, exposure_scale)?;
        self.set_steadied(colours);
        Ok(())
    }
}

/// Turns some rows' own colours into the mean of what is there, each neighbour by its weight of at most 1; the first `skipped` pixels
/// of what was fetched lie above these rows.
fn blend(band: &mut [f32], fetched: &[(Fetched, Vec<f32>)], skipped: usize) {
    for (pixel, own) in band.chunks_exact_mut(3).enumerate() {
        let at = skipped + pixel;
        let total: f32 = 1.0 + fetched.iter().map(|(_, weights)| weights[at]).sum::<f32>();
        if total <= 1.0 {
            continue;
        }
        for (channel, own) in own.iter_mut().enumerate() {
            let apart = |(fetched, weights): &(Fetched, Vec<f32>)| {
                weights[at] * (fetched.colours[3 * at + channel] - *own)
            };
            // As a step away from the own value: what is equal stays equal to the bit.
            let mixed = *own + fetched.iter().map(apart).sum::<f32>() / total;
            if mixed.is_finite() {
                *own = mixed;
            }
        }
    }
}

#[cfg(test)]
mod tests;
