//! The store in one SQLite file: nothing to install, and a `kill -9` or power cut loses nothing that was committed.
//!
//! WAL with `synchronous=FULL`, so a commit is one fsync; the coordinator commits many requests at once. Every
//! transaction is `BEGIN IMMEDIATE` and the file is locked to this process: one writer, no upgrade deadlocks.
//! Source: sqlite.org, "Write-Ahead Logging" and "PRAGMA synchronous".

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OptionalExtension, TransactionBehavior, params};

use super::layout::{LAYOUT, lacking, name};
use super::{Record, Records, Store, StoreFault, Table, Transaction};

/// Records in an SQLite file.
#[derive(Debug)]
pub struct SqliteStore {
    connection: Connection,
}

impl SqliteStore {
    /// Opens the file, or makes it. One process at a time.
    pub fn open(path: &Path) -> Result<Self, StoreFault> {
        let connection = Connection::open(path)?;
        connection.busy_timeout(Duration::from_millis(500))?;
        connection.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.set_prepared_statement_cache_capacity(128);
        let layout: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
        match lacking(layout) {
            Some(_) if layout == LAYOUT => {}
            Some(tables) => Self::lay_out(&connection, tables)?,
            None => return Err(StoreFault::Layout { theirs: layout, ours: LAYOUT }),
        }
        Ok(Self { connection })
    }

    /// Adds these tables to what there is.
    fn lay_out(connection: &Connection, tables: &[Table]) -> Result<(), StoreFault> {
        let mut statements = String::from("BEGIN IMMEDIATE;");
        for table in tables {
            let name = name(*table);
            statements +=
                &format!("CREATE TABLE {name} (key BLOB PRIMARY KEY, body BLOB NOT NULL) WITHOUT ROWID;");
        }
        statements += &format!("PRAGMA user_version = {LAYOUT}; COMMIT;");
        Ok(connection.execute_batch(&statements)?)
    }
}

impl Store for SqliteStore {
    fn begin(&mut self) -> Result<Box<dyn Transaction + '_>, StoreFault> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.prepare_cached("SAVEPOINT step")?.execute([])?;
        Ok(Box::new(SqliteTransaction { transaction }))
    }
}

struct SqliteTransaction<'a> {
    transaction: rusqlite::Transaction<'a>,
}

impl Records for SqliteTransaction<'_> {
    fn read(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreFault> {
        let sql = format!("SELECT body FROM {} WHERE key = ?1", name(table));
        let mut statement = self.transaction.prepare_cached(&sql)?;
        Ok(statement.query_row([key], |row| row.get(0)).optional()?)
    }

    fn write(&mut self, table: Table, key: &[u8], body: &[u8]) -> Result<(), StoreFault> {
        let sql = format!("INSERT OR REPLACE INTO {} (key, body) VALUES (?1, ?2)", name(table));
        self.transaction.prepare_cached(&sql)?.execute([key, body])?;
        Ok(())
    }

    fn remove(&mut self, table: Table, key: &[u8]) -> Result<(), StoreFault> {
        let sql = format!("DELETE FROM {} WHERE key = ?1", name(table));
        self.transaction.prepare_cached(&sql)?.execute([key])?;
        Ok(())
    }

    fn scan(&self, table: Table, from: &[u8], to: &[u8], max: usize) -> Result<Vec<Record>, StoreFault> {
        let sql = format!(
            "SELECT key, body FROM {} WHERE key >= ?1 AND key < ?2 ORDER BY key LIMIT ?3",
            name(table)
        );
        let mut statement = self.transaction.prepare_cached(&sql)?;
        let limit = i64::try_from(max).unwrap_or(i64::MAX);
        let rows = statement.query_map(params![from, to, limit], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

impl Transaction for SqliteTransaction<'_> {
    fn mark(&mut self) -> Result<(), StoreFault> {
        self.transaction.prepare_cached("RELEASE step")?.execute([])?;
        self.transaction.prepare_cached("SAVEPOINT step")?.execute([])?;
        Ok(())
    }

    fn undo(&mut self) -> Result<(), StoreFault> {
        self.transaction.prepare_cached("ROLLBACK TO step")?.execute([])?;
        Ok(())
    }

    fn commit(self: Box<Self>) -> Result<(), StoreFault> {
        Ok(self.transaction.commit()?)
    }
}

impl From<rusqlite::Error> for StoreFault {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => StoreFault::NoRoom,
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StoreFault::InUse,
            _ => StoreFault::Database(error.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::layout::TABLES;

    #[test]
    fn a_store_of_an_earlier_layout_gets_the_tables_that_it_lacks_and_keeps_the_rest() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("store");
        let mut store = SqliteStore::open(&path).expect("made");
        let mut change = store.begin().expect("begins");
        change.write(Table::Counter, b"c", b"5").expect("written");
        change.commit().expect("durable");
        drop(store);
        for layout in 2..=LAYOUT {
            let mut store = SqliteStore::open(&path).expect("brought up to date");
            let mut change = store.begin().expect("begins");
            assert_eq!(change.read(Table::Counter, b"c").expect("reads"), Some(b"5".to_vec()));
            for table in TABLES {
                change.read(table, b"v").expect("there is a table");
            }
            change.write(Table::Counter, b"c", b"5").expect("written");
            drop(change);
            // As an earlier program wrote it.
            let drop = |table: &Table| format!("DROP TABLE {};", name(*table));
            let tables: String = lacking(layout).expect("one of ours").iter().map(drop).collect();
            let earlier = format!("{tables} PRAGMA user_version = {layout};");
            store.connection.execute_batch(&earlier).expect("taken back");
        }
        let store = SqliteStore::open(&path).expect("opens");
        store.connection.pragma_update(None, "user_version", 9).expect("set");
        drop(store);
        assert!(matches!(SqliteStore::open(&path), Err(StoreFault::Layout { theirs: 9, ours: LAYOUT })));
    }
}
