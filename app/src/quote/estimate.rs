//! What work will take and cost on a crew of machines: p50 and p90 of a few hundred plays with what is not known drawn by chance.
//!
//! Pure: no clock, no socket, no randomness but a seed. Not known are how dear each tile is (drawn from the places that were measured, which
//! are themselves resampled in each play: Efron's bootstrap), how fast each machine is in this scene, how long other jobs go on, and when a busy
//! machine is free. Nothing is foreseen of machines that leave or come while the work goes on.

use super::chance::Chance;
use super::play::{Player, play};
use super::work::{Crew, Work};
use crate::event::Odds;

/// Plays of one estimate: p90 then lies between p87 and p93 in 95 of 100 estimates.
const PLAYS: u64 = 400;
/// Plays of a crew of more than [`MANY`], each of which takes as much longer: p84 to p95. Of many machines chance is less.
const PLAYS_MANY: u64 = 100;
const MANY: usize = 32;

/// What it will take and cost.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// Seconds from the start of the work to its last picture.
    pub time_s: Odds<f64>,
    /// Micro-credits.
    pub cost: Odds<u64>,
}

/// Estimates; the same arguments give the same answer.
pub fn estimate(work: &Work, crew: &Crew, seed: u64) -> Estimate {
    let mut times = Vec::new();
    let mut costs = Vec::new();
    let plays = if crew.hands.len() > MANY { PLAYS_MANY } else { PLAYS };
    for at in 0..plays {
        let mut chance = Chance::new(seed ^ at.wrapping_mul(0x2545_f491_4f6c_dd1d));
        let outcome = play(Player::new(work, crew, &mut chance));
        times.push(outcome.time_s + chance.within(crew.ends_s));
        costs.push(outcome.cost);
    }
    times.sort_by(f64::total_cmp);
    costs.sort_unstable();
    Estimate { time_s: odds(&times), cost: odds(&costs) }
}

fn odds<T: Copy>(sorted: &[T]) -> Odds<T> {
    let at = |share: f64| sorted[((sorted.len() - 1) as f64 * share).round() as usize];
    Odds { p50: at(0.5), p90: at(0.9) }
}

#[cfg(test)]
mod tests;
