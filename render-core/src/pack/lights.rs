//! Lights, alias slots and the environment.

use glam::{Vec3, Vec4};

use super::PackedScene;
use crate::lights::{LightEntry, LightTable};
use crate::scene::{Light, LightKind, Scene};

/// Kinds of light in `shaders/lib/light.wgsl`.
const TRIANGLE: u32 = 0;
const POINT: u32 = 1;
const SPOT: u32 = 2;
const DIRECTIONAL: u32 = 3;

/// `part_of_instance`: where each instance's triangles went, from `geometry::pack`.
pub(super) fn pack(scene: &Scene, table: &LightTable, part_of_instance: &[u32], packed: &mut PackedScene) {
    for (index, entry) in table.entries.iter().enumerate() {
        packed.lights.push(match *entry {
            LightEntry::Triangle { instance, triangle } => {
                triangle_words(scene, instance, triangle, part_of_instance[instance as usize])
            }
            LightEntry::Punctual { light } => {
                let probability =
                    table.alias.as_ref().map_or(0.0, |alias| alias.probability(index as u32)) as f32;
                punctual_words(&scene.lights[light as usize], probability)
            }
        });
    }
    let slots = table.alias.iter().flat_map(|alias| &alias.slots);
    let cells = table.environment.iter().flat_map(|environment| &environment.slots);
    packed.slots = slots.chain(cells).map(|slot| [slot.threshold.to_bits(), slot.alias]).collect();
    if let Some(environment) = &table.environment {
        packed.environment_density.clone_from(&environment.pdf_uv);
        packed.environment = environment.map.pixels.iter().map(|c| [c.x, c.y, c.z, 1.0]).collect();
    }
}

fn triangle_words(scene: &Scene, instance: u32, triangle: u32, part: u32) -> [[f32; 4]; 4] {
    let placed = &scene.instances[instance as usize];
    let mesh = &scene.meshes[placed.mesh as usize];
    let world = mesh.triangles[triangle as usize]
        .map(|corner| placed.world_from_object.transform_point3(mesh.positions[corner as usize]));
    let with = |v: Vec3, bits: u32| v.extend(f32::from_bits(bits)).to_array();
    let side = placed.world_from_object.matrix3.determinant().signum();
    [
        with(world[0], TRIANGLE),
        with(world[1] - world[0], part),
        with(world[2] - world[0], triangle),
        Vec4::new(0.0, side, 0.0, 0.0).to_array(),
    ]
}

fn punctual_words(light: &Light, probability: f32) -> [[f32; 4]; 4] {
    let (kind, cones) = match light.kind {
        LightKind::Point => (POINT, [0.0, 0.0]),
        LightKind::Directional => (DIRECTIONAL, [0.0, 0.0]),
        LightKind::Spot { cos_inner, cos_outer } => (SPOT, [cos_inner, cos_outer]),
    };
    // Of a sun: 1 - cos of half its angle, without the loss of digits.
    let is_sun = light.kind == LightKind::Directional;
    let size = if is_sun { 2.0 * (0.5 * light.size).sin().powi(2) } else { light.size };
    [
        light.position.extend(f32::from_bits(kind)).to_array(),
        light.color.extend(probability).to_array(),
        light.direction.extend(0.0).to_array(),
        [cones[0], cones[1], size, 0.0],
    ]
}
