//! What a lamp is: light for everything, a sight for mirrors and glass, and nothing to the camera or to a shadow ray.
//!
//! Facts about pictures are held against the CPU reference and, where an adapter can be opened, against the GPU.

#[path = "made/aloud.rs"]
mod aloud;
#[path = "made/both.rs"]
#[allow(dead_code, reason = "other tests use the rest of it")]
mod both;
#[path = "made/lamps.rs"]
#[allow(dead_code, reason = "other tests use the rest of it")]
mod lamps;

use both::plane;
use frame::{Filter, FrameIndex, FrameSize, Plane, PlaneSet, RenderSettings, SettingsDraft, TilePlanes};
use glam::{Affine3A, Quat, Vec3};
use lamps::{lamp, matte, place, put, square, stage, towards};
use render_core::reference::{Path, Reference, Step};
use render_core::scene::{Light, LightKind, Material, Scene};

const EDGE: u32 = 8;

fn settings(spp: u32, max_bounces: u32) -> RenderSettings {
    let size = FrameSize::new(EDGE, EDGE).expect("in range");
    let planes = Plane::ALL.into_iter().fold(PlaneSet::DEFAULT, PlaneSet::with);
    let draft =
        SettingsDraft { spp, max_bounces, filter: Filter::Box, planes, ..SettingsDraft::defaults(size) };
    RenderSettings::new(draft).expect("valid")
}

/// The whole frame's sums, by each program that can be had.
fn sums(scene: &Scene, spp: u32) -> Vec<(&'static str, TilePlanes)> {
    both::sums(scene, settings(spp, 4))
}

/// Mean of a plane of three channels over all samples.
fn mean(planes: &TilePlanes, kind: Plane, spp: u32) -> Vec3 {
    let sum: Vec3 = plane(planes, kind).chunks_exact(3).map(Vec3::from_slice).sum();
    sum / (EDGE * EDGE * spp) as f32
}

fn sign(color: Vec3) -> Material {
    Material { unlit: true, ..matte(color) }
}

const WALL: Vec3 = Vec3::new(0.25, 0.5, 0.75);
const NEAR: Vec3 = Vec3::new(0.5, 2.0, 0.25);
const FAR: Vec3 = Vec3::new(1.0, 0.0, 3.0);

#[test]
fn the_camera_sees_what_is_behind_lamps_and_nothing_where_nothing_is() {
    let mut bare = stage();
    put(&mut bare, square(Vec3::new(-2.0, 0.0, -1.0), 2.0, Quat::IDENTITY), sign(WALL));
    let mut lit = bare.clone();
    put(&mut lit, square(Vec3::Z * 2.0, 4.0, Quat::IDENTITY), lamp(NEAR));
    let both_sides = Material { double_sided: true, ..lamp(FAR) };
    put(&mut lit, square(Vec3::Z, 4.0, towards(Vec3::NEG_Z)), both_sides);
    for ((program, without), (_, with)) in sums(&bare, 1).iter().zip(&sums(&lit, 1)) {
        for kind in Plane::ALL.into_iter().filter(|&kind| kind != Plane::Denoised) {
            let bits = |value: f32| value.to_bits();
            let near = |a: f32, b: f32| bits(a) == bits(b) || (!kind.is_id() && (a - b).abs() < 1e-4);
            let (without, with) = (plane(without, kind), plane(with, kind));
            assert!(without.iter().zip(with).all(|(&a, &b)| near(a, b)), "{program}: {kind:?} {with:?}");
        }
        let half = (EDGE * EDGE / 2) as f32;
        assert_eq!(plane(with, Plane::Alpha).iter().sum::<f32>(), half, "{program}");
        let radiance: Vec3 = plane(with, Plane::Radiance).chunks_exact(3).map(Vec3::from_slice).sum();
        assert_eq!(radiance, WALL * half, "{program}");
    }
}

/// What a mirror at 45 degrees shows of a lamp before another one before a wall.
fn in_a_mirror(near_looks: Vec3) -> Scene {
    let mut scene = stage();
    let mirror = Material { metallic: 1.0, roughness: 0.0, ..Material::default() };
    put(&mut scene, square(Vec3::ZERO, 4.0, towards(Vec3::new(1.0, 0.0, 1.0))), mirror);
    put(&mut scene, square(Vec3::X * 5.0, 3.0, towards(near_looks)), lamp(NEAR));
    put(&mut scene, square(Vec3::X * 6.0, 3.0, towards(Vec3::NEG_X)), lamp(FAR));
    put(&mut scene, square(Vec3::X * 7.0, 6.0, towards(Vec3::NEG_X)), sign(WALL));
    scene
}

#[test]
fn a_mirror_shows_lamps_and_what_is_behind_them() {
    for (near_looks, first, sum) in [(Vec3::NEG_X, NEAR, NEAR + FAR), (Vec3::X, FAR, FAR)] {
        for (program, planes) in sums(&in_a_mirror(near_looks), 4) {
            let radiance = mean(&planes, Plane::Radiance, 4);
            assert!(radiance.distance(sum + WALL) < 1e-3, "{program}: {radiance}, not {}", sum + WALL);
            // The first one that shines gives the denoiser's albedo, as the sky would.
            let (albedo, normal) = (mean(&planes, Plane::Albedo, 4), mean(&planes, Plane::Normal, 4));
            assert!(albedo.distance(first.min(Vec3::ONE)) < 1e-3, "{program}: {albedo}");
            assert_eq!(normal, Vec3::ZERO, "{program}");
        }
    }
}

#[test]
fn clear_glass_shows_a_lamp_and_what_is_behind_it() {
    let mut scene = stage();
    let pane = Material { transmission: 1.0, roughness: 0.0, ..Material::default() };
    put(&mut scene, square(Vec3::ZERO, 4.0, Quat::IDENTITY), pane);
    put(&mut scene, square(Vec3::NEG_Z, 4.0, Quat::IDENTITY), lamp(NEAR));
    put(&mut scene, square(Vec3::NEG_Z * 2.0, 4.0, Quat::IDENTITY), sign(WALL));
    for (program, planes) in sums(&scene, 256) {
        let (radiance, passed) = (mean(&planes, Plane::Radiance, 256), (NEAR + WALL) * (0.96 / 1.04));
        // 16384 samples of light that comes or does not: the standard deviation is 0.005.
        assert!(radiance.distance(passed) < 0.02, "{program}: {radiance}, not {passed}");
    }
}

#[test]
fn a_lamp_casts_no_shadow_and_hides_no_light() {
    let scene = |material: Material| {
        let mut scene = stage();
        put(&mut scene, square(Vec3::ZERO, 4.0, Quat::IDENTITY), matte(Vec3::splat(0.5)));
        // It looks away from the floor.
        put(&mut scene, square(Vec3::Z, 4.0, Quat::IDENTITY), material);
        scene.lights.push(Light {
            kind: LightKind::Directional,
            color: Vec3::splat(std::f32::consts::PI),
            position: Vec3::ZERO,
            direction: Vec3::NEG_Z,
            size: 0.0,
            sweep: None,
        });
        scene
    };
    // One without light is nothing; one with a little is rarely asked instead of the sun.
    for (emissive, tolerance) in [(Vec3::ZERO, 1e-6), (Vec3::splat(1e-3), 5e-3)] {
        for (program, planes) in sums(&scene(lamp(emissive)), 64) {
            let radiance = mean(&planes, Plane::Radiance, 64);
            assert!(radiance.distance(Vec3::splat(0.5)) < tolerance, "{program}: {radiance}");
        }
    }
    for (program, planes) in sums(&scene(matte(Vec3::ZERO)), 4) {
        assert_eq!(mean(&planes, Plane::Radiance, 4), Vec3::ZERO, "{program}: a board is seen and hides it");
    }
}

#[test]
fn a_lamp_lights_as_a_black_surface_that_shines_does() {
    let lit_by = |material: Material| {
        let mut scene = stage();
        let coated = Material { roughness: 0.4, clearcoat: 0.5, clearcoat_roughness: 0.3, ..matte(WALL) };
        put(&mut scene, square(Vec3::ZERO, 1.5, Quat::IDENTITY), coated);
        // Beside what the camera sees, so that it sees neither.
        put(&mut scene, square(Vec3::new(2.5, 0.0, 1.0), 0.8, towards(Vec3::new(-1.0, 0.2, -0.5))), material);
        scene
    };
    let shining = Material { emissive: NEAR, ..matte(Vec3::ZERO) };
    let (lamps, surfaces) = (sums(&lit_by(lamp(NEAR)), 32), sums(&lit_by(shining), 32));
    for ((program, by_lamp), (_, by_surface)) in lamps.iter().zip(&surfaces) {
        let light = plane(by_lamp, Plane::Radiance);
        assert!(light == plane(by_surface, Plane::Radiance), "{program}");
        assert!(light.iter().all(|&value| value > 0.0), "{program}");
    }
}

/// Follows a path to its end; returns what it gathered.
fn followed(reference: &Reference, settings: &RenderSettings, path: &mut Path) -> f64 {
    while reference.step(settings, path) == Step::On {}
    f64::from(path.record.radiance.y)
}

/// What one path finds by chance alone, counted fully.
fn by_chance(reference: &Reference, settings: &RenderSettings, mut path: Path) -> f64 {
    while path.vertex == 0 {
        if reference.step(settings, &mut path) == Step::Done {
            return 0.0;
        }
    }
    path.record.radiance = Vec3::ZERO;
    path.pdf = None;
    followed(reference, settings, &mut path)
}

#[test]
fn light_asked_for_and_light_met_by_chance_add_up_behind_lamps_too() {
    let mut scene = stage();
    let rough = Material { metallic: 1.0, roughness: 0.5, ..Material::default() };
    put(&mut scene, square(Vec3::ZERO, 1.5, Quat::IDENTITY), rough);
    put(&mut scene, square(Vec3::Z, 0.5, towards(Vec3::NEG_Z)), lamp(Vec3::splat(2.0)));
    put(&mut scene, square(Vec3::Z * 2.0, 1.5, towards(Vec3::NEG_Z)), lamp(Vec3::splat(3.0)));
    let (reference, settings) = (Reference::new(&scene), settings(1024, 0));
    let (mut sum, mut squares, mut count) = ([0.0; 2], 0.0, 0.0);
    for pixel in 0..EDGE * EDGE {
        for sample in 0..settings.spp {
            let start = || reference.start(&settings, FrameIndex(0), [pixel % EDGE, pixel / EDGE], sample);
            let both = followed(&reference, &settings, &mut start());
            let chance = by_chance(&reference, &settings, start());
            sum = [sum[0] + both, sum[1] + chance];
            squares += (both - chance) * (both - chance);
            count += 1.0;
        }
    }
    let [both, chance] = sum.map(|sum| sum / count);
    let error = (squares / count).sqrt() / f64::sqrt(count);
    eprintln!("both {both:.4}, by chance {chance:.4}, standard error of their difference {error:.4}");
    assert!(error < 0.01 * chance, "too noisy to tell");
    assert!((both - chance).abs() < 4.0 * error, "{both} against {chance} +- {error}");
}

#[test]
fn a_path_passes_256_lamps_and_ends_at_the_next() {
    for (count, is_seen) in [(256, true), (257, false)] {
        let mut scene = stage();
        put(&mut scene, square(Vec3::NEG_Z, 4.0, Quat::IDENTITY), sign(WALL));
        let places: Vec<Affine3A> =
            (0..count).map(|at| Affine3A::from_translation(Vec3::Z * (at as f32 * 0.01))).collect();
        place(&mut scene, square(Vec3::ZERO, 4.0, Quat::IDENTITY), lamp(NEAR), &places);
        for (program, planes) in sums(&scene, 1) {
            let seen = if is_seen { WALL } else { Vec3::ZERO };
            assert_eq!(mean(&planes, Plane::Radiance, 1), seen, "{count} on the {program}");
        }
    }
}

#[test]
fn what_is_flattened_to_nothing_is_not_there_and_does_not_shine() {
    let mut bare = stage();
    put(&mut bare, square(Vec3::NEG_Z, 4.0, Quat::IDENTITY), matte(Vec3::splat(0.5)));
    bare.environment.strength = Vec3::splat(0.25);
    let mut more = bare.clone();
    let shining = Material { emissive: NEAR, ..matte(Vec3::ZERO) };
    place(
        &mut more,
        square(Vec3::ZERO, 1.0, Quat::IDENTITY),
        shining,
        &[Affine3A::from_scale(Vec3::new(1.0, 1.0, 0.0))],
    );
    for ((program, without), (_, with)) in sums(&bare, 4).iter().zip(&sums(&more, 4)) {
        assert_eq!(plane(without, Plane::Radiance), plane(with, Plane::Radiance), "{program}");
    }
}
