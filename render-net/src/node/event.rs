//! What a node tells its owner while it works.

use frame::{BlockRange, FrameIndex, LeaseId, TileIndex};

use crate::receipt::Found;
use crate::wire::FailureKind;

/// What a node tells its owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NodeEvent {
    /// Connected and registered.
    Connected,
    /// Not connected; it will try again.
    Disconnected {
        /// In a sentence.
        why: String,
    },
    /// What a lease needs is being fetched.
    Fetching {
        /// The lease.
        lease: LeaseId,
    },
    /// The scene that it needs was fetched; told only when it was not at hand.
    Fetched {
        /// The lease.
        lease: LeaseId,
        /// The scene's size.
        bytes: u64,
    },
    /// A piece of work began.
    Rendering {
        /// Its lease.
        lease: LeaseId,
        /// Frame.
        frame: FrameIndex,
        /// Tile.
        tile: TileIndex,
        /// Sample blocks.
        blocks: BlockRange,
    },
    /// Blocks of it are done.
    Progress {
        /// Its lease.
        lease: LeaseId,
        /// Done.
        blocks_done: u32,
    },
    /// It is rendered and kept until delivered.
    Rendered {
        /// Its lease.
        lease: LeaseId,
        /// Samples in it: pixels times samples of each.
        samples: u64,
    },
    /// The coordinator took it.
    Delivered {
        /// Its lease.
        lease: LeaseId,
        /// Sealed bytes that were sent.
        bytes: u64,
        /// Micro-credits held for it.
        amount: u64,
    },
    /// The coordinator has no room for results: they are kept, and no work is taken until it takes one. Told once.
    NoRoom {
        /// In a sentence.
        why: String,
    },
    /// Its artist refused it, and the job's referee has spoken; the signed ruling is kept.
    Judged {
        /// Its lease.
        lease: LeaseId,
        /// What the referee found.
        found: Found,
    },
    /// The work is no longer wanted.
    Dropped {
        /// Its lease.
        lease: LeaseId,
        /// In a sentence.
        why: String,
    },
    /// It was handed back unfinished, without blame.
    GivenBack {
        /// Its lease.
        lease: LeaseId,
    },
    /// Nothing of it is left with this node: it was delivered, handed back, or lost.
    Forgotten {
        /// Its lease.
        lease: LeaseId,
    },
    /// It could not be done.
    Failed {
        /// Its lease.
        lease: LeaseId,
        /// Whose fault it is.
        kind: FailureKind,
        /// In a sentence.
        why: String,
    },
}
