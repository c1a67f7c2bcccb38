//! Whether a packed scene can be rendered without reading past the end of anything: run on every scene that arrives.

use shaders::layout::{
    LIGHT_VEC4S, MATERIAL_SLOTS, MATERIAL_SLOTS_AT, MATERIAL_VEC4S, NONE, Part, SLOT_VEC4S, STACK_SIZE,
    SWEEP_WORDS, TRIANGLE_CLOSING_SHIFT,
};

use super::{PackedScene, sweep};
use crate::bvh::check_tree;

/// Why not.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Damage {
    /// The trees need a deeper stack than there is.
    #[error("its search tree has {0} levels")]
    Deep(usize),
    /// Anything else.
    #[error("{0}")]
    Part(String),
}

fn ensure(good: bool, what: impl FnOnce() -> String) -> Result<(), Damage> {
    if good { Ok(()) } else { Err(Damage::Part(what())) }
}

pub(super) fn check(scene: &PackedScene) -> Result<(), Damage> {
    trees(scene)?;
    sweeps(scene)?;
    materials(scene)?;
    parts(scene)?;
    lights(scene)
}

fn trees(scene: &PackedScene) -> Result<(), Damage> {
    let damaged = |fault: crate::bvh::DamagedTree| Damage::Part(fault.to_string());
    let mut seen = vec![false; scene.nodes.len()];
    let triangles = scene.triangles.len() as u32;
    ensure(!scene.instances.is_empty(), || "it has no instance".into())?;
    let mut top = 0;
    if scene.header.single == 0 {
        top = check_tree(&scene.nodes, scene.header.root, scene.instances.len() as u32, &mut seen)
            .map_err(damaged)?;
    } else {
        ensure(scene.instances.len() == 1 && scene.instances[0].root == scene.header.root, || {
            "it has more than the one tree it speaks of".into()
        })?;
    }
    let mut depth_of_root = std::collections::HashMap::new();
    let mut deepest = 0;
    for (index, instance) in scene.instances.iter().enumerate() {
        let rows = [instance.object_from_world, instance.world_from_object, instance.before_from_object];
        let finite = rows.iter().flatten().flatten().all(|value| value.is_finite());
        ensure(finite, || format!("instance {index} has a transform that is not finite"))?;
        let depth = match depth_of_root.get(&instance.root) {
            Some(&depth) => depth,
            None => {
                let depth = check_tree(&scene.nodes, instance.root, triangles, &mut seen).map_err(damaged)?;
                depth_of_root.insert(instance.root, depth);
                depth
            }
        };
        deepest = deepest.max(depth);
    }
    // Each level leaves at most one entry on the stack, entering an instance one more.
    let needed = top + deepest + 1;
    if needed > STACK_SIZE { Err(Damage::Deep(needed)) } else { Ok(()) }
}

/// Whether everything that moves while the shutter is open can be reckoned with.
fn sweeps(scene: &PackedScene) -> Result<(), Damage> {
    let camera = &scene.header.camera_sweep;
    let stands = camera.iter().flatten().all(|&number| number == 0.0);
    ensure(stands || sweep::is_sound(camera), || "its camera moves in a way that cannot be".into())?;
    for (index, instance) in scene.instances.iter().enumerate() {
        ensure(is_sweep(scene, instance.sweep), || {
            format!("instance {index} moves in a way that cannot be")
        })?;
    }
    Ok(())
}

/// Whether a sweep lies at this word, or none is meant.
fn is_sweep(scene: &PackedScene, first: u32) -> bool {
    if first == NONE {
        return true;
    }
    let words = scene.attributes.get(first as usize..).and_then(|words| words.get(..SWEEP_WORDS));
    let rows = |words: &[u32]| -> Vec<[f32; 4]> { bytemuck::pod_collect_to_vec(words) };
    words.is_some_and(|words| sweep::is_sound(&rows(words)))
}

/// Whether there is such a triangle to bend to, or none is meant.
fn is_closing(scene: &PackedScene, number: u32) -> bool {
    number == 0 || (number as usize) < scene.triangles.len()
}

fn materials(scene: &PackedScene) -> Result<(), Damage> {
    let slots_start = material_count(scene) * MATERIAL_VEC4S;
    for (index, words) in scene.materials[..slots_start].chunks_exact(MATERIAL_VEC4S).enumerate() {
        let slots = words[MATERIAL_SLOTS_AT..].iter().flatten().take(MATERIAL_SLOTS);
        for &slot in slots.filter(|&&slot| slot != NONE) {
            let first = slot as usize;
            let inside = first >= slots_start && first + SLOT_VEC4S <= scene.materials.len();
            ensure(inside, || format!("material {index} names a texture that does not exist"))?;
            let [offset, width, height, _] = scene.materials[first].map(u64::from);
            let fits = width > 0 && height > 0 && offset + width * height <= scene.texels.len() as u64;
            ensure(fits, || format!("a texture of material {index} lies outside the texels"))?;
        }
    }
    Ok(())
}

impl PackedScene {
    /// How many of a material's texture slots have to be looked at: up to the last one that any material uses.
    pub(crate) fn texture_slots(&self) -> u32 {
        let materials = &self.materials[..material_count(self) * MATERIAL_VEC4S];
        let used = |words: &[[u32; 4]]| {
            let slots = words[MATERIAL_SLOTS_AT..].as_flattened();
            slots[..MATERIAL_SLOTS].iter().rposition(|&slot| slot != NONE).map_or(0, |last| last + 1)
        };
        materials.chunks_exact(MATERIAL_VEC4S).map(used).max().unwrap_or(0) as u32
    }
}

/// Materials come first and all texture slots behind them, so the highest material that a part names bounds them.
fn material_count(scene: &PackedScene) -> usize {
    let named = scene.parts.iter().map(|part| part.material as usize + 1).max().unwrap_or(0);
    named.min(scene.materials.len() / MATERIAL_VEC4S)
}

fn parts(scene: &PackedScene) -> Result<(), Damage> {
    let words = scene.attributes.len() as u64;
    let materials = material_count(scene) as u32;
    let mut corners = vec![0u32; scene.parts.len()];
    let mut bends = vec![false; scene.parts.len()];
    for triangle in &scene.triangles {
        let [part, number] = [triangle[0][3].to_bits(), triangle[1][3].to_bits()];
        let record = scene.parts.get(part as usize);
        let record =
            record.ok_or_else(|| Damage::Part("a triangle names a part that does not exist".into()))?;
        ensure(triangle.iter().all(|corner| corner[..3].iter().all(|value| value.is_finite())), || {
            "a corner is not finite".into()
        })?;
        let first = u64::from(record.indices) + u64::from(number) * 3;
        ensure(first + 3 <= words, || "a triangle's corners lie outside the attributes".into())?;
        let highest = scene.attributes[first as usize..][..3].iter().copied().max().unwrap_or(0);
        corners[part as usize] = corners[part as usize].max(highest);
        let closing = triangle[2][3].to_bits() >> TRIANGLE_CLOSING_SHIFT;
        ensure(is_closing(scene, closing), || "a triangle bends to one that does not exist".into())?;
        bends[part as usize] |= closing != 0;
    }
    for (index, part) in scene.parts.iter().enumerate() {
        let (highest, bends) = (corners[index], bends[index]);
        ensure(part.material < materials, || format!("part {index} names a material that does not exist"))?;
        ensure(attributes_fit(part, bends, u64::from(highest), words), || {
            format!("part {index} lacks attributes")
        })?;
    }
    Ok(())
}

fn attributes_fit(part: &Part, bends: bool, highest: u64, words: u64) -> bool {
    // Of what bends there are two of each.
    let ends = if bends { 2 } else { 1 };
    let arrays =
        [(part.normals, 3 * ends), (part.tangents, 4 * ends), (part.colors, 4), (part.before, 3 * ends)];
    let uv = part.uv.map(|first| (first, 2));
    arrays
        .into_iter()
        .chain(uv)
        .all(|(first, size)| first == NONE || u64::from(first) + (highest + 1) * size <= words)
}

fn lights(scene: &PackedScene) -> Result<(), Damage> {
    let header = &scene.header;
    let cells = header.environment_columns as usize * header.environment_rows as usize;
    let pixels = header.environment_width as usize * header.environment_height as usize;
    let count = header.light_count as usize;
    let sizes = scene.lights.len() == count
        && scene.slots.len() == count + cells
        && scene.environment_density.len() == cells
        && scene.environment.len() == pixels
        && (cells == 0) == (pixels == 0);
    ensure(sizes, || "its lights do not have the sizes it speaks of".into())?;
    debug_assert_eq!(size_of_val(&scene.lights[..]), count * LIGHT_VEC4S * 16);
    for light in &scene.lights {
        let triangle = light[0][3].to_bits() == 0;
        let [part, number] = [light[1][3].to_bits(), light[2][3].to_bits()];
        if triangle {
            let record = scene.parts.get(part as usize);
            let fits = record.is_some_and(|part| {
                u64::from(part.indices) + (u64::from(number) + 1) * 3 <= scene.attributes.len() as u64
            });
            ensure(fits, || "a light names a triangle that does not exist".into())?;
            let bends = is_closing(scene, light[3][3].to_bits());
            ensure(bends, || "a light bends to a triangle that does not exist".into())?;
        }
        // Of a lamp that has no surface, 0 stands for none.
        let sweep = if triangle { light[3][2].to_bits() } else { light[2][3].to_bits().wrapping_sub(1) };
        ensure(is_sweep(scene, sweep), || "a light moves in a way that cannot be".into())?;
    }
    let (of_lights, of_cells) = scene.slots.split_at(count);
    let inside = |slots: &[[u32; 2]]| slots.iter().all(|slot| (slot[1] as usize) < slots.len());
    ensure(inside(of_lights) && inside(of_cells), || "an alias names a slot that does not exist".into())
}
