//! Where a coordinator's rows are kept, and opening that.

use std::path::Path;

use crate::market::Market;
use crate::store::{Ear, MemoryStore, PostgresAddress, PostgresStore, SqliteStore, Store, StoreFault};

/// Where the coordinator's rows are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Keep {
    /// In `DATA/coordinator.sqlite`: survives restarts and crashes.
    Sqlite,
    /// In a PostgreSQL database, which several coordinators may share.
    Postgres(Box<PostgresAddress>),
    /// In memory: for a coordinator that lives as long as one render.
    Memory,
}

/// What was opened.
pub(super) struct Kept {
    pub(super) store: Box<dyn Store>,
    /// The latest time that its rows tell of.
    pub(super) noted_ms: Option<u64>,
    /// Now, by the clock of all who share it.
    pub(super) shared_ms: Option<u64>,
    /// What hears the others.
    pub(super) ear: Option<Ear>,
}

impl Keep {
    /// Opens the store. A server is waited for, which asynchronous code must not do itself.
    pub(super) async fn open(self, data: &Path) -> Result<Kept, StoreFault> {
        let data = data.to_owned();
        let opened = tokio::task::spawn_blocking(move || self.open_here(&data)).await;
        opened.unwrap_or_else(|fault| Err(StoreFault::Database(fault.to_string())))
    }

    fn open_here(self, data: &Path) -> Result<Kept, StoreFault> {
        let (mut store, ear): (Box<dyn Store>, Option<Ear>) = match self {
            Keep::Sqlite => (Box::new(SqliteStore::open(&data.join("coordinator.sqlite"))?), None),
            Keep::Memory => (Box::new(MemoryStore::new()), None),
            Keep::Postgres(address) => {
                let store = PostgresStore::open(&address)?;
                let ear = store.ear();
                (Box::new(store), Some(ear))
            }
        };
        let noted_ms = Market::noted_ms(&mut *store)?;
        let shared_ms = store.shared_ms()?;
        Ok(Kept { store, noted_ms, shared_ms, ear })
    }
}
