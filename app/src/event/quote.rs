//! What a render will take and cost, as it is told.

use serde::Serialize;

/// What a render will take and cost.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Quote {
    /// Frames in all.
    pub frames: u32,
    /// Columns of a frame.
    pub width: u32,
    /// Rows of a frame.
    pub height: u32,
    /// Samples per pixel.
    pub spp: u32,
    /// Seconds until the last picture is there; sending the scene is not in them.
    pub time_s: Odds<f64>,
    /// Micro-credits; 0 on this computer.
    pub cost: Odds<u64>,
    /// Nodes that would work; 0: this computer does.
    pub nodes: u32,
    /// Those of them whose speed nobody knows yet: they are taken to be about as fast as this computer.
    pub nodes_unknown: u32,
    /// Other jobs that share the nodes now.
    pub jobs: u32,
    /// Sealed bytes to be sent first, at most.
    pub send_bytes: u64,
    /// What was looked at on this computer, with which adapter.
    pub adapter: String,
    /// Places of the pictures that were timed there.
    pub places: u32,
    /// How long all that took, seconds.
    pub took_s: f64,
}

/// In half of all cases at most, and in nine of ten.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Odds<T> {
    /// Half of all cases.
    pub p50: T,
    /// Nine of ten.
    pub p90: T,
}
