//! Budgets: what a scene file may ask for at most, checked before anything is allocated.

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
    /// Triangles stored, instances counted once.
    pub triangles: u64,
    /// Placed meshes.
    pub instances: u64,
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
            triangles: 200_000_000,
            instances: 16_000_000,
            picture_side: 16_384,
            texels: 1 << 30,
        }
    }
}
