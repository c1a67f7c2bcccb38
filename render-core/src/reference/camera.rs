//! Where rays start: section 2 of `docs/rendering.md`.

use std::f32::consts::PI;
use std::sync::OnceLock;

use frame::{Filter, FrameSize};
use glam::{Vec2, Vec3};

use super::bvh::Ray;
use super::sampler::Sampler;
use crate::quantiles::blackman_harris_quantiles;
use crate::scene::{Camera, Projection};

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
    let right = (2.0 * x / size.width() as f32 - 1.0) * aspect;
    let up = 1.0 - 2.0 * y / size.height() as f32;
    let (origin, direction) = match camera.projection {
        Projection::Orthographic { half_height } => {
            (Vec3::new(right * half_height, up * half_height, 0.0), Vec3::NEG_Z)
        }
        Projection::Perspective { fov_y } => {
            let tan = (0.5 * fov_y).tan();
            let towards = Vec3::new(right * tan, up * tan, -1.0);
            if camera.lens_radius > 0.0 {
                let lens = (disk(sampler.pair(1)) * camera.lens_radius).extend(0.0);
                (lens, towards * camera.focus_distance - lens)
            } else {
                (Vec3::ZERO, towards)
            }
        }
    };
    let place = camera.world_from_camera;
    Ray {
        origin: place.transform_point3(origin),
        direction: place.transform_vector3(direction).normalize(),
        skip: None,
    }
}

/// Metres along the camera's axis.
pub fn depth(camera: &Camera, position: Vec3) -> f32 {
    let place = camera.world_from_camera;
    -Vec3::from(place.matrix3.z_axis).dot(position - Vec3::from(place.translation))
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
