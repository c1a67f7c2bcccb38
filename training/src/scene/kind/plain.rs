//! Almost nothing: a flat wall, a sky alone, a thing in the dark. A denoiser must leave these as they are.

use glam::{Vec2, Vec3};

use crate::scene::glb::Pose;
use crate::scene::kind::{any_sky, strew};
use crate::scene::material::Look;
use crate::scene::shape::card;
use crate::scene::stage::Stage;

pub(super) fn make(stage: &mut Stage) -> &'static str {
    match stage.rng.below(5) {
        // Black but for a little light far away, or wholly.
        0 => {
            strew(stage, 2, Vec3::ZERO, Vec2::splat(0.3), (0.3, 0.6));
            if stage.rng.chance(0.5) {
                stage.bulb(Vec3::new(30.0, 10.0, 0.0), 1e-3, 30.0);
            }
        }
        // A sky, with a speck so that there is a scene.
        1 => {
            stage.show(card(0.01, 0.01), Look::Solid, Pose::at(Vec3::new(0.0, -3.0, 0.0)));
            any_sky(stage, 0.6);
            stage.aim(Vec3::new(0.0, 3.0, -8.0), 2.0);
        }
        // Light alone.
        2 => {
            stage.panel(Vec3::ZERO, Vec3::Z, (3.0, 3.0), 2.0, 2.0);
            stage.aim(Vec3::ZERO, 1.0);
        }
        _ => {
            let look = stage.rng.pick(&[Look::Solid, Look::Metal]);
            stage.show(card(12.0, 12.0), look, Pose::at(Vec3::ZERO));
            stage.aim(Vec3::ZERO, 1.5);
            if stage.rng.chance(0.5) {
                any_sky(stage, 0.6);
            } else {
                stage.bulb(Vec3::new(1.0, 2.0, 3.0), 2.0, 3.5);
            }
        }
    }
    stage.look(Vec3::new(-2.0, -0.5, 0.5), Vec3::new(2.0, 2.0, 4.0));
    "plain"
}
