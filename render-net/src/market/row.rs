//! The market's records: what a row of each table holds.

use frame::{AdapterCard, BlockRange, FrameIndex, FrameSize, JobId, LeaseId, NodeId, TileGrid, TileIndex};
use serde::{Deserialize, Serialize};

use crate::wire::{Bounded, artist, job};
use crate::wire::{JobCard, JobPost, JobState, ObjectName, Opaque, Piece, node};

/// A job, without its list of frames.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct JobRow {
    pub(crate) job: JobId,
    pub(crate) artist: NodeId,
    pub(crate) state: JobState,
    /// BLAKE3 of the post: posting the same again changes nothing, posting another is refused.
    pub(crate) post: ObjectName,
    pub(crate) posted_ms: u64,
    pub(crate) ended_ms: u64,
    pub(crate) size: FrameSize,
    pub(crate) edge_px: u32,
    pub(crate) spp: u32,
    pub(crate) blocks_per_tile: u32,
    pub(crate) frames: u32,
    /// Whether a node gets all blocks of a tile together.
    pub(crate) whole_tiles: bool,
    pub(crate) result_key: Opaque<{ job::RESULT_KEY_BYTES_MAX }>,
    pub(crate) order: Opaque<{ job::ORDER_BYTES_MAX }>,
    pub(crate) price_max: u64,
    pub(crate) memory_mib: u32,
    pub(crate) nodes_allowed: Bounded<NodeId, { job::NODES_ALLOWED_MAX }>,
    /// How much it has been served, in predicted work; the least served job is next (stride scheduling).
    pub(crate) stride: u64,
    pub(crate) cursor: Cursor,
    pub(crate) blocks_leased: u64,
    pub(crate) blocks_committed: u64,
    pub(crate) blocks_accepted: u64,
    pub(crate) cost: u64,
    pub(crate) leases: u32,
    pub(crate) events: u64,
    pub(crate) previews: u32,
}

/// The next blocks that nobody has touched yet. Frames in order; in a frame first block 0 of every tile from the
/// centre outwards, then the rest in the same order. In a job of whole tiles, all blocks of every tile at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Cursor {
    /// Position in the job's list of frames.
    pub(crate) frame_at: u32,
    /// Whether block 0 of every tile has been given out.
    pub(crate) second_pass: bool,
    /// Position in the grid's order from the centre.
    pub(crate) tile_at: u32,
    /// Next block, in the second pass.
    pub(crate) block: u32,
}

/// One frame of a job.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct FrameRow {
    pub(crate) frame: FrameIndex,
    pub(crate) manifest: ObjectName,
}

/// A node that registered once.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct NodeRow {
    pub(crate) node: NodeId,
    pub(crate) descriptor: Opaque<{ node::DESCRIPTOR_BYTES_MAX }>,
    pub(crate) adapter: AdapterCard,
    pub(crate) memory_mib: u32,
    pub(crate) price: u64,
    /// Samples per second over all jobs; 0 when not known.
    pub(crate) speed: u64,
    pub(crate) last_commit_ms: u64,
}

/// A node and a job.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct KeyRow {
    pub(crate) state: KeyState,
    /// Consecutive failures; at the limit the node gets no more of this job.
    pub(crate) failures: u32,
    /// Work that the artist refused.
    pub(crate) refusals: u32,
    /// Samples per second in this job; 0 when not known.
    pub(crate) speed: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum KeyState {
    /// The artist was told and has not answered.
    Awaited,
    /// The node can work.
    Given { wrapped: Opaque<{ node::WRAPPED_BYTES_MAX }>, descriptor: ObjectName },
    /// The artist does not want this node.
    TurnedAway,
}

/// What speaks against a node in a job beside the failures that it owns up to; forgotten with time and with work that it delivers.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(crate) struct StumbleRow {
    /// In quarters of a failure.
    pub(crate) weight: u32,
    pub(crate) at_ms: u64,
}

/// Nodes that say that a job cannot be done, since its last piece was delivered.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct DoubtRow {
    pub(crate) nodes: Vec<NodeId>,
}

/// A lease, from the grant to the verdict and after.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct LeaseRow {
    pub(crate) lease: LeaseId,
    pub(crate) job: JobId,
    pub(crate) node: NodeId,
    pub(crate) frame_at: u32,
    pub(crate) frame: FrameIndex,
    pub(crate) tile: TileIndex,
    pub(crate) blocks: BlockRange,
    /// Micro-credits per million samples, as bid when granted.
    pub(crate) price: u64,
    pub(crate) granted_ms: u64,
    pub(crate) lapses_at_ms: u64,
    pub(crate) beat_ms: u64,
    /// When the number of begun blocks last rose.
    pub(crate) progress_ms: u64,
    pub(crate) blocks_begun: u32,
    pub(crate) state: LeaseState,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum LeaseState {
    /// Running.
    Open,
    /// Over without a result; a result that comes late may still be first.
    Lost,
    /// Delivered.
    Committed { result: ObjectName, amount: u64, due_ms: u64 },
    /// Paid.
    Accepted { result: ObjectName, amount: u64, countersigned: Opaque<{ artist::VERDICT_BYTES_MAX }> },
    /// Refused by the artist, or by the referee.
    Refused,
    /// Refused by the artist; the referee has until `due_ms` to speak.
    Disputed { result: ObjectName, amount: u64, due_ms: u64 },
}

impl JobRow {
    /// A job as posted.
    pub(crate) fn new(post: &JobPost, name: ObjectName, artist: NodeId, now_ms: u64, stride: u64) -> Self {
        let shape = &post.shape;
        Self {
            job: post.job,
            artist,
            state: JobState::Active,
            post: name,
            posted_ms: now_ms,
            ended_ms: 0,
            size: shape.size,
            edge_px: shape.edge_px,
            spp: shape.spp,
            blocks_per_tile: shape.blocks(),
            frames: shape.frames.len() as u32,
            whole_tiles: shape.whole_tiles,
            result_key: post.result_key.clone(),
            order: post.order.clone(),
            price_max: post.price_max,
            memory_mib: post.memory_mib,
            nodes_allowed: post.nodes_allowed.clone(),
            stride,
            cursor: Cursor::default(),
            blocks_leased: 0,
            blocks_committed: 0,
            blocks_accepted: 0,
            cost: 0,
            leases: 0,
            events: 0,
            previews: 0,
        }
    }

    pub(crate) fn grid(&self) -> TileGrid {
        TileGrid::new(self.size, self.edge_px, 0)
    }

    pub(crate) fn blocks(&self) -> u64 {
        u64::from(self.grid().len()) * u64::from(self.frames) * u64::from(self.blocks_per_tile)
    }

    /// Whether its artist wants work on it to be begun now.
    pub(crate) fn is_wanted(&self) -> bool {
        self.state == JobState::Active
    }

    /// Blocks that nobody works on and nobody delivered.
    pub(crate) fn blocks_free(&self) -> u64 {
        self.blocks().saturating_sub(self.blocks_leased).saturating_sub(self.blocks_committed)
    }

    /// Pieces that nobody works on and nobody delivered, at least.
    pub(crate) fn pieces_free(&self) -> u64 {
        let blocks = if self.whole_tiles { self.blocks_per_tile.max(1) } else { 1 };
        self.blocks_free().div_ceil(u64::from(blocks))
    }

    /// Takes back what it was served with blocks that came to nothing.
    pub(crate) fn not_served(&mut self, tile: TileIndex, blocks: BlockRange) {
        self.stride = self.stride.saturating_sub(self.samples(tile, blocks));
    }

    /// Pixels times samples of some blocks of a tile.
    pub(crate) fn samples(&self, tile: TileIndex, blocks: BlockRange) -> u64 {
        let pixels = self.grid().rect(tile).map_or(0, |rect| rect.pixels() as u64);
        pixels * blocks.samples(self.spp).len() as u64
    }

    pub(crate) fn card(&self) -> JobCard {
        JobCard {
            job: self.job,
            state: self.state,
            posted_ms: self.posted_ms,
            blocks: self.blocks(),
            blocks_committed: self.blocks_committed,
            blocks_accepted: self.blocks_accepted,
            cost: self.cost,
            events: self.events,
        }
    }

    /// Whether the node's offer fits what the artist asked for.
    pub(crate) fn suits(&self, node: &NodeRow) -> bool {
        let allowed = self.nodes_allowed.is_empty() || self.nodes_allowed.contains(&node.node);
        allowed && node.price <= self.price_max && node.memory_mib >= self.memory_mib
    }
}

impl KeyRow {
    pub(crate) fn awaited() -> Self {
        Self { state: KeyState::Awaited, failures: 0, refusals: 0, speed: 0 }
    }
}

impl LeaseRow {
    /// Whether it is delivered and not settled.
    pub(crate) fn is_waiting(&self) -> bool {
        matches!(self.state, LeaseState::Committed { .. } | LeaseState::Disputed { .. })
    }

    pub(crate) fn piece(&self) -> Piece {
        Piece { frame: self.frame, tile: self.tile, blocks: self.blocks }
    }
}
