//! Triangles and where they stand.

use glam::{Affine3A, Vec2, Vec3, Vec4};

use super::{Bend, Sweep};

/// An indexed triangle mesh in object space with one material.
///
/// Attribute arrays are either empty (absent) or as long as `positions`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Mesh {
    /// Corners, metres.
    pub positions: Vec<Vec3>,
    /// The same corners one frame earlier, for motion vectors. Empty: the mesh keeps its shape.
    pub positions_before: Vec<Vec3>,
    /// Its shape while the shutter is open; `None`: it keeps the one that it has. What it has above and below is that of the frame.
    pub bend: Option<Box<Bend>>,
    /// Unit shading normals. Empty: the mesh is flat, each triangle shades with its own normal.
    pub normals: Vec<Vec3>,
    /// Unit tangent and handedness (w = ±1), for normal maps; needs `normals`.
    pub tangents: Vec<Vec4>,
    /// UV sets, at most [`Mesh::UV_SETS_MAX`]; the origin is the texture's upper left.
    pub uv_sets: Vec<Vec<Vec2>>,
    /// Linear RGBA that multiplies the base colour.
    pub colors: Vec<Vec4>,
    /// Corner indices, counter-clockwise seen from the front (before instancing).
    pub triangles: Vec<[u32; 3]>,
    /// Index of its material.
    pub material: u32,
}

/// A mesh placed in the world.
#[derive(Clone, Debug, PartialEq)]
pub struct Instance {
    /// Index of the mesh.
    pub mesh: u32,
    /// Object to world; may mirror (negative determinant) and shear. One that [is flat](Self::is_flat) is not rendered.
    pub world_from_object: Affine3A,
    /// The same one frame earlier, for motion vectors.
    pub world_from_object_before: Affine3A,
    /// Where it stands instead while the shutter is open; `None`: it stands still, as `world_from_object` says.
    pub sweep: Option<Box<Sweep>>,
    /// 1-based id of the object (glTF node) it belongs to.
    pub object_id: u32,
}

impl Instance {
    /// Whether it is flattened to nothing, so that no ray can be taken into its space: whoever renders leaves it out, its light too.
    pub fn is_flat(&self) -> bool {
        Self::flattens(&self.world_from_object)
    }

    /// Whether an instance that stands so would be flat.
    pub(crate) fn flattens(world_from_object: &Affine3A) -> bool {
        const DETERMINANT_MIN: f32 = 1e-30;
        world_from_object.matrix3.determinant().abs() <= DETERMINANT_MIN
    }
}

impl Mesh {
    /// Most UV sets that are kept.
    pub const UV_SETS_MAX: usize = 4;

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

    pub(super) fn check(&self) -> Result<(), String> {
        let corners = self.positions.len();
        let absent_or_whole = |length: usize| length == 0 || length == corners;
        let attributes =
            [self.positions_before.len(), self.normals.len(), self.tangents.len(), self.colors.len()];
        let uv_whole =
            self.uv_sets.len() <= Self::UV_SETS_MAX && self.uv_sets.iter().all(|set| set.len() == corners);
        if !uv_whole || !attributes.into_iter().all(absent_or_whole) {
            return Err("an attribute has another length than the positions".into());
        }
        if !self.tangents.is_empty() && self.normals.is_empty() {
            return Err("tangents without normals".into());
        }
        if self.triangles.iter().flatten().any(|&corner| corner as usize >= corners) {
            return Err("a triangle names a corner that does not exist".into());
        }
        let mut vectors = self.positions.iter().chain(&self.positions_before).chain(&self.normals);
        let finite = vectors.all(|v| v.is_finite())
            && self.tangents.iter().chain(&self.colors).all(|v| v.is_finite())
            && self.uv_sets.iter().flatten().all(|v| v.is_finite());
        if !finite {
            return Err("a number is not finite".into());
        }
        self.bend
            .as_ref()
            .map_or(Ok(()), |bend| bend.check([corners, self.normals.len(), self.tangents.len()]))
    }
}
