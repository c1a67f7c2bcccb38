//! A store in memory: for tests, simulation, and a coordinator that lives as long as one render.

use std::collections::BTreeMap;
use std::ops::Bound;

use super::{Record, Records, Store, StoreFault, Table, Transaction};

/// Records in ordered maps; nothing survives the process.
#[derive(Clone, Debug, Default)]
pub struct MemoryStore {
    tables: BTreeMap<Table, BTreeMap<Vec<u8>, Vec<u8>>>,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    fn replace(&mut self, table: Table, key: &[u8], body: Option<Vec<u8>>) -> Option<Vec<u8>> {
        let records = self.tables.entry(table).or_default();
        match body {
            Some(body) => records.insert(key.to_vec(), body),
            None => records.remove(key),
        }
    }
}

impl Store for MemoryStore {
    fn begin(&mut self) -> Result<Box<dyn Transaction + '_>, StoreFault> {
        Ok(Box::new(MemoryTransaction { store: self, undo: Vec::new(), mark: 0 }))
    }
}

struct MemoryTransaction<'a> {
    store: &'a mut MemoryStore,
    undo: Vec<(Table, Vec<u8>, Option<Vec<u8>>)>,
    mark: usize,
}

impl MemoryTransaction<'_> {
    fn change(&mut self, table: Table, key: &[u8], body: Option<Vec<u8>>) {
        let before = self.store.replace(table, key, body);
        self.undo.push((table, key.to_vec(), before));
    }

    fn undo_to(&mut self, length: usize) {
        for (table, key, before) in self.undo.drain(length..).rev() {
            self.store.replace(table, &key, before);
        }
    }
}

impl Records for MemoryTransaction<'_> {
    fn read(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreFault> {
        Ok(self.store.tables.get(&table).and_then(|records| records.get(key)).cloned())
    }

    fn write(&mut self, table: Table, key: &[u8], body: &[u8]) -> Result<(), StoreFault> {
        self.change(table, key, Some(body.to_vec()));
        Ok(())
    }

    fn remove(&mut self, table: Table, key: &[u8]) -> Result<(), StoreFault> {
        self.change(table, key, None);
        Ok(())
    }

    fn scan(&self, table: Table, from: &[u8], to: &[u8], max: usize) -> Result<Vec<Record>, StoreFault> {
        if from >= to {
            return Ok(Vec::new());
        }
        let range = (Bound::Included(from), Bound::Excluded(to));
        let records = self.store.tables.get(&table).into_iter();
        let found = records.flat_map(|records| records.range::<[u8], _>(range));
        Ok(found.take(max).map(|(key, body)| (key.clone(), body.clone())).collect())
    }
}

impl Transaction for MemoryTransaction<'_> {
    fn mark(&mut self) -> Result<(), StoreFault> {
        self.mark = self.undo.len();
        Ok(())
    }

    fn undo(&mut self) -> Result<(), StoreFault> {
        self.undo_to(self.mark);
        Ok(())
    }

    fn commit(mut self: Box<Self>) -> Result<(), StoreFault> {
        self.undo.clear();
        Ok(())
    }
}

impl Drop for MemoryTransaction<'_> {
    fn drop(&mut self) {
        self.undo_to(0);
    }
}
