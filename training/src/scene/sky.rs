//! Environments: a gradient, a sun, blobs of light as in a studio, and clouds.

use std::f32::consts::{PI, TAU};

use glam::Vec3;

use super::Sky;
use super::texture::hue;
use crate::noise::Noise;
use crate::rng::Rng;

const WIDTH: usize = 128;
const HEIGHT: usize = 64;

/// A lobe of light on the sphere: exp(sharpness · (cos - 1)).
#[derive(Clone, Copy, Debug)]
struct Lobe {
    toward: Vec3,
    sharpness: f32,
    radiance: Vec3,
}

/// Daylight or dusk: a gradient with a sun that may be small and hard, and perhaps clouds. Its mean radiance is about `level`.
pub(super) fn daylight(rng: &mut Rng, level: f32) -> Sky {
    let zenith = Vec3::new(0.25, 0.45, 1.0).lerp(Vec3::ONE, rng.between(0.0, 0.9));
    let horizon = Vec3::new(1.0, 0.8, 0.6).lerp(Vec3::ONE, rng.between(0.0, 1.0)) * rng.between(0.6, 1.8);
    let ground = Vec3::splat(rng.between(0.02, 0.4));
    let height = rng.between(0.05, 1.2);
    let around = rng.between(0.0, TAU);
    let toward = Vec3::new(height.cos() * around.cos(), height.sin(), height.cos() * around.sin());
    // One texel of this map is 0.05 rad across, so a lobe cannot be much sharper.
    let sharpness = rng.log_between(20.0, 1500.0);
    let share = if rng.chance(0.25) { 0.0 } else { rng.log_between(0.3, 6.0) };
    // The lobe's integral is 2π/sharpness: this gives the sun `share` times the sky's own irradiance.
    let warm = Vec3::new(1.0, 0.85, 0.65).lerp(Vec3::ONE, height.min(1.0));
    let sun = Lobe { toward, sharpness, radiance: warm * share * sharpness * 0.5 };
    let (noise, cover) = (Noise(rng.bits()), rng.pick(&[0.0, 0.5, 1.0]));
    painted(level, |direction| {
        let up = direction.y;
        let clear = if up > 0.0 { horizon.lerp(zenith, up.powf(0.5)) } else { ground };
        let cloud = (noise.fractal(direction * Vec3::new(2.0, 5.0, 2.0), 4) * cover).max(0.0);
        clear.lerp(Vec3::ONE, if up > 0.0 { cloud.min(1.0) } else { 0.0 }) + shine(&[sun], direction)
    })
}

/// A dark surrounding with some lobes of light of any hue.
pub(super) fn studio(rng: &mut Rng, level: f32) -> Sky {
    let base = Vec3::splat(rng.pick(&[0.0, 0.05, 0.2]));
    let lobes: Vec<Lobe> = (0..rng.count(1, 7))
        .map(|_| {
            let sharpness = rng.log_between(2.0, 400.0);
            let tint = hue(rng.unit()).lerp(Vec3::ONE, rng.between(0.3, 1.0));
            let toward = (rng.direction() + Vec3::Y * 0.4).normalize_or(Vec3::Y);
            Lobe { toward, sharpness, radiance: tint * sharpness.sqrt() * rng.between(0.3, 2.0) }
        })
        .collect();
    painted(level, |direction| base + shine(&lobes, direction))
}

/// The same everywhere.
pub(super) fn even(rng: &mut Rng, level: f32) -> Sky {
    let tint = hue(rng.unit()).lerp(Vec3::ONE, rng.between(0.6, 1.0));
    painted(level, |_| tint)
}

fn shine(lobes: &[Lobe], direction: Vec3) -> Vec3 {
    lobes.iter().map(|lobe| lobe.radiance * (lobe.sharpness * (direction.dot(lobe.toward) - 1.0)).exp()).sum()
}

/// Paints a map and scales it so that its mean over the sphere is `level`.
fn painted(level: f32, radiance: impl Fn(Vec3) -> Vec3) -> Sky {
    let (mut rgb, mut sum, mut weights) = (Vec::with_capacity(WIDTH * HEIGHT), 0.0, 0.0);
    for row in 0..HEIGHT {
        let (sin, cos) = ((row as f32 + 0.5) / HEIGHT as f32 * PI).sin_cos();
        for column in 0..WIDTH {
            let (z, x) = ((column as f32 + 0.5) / WIDTH as f32 * TAU).sin_cos();
            let value = radiance(Vec3::new(sin * x, cos, sin * z)).max(Vec3::ZERO);
            sum += value.dot(Vec3::splat(1.0 / 3.0)) * sin;
            weights += sin;
            rgb.push(value);
        }
    }
    let scale = level * weights / sum.max(1e-6);
    let rgb = rgb.into_iter().map(|value| (value * scale).to_array()).collect();
    Sky { width: WIDTH as u32, height: HEIGHT as u32, rgb }
}
