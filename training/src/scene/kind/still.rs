//! Things on a table or on the ground, under studio lights or a sky.

use glam::{Vec2, Vec3};

use crate::scene::glb::Pose;
use crate::scene::kind::{any_sky, strew, thing};
use crate::scene::material::Look;
use crate::scene::shape;
use crate::scene::sky;
use crate::scene::stage::Stage;

pub(super) fn make(stage: &mut Stage) -> &'static str {
    floor(stage);
    let reach = stage.rng.log_between(0.25, 1.2);
    let count = stage.rng.count(1, 14);
    strew(stage, count, Vec3::ZERO, Vec2::splat(reach), (0.12, 0.6));
    if stage.rng.chance(0.25) {
        drape(stage, reach);
    }
    lights(stage, reach);
    stage.look(Vec3::new(-4.0, 0.03, -2.0), Vec3::new(4.0, 3.0, 4.0));
    "still"
}

/// A table top, a plane, or a curved backdrop as in a studio.
fn floor(stage: &mut Stage) {
    match stage.rng.below(3) {
        0 => {
            let top = shape::slab(Vec3::new(-1.6, -0.06, -1.2), Vec3::new(1.6, 0.0, 1.2));
            stage.build(top, Look::Solid);
            stage.build(shape::slab(Vec3::new(-6.0, -0.85, -6.0), Vec3::new(6.0, -0.8, 6.0)), Look::Solid);
        }
        1 => stage.build(shape::ground(12.0, 2, 1.0, |_, _| 0.0), Look::Solid),
        _ => {
            let backdrop = shape::Shape::grid(4, 40, Vec2::splat(4.0), |u, v| {
                let along = 8.0 * v;
                let bend = std::f32::consts::FRAC_PI_2;
                let (z, y) = match along {
                    s if s < 5.0 => (3.0 - s, 0.0),
                    s if s < 5.0 + bend => (-2.0 - (s - 5.0).sin(), 1.0 - (s - 5.0).cos()),
                    s => (-3.0, 1.0 + s - 5.0 - bend),
                };
                Vec3::new((u - 0.5) * 10.0, y, z)
            });
            stage.build(backdrop, Look::Solid);
        }
    }
}

fn drape(stage: &mut Stage, reach: f32) {
    let cloth = shape::drape(&mut stage.rng, 56);
    let at = Vec3::new(stage.rng.between(-reach, reach), 0.004, stage.rng.between(-reach, reach));
    let (size, turn) = (stage.rng.between(0.3, 0.7), stage.rng.heading());
    stage.show(cloth, Look::Solid, Pose::at(at).scaled(size).turned(turn));
}

fn lights(stage: &mut Stage, reach: f32) {
    let around = |stage: &mut Stage, far: f32| {
        let mut away = stage.rng.direction();
        away.y = away.y.abs() + 0.25;
        away.normalize() * far
    };
    match stage.rng.below(5) {
        0 => any_sky(stage, 0.6),
        1 => {
            for _ in 0..stage.rng.count(1, 3) {
                let at = around(stage, 2.5);
                let size = (stage.rng.log_between(0.2, 1.6), stage.rng.log_between(0.2, 1.6));
                stage.panel(at, -at, size, 3.0, 2.5);
            }
        }
        2 => {
            stage.under(sky::daylight, 0.2);
            let along = -around(stage, 1.0);
            stage.sun(along, 3.0);
        }
        3 => {
            // Small and bright: hard shadows, and caustics from glass and metal.
            for _ in 0..stage.rng.count(1, 2) {
                let (at, radius) = (around(stage, 1.8), stage.rng.log_between(0.01, 0.15));
                stage.lamp(at, radius, 3.0, 1.8);
            }
            if stage.rng.chance(0.4) {
                stage.under(sky::even, 0.02);
            }
        }
        _ => {
            for _ in 0..stage.rng.count(1, 4) {
                let at = around(stage, 2.2);
                if stage.rng.chance(0.5) {
                    stage.bulb(at, 2.0, 2.2);
                } else {
                    let toward = stage.rng.direction() * reach * 0.5;
                    stage.spot(at, toward, 4.0);
                }
            }
        }
    }
    if stage.rng.chance(0.2) {
        let glowing = thing(&mut stage.rng);
        let color = stage.light_color() * stage.rng.log_between(0.3, 6.0);
        let material = stage.palette.glow(&mut stage.glb, &mut stage.rng, color);
        let mesh = stage.mesh(glowing, material);
        let at = Vec3::new(stage.rng.between(-reach, reach), 0.0, stage.rng.between(-reach, reach));
        stage.place(mesh, Pose::at(at).scaled(0.2));
    }
}
