//! Why the coordinator says no, as values that a program can act on and a person can read.

use frame::BlockRange;
use serde::{Deserialize, Serialize};

/// Why a request was not granted. New ones are added at the end only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum Refusal {
    /// The coordinator speaks another version.
    #[error(
        "the coordinator speaks protocol version {ours}; use the same version of the program on both sides"
    )]
    Version {
        /// The coordinator's version.
        ours: u8,
    },
    /// The message does not decode or breaks a limit.
    #[error("the coordinator could not read the message")]
    Malformed,
    /// A node must register before it asks.
    #[error("the node is not registered")]
    NotRegistered,
    /// No such job, or not this peer's.
    #[error("there is no such job")]
    NoSuchJob,
    /// The name belongs to another job.
    #[error("a different job has this name already")]
    JobTaken,
    /// The job is done or cancelled.
    #[error("the job has ended")]
    JobEnded,
    /// The artist has not given this node a key, or has turned it away.
    #[error("the artist has not given this node the job's key")]
    NoKey,
    /// No such lease, or not this peer's.
    #[error("there is no such lease")]
    NoSuchLease,
    /// Somebody else's work was first, or the work is no longer wanted.
    #[error("the work has been done by another node")]
    AlreadyDone,
    /// The lease was shortened: commit exactly these blocks.
    #[error("the lease now covers {} blocks from {}", .blocks.count, .blocks.first)]
    Shortened {
        /// What the lease covers now.
        blocks: BlockRange,
    },
    /// Not enough credit for the job's highest price.
    #[error("the job may cost {needed} micro-credits and {available} are available")]
    Credit {
        /// What would be set aside.
        needed: u64,
        /// What there is.
        available: u64,
    },
    /// A named limit is reached.
    #[error("the limit of {max} {what} is reached")]
    Limit {
        /// Of what.
        what: String,
        /// How many.
        max: u64,
    },
    /// The object is not stored.
    #[error("the object is not stored")]
    NoSuchObject,
    /// The bytes do not have the name under which they were sent.
    #[error("the object's bytes do not have its name")]
    WrongName,
    /// The coordinator's disk or quota is full; nothing was lost.
    #[error("the coordinator has no room for more objects")]
    NoRoom,
    /// Too many requests; try again later.
    #[error("too many requests; try again in {again_ms} ms")]
    Busy {
        /// When.
        again_ms: u32,
    },
    /// The coordinator failed; nothing was changed.
    #[error("the coordinator failed to store this; nothing was changed")]
    Failed,
    /// The job's description contradicts itself.
    #[error("the job's description contradicts itself: {0}")]
    BadJob(String),
    /// No such view: it never was, or was withdrawn.
    #[error("the link shows nothing: its job is not known here, or the artist has withdrawn it")]
    NoView,
    /// Nobody with this key ever attended here as a referee.
    #[error("no referee with this key has attended at the coordinator: let it run there, and try again")]
    NoReferee,
}
