//! Rooms: closed or with windows, furnished with boxes, shelves and things on them.

use glam::{Vec2, Vec3};

use crate::scene::glb::Pose;
use crate::scene::kind::{strew, thing};
use crate::scene::material::Look;
use crate::scene::shape::{self, Shape, slab};
use crate::scene::sky;
use crate::scene::stage::Stage;

/// Thickness of walls, metres.
const WALL: f32 = 0.2;

pub(super) fn make(stage: &mut Stage) -> &'static str {
    let half = Vec3::new(
        stage.rng.log_between(1.5, 5.0),
        stage.rng.between(2.2, 4.5),
        stage.rng.log_between(1.5, 5.0),
    );
    let windows = if stage.rng.chance(0.55) { stage.rng.count(1, 3) } else { 0 };
    shell(stage, half, windows);
    furnish(stage, half);
    shelf(stage, half);
    hang(stage, half);
    let count = stage.rng.count(1, 5);
    strew(stage, count, Vec3::ZERO, Vec2::new(half.x, half.z) * 0.7, (0.2, 1.0));
    if windows > 0 {
        let sky = stage.rng.pick(&[sky::daylight, sky::daylight, sky::even]);
        stage.under(sky, 4.0);
        if stage.rng.chance(0.5) {
            let slope = Vec3::new(1.0, -stage.rng.between(0.3, 1.2), stage.rng.between(-0.7, 0.7));
            stage.sun(slope, 25.0);
        }
    }
    if windows == 0 || stage.rng.chance(0.4) {
        lights(stage, half);
    }
    let margin = Vec3::new(0.15, 0.0, 0.15);
    let low = Vec3::new(-half.x, 0.1, -half.z) + margin;
    stage.look(low, Vec3::new(half.x, half.y - 0.1, half.z) - margin);
    "room"
}

/// Floor, ceiling and four walls; windows are holes in the wall at -x.
fn shell(stage: &mut Stage, half: Vec3, windows: usize) {
    let (x, y, z) = (half.x, half.y, half.z);
    let outer = Vec3::new(x + WALL, y + WALL, z + WALL);
    stage.build(slab(Vec3::new(-outer.x, -WALL, -outer.z), Vec3::new(outer.x, 0.0, outer.z)), Look::Solid);
    stage.build(slab(Vec3::new(-outer.x, y, -outer.z), Vec3::new(outer.x, outer.y, outer.z)), Look::Solid);
    let mut walls = slab(Vec3::new(x, 0.0, -outer.z), Vec3::new(outer.x, y, outer.z));
    walls.join(&slab(Vec3::new(-outer.x, 0.0, -outer.z), Vec3::new(outer.x, y, -z)));
    walls.join(&slab(Vec3::new(-outer.x, 0.0, z), Vec3::new(outer.x, y, outer.z)));
    if windows == 0 {
        walls.join(&slab(Vec3::new(-outer.x, 0.0, -z), Vec3::new(-x, y, z)));
    } else {
        let (sill, head) = (stage.rng.between(0.0, 1.2), y * stage.rng.between(0.6, 0.95));
        walls.join(&slab(Vec3::new(-outer.x, 0.0, -z), Vec3::new(-x, sill.max(0.02), z)));
        walls.join(&slab(Vec3::new(-outer.x, head, -z), Vec3::new(-x, y, z)));
        let pier = stage.rng.between(0.15, 0.7);
        let width = 2.0 * z / windows as f32;
        for index in 0..=windows {
            let middle = -z + width * index as f32;
            let side = |by: f32| (middle + by * width * 0.5).clamp(-z, z);
            walls.join(&slab(Vec3::new(-outer.x, sill, side(-pier)), Vec3::new(-x, head, side(pier))));
        }
        if stage.rng.chance(0.4) {
            let pane = slab(Vec3::new(-x - 0.11, sill, -z), Vec3::new(-x - 0.1, head, z));
            stage.build(pane, Look::Pane);
        }
        if stage.rng.chance(0.4) {
            let cloth = shape::curtain(&mut stage.rng, 90, 16);
            let look = stage.rng.pick(&[Look::Solid, Look::Cutout, Look::Pane]);
            let at = Vec3::new(-x + 0.2, head, stage.rng.between(-z, z) * 0.6);
            let turn = glam::Quat::from_rotation_y(std::f32::consts::FRAC_PI_2);
            let scale = Vec3::new(stage.rng.between(0.8, 1.6), head - 0.05, 1.5);
            stage.show(cloth, look, Pose { at, turn, scale });
        }
    }
    stage.build(walls, Look::Solid);
}

/// Tables, chests and blocks along the walls.
fn furnish(stage: &mut Stage, half: Vec3) {
    for _ in 0..stage.rng.count(0, 5) {
        let rng = &mut stage.rng;
        let size = Vec3::new(rng.between(0.3, 0.9), rng.between(0.3, 1.1), rng.between(0.3, 0.7));
        let at = Vec3::new(
            rng.between(-1.0, 1.0) * (half.x - size.x),
            0.0,
            rng.pick(&[-1.0, 1.0]) * (half.z - size.z) * 0.97,
        );
        let shape = if rng.chance(0.5) { table(size) } else { slab(Vec3::new(-size.x, 0.0, -size.z), size) };
        stage.show(shape, Look::Any, Pose::at(at));
        let count = stage.rng.count(0, 4);
        let top = at + Vec3::Y * (size.y + 1e-3);
        strew(stage, count, top, Vec2::new(size.x, size.z) * 0.7, (0.1, 0.35));
    }
}

fn table(size: Vec3) -> Shape {
    let mut table = slab(Vec3::new(-size.x, size.y - 0.05, -size.z), size);
    for (x, z) in [(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)] {
        let foot = Vec3::new(x * (size.x - 0.06), 0.0, z * (size.z - 0.06));
        let wide = Vec3::new(0.03, 0.0, 0.03);
        table.join(&slab(foot - wide, foot + wide + Vec3::Y * (size.y - 0.05)));
    }
    table
}

/// Boards on the wall at +x with things on them.
fn shelf(stage: &mut Stage, half: Vec3) {
    if stage.rng.chance(0.5) {
        return;
    }
    let (boards, long) = (stage.rng.count(1, 4), half.z * stage.rng.between(0.3, 0.8));
    let (look, gap) = (stage.dress(Look::Solid), stage.rng.between(0.3, 0.6));
    for index in 0..boards {
        let y = 0.4 + gap * index as f32;
        if y > half.y - 0.4 {
            break;
        }
        let board =
            stage.mesh(slab(Vec3::new(half.x - 0.35, y - 0.03, -long), Vec3::new(half.x, y, long)), look);
        stage.place(board, Pose::at(Vec3::ZERO));
        let mut z = -long + 0.15;
        while z < long - 0.1 && stage.rng.chance(0.85) {
            let size = stage.rng.between(0.08, gap.min(0.4) * 0.7);
            let shape = thing(&mut stage.rng);
            let turn = stage.rng.heading();
            let pose = Pose::at(Vec3::new(half.x - 0.18, y + 1e-3, z)).scaled(size).turned(turn);
            stage.show(shape, Look::Any, pose);
            z += size + stage.rng.between(0.05, 0.4);
        }
    }
}

/// Pictures on the walls at ±z.
fn hang(stage: &mut Stage, half: Vec3) {
    for _ in 0..stage.rng.count(0, 3) {
        let rng = &mut stage.rng;
        let (width, height) = (rng.between(0.3, 1.2), rng.between(0.3, 1.0));
        let side = rng.pick(&[-1.0, 1.0]);
        let at = Vec3::new(rng.between(-0.7, 0.7) * half.x, rng.between(1.2, 1.7), -side * (half.z - 0.02));
        let turn = glam::Quat::from_rotation_y(if side > 0.0 { 0.0 } else { std::f32::consts::PI });
        let look = rng.pick(&[Look::Poster, Look::Poster, Look::Lettered, Look::Metal]);
        stage.show(shape::card(width, height), look, Pose::at(at).turned(turn));
    }
}

fn lights(stage: &mut Stage, half: Vec3) {
    let place = |stage: &mut Stage, high: f32| {
        Vec3::new(stage.rng.between(-0.7, 0.7) * half.x, half.y * high, stage.rng.between(-0.7, 0.7) * half.z)
    };
    let count = stage.rng.pick(&[1, 1, 2, 3, 6, 12]);
    let share = 4.0 / count as f32;
    for _ in 0..count {
        match stage.rng.below(4) {
            0 => {
                let at = place(stage, 0.99);
                let size = (stage.rng.between(0.2, 1.2), stage.rng.between(0.2, 1.2));
                stage.panel(at, Vec3::NEG_Y, size, share, half.y * 0.8);
            }
            1 => {
                let (at, radius) = (place(stage, 0.8), stage.rng.log_between(0.03, 0.2));
                stage.lamp(at, radius, share, half.y * 0.8);
            }
            2 => {
                let at = place(stage, 0.9);
                stage.bulb(at, share, half.y * 0.8);
            }
            _ => {
                let (at, to) = (place(stage, 0.95), place(stage, 0.0));
                stage.spot(at, to, share * 2.0);
            }
        }
    }
}
