//! The same thing by the hundred, by instancing, and shapes that repeat themselves smaller and smaller.

use glam::{Vec2, Vec3};

use crate::noise::Noise;
use crate::scene::glb::Pose;
use crate::scene::kind::{any_sky, strew, thing};
use crate::scene::material::Look;
use crate::scene::shape::{self, slab};
use crate::scene::sky;
use crate::scene::stage::Stage;

/// Triangles of one thing, so that some hundred of them stay a small scene in memory as well.
const TRIANGLES_MAX: usize = 2500;

pub(super) fn make(stage: &mut Stage) -> &'static str {
    stage.build(shape::ground(20.0, 2, 0.5, |_, _| 0.0), Look::Solid);
    match stage.rng.below(4) {
        0 => heap(stage),
        1 => blocks(stage),
        2 => sponge(stage),
        _ => cloud(stage),
    }
    let count = stage.rng.count(0, 2);
    strew(stage, count, Vec3::new(0.0, 0.0, 2.0), Vec2::splat(1.0), (0.3, 0.8));
    match stage.rng.below(3) {
        0 | 1 => any_sky(stage, 0.7),
        _ => {
            stage.under(sky::even, 0.05);
            for _ in 0..stage.rng.count(1, 5) {
                let low = Vec3::new(-3.0, 2.0, -3.0);
                let at = stage.rng.inside(low, Vec3::new(3.0, 4.0, 3.0));
                stage.lamp(at, 0.15, 2.0, 3.0);
            }
        }
    }
    stage.look(Vec3::new(-5.0, 0.2, -5.0), Vec3::new(5.0, 4.0, 5.0));
    "swarm"
}

fn poses(stage: &mut Stage, count: usize, low: Vec3, high: Vec3, size: (f32, f32)) -> Vec<Pose> {
    let rng = &mut stage.rng;
    (0..count)
        .map(|_| {
            Pose::at(rng.inside(low, high)).turned(rng.rotation()).scaled(rng.log_between(size.0, size.1))
        })
        .collect()
}

/// Small things all over the ground.
fn heap(stage: &mut Stage) {
    for _ in 0..stage.rng.count(1, 3) {
        let shape = light_thing(stage);
        let look = many(stage);
        let material = stage.dress(look);
        let mesh = stage.mesh(shape, material);
        let (count, reach) = (stage.rng.log_between(40.0, 500.0) as usize, stage.rng.between(1.5, 4.0));
        let low = Vec3::new(-reach, 0.0, -reach);
        let all = poses(stage, count, low, Vec3::new(reach, 0.25, reach), (0.1, 0.5));
        stage.scatter(mesh, &all);
        stage.aim_at_last();
    }
    stage.aim(Vec3::Y * 0.2, 1.2);
}

/// Columns of boxes like a town seen from above.
fn blocks(stage: &mut Stage) {
    let (noise, side) = (Noise(stage.rng.bits()), stage.rng.count(6, 20));
    let pitch = 5.0 / side as f32;
    let material = stage.dress(Look::Any);
    let mesh = stage.mesh(slab(Vec3::new(-0.5, 0.0, -0.5), Vec3::new(0.5, 1.0, 0.5)), material);
    let gap = stage.rng.between(0.5, 0.98);
    let all: Vec<Pose> = (0..side * side)
        .map(|index| {
            let (column, row) = (index % side, index / side);
            let at =
                Vec3::new(column as f32 - side as f32 * 0.5, 0.0, row as f32 - side as f32 * 0.5) * pitch;
            let high = 0.05 + noise.at(column as i32, row as i32).powi(2) * 1.8;
            Pose { scale: Vec3::new(pitch * gap, high, pitch * gap), ..Pose::at(at) }
        })
        .collect();
    stage.scatter(mesh, &all);
    stage.aim(Vec3::Y * 0.5, 1.5);
}

/// A box with holes that is made of such boxes.
fn sponge(stage: &mut Stage) {
    let mut parts = vec![(Vec3::new(0.0, 1.0, 0.0), 1.0)];
    let level = stage.rng.count(1, 2);
    let is_cross = stage.rng.chance(0.5);
    for _ in 0..level {
        parts = parts
            .iter()
            .flat_map(|&(centre, half): &(Vec3, f32)| {
                (0..27).filter_map(move |index| {
                    let step =
                        Vec3::new((index % 3) as f32, (index / 3 % 3) as f32, (index / 9) as f32) - 1.0;
                    let zeros = step.to_array().iter().filter(|part| **part == 0.0).count();
                    let kept = if is_cross { zeros == 0 || zeros == 3 } else { zeros < 2 };
                    kept.then_some((centre + step * half * (2.0 / 3.0), half / 3.0))
                })
            })
            .collect();
    }
    let shape = if stage.rng.chance(0.7) { slab(-Vec3::ONE, Vec3::ONE) } else { shape::ball(16, 8) };
    let material = stage.dress(Look::Any);
    let mesh = stage.mesh(shape, material);
    let all: Vec<Pose> = parts.iter().map(|&(at, half)| Pose::at(at).scaled(half * 0.999)).collect();
    stage.scatter(mesh, &all);
    stage.aim(Vec3::Y, 1.2);
}

/// Things that hang in the air.
fn cloud(stage: &mut Stage) {
    for _ in 0..stage.rng.count(1, 3) {
        let shape = light_thing(stage);
        let look = many(stage);
        let material = stage.dress(look);
        let mesh = stage.mesh(shape, material);
        let count = stage.rng.log_between(20.0, 200.0) as usize;
        let all = poses(stage, count, Vec3::new(-2.0, 0.2, -2.0), Vec3::new(2.0, 3.0, 2.0), (0.1, 0.6));
        stage.scatter(mesh, &all);
        stage.aim_at_last();
    }
    stage.aim(Vec3::Y * 1.3, 1.5);
}

/// Mostly not glass, because paths through a heap of glass take many times as long as others.
fn many(stage: &mut Stage) -> Look {
    stage.rng.pick(&[Look::Solid, Look::Solid, Look::Solid, Look::Metal, Look::Cutout, Look::Any])
}

fn light_thing(stage: &mut Stage) -> shape::Shape {
    let made = thing(&mut stage.rng);
    if made.triangles.len() > TRIANGLES_MAX { shape::rock(&mut stage.rng, 16, 8).stood() } else { made }
}
