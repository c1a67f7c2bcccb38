//! Made-up pictures for the denoiser's tests, and how their results are compared.

use frame::{Noisy, NoisyPlanes};
use render_core::denoise::Shape;

/// What is shipped is one of these two.
pub(crate) const SHAPES: [Shape; 2] = [Shape::SMALL, Shape::QUALITY];

/// The planes of a made-up picture, to be changed by a test.
#[derive(Clone)]
pub(crate) struct Made {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) planes: NoisyPlanes,
}

impl std::ops::Deref for Made {
    type Target = NoisyPlanes;

    fn deref(&self) -> &NoisyPlanes {
        &self.planes
    }
}

impl std::ops::DerefMut for Made {
    fn deref_mut(&mut self) -> &mut NoisyPlanes {
        &mut self.planes
    }
}

impl Made {
    /// Noise of every kind; each value depends on its pixel's place alone.
    pub(crate) fn new(width: usize, height: usize) -> Self {
        let values = |channels: usize, salt: u32| -> Vec<f32> {
            let places = (0..height).flat_map(|y| (0..width * channels).map(move |x| (x, y)));
            places.map(|(x, y)| unit(x as u32, y as u32, salt)).collect()
        };
        let planes = NoisyPlanes {
            radiance: values(3, 1).into_iter().map(|u| (6.0 * u - 4.0).exp()).collect(),
            albedo: values(3, 2),
            normal: values(3, 3).into_iter().map(|u| 2.0 * u - 1.0).collect(),
            depth: values(1, 4).into_iter().map(|u| 0.1 + 30.0 * u).collect(),
            hits: values(1, 5).into_iter().map(|u| (4.0 * u).floor() / 3.0).collect(),
            variance: values(1, 6).into_iter().map(|u| u * u).collect(),
            samples: values(1, 7).into_iter().map(|u| (u * 20.0) as u32 + 1).collect(),
        };
        Self { width, height, planes }
    }

    /// The same colour and albedo everywhere; whatever else the network sees varies.
    pub(crate) fn constant(width: usize, height: usize, colour: [f32; 3], albedo: [f32; 3]) -> Self {
        let mut made = Self::new(width, height);
        made.radiance.chunks_exact_mut(3).for_each(|pixel| pixel.copy_from_slice(&colour));
        made.albedo.chunks_exact_mut(3).for_each(|pixel| pixel.copy_from_slice(&albedo));
        made
    }

    pub(crate) fn noisy(&self) -> Noisy {
        Noisy::new(self.width as u32, self.height as u32, self.planes.clone()).expect("planes of one size")
    }
}

/// A number in [0, 1) for a place.
pub(crate) fn unit(x: u32, y: u32, salt: u32) -> f32 {
    let mut bits = x.wrapping_mul(0x9e37_79b1) ^ y.wrapping_mul(0x85eb_ca77) ^ salt.wrapping_mul(0xc2b2_ae3d);
    for _ in 0..2 {
        bits = (bits ^ (bits >> 15)).wrapping_mul(0x2c1b_3c6d);
        bits = (bits ^ (bits >> 12)).wrapping_mul(0x297a_2d39);
    }
    (bits >> 8) as f32 / (1u32 << 24) as f32
}

pub(crate) fn bits(picture: &[f32]) -> Vec<u32> {
    picture.iter().map(|value| value.to_bits()).collect()
}

/// Largest difference relative to each value itself.
pub(crate) fn distance_of_each(found: &[f32], expected: &[f32]) -> f64 {
    let apart = |(&a, &b): (&f32, &f32)| (f64::from(a) / f64::from(b) - 1.0).abs();
    found
        .iter()
        .zip(expected)
        .map(apart)
        .fold(0.0, |worst, one| if one > worst || one.is_nan() { one } else { worst })
}
