//! GGX: the distribution of small mirrors, its shadowing, and Fresnel's reflectance.
//!
//! Walter et al., "Microfacet Models for Refraction through Rough Surfaces", 2007; Heitz, "Understanding the
//! Masking-Shadowing Function", 2014; Dupuy & Benyoub, "Sampling Visible GGX Normals with Spherical Caps", 2023.
//! Vectors are in the basis around the lobe's normal, which is z.

use std::f32::consts::PI;

use glam::{Vec2, Vec3};

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
    /// With its first axis along a unit vector across the normal.
    pub fn along(normal: Vec3, along: Vec3) -> Self {
        Self { x: along, y: normal.cross(along), z: normal }
    }

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
    /// Width of the distribution along the basis' x and y.
    pub alphas: Vec2,
}

impl Ggx {
    /// The same in all directions.
    pub fn round(alpha: f32) -> Self {
        Self { alphas: Vec2::splat(alpha) }
    }

    /// D: density of half vectors per solid angle and projected area.
    pub fn density(self, half: Vec3) -> f32 {
        // By the sines, which are exact where the cosine is next to 1.
        let stretch = (half.truncate() / self.alphas).length_squared() + half.z * half.z;
        1.0 / (PI * self.alphas.x * self.alphas.y * stretch * stretch)
    }

    /// Smith's Λ for a unit direction on either side.
    pub fn lambda(self, w: Vec3) -> f32 {
        let slope2 = (w.truncate() * self.alphas).length_squared() / (w.z * w.z).max(1e-12);
        0.5 * ((1.0 + slope2).sqrt() - 1.0)
    }

    /// One α for both: their quadratic mean. Read there and at [`Self::shadow_cosine`], tables of round lobes are 0.042 off at most (0.015 as a root mean
    /// square) from what lobes of any two α return; at the geometric mean it would be 0.47 (0.15).
    pub fn mean_alpha(self) -> f32 {
        if self.alphas.x == self.alphas.y {
            self.alphas.x
        } else {
            (0.5 * self.alphas.length_squared()).sqrt()
        }
    }

    /// The cosine at which a round lobe of [`Self::mean_alpha`] shadows as this one does from a unit direction on either side.
    pub fn shadow_cosine(self, w: Vec3) -> f32 {
        if self.alphas.x == self.alphas.y {
            return w.z.abs();
        }
        let slope = w.truncate() * self.alphas / self.mean_alpha();
        1.0 / (1.0 + slope.length_squared() / (w.z * w.z).max(1e-8)).sqrt()
    }

    /// G1 for one direction.
    pub fn visible(self, w: Vec3) -> f32 {
        1.0 / (1.0 + self.lambda(w))
    }

    /// Height-correlated G2 for two directions on any sides.
    pub fn visible_both(self, wo: Vec3, wi: Vec3) -> f32 {
        1.0 / (1.0 + self.lambda(wo) + self.lambda(wi))
    }

    /// Density of half vectors as [`Self::sample_visible`] draws them, per solid angle.
    pub fn visible_density(self, wo: Vec3, half: Vec3) -> f32 {
        self.visible(wo) * self.density(half) * wo.dot(half).max(0.0) / wo.z
    }

    /// Draws a half vector that is visible from wo (z > 0).
    pub fn sample_visible(self, wo: Vec3, [u0, u1]: [f32; 2]) -> Vec3 {
        let w = (self.alphas * wo.truncate()).extend(wo.z).normalize();
        let (sin_phi, cos_phi) = (2.0 * PI * u0).sin_cos();
        let z = (1.0 - u1) * (1.0 + w.z) - w.z;
        let r = (1.0 - z * z).clamp(0.0, 1.0).sqrt();
        let cap = Vec3::new(r * cos_phi, r * sin_phi, z) + w;
        (self.alphas * cap.truncate()).extend(cap.z.max(1e-7)).normalize()
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
