//! What artists, referees and the coordinator say to each other about work that was refused.

use frame::{JobId, LeaseId, NodeId};
use serde::{Deserialize, Serialize};

use super::artist::{RULING_BYTES_MAX, VERDICT_BYTES_MAX};
use super::job::ORDER_BYTES_MAX;
use super::node::{DESCRIPTOR_BYTES_MAX, WRAPPED_BYTES_MAX};
use super::{Bounded, Committed, ObjectName, Opaque};

/// Most disputes in one answer.
pub const DISPUTES_MAX: usize = 16;

/// An artist names who judges what it refuses in a job; named once, for good.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Referral {
    /// Which job.
    pub job: JobId,
    /// Who judges.
    pub referee: NodeId,
    /// The job's admission key and what opens its results, wrapped for the referee alone.
    pub wrapped: Opaque<WRAPPED_BYTES_MAX>,
}

/// A referee is here and asks what there is to judge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attend {
    /// Its signed descriptor: artists wrap keys for it.
    pub descriptor: Opaque<DESCRIPTOR_BYTES_MAX>,
    /// Only disputes about later leases; 0 = from the beginning.
    pub after: LeaseId,
    /// How long the answer may be kept back until there is something, at most [`super::node::WAIT_MS_MAX`].
    pub wait_ms: u32,
}

/// Finished work that its artist refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dispute {
    /// Whose job.
    pub artist: NodeId,
    /// Which job.
    pub job: JobId,
    /// Keys that the artist wrapped for the referee.
    pub wrapped: Opaque<WRAPPED_BYTES_MAX>,
    /// Sealed settings, as the node got them.
    pub order: Opaque<ORDER_BYTES_MAX>,
    /// Edge of the job's tiles, pixels.
    pub edge_px: u32,
    /// Manifest of the frame's sealed bundle.
    pub manifest: ObjectName,
    /// What the node delivered.
    pub committed: Committed,
    /// The receipt with the artist's signature and verdict.
    pub words: Opaque<VERDICT_BYTES_MAX>,
}

/// What a referee has found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// Of which lease.
    pub lease: LeaseId,
    /// Whether the node is in the right, and is paid.
    pub for_node: bool,
    /// The same with the reasons, signed.
    pub ruling: Opaque<RULING_BYTES_MAX>,
}

/// Most rulings in one answer.
pub const RULINGS_MAX: usize = 16;

/// What a referee found of a node's work, as the node gets it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ruled {
    /// In which job.
    pub job: JobId,
    /// Of which lease.
    pub lease: LeaseId,
    /// The referee's signed ruling.
    pub ruling: Opaque<RULING_BYTES_MAX>,
}

/// Most referees that a node may ask for.
pub const REFEREES_MAX: usize = 16;

/// Referees that somebody believes.
pub type Referees = Bounded<NodeId, REFEREES_MAX>;

/// Disputes, oldest first.
pub type Disputes = Bounded<Dispute, DISPUTES_MAX>;
