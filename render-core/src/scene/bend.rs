//! How a mesh changes its shape while the shutter is open: section 9 of `docs/rendering.md`.

use glam::{Affine3A, Vec3, Vec4};

use super::Mesh;

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

    pub(super) fn check(&self, mesh: &Mesh) -> Result<(), String> {
        for end in [&self.open, &self.close] {
            let lengths = [end.positions.len(), end.normals.len(), end.tangents.len()];
            if lengths != [mesh.positions.len(), mesh.normals.len(), mesh.tangents.len()] {
                return Err("an end of its bend has other attributes than it has".into());
            }
            let mut vectors = end.positions.iter().chain(&end.normals);
            if !(vectors.all(|v| v.is_finite()) && end.tangents.iter().all(|v| v.is_finite())) {
                return Err("a number of its bend is not finite".into());
            }
        }
        Ok(())
    }
}

impl Mesh {
    /// Where a triangle's corners are at a time, 0 to 1, in object space.
    pub fn corners_at(&self, triangle: u32, time: f32) -> [Vec3; 3] {
        let corners = self.triangles[triangle as usize].map(|corner| corner as usize);
        match &self.bend {
            None => corners.map(|corner| self.positions[corner]),
            Some(bend) => corners.map(|corner| {
                let (open, close) = (bend.open.positions[corner], bend.close.positions[corner]);
                open + (close - open) * time
            }),
        }
    }

    /// Twice the area by which a triangle is weighed among lights where the mesh stands like this: of one that bends, the mean of both ends.
    pub fn twice_area_weighed(&self, triangle: u32, world_from_object: &Affine3A) -> f32 {
        let area_at = |time: f32| {
            let [a, b, c] =
                self.corners_at(triangle, time).map(|corner| world_from_object.transform_point3(corner));
            (b - a).cross(c - a).length()
        };
        if self.bend.is_none() { area_at(0.5) } else { 0.5 * (area_at(0.0) + area_at(1.0)) }
    }
}
