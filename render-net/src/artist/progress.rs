//! What people are told of a job while it goes on, and where it ends.

use frame::{FrameIndex, NodeId, TileIndex};

use crate::audit::Finding;
use crate::receipt::Found;
use crate::wire::Piece;

/// What people are told.
#[derive(Clone, Debug, PartialEq)]
pub enum Progress {
    /// Connected to the coordinator.
    Connected,
    /// Not connected; the job goes on without this machine, and it will connect again.
    Disconnected {
        /// In a sentence.
        why: String,
    },
    /// Whether the artist is away, as somebody who looks on is told; the artist never hears it.
    Artist {
        /// Nobody admits another node for now.
        is_away: bool,
    },
    /// A node began a piece.
    Leased {
        /// Which node.
        node: NodeId,
        /// What.
        piece: Piece,
    },
    /// A piece came back unfinished.
    Reopened {
        /// What.
        piece: Piece,
    },
    /// A node would help and waits for its key.
    NodeWaits {
        /// Which node.
        node: NodeId,
    },
    /// So much is collected.
    Collected {
        /// Tile blocks here and checked.
        blocks: u64,
        /// Tile blocks of the job.
        of: u64,
    },
    /// A node could not do a piece, as it says itself.
    NodeFailed {
        /// Which node.
        node: NodeId,
        /// In its words.
        why: String,
    },
    /// Some pixels of a result were rendered again, or could not be.
    Looked {
        /// Whose.
        node: NodeId,
        /// What was found; never that it is wrong, which is [`Self::Refused`].
        found: Finding,
    },
    /// A node was caught, and of what it had sent before this was wrong too: it is taken, and paid.
    Tainted {
        /// Which node.
        node: NodeId,
        /// Its wrong tiles, in order.
        tiles: Vec<(FrameIndex, TileIndex)>,
    },
    /// A result was refused.
    Refused {
        /// Whose.
        node: NodeId,
        /// What.
        piece: Piece,
        /// Why, in a sentence.
        why: String,
    },
    /// What was refused waits for the referee.
    AwaitsRuling,
    /// The referee judged a result that was refused.
    Ruled {
        /// Whose.
        node: NodeId,
        /// What.
        piece: Piece,
        /// What the referee found.
        found: Found,
    },
    /// The artist wants no more of the job for now, or wants it again.
    Paused {
        /// Whether it pauses now.
        is_paused: bool,
    },
}

/// Where a job ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JobEnd {
    /// Every block of every frame is here.
    Complete,
    /// Stopped; what was collected is kept.
    Cancelled {
        /// By whom or why, in a sentence.
        reason: String,
    },
    /// Over, and some of it never came: what was delivered for it was unfit or is gone, and was accepted before anybody looked.
    Incomplete {
        /// The tiles that lack samples, in order.
        missing: Vec<(FrameIndex, TileIndex)>,
    },
}
