//! Where rays start: section 2 of `docs/rendering.md`.

use std::f32::consts::PI;
use std::sync::OnceLock;

use frame::{Filter, FrameSize};
use glam::{Affine3A, Vec2, Vec3};

use super::bvh::Ray;
use super::sampler::Sampler;
use crate::quantiles::blackman_harris_quantiles;
use crate::scene::{Camera, Lens, Projection};

/// The ray of one sample of one pixel.
pub fn camera_ray(
    camera: &Camera,
    size: FrameSize,
    filter: Filter,
    pixel: [u32; 2],
    sampler: Sampler,
) -> Ray {
    let [x, y] = film_position(filter, pixel, sampler.pair(0));
    let aspect = size.width() as f32 / size.height() as f32;
    let right = (2.0 * x / size.width() as f32 - 1.0) * aspect + 2.0 * camera.shift.x;
    let up = 1.0 - 2.0 * y / size.height() as f32 + 2.0 * camera.shift.y;
    let (origin, direction) = match camera.projection {
        Projection::Orthographic { half_height } => {
            (Vec3::new(right * half_height, up * half_height, 0.0), Vec3::NEG_Z)
        }
        Projection::Perspective { fov_y } => {
            let tan = (0.5 * fov_y).tan();
            let towards = Vec3::new(right * tan, up * tan, -1.0);
            if camera.lens.radius > 0.0 {
                let start = (on_the_hole(&camera.lens, sampler.pair(1)) * camera.lens.radius).extend(0.0);
                (start, towards * camera.lens.focus_distance - start)
            } else {
                (Vec3::ZERO, towards)
            }
        }
    };
    let [time, _] = sampler.pair(2);
    let place = stands(camera, time);
    Ray {
        origin: place.transform_point3(origin),
        direction: place.transform_vector3(direction).normalize(),
        time,
        skip: None,
    }
}

/// Where the camera stands at a time.
fn stands(camera: &Camera, time: f32) -> Affine3A {
    camera.sweep.map_or(camera.world_from_camera, |sweep| sweep.at(time))
}

/// Metres along the axis that the camera has at a time.
pub fn depth(camera: &Camera, position: Vec3, time: f32) -> f32 {
    let place = stands(camera, time);
    -Vec3::from(place.matrix3.z_axis).dot(position - Vec3::from(place.translation))
}

/// Pixels that a point went on the screen since the frame before, x to the right, y down: section 7.
pub fn motion(camera: &Camera, size: FrameSize, now: Vec3, before: Vec3) -> Vec2 {
    let place = |world_from_camera: &Affine3A, point: Vec3| {
        on_screen(camera, size, world_from_camera.inverse().transform_point3(point))
    };
    place(&camera.world_from_camera, now) - place(&camera.world_from_camera_before, before)
}

/// The pixel position of a point in camera space, the reverse of [`camera_ray`] through the middle of the lens.
fn on_screen(camera: &Camera, size: FrameSize, point: Vec3) -> Vec2 {
    const NEAREST: f32 = 1e-6;
    let extent = match camera.projection {
        Projection::Perspective { fov_y } => (0.5 * fov_y).tan() * (-point.z).max(NEAREST),
        Projection::Orthographic { half_height } => half_height,
    };
    let (width, height) = (size.width() as f32, size.height() as f32);
    let right = point.x / (extent * width / height) - 2.0 * camera.shift.x * height / width;
    let up = point.y / extent - 2.0 * camera.shift.y;
    Vec2::new(0.5 * (right + 1.0) * width, 0.5 * (1.0 - up) * height)
}

/// A point of a lens's hole, in radii of the circle around it.
fn on_the_hole(lens: &Lens, [u0, u1]: [f32; 2]) -> Vec2 {
    let width = Vec2::new(lens.squeeze, 1.0);
    if lens.blades < 3 {
        return disk([u0, u1]) * width;
    }
    let place = u1 * lens.blades as f32;
    let side = place.floor();
    let corner = |number: f32| Vec2::from_angle(2.0 * PI * number / lens.blades as f32 + lens.rotation);
    (corner(side).lerp(corner(side + 1.0), place - side) * u0.sqrt()) * width
}

/// The unit disk, area-preserving, by angle and root of the radius.
pub fn disk([u0, u1]: [f32; 2]) -> Vec2 {
    Vec2::from_angle(2.0 * PI * u1) * u0.sqrt()
}

fn film_position(filter: Filter, pixel: [u32; 2], u: [f32; 2]) -> [f32; 2] {
    let offset = match filter {
        Filter::Box => u,
        Filter::BlackmanHarris => u.map(|u| 0.5 + 0.75 * quantile(u)),
    };
    [pixel[0] as f32 + offset[0], pixel[1] as f32 + offset[1]]
}

fn quantile(u: f32) -> f32 {
    static QUANTILES: OnceLock<[f32; 257]> = OnceLock::new();
    let quantiles = QUANTILES.get_or_init(blackman_harris_quantiles);
    let x = u * 256.0;
    let index = (x as usize).min(255);
    let part = x - index as f32;
    quantiles[index] + (quantiles[index + 1] - quantiles[index]) * part
}
