//! Kinds of places, and what they share: things that stand about, and ways to light them.

mod cloth;
mod corridor;
mod gallery;
mod glassware;
mod hall;
mod land;
mod plain;
mod room;
mod still;
mod street;
mod swarm;
mod thin;

use glam::{Vec2, Vec3};

use super::Made;
use super::glb::Pose;
use super::material::Look;
use super::shape::{self, Shape};
use super::sky;
use super::stage::Stage;
use crate::rng::Rng;

/// Makes a kind of place and answers its name.
type Make = fn(&mut Stage) -> &'static str;

/// Every kind of place with its weight.
const KINDS: [(Make, f32); 12] = [
    (room::make, 4.0),
    (still::make, 4.0),
    (glassware::make, 2.5),
    (land::make, 2.0),
    (street::make, 2.0),
    (corridor::make, 2.0),
    (swarm::make, 2.0),
    (hall::make, 2.0),
    (gallery::make, 1.5),
    (thin::make, 1.5),
    (cloth::make, 1.5),
    (plain::make, 1.3),
];

/// Makes the place of a seed.
///
/// Seeds that follow each other take the kinds in turn as multiples of the golden ratio do, so that even a few of them hold every
/// kind in about its share; everything else is drawn.
pub(super) fn make(seed: u64, rng: &mut Rng) -> Made {
    let turn = (seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40) as f32 / (1 << 24) as f32;
    let mut left = turn * KINDS.iter().map(|kind| kind.1).sum::<f32>();
    let after = |&&(_, weight): &&(Make, f32)| {
        left -= weight;
        left < 0.0
    };
    let (make, _) = KINDS.iter().find(after).unwrap_or(&KINDS[0]);
    let mut stage = Stage::new(rng.fork());
    let name = make(&mut stage);
    stage.finish(name)
}

/// A thing of some shape that stands on y = 0 and is at most 1 high and wide.
fn thing(rng: &mut Rng) -> Shape {
    let made = match rng.below(10) {
        0 => shape::ball(40, 20),
        1 | 2 => shape::superquadric(rng.log_between(0.1, 2.0), rng.log_between(0.1, 2.0), 40, 24),
        3 => shape::rock(rng, 48, 24),
        4 | 5 => shape::vase(rng, 40, 40),
        6 => {
            let (p, q) = rng.pick(&[(1.0, 0.0), (2.0, 3.0), (3.0, 2.0), (2.0, 5.0), (3.0, 4.0)]);
            shape::knot(p, q, rng.between(0.06, 0.2), 120, 12)
        }
        7 => shape::prism(rng),
        8 => {
            let size = Vec3::new(rng.between(0.2, 1.0), rng.between(0.1, 1.0), rng.between(0.2, 1.0));
            shape::slab(-size * 0.5, size * 0.5)
        }
        _ => shape::rock(rng, 20, 10).faceted(),
    };
    made.stood()
}

/// Stands things about on a level, over a rectangle, without letting them run into each other much.
fn strew(stage: &mut Stage, count: usize, centre: Vec3, reach: Vec2, size: (f32, f32)) {
    let mut taken: Vec<(Vec2, f32)> = Vec::new();
    for _ in 0..count {
        let height = stage.rng.log_between(size.0, size.1);
        for _ in 0..8 {
            let at = Vec2::new(stage.rng.between(-1.0, 1.0), stage.rng.between(-1.0, 1.0)) * reach;
            if taken.iter().all(|(other, radius)| other.distance(at) > (radius + height) * 0.45) {
                taken.push((at, height));
                let shape = thing(&mut stage.rng);
                let turn = stage.rng.heading();
                let pose = Pose::at(centre + Vec3::new(at.x, 0.0, at.y)).turned(turn).scaled(height);
                stage.show(shape, Look::Any, pose);
                break;
            }
        }
    }
}

/// A sky of any kind of about this mean radiance.
fn any_sky(stage: &mut Stage, radiance: f32) {
    let make = stage.rng.pick(&[sky::daylight, sky::daylight, sky::studio, sky::even]);
    stage.under(make, radiance);
}
