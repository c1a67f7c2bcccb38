//! What a surface does with light: section 5 of `docs/rendering.md`.
//!
//! A [`Bsdf`] is the list of lobes that one place has for one viewing direction. Each lobe knows its value times cosine, its
//! pdf and how to draw a direction; the sums over lobes are made here. Reading order: [`Bsdf::new`], then
//! [`Bsdf::evaluate`] and [`Bsdf::sample`], then the lobes in `bsdf/lobe.rs`.

mod lobe;

use frame::Microfacet;
use glam::Vec3;

use super::energy::{Split, SplitMean, glass_albedo};
use super::microfacet::{ALPHA_SHARP, Basis, MU_LEAST, schlick};
use crate::lights::LUMINANCE;
use lobe::{Glass, Lobe, LobeKind};

/// F0 of the coat.
const COAT_F0: f32 = 0.04;

/// Lobes are drawn at least this often, before normalising.
const WEIGHT_LEAST: f32 = 1e-4;

/// The smallest value of 1 - S_avg that diffuse light is divided by.
const DIFFUSE_MEAN_LEAST: f32 = 1e-3;

/// Glass between so nearly equal indices neither bends nor blurs.
const ETA_NONE: f32 = 1e-3;

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
}

/// What surrounds a place.
#[derive(Clone, Copy, Debug)]
pub struct Facing {
    /// Shading normal, on the viewer's side.
    pub normal: Vec3,
    /// The coat's normal, on the viewer's side.
    pub coat_normal: Vec3,
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
            let coat = Lobe::reflecting(
                LobeKind::Coat,
                facing,
                [s.coat, s.coat_roughness * s.coat_roughness],
                [Vec3::splat(COAT_F0), Vec3::ONE],
                microfacet,
            );
            under = 1.0 - coat.weight.min(1.0);
            lobes.push(coat);
        }
        let alpha = s.roughness * s.roughness;
        let metal = s.metallic * under;
        if metal > 0.0 {
            let fresnel = [s.base, Vec3::ONE];
            lobes.push(Lobe::reflecting(LobeKind::Metal, facing, [metal, alpha], fresnel, microfacet));
        }
        let opaque = (1.0 - s.metallic) * (1.0 - s.transmission) * under;
        if opaque > 0.0 {
            let f0 = dielectric_f0(s);
            let fresnel = [f0, Vec3::splat(s.specular)];
            if s.specular > 0.0 {
                lobes.push(Lobe::reflecting(
                    LobeKind::Specular,
                    facing,
                    [opaque, alpha],
                    fresnel,
                    microfacet,
                ));
            }
            let under_specular = UnderSpecular { f0, f90: s.specular, alpha, microfacet };
            let seen = 1.0 - under_specular.albedo(mu);
            let kind = LobeKind::Diffuse { base: s.base, seen, under: under_specular };
            let weight = opaque * s.base.dot(LUMINANCE) * seen;
            lobes.push(Lobe::new(kind, facing.normal, facing.wo, [opaque, 1.0], weight));
        }
        let transparent = (1.0 - s.metallic) * s.transmission * under;
        if transparent > 0.0 {
            lobes.push(glass(s, facing, transparent, microfacet));
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
    alpha: f32,
    microfacet: Microfacet,
}

impl UnderSpecular {
    /// S(μ), largest channel.
    fn albedo(&self, mu: f32) -> f32 {
        let split = Split::at(mu, self.alpha);
        (split.albedo(self.f0, self.f90) * split.compensation(self.f0, self.microfacet))
            .max_element()
            .min(1.0)
    }

    /// 1 - S_avg.
    fn passed_mean(&self) -> f32 {
        let mean = SplitMean::at(self.alpha).albedo(self.f0, self.f90, self.microfacet);
        (1.0 - mean.max_element()).max(DIFFUSE_MEAN_LEAST)
    }
}

fn dielectric_f0(s: &Substance) -> Vec3 {
    let root = (s.ior - 1.0) / (s.ior + 1.0);
    let reflectance = if s.ior == 0.0 { 1.0 } else { root * root };
    (s.specular_color * reflectance).min(Vec3::ONE) * s.specular
}

fn glass(s: &Substance, facing: &Facing, share: f32, microfacet: Microfacet) -> Lobe {
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
    let glass = Glass { base: s.base, pane, eta, spread, albedo };
    Lobe::new(LobeKind::Glass(glass), facing.normal, facing.wo, [share, alpha], share)
}

/// The index of refraction that glass of a material has; glTF's 0 has no meaning for it.
pub fn index_of_glass(ior: f32) -> f32 {
    if ior < 1.0 { 1.5 } else { ior }
}
