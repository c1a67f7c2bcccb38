//! How much light the microfacet lobes return: reads [`crate::albedo`] between its nodes.

use frame::Microfacet;
use glam::Vec3;

use super::microfacet::{ALPHA_SHARP, fifth_power};
use crate::albedo::{GLASS_NODES, SPLIT_NODES, albedo_tables, glass_ior_coordinate};

/// Reflection with schlick(F0, F90) has the albedo F0·a + F90·b.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Split {
    /// What F0 counts.
    pub(super) a: f32,
    /// What F90 counts.
    pub(super) b: f32,
}

/// No table goes below this, so that a division by it stays harmless.
const ALBEDO_LEAST: f32 = 0.05;

impl Split {
    /// For one cosine and one α; a sharp lobe is known in closed form.
    pub(super) fn at(mu: f32, alpha: f32) -> Self {
        if alpha < ALPHA_SHARP {
            let b = fifth_power(1.0 - mu);
            return Self { a: 1.0 - b, b };
        }
        let last = (SPLIT_NODES - 1) as f32;
        let (column, along) = node(mu.clamp(0.0, 1.0).sqrt() * last, SPLIT_NODES);
        let (row, down) = node(alpha.clamp(0.0, 1.0).sqrt() * last, SPLIT_NODES);
        let table = &albedo_tables().split;
        let read = |channel: usize| {
            let texel = |row: usize, column: usize| table[row * SPLIT_NODES + column][channel];
            let across = |row: usize| lerp(texel(row, column), texel(row, column + 1), along);
            lerp(across(row), across(row + 1), down)
        };
        Self { a: read(0), b: read(1) }
    }

    /// Twice the integral over the cosine, weighted by it.
    pub(super) fn mean(alpha: f32) -> Self {
        let (row, down) = node(alpha.clamp(0.0, 1.0).sqrt() * (SPLIT_NODES - 1) as f32, SPLIT_NODES);
        let table = &albedo_tables().split_mean;
        let read = |channel: usize| lerp(table[row][channel], table[row + 1][channel], down);
        Self { a: read(0), b: read(1) }
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

/// G: albedo of rough solid glass of relative index `eta` (far over near side).
pub(super) fn glass_albedo(mu: f32, alpha: f32, eta: f32) -> f32 {
    let tables = albedo_tables();
    let (table, ior) = if eta >= 1.0 { (&tables.glass_enter, eta) } else { (&tables.glass_leave, 1.0 / eta) };
    let last = (GLASS_NODES - 1) as f32;
    let (plane, deep) = node(glass_ior_coordinate(ior), GLASS_NODES);
    let (row, down) = node(alpha.clamp(0.0, 1.0).sqrt() * last, GLASS_NODES);
    let (column, along) = node(mu.clamp(0.0, 1.0).sqrt() * last, GLASS_NODES);
    let texel = |plane, row, column| table[(plane * GLASS_NODES + row) * GLASS_NODES + column];
    let across = |plane, row| lerp(texel(plane, row, column), texel(plane, row, column + 1), along);
    let sheet = |plane| lerp(across(plane, row), across(plane, row + 1), down);
    lerp(sheet(plane), sheet(plane + 1), deep).max(ALBEDO_LEAST)
}

fn node(place: f32, nodes: usize) -> (usize, f32) {
    let index = (place as usize).min(nodes - 2);
    (index, place - index as f32)
}

fn lerp(a: f32, b: f32, part: f32) -> f32 {
    a + (b - a) * part
}
