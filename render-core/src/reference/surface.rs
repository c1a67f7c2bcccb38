//! What lies where a ray hit: section 4 of `docs/rendering.md`.

use glam::{Affine3A, Mat3A, Vec2, Vec3, Vec4, Vec4Swizzles};

use super::bsdf::Substance;
use super::bvh::{Face, Hit};
use super::film::Film;
use super::texture::look_up;
use crate::scene::{AlphaMode, Corners, Instance, Material, Mesh, Scene, TextureRef};

/// A place on a triangle.
#[derive(Clone, Copy, Debug)]
pub struct Place<'s> {
    scene: &'s Scene,
    /// The instance hit.
    pub instance: &'s Instance,
    /// Where it stands at the time of the ray.
    world_from_object: Affine3A,
    time: f32,
    triangle: u32,
    mesh: &'s Mesh,
    /// Its material.
    pub material: &'s Material,
    corners: [usize; 3],
    weights: [f32; 3],
}

/// Everything that shading needs to know about a place.
#[derive(Clone, Copy, Debug)]
pub struct Surface {
    /// Where, metres.
    pub position: Vec3,
    /// Normal of the triangle, on the side that the file calls its front.
    pub geometric: Vec3,
    /// Whether the viewer is on that side.
    pub front: bool,
    /// Shading normal, turned to the viewer.
    pub normal: Vec3,
    /// The coat's, turned to the viewer.
    pub coat_normal: Vec3,
    /// Direction across the shading normal that reflections are stretched in; 0: none.
    pub along: Vec3,
    /// Radiance that the viewer is shown.
    pub emission: Vec3,
    /// What it is made of.
    pub substance: Substance,
}

impl<'s> Place<'s> {
    /// The place with the given weights of corners 1 and 2, at a time (0 to 1 while the shutter is open).
    pub fn new(scene: &'s Scene, face: Face, u: f32, v: f32, time: f32) -> Self {
        let instance = &scene.instances[face.instance as usize];
        let mesh = &*scene.meshes[instance.mesh as usize];
        let material = &scene.materials[mesh.material as usize];
        let corners = mesh.triangles[face.triangle as usize].map(|corner| corner as usize);
        let sweep = instance.sweep.as_ref();
        let world_from_object = sweep.map_or(instance.world_from_object, |sweep| sweep.at(time));
        let (triangle, weights) = (face.triangle, [1.0 - u - v, u, v]);
        Self { scene, instance, world_from_object, time, triangle, mesh, material, corners, weights }
    }

    /// Where a ray of this time hit.
    pub fn hit(scene: &'s Scene, hit: &Hit, time: f32) -> Self {
        Self::new(scene, hit.face, hit.u, hit.v, time)
    }

    /// World position.
    pub fn position(&self) -> Vec3 {
        self.world_from_object.transform_point3(self.between(self.corners_now()))
    }

    /// World position at the frame, as its mesh and instance are when nothing moves.
    pub fn position_of_frame(&self) -> Vec3 {
        let corners = self.corners.map(|corner| self.mesh.positions[corner]);
        self.instance.world_from_object.transform_point3(self.between(corners))
    }

    fn between(&self, [a, b, c]: [Vec3; 3]) -> Vec3 {
        a + (b - a) * self.weights[1] + (c - a) * self.weights[2]
    }

    /// Its triangle in the mesh's space, at its time.
    fn corners_now(&self) -> [Vec3; 3] {
        self.mesh.corners_at(self.triangle, self.time)
    }

    /// By how much its triangle is smaller at its time than it is weighed among lights.
    pub fn area_lost(&self) -> f32 {
        if self.instance.sweep.is_none() && self.mesh.bend.is_none() {
            return 1.0;
        }
        let weighed = self.mesh.twice_area_weighed(self.triangle, &self.instance.world_from_object);
        let [a, b, c] = self.corners_now();
        let map = &self.world_from_object;
        let now = map.transform_vector3(b - a).cross(map.transform_vector3(c - a)).length();
        weighed / now.max(f32::MIN_POSITIVE)
    }

    /// World position a frame earlier.
    pub fn position_before(&self) -> Vec3 {
        let moved = !self.mesh.positions_before.is_empty();
        let corners = if moved { &self.mesh.positions_before } else { &self.mesh.positions };
        self.instance.world_from_object_before.transform_point3(self.mix(corners))
    }

    /// World normal of the triangle by the file's winding.
    pub fn geometric(&self) -> Vec3 {
        let [a, b, c] = self.corners_now();
        self.normal_to_world((b - a).cross(c - a)).normalize_or_zero()
    }

    /// Share of light that meets the surface: 1 when opaque, 0 or 1 for a mask, 0 for a lamp, which is never there.
    pub fn coverage(&self) -> f32 {
        if self.material.lamp {
            return 0.0;
        }
        if self.material.alpha_mode == AlphaMode::Opaque {
            return 1.0;
        }
        let color = self.color();
        let alpha = self.material.alpha * self.texel(self.material.base_color_texture).w * color.w;
        match self.material.alpha_mode {
            AlphaMode::Opaque => 1.0,
            AlphaMode::Mask { cutoff } => f32::from(u8::from(alpha >= cutoff)),
            AlphaMode::Blend => alpha.min(1.0),
        }
    }

    /// Radiance that the shining sides show.
    pub fn emission(&self) -> Vec3 {
        self.material.emissive * self.texel(self.material.emissive_texture).xyz()
    }

    /// Everything that is seen of it from direction `wo`.
    pub fn surface(&self, wo: Vec3) -> Surface {
        let material = self.material;
        let geometric = self.geometric();
        let front = wo.dot(geometric) > 0.0;
        let face = |texture, scale| facing(self.mapped_normal(geometric, texture, scale), front, wo);
        let shines = front || material.double_sided;
        let normal = face(material.normal_texture, material.normal_scale);
        let (along, stretch) = self.stretch(geometric, normal);
        Surface {
            position: self.position(),
            geometric,
            front,
            normal,
            along,
            coat_normal: face(material.clearcoat_normal_texture, material.clearcoat_normal_scale),
            emission: if shines { self.emission() } else { Vec3::ZERO },
            substance: self.substance(stretch),
        }
    }

    fn substance(&self, stretch: f32) -> Substance {
        let m = self.material;
        let metal_rough = self.texel(m.metallic_roughness_texture);
        let [thinnest, thickest] = m.film.thickness_nm;
        let film = Film {
            share: m.film.share * self.texel(m.film.texture).x,
            ior: m.film.ior,
            nm: thinnest + (thickest - thinnest) * self.texel(m.film.thickness_texture).y,
        };
        let passing = &m.diffuse_transmission;
        Substance {
            base: m.base_color * self.texel(m.base_color_texture).xyz() * self.color().xyz(),
            metallic: m.metallic * metal_rough.z,
            roughness: m.roughness * metal_rough.y,
            transmission: m.transmission * self.texel(m.transmission_texture).x,
            sheet: m.medium.is_none(),
            ior: m.ior,
            specular: m.specular * self.texel(m.specular_texture).w,
            specular_color: m.specular_color * self.texel(m.specular_color_texture).xyz(),
            coat: m.clearcoat * self.texel(m.clearcoat_texture).x,
            coat_roughness: m.clearcoat_roughness * self.texel(m.clearcoat_roughness_texture).y,
            sheen: m.sheen.color * self.texel(m.sheen.color_texture).xyz(),
            sheen_roughness: m.sheen.roughness * self.texel(m.sheen.roughness_texture).w,
            stretch,
            passing: passing.share * self.texel(passing.texture).w,
            passing_color: passing.color * self.texel(passing.color_texture).xyz(),
            film,
        }
    }

    /// The direction across a normal that reflections are stretched in, and how much; 0 where nothing stretches them.
    fn stretch(&self, geometric: Vec3, normal: Vec3) -> (Vec3, f32) {
        let m = &self.material.anisotropy;
        let Some((t, b)) = self.axes(self.smooth_normal(geometric)).filter(|_| m.strength > 0.0) else {
            return (Vec3::ZERO, 0.0);
        };
        let (mut toward, mut strength) = (Vec2::X, m.strength);
        if m.texture.is_some() {
            let texel = self.texel(m.texture);
            toward = texel.xy() * 2.0 - 1.0;
            strength *= texel.z;
        }
        let toward = Vec2::from_angle(m.rotation).rotate(toward);
        let along = t * toward.x + b * toward.y;
        let flat = along - normal * normal.dot(along);
        if strength <= 0.0 || flat.length_squared() <= 1e-8 {
            return (Vec3::ZERO, 0.0);
        }
        (flat.normalize(), strength)
    }

    /// The shading normal before it is turned to the viewer.
    fn mapped_normal(&self, geometric: Vec3, slot: Option<TextureRef>, scale: f32) -> Vec3 {
        let smooth = self.smooth_normal(geometric);
        let Some((t, b)) = self.axes(smooth).filter(|_| slot.is_some()) else { return smooth };
        let texel = self.texel(slot).xyz() * 2.0 - 1.0;
        (t * (texel.x * scale) + b * (texel.y * scale) + smooth * texel.z).try_normalize().unwrap_or(smooth)
    }

    /// The axes of pictures across the smooth normal, if the mesh has them.
    fn axes(&self, smooth: Vec3) -> Option<(Vec3, Vec3)> {
        if self.mesh.tangents.is_empty() {
            return None;
        }
        let tangent = self.mix_bent(&self.mesh.tangents, |end| &end.tangents);
        let linear = self.world_from_object.matrix3;
        let world = linear * tangent.truncate();
        let t = (world - smooth * smooth.dot(world)).try_normalize()?;
        // A mirroring instance mirrors the picture too, so the second axis turns round.
        let handedness = tangent.w.signum() * linear.determinant().signum();
        Some((t, smooth.cross(t) * handedness))
    }

    fn smooth_normal(&self, geometric: Vec3) -> Vec3 {
        if self.mesh.normals.is_empty() {
            return geometric;
        }
        let normal = self.mix_bent(&self.mesh.normals, |end| &end.normals);
        self.normal_to_world(normal).try_normalize().unwrap_or(geometric)
    }

    /// Normals go by the inverse transpose, here through cofactors so that singular transforms do no harm.
    fn normal_to_world(&self, normal: Vec3) -> Vec3 {
        let Mat3A { x_axis, y_axis, z_axis } = self.world_from_object.matrix3;
        let cofactors = Mat3A::from_cols(y_axis.cross(z_axis), z_axis.cross(x_axis), x_axis.cross(y_axis));
        let side = x_axis.dot(y_axis.cross(z_axis)).signum();
        cofactors * normal * side
    }

    fn color(&self) -> Vec4 {
        if self.mesh.colors.is_empty() { Vec4::ONE } else { self.mix(&self.mesh.colors) }
    }

    fn texel(&self, slot: Option<TextureRef>) -> Vec4 {
        let Some(slot) = slot else { return Vec4::ONE };
        let uv = self.mesh.uv_sets.get(usize::from(slot.uv_set)).map_or(Vec2::ZERO, |set| self.mix(set));
        look_up(&self.scene.textures[slot.texture as usize], &slot, uv)
    }

    /// What goes with the mesh's shape, at its time.
    fn mix_bent<T>(&self, frame: &[T], of_end: impl Fn(&Corners) -> &[T]) -> T
    where
        T: Copy + std::ops::Mul<f32, Output = T> + std::ops::Add<Output = T> + std::ops::Sub<Output = T>,
    {
        let Some(bend) = &self.mesh.bend else { return self.mix(frame) };
        let [open, close] = [&bend.open, &bend.close].map(|end| self.mix(of_end(end)));
        open + (close - open) * self.time
    }

    fn mix<T>(&self, values: &[T]) -> T
    where
        T: Copy + std::ops::Mul<f32, Output = T> + std::ops::Add<Output = T>,
    {
        let part = |corner: usize| values[self.corners[corner]] * self.weights[corner];
        part(0) + part(1) + part(2)
    }
}

/// Turned to the viewer, and bent where it still looks away.
fn facing(normal: Vec3, front: bool, wo: Vec3) -> Vec3 {
    let turned = if front { normal } else { -normal };
    let cos = wo.dot(turned);
    if cos > 0.0 { turned } else { (turned + wo * (0.01 - cos)).normalize() }
}

/// Moves a point off its surface, to the side of `normal`, farther than rounding can reach.
///
/// Wächter & Binder, "A Fast and Robust Method for Avoiding Self-Intersection", Ray Tracing Gems, chapter 6.
pub fn offset(point: Vec3, normal: Vec3) -> Vec3 {
    const ORIGIN: f32 = 1.0 / 32.0;
    const FLOAT_SCALE: f32 = 1.0 / 65_536.0;
    const INT_SCALE: f32 = 256.0;
    let moved = |axis: usize| {
        let (p, n) = (point[axis], normal[axis]);
        if p.abs() < ORIGIN {
            return p + n * FLOAT_SCALE;
        }
        let steps = (n * INT_SCALE) as i32;
        f32::from_bits((p.to_bits() as i32).wrapping_add(if p < 0.0 { -steps } else { steps }) as u32)
    };
    Vec3::new(moved(0), moved(1), moved(2))
}
