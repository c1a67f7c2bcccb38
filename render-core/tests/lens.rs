//! What a lens does: a plane is sharp, and what lies before or behind it is spread over the shape of the lens's hole.
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
use frame::{Filter, FrameSize, Plane, PlaneSet, RenderSettings, SettingsDraft, TilePlanes};
use glam::{Affine3A, Quat, Vec2, Vec3};
use lamps::{matte, put, square, stage};
use render_core::scene::{Camera, Lens, Material, Projection, Scene};

const WIDTH: u32 = 96;
const HEIGHT: u32 = 64;
const FOV_Y: f32 = 0.5;

fn settings(spp: u32) -> RenderSettings {
    let size = FrameSize::new(WIDTH, HEIGHT).expect("in range");
    let planes = Plane::ALL.into_iter().fold(PlaneSet::DEFAULT, PlaneSet::with);
    RenderSettings::new(SettingsDraft { spp, filter: Filter::Box, planes, ..SettingsDraft::defaults(size) })
        .expect("valid")
}

/// Pixels for a slope of one.
fn px_per_slope() -> f32 {
    0.5 * HEIGHT as f32 / (0.5 * FOV_Y).tan()
}

/// A sign that shows itself as a square of this many pixels, this far before a camera at the origin.
fn sign(distance: f32, edge_px: f32, lens: Lens, shift: Vec2) -> Scene {
    let mut scene = stage();
    scene.camera = Camera {
        projection: Projection::Perspective { fov_y: FOV_Y },
        world_from_camera: Affine3A::IDENTITY,
        world_from_camera_before: Affine3A::IDENTITY,
        shift,
        lens,
        ..Camera::default()
    };
    let half = 0.5 * edge_px * distance / px_per_slope();
    let white = Material { unlit: true, ..matte(Vec3::ONE) };
    put(&mut scene, square(Vec3::NEG_Z * distance, half, Quat::IDENTITY), white);
    scene
}

/// Of the samples that hit something: their share of all times the pixels, their mean place and its variance, pixels, x to the right.
fn moments(planes: &TilePlanes, spp: u32) -> (f32, Vec2, Vec2) {
    let (mut hits, mut mean, mut square) = (0.0, Vec2::ZERO, Vec2::ZERO);
    for (index, &alpha) in plane(planes, Plane::Alpha).iter().enumerate() {
        let place = Vec2::new((index as u32 % WIDTH) as f32 + 0.5, (index as u32 / WIDTH) as f32 + 0.5);
        hits += alpha;
        mean += place * alpha;
        square += place * place * alpha;
    }
    mean /= hits;
    // Where in its pixel a sample lies is not told: that is 1/12 of a square pixel.
    (hits / spp as f32, mean, square / hits - mean * mean + 1.0 / 12.0)
}

/// Variance of a point of the hole along either axis, in square radii: of a disc, or of a regular polygon in a circle.
fn spread(blades: u32) -> f32 {
    if blades < 3 { 0.25 } else { (2.0 + (2.0 * PI / blades as f32).cos()) / 12.0 }
}

#[test]
fn what_is_out_of_focus_is_spread_over_the_hole_of_the_lens() {
    let (edge_px, blur_px, spp) = (6.0, 12.0, 192);
    for (blades, squeeze, distance, focus_distance) in
        [(0, 1.0, 2.0, 5.0), (3, 1.0, 5.0, 2.0), (6, 1.0, 4.0, 8.0), (5, 0.5, 4.0, 1.0), (0, 2.0, 3.0, 9.0)]
    {
        let radius = blur_px / px_per_slope() / (1.0 / focus_distance - 1.0_f32 / distance).abs();
        let lens = Lens { radius, focus_distance, blades, rotation: 0.3, squeeze };
        for (program, planes) in sums(&sign(distance, edge_px, lens, Vec2::ZERO), settings(spp)) {
            let (area, mean, variance) = moments(&planes, spp);
            let about = format!("{program}, {blades} blades, squeezed by {squeeze}");
            // Some 7,000 of a million samples hit: without stratification a standard deviation of 1.2 % in the area and in the variance.
            assert!((area / edge_px.powi(2) - 1.0).abs() < 0.03, "{about}: {area} square pixels");
            assert!(mean.distance(Vec2::new(48.0, 32.0)) < 0.3, "{about}: the middle is at {mean}");
            let widths = Vec2::new(squeeze, 1.0) * blur_px;
            let wanted = edge_px.powi(2) / 12.0 + widths * widths * spread(blades);
            let ratio = variance / wanted;
            assert!((ratio - 1.0).abs().max_element() < 0.05, "{about}: {variance}, not {wanted}");
        }
    }
}

#[test]
fn blades_have_corners_where_the_rotation_puts_them() {
    // A triangle seen through a lens is upside down or not, depending on the side of the plane in focus. Its corner reaches 24 pixels, its side 12,
    // and the sign itself one; the last pixels of a corner are seldom hit.
    let (blur_px, spp) = (24.0, 96);
    let reach = |rotation: f32, distance: f32, focus_distance: f32| {
        let radius = blur_px / px_per_slope() / (1.0 / focus_distance - 1.0_f32 / distance).abs();
        let lens = Lens { radius, focus_distance, blades: 3, rotation, squeeze: 1.0 };
        sums(&sign(distance, 2.0, lens, Vec2::ZERO), settings(spp)).into_iter().map(|(program, planes)| {
            let alpha = plane(&planes, Plane::Alpha).to_vec();
            let hit = |x: u32, y: u32| alpha[(y * WIDTH + x) as usize] > 0.0;
            let lit: Vec<Vec2> = (0..WIDTH * HEIGHT)
                .filter(|index| hit(index % WIDTH, index / WIDTH))
                .map(|index| Vec2::new((index % WIDTH) as f32 - 47.5, 31.5 - (index / WIDTH) as f32))
                .collect();
            let reach = |way: Vec2| lit.iter().map(|place| place.dot(way)).fold(f32::MIN, f32::max);
            (program, reach(Vec2::X), reach(Vec2::NEG_X), reach(Vec2::Y), reach(Vec2::NEG_Y))
        })
    };
    // Far things: slope of a point of the lens is that point times (1/focus - 1/distance) > 0.
    for (program, right, left, _, _) in reach(0.0, 5.0, 2.0) {
        assert!(right > 18.0 && (10.0..15.0).contains(&left), "{program}: {right} {left}");
    }
    for (program, right, left, _, _) in reach(0.0, 2.0, 5.0) {
        assert!(left > 18.0 && (10.0..15.0).contains(&right), "{program}: {right} {left}");
    }
    for (program, _, _, up, down) in reach(PI / 2.0, 5.0, 2.0) {
        assert!(up > 18.0 && (10.0..15.0).contains(&down), "{program}: {up} {down}");
    }
}

#[test]
fn what_is_in_focus_is_as_sharp_as_through_a_pinhole() {
    let lens = Lens { radius: 0.5, focus_distance: 4.0, blades: 7, rotation: 1.0, squeeze: 1.5 };
    let open = sums(&sign(4.0, 21.0, lens, Vec2::ZERO), settings(16));
    let pinhole = sums(&sign(4.0, 21.0, Lens::default(), Vec2::ZERO), settings(16));
    for ((program, open), (_, pinhole)) in open.iter().zip(&pinhole) {
        let pairs = plane(open, Plane::Alpha).iter().zip(plane(pinhole, Plane::Alpha));
        // The edges lie inside pixels, where rounding decides single samples.
        let different: f32 = pairs.map(|(a, b)| (a - b).abs()).sum();
        assert!(different < 8.0, "{program}: {different} of {} samples differ", WIDTH * HEIGHT * 16);
    }
}

#[test]
fn a_shift_moves_the_picture_by_heights_of_it_and_nothing_else() {
    for shift in [Vec2::new(0.25, 0.0), Vec2::new(-0.3, 0.2)] {
        for projection in
            [Projection::Perspective { fov_y: FOV_Y }, Projection::Orthographic { half_height: 1.0 }]
        {
            let mut scene = sign(4.0, 11.0, Lens::default(), shift);
            scene.camera.projection = projection;
            let mut straight = scene.clone();
            straight.camera.shift = Vec2::ZERO;
            for ((program, moved), (_, straight)) in
                sums(&scene, settings(16)).iter().zip(&sums(&straight, settings(16)))
            {
                let ((area, there, _), (area_before, here, _)) = (moments(moved, 16), moments(straight, 16));
                assert!((area / area_before - 1.0).abs() < 0.01, "{program}: {area}, not {area_before}");
                // What lies in the middle goes left and down when the picture's middle goes right and up.
                let wanted = here + Vec2::new(-shift.x, shift.y) * HEIGHT as f32;
                assert!(there.distance(wanted) < 0.05, "{program}: at {there}, not {wanted}");
                let motion =
                    plane(moved, Plane::Motion).iter().fold(0.0, |most: f32, one| most.max(one.abs()));
                assert!(motion < 0.1, "{program}: what stands still moves by {motion} pixels");
            }
        }
    }
}

#[test]
fn an_f_stop_is_the_focal_length_over_the_diameter_on_full_frame() {
    // 50 mm on 36 x 24 mm.
    let fov_y = 2.0 * (12.0_f32 / 50.0).atan();
    assert!((Lens::radius_at(2.0, fov_y) - 0.0125).abs() < 1e-6);
    assert!((Lens::radius_at(4.0, fov_y) - 0.00625).abs() < 1e-6);
}
