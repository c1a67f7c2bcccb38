//! What a surface does with light: section 5 of `docs/rendering.md`.
//!
//! A [`Bsdf`] is the list of lobes that one place has for one viewing direction. Each lobe knows its value times cosine, its
//! pdf and how to draw a direction; the sums over lobes are made here. Reading order: [`Bsdf::new`], then
//! [`Bsdf::evaluate`] and [`Bsdf::sample`], then the lobes in `bsdf/lobe.rs`.

mod glass;
mod lobe;

use frame::Microfacet;
use glam::{Vec2, Vec3};

use super::energy::{Split, SplitMean, sheen_albedo};
use super::film::Film;
use super::microfacet::{ALPHA_SHARP, Basis, Ggx, MU_LEAST, fresnel, schlick};
use super::sheen::Fibres;
use crate::lights::LUMINANCE;
use glass::Glass;
pub use glass::index_of_glass;
use lobe::{Lobe, LobeKind};

/// F0 of the coat.
const COAT_F0: f32 = 0.04;

/// Lobes are drawn at least this often, before normalising.
const WEIGHT_LEAST: f32 = 1e-4;

/// The smallest value of 1 - S_avg that diffuse light is divided by.
const DIFFUSE_MEAN_LEAST: f32 = 1e-3;

/// What a surface is made of at one place, textures read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Substance {
    /// Linear base colour.
    pub base: Vec3,
    /// 0 = dielectric, 1 = metal.
    pub metallic: f32,
    /// Perceptual; α is its square.
    pub roughness: f32,
    /// Share of the dielectric part that is glass.
    pub transmission: f32,
    /// Whether the glass has no interior: a pane when sharp, else one rough interface.
    pub sheet: bool,
    /// Index of refraction; 0 = Fresnel is the specular colour.
    pub ior: f32,
    /// Strength of the dielectric's reflection.
    pub specular: f32,
    /// Colour of F0.
    pub specular_color: Vec3,
    /// Share of the clear coat.
    pub coat: f32,
    /// The coat's roughness.
    pub coat_roughness: f32,
    /// Reflectance of the fibres on top; black: none.
    pub sheen: Vec3,
    /// How much they stand about.
    pub sheen_roughness: f32,
    /// How much metal's and the dielectric's reflections are stretched, 0 to 1.
    pub stretch: f32,
    /// Share of the diffuse light that passes.
    pub passing: f32,
    /// What that is multiplied by.
    pub passing_color: Vec3,
    /// The film over everything but coat and fibres.
    pub film: Film,
}

impl Substance {
    /// A white dielectric sheet of roughness 0.5 and nothing else.
    pub const PLAIN: Self = Self {
        base: Vec3::ONE,
        metallic: 0.0,
        roughness: 0.5,
        transmission: 0.0,
        sheet: true,
        ior: 1.5,
        specular: 1.0,
        specular_color: Vec3::ONE,
        coat: 0.0,
        coat_roughness: 0.0,
        sheen: Vec3::ZERO,
        sheen_roughness: 0.0,
        stretch: 0.0,
        passing: 0.0,
        passing_color: Vec3::ONE,
        film: Film::NONE,
    };
}

/// What surrounds a place.
#[derive(Clone, Copy, Debug)]
pub struct Facing {
    /// Shading normal, on the viewer's side.
    pub normal: Vec3,
    /// The coat's normal, on the viewer's side.
    pub coat_normal: Vec3,
    /// Unit direction across the normal that reflections are stretched in; 0 where there is none.
    pub along: Vec3,
    /// Unit direction to the viewer.
    pub wo: Vec3,
    /// Index of refraction on the viewer's side; of rough sheets, as if the material were behind their front.
    pub near_index: f32,
    /// Index of refraction beyond.
    pub far_index: f32,
}

/// The lobes of one place as seen from one direction.
#[derive(Debug)]
pub struct Bsdf {
    lobes: Vec<Lobe>,
}

/// Value times cosine, and the pdf with which [`Bsdf::sample`] would draw it; per solid angle.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Evaluation {
    /// Σ value·|cos| over the lobes that are not sharp.
    pub value: Vec3,
    /// Σ probability·pdf over the same.
    pub pdf: f32,
}

/// A direction that was drawn.
#[derive(Clone, Copy, Debug)]
pub struct Scatter {
    /// Unit direction away from the surface.
    pub direction: Vec3,
    /// What throughput is multiplied by.
    pub weight: Vec3,
    /// Density per solid angle; `None` after a sharp lobe.
    pub pdf: Option<f32>,
    /// α of the lobe that drew it (diffuse: 1).
    pub alpha: f32,
    /// By how much a refraction thinned radiance: η² into or out of an interior, else 1.
    pub spread: f32,
    /// Whether light passes to the other side.
    pub through: bool,
}

impl Bsdf {
    /// Lists the lobes that are present, with shares and probabilities.
    pub fn new(substance: &Substance, facing: &Facing, microfacet: Microfacet) -> Self {
        let s = substance;
        let mut lobes = Vec::new();
        let mu = facing.normal.dot(facing.wo).max(MU_LEAST);
        let mut under = 1.0;
        if s.coat > 0.0 {
            let alphas = Vec2::splat(s.coat_roughness * s.coat_roughness);
            let fresnel = [Vec3::splat(COAT_F0), Vec3::ONE];
            let coat = Lobe::reflecting(LobeKind::Coat, facing, s.coat, alphas, fresnel, microfacet);
            under = 1.0 - coat.weight.min(1.0);
            lobes.push(coat);
        }
        let sheen = (s.sheen.max_element() > 0.0).then(|| sheen(s, facing, under));
        if let Some((_, shaded)) = &sheen {
            under *= 1.0 - shaded;
        }
        let alphas = stretched(s, facing);
        let metal = s.metallic * under;
        if metal > 0.0 {
            let fresnel = [s.film.f0(mu, s.base, 1.0), Vec3::ONE];
            lobes.push(Lobe::reflecting(LobeKind::Metal, facing, metal, alphas, fresnel, microfacet));
        }
        let opaque = (1.0 - s.metallic) * (1.0 - s.transmission) * under;
        if opaque > 0.0 {
            let f0 = s.film.f0(mu, dielectric_f0(s), s.specular);
            let fresnel = [f0, Vec3::splat(s.specular)];
            if s.specular > 0.0 {
                lobes.push(Lobe::reflecting(LobeKind::Specular, facing, opaque, alphas, fresnel, microfacet));
            }
            let ggx = Ggx { alphas };
            let basis = basis_of(ggx, facing.normal, facing.along);
            let under_specular = UnderSpecular { f0, f90: s.specular, ggx, basis, microfacet };
            let seen = 1.0 - under_specular.albedo(facing.wo);
            let mut diffuse = |share: f32, color: Vec3, through: bool| {
                let kind = LobeKind::Diffuse { color, seen, under: under_specular, through };
                let weight = share * color.dot(LUMINANCE) * seen;
                lobes.push(Lobe::new(kind, facing.normal, facing.wo, share, Vec2::ONE, weight));
            };
            diffuse(opaque * (1.0 - s.passing), s.base, false);
            if s.passing > 0.0 {
                diffuse(opaque * s.passing, s.passing_color, true);
            }
        }
        lobes.extend(sheen.map(|(lobe, _)| lobe));
        let transparent = (1.0 - s.metallic) * s.transmission * under;
        if transparent > 0.0 {
            let (glass, alpha) = Glass::of(s, facing, microfacet);
            let kind = LobeKind::Glass(glass);
            lobes.push(Lobe::new(
                kind,
                facing.normal,
                facing.wo,
                transparent,
                Vec2::splat(alpha),
                transparent,
            ));
        }
        for lobe in &mut lobes {
            lobe.weight = lobe.weight.max(WEIGHT_LEAST);
        }
        let sum: f32 = lobes.iter().map(|lobe| lobe.weight).sum();
        for lobe in &mut lobes {
            lobe.weight /= sum;
        }
        Self { lobes }
    }

    /// Whether no direction but the sharp ones has any value.
    pub fn is_sharp(&self) -> bool {
        self.lobes.iter().all(Lobe::is_sharp)
    }

    /// Sums all lobes that are not sharp.
    pub fn evaluate(&self, wi: Vec3) -> Evaluation {
        let mut sum = Evaluation::default();
        for lobe in self.lobes.iter().filter(|lobe| !lobe.is_sharp()) {
            let one = lobe.evaluate(wi);
            sum.value += one.value * lobe.share;
            sum.pdf += one.pdf * lobe.weight;
        }
        sum
    }

    /// Draws a direction; `None` when what was drawn has no value.
    pub fn sample(&self, choice: f32, u: [f32; 2]) -> Option<Scatter> {
        let (lobe, rest) = self.choose(choice)?;
        let mut scatter = lobe.sample(rest, u)?;
        if lobe.is_sharp() {
            scatter.weight *= lobe.share / lobe.weight;
            return Some(scatter);
        }
        let all = self.evaluate(scatter.direction);
        if all.pdf <= 0.0 {
            return None;
        }
        Some(Scatter { weight: all.value / all.pdf, pdf: Some(all.pdf), ..scatter })
    }

    /// The first lobe whose cumulated probability exceeds `choice`, and how far into it the number lies.
    fn choose(&self, choice: f32) -> Option<(&Lobe, f32)> {
        let mut before = 0.0;
        for lobe in &self.lobes {
            if choice < before + lobe.weight {
                return Some((lobe, (choice - before) / lobe.weight));
            }
            before += lobe.weight;
        }
        self.lobes.last().map(|lobe| (lobe, (choice - (before - lobe.weight)) / lobe.weight))
    }
}

/// The reflecting layer above the diffuse one.
#[derive(Clone, Copy, Debug)]
struct UnderSpecular {
    f0: Vec3,
    f90: f32,
    ggx: Ggx,
    basis: Basis,
    microfacet: Microfacet,
}

impl UnderSpecular {
    /// S for a direction in the world on either side, largest channel.
    fn albedo(&self, w: Vec3) -> f32 {
        let w = self.basis.to_local(w);
        let split = split_of(self.ggx, w.with_z(w.z.abs().max(MU_LEAST)));
        (split.albedo(self.f0, self.f90) * split.compensation(self.f0, self.microfacet))
            .max_element()
            .min(1.0)
    }

    /// 1 - S_avg.
    fn passed_mean(&self) -> f32 {
        let mean = SplitMean::at(self.ggx.mean_alpha()).albedo(self.f0, self.f90, self.microfacet);
        (1.0 - mean.max_element()).max(DIFFUSE_MEAN_LEAST)
    }
}

fn dielectric_f0(s: &Substance) -> Vec3 {
    let root = (s.ior - 1.0) / (s.ior + 1.0);
    let reflectance = if s.ior == 0.0 { 1.0 } else { root * root };
    (s.specular_color * reflectance).min(Vec3::ONE) * s.specular
}

/// The lobe of the fibres, under what lets `under` through, and the share of light that they keep from what is below.
fn sheen(s: &Substance, facing: &Facing, under: f32) -> (Lobe, f32) {
    let fibres = Fibres::new(s.sheen_roughness);
    let albedo = sheen_albedo(facing.normal.dot(facing.wo).max(MU_LEAST), fibres.alpha());
    // They may not return more light than comes.
    let color = s.sheen / albedo.max(1.0);
    let weight = under * color.dot(LUMINANCE) * albedo;
    let kind = LobeKind::Sheen { color, fibres };
    let lobe = Lobe::new(kind, facing.normal, facing.wo, under, Vec2::ONE, weight);
    (lobe, s.sheen.max_element() * albedo.min(1.0))
}

/// α along and across, as `KHR_materials_anisotropy` has them.
fn stretched(s: &Substance, facing: &Facing) -> Vec2 {
    let alpha = s.roughness * s.roughness;
    if s.stretch <= 0.0 || facing.along == Vec3::ZERO {
        return Vec2::splat(alpha);
    }
    let least = alpha.max(ALPHA_SHARP);
    Vec2::new(least + (1.0 - least) * s.stretch * s.stretch, least)
}

/// The basis whose first two axes the two α belong to.
fn basis_of(ggx: Ggx, normal: Vec3, along: Vec3) -> Basis {
    if ggx.alphas.x == ggx.alphas.y { Basis::around(normal) } else { Basis::along(normal, along) }
}

/// What a lobe returns to a direction in its basis.
fn split_of(ggx: Ggx, w: Vec3) -> Split {
    Split::at(w.z, ggx.shadow_cosine(w), ggx.mean_alpha())
}
