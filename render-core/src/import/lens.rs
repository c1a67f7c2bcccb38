//! The lens of a camera: what the file notes of it, and what is asked for in its place.

use super::fault::{ImportError, Warnings};
use super::notes::Notes;
use crate::scene::{Camera, Lens, Projection};

/// What a camera's extras call its lens.
const LENS_NOTE: &str = "tessera_lens";

/// What is asked of the lens, whatever the file says.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct LensWish {
    pub(super) f_stop: Option<f32>,
    /// Metres.
    pub(super) focus_distance: Option<f32>,
}

/// The lens that a camera's notes speak of.
pub(super) fn of_notes(notes: &Notes, place: &str, warnings: &mut Warnings) -> Option<Lens> {
    let notes = notes.within(LENS_NOTE, place, warnings)?;
    let pinhole = Lens::default();
    let mut number = |key, range| notes.number(key, range, place, warnings);
    Some(Lens {
        radius: number("radius", 0.0..=1e3).unwrap_or(pinhole.radius),
        focus_distance: number("focus_distance", 1e-4..=1e9).unwrap_or(pinhole.focus_distance),
        blades: number("blades", 0.0..=Lens::MOST_BLADES as f32)
            .map_or(pinhole.blades, |blades| blades as u32),
        rotation: number("rotation", -1e3..=1e3).unwrap_or(pinhole.rotation),
        squeeze: number("squeeze", 1e-2..=1e2).unwrap_or(pinhole.squeeze),
    })
}

impl LensWish {
    /// Whether it can be granted to the camera that is used; `known`: what the file notes of its lens.
    pub(super) fn check(
        self,
        known: Option<Lens>,
        camera: &Camera,
        warnings: &mut Warnings,
    ) -> Result<(), ImportError> {
        if self.f_stop.is_none() && self.focus_distance.is_none() {
            return Ok(());
        }
        if matches!(camera.projection, Projection::Orthographic { .. }) {
            warnings
                .warn("", "an orthographic camera has no lens, so the f-stop and the focus change nothing");
        } else if self.f_stop.is_some() && self.focus_distance.is_none() && known.is_none() {
            return Err(ImportError::NoFocus);
        } else if self.f_stop.is_none() && known.is_none_or(|lens| lens.radius == 0.0) {
            warnings.warn(
                "",
                "the camera is a pinhole, which shows all distances sharp, so the focus changes nothing",
            );
        }
        Ok(())
    }

    /// Changes the camera as far as something is asked.
    pub(super) fn apply(self, camera: &mut Camera) {
        let Projection::Perspective { fov_y } = camera.projection else { return };
        if let Some(f_stop) = self.f_stop {
            camera.lens.radius = Lens::radius_at(f_stop, fov_y);
        }
        if let Some(distance) = self.focus_distance {
            camera.lens.focus_distance = distance;
        }
    }
}
