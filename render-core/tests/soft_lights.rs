//! Lights of glTF with an extent of their own: what they send stays the same, and their shadows have the edges that they must have.
//!
//! Facts are held against the CPU reference and, where an adapter can be opened, against the GPU.

#[path = "made/aloud.rs"]
mod aloud;
#[path = "made/both.rs"]
#[allow(dead_code, reason = "other tests use the rest of it")]
mod both;
#[path = "made/lamps.rs"]
#[allow(dead_code, reason = "other tests use the rest of it")]
mod lamps;

use std::f32::consts::PI;

use both::{plane, sums};
use frame::{Filter, FrameSize, Plane, RenderSettings, SettingsDraft};
use glam::{Affine3A, Quat, Vec3};
use lamps::{matte, put, square, stage};
use render_core::scene::{Light, LightKind, Projection, Scene};

const EDGE: u32 = 16;

fn settings(spp: u32) -> RenderSettings {
    let size = FrameSize::new(EDGE, EDGE).expect("in range");
    let draft = SettingsDraft { spp, max_bounces: 1, filter: Filter::Box, ..SettingsDraft::defaults(size) };
    RenderSettings::new(draft).expect("valid")
}

/// A white wall at z = 0 that a camera at z = 10 looks at, two metres high, and one light.
fn lit_by(light: Light) -> Scene {
    let mut scene = stage();
    put(&mut scene, square(Vec3::ZERO, 20.0, Quat::IDENTITY), matte(Vec3::ONE));
    scene.lights.push(light);
    scene
}

/// Mean radiance of each column of pixels, from left to right.
fn columns(scene: &Scene, spp: u32) -> Vec<(&'static str, Vec<f32>)> {
    let mean_of = |radiance: &[f32], column: usize| {
        let pixels = radiance.chunks_exact(3).skip(column).step_by(EDGE as usize);
        pixels.map(|rgb| rgb[1]).sum::<f32>() / (EDGE * spp) as f32
    };
    let all = sums(scene, settings(spp)).into_iter();
    all.map(|(program, planes)| {
        let radiance = plane(&planes, Plane::Radiance);
        (program, (0..EDGE as usize).map(|column| mean_of(radiance, column)).collect())
    })
    .collect()
}

/// A sun straight from the front.
fn sun(size: f32) -> Light {
    Light {
        kind: LightKind::Directional,
        color: Vec3::splat(PI),
        position: Vec3::ZERO,
        direction: Vec3::NEG_Z,
        size,
        sweep: None,
    }
}

#[test]
fn a_suns_size_leaves_what_it_sends_as_it_is() {
    for size in [0.0, 0.01, 0.5, 1.2, PI / 2.0] {
        for (program, columns) in columns(&lit_by(sun(size)), 256) {
            let mean = columns.iter().sum::<f32>() / EDGE as f32;
            assert!((mean - 1.0).abs() < 3e-3, "{program}: {mean} of a sun of {size} rad");
        }
    }
}

#[test]
fn a_suns_shadow_fades_as_its_disc_disappears() {
    let (size, height) = (0.2_f32, 2.0);
    let mut scene = lit_by(sun(size));
    // It ends at x = 0, and the camera looks at what it shades from behind it.
    let blind = square(Vec3::new(20.0, 0.0, height), 20.0, Quat::IDENTITY);
    put(&mut scene, blind, matte(Vec3::ZERO));
    scene.camera.world_from_camera = Affine3A::from_translation(Vec3::Z * (height - 0.5));
    scene.camera.projection = Projection::Orthographic { half_height: 0.5 };
    for (program, columns) in columns(&scene, 1024) {
        for (column, &radiance) in columns.iter().enumerate() {
            // The chord by which the edge cuts the disc, in its radii; the disc is uniform in the plane across the sun's way as well.
            let x = (column as f32 + 0.5) / EDGE as f32 - 0.5;
            let cut = (-x / (x.hypot(height) * size.sin())).clamp(-1.0, 1.0);
            let wanted = 0.5 + (cut * (1.0 - cut * cut).sqrt() + cut.asin()) / PI;
            assert!((radiance - wanted).abs() < 0.02, "{program}: {radiance}, not {wanted}, at {x}");
        }
    }
}

/// A point or spot before the wall, three metres off.
fn disc(kind: LightKind, size: f32) -> Light {
    let position = Vec3::Z * 3.0;
    Light { kind, color: Vec3::splat(PI), position, direction: Vec3::NEG_Z, size, sweep: None }
}

#[test]
fn a_disc_lights_what_it_faces_as_a_disc_does() {
    let wide = LightKind::Spot { cos_inner: 0.1, cos_outer: 0.0 };
    for kind in [LightKind::Point, wide] {
        for size in [0.0, 0.1, 1.0, 3.0] {
            let mut scene = lit_by(disc(kind, size));
            scene.camera.projection = Projection::Orthographic { half_height: 0.05 };
            for (program, columns) in columns(&scene, 1024) {
                let mean = columns.iter().sum::<f32>() / EDGE as f32;
                // The disc sees the wall before it under a half angle of size / 3: π·L·sin² of it, with L = I / (π·size²).
                let wanted = 1.0 / (9.0 + size * size);
                assert!(
                    (mean / wanted - 1.0).abs() < 0.01,
                    "{program}: {mean}, not {wanted}: {kind:?} {size}"
                );
            }
        }
    }
}

#[test]
fn a_discs_shadow_is_as_wide_as_similar_triangles_make_it() {
    for (size, lit_until) in [(0.0, 0.0), (0.3, 0.15)] {
        let mut scene = lit_by(disc(LightKind::Point, size));
        // A blind at a third of the way to the light ends at x = 0.
        put(&mut scene, square(Vec3::new(20.0, 0.0, 1.0), 20.0, Quat::IDENTITY), matte(Vec3::ZERO));
        scene.camera.world_from_camera = Affine3A::from_translation(Vec3::Z * 0.5);
        scene.camera.projection = Projection::Orthographic { half_height: 0.5 };
        for (program, columns) in columns(&scene, 64) {
            for (column, &radiance) in columns.iter().enumerate() {
                let x = (column as f32 + 0.5) / EDGE as f32 - 0.5;
                // The pixel's own half width, and a little for the disc's tilt.
                let near = 0.5 / EDGE as f32 + 0.01;
                if x < -lit_until - near {
                    assert!(radiance > 0.09, "{program}: {radiance} at {x} of {size}");
                } else if x > lit_until + near {
                    assert_eq!(radiance, 0.0, "{program}: at {x} of {size}");
                } else if size > 0.0 && x.abs() < 0.5 * lit_until {
                    assert!((0.01..0.1).contains(&radiance), "{program}: {radiance} at {x} is no twilight");
                }
            }
        }
    }
}
