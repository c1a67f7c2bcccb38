//! A serialisable transaction on the server. It ends at once when it is dropped, so that it holds nobody up.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;

use super::PostgresStore;
use super::changes::Changes;
use super::session::Session;
use crate::store::{Record, Records, StoreFault, Table, Transaction};

/// A transaction that has begun on the store's session.
pub(super) struct PostgresTransaction<'a> {
    store: &'a mut PostgresStore,
    changes: RefCell<Changes>,
    news: BTreeSet<String>,
    standing: Cell<Standing>,
}

/// How the server sees the transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// It waits for more.
    Open,
    /// Another was before it: the next one is to go alone.
    Refused,
    /// Nobody knows: the connection is of no use any more.
    Lost,
    /// It is over.
    Done,
}

impl<'a> PostgresTransaction<'a> {
    pub(super) fn new(store: &'a mut PostgresStore) -> Self {
        Self {
            store,
            changes: RefCell::default(),
            news: BTreeSet::new(),
            standing: Cell::new(Standing::Open),
        }
    }

    fn wait<T>(&self, ask: impl AsyncFnOnce(&Session) -> Result<T, StoreFault>) -> Result<T, StoreFault> {
        let answer = self.store.wait(ask);
        match answer {
            Err(StoreFault::Conflict) => self.standing.set(Standing::Refused),
            Err(StoreFault::Away(_)) => self.standing.set(Standing::Lost),
            _ => {}
        }
        answer
    }
}

impl Records for PostgresTransaction<'_> {
    fn read(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreFault> {
        if let Some(body) = self.changes.borrow().known(table, key) {
            return Ok(body);
        }
        let body = self.wait(async |session| session.read(table, key).await)?;
        self.changes.borrow_mut().saw(table, key, &body);
        Ok(body)
    }

    fn write(&mut self, table: Table, key: &[u8], body: &[u8]) -> Result<(), StoreFault> {
        self.changes.get_mut().change(table, key, Some(body.to_vec()));
        Ok(())
    }

    fn remove(&mut self, table: Table, key: &[u8]) -> Result<(), StoreFault> {
        self.changes.get_mut().change(table, key, None);
        Ok(())
    }

    fn scan(&self, table: Table, from: &[u8], to: &[u8], max: usize) -> Result<Vec<Record>, StoreFault> {
        if from >= to {
            return Ok(Vec::new());
        }
        let asked = self.changes.borrow().to_ask(table, from, to, max);
        if !self.changes.borrow().has_scan(table, from, to, asked) {
            let records = self.wait(async |session| session.scan(table, from, to, asked).await)?;
            self.changes.borrow_mut().scanned(table, from, to, asked, records);
        }
        Ok(self.changes.borrow().first(table, from, to, max))
    }
}

impl Transaction for PostgresTransaction<'_> {
    fn mark(&mut self) -> Result<(), StoreFault> {
        self.changes.get_mut().mark();
        Ok(())
    }

    fn undo(&mut self) -> Result<(), StoreFault> {
        self.changes.get_mut().undo();
        Ok(())
    }

    fn announce(&mut self, news: &str) {
        self.news.insert(self.store.signed(news));
    }

    fn commit(mut self: Box<Self>) -> Result<(), StoreFault> {
        let changes = self.changes.get_mut().take_changed();
        let news: Vec<String> = std::mem::take(&mut self.news).into_iter().collect();
        self.wait(async |session| {
            if !changes.is_empty() || !news.is_empty() {
                session.send(changes, news).await?;
            }
            // Only now: a statement that failed would turn it into the transaction's undoing, without a word.
            session.run("COMMIT").await
        })?;
        self.standing.set(Standing::Done);
        Ok(())
    }
}

impl Drop for PostgresTransaction<'_> {
    fn drop(&mut self) {
        let standing = self.standing.get();
        self.store.crowded |= standing == Standing::Refused;
        let free = match standing {
            Standing::Done => true,
            Standing::Lost => false,
            Standing::Open | Standing::Refused => {
                self.store.wait(async |session| session.run("ROLLBACK").await).is_ok()
            }
        };
        if !free {
            self.store.session = None;
        }
    }
}
