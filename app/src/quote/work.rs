//! What is played: the work, and the machines that would do it.

use frame::TileGrid;

/// What is to be rendered.
#[derive(Clone, Debug)]
pub struct Work {
    /// Every frame's tiles.
    pub grid: TileGrid,
    /// How many frames.
    pub frames: u32,
    /// Samples per pixel.
    pub spp: u32,
    /// Whether a machine gets all samples of a tile together.
    pub whole_tiles: bool,
    /// How dear places of the frames are, in any one unit: time for a sample of a pixel. At least one, all above 0.
    pub places: Vec<f64>,
}

/// A machine that would work.
#[derive(Clone, Copy, Debug)]
pub struct Hand {
    /// Micro-credits per million samples.
    pub price: u64,
    /// Samples per second of this work, at a place of mean dearness.
    pub speed: f64,
    /// How far off that may be: standard deviation of its logarithm.
    pub spread: f64,
    /// When it begins, seconds: at the earliest and at the latest.
    pub begins_s: (f64, f64),
}

/// The machines, and what they share.
#[derive(Clone, Debug)]
pub struct Crew {
    /// The machines; at least one.
    pub hands: Vec<Hand>,
    /// How far off all speeds together may be: standard deviation of the logarithm.
    pub spread: f64,
    /// Other jobs that share the machines.
    pub rivals: u32,
    /// How long a lease should take, seconds.
    pub lease_s: f64,
    /// From the last tile to the last picture, seconds.
    pub ends_s: (f64, f64),
}

impl Work {
    /// Pixels × samples per pixel × frames.
    pub fn samples(&self) -> u64 {
        self.grid.frame().pixels() * u64::from(self.spp) * u64::from(self.frames)
    }
}
