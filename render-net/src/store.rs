//! Where the coordinator's truth lives: ordered records in tables, changed in transactions.
//!
//! The market's logic (`crate::market`) and the ledger decide on records read inside the very transaction that
//! writes their decision, so there is no truth in memory to lose: killing the coordinator at any point and opening
//! the store again continues. A store knows no market rule; it must only be atomic, durable and ordered, and
//! one conformance suite holds every store to that. Why this cut: `docs/decisions/0001-market-and-store.md`.

#[cfg(test)]
pub(crate) mod conformance;
pub(crate) mod key;
mod layout;
mod memory;
mod postgres;
pub(crate) mod row;
mod sqlite;
#[cfg(test)]
#[path = "../../tests/src/throwaway_postgres.rs"]
pub(crate) mod throwaway_postgres;

pub use key::{Key, after};
pub use memory::MemoryStore;
pub use postgres::{Ear, PostgresAddress, PostgresAddressFault, PostgresStore};
pub use sqlite::SqliteStore;

/// A kind of record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Table {
    /// Jobs by id.
    Job,
    /// A job's frames: number and manifest.
    Frame,
    /// Jobs being worked on, least served first.
    Active,
    /// An artist's jobs, newest first.
    ArtistJob,
    /// Nodes by id.
    Node,
    /// Nodes that asked for work and got none.
    Waiting,
    /// Job keys by job and node.
    JobKey,
    /// Nodes whose job key the artist has yet to give.
    Awaiting,
    /// Which blocks of a tile are whose.
    Tile,
    /// Tiles with blocks that came back, in the order in which they are wanted.
    Open,
    /// Leases by id.
    Lease,
    /// A node's running leases.
    NodeLease,
    /// A job's running leases.
    JobLease,
    /// Running leases by the time at which they lapse.
    Lapse,
    /// Committed work by the time at which it counts as accepted.
    VerdictDue,
    /// What happened to a job.
    Journal,
    /// Ledger accounts.
    Account,
    /// Ledger transfers by id.
    Transfer,
    /// Ledger transfers in the order they were written.
    LedgerLine,
    /// What became of a held transfer.
    Resolved,
    /// A node's pay, line by line.
    PayLine,
    /// Single numbers: the next lease, the time, how long artists have been absent.
    Counter,
    /// Jobs at which others may look on.
    View,
    /// What speaks against a job, and against a node in a job.
    Blame,
    /// Referees by id: how something is sealed to them.
    Referee,
    /// Who judges what is refused in a job.
    Referral,
    /// What a node delivered in a job with a referee, until it is settled.
    Evidence,
    /// What waits for a referee, oldest first.
    Dispute,
    /// Referees without one of whom a node does not work.
    Demand,
    /// What referees found of a node's work, until the node has it too.
    Ruling,
}

/// The store could not do it; the transaction left no trace.
#[derive(Debug, thiserror::Error)]
pub enum StoreFault {
    /// The disk is full.
    #[error("the disk is full")]
    NoRoom,
    /// A record does not read back.
    #[error("a record of table {0:?} is damaged")]
    Damaged(Table),
    /// The store was written by another version.
    #[error(
        "the store has layout {theirs}, this program layout {ours}: use the version of the program that wrote it"
    )]
    Layout {
        /// What is stored.
        theirs: i64,
        /// What this program writes.
        ours: i64,
    },
    /// Another process holds the store.
    #[error("another coordinator is using this folder: stop it, or give this one another")]
    InUse,
    /// Somebody else changed the same records meanwhile: the same transaction, begun again, may go through.
    #[error("another coordinator changed the same records at the same time: try again")]
    Conflict,
    /// The database server does not answer, now. What was being committed may have happened or not; the store connects again by itself.
    #[error("the database server does not answer ({0}): check that it runs and that its address is right")]
    Away(String),
    /// The server does not let this user in.
    #[error(
        "the database server refuses the login: check the user in its address, and the password in PGPASSWORD"
    )]
    Login,
    /// The server cannot be spoken with in secret, or is not who it should be.
    #[error(
        "no safe connection to the database server ({0}): check its certificate, name its roots in SSL_CERT_FILE, or choose another sslmode in its address"
    )]
    Unsafe(String),
    /// The server has no such database.
    #[error("the server has no database of this name: choose another, or have it made with `createdb`")]
    NoDatabase,
    /// The user may not make or use the tables.
    #[error(
        "the database's user may not make or use the schema \"{schema}\": choose another user, or let its owner run GRANT CREATE ON DATABASE"
    )]
    NoRight {
        /// Where the tables are.
        schema: String,
    },
    /// Anything else.
    #[error("the database failed: {0}")]
    Database(String),
}

/// Records as one transaction sees them, its own changes included.
pub trait Records {
    /// The record with this key.
    fn read(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreFault>;

    /// Writes or replaces a record.
    fn write(&mut self, table: Table, key: &[u8], body: &[u8]) -> Result<(), StoreFault>;

    /// Removes a record if it is there.
    fn remove(&mut self, table: Table, key: &[u8]) -> Result<(), StoreFault>;

    /// The first `max` records with `from <= key < to`, ascending by key, bytes compared as numbers.
    fn scan(&self, table: Table, from: &[u8], to: &[u8], max: usize) -> Result<Vec<Record>, StoreFault>;
}

/// Key and body.
pub type Record = (Vec<u8>, Vec<u8>);

/// Changes that happen wholly or not at all; dropping it undoes everything.
pub trait Transaction: Records {
    /// Sets the point to which [`Self::undo`] returns; before the first, that is the beginning.
    fn mark(&mut self) -> Result<(), StoreFault>;

    /// Undoes everything since the last [`Self::mark`].
    fn undo(&mut self) -> Result<(), StoreFault>;

    /// Once the changes are durable, tells this to all who have the store open elsewhere. A hint: it may be lost.
    fn announce(&mut self, _news: &str) {}

    /// Makes the changes durable: after this returns they survive a crash.
    fn commit(self: Box<Self>) -> Result<(), StoreFault>;
}

/// A place for records, with one writer at a time in each process; where several processes may have it open, transactions that
/// cannot be put into an order end with [`StoreFault::Conflict`].
pub trait Store: Send {
    /// Milliseconds since 1970 by a clock that all who have the store open share; `None` where nobody else does.
    ///
    /// # Errors
    /// The store's.
    fn shared_ms(&mut self) -> Result<Option<u64>, StoreFault> {
        Ok(None)
    }

    /// Begins a transaction that sees all committed ones and no others.
    fn begin(&mut self) -> Result<Box<dyn Transaction + '_>, StoreFault>;
}
