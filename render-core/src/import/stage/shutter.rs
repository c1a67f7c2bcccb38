//! What moves while the shutter is open.

use super::{Moment, Stage};
use crate::import::fault::ImportError;

/// Where everything is at both ends of the shutter's time.
pub(super) struct Shutter {
    pub(super) open: Moment,
    pub(super) close: Moment,
}

impl Stage {
    /// Where everything is as the shutter opens and as it closes; `None` where nothing can move meanwhile.
    pub(super) fn shutter_at(
        &self,
        seconds: f32,
        frame_seconds: f32,
    ) -> Result<Option<Shutter>, ImportError> {
        let half = 0.5 * self.shutter * frame_seconds;
        if half <= 0.0 || self.animation.is_none() {
            return Ok(None);
        }
        let end = |at| self.moment_around(at, seconds);
        Ok(Some(Shutter { open: end(seconds - half)?, close: end(seconds + half)? }))
    }
}
