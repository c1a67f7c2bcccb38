//! Budgets: what a scene file may ask for at most, checked before anything is allocated.

use super::fault::ImportError;

/// What a file may ask for at most. Files come from strangers: a few bytes can name billions of elements.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the scene file with all its buffers and pictures, still encoded.
    pub bytes: u64,
    /// Bytes of its JSON, which grow about tenfold when parsed.
    pub json_bytes: u64,
    /// Nodes, and as many of any other kind of listed thing.
    pub nodes: u64,
    /// Nodes from a root to the deepest leaf.
    pub depth: u64,
    /// Numbers in all accessors together, counted each time that one is read.
    pub numbers: u64,
    /// Bytes to which compressed geometry and animation unfold; Draco's count as they are stored as well, each time that they are decoded.
    pub unpacked_bytes: u64,
    /// Triangles stored, instances counted once.
    pub triangles: u64,
    /// Placed meshes.
    pub instances: u64,
    /// Triangles that shine, counted in every place where they stand: each is a light of its own.
    pub lights: u64,
    /// Columns or rows of one picture.
    pub picture_side: u32,
    /// Decoded pixels of all pictures together; the environment counts its own.
    pub texels: u64,
}

impl Default for Limits {
    /// Room for the largest production scenes that fit a workstation.
    fn default() -> Self {
        Self {
            bytes: 8 << 30,
            json_bytes: 256 << 20,
            nodes: 4_000_000,
            depth: 1_000,
            numbers: 2_000_000_000,
            unpacked_bytes: 8 << 30,
            triangles: 200_000_000,
            instances: 16_000_000,
            lights: 32_000_000,
            picture_side: 16_384,
            texels: 1 << 30,
        }
    }
}

/// What is left of one of the [`Limits`].
#[derive(Debug)]
pub(super) struct Budget {
    what: &'static str,
    limit: u64,
    left: u64,
}

/// What is left for placed meshes.
#[derive(Debug)]
pub(super) struct PlaceBudgets {
    pub(super) instances: Budget,
    pub(super) lights: Budget,
}

impl Budget {
    fn new(what: &'static str, limit: u64) -> Self {
        Self { what, limit, left: limit }
    }

    /// Takes `each` for every one of `places`; `place`: where in the file.
    pub(super) fn spend(
        &mut self,
        each: u64,
        places: u64,
        place: impl FnOnce() -> String,
    ) -> Result<(), ImportError> {
        let left = each.checked_mul(places).and_then(|count| self.left.checked_sub(count));
        let (what, limit) = (self.what, self.limit);
        self.left = left.ok_or_else(|| ImportError::OverLimit { place: place(), what, limit })?;
        Ok(())
    }
}

impl PlaceBudgets {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            instances: Budget::new("instances", limits.instances),
            lights: Budget::new("emissive triangles in all their places", limits.lights),
        }
    }
}
