//! One lobe: its value times cosine, its pdf, and how to draw from it.

use std::f32::consts::PI;

use frame::Microfacet;
use glam::Vec3;

use super::super::camera::disk;
use super::super::energy::Split;
use super::super::microfacet::{Ggx, fresnel, reflect, refract};
use super::{ALPHA_SHARP, Basis, Evaluation, Facing, LUMINANCE, MU_LEAST, Scatter, UnderSpecular, schlick};

/// A lobe around its own normal.
#[derive(Debug)]
pub(super) struct Lobe {
    pub(super) kind: LobeKind,
    /// What its value counts.
    pub(super) share: f32,
    /// How often it is drawn; first a weight, then a probability.
    pub(super) weight: f32,
    /// GGX α; 1 for diffuse.
    pub(super) alpha: f32,
    basis: Basis,
    /// To the viewer, in the basis.
    wo: Vec3,
    /// Schlick's F0 and F90, and the scale K: for the lobes that only reflect.
    mirror: Mirror,
}

#[derive(Debug)]
pub(super) enum LobeKind {
    Coat,
    Metal,
    Specular,
    Diffuse { base: Vec3, seen: f32, under: UnderSpecular },
    Glass(Glass),
}

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
}

#[derive(Clone, Copy, Debug, Default)]
struct Mirror {
    f0: Vec3,
    f90: f32,
    scale: Vec3,
}

impl Lobe {
    pub(super) fn new(kind: LobeKind, normal: Vec3, wo: Vec3, [share, alpha]: [f32; 2], weight: f32) -> Self {
        let basis = Basis::around(normal);
        let mut local = basis.to_local(wo);
        local.z = local.z.max(MU_LEAST);
        Self { kind, share, weight, alpha, basis, wo: local, mirror: Mirror::default() }
    }

    /// A lobe that only reflects, by Schlick's `[F0, F90]`; its weight is share times luminance of its albedo.
    pub(super) fn reflecting(
        kind: LobeKind,
        facing: &Facing,
        share_alpha: [f32; 2],
        [f0, f90]: [Vec3; 2],
        microfacet: Microfacet,
    ) -> Self {
        let normal = if matches!(kind, LobeKind::Coat) { facing.coat_normal } else { facing.normal };
        let mut lobe = Self::new(kind, normal, facing.wo, share_alpha, 0.0);
        let split = Split::at(lobe.wo.z, lobe.alpha);
        let scale = split.compensation(f0, microfacet);
        lobe.mirror = Mirror { f0, f90: f90.x, scale };
        let albedo = split.albedo(f0, f90.x) * scale;
        lobe.weight = lobe.share
            * match lobe.kind {
                LobeKind::Specular => albedo.max_element().min(1.0),
                _ => albedo.dot(LUMINANCE),
            };
        lobe
    }

    pub(super) fn is_sharp(&self) -> bool {
        self.alpha < ALPHA_SHARP
    }

    /// Value times cosine without the lobe's share, and its own pdf.
    pub(super) fn evaluate(&self, wi: Vec3) -> Evaluation {
        let wi = self.basis.to_local(wi);
        match &self.kind {
            LobeKind::Coat | LobeKind::Metal | LobeKind::Specular => {
                if wi.z <= 0.0 {
                    return Evaluation::default();
                }
                let (shape, pdf, cos) = self.reflection(wi);
                let Mirror { f0, f90, scale } = self.mirror;
                Evaluation { value: schlick(f0, f90, cos) * scale * shape, pdf }
            }
            LobeKind::Diffuse { base, seen, under } => {
                let pdf = wi.z.max(0.0) / PI;
                let coupling = seen * (1.0 - under.albedo(wi.z)) / under.passed_mean();
                Evaluation { value: *base * (coupling * pdf), pdf }
            }
            LobeKind::Glass(glass) => self.evaluate_glass(glass, wi),
        }
    }

    /// Draws a direction. The weight is right for sharp lobes only (without share and probability).
    pub(super) fn sample(&self, rest: f32, u: [f32; 2]) -> Option<Scatter> {
        let half =
            if self.is_sharp() { Vec3::Z } else { Ggx { alpha: self.alpha }.sample_visible(self.wo, u) };
        match &self.kind {
            LobeKind::Coat | LobeKind::Metal | LobeKind::Specular => {
                let wi = reflect(self.wo, half);
                let Mirror { f0, f90, scale } = self.mirror;
                self.found(wi, schlick(f0, f90, self.wo.dot(half)) * scale)
            }
            LobeKind::Diffuse { .. } => {
                let flat = disk(u);
                let wi = flat.extend((1.0 - u[0]).max(0.0).sqrt());
                self.found(wi, Vec3::ZERO)
            }
            LobeKind::Glass(glass) => self.sample_glass(glass, half, rest),
        }
    }

    /// A reflected direction must lie above the surface; refracted ones come with their own check.
    fn found(&self, wi: Vec3, weight: Vec3) -> Option<Scatter> {
        let direction = self.basis.to_world(wi).normalize();
        (wi.z > 0.0).then_some(Scatter {
            direction,
            weight,
            pdf: None,
            alpha: self.alpha,
            spread: 1.0,
            through: false,
        })
    }

    fn passed(&self, wi: Vec3, weight: Vec3, spread: f32) -> Option<Scatter> {
        let direction = self.basis.to_world(wi).normalize();
        (wi.z < 0.0).then_some(Scatter {
            direction,
            weight,
            pdf: None,
            alpha: self.alpha,
            spread,
            through: true,
        })
    }

    /// D·G2/(4μo), its pdf and the cosine with the half vector, for wi above the surface.
    fn reflection(&self, wi: Vec3) -> (f32, f32, f32) {
        let ggx = Ggx { alpha: self.alpha };
        let half = (self.wo + wi).normalize();
        let spread = ggx.density(half) / (4.0 * self.wo.z);
        let shape = spread * ggx.visible_both(self.wo.z, wi.z);
        (shape, spread * ggx.visible(self.wo.z), self.wo.dot(half))
    }

    fn evaluate_glass(&self, glass: &Glass, wi: Vec3) -> Evaluation {
        if wi.z == 0.0 {
            return Evaluation::default();
        }
        if wi.z < 0.0 {
            return self.evaluate_refraction(glass, wi);
        }
        let (shape, pdf, cos) = self.reflection(wi);
        let back = glass.reflectance(cos);
        Evaluation { value: Vec3::splat(back * shape / glass.albedo), pdf: back * pdf }
    }

    /// Walter et al. 2007, equations 16, 17 and 21, with radiance thinned by the interior's 1/η².
    fn evaluate_refraction(&self, glass: &Glass, wi: Vec3) -> Evaluation {
        let ggx = Ggx { alpha: self.alpha };
        let along = self.wo + wi * glass.eta;
        if along.length_squared() < 1e-12 {
            return Evaluation::default();
        }
        let half = along.normalize() * along.z.signum();
        let (cos_o, cos_i) = (self.wo.dot(half), wi.dot(half));
        if cos_o <= 0.0 || cos_i >= 0.0 {
            return Evaluation::default();
        }
        let root = cos_i + cos_o / glass.eta;
        let half_per_wi = cos_i.abs() / (root * root).max(1e-12);
        let passed = 1.0 - fresnel(cos_o, glass.eta);
        let pdf = passed * ggx.visible_density(self.wo, half) * half_per_wi;
        let shading = ggx.visible_both(self.wo.z, wi.z.abs()) / ggx.visible(self.wo.z);
        Evaluation { value: glass.tint() * (pdf * shading / glass.albedo), pdf }
    }

    fn sample_glass(&self, glass: &Glass, half: Vec3, rest: f32) -> Option<Scatter> {
        if rest < glass.reflectance(self.wo.dot(half)) {
            return self.found(reflect(self.wo, half), Vec3::ONE);
        }
        if glass.pane {
            return self.passed(-self.wo, glass.base, 1.0);
        }
        self.passed(refract(self.wo, half, glass.eta)?, glass.tint(), glass.spread)
    }
}

impl Glass {
    /// Share of light that comes back; a pane's two faces reflect to and fro.
    fn reflectance(&self, cos: f32) -> f32 {
        let once = fresnel(cos, self.eta);
        if self.pane { 2.0 * once / (1.0 + once) } else { once }
    }

    /// Weight of refracted radiance.
    fn tint(&self) -> Vec3 {
        let root = Vec3::new(self.base.x.sqrt(), self.base.y.sqrt(), self.base.z.sqrt());
        root / self.spread
    }
}
