//! What a shutter does that is open for a while: pictures of what moves are the mean of what it is at all times.
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
#[path = "made/moving.rs"]
mod moving;
#[path = "made/passing.rs"]
mod passing;

use both::{gpu, plane};
use frame::{
    BlockRange, Film, Filter, Flow, FrameIndex, FrameSize, Plane, PlaneSet, RenderFault, RenderSettings,
    SettingsDraft, TileGrid, TileOrder, TilePlanes, TileRenderer,
};
use glam::{Affine3A, Quat, Vec3};
use lamps::{matte, put, square, stage, towards};
use moving::{frozen, moving_room, put_moving, sweep};
use passing::{seen_while_passing, sign};
use render_core::scene::{Material, Scene};
use render_core::{PackedScene, pack};

const EDGE: u32 = 8;

fn settings(edge: u32, spp: u32, max_bounces: u32) -> RenderSettings {
    let size = FrameSize::new(edge, edge).expect("in range");
    let planes = Plane::ALL.into_iter().fold(PlaneSet::DEFAULT, PlaneSet::with);
    let draft =
        SettingsDraft { spp, max_bounces, filter: Filter::Box, planes, ..SettingsDraft::defaults(size) };
    RenderSettings::new(draft).expect("valid")
}

/// The whole frame's sums, by each program that can be had.
fn sums(scene: &Scene, spp: u32, max_bounces: u32) -> Vec<(&'static str, TilePlanes)> {
    both::sums(scene, settings(EDGE, spp, max_bounces))
}

/// One channel's mean over the samples of each column.
fn columns(planes: &TilePlanes, spp: u32) -> Vec<f32> {
    let reds: Vec<f32> = plane(planes, Plane::Radiance).chunks_exact(3).map(|pixel| pixel[0]).collect();
    let column = |x: u32| (0..EDGE).map(|y| reds[(y * EDGE + x) as usize]).sum::<f32>() / (EDGE * spp) as f32;
    (0..EDGE).map(column).collect()
}

/// Radiance, red, over all samples.
fn mean(planes: &TilePlanes, spp: u32) -> f32 {
    plane(planes, Plane::Radiance).chunks_exact(3).map(|pixel| pixel[0]).sum::<f32>()
        / (EDGE * EDGE * spp) as f32
}

fn at(x: f32) -> Affine3A {
    Affine3A::from_translation(Vec3::X * x)
}

#[test]
fn a_square_that_passes_is_blurred_over_its_way() {
    let mut scene = stage();
    put_moving(&mut scene, square(Vec3::ZERO, 0.5, Quat::IDENTITY), sign(), [at(-0.9), at(0.6)]);
    let spp = 256;
    for (program, planes) in sums(&scene, spp, 0) {
        for (column, seen) in (0..).zip(columns(&planes, spp)) {
            let wanted = seen_while_passing(column, EDGE, [-0.9, 0.6]);
            // 2048 samples a column: three standard deviations are 0.033 where it varies most.
            assert!((seen - wanted).abs() < 0.033, "{program}, column {column}: {seen}, not {wanted}");
        }
    }
}

#[test]
fn what_turns_keeps_its_area() {
    let mut scene = stage();
    let turns = [0.0, 2.5].map(Affine3A::from_rotation_z);
    put_moving(&mut scene, square(Vec3::ZERO, 0.5, Quat::IDENTITY), sign(), turns);
    let spp = 256;
    for (program, planes) in sums(&scene, spp, 0) {
        let (area, seen) = (0.25, mean(&planes, spp));
        assert!((seen - area).abs() < 0.01, "{program}: {seen}");
        // The circle inside of its corners is never left, and the one around them never.
        let radiance = plane(&planes, Plane::Radiance);
        let pixel = |x: u32, y: u32| radiance[((y * EDGE + x) * 3) as usize] / spp as f32;
        assert_eq!((pixel(3, 3), pixel(0, 0)), (1.0, 0.0), "{program}");
        // On the axis half a metre out a square at rest ends.
        let edge = pixel(6, 3);
        assert!(edge > 0.05 && edge < 0.95, "{program}: {edge}");
    }
}

#[test]
fn a_camera_that_passes_sees_what_one_sees_that_is_passed() {
    let (mut passing, mut passed) = (stage(), stage());
    put_moving(&mut passing, square(Vec3::ZERO, 0.5, Quat::IDENTITY), sign(), [at(-0.4), at(0.7)]);
    put(&mut passed, square(Vec3::ZERO, 0.5, Quat::IDENTITY), sign());
    let camera = |x: f32| Affine3A::from_translation(Vec3::new(x, 0.0, 10.0));
    passed.camera.sweep = Some(sweep(camera(0.4), camera(-0.7)));
    for ((program, a), (_, b)) in sums(&passing, 64, 0).iter().zip(&sums(&passed, 64, 0)) {
        let (a, b) = (plane(a, Plane::Radiance), plane(b, Plane::Radiance));
        let lit = a.iter().filter(|&&value| value > 0.0 && value < 64.0).count();
        assert!(lit > 20, "{program}: edges are blurred in {lit} values");
        // Rounding may move a sample across the edge.
        let worst = a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(worst <= 1.0, "{program}: {worst} samples differ in a pixel");
    }
}

#[test]
fn light_that_moves_and_grows_lights_as_its_mean() {
    let make = Affine3A::from_scale_rotation_translation;
    let down = towards(Vec3::NEG_Z);
    for is_lamp in [false, true] {
        let mut scene = stage();
        let floor = Material { metallic: 1.0, roughness: 0.5, ..matte(Vec3::ONE) };
        put(&mut scene, square(Vec3::ZERO, 1.0, Quat::IDENTITY), floor);
        let shining = Material { emissive: Vec3::splat(3.0), lamp: is_lamp, ..matte(Vec3::ZERO) };
        // Beside what the camera sees.
        let way = [
            make(Vec3::splat(0.2), down, Vec3::new(-1.8, 0.0, 0.6)),
            make(Vec3::new(1.2, 0.7, 1.0), towards(Vec3::new(0.2, -0.8, -1.0)), Vec3::new(-2.2, 1.3, 1.0)),
        ];
        put_moving(&mut scene, square(Vec3::ZERO, 0.7, Quat::IDENTITY), shining, way);
        let (spp, instants) = (512, 32);
        let seen = sums(&scene, spp, 0);
        let mut wanted = vec![0.0; seen.len()];
        for step in 0..instants {
            let still = frozen(&scene, (step as f32 + 0.5) / instants as f32);
            for (sum, (_, planes)) in wanted.iter_mut().zip(sums(&still, 32, 0)) {
                *sum += mean(&planes, 32) / instants as f32;
            }
        }
        for ((program, planes), wanted) in seen.iter().zip(wanted) {
            let seen = mean(planes, spp);
            eprintln!(
                "{program}, lamp {is_lamp}: {seen:.5} while it moves, {wanted:.5} as the mean of moments"
            );
            assert!((seen - wanted).abs() < 0.02 * wanted, "{program}: {seen}, not {wanted}");
        }
    }
}

#[test]
fn motion_vectors_go_from_frame_to_frame_whenever_a_sample_looks() {
    let mut scene = stage();
    put_moving(&mut scene, square(Vec3::ZERO, 3.0, Quat::IDENTITY), sign(), [at(-0.25), at(0.25)]);
    scene.instances[0].world_from_object_before = at(-0.5);
    for (program, planes) in sums(&scene, 16, 0) {
        let motion = plane(&planes, Plane::Motion);
        // Half a metre is two of eight pixels on two metres.
        let near = |value: f32, wanted: f32| (value / 16.0 - wanted).abs() < 1e-3;
        assert!(motion.chunks_exact(2).all(|m| near(m[0], 2.0) && near(m[1], 0.0)), "{program}: {motion:?}");
    }
}

#[test]
fn tiles_of_moving_scenes_have_the_same_bits() {
    let Some(mut renderer) = gpu() else { return };
    let blob = pack(&moving_room()).expect("packs").to_blob();
    let settings = settings(24, 20, 3);
    let mut film_of = |edge: u32, ranges: &[BlockRange]| {
        let grid = TileGrid::new(settings.size, edge, 0);
        let mut film = Film::new(grid, settings);
        for (&blocks, tile) in
            ranges.iter().flat_map(|blocks| grid.from_centre().into_iter().map(move |tile| (blocks, tile)))
        {
            let rect = grid.rect(tile).expect("in grid");
            let order = TileOrder { frame: FrameIndex(0), rect, margin_px: 0, blocks, settings };
            for partial in renderer.render(&blob, &order, &mut |_| Flow::Continue(())).expect("renders") {
                film.merge(tile, partial).expect("fits");
            }
        }
        film.picture()
    };
    let one = |first| BlockRange { first, count: 1 };
    let whole = film_of(4096, &[BlockRange::all(20)]);
    assert!(whole == film_of(8, &[one(1), one(0)]), "small tiles give other bits");
}

#[test]
fn sweeps_that_no_program_packed_are_refused() {
    let packed = pack(&moving_room()).expect("packs");
    let moving = packed.instances.iter().filter(|it| it.sweep != u32::MAX).count();
    assert_eq!((packed.header.single, moving), (0, 7), "what moves keeps a tree of its own");
    assert_eq!(PackedScene::from_blob(&packed.to_blob()).expect("it is sound"), packed);
    let moving = packed.instances.iter().position(|it| it.sweep != u32::MAX).expect("some move");
    let first = packed.instances[moving].sweep as usize;
    let refused = |change: &dyn Fn(&mut PackedScene)| {
        let mut bad = packed.clone();
        change(&mut bad);
        matches!(PackedScene::from_blob(&bad.to_blob()), Err(RenderFault::BadScene(_)))
    };
    let set = |word: usize, value: f32| {
        refused(&|bad: &mut PackedScene| bad.attributes[first + word] = value.to_bits())
    };
    assert!(refused(&|bad| bad.instances[moving].sweep = bad.attributes.len() as u32 - 31), "past the end");
    assert!(refused(&|bad| bad.instances[moving].sweep = u32::MAX - 1), "far past the end");
    assert!(set(0, 3.0) && set(3, f32::NAN), "a rotation that is none");
    assert!(set(4, 2.0) && set(7, -0.1) && set(7, 0.6), "an axis or angle that is none");
    assert!(set(20, f32::INFINITY) && set(31, f32::NAN), "places that are none");
    assert!(refused(&|bad| bad.header.camera_sweep[2][1] = f32::NAN), "a camera that is nowhere");
    assert!(refused(&|bad| bad.header.camera_sweep[0] = [0.0; 4]), "a camera that turns from nowhere");
    let light =
        packed.lights.iter().position(|light| light[3][2].to_bits() != u32::MAX).expect("light moves");
    assert!(refused(&|bad| bad.lights[light][3][2] = f32::from_bits(bad.attributes.len() as u32)), "a light");
}

#[test]
fn what_does_not_move_is_packed_as_without_a_shutter() {
    let still = frozen(&moving_room(), 0.5);
    let packed = pack(&still).expect("packs");
    assert!(packed.instances.iter().all(|instance| instance.sweep == u32::MAX));
    assert_eq!(packed.header.camera_sweep, [[0.0; 4]; 4]);
}
