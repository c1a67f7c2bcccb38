//! What a transaction has changed and seen so far, kept here until it commits.
//!
//! A serialisable transaction sees one moment of the database and its own changes, so what it has read stays as it was, and what it
//! writes need not be sent before the end: the server checks it then. That saves a round trip for every write, mark, undo and
//! second look. Nothing outlives its transaction.

use std::collections::BTreeMap;

use crate::store::{Record, Table};

type Place = (Table, Vec<u8>);
/// What stands, or is to stand, at a place; `None` = nothing.
type Body = Option<Vec<u8>>;

/// A transaction's own changes and what it has read.
#[derive(Debug, Default)]
pub(super) struct Changes {
    changed: BTreeMap<Place, Body>,
    /// What each change replaced, in order, to take it back; `None` = no change before it.
    replaced: Vec<(Place, Option<Body>)>,
    mark: usize,
    seen: BTreeMap<Place, Body>,
    scans: BTreeMap<(Table, Vec<u8>, Vec<u8>), Scan>,
}

/// The first records of a range, as the database has them.
#[derive(Debug)]
struct Scan {
    records: Vec<Record>,
    /// How many were asked for.
    max: usize,
}

/// What one table is to become.
#[derive(Debug, Default)]
pub(super) struct TableChanges {
    pub(super) keys: Vec<Vec<u8>>,
    pub(super) bodies: Vec<Vec<u8>>,
    pub(super) removed: Vec<Vec<u8>>,
}

impl Changes {
    /// What is known to stand at a place; `None` = it has to be asked for.
    pub(super) fn known(&self, table: Table, key: &[u8]) -> Option<Body> {
        let place = (table, key.to_vec());
        self.changed.get(&place).or_else(|| self.seen.get(&place)).cloned()
    }

    /// The database has this there.
    pub(super) fn saw(&mut self, table: Table, key: &[u8], body: &Body) {
        self.seen.insert((table, key.to_vec()), body.clone());
    }

    /// How many records have to be asked for so that the first `max` of a range are found, own changes included.
    pub(super) fn to_ask(&self, table: Table, from: &[u8], to: &[u8], max: usize) -> usize {
        let removed = self.between(table, from, to).filter(|(_, body)| body.is_none()).count();
        max.saturating_add(removed)
    }

    /// Whether a scan was made before that serves.
    pub(super) fn has_scan(&self, table: Table, from: &[u8], to: &[u8], max: usize) -> bool {
        let scan = self.scans.get(&(table, from.to_vec(), to.to_vec()));
        scan.is_some_and(|scan| scan.max >= max || scan.records.len() < scan.max)
    }

    /// The database has these as the first `max` of the range.
    pub(super) fn scanned(&mut self, table: Table, from: &[u8], to: &[u8], max: usize, records: Vec<Record>) {
        self.scans.insert((table, from.to_vec(), to.to_vec()), Scan { records, max });
    }

    /// The first `max` of a range that was scanned far enough, own changes included.
    pub(super) fn first(&self, table: Table, from: &[u8], to: &[u8], max: usize) -> Vec<Record> {
        let scan = self.scans.get(&(table, from.to_vec(), to.to_vec()));
        let records = scan.map_or(&[][..], |scan| &scan.records);
        let mut found: BTreeMap<&[u8], &[u8]> =
            records.iter().map(|(key, body)| (key.as_slice(), body.as_slice())).collect();
        for (key, body) in self.between(table, from, to) {
            match body {
                Some(body) => drop(found.insert(key, body)),
                None => drop(found.remove(key)),
            }
        }
        found.into_iter().take(max).map(|(key, body)| (key.to_vec(), body.to_vec())).collect()
    }

    /// Something is to stand at a place, or nothing.
    pub(super) fn change(&mut self, table: Table, key: &[u8], body: Body) {
        let place = (table, key.to_vec());
        let before = self.changed.insert(place.clone(), body);
        self.replaced.push((place, before));
    }

    pub(super) fn mark(&mut self) {
        self.mark = self.replaced.len();
    }

    pub(super) fn undo(&mut self) {
        for (place, before) in self.replaced.drain(self.mark..).rev() {
            match before {
                Some(before) => drop(self.changed.insert(place, before)),
                None => drop(self.changed.remove(&place)),
            }
        }
    }

    /// What has to be sent, table by table; what would change nothing that was seen is left out.
    pub(super) fn take_changed(&mut self) -> BTreeMap<Table, TableChanges> {
        let mut tables: BTreeMap<Table, TableChanges> = BTreeMap::new();
        for (place, body) in std::mem::take(&mut self.changed) {
            if self.seen.get(&place) == Some(&body) {
                continue;
            }
            let (table, key) = place;
            let changes = tables.entry(table).or_default();
            match body {
                Some(body) => {
                    changes.keys.push(key);
                    changes.bodies.push(body);
                }
                None => changes.removed.push(key),
            }
        }
        tables
    }

    fn between<'a>(
        &'a self,
        table: Table,
        from: &[u8],
        to: &'a [u8],
    ) -> impl Iterator<Item = (&'a [u8], &'a Body)> {
        let begin = (table, from.to_vec());
        let there = self
            .changed
            .range(begin..)
            .take_while(move |((other, key), _)| *other == table && key.as_slice() < to);
        there.map(|((_, key), body)| (key.as_slice(), body))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(records: &[Record]) -> Vec<u8> {
        records.iter().map(|(key, _)| key[0]).collect()
    }

    #[test]
    fn a_range_is_the_databases_with_the_own_changes_and_never_too_short() {
        let (table, from, to) = (Table::Job, [0].as_slice(), [9].as_slice());
        let mut changes = Changes::default();
        changes.change(table, &[2], None);
        changes.change(table, &[4], Some(vec![1]));
        changes.change(Table::Node, &[3], Some(vec![1]));
        assert_eq!(changes.to_ask(table, from, to, 2), 3);
        changes.scanned(table, from, to, 3, [1, 2, 6].map(|key| (vec![key], vec![])).into());
        assert_eq!(keys(&changes.first(table, from, to, 2)), [1, 4]);
        assert!(changes.has_scan(table, from, to, 3) && !changes.has_scan(table, from, to, 4));
        changes.scanned(table, from, to, 9, [1, 2, 6].map(|key| (vec![key], vec![])).into());
        assert!(changes.has_scan(table, from, to, 1000), "there are no more");
        assert!(changes.first(table, to, from, 9).is_empty());
    }

    #[test]
    fn what_changes_nothing_is_not_sent() {
        let mut changes = Changes::default();
        changes.saw(Table::Job, &[1], &Some(vec![7]));
        changes.saw(Table::Job, &[2], &None);
        changes.change(Table::Job, &[1], None);
        changes.change(Table::Job, &[1], Some(vec![7]));
        changes.change(Table::Job, &[2], None);
        changes.change(Table::Job, &[3], None);
        let sent = changes.take_changed();
        assert!(sent[&Table::Job].keys.is_empty());
        assert_eq!(sent[&Table::Job].removed, [[3]]);
    }
}
