//! Corridors that are lit from one side or end only: light that arrives by many bounces.

use glam::{Vec2, Vec3};

use crate::scene::glb::Pose;
use crate::scene::kind::strew;
use crate::scene::material::Look;
use crate::scene::shape::{Shape, card, slab};
use crate::scene::sky;
use crate::scene::stage::Stage;

const WALL: f32 = 0.15;

pub(super) fn make(stage: &mut Stage) -> &'static str {
    let rng = &mut stage.rng;
    let half = Vec3::new(rng.between(0.8, 2.2), rng.between(2.2, 3.6), rng.between(4.0, 12.0));
    let (x, y, z) = (half.x, half.y, half.z);
    let open_end = stage.rng.chance(0.4);
    let windows = if open_end { 0 } else { stage.rng.count(0, 6) };
    stage.build(slab(Vec3::new(-x - WALL, -WALL, -z), Vec3::new(x + WALL, 0.0, z)), Look::Solid);
    stage.build(slab(Vec3::new(-x - WALL, y, -z), Vec3::new(x + WALL, y + WALL, z)), Look::Solid);
    stage.build(slab(Vec3::new(x, 0.0, -z), Vec3::new(x + WALL, y, z)), Look::Solid);
    let side = pierced(Vec3::new(-x - WALL, 0.0, -z), Vec3::new(-x, y, z), windows);
    stage.build(side, Look::Solid);
    let mut ends = slab(Vec3::new(-x - WALL, 0.0, z), Vec3::new(x + WALL, y, z + WALL));
    if !open_end {
        ends.join(&slab(Vec3::new(-x - WALL, 0.0, -z - WALL), Vec3::new(x + WALL, y, -z)));
    }
    stage.build(ends, Look::Solid);
    doors(stage, half);
    for _ in 0..stage.rng.count(2, 6) {
        let at = Vec3::new(stage.rng.pick(&[-0.5, 0.5]) * x, 0.0, stage.rng.between(-0.9, 0.9) * z);
        strew(stage, 1, at, Vec2::new(x * 0.3, 0.5), (0.3, 1.3));
    }
    if open_end || windows > 0 {
        stage.under(sky::daylight, 5.0);
        if stage.rng.chance(0.4) {
            let along = Vec3::new(1.0, -stage.rng.between(0.3, 1.0), stage.rng.between(-0.5, 0.5));
            stage.sun(along, 20.0);
        }
    }
    if !open_end && windows == 0 || stage.rng.chance(0.15) {
        let count = stage.rng.count(1, 6);
        for index in 0..count {
            let at = Vec3::new(0.0, y - 0.01, (index as f32 + 0.5) / count as f32 * z * 1.8 - z * 0.9);
            let size = (stage.rng.between(0.1, 0.6), stage.rng.between(0.3, 1.4));
            stage.panel(at, Vec3::NEG_Y, size, 2.0, y);
        }
    }
    stage.look(Vec3::new(-x + 0.15, 0.2, -z + 0.2), Vec3::new(x - 0.15, y - 0.15, z - 0.2));
    "corridor"
}

/// A wall along z with holes in it.
fn pierced(low: Vec3, high: Vec3, holes: usize) -> Shape {
    if holes == 0 {
        return slab(low, high);
    }
    let (sill, head) = (high.y * 0.3, high.y * 0.8);
    let mut wall = slab(low, Vec3::new(high.x, sill, high.z));
    wall.join(&slab(Vec3::new(low.x, head, low.z), high));
    let step = (high.z - low.z) / (holes + 1) as f32;
    for index in 0..=holes {
        let from = low.z + step * index as f32;
        let (from, to) = (if index == 0 { from } else { from + step * 0.3 }, from + step);
        wall.join(&slab(Vec3::new(low.x, sill, from), Vec3::new(high.x, head, to)));
    }
    wall
}

/// Doors and notices on the wall at +x.
fn doors(stage: &mut Stage, half: Vec3) {
    let turn = glam::Quat::from_rotation_y(-std::f32::consts::FRAC_PI_2);
    for _ in 0..stage.rng.count(1, 5) {
        let z = stage.rng.between(-0.9, 0.9) * half.z;
        if stage.rng.chance(0.5) {
            let door =
                slab(Vec3::new(half.x - 0.03, 0.0, z - 0.45), Vec3::new(half.x + 0.01, 2.05, z + 0.45));
            stage.build(door, Look::Any);
            stage.aim_at_last();
        } else {
            let look = stage.rng.pick(&[Look::Lettered, Look::Poster]);
            let pose = Pose::at(Vec3::new(half.x - 0.01, 1.5, z)).turned(turn);
            let size = (stage.rng.between(0.3, 0.9), stage.rng.between(0.3, 0.9));
            stage.show(card(size.0, size.1), look, pose);
        }
    }
}
