//! Lights, alias slots and the environment.

use glam::Vec3;
use shaders::layout::NONE;

use super::PackedScene;
use super::geometry::Placed;
use crate::lights::{LightEntry, LightTable};
use crate::scene::{Light, LightKind, Scene};

/// Kinds of light in `shaders/lib/light.wgsl`.
const TRIANGLE: u32 = 0;
const POINT: u32 = 1;
const SPOT: u32 = 2;
const DIRECTIONAL: u32 = 3;

/// `placed`: where each instance went, from `geometry::pack`.
pub(super) fn pack(scene: &Scene, table: &LightTable, placed: &[Placed], packed: &mut PackedScene) {
    for (index, entry) in table.entries.iter().enumerate() {
        packed.lights.push(match *entry {
            LightEntry::Triangle { instance, triangle } => {
                triangle_words(scene, instance, triangle, placed[instance as usize])
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

/// In world space, or in the mesh's own where the instance moves while the shutter is open.
fn triangle_words(scene: &Scene, instance: u32, triangle: u32, went: Placed) -> [[f32; 4]; 4] {
    let placed = &scene.instances[instance as usize];
    let mesh = &scene.meshes[placed.mesh as usize];
    let own = mesh.triangles[triangle as usize].map(|corner| mesh.positions[corner as usize]);
    let world = own.map(|corner| placed.world_from_object.transform_point3(corner));
    let twice_area = (world[1] - world[0]).cross(world[2] - world[0]).length();
    let (corners, twice_area) = if went.sweep == NONE { (world, 0.0) } else { (own, twice_area) };
    let with = |v: Vec3, bits: u32| v.extend(f32::from_bits(bits)).to_array();
    let side = placed.world_from_object.matrix3.determinant().signum();
    [
        with(corners[0], TRIANGLE),
        with(corners[1] - corners[0], went.part),
        with(corners[2] - corners[0], triangle),
        [twice_area, side, f32::from_bits(went.sweep), 0.0],
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
