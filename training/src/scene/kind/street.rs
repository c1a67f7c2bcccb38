//! Streets: boxes in rows with windows, lamps and small things on the way.

use glam::{Vec2, Vec3};

use crate::scene::glb::Pose;
use crate::scene::kind::strew;
use crate::scene::material::Look;
use crate::scene::shape::{self, slab};
use crate::scene::sky;
use crate::scene::stage::Stage;

pub(super) fn make(stage: &mut Stage) -> &'static str {
    let (half, length) = (stage.rng.between(2.0, 7.0), stage.rng.between(20.0, 50.0));
    stage.build(shape::ground(length * 2.0, 2, 0.3, |_, _| 0.0), Look::Solid);
    let night = stage.rng.chance(0.35);
    let looks: Vec<usize> = (0..stage.rng.count(2, 4)).map(|_| stage.dress(Look::Solid)).collect();
    let glass = stage.dress(Look::Metal);
    for side in [-1.0, 1.0] {
        let mut z = -length * 0.5;
        while z < length * 0.5 {
            let (wide, high) = (stage.rng.between(3.0, 10.0), stage.rng.log_between(3.0, 18.0));
            let back = stage.rng.between(0.0, 1.0);
            let (near, far) = (side * (half + back), side * (half + back + 6.0));
            let (low, top) =
                (Vec3::new(near.min(far), 0.0, z), Vec3::new(near.max(far), high, z + wide - 0.05));
            let look = stage.rng.pick(&looks);
            let house = stage.mesh(slab(low, top), look);
            stage.place(house, Pose::at(Vec3::ZERO));
            stage.aim(Vec3::new(near, high.min(4.0) * 0.5, z + wide * 0.5), high.min(5.0) * 0.6);
            windows(stage, near, side, (z, wide, high), glass, night);
            z += wide + if stage.rng.chance(0.2) { 2.0 } else { 0.0 };
        }
    }
    let count = stage.rng.count(1, 6);
    strew(stage, count, Vec3::ZERO, Vec2::new(half * 0.8, 8.0), (0.3, 1.8));
    light(stage, half, length, night);
    stage.look(Vec3::new(-half * 0.9, 0.4, -length * 0.45), Vec3::new(half * 0.9, 5.0, length * 0.45));
    "street"
}

/// A grid of panes before a front; at night some shine.
fn windows(
    stage: &mut Stage,
    near: f32,
    side: f32,
    (z, wide, high): (f32, f32, f32),
    glass: usize,
    night: bool,
) {
    let (across, up) = ((wide / 2.2) as usize, (high / 3.0) as usize);
    let (size, rise) = (stage.rng.between(0.5, 1.2), stage.rng.between(0.8, 1.8));
    for row in 0..up {
        for column in 0..across {
            let at = Vec3::new(
                near - side * 0.02,
                row as f32 * 3.0 + 1.7,
                z + (column as f32 + 0.5) * wide / across as f32,
            );
            if night && stage.rng.chance(0.12) {
                let strength = stage.rng.between(0.5, 4.0);
                stage.panel(at, Vec3::X * -side, (size, rise), strength, 1.0);
            } else {
                let deep = Vec3::new(0.02, rise * 0.5, size * 0.5);
                let pane = stage.mesh(slab(-deep, deep), glass);
                stage.place(pane, Pose::at(at));
            }
        }
    }
}

fn light(stage: &mut Stage, half: f32, length: f32, night: bool) {
    if !night {
        stage.under(sky::daylight, 0.8);
        if stage.rng.chance(0.5) {
            let along = Vec3::new(stage.rng.between(-0.6, 0.6), -1.0, stage.rng.between(-1.0, 1.0));
            stage.sun(along, 4.0);
        }
        return;
    }
    stage.under(sky::even, 0.01);
    let lamps = stage.rng.count(2, 20);
    for index in 0..lamps {
        let z = (index as f32 / lamps as f32 - 0.5) * length;
        let side = if index % 2 == 0 { -1.0 } else { 1.0 };
        let at = Vec3::new(side * half * 0.85, 3.5, z);
        match stage.rng.below(3) {
            0 => stage.bulb(at, 2.0, 3.5),
            1 => stage.lamp(at, 0.12, 2.0, 3.5),
            _ => stage.spot(at, at - Vec3::Y * 3.5, 3.0),
        }
    }
}
