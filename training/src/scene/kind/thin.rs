//! Thin things: fences, grids, wires and cables, thinner than a pixel in places.

use glam::{Vec2, Vec3};

use crate::scene::glb::Pose;
use crate::scene::kind::{any_sky, strew};
use crate::scene::material::Look;
use crate::scene::plant::rod;
use crate::scene::shape::{self, Shape, card};
use crate::scene::sky;
use crate::scene::stage::Stage;

pub(super) fn make(stage: &mut Stage) -> &'static str {
    stage.build(shape::ground(30.0, 2, 0.5, |_, _| 0.0), Look::Solid);
    if stage.rng.chance(0.5) {
        stage.build(shape::slab(Vec3::new(-6.0, 0.0, -4.2), Vec3::new(6.0, 3.5, -4.0)), Look::Solid);
    }
    for _ in 0..stage.rng.count(1, 3) {
        let (made, look) = match stage.rng.below(5) {
            0 => (fence(stage), Look::Metal),
            1 => (lattice(stage), Look::Any),
            2 => (cables(stage), Look::Solid),
            3 => (cage(stage), Look::Metal),
            _ => (card(3.0, 1.5).shifted(Vec3::Y * 0.75), Look::Cutout),
        };
        let at = Vec3::new(stage.rng.between(-1.5, 1.5), 0.0, stage.rng.between(-2.5, 1.0));
        let turn = glam::Quat::from_rotation_y(stage.rng.between(-0.8, 0.8));
        stage.show(made, look, Pose::at(at).turned(turn));
    }
    let count = stage.rng.count(1, 5);
    strew(stage, count, Vec3::Z * -2.0, Vec2::new(2.5, 1.5), (0.3, 1.2));
    if stage.rng.chance(0.7) {
        any_sky(stage, 0.7);
    } else {
        stage.under(sky::even, 0.03);
        stage.bulb(Vec3::new(1.0, 3.0, 1.0), 3.0, 3.0);
    }
    if stage.rng.chance(0.4) {
        stage.sun(Vec3::new(0.5, -1.0, -0.7), 3.0);
    }
    stage.look(Vec3::new(-4.0, 0.2, 0.5), Vec3::new(4.0, 3.0, 6.0));
    "thin"
}

/// Posts in a row with two rails.
fn fence(stage: &mut Stage) -> Shape {
    let (count, radius) = (stage.rng.count(10, 50), stage.rng.log_between(0.003, 0.02));
    let (wide, high) = (3.0, stage.rng.between(0.8, 1.8));
    let mut fence = Shape::default();
    for index in 0..count {
        let x = (index as f32 / (count - 1) as f32 - 0.5) * wide;
        fence.join(&rod(Vec3::new(x, 0.0, 0.0), Vec3::new(x, high, 0.0), radius, radius, 6));
    }
    for y in [0.15, 0.9] {
        let end = Vec3::new(wide * 0.5, y * high, 0.0);
        fence.join(&rod(Vec3::new(-end.x, end.y, 0.0), end, radius * 1.5, radius * 1.5, 6));
    }
    fence
}

/// Wires both ways.
fn lattice(stage: &mut Stage) -> Shape {
    let (count, radius) = (stage.rng.count(8, 40), stage.rng.log_between(0.002, 0.012));
    let slant = stage.rng.pick(&[0.0, 0.0, 0.5]);
    let mut lattice = Shape::default();
    for index in 0..count {
        let s = (index as f32 / (count - 1) as f32 - 0.5) * 2.0;
        lattice.join(&rod(Vec3::new(s - slant, 0.0, 0.0), Vec3::new(s + slant, 2.0, 0.0), radius, radius, 5));
        lattice.join(&rod(Vec3::new(-1.0, s + 1.0, 0.01), Vec3::new(1.0, s + 1.0, 0.01), radius, radius, 5));
    }
    lattice
}

/// Cables that hang between two masts.
fn cables(stage: &mut Stage) -> Shape {
    let mut cables = Shape::default();
    let (count, sag) = (stage.rng.count(2, 12), stage.rng.between(0.1, 0.8));
    for x in [-3.0, 3.0] {
        cables.join(&rod(Vec3::new(x, 0.0, 0.0), Vec3::new(x, 3.0, 0.0), 0.05, 0.04, 8));
    }
    for index in 0..count {
        let (top, z) = (2.9 - index as f32 * 0.15, stage.rng.between(-0.2, 0.2));
        let at = |t: f32| Vec3::new(t * 6.0 - 3.0, top - sag * 4.0 * t * (1.0 - t), z * 4.0 * t * (1.0 - t));
        let radius = stage.rng.log_between(0.002, 0.012);
        for step in 0..16 {
            cables.join(&rod(at(step as f32 / 16.0), at((step + 1) as f32 / 16.0), radius, radius, 5));
        }
    }
    cables
}

/// The edges of nested boxes.
fn cage(stage: &mut Stage) -> Shape {
    let radius = stage.rng.log_between(0.003, 0.015);
    let mut cage = Shape::default();
    for _ in 0..stage.rng.count(1, 5) {
        let half =
            Vec3::new(stage.rng.between(0.2, 0.8), stage.rng.between(0.2, 0.8), stage.rng.between(0.2, 0.8));
        for axis in 0..3 {
            for corner in 0..4 {
                let mut from = half;
                from[axis] = -half[axis];
                from[(axis + 1) % 3] *= if corner & 1 == 0 { -1.0 } else { 1.0 };
                from[(axis + 2) % 3] *= if corner & 2 == 0 { -1.0 } else { 1.0 };
                let mut to = from;
                to[axis] = half[axis];
                let up = Vec3::Y * 0.85;
                cage.join(&rod(from + up, to + up, radius, radius, 6));
            }
        }
    }
    cage
}
