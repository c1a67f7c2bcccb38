//! Tangents for normal maps: the file's, or those of MikkTSpace, which normal maps are baked for.
//!
//! MikkTSpace walks the triangles around a corner by recursion, so it only gets meshes with a bounded number of
//! triangles at any corner, on a stack of its own; a mesh beyond that gets averaged tangents, and a warning.

use std::collections::HashMap;

use bevy_mikktspace::{Geometry, TangentSpace, generate_tangents};
use glam::{DVec3, Vec2, Vec3, Vec4};

use super::fault::Warnings;
use super::part::Part;
use crate::scene::Mesh;

/// Makes sure that a part has unit tangents, and the normals they need.
pub(super) fn fill(part: &mut Part, uv_set: usize, place: &str, warnings: &mut Warnings) {
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
        match mikktspace(&part.base, &part.base.uv_sets[uv_set]) {
            Some(tangents) => adopt(part, &tangents),
            None => {
                warnings.warn(
                    place,
                    "too many triangles meet in one corner, so its tangents are simple averages",
                );
                part.base.tangents = averages(&part.base, &part.base.uv_sets[uv_set]);
            }
        }
    }
    part.base.make_tangents_unit();
}

/// A unit vector across a unit normal.
pub(super) fn across(normal: Vec3) -> Vec3 {
    normal.any_orthonormal_vector()
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

/// Most triangles at one place that MikkTSpace is trusted with.
const VALENCE_MAX: u32 = 2048;

/// Tangents by corner of face; `None` where the mesh is beyond what the generator can take.
fn mikktspace(mesh: &Mesh, uvs: &[Vec2]) -> Option<Vec<Option<Vec4>>> {
    let mut valence: HashMap<[u32; 3], u32> = HashMap::new();
    for &corner in mesh.triangles.iter().flatten() {
        let place = (mesh.positions[corner as usize] + Vec3::ZERO).to_array().map(f32::to_bits);
        let count = valence.entry(place).or_default();
        *count += 1;
        if *count > VALENCE_MAX {
            return None;
        }
    }
    let mut faces = Faces { mesh, uvs, tangents: vec![None; mesh.triangles.len() * 3] };
    std::thread::scope(|scope| {
        let work = move || {
            // Its error type has no values: it cannot fail.
            let _ = generate_tangents(&mut faces);
            faces.tangents
        };
        std::thread::Builder::new().stack_size(16 << 20).spawn_scoped(scope, work).ok()?.join().ok()
    })
}

/// Gives corners their tangents, and splits those whose faces disagree.
fn adopt(part: &mut Part, tangents: &[Option<Vec4>]) {
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

/// The direction of growing u, averaged over the faces at each corner by their size in UV.
fn averages(mesh: &Mesh, uvs: &[Vec2]) -> Vec<Vec4> {
    let mut sums = vec![(DVec3::ZERO, 0.0); mesh.positions.len()];
    for &triangle in &mesh.triangles {
        let [a, b, c] = triangle.map(|corner| mesh.positions[corner as usize].as_dvec3());
        let [s, t, u] = triangle.map(|corner| uvs[corner as usize].as_dvec2());
        let (along, up, area) = (t - s, u - s, (t - s).perp_dot(u - s));
        let direction = ((b - a) * up.y - (c - a) * along.y) * area.signum();
        for corner in triangle {
            sums[corner as usize].0 += direction;
            sums[corner as usize].1 += area;
        }
    }
    let finished = sums.iter().zip(&mesh.normals).map(|((sum, area), &normal)| {
        let unit = sum.try_normalize().map_or_else(|| across(normal), |sum| sum.as_vec3());
        // v counts downwards, so a positive area is a mirrored one.
        unit.extend(if *area > 0.0 { -1.0 } else { 1.0 })
    });
    finished.collect()
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
        // Adding zero makes -0 a plain zero: corners are welded by their bits.
        (self.mesh.positions[self.mesh.triangles[face][vert] as usize] + Vec3::ZERO).into()
    }

    fn normal(&self, face: usize, vert: usize) -> [f32; 3] {
        (self.mesh.normals[self.mesh.triangles[face][vert] as usize] + Vec3::ZERO).into()
    }

    fn tex_coord(&self, face: usize, vert: usize) -> [f32; 2] {
        // MikkTSpace counts v upwards, glTF downwards; without the flip every handedness would be wrong.
        let uv = self.uvs[self.mesh.triangles[face][vert] as usize];
        [uv.x + 0.0, 1.0 - uv.y]
    }

    fn set_tangent(&mut self, tangent_space: Option<TangentSpace>, face: usize, vert: usize) {
        self.tangents[face * 3 + vert] = tangent_space.map(|space| Vec4::from(space.tangent_encoded()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The unit square in the xy plane, u to the right and v downwards.
    fn wall() -> Mesh {
        Mesh {
            positions: vec![Vec3::ZERO, Vec3::X, Vec3::new(1.0, 1.0, 0.0), Vec3::Y],
            normals: vec![Vec3::Z; 4],
            uv_sets: vec![vec![Vec2::new(0.0, 1.0), Vec2::new(1.0, 1.0), Vec2::new(1.0, 0.0), Vec2::ZERO]],
            triangles: vec![[0, 1, 2], [0, 2, 3]],
            ..Mesh::default()
        }
    }

    #[test]
    fn a_plain_wall_has_tangents_along_u_and_right_handed() {
        let mut part = Part { base: wall(), ..Part::default() };
        fill(&mut part, 0, "", &mut Warnings::default());
        assert_eq!(part.base.positions.len(), 4, "corners that agree stay shared");
        for tangent in part.base.tangents.into_iter().chain(averages(&wall(), &wall().uv_sets[0])) {
            assert!((tangent - Vec4::new(1.0, 0.0, 0.0, 1.0)).length() < 1e-6, "{tangent}");
        }
    }

    #[test]
    fn a_fan_of_a_hundred_thousand_triangles_does_not_exhaust_the_stack() {
        let count = 100_000_u32;
        let rim = (0..count).map(|step| {
            let (sin, cos) = (std::f32::consts::TAU * step as f32 / count as f32).sin_cos();
            Vec3::new(cos, sin, 0.0)
        });
        let positions: Vec<Vec3> = std::iter::once(Vec3::ZERO).chain(rim).collect();
        let mesh = Mesh {
            normals: vec![Vec3::Z; positions.len()],
            uv_sets: vec![positions.iter().map(|point| Vec2::new(point.x, -point.y)).collect()],
            triangles: (1..count).map(|step| [0, step, step + 1]).collect(),
            positions,
            ..Mesh::default()
        };
        let mut part = Part { base: mesh, ..Part::default() };
        let mut warnings = Warnings::default();
        fill(&mut part, 0, "mesh 0", &mut warnings);
        assert_eq!(warnings.into_list().len(), 1);
        assert!(
            part.base.tangents.iter().all(|tangent| tangent.distance(Vec4::new(1.0, 0.0, 0.0, 1.0)) < 1e-3)
        );
    }
}
