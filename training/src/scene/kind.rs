//! Kinds of places, and what they share: things that stand about, and ways to light them.

mod land;
mod room;
mod still;
mod street;

use glam::{Vec2, Vec3};

use super::Made;
use super::glb::Pose;
use super::material::Look;
use super::shape::{self, Shape};
use super::sky;
use super::stage::Stage;
use crate::rng::Rng;

/// A kind of place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Room,
    Still,
    Land,
    Street,
}

impl Kind {
    const WEIGHTS: [(Self, f32); 4] =
        [(Self::Room, 4.0), (Self::Still, 4.0), (Self::Land, 2.0), (Self::Street, 2.0)];

    /// Makes a place of this kind.
    pub(super) fn make(self, rng: Rng) -> Made {
        let mut stage = Stage::new(rng);
        let name = match self {
            Self::Room => room::make(&mut stage),
            Self::Still => still::make(&mut stage),
            Self::Land => land::make(&mut stage),
            Self::Street => street::make(&mut stage),
        };
        stage.finish(name)
    }
}

/// Draws a kind.
pub(super) fn of(rng: &mut Rng) -> Kind {
    Kind::WEIGHTS[rng.weighted(Kind::WEIGHTS.iter().map(|one| one.1))].0
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
