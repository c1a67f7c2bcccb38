//! Cloth: curtains that hang, and sheets thrown over things.

use glam::{Quat, Vec2, Vec3};

use crate::scene::glb::Pose;
use crate::scene::kind::{any_sky, strew};
use crate::scene::material::Look;
use crate::scene::shape::{self, slab};
use crate::scene::stage::Stage;

pub(super) fn make(stage: &mut Stage) -> &'static str {
    stage.build(shape::ground(12.0, 2, 0.8, |_, _| 0.0), Look::Solid);
    stage.build(slab(Vec3::new(-4.0, 0.0, -2.2), Vec3::new(4.0, 3.5, -2.0)), Look::Solid);
    for _ in 0..stage.rng.count(1, 4) {
        let curtain = shape::curtain(&mut stage.rng, 110, 24);
        let look = stage.rng.pick(&[Look::Solid, Look::Solid, Look::Cutout, Look::Pane]);
        let high = stage.rng.between(1.2, 2.8);
        let at = Vec3::new(stage.rng.between(-2.0, 2.0), high + 0.05, stage.rng.between(-1.7, 0.3));
        let turn = Quat::from_rotation_y(stage.rng.between(-0.7, 0.7));
        let scale = Vec3::new(stage.rng.between(0.7, 2.2), high, 1.5);
        stage.show(curtain, look, Pose { at, turn, scale });
    }
    for _ in 0..stage.rng.count(0, 2) {
        let sheet = shape::drape(&mut stage.rng, 72);
        let at = Vec3::new(stage.rng.between(-1.5, 1.5), 0.003, stage.rng.between(-0.5, 1.5));
        let (turn, size) = (stage.rng.heading(), stage.rng.between(0.4, 1.0));
        stage.show(sheet, Look::Solid, Pose::at(at).turned(turn).scaled(size));
    }
    let count = stage.rng.count(1, 4);
    strew(stage, count, Vec3::Z * 0.8, Vec2::new(1.6, 0.8), (0.2, 0.7));
    match stage.rng.below(4) {
        0 | 1 => any_sky(stage, 0.6),
        2 => {
            let at = Vec3::new(stage.rng.between(-2.0, 2.0), 2.8, stage.rng.between(0.5, 3.0));
            stage.panel(at, -at, (0.8, 0.8), 4.0, 2.5);
        }
        _ => {
            // From behind, so that thin cloth glows and the folds are dark.
            let at = Vec3::new(stage.rng.between(-1.0, 1.0), stage.rng.between(0.8, 2.5), -1.85);
            stage.lamp(at, 0.1, 3.0, 1.2);
            stage.bulb(Vec3::new(2.0, 2.5, 3.0), 0.5, 3.0);
        }
    }
    stage.look(Vec3::new(-3.0, 0.15, 0.4), Vec3::new(3.0, 2.6, 4.5));
    "cloth"
}
