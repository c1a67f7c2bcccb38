//! One lobe: its value times cosine, its pdf, and how to draw from it.

use std::f32::consts::PI;

use frame::Microfacet;
use glam::{Vec2, Vec3};

use super::super::camera::disk;
use super::super::microfacet::{Ggx, fresnel, reflect, refract};
use super::glass::Glass;
use super::{
    ALPHA_SHARP, Basis, Evaluation, Facing, Fibres, LUMINANCE, MU_LEAST, Scatter, UnderSpecular, basis_of,
    schlick, split_of,
};

/// A lobe around its own normal.
#[derive(Debug)]
pub(super) struct Lobe {
    pub(super) kind: LobeKind,
    /// What its value counts.
    pub(super) share: f32,
    /// How often it is drawn; first a weight, then a probability.
    pub(super) weight: f32,
    /// GGX α along the basis' first two axes; 1 for what is diffuse.
    alphas: Vec2,
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
    /// Comes back, or goes `through`.
    Diffuse {
        color: Vec3,
        seen: f32,
        under: UnderSpecular,
        through: bool,
    },
    Sheen {
        color: Vec3,
        fibres: Fibres,
    },
    Glass(Glass),
}

#[derive(Clone, Copy, Debug, Default)]
struct Mirror {
    f0: Vec3,
    f90: f32,
    scale: Vec3,
}

impl Lobe {
    pub(super) fn new(kind: LobeKind, normal: Vec3, wo: Vec3, share: f32, alphas: Vec2, weight: f32) -> Self {
        Self::in_basis(kind, Basis::around(normal), wo, share, alphas, weight)
    }

    fn in_basis(kind: LobeKind, basis: Basis, wo: Vec3, share: f32, alphas: Vec2, weight: f32) -> Self {
        let mut local = basis.to_local(wo);
        local.z = local.z.max(MU_LEAST);
        Self { kind, share, weight, alphas, basis, wo: local, mirror: Mirror::default() }
    }

    /// A lobe that only reflects, by Schlick's `[F0, F90]`; its weight is share times luminance of its albedo.
    pub(super) fn reflecting(
        kind: LobeKind,
        facing: &Facing,
        share: f32,
        alphas: Vec2,
        [f0, f90]: [Vec3; 2],
        microfacet: Microfacet,
    ) -> Self {
        let normal = if matches!(kind, LobeKind::Coat) { facing.coat_normal } else { facing.normal };
        let basis = basis_of(Ggx { alphas }, normal, facing.along);
        let mut lobe = Self::in_basis(kind, basis, facing.wo, share, alphas, 0.0);
        let split = split_of(lobe.ggx(), lobe.wo);
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
        self.alpha() < ALPHA_SHARP
    }

    /// One α for a lobe that may have two.
    fn alpha(&self) -> f32 {
        self.ggx().mean_alpha()
    }

    fn ggx(&self) -> Ggx {
        Ggx { alphas: self.alphas }
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
            LobeKind::Diffuse { color, seen, under, through } => {
                let mu = if *through { -wi.z } else { wi.z };
                let pdf = mu.max(0.0) / PI;
                let coupling = seen * (1.0 - under.albedo(self.basis.to_world(wi))) / under.passed_mean();
                Evaluation { value: *color * (coupling * pdf), pdf }
            }
            LobeKind::Sheen { color, fibres } => {
                if wi.z <= 0.0 {
                    return Evaluation::default();
                }
                Evaluation { value: *color * fibres.value(self.wo, wi), pdf: wi.z / PI }
            }
            LobeKind::Glass(glass) => self.evaluate_glass(glass, wi),
        }
    }

    /// Draws a direction. The weight is right for sharp lobes only (without share and probability).
    pub(super) fn sample(&self, rest: f32, u: [f32; 2]) -> Option<Scatter> {
        let half = if self.is_sharp() { Vec3::Z } else { self.ggx().sample_visible(self.wo, u) };
        match &self.kind {
            LobeKind::Coat | LobeKind::Metal | LobeKind::Specular => {
                let wi = reflect(self.wo, half);
                let Mirror { f0, f90, scale } = self.mirror;
                self.found(wi, schlick(f0, f90, self.wo.dot(half)) * scale)
            }
            LobeKind::Diffuse { .. } | LobeKind::Sheen { .. } => {
                let flat = disk(u);
                let height = (1.0 - u[0]).max(0.0).sqrt();
                if matches!(self.kind, LobeKind::Diffuse { through: true, .. }) {
                    return self.passed(flat.extend(-height), Vec3::ZERO, 1.0);
                }
                self.found(flat.extend(height), Vec3::ZERO)
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
            alpha: self.alpha(),
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
            alpha: self.alpha(),
            spread,
            through: true,
        })
    }

    /// D·G2/(4μo), its pdf and the cosine with the half vector, for wi above the surface.
    fn reflection(&self, wi: Vec3) -> (f32, f32, f32) {
        let ggx = self.ggx();
        let half = (self.wo + wi).normalize();
        let spread = ggx.density(half) / (4.0 * self.wo.z);
        let shape = spread * ggx.visible_both(self.wo, wi);
        (shape, spread * ggx.visible(self.wo), self.wo.dot(half))
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
        Evaluation { value: glass.back * (back * shape / glass.albedo), pdf: back * pdf }
    }

    /// Walter et al. 2007, equations 16, 17 and 21, with radiance thinned by the interior's 1/η².
    fn evaluate_refraction(&self, glass: &Glass, wi: Vec3) -> Evaluation {
        let ggx = self.ggx();
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
        let shading = ggx.visible_both(self.wo, wi) / ggx.visible(self.wo);
        Evaluation { value: glass.tint() * (pdf * shading / glass.albedo), pdf }
    }

    fn sample_glass(&self, glass: &Glass, half: Vec3, rest: f32) -> Option<Scatter> {
        if rest < glass.reflectance(self.wo.dot(half)) {
            return self.found(reflect(self.wo, half), glass.back);
        }
        if glass.pane {
            return self.passed(-self.wo, glass.on * glass.base, 1.0);
        }
        self.passed(refract(self.wo, half, glass.eta)?, glass.tint(), glass.spread)
    }
}
