//! Glass and metal near small bright lights: caustics, which take the most samples of all.

use glam::{Vec2, Vec3};

use crate::scene::glb::Pose;
use crate::scene::kind::thing;
use crate::scene::material::Look;
use crate::scene::shape::{self, ball, slab};
use crate::scene::sky;
use crate::scene::stage::Stage;

pub(super) fn make(stage: &mut Stage) -> &'static str {
    stage.build(slab(Vec3::new(-2.0, -0.1, -1.5), Vec3::new(2.0, 0.0, 2.0)), Look::Solid);
    if stage.rng.chance(0.6) {
        stage.build(slab(Vec3::new(-2.0, 0.0, -1.7), Vec3::new(2.0, 2.0, -1.5)), Look::Solid);
    }
    let mut at = Vec2::new(-0.7, 0.0);
    for _ in 0..stage.rng.count(2, 8) {
        let height = stage.rng.between(0.12, 0.5);
        let look = stage.rng.pick(&[Look::Glass, Look::Glass, Look::Metal, Look::Pane, Look::Solid]);
        let shape = match stage.rng.below(4) {
            0 => tumbler(stage),
            1 => ball(48, 24).stood(),
            _ => thing(&mut stage.rng),
        };
        let pose = Pose::at(Vec3::new(at.x, 2e-3, at.y)).turned(stage.rng.heading()).scaled(height);
        stage.show(shape, look, pose);
        at.x += height * stage.rng.between(0.6, 1.2);
        at.y = stage.rng.between(-0.6, 0.6);
        if at.x > 0.9 {
            at.x = stage.rng.between(-0.9, -0.4);
        }
    }
    for _ in 0..stage.rng.count(1, 3) {
        let low = Vec3::new(-1.5, 0.7, -1.2);
        let at = stage.rng.inside(low, Vec3::new(1.5, 1.9, 1.5));
        match stage.rng.below(5) {
            0 => stage.spot(at, Vec3::new(0.0, 0.1, 0.0), 4.0),
            1 => stage.bulb(at, 3.0, 1.3),
            _ => {
                let radius = stage.rng.log_between(0.01, 0.1);
                stage.lamp(at, radius, 3.0, 1.3);
            }
        }
    }
    match stage.rng.below(3) {
        0 => stage.under(sky::studio, 0.3),
        1 => stage.under(sky::even, 0.03),
        _ => {}
    }
    stage.look(Vec3::new(-1.8, 0.08, -1.3), Vec3::new(1.8, 1.6, 2.5));
    "glassware"
}

/// A glass with a wall of some thickness, open above.
fn tumbler(stage: &mut Stage) -> shape::Shape {
    let (radius, flare) = (stage.rng.between(0.2, 0.5), stage.rng.between(-0.1, 0.15));
    let (wall, base) = (stage.rng.between(0.03, 0.1) * radius * 2.0, stage.rng.between(0.04, 0.2));
    // The outline from the middle of the foot, up outside, and down inside to the middle of the floor.
    let outline = [
        Vec2::new(0.0, 0.0),
        Vec2::new(radius, 0.0),
        Vec2::new(radius + flare, 1.0),
        Vec2::new(radius + flare - wall, 1.0),
        Vec2::new(radius - wall, base),
        Vec2::new(0.0, base),
    ];
    // Each edge of the outline has steps of its own, and a seam, so that its corners stay sharp.
    let mut glass = shape::Shape::default();
    for edge in outline.windows(2) {
        let (from, to) = (edge[0], edge[1]);
        glass.join(&shape::Shape::grid(48, 2, Vec2::ONE, |u, v| {
            let (place, (sin, cos)) = (from.lerp(to, v), (-u * std::f32::consts::TAU).sin_cos());
            Vec3::new(cos * place.x, place.y, sin * place.x)
        }));
    }
    glass.stood()
}
