//! Fibres that stand on cloth: section 5 of `docs/rendering.md`.
//!
//! Estevez & Kulla, "Production Friendly Microfacet Sheen BRDF", 2017: a distribution of half vectors that has most of them across the surface, and a fit of its
//! shadowing, as `KHR_materials_sheen` prescribes them. Vectors are in the basis around the normal, which is z.

use std::f32::consts::PI;

use glam::Vec3;

use super::microfacet::MU_LEAST;

/// Below this α, fibres return more light than comes.
const ALPHA_LEAST: f32 = 0.01;

/// White fibres of one roughness.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fibres {
    alpha: f32,
}

impl Fibres {
    /// By perceptual roughness.
    pub fn new(roughness: f32) -> Self {
        Self { alpha: (roughness * roughness).max(ALPHA_LEAST) }
    }

    /// Their α.
    pub fn alpha(self) -> f32 {
        self.alpha
    }

    /// Value times cosine of `wi`.
    pub fn value(self, wo: Vec3, wi: Vec3) -> f32 {
        let (mu_o, mu_i) = (wo.z.max(MU_LEAST), wi.z.max(MU_LEAST));
        let half = (wo + wi).normalize();
        let sin2 = (half.x * half.x + half.y * half.y).clamp(1e-12, 1.0);
        let density = (2.0 + 1.0 / self.alpha) * sin2.powf(0.5 / self.alpha) / (2.0 * PI);
        density / ((1.0 + self.lambda(mu_o) + self.lambda(mu_i)) * 4.0 * mu_o)
    }

    fn lambda(self, mu: f32) -> f32 {
        if mu < 0.5 {
            return self.curve(mu).exp();
        }
        (2.0 * self.curve(0.5) - self.curve((1.0 - mu).max(0.0))).exp()
    }

    fn curve(self, x: f32) -> f32 {
        let smoothness = (1.0 - self.alpha) * (1.0 - self.alpha);
        let between = |rough: f32, smooth: f32| rough + (smooth - rough) * smoothness;
        let (a, b, c) = (between(21.5473, 25.3245), between(3.82987, 3.32435), between(0.19823, 0.16801));
        a / (1.0 + b * x.powf(c)) + between(-1.97760, -1.27393) * x + between(-4.32054, -4.85967)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::energy::sheen_albedo;

    /// What the table gives between its nodes is what the lobe itself returns, summed over directions.
    #[test]
    fn fibres_return_what_their_table_says() {
        for roughness in [0.1f32, 0.23, 0.5, 0.77, 1.0] {
            for mu in [0.04f32, 0.3, 0.66, 1.0] {
                let wo = Vec3::new((1.0 - mu * mu).max(0.0).sqrt(), 0.0, mu);
                let fibres = Fibres::new(roughness);
                let steps = 400;
                let mut sum = 0.0f64;
                for cell in 0..steps * steps {
                    let z = (f64::from(cell / steps) + 0.5) / f64::from(steps);
                    let phi = std::f64::consts::TAU * (f64::from(cell % steps) + 0.5) / f64::from(steps);
                    let sin = (1.0 - z * z).sqrt();
                    let wi = Vec3::new((sin * phi.cos()) as f32, (sin * phi.sin()) as f32, z as f32);
                    sum += f64::from(fibres.value(wo, wi));
                }
                let brute = (sum * std::f64::consts::TAU / f64::from(steps * steps)) as f32;
                let read = sheen_albedo(mu, fibres.alpha());
                assert!((read - brute).abs() < 0.005 + 0.01 * brute, "{roughness} {mu}: {read} {brute}");
            }
        }
    }
}
