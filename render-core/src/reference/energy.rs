//! How much light the microfacet lobes return: reads [`crate::albedo`] between its nodes.

use frame::Microfacet;
use glam::Vec3;

use super::microfacet::{ALPHA_SHARP, fifth_power};
use crate::albedo::{
    GLASS_NODES, SHEEN_NODES, SPLIT_NODES, albedo_tables, glass_ior_coordinate, row_coordinate, sheen_row,
    split_column,
};

/// Reflection with schlick(F0, F90) has the albedo F0·a + F90·b.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Split {
    /// What F0 counts.
    pub(super) a: f32,
    /// What F90 counts.
    pub(super) b: f32,
}

/// Means over the cosine, weighted by it, of a lobe's albedo.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct SplitMean {
    once: Split,
    /// Of the same times (1-E)/E: what compensation adds per F0.
    lost: Split,
}

/// No table goes below this, so that a division by it stays harmless.
const ALBEDO_LEAST: f32 = 0.05;

impl Split {
    /// For one cosine and one α; a sharp lobe is known in closed form. `shadow_mu` is `mu` but for lobes of two α.
    pub(super) fn at(mu: f32, shadow_mu: f32, alpha: f32) -> Self {
        let grazing = fifth_power(1.0 - mu);
        if alpha < ALPHA_SHARP {
            return Self { a: 1.0 - grazing, b: grazing };
        }
        let root = alpha.clamp(0.0, 1.0).sqrt();
        let (column, along) = node(split_column(shadow_mu, root), SPLIT_NODES);
        let (row, down) = node(row_coordinate(root, SPLIT_NODES), SPLIT_NODES);
        let table = &albedo_tables().split;
        let read = |channel: usize| {
            let texel = |row: usize, column: usize| table[row * SPLIT_NODES + column][channel];
            let across = |row: usize| lerp(texel(row, column), texel(row, column + 1), along);
            lerp(across(row), across(row + 1), down)
        };
        let whole = read(0);
        let b = whole * (grazing + read(1));
        Self { a: whole - b, b }
    }

    /// Albedo of the lobe without compensation.
    pub(super) fn albedo(self, f0: Vec3, f90: f32) -> Vec3 {
        f0 * self.a + Vec3::splat(f90 * self.b)
    }

    /// K: what brings back the light that single scattering loses (Turquin, "Practical multiple scattering
    /// compensation for microfacet models", 2019).
    pub(super) fn compensation(self, f0: Vec3, microfacet: Microfacet) -> Vec3 {
        let whole = (self.a + self.b).clamp(ALBEDO_LEAST, 1.0);
        match microfacet {
            Microfacet::Multi => Vec3::ONE + f0 * ((1.0 - whole) / whole),
            Microfacet::Single => Vec3::ONE,
        }
    }
}

impl SplitMean {
    /// For one α; ∫(1-μ)^5·2μdμ = 1/21.
    pub(super) fn at(alpha: f32) -> Self {
        if alpha < ALPHA_SHARP {
            return Self { once: Split { a: 20.0 / 21.0, b: 1.0 / 21.0 }, lost: Split { a: 0.0, b: 0.0 } };
        }
        let (row, down) = node(row_coordinate(alpha.clamp(0.0, 1.0).sqrt(), SPLIT_NODES), SPLIT_NODES);
        let table = &albedo_tables().split_mean;
        let [a, b, lost_a, lost_b] =
            [0, 1, 2, 3].map(|channel: usize| lerp(table[row][channel], table[row + 1][channel], down));
        Self { once: Split { a, b }, lost: Split { a: lost_a, b: lost_b } }
    }

    /// Mean albedo of the lobe.
    pub(super) fn albedo(self, f0: Vec3, f90: f32, microfacet: Microfacet) -> Vec3 {
        let once = self.once.albedo(f0, f90);
        match microfacet {
            Microfacet::Multi => once + f0 * self.lost.albedo(f0, f90),
            Microfacet::Single => once,
        }
    }
}

/// G: albedo of rough solid glass of relative index `eta` (far over near side).
pub(super) fn glass_albedo(mu: f32, alpha: f32, eta: f32) -> f32 {
    let tables = albedo_tables();
    let (table, ior) = if eta >= 1.0 { (&tables.glass_enter, eta) } else { (&tables.glass_leave, 1.0 / eta) };
    let last = (GLASS_NODES - 1) as f32;
    let (plane, deep) = node(glass_ior_coordinate(ior), GLASS_NODES);
    let (row, down) = node(row_coordinate(alpha.clamp(0.0, 1.0).sqrt(), GLASS_NODES), GLASS_NODES);
    let (column, along) = node(mu.clamp(0.0, 1.0).sqrt() * last, GLASS_NODES);
    let texel = |plane, row, column| table[(plane * GLASS_NODES + row) * GLASS_NODES + column];
    let across = |plane, row| lerp(texel(plane, row, column), texel(plane, row, column + 1), along);
    let sheet = |plane| lerp(across(plane, row), across(plane, row + 1), down);
    lerp(sheet(plane), sheet(plane + 1), deep).max(ALBEDO_LEAST)
}

/// Albedo of white fibres; above 1 where they are next to smooth and light grazes them.
pub(super) fn sheen_albedo(mu: f32, alpha: f32) -> f32 {
    let table = &albedo_tables().sheen;
    let (row, down) = node(sheen_row(alpha.sqrt()), SHEEN_NODES);
    let (column, along) = node(mu.clamp(0.0, 1.0).sqrt() * (SHEEN_NODES - 1) as f32, SHEEN_NODES);
    let texel = |row: usize, column: usize| table[row * SHEEN_NODES + column];
    let across = |row: usize| lerp(texel(row, column), texel(row, column + 1), along);
    lerp(across(row), across(row + 1), down)
}

fn node(place: f32, nodes: usize) -> (usize, f32) {
    let index = (place as usize).min(nodes - 2);
    (index, place - index as f32)
}

fn lerp(a: f32, b: f32, part: f32) -> f32 {
    a + (b - a) * part
}

#[cfg(test)]
mod tests {
    use glam::Vec2;

    use super::*;
    use crate::reference::microfacet::{Ggx, reflect};

    /// What a white lobe returns after one reflection, summed over the normals that are visible from `wo`.
    fn integrated(ggx: Ggx, wo: Vec3) -> f32 {
        let steps = 96;
        let mut sum = 0.0f64;
        for cell in 0..steps * steps {
            let at = |index: i32| (index as f32 + 0.5) / steps as f32;
            let wi = reflect(wo, ggx.sample_visible(wo, [at(cell % steps), at(cell / steps)]));
            if wi.z > 0.0 {
                sum += f64::from(ggx.visible_both(wo, wi) / ggx.visible(wo));
            }
        }
        (sum / f64::from(steps * steps)) as f32
    }

    /// How far a way to read the tables is off: at most, and as a root of the mean square.
    fn off(read: impl Fn(Ggx, Vec3) -> Split) -> [f32; 2] {
        let mut errors = Vec::new();
        for across in [0.001f32, 0.03, 0.1, 0.3, 0.6] {
            for strength in [0.3f32, 0.6, 0.8, 1.0] {
                let ggx = Ggx { alphas: Vec2::new(across + (1.0 - across) * strength * strength, across) };
                for mu in [0.05f32, 0.2, 0.5, 0.8, 1.0] {
                    for turn in [0.0f32, 0.785, 1.571] {
                        let flat = (1.0 - mu * mu).max(0.0).sqrt();
                        let wo = Vec3::new(flat * turn.cos(), flat * turn.sin(), mu);
                        let split = read(ggx, wo);
                        errors.push(split.a + split.b - integrated(ggx, wo));
                    }
                }
            }
        }
        let most = errors.iter().fold(0.0, |most: f32, error| most.max(error.abs()));
        [most, (errors.iter().map(|error| error * error).sum::<f32>() / errors.len() as f32).sqrt()]
    }

    #[test]
    fn tables_of_round_lobes_serve_stretched_ones() {
        let [most, typical] = off(|ggx, wo| Split::at(wo.z, ggx.shadow_cosine(wo), ggx.mean_alpha()));
        let usual = |ggx: Ggx| (ggx.alphas.x * ggx.alphas.y).sqrt();
        let [usual_most, usual_typical] = off(|ggx, wo| Split::at(wo.z, wo.z, usual(ggx)));
        eprintln!(
            "as we read: {most} at most, {typical}; at the geometric mean: {usual_most}, {usual_typical}"
        );
        // What `Ggx::mean_alpha`, the documents and the furnace for brushed metal say.
        assert!(most <= 0.045 && typical <= 0.016, "{most} {typical}");
        assert!(usual_most > 10.0 * most && usual_typical > 5.0 * typical, "{usual_most} {usual_typical}");
    }
}
