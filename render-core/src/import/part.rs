//! What is read of a primitive: triangles at rest, and what moves them.

use glam::Vec3;

use crate::scene::Mesh;

/// A primitive at rest, and what moves it.
#[derive(Debug, Default)]
pub(super) struct Part {
    pub(super) base: Mesh,
    /// The file gives no normals, so each triangle keeps its own also when it moves.
    pub(super) flat: bool,
    /// One for each morph target, perhaps with empty arrays.
    pub(super) morphs: Vec<Morph>,
    pub(super) influences: Option<Influences>,
}

/// Offsets that a morph target adds; each list is empty or whole.
#[derive(Debug, Default)]
pub(super) struct Morph {
    pub(super) positions: Vec<Vec3>,
    pub(super) normals: Vec<Vec3>,
    pub(super) tangents: Vec<Vec3>,
}

/// Which joints pull a corner, four to a set.
#[derive(Debug, Default)]
pub(super) struct Influences {
    pub(super) sets: Vec<Vec<([u32; 4], [f32; 4])>>,
}

impl Part {
    /// Whether it looks different from instant to instant, on a node with or without a skin.
    pub(super) fn moves(&self, skinned: bool) -> bool {
        !self.morphs.is_empty() || (skinned && self.influences.is_some())
    }

    /// Makes corner `i` of the new part the old corner `corners[i]`; triangles are the caller's to mend.
    pub(super) fn pick(&mut self, corners: &[u32]) {
        fn picked<T: Copy>(list: &mut Vec<T>, corners: &[u32]) {
            if !list.is_empty() {
                *list = corners.iter().map(|&corner| list[corner as usize]).collect();
            }
        }
        picked(&mut self.base.positions, corners);
        picked(&mut self.base.normals, corners);
        picked(&mut self.base.tangents, corners);
        picked(&mut self.base.colors, corners);
        self.base.uv_sets.iter_mut().for_each(|set| picked(set, corners));
        for morph in &mut self.morphs {
            picked(&mut morph.positions, corners);
            picked(&mut morph.normals, corners);
            picked(&mut morph.tangents, corners);
        }
        self.influences.iter_mut().flat_map(|own| &mut own.sets).for_each(|set| picked(set, corners));
    }
}

impl Mesh {
    /// The face's normal, not of unit length; in double precision, because small edges underflow.
    fn face(&self, triangle: [u32; 3]) -> glam::DVec3 {
        let [a, b, c] = triangle.map(|corner| self.positions[corner as usize].as_dvec3());
        (b - a).cross(c - a)
    }

    pub(super) fn drop_flat_triangles(&mut self) {
        let mut triangles = std::mem::take(&mut self.triangles);
        triangles.retain(|&triangle| self.face(triangle).length_squared() > 0.0);
        self.triangles = triangles;
    }

    /// Makes normals unit length; where the file gives none of any length, the faces around give one.
    pub(super) fn make_normals_unit(&mut self) {
        let mut broken = false;
        for normal in &mut self.normals {
            *normal = normal.as_dvec3().normalize_or_zero().as_vec3();
            broken |= *normal == Vec3::ZERO;
        }
        if !broken {
            return;
        }
        let mut sums = vec![glam::DVec3::ZERO; self.positions.len()];
        for &triangle in &self.triangles {
            let face = self.face(triangle);
            triangle.iter().for_each(|&corner| sums[corner as usize] += face);
        }
        for (normal, sum) in self.normals.iter_mut().zip(sums) {
            if *normal == Vec3::ZERO {
                *normal = sum.try_normalize().map_or(Vec3::Z, |sum| sum.as_vec3());
            }
        }
    }

    /// Gives each corner the normal of its triangle; the mesh must share no corners between triangles.
    pub(super) fn make_normals_flat(&mut self) {
        self.normals = vec![Vec3::Z; self.positions.len()];
        for &triangle in &self.triangles {
            let normal = self.face(triangle).try_normalize().map_or(Vec3::Z, |face| face.as_vec3());
            triangle.iter().for_each(|&corner| self.normals[corner as usize] = normal);
        }
    }
}
