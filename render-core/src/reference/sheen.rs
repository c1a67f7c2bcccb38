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
