//! The store in a PostgreSQL database: several coordinators may share it, and a dead one's work goes on at the others.
//!
//! Every transaction is SERIALIZABLE: what the market decides on cannot have changed when its decision is written. Two that
//! cannot be put into an order end with one of them refused ([`StoreFault::Conflict`]), which then has a turn of its own, so nobody loses twice
//! in a row. A lost connection is made again by itself. The one thread that uses the store waits for the server here; a runtime of its own
//! moves the bytes, so it may not be called from asynchronous code. Why: `docs/decisions/0017-coordinators-may-share-a-database.md`.
//! Source: postgresql.org, "Serializable Isolation Level", "Explicit Locking", "NOTIFY"; Ports and Grittner, "Serializable Snapshot
//! Isolation in PostgreSQL", 2012.

mod address;
mod changes;
mod fault;
mod listen;
mod schema;
mod session;
mod transaction;

use std::fmt;
use std::time::{Duration, Instant};

use tokio::runtime::Runtime;

use super::{Store, StoreFault, Transaction};
pub use address::{PostgresAddress, PostgresAddressFault};
pub use listen::Ear;
use session::Session;
use transaction::PostgresTransaction;

/// Pauses before a lost connection is made again.
const PAUSE_FIRST: Duration = Duration::from_millis(100);
const PAUSE_LAST: Duration = Duration::from_secs(5);

/// Records in a PostgreSQL database.
pub struct PostgresStore {
    address: PostgresAddress,
    /// Told from others by those who hear its news.
    sign: String,
    /// Moves the bytes while the store waits; taken when the store is dropped.
    runtime: Option<Runtime>,
    session: Option<Session>,
    /// The last transaction was refused: the next one goes alone.
    crowded: bool,
    /// When to connect again, and what kept us from it.
    paused: Option<(Instant, String)>,
    pause: Duration,
}

impl PostgresStore {
    /// Connects, and makes or brings up to date what is missing in the schema. Not to be called from asynchronous code.
    ///
    /// # Errors
    /// Each of [`StoreFault`]'s that a server can cause.
    pub fn open(address: &PostgresAddress) -> Result<Self, StoreFault> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| StoreFault::Database(error.to_string()))?;
        let mut sign = [0; 8];
        getrandom::fill(&mut sign).map_err(|error| StoreFault::Database(error.to_string()))?;
        let mut store = Self {
            address: address.clone(),
            sign: format!("{:016x}", u64::from_be_bytes(sign)),
            runtime: Some(runtime),
            session: None,
            crowded: false,
            paused: None,
            pause: PAUSE_FIRST,
        };
        store.connect()?;
        store.wait(async |session| schema::prepare(session, &address.schema).await)?;
        Ok(store)
    }

    /// Hears the news of all who share the database but this store.
    pub fn ear(&self) -> Ear {
        Ear::new(self.address.clone(), self.sign.clone())
    }

    /// Connects, unless that failed a moment ago.
    fn connect(&mut self) -> Result<(), StoreFault> {
        if let Some((until, why)) = &self.paused
            && Instant::now() < *until
        {
            return Err(StoreFault::Away(why.clone()));
        }
        match self.runtime()?.block_on(Session::connect(&self.address)) {
            Ok(session) => {
                self.session = Some(session);
                self.paused = None;
                self.pause = PAUSE_FIRST;
                Ok(())
            }
            Err(fault) => {
                if let StoreFault::Away(why) = &fault {
                    self.paused = Some((Instant::now() + self.pause, why.clone()));
                    self.pause = (self.pause * 2).min(PAUSE_LAST);
                }
                Err(fault)
            }
        }
    }

    /// Begins a transaction on the server, on a connection that stands.
    fn begin_there(&mut self) -> Result<(), StoreFault> {
        if self.session.as_ref().is_none_or(Session::is_closed) {
            self.connect()?;
        }
        // All who begin share a lock; who was refused waits until it has the lock alone, which makes sure of its turn. The lock
        // comes before the first look at any record, and what is seen is what stands then.
        let alone = std::mem::take(&mut self.crowded);
        let mode = if alone { "EXCLUSIVE" } else { "ROW SHARE" };
        let begin = format!(
            "BEGIN ISOLATION LEVEL SERIALIZABLE; LOCK TABLE {} IN {mode} MODE",
            schema::turns(&self.address.schema)
        );
        let begun = self.wait(async |session| session.run(&begin).await);
        match begun {
            Err(StoreFault::Away(_)) => self.session = None,
            Err(_) => {
                // The others took longer than it may wait: its turn is still to come.
                self.crowded = alone;
                self.give_up();
            }
            Ok(()) => {}
        }
        begun
    }

    /// Ends whatever has begun.
    fn give_up(&mut self) {
        if self.wait(async |session| session.run("ROLLBACK").await).is_err() {
            self.session = None;
        }
    }

    fn wait<T>(&self, ask: impl AsyncFnOnce(&Session) -> Result<T, StoreFault>) -> Result<T, StoreFault> {
        let session = self.session.as_ref().ok_or_else(|| StoreFault::Away("it is gone".to_owned()))?;
        self.runtime()?.block_on(ask(session))
    }

    fn runtime(&self) -> Result<&Runtime, StoreFault> {
        self.runtime.as_ref().ok_or_else(|| StoreFault::Away("the store was closed".to_owned()))
    }

    /// News under this store's sign.
    fn signed(&self, news: &str) -> String {
        format!("{} {news}", self.sign)
    }
}

impl Store for PostgresStore {
    fn begin(&mut self) -> Result<Box<dyn Transaction + '_>, StoreFault> {
        let fresh = self.session.is_none();
        match self.begin_there() {
            // A connection that ended while nothing was under way is nobody's loss.
            Err(StoreFault::Away(_)) if !fresh => self.begin_there()?,
            begun => begun?,
        }
        Ok(Box::new(PostgresTransaction::new(self)))
    }

    fn shared_ms(&mut self) -> Result<Option<u64>, StoreFault> {
        if self.session.as_ref().is_none_or(Session::is_closed) {
            self.connect()?;
        }
        let now = "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint";
        let now_ms = self.wait(async |session| session.ask(now).await)?;
        Ok(now_ms.and_then(|now_ms| u64::try_from(now_ms).ok()))
    }
}

impl Drop for PostgresStore {
    fn drop(&mut self) {
        self.session = None;
        // Waiting for it is forbidden where a store is dropped by asynchronous code.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// Where it is, without a password.
impl fmt::Debug for PostgresStore {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("PostgresStore").field("address", &self.address).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
