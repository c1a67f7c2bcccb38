//! A hall with ten to forty lights of all kinds, so that choosing among them matters.

use glam::{Vec2, Vec3};

use crate::scene::glb::Pose;
use crate::scene::kind::strew;
use crate::scene::material::Look;
use crate::scene::plant::rod;
use crate::scene::shape::slab;
use crate::scene::stage::Stage;

pub(super) fn make(stage: &mut Stage) -> &'static str {
    let half =
        Vec3::new(stage.rng.between(3.0, 8.0), stage.rng.between(3.0, 6.0), stage.rng.between(3.0, 8.0));
    let (x, y, z) = (half.x, half.y, half.z);
    stage.build(slab(Vec3::new(-x, -0.2, -z), Vec3::new(x, 0.0, z)), Look::Solid);
    let mut walls = slab(Vec3::new(-x - 0.2, 0.0, -z), Vec3::new(-x, y, z));
    walls.join(&slab(Vec3::new(-x, 0.0, -z - 0.2), Vec3::new(x, y, -z)));
    if stage.rng.chance(0.6) {
        walls.join(&slab(Vec3::new(x, 0.0, -z), Vec3::new(x + 0.2, y, z)));
        walls.join(&slab(Vec3::new(-x, 0.0, z), Vec3::new(x, y, z + 0.2)));
        walls.join(&slab(Vec3::new(-x, y, -z), Vec3::new(x, y + 0.2, z)));
    }
    stage.build(walls, Look::Solid);
    columns(stage, half);
    let count = stage.rng.count(4, 14);
    strew(stage, count, Vec3::ZERO, Vec2::new(x, z) * 0.7, (0.3, 1.5));
    lights(stage, half);
    stage.look(Vec3::new(-x + 0.2, 0.2, -z + 0.2), Vec3::new(x - 0.2, y - 0.2, z - 0.2));
    "hall"
}

fn columns(stage: &mut Stage, half: Vec3) {
    if stage.rng.chance(0.5) {
        return;
    }
    let (material, radius) = (stage.dress(Look::Any), stage.rng.between(0.1, 0.4));
    let column = stage.mesh(rod(Vec3::ZERO, Vec3::Y * half.y, radius, radius, 24), material);
    for x in [-0.5, 0.5] {
        for z in [-0.7, 0.0, 0.7] {
            stage.place(column, Pose::at(Vec3::new(x * half.x, 0.0, z * half.z)));
            stage.aim_at_last();
        }
    }
}

fn lights(stage: &mut Stage, half: Vec3) {
    let count = stage.rng.count(10, 40);
    let share = 12.0 / count as f32;
    for _ in 0..count {
        let rng = &mut stage.rng;
        let at = Vec3::new(rng.between(-0.95, 0.95), rng.between(0.2, 0.95), rng.between(-0.95, 0.95)) * half;
        // Some are a hundred times as strong as others.
        let strength = share * rng.log_between(0.1, 3.0);
        match rng.below(5) {
            0 => stage.bulb(at, strength, 2.0),
            1 => {
                let toward = Vec3::new(at.x, 0.0, at.z) + stage.rng.direction();
                stage.spot(at, toward, strength * 2.0);
            }
            2 => {
                let size = (stage.rng.log_between(0.05, 0.8), stage.rng.log_between(0.05, 0.8));
                let facing = (stage.rng.direction() - Vec3::Y * 0.5).normalize_or(Vec3::NEG_Y);
                stage.panel(at, facing, size, strength, 2.0);
            }
            _ => {
                let radius = stage.rng.log_between(0.02, 0.15);
                stage.lamp(at, radius, strength, 2.0);
            }
        }
    }
}
