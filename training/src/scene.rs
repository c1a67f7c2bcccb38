//! Procedural scenes: a whole glTF file and its sky from a seed.
//!
//! A [`stage::Stage`] gathers what [`kind`] puts there: shapes, materials, lights and cameras. Everything is made here; nothing is
//! read from outside.

mod glb;
mod glyph;
mod kind;
mod material;
mod plant;
mod shape;
mod sight;
mod sky;
mod stage;
mod texture;

use crate::rng::Rng;

/// A scene that was made.
#[derive(Clone, Debug)]
pub struct Made {
    /// The glTF file.
    pub glb: Vec<u8>,
    /// What kind of place it is, for the log.
    pub kind: &'static str,
    /// Names of its cameras in the order in which crops use them; at least one.
    pub cameras: Vec<String>,
    /// What surrounds it; black if there is none.
    pub sky: Option<Sky>,
}

/// Surroundings as an equirectangular picture: row 0 is the zenith, linear RGB row by row.
#[derive(Clone, Debug, PartialEq)]
pub struct Sky {
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Radiance of each texel.
    pub rgb: Vec<[f32; 3]>,
}

/// The scene of a seed: the same bytes for the same seed.
pub fn make(seed: u64) -> Made {
    kind::make(Rng::new(seed))
}
