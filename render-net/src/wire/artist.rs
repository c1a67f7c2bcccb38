//! What an artist and the coordinator say to each other.

use frame::{AdapterCard, JobId, LeaseId, NodeId};
use serde::{Deserialize, Serialize};

use super::job::Piece;
use super::node::{DESCRIPTOR_BYTES_MAX, FailureKind, LINK_BYTES_MAX, RECEIPT_BYTES_MAX, WRAPPED_BYTES_MAX};
use super::{Bounded, ObjectName, Opaque};

/// Largest countersigned verdict.
pub const VERDICT_BYTES_MAX: usize = 2048;
/// Largest signed ruling of a referee.
pub const RULING_BYTES_MAX: usize = 512;
/// Most events in one answer; with the largest event the answer still fits a message.
pub const EVENTS_MAX: usize = 128;
/// Most nodes in one answer.
pub const CANDIDATES_MAX: usize = 64;
/// Most jobs in one answer.
pub const JOBS_MAX: usize = 256;

/// A node that could work for the job once the artist gives it the key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    /// Its identity.
    pub node: NodeId,
    /// Its signed descriptor: check before wrapping anything for it.
    pub descriptor: Opaque<DESCRIPTOR_BYTES_MAX>,
    /// What it renders on.
    pub adapter: AdapterCard,
    /// Its price, micro-credits per million samples.
    pub price: u64,
}

/// The job's key for one node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyGift {
    /// Which job.
    pub job: JobId,
    /// Which node.
    pub node: NodeId,
    /// Content name of the descriptor for which it is wrapped; a gift for an outdated one changes nothing.
    pub descriptor: ObjectName,
    /// The key, wrapped for this node alone; `None` turns the node away from this job.
    pub wrapped: Option<Opaque<WRAPPED_BYTES_MAX>>,
}

/// An artist asks what happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Follow {
    /// Which job.
    pub job: JobId,
    /// First event wanted; 0 = from the beginning.
    pub since: u64,
    /// How long the answer may be kept back until there is an event, at most [`super::node::WAIT_MS_MAX`].
    pub wait_ms: u32,
}

/// What happened, in order, from the index asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Events {
    /// Index of the first event.
    pub first: u64,
    /// The events; index rises by one each.
    pub events: Bounded<Event, EVENTS_MAX>,
    /// Where the job stands.
    pub job: JobCard,
}

/// One thing that happened to a job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    /// A node would work for the job and awaits its key: [`super::Request::Candidates`].
    NodeAwaitsKey {
        /// Which node.
        node: NodeId,
    },
    /// A node said goodbye or was turned away.
    NodeLeft {
        /// Which node.
        node: NodeId,
    },
    /// A node began a piece.
    Leased {
        /// Its lease.
        lease: LeaseId,
        /// Which node.
        node: NodeId,
        /// What.
        piece: Piece,
    },
    /// A piece came back unfinished and is open again.
    Reopened {
        /// The lease that ended.
        lease: LeaseId,
        /// What.
        piece: Piece,
    },
    /// A picture of unfinished work.
    Preview {
        /// Its lease.
        lease: LeaseId,
        /// What.
        piece: Piece,
        /// Stored ciphertext.
        object: ObjectName,
    },
    /// Finished work, to be opened, checked and answered with [`Verdict`].
    Committed(Box<Committed>),
    /// The work counts, by the artist's verdict or because the window for it passed.
    Accepted {
        /// Its lease.
        lease: LeaseId,
        /// Whether nobody had answered in time.
        automatic: bool,
    },
    /// The work was refused; its blocks are open again.
    Rejected {
        /// Its lease.
        lease: LeaseId,
    },
    /// Every block is accepted.
    Done,
    /// The job was stopped; what is accepted stays.
    Cancelled {
        /// For people.
        reason: String,
    },
    /// A node gave a piece back as impossible; it is open again.
    Failed {
        /// Its lease.
        lease: LeaseId,
        /// Which node.
        node: NodeId,
        /// Whose fault the node says it is.
        kind: FailureKind,
        /// For people.
        reason: String,
    },
    /// The work was refused, and the job's referee was asked; its blocks and its pay wait.
    Disputed {
        /// Its lease.
        lease: LeaseId,
    },
    /// The referee has spoken; what follows for the work is the next event.
    Ruled {
        /// Its lease.
        lease: LeaseId,
        /// Whether the node is in the right.
        for_node: bool,
        /// Signed by the referee.
        ruling: Opaque<RULING_BYTES_MAX>,
    },
    /// The artist wants no more of it for now: pieces in hand are finished, no other is begun.
    Paused,
    /// The artist wants it again.
    Resumed,
}

/// Finished work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Committed {
    /// Its lease.
    pub lease: LeaseId,
    /// Who did it.
    pub node: NodeId,
    /// What.
    pub piece: Piece,
    /// Stored ciphertext, sealed to the job's result key.
    pub result: ObjectName,
    /// Signed by the node.
    pub receipt: Opaque<RECEIPT_BYTES_MAX>,
    /// Ties the receipt's pseudonym to the node.
    pub link: Opaque<LINK_BYTES_MAX>,
    /// What it costs, micro-credits.
    pub amount: u64,
}

/// The artist's answer to finished work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// Which lease.
    pub lease: LeaseId,
    /// Whether the work is good. Refused work is not paid, and its blocks open again.
    pub good: bool,
    /// The receipt with the artist's signature and verdict.
    pub countersigned: Opaque<VERDICT_BYTES_MAX>,
}

/// Where a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum JobState {
    /// Being worked on.
    Active,
    /// Every block accepted.
    Done,
    /// Stopped.
    Cancelled,
    /// The artist wants no more of it for now.
    Paused,
}

impl JobState {
    /// Whether more of it can come: nothing has ended it.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Active | Self::Paused)
    }
}

/// The artist wants no more of a job for now, or wants it again. Saying the same twice changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pause {
    /// Which job.
    pub job: JobId,
    /// Whether it is to pause.
    pub is_paused: bool,
}

/// A job at a glance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobCard {
    /// Which.
    pub job: JobId,
    /// Where it stands.
    pub state: JobState,
    /// When it was posted, milliseconds since 1970.
    pub posted_ms: u64,
    /// Tile blocks in all.
    pub blocks: u64,
    /// Tile blocks committed.
    pub blocks_committed: u64,
    /// Tile blocks accepted.
    pub blocks_accepted: u64,
    /// Micro-credits paid or held so far.
    pub cost: u64,
    /// Index that the next event will have.
    pub events: u64,
}

/// An artist's money, micro-credits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Balance {
    /// Free to spend.
    pub available: u64,
    /// Set aside for running jobs.
    pub escrow: u64,
}
