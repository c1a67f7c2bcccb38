//! What a node and the coordinator say to each other.

use frame::{AdapterCard, BlockRange, FrameIndex, JobId, LeaseId, NodeId, TileIndex, TileRect};
use serde::{Deserialize, Serialize};

use super::job::{ORDER_BYTES_MAX, RESULT_KEY_BYTES_MAX};
use super::{Bounded, ObjectName, Opaque};

/// Largest signed node descriptor: identity, HPKE key, dates, signature.
pub const DESCRIPTOR_BYTES_MAX: usize = 4096;
/// Largest wrapped job key (X-Wing encapsulation, key list, tag, signature).
pub const WRAPPED_BYTES_MAX: usize = 8192;
/// Largest signed receipt.
pub const RECEIPT_BYTES_MAX: usize = 2048;
/// Largest statement that ties a per-job pseudonym to a node's identity.
pub const LINK_BYTES_MAX: usize = 512;
/// Most leases in one answer.
pub const LEASES_MAX: usize = 64;
/// Longest reason or other text for people, bytes of UTF-8.
pub const TEXT_BYTES_MAX: usize = 256;
/// Longest time that a request may ask to be kept waiting, milliseconds.
pub const WAIT_MS_MAX: u32 = 20_000;

/// A node offers itself; repeated whenever anything in it changes and after every reconnection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// Signed descriptor with the node's HPKE key; artists check it, the coordinator passes it on.
    pub descriptor: Opaque<DESCRIPTOR_BYTES_MAX>,
    /// What it renders on.
    pub adapter: AdapterCard,
    /// Graphics memory that its owner lends, MiB.
    pub memory_mib: u32,
    /// Lowest price, micro-credits per million samples.
    pub price: u64,
    /// Program version, for people.
    pub version: String,
}

/// A node asks for work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pull {
    /// How many more leases it can hold now.
    pub capacity: u32,
    /// How long the answer may be kept back until there is work, at most [`WAIT_MS_MAX`].
    pub wait_ms: u32,
}

/// Permission to render one piece; its id is the fencing token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    /// Name of this permission; never used twice.
    pub lease: LeaseId,
    /// The job it belongs to.
    pub job: JobId,
    /// Frame to render.
    pub frame: FrameIndex,
    /// Tile of the frame.
    pub tile: TileIndex,
    /// The tile's pixels, without margin.
    pub rect: TileRect,
    /// Blocks to render, lowest first; a heartbeat's answer may shorten them from above.
    pub blocks: BlockRange,
    /// The lease lapses this long after the last heartbeat.
    pub lapses_ms: u32,
    /// How often the coordinator wants a heartbeat.
    pub heartbeat_ms: u32,
    /// Manifest of the frame's sealed bundle.
    pub manifest: ObjectName,
}

/// What a node needs to work for a job, asked for once with [`super::Request::OpenJob`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobTerms {
    /// Whose job it is.
    pub artist: NodeId,
    /// Job key, wrapped by the artist for this node.
    pub wrapped: Opaque<WRAPPED_BYTES_MAX>,
    /// Sealed settings.
    pub order: Opaque<ORDER_BYTES_MAX>,
    /// Public key to which results are sealed.
    pub result_key: Opaque<RESULT_KEY_BYTES_MAX>,
    /// Samples per pixel that the job pays for; a node compares them with those that the order asks for.
    pub spp: u32,
}

/// A node is alive and at work on a lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heartbeat {
    /// Which lease.
    pub lease: LeaseId,
    /// Blocks finished or begun, counted from the lease's first. These are never taken away.
    pub blocks_begun: u32,
}

/// Whether to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Beat {
    /// Go on; the lease now covers these blocks, which may be fewer than before.
    GoOn {
        /// What is still wanted.
        blocks: BlockRange,
        /// The lease lapses this long after this answer.
        lapses_ms: u32,
    },
    /// The work is somebody else's now, or nobody's. Stop; a finished result may still be committed.
    Lost,
}

/// A sealed picture of unfinished work; the coordinator may drop it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preview {
    /// Which lease.
    pub lease: LeaseId,
    /// Which of its blocks are in it.
    pub blocks: BlockRange,
    /// The stored ciphertext.
    pub object: ObjectName,
}

/// Finished work: first stored as an object, then committed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Commit {
    /// Which lease.
    pub lease: LeaseId,
    /// The blocks in the result: the lease's range as last told, or its first ones, which hands the rest back.
    pub blocks: BlockRange,
    /// The stored ciphertext of the result.
    pub result: ObjectName,
    /// Receipt, signed under the node's pseudonym for this job.
    pub receipt: Opaque<RECEIPT_BYTES_MAX>,
    /// Statement that ties the pseudonym to the node's identity; only on the ledger, never in a picture.
    pub link: Opaque<LINK_BYTES_MAX>,
}

/// A lease that a node gives back unfinished.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// Which lease.
    pub lease: LeaseId,
    /// Whose fault.
    pub kind: FailureKind,
    /// For people, at most [`TEXT_BYTES_MAX`] bytes.
    pub reason: String,
}

/// Why a lease comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FailureKind {
    /// The owner wants the machine back, or the node is leaving: no fault at all. Who does nothing else is left out for a while.
    Handback,
    /// The node could not do it (memory, lost device, stopped renderer).
    Node,
    /// The job cannot be done (missing or damaged bundle, wrong key): counts against the job as well, which ends when enough nodes say so.
    Job,
}

/// What a node earned, micro-credits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Earnings {
    /// Delivered and not yet accepted.
    pub held: u64,
    /// Accepted and not yet paid out.
    pub posted: u64,
    /// Paid out.
    pub paid: u64,
}

/// One line of a statement: one lease's pay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatementLine {
    /// Position in the ledger; ascending.
    pub index: u64,
    /// When it was committed, milliseconds since 1970.
    pub committed_ms: u64,
    /// Which job.
    pub job: JobId,
    /// Which lease.
    pub lease: LeaseId,
    /// Pixels times samples.
    pub samples: u64,
    /// Micro-credits per million samples.
    pub price: u64,
    /// Micro-credits.
    pub amount: u64,
    /// What became of it.
    pub state: PayState,
}

/// Where a lease's pay stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PayState {
    /// Waiting for the artist's verdict.
    Held,
    /// The node's.
    Posted,
    /// Taken back: the work was refused.
    Void,
}

/// Part of a statement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement {
    /// Ascending by index.
    pub lines: Bounded<StatementLine, 1024>,
    /// Ask from here for the rest; `None` when this is the end.
    pub next: Option<u64>,
}
