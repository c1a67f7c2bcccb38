//! Open country: hills, rocks and plants under a sky.

use glam::{Vec2, Vec3};

use crate::noise::Noise;
use crate::scene::glb::Pose;
use crate::scene::kind::strew;
use crate::scene::material::Look;
use crate::scene::plant;
use crate::scene::shape;
use crate::scene::sky;
use crate::scene::stage::Stage;

pub(super) fn make(stage: &mut Stage) -> &'static str {
    let (noise, size) = (Noise(stage.rng.bits()), stage.rng.log_between(12.0, 60.0));
    let (steep, wave) = (stage.rng.log_between(0.02, 0.15) * size, stage.rng.log_between(0.03, 0.2));
    let height = move |x: f32, z: f32| noise.fractal(Vec3::new(x * wave, 0.0, z * wave), 5) * steep;
    let cells = stage.rng.count(48, 96);
    stage.build(shape::ground(size, cells, 0.5, height), Look::Solid);
    for _ in 0..stage.rng.count(1, 3) {
        let rock = shape::rock(&mut stage.rng, 24, 12);
        let material = stage.dress(Look::Solid);
        let mesh = stage.mesh(rock, material);
        let poses = places(stage, size * 0.45, (0.1, 0.9), height);
        stage.scatter(mesh, &poses);
        stage.aim_at_last();
    }
    for _ in 0..stage.rng.count(0, 3) {
        let (shape, tall) = match stage.rng.chance(0.6) {
            true => (plant::bush(&mut stage.rng), 2.5),
            false => (plant::tuft(&mut stage.rng), 0.6),
        };
        let material = stage.dress(Look::Leaf);
        let mesh = stage.mesh(shape, material);
        let poses = places(stage, size * 0.4, (tall * 0.4, tall), height);
        stage.scatter(mesh, &poses);
        stage.aim_at_last();
    }
    if stage.rng.chance(0.5) {
        trees(stage, size, height);
    }
    strew(stage, 2, Vec3::Y * height(0.0, 0.0), Vec2::splat(1.0), (0.5, 2.0));
    if stage.rng.chance(0.25) {
        let level = stage.rng.between(-0.4, 0.2) * steep;
        stage.build(shape::ground(size, 1, 0.3, move |_, _| level), Look::Pane);
    }
    stage.under(sky::daylight, 0.8);
    if stage.rng.chance(0.4) {
        let along = Vec3::new(
            stage.rng.between(-1.0, 1.0),
            -stage.rng.between(0.2, 1.5),
            stage.rng.between(-1.0, 1.0),
        );
        stage.sun(along, 4.0);
    }
    let eyes = stage.rng.between(0.3, 3.0);
    stage.look(
        Vec3::new(-size * 0.45, -steep * 0.2 + eyes * 0.4, -size * 0.45),
        Vec3::new(size * 0.45, steep + eyes, size * 0.45),
    );
    "land"
}

/// Places on the ground, more than one and at most some hundred.
fn places(stage: &mut Stage, reach: f32, size: (f32, f32), height: impl Fn(f32, f32) -> f32) -> Vec<Pose> {
    let rng = &mut stage.rng;
    (0..rng.log_between(4.0, 120.0) as usize)
        .map(|_| {
            let (x, z) = (rng.between(-reach, reach), rng.between(-reach, reach));
            Pose::at(Vec3::new(x, height(x, z) - 0.02, z))
                .turned(rng.heading())
                .scaled(rng.log_between(size.0, size.1))
        })
        .collect()
}

/// A few trees of one kind; their wood and leaves are two meshes in the same places.
fn trees(stage: &mut Stage, size: f32, height: impl Fn(f32, f32) -> f32) {
    let (wood, leaves) = plant::tree(&mut stage.rng);
    let mut poses = places(stage, size * 0.35, (2.0, 6.0), height);
    poses.truncate(stage.rng.count(3, 14));
    let (bark, green) = (stage.dress(Look::Solid), stage.dress(Look::Leaf));
    let wood = stage.mesh(wood, bark);
    stage.scatter(wood, &poses);
    stage.aim_at_last();
    if !leaves.triangles.is_empty() {
        let leaves = stage.mesh(leaves, green);
        stage.scatter(leaves, &poses);
        stage.aim_at_last();
    }
}
