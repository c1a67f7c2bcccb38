//! Tangents for normal maps: the file's, or those of MikkTSpace, which normal maps are baked for.

use std::collections::HashMap;

use bevy_mikktspace::{Geometry, TangentSpace, generate_tangents};
use glam::{Vec2, Vec3, Vec4};

use super::geometry::Part;
use crate::scene::Mesh;

/// Makes sure that a part has unit tangents, and the normals they need.
pub(super) fn fill(part: &mut Part, uv_set: usize) {
    if part.flat {
        // The format ignores tangents without normals, and flat shading cannot share corners.
        part.base.tangents.clear();
        let corners: Vec<u32> = part.base.triangles.iter().flatten().copied().collect();
        part.pick(&corners);
        part.base.triangles =
            (0..corners.len() as u32 / 3).map(|face| [3 * face, 3 * face + 1, 3 * face + 2]).collect();
        part.base.make_normals_flat();
    }
    if part.base.tangents.is_empty() {
        generate(part, uv_set);
    }
    part.base.make_tangents_unit();
}

/// A unit vector across a unit normal.
pub(super) fn across(normal: Vec3) -> Vec3 {
    normal.any_orthonormal_vector()
}

impl Part {
    /// Makes corner `i` of the new part the old corner `corners[i]`; triangles are the caller's to mend.
    fn pick(&mut self, corners: &[u32]) {
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
    /// Makes tangents unit length and across their normals, handedness ±1.
    pub(super) fn make_tangents_unit(&mut self) {
        for (tangent, &normal) in self.tangents.iter_mut().zip(&self.normals) {
            let flat = tangent.truncate();
            let flat = flat - normal * normal.dot(flat);
            let unit = flat.try_normalize().unwrap_or_else(|| across(normal));
            *tangent = unit.extend(if tangent.w < 0.0 { -1.0 } else { 1.0 });
        }
    }
}

/// Generates tangents by corner of face, then shares them again where they agree.
fn generate(part: &mut Part, uv_set: usize) {
    let mut faces = Faces { mesh: &part.base, uvs: &part.base.uv_sets[uv_set], tangents: Vec::new() };
    faces.tangents = vec![None; part.base.triangles.len() * 3];
    // Its error type has no values: it cannot fail.
    let _ = generate_tangents(&mut faces);
    let tangents = faces.tangents;
    let mut known: HashMap<(u32, [u32; 4]), u32> = HashMap::new();
    let mut corners = Vec::new();
    let mut by_corner = Vec::new();
    let mut triangles = part.base.triangles.clone();
    for (slot, tangent) in triangles.iter_mut().flatten().zip(tangents) {
        let usable = tangent.filter(|tangent| tangent.is_finite());
        let tangent = usable.unwrap_or_else(|| across(part.base.normals[*slot as usize]).extend(1.0));
        let key = (*slot, tangent.to_array().map(f32::to_bits));
        *slot = *known.entry(key).or_insert_with(|| {
            corners.push(*slot);
            by_corner.push(tangent);
            corners.len() as u32 - 1
        });
    }
    part.pick(&corners);
    part.base.triangles = triangles;
    part.base.tangents = by_corner;
}

struct Faces<'a> {
    mesh: &'a Mesh,
    uvs: &'a [Vec2],
    tangents: Vec<Option<Vec4>>,
}

impl Geometry for Faces<'_> {
    fn num_faces(&self) -> usize {
        self.mesh.triangles.len()
    }

    fn num_vertices_of_face(&self, _face: usize) -> usize {
        3
    }

    fn position(&self, face: usize, vert: usize) -> [f32; 3] {
        self.mesh.positions[self.mesh.triangles[face][vert] as usize].into()
    }

    fn normal(&self, face: usize, vert: usize) -> [f32; 3] {
        self.mesh.normals[self.mesh.triangles[face][vert] as usize].into()
    }

    fn tex_coord(&self, face: usize, vert: usize) -> [f32; 2] {
        // MikkTSpace counts v upwards, glTF downwards; without the flip every handedness would be wrong.
        let uv = self.uvs[self.mesh.triangles[face][vert] as usize];
        [uv.x, 1.0 - uv.y]
    }

    fn set_tangent(&mut self, tangent_space: Option<TangentSpace>, face: usize, vert: usize) {
        self.tangents[face * 3 + vert] = tangent_space.map(|space| Vec4::from(space.tangent_encoded()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_wall_has_tangents_along_u_and_right_handed() {
        let mesh = Mesh {
            positions: vec![Vec3::ZERO, Vec3::X, Vec3::new(1.0, 1.0, 0.0), Vec3::Y],
            normals: vec![Vec3::Z; 4],
            uv_sets: vec![vec![Vec2::new(0.0, 1.0), Vec2::new(1.0, 1.0), Vec2::new(1.0, 0.0), Vec2::ZERO]],
            triangles: vec![[0, 1, 2], [0, 2, 3]],
            ..Mesh::default()
        };
        let mut part = Part { base: mesh, ..Part::default() };
        fill(&mut part, 0);
        assert_eq!(part.base.positions.len(), 4, "corners that agree stay shared");
        for tangent in &part.base.tangents {
            assert!((*tangent - Vec4::new(1.0, 0.0, 0.0, 1.0)).length() < 1e-6, "{tangent}");
        }
    }
}
