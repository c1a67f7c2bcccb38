//! Walls of pictures and of lettering: much to lose for whoever smooths.

use glam::{Quat, Vec2, Vec3};

use crate::scene::glb::Pose;
use crate::scene::kind::{any_sky, strew};
use crate::scene::material::Look;
use crate::scene::shape::{self, card, slab};
use crate::scene::stage::Stage;

pub(super) fn make(stage: &mut Stage) -> &'static str {
    let (wide, high) = (stage.rng.between(2.0, 5.0), stage.rng.between(2.0, 3.5));
    stage.build(slab(Vec3::new(-wide, 0.0, -0.2), Vec3::new(wide, high, 0.0)), Look::Solid);
    stage.build(shape::ground(14.0, 2, 0.7, |_, _| 0.0), Look::Solid);
    if stage.rng.chance(0.5) {
        pictures(stage, wide, high);
    } else {
        lettered_boxes(stage, wide);
    }
    let count = stage.rng.count(0, 3);
    strew(stage, count, Vec3::Z, Vec2::new(wide * 0.8, 0.5), (0.2, 0.9));
    match stage.rng.below(3) {
        0 => any_sky(stage, 0.6),
        1 => {
            for _ in 0..stage.rng.count(2, 8) {
                let x = stage.rng.between(-wide, wide);
                let toward = Vec3::new(x + stage.rng.between(-0.3, 0.3), high * 0.5, 0.0);
                stage.spot(Vec3::new(x, high + 0.6, 1.6), toward, 3.0);
            }
        }
        _ => {
            let size = (stage.rng.between(0.5, 3.0), stage.rng.between(0.2, 1.0));
            stage.panel(Vec3::new(0.0, high + 1.0, 2.5), Vec3::new(0.0, -1.0, -1.0), size, 3.0, 2.5);
        }
    }
    stage.look(Vec3::new(-wide, 0.15, 0.3), Vec3::new(wide, high, 4.0));
    "gallery"
}

/// Pictures in a grid, with frames around some.
fn pictures(stage: &mut Stage, wide: f32, high: f32) {
    let (columns, rows) = (stage.rng.count(2, 5), stage.rng.count(1, 3));
    let cell = Vec2::new(2.0 * wide / columns as f32, (high - 0.4) / rows as f32);
    let frame = stage.dress(Look::Any);
    for index in 0..columns * rows {
        let middle = Vec2::new(
            (index % columns) as f32 * cell.x + cell.x * 0.5 - wide,
            (index / columns) as f32 * cell.y + cell.y * 0.5 + 0.3,
        );
        let size = cell * Vec2::new(stage.rng.between(0.4, 0.85), stage.rng.between(0.4, 0.85));
        if stage.rng.chance(0.6) {
            let deep = Vec3::new(size.x * 0.5 + 0.04, size.y * 0.5 + 0.04, 0.015);
            let mesh = stage.mesh(slab(-deep, deep), frame);
            stage.place(mesh, Pose::at(middle.extend(0.015)));
        }
        let look = stage.rng.pick(&[Look::Poster, Look::Poster, Look::Lettered]);
        stage.show(card(size.x, size.y), look, Pose::at(middle.extend(0.035)));
    }
}

/// Piled boxes with lettering on all sides.
fn lettered_boxes(stage: &mut Stage, wide: f32) {
    let looks: Vec<usize> = (0..3)
        .map(|_| {
            let look = stage.rng.pick(&[Look::Lettered, Look::Lettered, Look::Solid]);
            stage.dress(look)
        })
        .collect();
    for _ in 0..stage.rng.count(5, 24) {
        let rng = &mut stage.rng;
        let size = Vec3::new(rng.between(0.1, 0.5), rng.between(0.05, 0.4), rng.between(0.1, 0.4));
        let at = Vec3::new(rng.between(-0.8, 0.8) * wide, size.y, rng.between(0.4, 1.6));
        let (turn, level) = (Quat::from_rotation_y(rng.between(-0.6, 0.6)), rng.below(3) as f32);
        let look = rng.pick(&looks);
        let mesh = stage.mesh(slab(-size, size), look);
        stage.place(mesh, Pose::at(at + Vec3::Y * level * 0.5).turned(turn));
        stage.aim_at_last();
    }
}
