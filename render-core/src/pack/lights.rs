//! Lights, alias slots and the environment.

use glam::Vec3;
use shaders::layout::NONE;

use super::geometry::Placed;
use super::part::number;
use super::{PackFault, PackedScene, sweep};
use crate::lights::{LightEntry, LightTable};
use crate::scene::{Light, LightKind, Scene};

/// Kinds of light in `shaders/lib/light.wgsl`.
const TRIANGLE: u32 = 0;
const POINT: u32 = 1;
const SPOT: u32 = 2;
const DIRECTIONAL: u32 = 3;

/// `placed`: where each instance went, from `geometry::pack`.
pub(super) fn pack(
    scene: &Scene,
    table: &LightTable,
    placed: &[Placed],
    packed: &mut PackedScene,
) -> Result<(), PackFault> {
    for (index, entry) in table.entries.iter().enumerate() {
        let words = match *entry {
            LightEntry::Triangle { instance, triangle } => {
                triangle_words(scene, instance, triangle, placed[instance as usize], packed)?
            }
            LightEntry::Punctual { light } => {
                let probability =
                    table.alias.as_ref().map_or(0.0, |alias| alias.probability(index as u32)) as f32;
                let light = &scene.lights[light as usize];
                let sweep = sweep::lay(light.sweep.as_ref(), packed)?;
                punctual_words(light, probability, sweep)
            }
        };
        packed.lights.push(words);
    }
    let slots = table.alias.iter().flat_map(|alias| &alias.slots);
    let cells = table.environment.iter().flat_map(|environment| &environment.slots);
    packed.slots = slots.chain(cells).map(|slot| [slot.threshold.to_bits(), slot.alias]).collect();
    if let Some(environment) = &table.environment {
        packed.environment_density.clone_from(&environment.pdf_uv);
        packed.environment = environment.map.pixels.iter().map(|c| [c.x, c.y, c.z, 1.0]).collect();
    }
    Ok(())
}

/// In world space, or in the mesh's own where the instance moves while the shutter is open.
fn triangle_words(
    scene: &Scene,
    instance: u32,
    triangle: u32,
    went: Placed,
    packed: &mut PackedScene,
) -> Result<[[f32; 4]; 4], PackFault> {
    let placed = &scene.instances[instance as usize];
    let mesh = &scene.meshes[placed.mesh as usize];
    let moves = went.sweep != NONE || mesh.bend.is_some();
    let twice_area = if moves { mesh.twice_area_weighed(triangle, &placed.world_from_object) } else { 0.0 };
    let numbers = mesh.triangles[triangle as usize].map(|corner| corner as usize);
    // A corner and the edges from there.
    let spanned = |positions: &[Vec3]| {
        let own = numbers.map(|corner| positions[corner]);
        let stands = |corner| placed.world_from_object.transform_point3(corner);
        let [a, b, c] = if went.sweep == NONE { own.map(stands) } else { own };
        [a, b - a, c - a]
    };
    let with = |v: Vec3, bits: u32| v.extend(f32::from_bits(bits)).to_array();
    let mut closing = 0;
    if let Some(bend) = &mesh.bend {
        closing = number(packed.triangles.len(), "triangles")?;
        let [a, e1, e2] = spanned(&bend.close.positions);
        packed.triangles.push([with(a, went.part), with(e1, triangle), with(e2, 0)]);
    }
    let [a, e1, e2] = spanned(mesh.bend.as_ref().map_or(&mesh.positions, |bend| &bend.open.positions));
    let side = placed.world_from_object.matrix3.determinant().signum();
    let tail = [twice_area, side, f32::from_bits(went.sweep), f32::from_bits(closing)];
    Ok([with(a, TRIANGLE), with(e1, went.part), with(e2, triangle), tail])
}

fn punctual_words(light: &Light, probability: f32, sweep: u32) -> [[f32; 4]; 4] {
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
        // 0: it stands still.
        light.direction.extend(f32::from_bits(sweep.wrapping_add(1))).to_array(),
        [cones[0], cones[1], size, 0.0],
    ]
}
