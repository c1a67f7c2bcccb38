//! A path of light, one segment at a time: sections 3 and 7 of `docs/rendering.md`.
//!
//! [`Path`] is all that one step hands to the next, so that a single vertex can be looked at and repeated.

use frame::RenderSettings;
use glam::{Vec2, Vec3};

use super::Reference;
use super::bsdf::{Bsdf, Facing, Scatter, index_of_glass};
use super::bvh::{Hit, Ray};
use super::camera::{depth, motion};
use super::light::mis_weight;
use super::sampler::{Sampler, unit};
use super::surface::{Place, Surface, offset};
use crate::scene::Material;

/// Lobes narrower than this hand albedo and normal on to what is seen in them.
const FEATURE_ALPHA: f32 = 0.02;

/// Holes, veils and lamps that one path may pass.
const PASSED_MAX: u32 = 256;

/// Shadow rays end at this share of the distance.
const SHADOW_SHARE: f32 = 0.9999;

/// First vertex at which light met by chance is indirect; direct light is one vertex earlier.
const INDIRECT_VERTEX: u32 = 2;

/// First vertex at which paths may end by chance.
const ROULETTE_VERTEX: u32 = 3;

/// What one sample of one pixel gives.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct SampleRecord {
    /// Sum of all contributions.
    pub radiance: Vec3,
    /// 1 when anything was hit, else 0.
    pub alpha: f32,
    /// Denoising albedo, 0 to 1.
    pub albedo: Vec3,
    /// Denoising normal.
    pub normal: Vec3,
    /// Metres along the camera's axis.
    pub depth: f32,
    /// Number of surfaces behind `depth` and `position`: 1 or 0.
    pub hit: f32,
    /// World position, metres.
    pub position: Vec3,
    /// Pixels on the screen since the frame before, x to the right, y down.
    pub motion: Vec2,
    /// 1-based; 0 = nothing.
    pub object_id: u32,
    /// 1-based; 0 = nothing.
    pub material_id: u32,
}

/// A path between two segments.
#[derive(Clone, Copy, Debug)]
pub struct Path {
    /// Its random numbers.
    pub sampler: Sampler,
    /// k: number of surfaces that have scattered it.
    pub vertex: u32,
    /// n: number of segments behind it.
    pub segment: u32,
    /// Where it goes.
    pub ray: Ray,
    /// β: what light found from here on counts.
    pub throughput: Vec3,
    /// Density of the direction; `None` for the camera's and after sharp lobes.
    pub pdf: Option<f32>,
    /// By how much all refractions together thinned radiance.
    pub spread: f32,
    /// Glass that it is in.
    pub media: Media,
    /// Metres since the last scattering.
    pub travelled: f32,
    /// What albedo found from here on counts.
    pub seen: Vec3,
    /// Whether albedo and normal are written.
    pub featured: bool,
    /// What has been gathered.
    pub record: SampleRecord,
}

/// Whether a path has another segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Step again.
    On,
    /// The record is complete.
    Done,
}

/// Materials that a path is inside of, innermost first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Media {
    stack: [Option<u32>; 4],
}

impl Media {
    fn top(self) -> Option<u32> {
        self.stack[0]
    }

    /// Of more than four, the outermost is forgotten.
    fn entered(self, material: u32) -> Self {
        let [a, b, c, _] = self.stack;
        Self { stack: [Some(material), a, b, c] }
    }

    fn left(self, material: u32) -> Self {
        let Some(at) = self.stack.iter().position(|&entry| entry == Some(material)) else { return self };
        let mut stack = [None; 4];
        let others = (0..4).filter(|&index| index != at);
        others.zip(&mut stack).for_each(|(index, entry)| *entry = self.stack[index]);
        Self { stack }
    }
}

impl Path {
    /// Starts at the camera.
    pub fn new(sampler: Sampler, ray: Ray) -> Self {
        Self {
            sampler,
            vertex: 0,
            segment: 0,
            ray,
            throughput: Vec3::ONE,
            pdf: None,
            spread: 1.0,
            media: Media::default(),
            travelled: 0.0,
            seen: Vec3::ONE,
            featured: false,
            record: SampleRecord::default(),
        }
    }

    /// Adds what was met by chance.
    fn add(&mut self, light: Vec3, settings: &RenderSettings) {
        self.record.radiance += self.clamped(light, INDIRECT_VERTEX, settings);
    }

    fn clamped(&self, light: Vec3, indirect_from: u32, settings: &RenderSettings) -> Vec3 {
        let top = light.max_element();
        let limit = settings.indirect_limit().filter(|&limit| self.vertex >= indirect_from && top > limit);
        if light.is_finite() { limit.map_or(light, |limit| light * (limit / top)) } else { Vec3::ZERO }
    }

    fn write_feature(&mut self, albedo: Vec3, normal: Vec3) {
        if !self.featured {
            self.featured = true;
            self.record.albedo = albedo.min(Vec3::ONE) * self.seen;
            self.record.normal = normal;
        }
    }
}

impl Reference {
    /// Follows one segment and deals with what is at its end.
    pub fn step(&self, settings: &RenderSettings, path: &mut Path) -> Step {
        let hit = self.bvh.closest(&path.ray, f32::INFINITY);
        path.throughput *= self.transmittance(path.media, hit.map_or(f32::INFINITY, |hit| hit.t));
        let Some(hit) = hit else {
            self.reach_sky(settings, path);
            return Step::Done;
        };
        path.travelled += hit.t;
        let place = Place::hit(&self.scene, &hit, path.ray.time);
        if place.material.lamp {
            return self.cross_lamp(settings, path, &place, &hit);
        }
        let passed = path.segment - path.vertex;
        if path.sampler.single(path.segment) >= place.coverage() && passed < PASSED_MAX {
            self.pass(path, &place, &hit);
            return Step::On;
        }
        let wo = -path.ray.direction;
        let surface = place.surface(wo);
        self.write_first(settings, path, &place, &surface);
        self.add_emission(settings, path, &place, &surface);
        let ends = place.material.unlit || path.vertex > settings.max_bounces;
        if place.material.unlit {
            path.add(path.throughput * surface.substance.base, settings);
        }
        let feature = surface.substance.base + surface.emission.min(Vec3::ONE);
        if ends {
            path.write_feature(feature, surface.normal);
            return Step::Done;
        }
        let (bsdf, beyond) = self.bsdf(settings, path, &place, &surface, wo);
        let dimension = 4 + 4 * path.vertex;
        let [light_choice, lobe_choice] = path.sampler.words(dimension);
        if !bsdf.is_sharp() {
            self.add_direct(settings, path, &surface, &hit, &bsdf, beyond, light_choice);
        }
        let scatter = bsdf.sample(unit(lobe_choice), path.sampler.pair(dimension + 2));
        if scatter.is_none_or(|scatter| scatter.alpha >= FEATURE_ALPHA) {
            path.write_feature(feature, surface.normal);
        }
        match scatter {
            Some(scatter) if scatter.weight.max_element() > 0.0 && scatter.weight.is_finite() => {
                if scatter.through && is_solid(place.material, &surface) {
                    path.media = beyond;
                }
                scatter_on(path, &surface, &hit, &scatter)
            }
            _ => Step::Done,
        }
    }

    /// Nothing was hit.
    fn reach_sky(&self, settings: &RenderSettings, path: &mut Path) {
        if self.lights.table.environment.is_none() {
            return;
        }
        let (radiance, pdf) = self.lights.environment(path.ray.direction);
        let weight = path.pdf.map_or(1.0, |mine| mis_weight(mine, pdf));
        path.add(path.throughput * radiance * weight, settings);
        path.write_feature(radiance, Vec3::ZERO);
    }

    /// Shows a lamp to all but the camera, and goes on behind it.
    fn cross_lamp(&self, settings: &RenderSettings, path: &mut Path, place: &Place<'_>, hit: &Hit) -> Step {
        let surface = place.surface(-path.ray.direction);
        if path.vertex > 0 && surface.emission.max_element() > 0.0 {
            self.add_emission(settings, path, place, &surface);
            path.write_feature(surface.emission, Vec3::ZERO);
        }
        if path.segment - path.vertex >= PASSED_MAX {
            return Step::Done;
        }
        self.pass(path, place, hit);
        Step::On
    }

    /// Goes on behind a hole, veil or lamp.
    fn pass(&self, path: &mut Path, place: &Place<'_>, hit: &Hit) {
        let geometric = place.geometric();
        let side = if path.ray.direction.dot(geometric) > 0.0 { geometric } else { -geometric };
        path.ray.origin = offset(place.position(), side);
        path.ray.skip = Some(hit.face);
        path.segment += 1;
    }

    fn write_first(&self, settings: &RenderSettings, path: &mut Path, place: &Place<'_>, surface: &Surface) {
        let record = &mut path.record;
        if record.hit > 0.0 {
            return;
        }
        record.hit = 1.0;
        record.alpha = 1.0;
        record.depth = depth(&self.scene.camera, surface.position, path.ray.time);
        record.position = surface.position;
        let (now, before) = (place.position_of_frame(), place.position_before());
        record.motion = motion(&self.scene.camera, settings.size, now, before);
        record.object_id = place.instance.object_id;
        record.material_id = self.scene.meshes[place.instance.mesh as usize].material + 1;
    }

    fn add_emission(&self, settings: &RenderSettings, path: &mut Path, place: &Place<'_>, surface: &Surface) {
        if surface.emission == Vec3::ZERO {
            return;
        }
        let weight = path.pdf.map_or(1.0, |mine| {
            let cos = path.ray.direction.dot(surface.geometric);
            let distance2 = path.travelled * path.travelled;
            mis_weight(mine, self.lights.pdf_of_triangle(place, &self.scene, distance2, cos))
        });
        path.add(path.throughput * surface.emission * weight, settings);
    }

    /// The lobes of a vertex, and the media on the far side.
    fn bsdf(
        &self,
        settings: &RenderSettings,
        path: &Path,
        place: &Place<'_>,
        surface: &Surface,
        wo: Vec3,
    ) -> (Bsdf, Media) {
        let material = self.scene.meshes[place.instance.mesh as usize].material;
        let beyond = match (is_solid(place.material, surface), surface.front) {
            (false, _) => path.media,
            (true, true) => path.media.entered(material),
            (true, false) => path.media.left(material),
        };
        let index = |media: Media| {
            media.top().map_or(1.0, |top| index_of_glass(self.scene.materials[top as usize].ior))
        };
        let own = index_of_glass(place.material.ior);
        let (near_index, far_index) = match (surface.substance.sheet, surface.front) {
            (false, true) => (index(path.media), index(beyond)),
            (false, false) => (own, index(beyond)),
            (true, true) => (1.0, own),
            (true, false) => (own, 1.0),
        };
        let facing = Facing {
            normal: surface.normal,
            coat_normal: surface.coat_normal,
            along: surface.along,
            wo,
            near_index,
            far_index,
        };
        (Bsdf::new(&surface.substance, &facing, settings.microfacet), beyond)
    }

    /// One light, one shadow ray.
    #[expect(clippy::too_many_arguments, reason = "everything that a vertex is made of meets here")]
    fn add_direct(
        &self,
        settings: &RenderSettings,
        path: &mut Path,
        surface: &Surface,
        hit: &Hit,
        bsdf: &Bsdf,
        beyond: Media,
        choice: u32,
    ) {
        let words = path.sampler.words(5 + 4 * path.vertex);
        let Ray { time, .. } = path.ray;
        let Some(light) = self.lights.sample(&self.scene, (surface.position, time), choice, words) else {
            return;
        };
        let scattered = bsdf.evaluate(light.direction);
        let weight = light.pdf.map_or(1.0, |mine| mis_weight(mine, scattered.pdf));
        let outward = light.direction.dot(surface.geometric) > 0.0;
        let media = if outward == surface.front { path.media } else { beyond };
        let side = if outward { surface.geometric } else { -surface.geometric };
        let distance = light.distance * SHADOW_SHARE;
        let arriving = scattered.value * light.radiance * weight * self.transmittance(media, distance);
        // Clamped before surfaces veil it, so that the shadow ray is all that is left to do.
        let unveiled = path.clamped(path.throughput * arriving, INDIRECT_VERTEX - 1, settings);
        if unveiled.max_element() > 0.0 {
            let origin = offset(surface.position, side);
            let ray = Ray { origin, direction: light.direction, time, skip: Some(hit.face) };
            path.record.radiance += unveiled * self.visibility(&ray, distance);
        }
    }

    /// Share of light that passes all surfaces nearer than `distance`.
    fn visibility(&self, ray: &Ray, distance: f32) -> f32 {
        let mut clear = 1.0;
        self.bvh.walk(ray, distance, &mut |hit| {
            clear *= 1.0 - Place::hit(&self.scene, &hit, ray.time).coverage();
            if clear > 0.0 { distance } else { -1.0 }
        });
        clear
    }

    /// Beer–Lambert in the innermost medium.
    fn transmittance(&self, media: Media, distance: f32) -> Vec3 {
        let medium = media.top().and_then(|top| self.scene.materials[top as usize].medium);
        let Some(medium) = medium else { return Vec3::ONE };
        let through = |color: f32| {
            let absorbed = -color.max(f32::MIN_POSITIVE).ln() / medium.attenuation_distance;
            if absorbed > 0.0 { (-absorbed * distance).exp() } else { 1.0 }
        };
        let [r, g, b] = medium.attenuation_color.to_array().map(through);
        Vec3::new(r, g, b)
    }
}

fn is_solid(material: &Material, surface: &Surface) -> bool {
    material.medium.is_some() && surface.substance.transmission > 0.0
}

/// Roulette, and the ray to the next surface.
fn scatter_on(path: &mut Path, surface: &Surface, hit: &Hit, scatter: &Scatter) -> Step {
    path.throughput *= scatter.weight;
    path.spread *= scatter.spread;
    if path.vertex >= ROULETTE_VERTEX {
        let survival = (path.throughput.max_element() * path.spread).sqrt().clamp(0.05, 0.95);
        if path.sampler.pair(4 + 4 * path.vertex + 3)[0] >= survival {
            return Step::Done;
        }
        path.throughput /= survival;
    }
    if scatter.alpha < FEATURE_ALPHA {
        path.seen = (path.seen * scatter.weight).min(Vec3::ONE);
    }
    let outward = scatter.direction.dot(surface.geometric) > 0.0;
    let side = if outward { surface.geometric } else { -surface.geometric };
    path.ray = Ray {
        origin: offset(surface.position, side),
        direction: scatter.direction,
        skip: Some(hit.face),
        ..path.ray
    };
    path.pdf = scatter.pdf;
    path.travelled = 0.0;
    path.vertex += 1;
    path.segment += 1;
    Step::On
}
