//! What moves while the shutter is open, and what should but does not.

use glam::DAffine3;

use super::{Moving, Shape, Stage};
use crate::import::fault::{ImportError, Warnings};

/// Where all nodes stand while the shutter is open.
pub(super) struct Shutter {
    pub(super) open: Vec<DAffine3>,
    pub(super) close: Vec<DAffine3>,
}

impl Stage {
    /// Where all nodes stand as the shutter opens and as it closes; `None` where nothing can move meanwhile.
    pub(super) fn shutter_at(
        &self,
        seconds: f32,
        frame_seconds: f32,
    ) -> Result<Option<Shutter>, ImportError> {
        let half = 0.5 * self.shutter * frame_seconds;
        if half <= 0.0 || self.animation.is_none() {
            return Ok(None);
        }
        let (open, close) = (self.worlds_at(seconds - half)?.0, self.worlds_at(seconds + half)?.0);
        Ok(Some(Shutter { open, close }))
    }

    /// Names what moves but is rendered as it is at the frame, although the shutter is open for a while.
    pub(in crate::import) fn name_unblurred(&self, warnings: &mut Warnings) {
        let Some(animation) = self.animation.as_ref().filter(|_| self.shutter > 0.0) else { return };
        for moving in self.meshes.iter().filter_map(Shape::moving) {
            if moving.skin.is_some() || animation.changes_shape_of(moving.node) {
                let place = self.tree.place(moving.node);
                warnings.warn(
                    place,
                    "its mesh changes its shape, which is not blurred while the shutter is open",
                );
            }
        }
        for lamp in self.lamps.iter().filter(|lamp| animation.moves(&self.tree, lamp.node)) {
            let place = self.tree.place(lamp.node);
            warnings.warn(place, "its light moves, which is not blurred while the shutter is open");
        }
    }
}

impl Shape {
    fn moving(&self) -> Option<&Moving> {
        match self {
            Self::Still(_) => None,
            Self::Moving(moving) => Some(moving),
        }
    }
}
