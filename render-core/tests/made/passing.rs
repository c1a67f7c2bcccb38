//! A square metre that passes before a camera that sees two metres, and what is seen of it. Needs `made/lamps.rs` beside it.

use glam::Vec3;
use render_core::scene::Material;

use crate::lamps::matte;

/// Shows white, whatever lights it.
pub(crate) fn sign() -> Material {
    Material { unlit: true, ..matte(Vec3::ONE) }
}

/// What a column of the picture's `edge` columns sees, 0 to 1, of a square of half a metre's half side whose middle goes evenly from one place to another.
pub(crate) fn seen_while_passing(column: u32, edge: u32, [from, to]: [f32; 2]) -> f32 {
    let width = 2.0 / edge as f32;
    let left = -1.0 + column as f32 * width;
    let covered = |middle: f32| ((left + width).min(middle + 0.5) - left.max(middle - 0.5)).max(0.0) / width;
    let times = (0..1000).map(|step| (step as f32 + 0.5) / 1000.0);
    // It is 1 m high in a picture of 2 m.
    0.5 * times.map(|time| covered(from + (to - from) * time)).sum::<f32>() / 1000.0
}
