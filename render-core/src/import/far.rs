//! Scenes far from the origin: places are numbers of 24 bits, so that little of a small scene is left out there.

use glam::Vec3;

use super::fault::Warnings;

/// As many steps of its numbers a scene must be wide; with fewer, edges and shadows break up in a picture.
const STEPS_ACROSS_MIN: f32 = 16_384.0;

/// Warns when the corners of a scene's box are so far out that the scene is only some thousand steps wide.
pub(super) fn warn_if_far(bounds: Option<(Vec3, Vec3)>, warnings: &mut Warnings) {
    let Some((low, high)) = bounds.filter(|(low, high)| low.is_finite() && high.is_finite()) else { return };
    let out = low.abs().max(high.abs()).max_element();
    let step = out.next_up() - out;
    let width = (high - low).max_element();
    if width < step * STEPS_ACROSS_MIN && width > 0.0 {
        let text = format!(
            "the scene lies {out} m from the origin, where places are exact to {step} m only, so that it may look broken; move it to the origin"
        );
        warnings.warn("", text);
    }
}
