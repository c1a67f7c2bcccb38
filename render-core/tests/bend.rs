//! What a shutter does to meshes that change their shape and to lights without a surface that move: pictures are the mean of what these are at all times.
//!
//! Facts about pictures are held against the CPU reference and, where an adapter can be opened, against the GPU.

#[path = "made/aloud.rs"]
mod aloud;
#[path = "made/bending.rs"]
mod bending;
#[path = "made/both.rs"]
#[allow(dead_code, reason = "other tests use the rest of it")]
mod both;
#[path = "made/lamps.rs"]
#[allow(dead_code, reason = "other tests use the rest of it")]
mod lamps;
#[path = "made/moving.rs"]
mod moving;
#[path = "made/passing.rs"]
mod passing;

use bending::{bending_room, bent, carried, looking, strip, twisted};
use both::plane;
use frame::{Filter, FrameSize, Plane, PlaneSet, RenderFault, RenderSettings, SettingsDraft, TilePlanes};
use glam::{Affine3A, Quat, Vec3};
use lamps::{matte, put, square, stage};
use moving::{frozen, put_moving};
use passing::{seen_while_passing, sign};
use render_core::scene::{Light, LightKind, Material, Scene};
use render_core::{PackedScene, pack};

const EDGE: u32 = 8;

/// The whole frame's sums, by each program that can be had.
fn sums(scene: &Scene, spp: u32) -> Vec<(&'static str, TilePlanes)> {
    let size = FrameSize::new(EDGE, EDGE).expect("in range");
    let planes = Plane::ALL.into_iter().fold(PlaneSet::DEFAULT, PlaneSet::with);
    let filter = Filter::Box;
    let draft = SettingsDraft { spp, max_bounces: 0, filter, planes, ..SettingsDraft::defaults(size) };
    both::sums(scene, RenderSettings::new(draft).expect("valid"))
}

fn to(x: f32) -> impl Fn(Vec3) -> Vec3 {
    move |corner| corner + Vec3::X * x
}

#[test]
fn a_square_whose_corners_pass_is_blurred_as_one_whose_node_does() {
    let spp = 256;
    let (mut by_corners, mut by_node) = (stage(), stage());
    put(&mut by_corners, bent(strip(0.5, 3), to(-0.9), to(0.6)), sign());
    let way = [-0.9, 0.6].map(|x| Affine3A::from_translation(Vec3::X * x));
    put_moving(&mut by_node, strip(0.5, 3), sign(), way);
    for ((program, corners), (_, node)) in sums(&by_corners, spp).iter().zip(&sums(&by_node, spp)) {
        let (corners, node) = (plane(corners, Plane::Radiance), plane(node, Plane::Radiance));
        for column in 0..EDGE {
            let wanted = seen_while_passing(column, EDGE, [-0.9, 0.6]);
            let seen = (0..EDGE).map(|y| corners[((y * EDGE + column) * 3) as usize]).sum::<f32>()
                / (EDGE * spp) as f32;
            // 2048 samples a column: three standard deviations are 0.033 where it varies most.
            assert!((seen - wanted).abs() < 0.033, "{program}, column {column}: {seen}, not {wanted}");
        }
        // Rounding may move a sample across an edge.
        let worst = corners.iter().zip(node).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(worst <= 1.0, "{program}: {worst} samples differ in a pixel");
    }
}

/// The mean of all samples, which are grey, and the variance of that mean, as if they were drawn apart from each other.
fn mean_and_variance(planes: &TilePlanes, spp: u32) -> (f32, f32) {
    let (radiance, squares) = (plane(planes, Plane::Radiance), plane(planes, Plane::LuminanceSquared));
    let pixels = radiance.chunks_exact(3).zip(squares).map(|(pixel, square)| {
        let mean = pixel[0] / spp as f32;
        (mean, (square / spp as f32 - mean * mean).max(0.0) / spp as f32)
    });
    let (mean, variance) = pixels.fold((0.0, 0.0), |sum, pixel| (sum.0 + pixel.0, sum.1 + pixel.1));
    let count = (EDGE * EDGE) as f32;
    (mean / count, variance / (count * count))
}

/// Holds a picture of what moves against the mean of pictures at moments: four standard deviations of both.
fn assert_mean_of_moments(name: &str, scene: &Scene) {
    let (spp, instants) = (512, 16);
    let seen = sums(scene, spp);
    let mut wanted = vec![(0.0, 0.0); seen.len()];
    for step in 0..instants {
        let still = frozen(scene, (step as f32 + 0.5) / instants as f32);
        for (sum, (_, planes)) in wanted.iter_mut().zip(sums(&still, 64)) {
            let (mean, variance) = mean_and_variance(&planes, 64);
            let count = instants as f32;
            *sum = (sum.0 + mean / count, sum.1 + variance / (count * count));
        }
    }
    for ((program, planes), (wanted, variance_wanted)) in seen.iter().zip(wanted) {
        let (seen, variance) = mean_and_variance(planes, spp);
        let deviation = (variance + variance_wanted).sqrt();
        eprintln!(
            "{program}, {name}: {seen:.5} while it moves, {wanted:.5} as the mean of moments, deviation {deviation:.5}"
        );
        assert!(deviation < 0.03 * wanted, "{program}, {name}: {deviation} is too much to tell");
        assert!((seen - wanted).abs() < 4.0 * deviation, "{program}, {name}: {seen}, not {wanted}");
    }
}

/// A floor that fills the picture and shows what comes from beside it.
fn floor() -> Scene {
    let mut scene = stage();
    let gloss = Material { metallic: 1.0, roughness: 0.5, ..matte(Vec3::ONE) };
    put(&mut scene, square(Vec3::ZERO, 1.0, Quat::IDENTITY), gloss);
    scene
}

#[test]
fn light_that_bends_and_grows_lights_as_its_mean() {
    let down = Quat::from_rotation_x(std::f32::consts::PI);
    let beside = |corner: Vec3| Vec3::new(-2.2, 0.6, 0.9) + twisted(1.0)(corner * Vec3::new(1.6, 1.1, 1.0));
    let small = |corner: Vec3| Vec3::new(-1.8, 0.0, 0.6) + corner * 0.3;
    let line = |corner: Vec3| Vec3::new(-1.8, 0.0, 0.6) + corner * Vec3::X;
    for (name, is_lamp, open) in [
        ("grows", false, &small as &dyn Fn(Vec3) -> Vec3),
        ("opens from a line", false, &line),
        ("opens from a line, a lamp", true, &line),
    ] {
        let shining = Material { emissive: Vec3::splat(3.0), lamp: is_lamp, ..matte(Vec3::ZERO) };
        let mut scene = floor();
        put(&mut scene, bent(square(Vec3::ZERO, 0.7, down), open, beside), shining);
        assert_mean_of_moments(name, &scene);
    }
}

#[test]
fn light_that_bends_while_its_node_moves_lights_as_its_mean() {
    let mut scene = floor();
    let shining = Material { emissive: Vec3::splat(3.0), ..matte(Vec3::ZERO) };
    let down = Quat::from_rotation_x(std::f32::consts::PI);
    let mesh = bent(square(Vec3::ZERO, 0.4, down), |corner| corner * 0.4, |corner| corner * 1.5);
    let at = |x: f32, angle: f32| {
        Affine3A::from_rotation_translation(Quat::from_rotation_y(angle), Vec3::new(x, 0.0, 0.8))
    };
    put_moving(&mut scene, mesh, shining, [at(-2.0, -0.2), at(-1.7, 0.5)]);
    assert_mean_of_moments("bends on its way", &scene);
}

#[test]
fn a_light_without_a_surface_that_moves_lights_as_its_mean() {
    let base = Light {
        kind: LightKind::Point,
        color: Vec3::splat(2.0),
        position: Vec3::ZERO,
        direction: Vec3::NEG_Z,
        size: 0.0,
        sweep: None,
    };
    let spot = LightKind::Spot { cos_inner: 0.95, cos_outer: 0.6 };
    let way = [
        looking(Vec3::new(-1.5, 0.0, 0.5), Vec3::new(0.6, 0.1, -1.0)),
        looking(Vec3::new(1.0, 0.8, 1.2), Vec3::new(-0.7, -0.4, -1.0)),
    ];
    for (name, kind, size) in [("soft point", base.kind, 0.4), ("spot", spot, 0.0), ("soft spot", spot, 0.3)]
    {
        let mut scene = stage();
        put(&mut scene, square(Vec3::ZERO, 1.0, Quat::IDENTITY), matte(Vec3::ONE));
        scene.lights.push(carried(Light { kind, size, ..base }, way));
        assert_mean_of_moments(name, &scene);
    }
}

#[test]
fn motion_vectors_of_what_bends_go_from_frame_to_frame() {
    let mut scene = stage();
    let mut mesh = bent(strip(3.0, 2), to(-0.25), to(0.25));
    mesh.positions_before = mesh.positions.iter().map(|&corner| corner - Vec3::X * 0.5).collect();
    put(&mut scene, mesh, sign());
    for (program, planes) in sums(&scene, 16) {
        let motion = plane(&planes, Plane::Motion);
        // Half a metre is two of eight pixels on two metres.
        let near = |value: f32, wanted: f32| (value / 16.0 - wanted).abs() < 1e-3;
        assert!(motion.chunks_exact(2).all(|m| near(m[0], 2.0) && near(m[1], 0.0)), "{program}: {motion:?}");
    }
}

#[test]
fn bends_that_no_program_packed_are_refused() {
    let packed = pack(&bending_room()).expect("packs");
    let travelled = PackedScene::from_blob(&packed.to_blob()).expect("it is sound");
    assert!(
        travelled.lights.len() == packed.lights.len() && travelled.triangles.len() == packed.triangles.len()
    );
    let refused = |change: &dyn Fn(&mut PackedScene)| {
        let mut bad = packed.clone();
        change(&mut bad);
        matches!(PackedScene::from_blob(&bad.to_blob()), Err(RenderFault::BadScene(_)))
    };
    let count = packed.triangles.len() as u32;
    let bits = |number: u32| f32::from_bits(number << 3);
    let bends = packed.triangles.iter().position(|it| it[2][3].to_bits() >> 3 != 0).expect("some bend");
    assert!(refused(&|bad| bad.triangles[bends][2][3] = bits(count)), "bends to a triangle past the end");
    let still = packed.triangles.iter().position(|it| it[2][3].to_bits() >> 3 == 0).expect("some do not");
    assert!(
        refused(&|bad| bad.triangles[still][2][3] = bits(u32::MAX >> 3)),
        "bends to one far past the end"
    );
    let closing = packed.triangles[bends][2][3].to_bits() >> 3;
    assert!(refused(&|bad| bad.triangles[closing as usize][1][0] = f32::NAN), "bends to nowhere");
    let words = packed.attributes.len() as u32;
    // Room for one of each corner's numbers is not enough.
    let part = packed.triangles.iter().filter(|it| it[2][3].to_bits() >> 3 != 0).map(|it| it[0][3].to_bits());
    let part = part.into_iter().find(|&part| packed.parts[part as usize].tangents != u32::MAX);
    let part = part.expect("one has a relief") as usize;
    assert!(refused(&|bad| bad.parts[part].normals = words - 4 * 3), "half of its normals");
    assert!(refused(&|bad| bad.parts[part].tangents = words - 4 * 4), "half of its tangents");
    assert!(refused(&|bad| bad.parts[part].before = words - 4 * 3), "half of its places");
    let surface = |light: &[[f32; 4]; 4]| light[0][3].to_bits() == 0;
    let glows =
        packed.lights.iter().position(|it| surface(it) && it[3][3].to_bits() != 0).expect("light bends");
    assert!(refused(&|bad| bad.lights[glows][3][3] = f32::from_bits(count)), "light that bends past the end");
    let lamp =
        packed.lights.iter().position(|it| !surface(it) && it[2][3].to_bits() != 0).expect("one moves");
    assert!(refused(&|bad| bad.lights[lamp][2][3] = f32::from_bits(words - 30)), "a lamp's way past the end");
    assert!(
        refused(&|bad| bad.lights[lamp][2][3] = f32::from_bits(u32::MAX)),
        "a lamp's way far past the end"
    );
    let way = packed.lights[lamp][2][3].to_bits() as usize - 1;
    assert!(refused(&|bad| bad.attributes[way] = 3.0f32.to_bits()), "a lamp's turn that is none");
}

#[test]
fn what_keeps_its_shape_is_packed_as_without_a_shutter() {
    let packed = pack(&frozen(&bending_room(), 0.5)).expect("packs");
    assert!(packed.triangles.iter().all(|triangle| triangle[2][3].to_bits() >> 3 == 0));
    assert!(packed.lights.iter().all(|light| light[0][3].to_bits() == 0 || light[2][3].to_bits() == 0));
    assert!(packed.lights.iter().all(|light| light[0][3].to_bits() != 0 || light[3][3].to_bits() == 0));
}
