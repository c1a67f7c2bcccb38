//! Sweeps as `shaders/lib/sweep.wgsl` and `shaders/lib/time.wgsl` read them.

use shaders::layout::{NONE, SWEEP_WORDS};

use super::part::number;
use super::{PackFault, PackedScene};
use crate::scene::Sweep;

/// Farthest that a rotation's length may be from 1, and an axis's from 1.
const UNIT_TOLERANCE: f32 = 1e-3;

/// Half of the longest way round, turns.
const HALF_TURN_MAX: f32 = 0.2501;

/// Lays one down among the attributes and returns the word at which it begins; [`NONE`] where nothing moves.
pub(super) fn lay(sweep: Option<&Sweep>, packed: &mut PackedScene) -> Result<u32, PackFault> {
    let Some(sweep) = sweep else { return Ok(NONE) };
    let first = number(packed.attributes.len(), "vertices")?;
    packed.attributes.extend(words(sweep));
    number(packed.attributes.len(), "vertices")?;
    Ok(first)
}

fn words(sweep: &Sweep) -> [u32; SWEEP_WORDS] {
    let ([start, turn], [from, to]) = (sweep.rotations(), sweep.stretches());
    let rows = [start, turn, from[0], from[1], from[2], to[0], to[1], to[2]];
    bytemuck::cast(rows)
}

/// The camera's, as it lies in the header.
pub(super) fn of_camera(sweep: &Sweep) -> [[f32; 4]; 4] {
    let ([start, turn], stretches) = (sweep.rotations(), sweep.stretches());
    let [from, to] = stretches.map(|rows| [rows[0][3], rows[1][3], rows[2][3], 1.0]);
    [start, turn, from, to]
}

/// Whether a sweep that travelled can be reckoned with: finite, with a rotation, an axis and an angle.
pub(super) fn is_sound(rows: &[[f32; 4]]) -> bool {
    let length = |numbers: &[f32]| numbers.iter().map(|number| number * number).sum::<f32>().sqrt();
    let is_unit = |numbers: &[f32]| (length(numbers) - 1.0).abs() <= UNIT_TOLERANCE;
    let [start, turn, ..] = rows else { return false };
    rows.iter().flatten().all(|number| number.is_finite())
        && is_unit(start)
        && is_unit(&turn[..3])
        && (0.0..=HALF_TURN_MAX).contains(&turn[3])
}
