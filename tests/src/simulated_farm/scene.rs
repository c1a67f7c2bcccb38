//! What a job's scene asks of nodes: a sample is dearer in one scene than in another, in one tile than in the next, and on one machine than on the next.

use frame::{FrameIndex, TileIndex};

use super::chance::Chance;

/// One job's scene.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scene {
    /// When its artist comes.
    pub(super) comes_ms: u64,
    /// How dear it is beside the scene by which computers are compared.
    dear: f64,
    /// How much tiles differ, and machines: standard deviations of the logarithm.
    tiles: f64,
    machines: f64,
    seed: u64,
}

impl Scene {
    /// The same everywhere.
    pub(super) const EVEN: Self = Self { comes_ms: 0, dear: 1.0, tiles: 0.0, machines: 0.0, seed: 0 };

    /// As scenes differ: see `docs/measurements.md` for how much.
    pub(super) fn drawn(chance: &mut Chance, comes_ms: u64) -> Self {
        let dear = normal(chance, 0.45).exp();
        Self { comes_ms, dear, seed: chance.next(), ..Self::usual() }
    }

    /// The scene by which computers are compared.
    pub(super) fn usual() -> Self {
        Self { comes_ms: 0, dear: 1.0, tiles: 0.5, machines: 0.2, seed: 0x05ee }
    }

    /// What a sample takes in a tile on a node, beside one of the scene by which computers are compared.
    pub(super) fn dear(&self, node: usize, frame: FrameIndex, tile: TileIndex) -> f64 {
        let machine = self.factor(0x4e0d_e000 ^ node as u64, self.machines);
        self.dear_at(frame, tile) * machine
    }

    /// The same on the artist's own machine.
    pub(super) fn dear_at(&self, frame: FrameIndex, tile: TileIndex) -> f64 {
        self.dear * self.factor(u64::from(frame.0) << 32 | u64::from(tile.0), self.tiles)
    }

    fn factor(&self, what: u64, spread: f64) -> f64 {
        normal(&mut Chance::new(self.seed ^ what.wrapping_mul(0x2545_f491_4f6c_dd1d)), spread).exp()
    }
}

/// A normally distributed number (Box and Muller, 1958).
pub(super) fn normal(chance: &mut Chance, spread: f64) -> f64 {
    let mut unit = || (chance.next() >> 11) as f64 / (1u64 << 53) as f64;
    let (radius, turn) = ((-2.0 * (1.0 - unit()).ln()).sqrt(), unit());
    spread * radius * (std::f64::consts::TAU * turn).cos()
}
