//! Thin films, whose two faces interfere: section 5 of `docs/rendering.md`.
//!
//! Belcour & Barla, "A Practical Extension to Microfacet Theory for the Modeling of Varying Iridescence", 2017: an Airy sum of which two orders are kept,
//! seen by an eye whose sensitivities are Gaussians, so that the sum over wavelengths has a closed form.

use std::f32::consts::{PI, TAU};

use glam::Vec3;

use super::microfacet::{fifth_power, fresnel, schlick};

/// Below this a film fades out, nanometres.
const LEAST_NM: f32 = 0.03;

/// The Gaussians exp(-(w - middle)²/(4·spread)) of CIE's x, y and z over w = 1/wavelength, per metre; x has a second one.
const HEIGHT: Vec3 = Vec3::new(5.4856e-13, 4.4201e-13, 5.2481e-13);
const MIDDLE: Vec3 = Vec3::new(1.6810e6, 1.7953e6, 2.2084e6);
const SPREAD: Vec3 = Vec3::new(4.3278e9, 9.3046e9, 6.6121e9);
const SECOND: [f32; 3] = [9.7470e-14, 2.2399e6, 4.5282e9];

/// What they add up to in all.
const WHOLE: f32 = 1.0685e-7;

/// A film on a surface.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Film {
    /// Share of the surface that has it.
    pub share: f32,
    /// Index of refraction.
    pub ior: f32,
    /// Thickness, nanometres.
    pub nm: f32,
}

impl Film {
    /// No film.
    pub const NONE: Self = Self { share: 0.0, ior: 1.0, nm: 0.0 };

    /// What comes back at a cosine, linear sRGB, in the place of Schlick's Fresnel; `base_f0` is the base's reflectance head on, in air.
    pub fn fresnel(self, mu: f32, base_f0: Vec3) -> Vec3 {
        let fade = (self.nm / LEAST_NM).clamp(0.0, 1.0);
        let ior = 1.0 + (self.ior - 1.0) * fade * fade * (3.0 - 2.0 * fade);
        let mu_inside = (1.0 - (1.0 - mu * mu) / (ior * ior)).max(0.0).sqrt();
        // Exact, so that a film of air's index is none.
        let first = fresnel(mu, ior);
        let passed = 1.0 - first;
        let root = base_f0.min(Vec3::splat(0.9999)).map(f32::sqrt);
        let base_ior = (Vec3::ONE + root) / (Vec3::ONE - root);
        let step = (base_ior - ior) / (base_ior + ior);
        let second = schlick(step * step, 1.0, mu_inside);
        // Reflection at a denser medium turns a wave by half a turn.
        let shift = base_ior.map(|base| if base < ior { TAU } else { PI });
        let path_nm = 2.0 * ior * self.nm * mu_inside;
        let both = (second * first).clamp(Vec3::splat(1e-5), Vec3::splat(0.9999));
        let round_trip = both.map(f32::sqrt);
        let all = second * (passed * passed) / (Vec3::ONE - both);
        let once = (all - passed) * round_trip;
        let twice = once * round_trip;
        let seen = all
            + first
            + once * 2.0 * seen_of_path(path_nm, shift)
            + twice * 2.0 * seen_of_path(2.0 * path_nm, 2.0 * shift);
        seen.clamp(Vec3::ZERO, Vec3::ONE)
    }

    /// F0 under the film, such that Schlick's Fresnel gives at this cosine what the film does.
    pub fn f0(self, mu: f32, f0: Vec3, f90: f32) -> Vec3 {
        if self.share <= 0.0 {
            return f0;
        }
        let grazing = fifth_power(1.0 - mu);
        // Grazing light tells little about it.
        let under = (self.fresnel(mu, f0) - f90 * grazing) / (1.0 - grazing).max(0.05);
        f0.lerp(under.clamp(Vec3::ZERO, Vec3::ONE), self.share)
    }
}

/// What an eye sees, linear sRGB, of all wavelengths when they are weighed with the cosine of path over wavelength.
fn seen_of_path(path_nm: f32, shift: Vec3) -> Vec3 {
    let phase = f64::from(path_nm) * 1e-9 * std::f64::consts::TAU;
    let wave = |height: f32, middle: f32, spread: f32, shift: f32| {
        let turned = f64::from(middle) * phase + f64::from(shift);
        let faded = (-phase * phase * f64::from(spread)).exp();
        f64::from(height) * (std::f64::consts::TAU * f64::from(spread)).sqrt() * turned.cos() * faded
            / f64::from(WHOLE)
    };
    let one = |axis: usize| wave(HEIGHT[axis], MIDDLE[axis], SPREAD[axis], shift[axis]);
    let x = one(0) + wave(SECOND[0], SECOND[1], SECOND[2], shift.x);
    rgb_of(Vec3::new(x as f32, one(1) as f32, one(2) as f32))
}

/// CIE's XYZ as linear sRGB (IEC 61966-2-1).
fn rgb_of(xyz: Vec3) -> Vec3 {
    Vec3::new(
        xyz.dot(Vec3::new(3.2404542, -1.5371385, -0.4985314)),
        xyz.dot(Vec3::new(-0.969_266, 1.8760108, 0.041_556)),
        xyz.dot(Vec3::new(0.0556434, -0.2040259, 1.0572252)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_film_is_no_film() {
        for mu in [0.1, 0.5, 1.0] {
            for f0 in [Vec3::splat(0.04), Vec3::new(0.9, 0.6, 0.3)] {
                let gone = Film { share: 1.0, ior: 1.4, nm: 0.0 }.fresnel(mu, f0);
                assert!(gone.abs_diff_eq(schlick(f0, 1.0, mu), 0.02), "{mu} {f0}: {gone}");
            }
        }
    }

    /// The same by what it is made of: the Airy sum at each wavelength, amplitudes of the same two faces, weighed with the same sensitivities.
    fn by_wavelength(film: Film, mu: f32, base_f0: f32) -> Vec3 {
        let (ior, mu) = (f64::from(film.ior), f64::from(mu));
        let mu_inside = (1.0 - (1.0 - mu * mu) / (ior * ior)).sqrt();
        let fifth = |f0: f64, mu: f64| f0 + (1.0 - f0) * (1.0 - mu).powi(5);
        let (s, p) = (
            (mu - ior * mu_inside) / (mu + ior * mu_inside),
            (ior * mu - mu_inside) / (ior * mu + mu_inside),
        );
        let first = 0.5 * (s * s + p * p);
        let root = f64::from(base_f0).sqrt();
        let base_ior = (1.0 + root) / (1.0 - root);
        let second = fifth(((base_ior - ior) / (base_ior + ior)).powi(2), mu_inside);
        // Amplitudes: the sign is a half turn.
        let outer = -first.sqrt();
        let inner = second.sqrt() * if base_ior < ior { 1.0 } else { -1.0 };
        let path = 2.0 * ior * f64::from(film.nm) * 1e-9 * mu_inside;
        let reflected = |number: f64| {
            let turn = (number * path).cos();
            let top = outer * outer + inner * inner + 2.0 * outer * inner * turn;
            top / (1.0 + (outer * inner).powi(2) + 2.0 * outer * inner * turn)
        };
        let mut xyz = [0.0f64; 3];
        let mut whole = [0.0f64; 3];
        for step in 0..40_000 {
            // Waves per metre, of 1100 to 244 nm.
            let waves = 0.9e6 + f64::from(step) * 80.0;
            let bell = |middle: f32, spread: f32, height: f32| {
                let away = waves - f64::from(middle);
                f64::from(height) * (-away * away / (4.0 * f64::from(spread))).exp()
            };
            let second = bell(SECOND[1], SECOND[2], SECOND[0]);
            for axis in 0..3 {
                let seen =
                    bell(MIDDLE[axis], SPREAD[axis], HEIGHT[axis]) + if axis == 0 { second } else { 0.0 };
                xyz[axis] += seen * reflected(waves * std::f64::consts::TAU);
                whole[axis] += seen;
            }
        }
        // What does not wave is grey; what does is the eye's.
        let grey = first + (1.0 - first).powi(2) * second / (1.0 - first * second);
        let [x, y, z] = [0, 1, 2].map(|axis| (xyz[axis] / whole[axis] - grey) as f32);
        rgb_of(Vec3::new(x, y, z)) + grey as f32
    }

    #[test]
    fn what_is_seen_of_a_film_is_the_sum_over_wavelengths() {
        for film in [(1.33, 250.0), (1.33, 420.0), (1.8, 300.0), (2.0, 800.0)].map(|(ior, nm)| Film {
            share: 1.0,
            ior,
            nm,
        }) {
            for (mu, f0) in [(1.0, 0.04), (0.6, 0.04), (0.8, 0.17)] {
                let closed = film.fresnel(mu, Vec3::splat(f0));
                let summed = by_wavelength(film, mu, f0);
                assert!(closed.abs_diff_eq(summed, 0.01), "{film:?} {mu} {f0}: {closed} {summed}");
            }
        }
    }
}
