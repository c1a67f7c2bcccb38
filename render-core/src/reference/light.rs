//! Drawing lights, and the density with which a light would have been drawn: section 6 of `docs/rendering.md`.

use std::f32::consts::PI;

use glam::{Vec2, Vec3};

use super::bvh::Face;
use super::camera::disk;
use super::microfacet::Basis;
use super::sampler::unit;
use super::surface::Place;
use crate::alias;
use crate::lights::{
    EnvironmentTable, LUMINANCE, LightEntry, LightTable, mean_emission, punctual_power, scene_radius,
};
use crate::scene::{Light, LightKind, Scene};

/// The largest number below 1 among those that 24 bits make.
const BELOW_ONE: f32 = 1.0 - 1.0 / (1 << 24) as f32;

/// Squared distances to punctual lights are never taken smaller, m².
const DISTANCE2_LEAST: f32 = 1e-8;

/// Light that may reach a point.
#[derive(Clone, Copy, Debug)]
pub struct LightSample {
    /// Unit direction to it.
    pub direction: Vec3,
    /// Metres; infinite for directional lights and the environment.
    pub distance: f32,
    /// Radiance over density, or irradiance over probability for a light that cannot be hit.
    pub radiance: Vec3,
    /// Density per solid angle; `None` for a light that cannot be hit.
    pub pdf: Option<f32>,
}

/// The lights of a scene, to be asked.
#[derive(Debug)]
pub struct Lights {
    /// What is drawn from.
    pub table: LightTable,
    /// Per material: π·luminance·sides / W.
    densities: Vec<f32>,
    /// Per punctual light: its share of the alias table.
    shares: Vec<f32>,
}

impl Lights {
    /// Makes the tables.
    pub fn new(scene: &Scene) -> Self {
        let table = LightTable::build(scene);
        let density = |material: &crate::scene::Material| {
            let sides = if material.double_sided { 2.0 } else { 1.0 };
            let power = PI * mean_emission(material, scene).dot(LUMINANCE) * sides;
            if table.weights_total > 0.0 { power / table.weights_total } else { 0.0 }
        };
        let densities = scene.materials.iter().map(density).collect();
        let radius = scene_radius(scene);
        let share = |light: &Light| punctual_power(light, radius) / table.weights_total;
        let shares = scene.lights.iter().map(share).collect();
        Self { table, densities, shares }
    }

    /// Draws a light and a point on it as seen from a place at a time; `None` when nothing can come from there.
    pub fn sample(
        &self,
        scene: &Scene,
        (position, time): (Vec3, f32),
        choice: u32,
        words: [u32; 2],
    ) -> Option<LightSample> {
        let (u, p_env) = (unit(choice), self.table.p_env);
        if u < p_env {
            let environment = self.table.environment.as_ref()?;
            return sample_environment(environment, p_env, (u / p_env).min(BELOW_ONE), words);
        }
        let alias = self.table.alias.as_ref()?;
        let rest = ((u - p_env) / (1.0 - p_env)).min(BELOW_ONE);
        let word = ((rest * (1 << 24) as f32) as u32) << 8 | (choice & 255);
        let index = alias.draw(word);
        match self.table.entries[index as usize] {
            LightEntry::Triangle { instance, triangle } => {
                let [u0, u1] = words.map(unit);
                let root = u0.sqrt();
                let place = Place::new(scene, Face { instance, triangle }, 1.0 - root, u1 * root, time);
                self.sample_triangle(scene, &place, position)
            }
            LightEntry::Punctual { light } => {
                let probability = self.shares[light as usize] * (1.0 - p_env);
                sample_punctual(
                    &scene.lights[light as usize].at(time),
                    position,
                    probability,
                    words.map(unit),
                )
            }
        }
    }

    /// Density with which [`Self::sample`] draws the direction to a point of an emissive triangle.
    pub fn pdf_of_triangle(&self, place: &Place<'_>, scene: &Scene, distance2: f32, cos: f32) -> f32 {
        let material = scene.meshes[place.instance.mesh as usize].material;
        // Lights are weighed by one area at all times.
        let density = self.densities[material as usize] * place.area_lost();
        (1.0 - self.table.p_env) * density * distance2 / cos.abs().max(1e-6)
    }

    /// Radiance from outside and the density with which [`Self::sample`] draws that direction.
    pub fn environment(&self, direction: Vec3) -> (Vec3, f32) {
        let Some(environment) = &self.table.environment else { return (Vec3::ZERO, 0.0) };
        let uv = uv_of(direction, environment.rotation);
        (radiance(environment, uv), self.table.p_env * density(environment, uv, direction))
    }

    fn sample_triangle(&self, scene: &Scene, place: &Place<'_>, position: Vec3) -> Option<LightSample> {
        let to_light = place.position() - position;
        let distance2 = to_light.length_squared();
        if distance2 < 1e-12 {
            return None;
        }
        let direction = to_light / distance2.sqrt();
        let cos = -direction.dot(place.geometric());
        if cos.abs() < 1e-6 || (cos < 0.0 && !place.material.double_sided) {
            return None;
        }
        let pdf = self.pdf_of_triangle(place, scene, distance2, cos);
        let thinned = if place.material.lamp { 1.0 } else { place.coverage() };
        let radiance = place.emission() * thinned / pdf;
        Some(LightSample { direction, distance: distance2.sqrt(), radiance, pdf: Some(pdf) })
    }
}

/// The power heuristic with exponent 2 (Veach 1997): the weight of a sample drawn with density `mine`.
pub fn mis_weight(mine: f32, other: f32) -> f32 {
    if mine <= 0.0 {
        return 0.0;
    }
    let ratio = other / mine;
    1.0 / (1.0 + ratio * ratio)
}

fn sample_punctual(light: &Light, position: Vec3, probability: f32, u: [f32; 2]) -> Option<LightSample> {
    let color = light.color / probability;
    if light.kind == LightKind::Directional {
        return Some(sample_sun(light, color, u));
    }
    let to_center = light.position - position;
    let mut distance2 = to_center.length_squared().max(DISTANCE2_LEAST);
    let mut distance = distance2.sqrt();
    let mut direction = to_center / distance;
    let mut cos = 1.0;
    if light.size > 0.0 {
        let [x, y] = (disk(u) * light.size).to_array();
        let axial = distance;
        let to_light = Basis::around(direction).to_world(Vec3::new(x, y, axial));
        distance2 = to_light.length_squared();
        distance = distance2.sqrt();
        direction = to_light / distance;
        cos = axial / distance;
    }
    let cone = match light.kind {
        LightKind::Spot { cos_inner, cos_outer } => {
            let cos = -direction.dot(light.direction);
            ((cos - cos_outer) / (cos_inner - cos_outer)).clamp(0.0, 1.0).powi(2)
        }
        _ => 1.0,
    };
    Some(LightSample { direction, distance, radiance: color * (cone * cos / distance2), pdf: None })
}

/// A cone of parallel light, uniform in solid angle, that lights a plane across its axis as much as one ray would.
fn sample_sun(light: &Light, color: Vec3, u: [f32; 2]) -> LightSample {
    let mut direction = -light.direction;
    let mut radiance = color;
    if light.size > 0.0 {
        // 1 - cos of half the angle, without the loss of digits.
        let opening = 2.0 * (0.5 * light.size).sin().powi(2);
        let cap = u[0] * opening;
        let around = Vec2::from_angle(2.0 * PI * u[1]) * (cap * (2.0 - cap)).sqrt();
        direction = Basis::around(direction).to_world(around.extend(1.0 - cap)).normalize();
        radiance *= 2.0 / (2.0 - opening);
    }
    LightSample { direction, distance: f32::INFINITY, radiance, pdf: None }
}

fn sample_environment(
    environment: &EnvironmentTable,
    p_env: f32,
    across: f32,
    words: [u32; 2],
) -> Option<LightSample> {
    let cell = alias::draw(&environment.slots, words[0]);
    let column = (cell % environment.columns) as f32;
    let row = (cell / environment.columns) as f32;
    let uv =
        [(column + across) / environment.columns as f32, (row + unit(words[1])) / environment.rows as f32];
    let (sin_theta, cos_theta) = (PI * uv[1]).sin_cos();
    let (sin_phi, cos_phi) = (2.0 * PI * (uv[0] - 0.5)).sin_cos();
    let map_direction = Vec3::new(sin_theta * cos_phi, cos_theta, sin_theta * sin_phi);
    let direction = turned(map_direction, environment.rotation);
    let pdf = p_env * density(environment, uv, direction);
    let radiance = radiance(environment, uv) / pdf;
    (pdf > 0.0).then_some(LightSample { direction, distance: f32::INFINITY, radiance, pdf: Some(pdf) })
}

/// Where a direction looks the map up.
fn uv_of(direction: Vec3, rotation: f32) -> [f32; 2] {
    let d = turned(direction, -rotation);
    let around = 0.5 + d.z.atan2(d.x) / (2.0 * PI);
    let down = Vec3::new(d.x, 0.0, d.z).length().atan2(d.y) / PI;
    [around - around.floor(), down]
}

/// Turns right-handedly about +y.
fn turned(v: Vec3, angle: f32) -> Vec3 {
    let (sin, cos) = angle.sin_cos();
    Vec3::new(v.x * cos + v.z * sin, v.y, v.z * cos - v.x * sin)
}

fn radiance(environment: &EnvironmentTable, [u, v]: [f32; 2]) -> Vec3 {
    let map = &environment.map;
    let (x, y) = (u * map.width as f32 - 0.5, v * map.height as f32 - 0.5);
    let texel = |x: i64, y: i64| {
        let column = x.rem_euclid(i64::from(map.width)) as usize;
        let row = y.clamp(0, i64::from(map.height) - 1) as usize;
        map.pixels[row * map.width as usize + column]
    };
    let (left, top) = (x.floor() as i64, y.floor() as i64);
    let across = |row: i64| texel(left, row).lerp(texel(left + 1, row), x - x.floor());
    across(top).lerp(across(top + 1), y - y.floor()) * environment.strength
}

/// Density per solid angle, given that the environment is drawn.
fn density(environment: &EnvironmentTable, [u, v]: [f32; 2], direction: Vec3) -> f32 {
    let sin_theta = Vec3::new(direction.x, 0.0, direction.z).length();
    if sin_theta < 1e-6 {
        return 0.0;
    }
    let column = ((u * environment.columns as f32) as u32).min(environment.columns - 1);
    let row = ((v * environment.rows as f32) as u32).min(environment.rows - 1);
    environment.pdf_uv[(row * environment.columns + column) as usize] / (2.0 * PI * PI * sin_theta)
}
