//! What the coordinator knows of a job in clear: the shape of the work, never what is in the picture.

use frame::{FrameSize, TileGrid};
use serde::{Deserialize, Serialize};

use super::{Bounded, ObjectName, Opaque};
use frame::{BlockRange, FrameIndex, JobId, NodeId, TileIndex, blocks::block_count};

/// Most frames in one job.
pub const FRAMES_MAX: usize = 16_384;
/// Most (frame, tile) pairs in one job.
pub const TILES_MAX: u64 = 1 << 24;
/// Most tiles of one frame, whose order the coordinator's one writer sorts: 25 ms, once for a job. 32,768² pixels in tiles of 64.
pub const FRAME_TILES_MAX: u64 = 1 << 18;
/// Most pixel-samples in one job, so that no price overflows.
pub const SAMPLES_MAX: u128 = 1 << 50;
/// Most samples per pixel.
pub const SPP_MAX: u32 = 1 << 20;
/// Most nodes that a job can name as the only ones allowed.
pub const NODES_ALLOWED_MAX: usize = 1024;
/// Largest HPKE public key (X-Wing has 1216 bytes).
pub const RESULT_KEY_BYTES_MAX: usize = 2048;
/// Largest sealed order: settings, as only the artist and its nodes read them.
pub const ORDER_BYTES_MAX: usize = 4096;
/// Largest price, so that no sum overflows: micro-credits per million samples.
pub const PRICE_MAX: u64 = 1_000_000_000;

/// How much work a job is; checked when made and when decoded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "ShapeDraft", into = "ShapeDraft")]
pub struct JobShape(ShapeDraft);

/// The numbers of a [`JobShape`] as a stranger's message gives them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShapeDraft {
    /// Pixels of every frame.
    pub size: FrameSize,
    /// Tile edge in pixels, within [`TileGrid::EDGE_PX`].
    pub edge_px: u32,
    /// Samples per pixel, 1 to [`SPP_MAX`].
    pub spp: u32,
    /// Frame numbers, ascending, at least one.
    pub frames: Bounded<u32, FRAMES_MAX>,
    /// Whether a node should get all samples of a tile, because it denoises what it renders; they are divided only when it is too slow.
    pub whole_tiles: bool,
}

/// A job's shape cannot be worked on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ShapeFault {
    /// Tile edge out of range.
    #[error("a tile edge of {0} pixels is out of range")]
    Edge(u32),
    /// Samples per pixel out of range.
    #[error("{0} samples per pixel are out of range")]
    Spp(u32),
    /// Frames missing or not ascending.
    #[error("the frames are not an ascending list")]
    Frames,
    /// Too many tiles.
    #[error("{0} tiles are too many for one job")]
    Tiles(u64),
    /// Too many tiles in each frame.
    #[error("{0} tiles are too many for one frame")]
    FrameTiles(u64),
    /// Too many samples.
    #[error("{0} pixel samples are too many for one job")]
    Samples(u128),
}

/// A request to render; what is sealed in it only the artist and admitted nodes can read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobPost {
    /// Random name, chosen by the artist.
    pub job: JobId,
    /// How much work.
    pub shape: JobShape,
    /// Public key to which nodes seal results.
    pub result_key: Opaque<RESULT_KEY_BYTES_MAX>,
    /// Sealed settings; every admitted node gets them with its key.
    pub order: Opaque<ORDER_BYTES_MAX>,
    /// Manifest object of each frame's bundle, in the order of the frames. A single one serves all frames.
    pub manifests: Bounded<ObjectName, FRAMES_MAX>,
    /// Highest price the artist pays, micro-credits per million samples, at most [`PRICE_MAX`].
    pub price_max: u64,
    /// Graphics memory that the scene needs, MiB; 0 when not known.
    pub memory_mib: u32,
    /// Only these nodes; empty = any.
    pub nodes_allowed: Bounded<NodeId, NODES_ALLOWED_MAX>,
}

/// A piece of work, named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Piece {
    /// Which frame.
    pub frame: FrameIndex,
    /// Which tile of it.
    pub tile: TileIndex,
    /// Which sample blocks.
    pub blocks: BlockRange,
}

impl JobShape {
    /// Checks the numbers.
    pub fn new(draft: ShapeDraft) -> Result<Self, ShapeFault> {
        if !TileGrid::EDGE_PX.contains(&draft.edge_px) {
            return Err(ShapeFault::Edge(draft.edge_px));
        }
        if !(1..=SPP_MAX).contains(&draft.spp) {
            return Err(ShapeFault::Spp(draft.spp));
        }
        let ascending = draft.frames.windows(2).all(|pair| pair[0] < pair[1]);
        if draft.frames.is_empty() || !ascending {
            return Err(ShapeFault::Frames);
        }
        let of_frame = u64::from(TileGrid::new(draft.size, draft.edge_px, 0).len());
        if of_frame > FRAME_TILES_MAX {
            return Err(ShapeFault::FrameTiles(of_frame));
        }
        let tiles = of_frame * draft.frames.len() as u64;
        if tiles > TILES_MAX {
            return Err(ShapeFault::Tiles(tiles));
        }
        let samples = u128::from(draft.size.pixels()) * u128::from(draft.spp) * draft.frames.len() as u128;
        if samples > SAMPLES_MAX {
            return Err(ShapeFault::Samples(samples));
        }
        Ok(Self(draft))
    }

    /// The tiles of every frame, without margin: only nodes need to know that.
    pub fn grid(&self) -> TileGrid {
        TileGrid::new(self.0.size, self.0.edge_px, 0)
    }

    /// Sample blocks per tile.
    pub fn blocks(&self) -> u32 {
        block_count(self.0.spp)
    }

    /// Pixels times samples of a piece; 0 when it lies outside the job.
    pub fn samples(&self, tile: TileIndex, blocks: BlockRange) -> u64 {
        let pixels = self.grid().rect(tile).map_or(0, |rect| rect.pixels() as u64);
        let samples = if blocks.first.checked_add(blocks.count).is_some_and(|end| end <= self.blocks()) {
            blocks.samples(self.0.spp).len() as u64
        } else {
            0
        };
        pixels * samples
    }

    /// Pixels times samples of the whole job.
    pub fn samples_all(&self) -> u64 {
        self.0.size.pixels() * u64::from(self.0.spp) * self.0.frames.len() as u64
    }
}

impl std::ops::Deref for JobShape {
    type Target = ShapeDraft;

    fn deref(&self) -> &ShapeDraft {
        &self.0
    }
}

impl TryFrom<ShapeDraft> for JobShape {
    type Error = ShapeFault;

    fn try_from(draft: ShapeDraft) -> Result<Self, ShapeFault> {
        Self::new(draft)
    }
}

impl From<JobShape> for ShapeDraft {
    fn from(shape: JobShape) -> Self {
        shape.0
    }
}

impl JobPost {
    /// Whether the lists fit the shape and the price is within bounds.
    pub fn is_consistent(&self) -> bool {
        let manifests = self.manifests.len();
        (manifests == 1 || manifests == self.shape.frames.len()) && self.price_max <= PRICE_MAX
    }

    /// The manifest of the frame at a position in the shape's list.
    pub fn manifest(&self, frame_at: usize) -> Option<ObjectName> {
        let at = if self.manifests.len() == 1 { 0 } else { frame_at };
        self.manifests.get(at).copied()
    }
}
