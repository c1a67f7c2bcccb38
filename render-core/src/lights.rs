//! What shines and how likely each light is drawn: section 6 of `docs/rendering.md`.
//!
//! Lights are the environment, each emissive triangle of each instance, and each punctual light. One alias table
//! covers triangles and punctual lights, weighed by power; the environment has its own grid ([`EnvironmentTable`])
//! and a fixed share of all draws. Only host tables are made here; drawing and weighing happen in the two path tracers.

mod environment;

pub use environment::EnvironmentTable;

use std::f32::consts::PI;

use glam::Vec3;

use crate::alias::AliasTable;
use crate::scene::{Light, LightKind, Material, Scene};

/// Luminance weights of linear Rec.709.
pub const LUMINANCE: Vec3 = Vec3::new(0.2126, 0.7152, 0.0722);

/// The environment's smallest and largest share of draws where there are other lights too.
const SHARE_OF_ENVIRONMENT: [f64; 2] = [0.1, 0.9];

/// All lights of a scene.
#[derive(Clone, Debug)]
pub struct LightTable {
    /// Triangles (instances in order, their mesh's triangles in order), then punctual lights; those without area or power are left out.
    pub entries: Vec<LightEntry>,
    /// Draws an entry by its power; `None` when there is none.
    pub alias: Option<AliasTable>,
    /// Sum of the entries' weights, called W; 0 when there is none.
    pub weights_total: f32,
    /// Share of draws that go to the environment; 0 when it is black, 1 when it is alone.
    pub p_env: f32,
    /// The environment's grid; `None` when it is black.
    pub environment: Option<EnvironmentTable>,
}

/// A light of the alias table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LightEntry {
    /// One triangle of one instance.
    Triangle {
        /// Index of the instance.
        instance: u32,
        /// Index in the mesh.
        triangle: u32,
    },
    /// A light without a surface.
    Punctual {
        /// Index in [`Scene::lights`].
        light: u32,
    },
}

impl LightTable {
    /// Finds all lights of a checked scene and weighs them by power.
    pub fn build(scene: &Scene) -> Self {
        let radius = scene_radius(scene);
        let (mut entries, mut weights) = emissive_triangles(scene);
        for (index, light) in scene.lights.iter().enumerate() {
            let power = punctual_power(light, radius);
            if power > 0.0 {
                entries.push(LightEntry::Punctual { light: index as u32 });
                weights.push(f64::from(power));
            }
        }
        let alias = AliasTable::build(&weights);
        let lights_power = alias.as_ref().map_or(0.0, |table| table.total);
        let environment = EnvironmentTable::build(&scene.environment);
        let sky_power = environment
            .as_ref()
            .map_or(0.0, |table| 4.0 * f64::from(PI * PI * radius * radius) * table.luminance_mean());
        let p_env = match (environment.is_some(), alias.is_some()) {
            (false, _) => 0.0,
            (true, false) => 1.0,
            (true, true) => {
                let [least, most] = SHARE_OF_ENVIRONMENT;
                (sky_power / (sky_power + lights_power)).clamp(least, most) as f32
            }
        };
        Self { entries, alias, weights_total: lights_power as f32, p_env, environment }
    }
}

/// The mean radiance that a material emits over its emissive texture (every texel once), times its factor.
pub fn mean_emission(material: &Material, scene: &Scene) -> Vec3 {
    let Some(slot) = material.emissive_texture else { return material.emissive };
    let texture = &scene.textures[slot.texture as usize];
    let decode = |code: u8| linear_from_coded(code, texture.srgb);
    let table: [f64; 256] = std::array::from_fn(|code| f64::from(decode(code as u8)));
    let mut sum = [0.0f64; 3];
    for texel in &texture.texels {
        (0..3).for_each(|channel| sum[channel] += table[usize::from(texel[channel])]);
    }
    let count = texture.texels.len().max(1) as f64;
    material.emissive * Vec3::from(sum.map(|channel| (channel / count) as f32))
}

/// A texel's linear value: IEC 61966-2-1 when `srgb`, else the code as a fraction.
pub fn linear_from_coded(code: u8, srgb: bool) -> f32 {
    let value = f32::from(code) / 255.0;
    if !srgb {
        value
    } else if value <= 0.04045 {
        value / 12.92
    } else {
        ((value + 0.055) / 1.055).powf(2.4)
    }
}

/// Half the diagonal of the box around everything, metres; 1 when there is nothing.
pub fn scene_radius(scene: &Scene) -> f32 {
    let (mut low, mut high) = (Vec3::INFINITY, Vec3::NEG_INFINITY);
    for instance in &scene.instances {
        for &corner in &scene.meshes[instance.mesh as usize].positions {
            let world = instance.world_from_object.transform_point3(corner);
            low = low.min(world);
            high = high.max(world);
        }
    }
    let radius = 0.5 * (high - low).length();
    if radius.is_finite() && radius > 0.0 { radius } else { 1.0 }
}

fn emissive_triangles(scene: &Scene) -> (Vec<LightEntry>, Vec<f64>) {
    let emission: Vec<Vec3> = scene.materials.iter().map(|material| mean_emission(material, scene)).collect();
    let (mut entries, mut weights) = (Vec::new(), Vec::new());
    for (index, instance) in scene.instances.iter().enumerate().filter(|(_, instance)| !instance.is_flat()) {
        let mesh = &scene.meshes[instance.mesh as usize];
        let sides = if scene.materials[mesh.material as usize].double_sided { 2.0 } else { 1.0 };
        let power_per_area = PI * emission[mesh.material as usize].dot(LUMINANCE) * sides;
        if power_per_area <= 0.0 {
            continue;
        }
        for triangle in 0..mesh.triangles.len() as u32 {
            let twice_area = mesh.twice_area_weighed(triangle, &instance.world_from_object);
            let weight = f64::from(power_per_area) * f64::from(0.5 * twice_area);
            if weight > 0.0 && weight.is_finite() {
                entries.push(LightEntry::Triangle { instance: index as u32, triangle });
                weights.push(weight);
            }
        }
    }
    (entries, weights)
}

pub(crate) fn punctual_power(light: &Light, radius: f32) -> f32 {
    let strength = light.color.dot(LUMINANCE);
    match light.kind {
        LightKind::Point => 4.0 * PI * strength,
        LightKind::Spot { cos_inner, cos_outer } => {
            2.0 * PI * (1.0 - 0.5 * (cos_inner + cos_outer)) * strength
        }
        LightKind::Directional => PI * radius * radius * strength,
    }
}

#[cfg(test)]
mod tests;
