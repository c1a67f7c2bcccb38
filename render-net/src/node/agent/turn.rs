//! What a node's agent hears and answers.

use std::time::Duration;

use frame::{BlockRange, LeaseId};

use crate::wire::{Beat, FailureKind, Lease};

/// Milliseconds on the driver's clock.
pub type Millis = u64;

/// What an owner allows a node, as it may change while the node runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Allowance {
    /// Take work and do it.
    #[default]
    Work,
    /// Finish what is being rendered and take nothing else.
    Finish,
    /// Leave the GPU alone, at once. Finished work is still delivered.
    Hold,
}

/// What happened.
#[derive(Debug)]
pub enum Input {
    /// Time passed.
    Tick,
    /// A connection exists and the node is registered.
    Linked,
    /// The connection is gone, or could not be made.
    LinkLost,
    /// The answer to a pull.
    Leases(Vec<Lease>),
    /// A pull was refused.
    PullRefused,
    /// The lease's scene is in memory.
    Prepared(LeaseId),
    /// The lease cannot be prepared; `None` = for a passing reason, try again.
    NotPrepared(LeaseId, Option<(FailureKind, String)>),
    /// The renderer has finished this many blocks of the lease.
    BlockDone(LeaseId, u32),
    /// The renderer is free; the result is sealed and kept, unless there is none.
    Rendered(LeaseId, Rendered),
    /// A heartbeat's answer.
    Beat(LeaseId, Beat),
    /// A kept result was taken, or refused for good.
    Settled(LeaseId),
    /// A kept result could not be delivered now.
    NotSettled(LeaseId),
    /// The coordinator has no room for a kept result; why, in its words.
    NoRoom(LeaseId, String),
    /// A kept result must be cut down to these blocks.
    Shortened(LeaseId, BlockRange),
    /// A result of so many blocks waits to be delivered; or none so short can be made.
    Recut(LeaseId, Option<u32>),
    /// The owner says what the node may do from now on.
    Allow(Allowance),
    /// The owner wants the machine back.
    Stop,
}

/// How rendering ended.
#[derive(Debug, PartialEq, Eq)]
pub enum Rendered {
    /// A sealed result waits to be delivered.
    Kept,
    /// Stopped, because the lease was lost or before any block was done.
    Abandoned,
    /// It could not be done.
    Failed(FailureKind, String),
}

/// What to do.
#[derive(Debug, PartialEq)]
pub enum Effect {
    /// Connect and register after a pause (with jitter, which is the driver's).
    Connect {
        /// How long.
        after: Duration,
    },
    /// Ask for work.
    Pull {
        /// For how many leases there is room.
        capacity: u32,
        /// How long the answer may be kept back.
        wait: Duration,
    },
    /// Fetch and open what the lease needs.
    Prepare(Lease),
    /// Render these blocks of a prepared lease.
    Render(LeaseId, BlockRange),
    /// Stop rendering after these blocks.
    StopAfter(LeaseId, u32),
    /// Stop rendering now.
    StopNow(LeaseId),
    /// Free the GPU now, in the middle of a block, and keep the blocks that are done.
    Yield(LeaseId),
    /// Nothing is rendered for a while: give back what scenes take on the GPU.
    Rest,
    /// Forget what was prepared for the lease.
    Forget(LeaseId),
    /// Report progress.
    Heartbeat(LeaseId, u32),
    /// Deliver a kept result.
    Deliver(LeaseId),
    /// Make a shorter result of one that was too long.
    Recut(LeaseId, BlockRange),
    /// Tell the owner that results cannot be delivered, and why in the coordinator's words: once, until one was.
    TellNoRoom(String),
    /// Give the lease back.
    Fail(LeaseId, FailureKind, String),
    /// Say goodbye and end.
    Leave(Why),
}

/// Why a node ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// Asked to leave when idle, and idle.
    Idle,
    /// Its owner said so.
    Stopped,
    /// Its renderer fails again and again.
    Broken,
}
