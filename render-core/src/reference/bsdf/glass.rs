//! Glass: solid, a rough sheet or a pane, with or without a film.

use frame::Microfacet;
use glam::Vec3;

use super::{ALPHA_SHARP, Facing, Film, MU_LEAST, Substance, fresnel};
use crate::reference::energy::glass_albedo;

/// Between so nearly equal indices glass neither bends nor blurs.
const ETA_NONE: f32 = 1e-3;

#[derive(Clone, Copy, Debug)]
pub(super) struct Glass {
    pub(super) base: Vec3,
    /// Two smooth faces so close that they do not bend light.
    pub(super) pane: bool,
    /// Far over near index.
    pub(super) eta: f32,
    /// By how much refraction thins radiance.
    pub(super) spread: f32,
    /// G, or 1.
    pub(super) albedo: f32,
    /// A film's colours of what comes back.
    pub(super) back: Vec3,
    /// And of what goes on.
    pub(super) on: Vec3,
}

impl Glass {
    /// The glass of a place, and its α.
    pub(super) fn of(s: &Substance, facing: &Facing, microfacet: Microfacet) -> (Self, f32) {
        let mut alpha = s.roughness * s.roughness;
        let mu = facing.normal.dot(facing.wo).max(MU_LEAST);
        let pane = s.sheet && alpha < ALPHA_SHARP;
        let eta = if pane { index_of_glass(s.ior) } else { facing.far_index / facing.near_index };
        if (eta - 1.0).abs() < ETA_NONE {
            alpha = 0.0;
        }
        let compensated = microfacet == Microfacet::Multi && alpha >= ALPHA_SHARP;
        let albedo = if compensated { glass_albedo(mu, alpha, eta) } else { 1.0 };
        let spread = if s.sheet { 1.0 } else { eta * eta };
        let [back, on] = film_on_glass(s.film, mu, eta, pane);
        (Self { base: s.base, pane, eta, spread, albedo, back, on }, alpha)
    }

    /// Share of light that comes back; a pane's two faces reflect to and fro.
    pub(super) fn reflectance(&self, cos: f32) -> f32 {
        let once = fresnel(cos, self.eta);
        if self.pane { 2.0 * once / (1.0 + once) } else { once }
    }

    /// Weight of refracted radiance.
    pub(super) fn tint(&self) -> Vec3 {
        let root = Vec3::new(self.base.x.sqrt(), self.base.y.sqrt(), self.base.z.sqrt());
        self.on * root / self.spread
    }
}

/// What a film makes of the light that glass sends back, and of what it lets on; together they stay what they were.
fn film_on_glass(film: Film, mu: f32, eta: f32, pane: bool) -> [Vec3; 2] {
    // From the denser side no film is seen.
    if film.share <= 0.0 || eta <= 1.0 + ETA_NONE {
        return [Vec3::ONE; 2];
    }
    let both_faces = |f: Vec3| if pane { 2.0 * f / (Vec3::ONE + f) } else { f };
    let seen = both_faces(film.fresnel(mu, Vec3::splat(((eta - 1.0) / (eta + 1.0)).powi(2))));
    let bare = both_faces(Vec3::splat(fresnel(mu, eta)));
    let back = seen / bare.max(Vec3::splat(1e-4));
    let on = (Vec3::ONE - seen) / (Vec3::ONE - bare).max(Vec3::splat(1e-4));
    [back, on].map(|tint| Vec3::ONE.lerp(tint, film.share))
}

/// The index of refraction that glass of a material has; glTF's 0 has no meaning for it.
pub fn index_of_glass(ior: f32) -> f32 {
    if ior < 1.0 { 1.5 } else { ior }
}
