//! A mesh's triangles and vertex attributes, as `shaders/lib/surface.wgsl` and `shaders/lib/bend.wgsl` read them.

use std::borrow::Cow;

use glam::{Affine3A, Vec3, Vec4};
use shaders::layout::{self, NONE, Part};

use super::{PackFault, PackedScene};
use crate::lights::{LUMINANCE, LightTable, mean_emission};
use crate::scene::{AlphaMode, Bend, Mesh, Scene};

/// A triangle before its tree decides its place.
pub(super) struct Loose {
    /// Of a mesh that bends: as the shutter opens.
    pub(super) corners: [Vec3; 3],
    /// Its corners as the shutter closes, where the mesh bends.
    pub(super) closing: Option<[Vec3; 3]>,
    pub(super) part: u32,
    pub(super) number: u32,
    pub(super) flags: u32,
}

impl Loose {
    /// As it lies among the triangles, with its corners at one end.
    pub(super) fn words(&self, corners: &[Vec3; 3], flags: u32) -> [[f32; 4]; 3] {
        let with = |v: &Vec3, bits: u32| [v.x, v.y, v.z, f32::from_bits(bits)];
        let [a, b, c] = corners;
        [with(a, self.part), with(b, self.number), with(c, flags)]
    }

    /// A box around it at all times.
    pub(super) fn bounds(&self) -> (Vec3, Vec3) {
        let [a, b, c] = self.corners;
        match &self.closing {
            Some(closing) => Bend::bounds(&self.corners, closing),
            None => (a.min(b).min(c), a.max(b).max(c)),
        }
    }
}

/// Lays down a mesh's attributes, moved by `to`, and hands out its triangles; returns the part that they became.
pub(super) fn lay(
    (scene, lights): (&Scene, &LightTable),
    packed: &mut PackedScene,
    mesh: u32,
    to: &Affine3A,
    object_id: u32,
    loose: &mut Vec<Loose>,
) -> Result<u32, PackFault> {
    let part = number(packed.parts.len(), "meshes")?;
    let mesh = &scene.meshes[mesh as usize];
    let material = &scene.materials[mesh.material as usize];
    let mirrored = to.matrix3.determinant() < 0.0;
    let mut flags = 0;
    if material.lamp || material.alpha_mode != AlphaMode::Opaque {
        flags |= layout::TRIANGLE_HOLES;
    }
    if mirrored {
        flags |= layout::TRIANGLE_MIRRORED;
    }
    let placed =
        |positions: &[Vec3]| -> Vec<Vec3> { positions.iter().map(|&p| to.transform_point3(p)).collect() };
    let bend = mesh.bend.as_deref();
    let places = placed(bend.map_or(&mesh.positions, |bend| &bend.open.positions));
    let closing = bend.map(|bend| placed(&bend.close.positions));
    for (index, triangle) in mesh.triangles.iter().enumerate() {
        let corners = triangle.map(|corner| places[corner as usize]);
        let closing = closing.as_ref().map(|places| triangle.map(|corner| places[corner as usize]));
        loose.push(Loose { corners, closing, part, number: index as u32, flags });
    }
    let density = light_density(scene, lights, mesh.material);
    let record = record(&mut packed.attributes, mesh, to, object_id)?;
    packed.parts.push(Part { light_density: density, ..record });
    number(packed.attributes.len(), "vertices")?;
    Ok(part)
}

/// Lays down the attributes and says where.
fn record(attributes: &mut Vec<u32>, mesh: &Mesh, to: &Affine3A, object_id: u32) -> Result<Part, PackFault> {
    // Not normalised here: kernels interpolate first, as for meshes that stay in their own space.
    let normal_from_object = to.matrix3.inverse().transpose();
    let bend = mesh.bend.as_deref();
    let mut lay = |values: &mut dyn Iterator<Item = f32>, present: bool| {
        let first = if present { number(attributes.len(), "vertices")? } else { NONE };
        attributes.extend(values.map(f32::to_bits));
        Ok::<u32, PackFault>(first)
    };
    let normals = paired(&mesh.normals, bend.map(|bend| [&bend.open.normals[..], &bend.close.normals]));
    let mut normals = normals.iter().flat_map(|&n| (normal_from_object * n).to_array());
    let normals = lay(&mut normals, !mesh.normals.is_empty())?;
    let tangents = paired(&mesh.tangents, bend.map(|bend| [&bend.open.tangents[..], &bend.close.tangents]));
    let mut tangents = tangents.iter().flat_map(|t| {
        let moved: Vec3 = to.matrix3 * t.truncate();
        moved.extend(t.w).to_array()
    });
    let tangents = lay(&mut tangents, !mesh.tangents.is_empty())?;
    let colors = lay(&mut mesh.colors.iter().flat_map(Vec4::to_array), !mesh.colors.is_empty())?;
    let mut uv = [NONE; Mesh::UV_SETS_MAX];
    for (place, set) in uv.iter_mut().zip(&mesh.uv_sets) {
        *place = lay(&mut set.iter().flat_map(glam::Vec2::to_array), true)?;
    }
    // Motion goes from frame to frame, and a mesh that bends has its corners of the frame nowhere else.
    let earlier = Some(&mesh.positions_before[..]).filter(|before| !before.is_empty());
    let frames = bend.map(|_| [earlier.unwrap_or(&mesh.positions), &mesh.positions[..]]);
    let before = paired(&mesh.positions_before, frames);
    let mut places = before.iter().flat_map(|&p| to.transform_point3(p).to_array());
    let before = lay(&mut places, !before.is_empty())?;
    let indices = number(attributes.len(), "vertices")?;
    attributes.extend(mesh.triangles.iter().flatten());
    let material = mesh.material;
    Ok(Part { material, object_id, light_density: 0.0, indices, normals, tangents, colors, before, uv })
}

/// One value a corner, or two where there are two of each.
fn paired<'a, T: Copy>(single: &'a [T], pairs: Option<[&[T]; 2]>) -> Cow<'a, [T]> {
    match pairs {
        None => Cow::Borrowed(single),
        Some([one, other]) => {
            Cow::Owned(one.iter().zip(other).flat_map(|(&one, &other)| [one, other]).collect())
        }
    }
}

/// Density per world area of a light sample on this material: luminance of its mean emission × sides × π / W.
fn light_density(scene: &Scene, lights: &LightTable, material: u32) -> f32 {
    let material = &scene.materials[material as usize];
    if lights.weights_total <= 0.0 {
        return 0.0;
    }
    let sides = if material.double_sided { 2.0 } else { 1.0 };
    let luminance = mean_emission(material, scene).dot(LUMINANCE);
    std::f32::consts::PI * luminance * sides / lights.weights_total
}

/// A length as the kernels hold it; [`NONE`] is not a number.
pub(super) fn number(length: usize, what: &'static str) -> Result<u32, PackFault> {
    u32::try_from(length).ok().filter(|&number| number < NONE).ok_or(PackFault::TooMany(what))
}
