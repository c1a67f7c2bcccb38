//! GGX: the distribution of small mirrors, its shadowing, and Fresnel's reflectance.
//!
//! Walter et al., "Microfacet Models for Refraction through Rough Surfaces", 2007; Heitz, "Understanding the
//! Masking-Shadowing Function", 2014; Dupuy & Benyoub, "Sampling Visible GGX Normals with Spherical Caps", 2023.
//! Vectors are in the basis around the lobe's normal, which is z.

use std::f32::consts::PI;

use glam::Vec3;

/// Lobes below this α are mirrors or clear panes.
pub const ALPHA_SHARP: f32 = 0.001;

/// Cosines with the viewer are never taken smaller.
pub const MU_LEAST: f32 = 1e-4;

/// A right-handed basis whose third vector is a given normal.
#[derive(Clone, Copy, Debug)]
pub struct Basis {
    x: Vec3,
    y: Vec3,
    z: Vec3,
}

impl Basis {
    /// Duff et al., "Building an Orthonormal Basis, Revisited", JCGT 2017.
    pub fn around(normal: Vec3) -> Self {
        let sign = if normal.z >= 0.0 { 1.0 } else { -1.0 };
        let a = -1.0 / (sign + normal.z);
        let b = normal.x * normal.y * a;
        Self {
            x: Vec3::new(1.0 + sign * normal.x * normal.x * a, sign * b, -sign * normal.x),
            y: Vec3::new(b, sign + normal.y * normal.y * a, -normal.y),
            z: normal,
        }
    }

    /// From this basis to the world.
    pub fn to_world(&self, v: Vec3) -> Vec3 {
        self.x * v.x + self.y * v.y + self.z * v.z
    }

    /// From the world to this basis.
    pub fn to_local(&self, v: Vec3) -> Vec3 {
        Vec3::new(self.x.dot(v), self.y.dot(v), self.z.dot(v))
    }
}

/// A rough distribution of half vectors, α at least [`ALPHA_SHARP`].
#[derive(Clone, Copy, Debug)]
pub struct Ggx {
    /// Width of the distribution.
    pub alpha: f32,
}

impl Ggx {
    /// D: density of half vectors per solid angle and projected area.
    pub fn density(self, half: Vec3) -> f32 {
        // By the sine, which is exact where the cosine is next to 1.
        let sin2 = half.x * half.x + half.y * half.y;
        let stretch = sin2 / (self.alpha * self.alpha) + half.z * half.z;
        1.0 / (PI * self.alpha * self.alpha * stretch * stretch)
    }

    /// Smith's Λ for a direction whose cosine is `mu`.
    pub fn lambda(self, mu: f32) -> f32 {
        let mu2 = (mu * mu).max(1e-12);
        let tan2 = (1.0 - mu2).max(0.0) / mu2;
        0.5 * ((1.0 + self.alpha * self.alpha * tan2).sqrt() - 1.0)
    }

    /// G1 for one direction.
    pub fn visible(self, mu: f32) -> f32 {
        1.0 / (1.0 + self.lambda(mu))
    }

    /// Height-correlated G2 for two directions on any sides.
    pub fn visible_both(self, mu_o: f32, mu_i: f32) -> f32 {
        1.0 / (1.0 + self.lambda(mu_o) + self.lambda(mu_i))
    }

    /// Density of half vectors as [`Self::sample_visible`] draws them, per solid angle.
    pub fn visible_density(self, wo: Vec3, half: Vec3) -> f32 {
        self.visible(wo.z) * self.density(half) * wo.dot(half).max(0.0) / wo.z
    }

    /// Draws a half vector that is visible from wo (z > 0).
    pub fn sample_visible(self, wo: Vec3, [u0, u1]: [f32; 2]) -> Vec3 {
        let w = Vec3::new(self.alpha * wo.x, self.alpha * wo.y, wo.z).normalize();
        let (sin_phi, cos_phi) = (2.0 * PI * u0).sin_cos();
        let z = (1.0 - u1) * (1.0 + w.z) - w.z;
        let r = (1.0 - z * z).clamp(0.0, 1.0).sqrt();
        let cap = Vec3::new(r * cos_phi, r * sin_phi, z) + w;
        Vec3::new(self.alpha * cap.x, self.alpha * cap.y, cap.z.max(1e-7)).normalize()
    }
}

/// x⁵ of what lies in 0 to 1.
pub fn fifth_power(x: f32) -> f32 {
    x.clamp(0.0, 1.0).powi(5)
}

/// Schlick's Fresnel between `f0` (head on) and `f90` (grazing).
pub fn schlick(f0: Vec3, f90: f32, mu: f32) -> Vec3 {
    f0 + (Vec3::splat(f90) - f0) * fifth_power(1.0 - mu)
}

/// Reflectance of a clear interface for unpolarised light; `eta` = far over near index.
pub fn fresnel(mu: f32, eta: f32) -> f32 {
    let mu = mu.clamp(0.0, 1.0);
    let sin2_far = (1.0 - mu * mu) / (eta * eta);
    if sin2_far >= 1.0 {
        return 1.0;
    }
    let mu_far = (1.0 - sin2_far).sqrt();
    let parallel = (eta * mu - mu_far) / (eta * mu + mu_far);
    let perpendicular = (mu - eta * mu_far) / (mu + eta * mu_far);
    0.5 * (parallel * parallel + perpendicular * perpendicular)
}

/// Mirror image of `wo` about `half`.
pub fn reflect(wo: Vec3, half: Vec3) -> Vec3 {
    half * (2.0 * wo.dot(half)) - wo
}

/// Snell's direction beyond `half` (`eta` = far over near index), or none where all light is reflected.
pub fn refract(wo: Vec3, half: Vec3, eta: f32) -> Option<Vec3> {
    let mu = wo.dot(half);
    let sin2_far = (1.0 - mu * mu).max(0.0) / (eta * eta);
    (sin2_far < 1.0).then(|| (half * (mu / eta - (1.0 - sin2_far).sqrt()) - wo / eta).normalize())
}
