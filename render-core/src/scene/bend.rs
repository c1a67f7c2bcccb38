//! How a mesh changes its shape while the shutter is open: section 9 of `docs/rendering.md`.

use glam::{Vec3, Vec4};

/// A mesh's corners from time 0, when the shutter opens, to time 1, when it closes: each goes straight and evenly from one end to the other.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bend {
    /// As the shutter opens.
    pub open: Corners,
    /// As it closes.
    pub close: Corners,
}

/// What of a mesh's corners moves with its shape; each list is as long as the mesh's own.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Corners {
    /// Places, metres, object space.
    pub positions: Vec<Vec3>,
    /// Unit shading normals.
    pub normals: Vec<Vec3>,
    /// Unit tangents and handedness.
    pub tangents: Vec<Vec4>,
}

/// What rounding may move a corner by on its way, per metre of its coordinates.
const ROUNDING: f32 = 4e-7;

impl Bend {
    /// A box around everything that a triangle goes through, by its corners at both ends.
    pub fn bounds(open: &[Vec3; 3], close: &[Vec3; 3]) -> (Vec3, Vec3) {
        let ends = || open.iter().chain(close);
        let low = ends().fold(Vec3::INFINITY, |low, &corner| low.min(corner));
        let high = ends().fold(Vec3::NEG_INFINITY, |high, &corner| high.max(corner));
        let pad = low.abs().max(high.abs()) * ROUNDING;
        (low - pad, high + pad)
    }

    /// `lengths`: of the mesh's own positions, normals and tangents.
    pub(super) fn check(&self, lengths: [usize; 3]) -> Result<(), String> {
        for end in [&self.open, &self.close] {
            if lengths != [end.positions.len(), end.normals.len(), end.tangents.len()] {
                return Err("an attribute has another length than the positions".into());
            }
            let mut vectors = end.positions.iter().chain(&end.normals);
            if !(vectors.all(|v| v.is_finite()) && end.tangents.iter().all(|v| v.is_finite())) {
                return Err("a number is not finite".into());
            }
        }
        Ok(())
    }
}
