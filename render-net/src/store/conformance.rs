//! What every store must do, run on every store there is.

use proptest::prelude::*;

use super::*;

fn every_store(check: impl Fn(&mut dyn Store)) {
    check(&mut MemoryStore::new());
    let folder = tempfile::tempdir().expect("temporary folder");
    check(&mut SqliteStore::open(&folder.path().join("store.sqlite")).expect("opens"));
    if let Some(mut store) = on_postgres() {
        check(&mut store);
    }
}

/// A store in a schema of its own; `None` where there is no server.
pub(crate) fn on_postgres() -> Option<PostgresStore> {
    let address = throwaway_postgres::shared()?.address(&throwaway_postgres::fresh_schema());
    let address = PostgresAddress::parse(&address, None).expect("an address");
    Some(PostgresStore::open(&address).expect("opens"))
}

fn all(records: &dyn Records, table: Table) -> Vec<Record> {
    records.scan(table, &[], &after(&[]), usize::MAX).expect("scans")
}

#[test]
fn a_dropped_transaction_leaves_nothing() {
    every_store(|store| {
        let mut first = store.begin().expect("begins");
        first.write(Table::Job, b"kept", b"1").expect("writes");
        first.commit().expect("commits");
        let mut second = store.begin().expect("begins");
        second.write(Table::Job, b"lost", b"2").expect("writes");
        second.remove(Table::Job, b"kept").expect("removes");
        drop(second);
        let third = store.begin().expect("begins");
        assert_eq!(all(&*third, Table::Job), [(b"kept".to_vec(), b"1".to_vec())]);
    });
}

#[test]
fn undo_goes_back_to_the_last_mark_only() {
    every_store(|store| {
        let mut transaction = store.begin().expect("begins");
        transaction.mark().expect("marks");
        transaction.write(Table::Node, b"a", b"1").expect("writes");
        transaction.mark().expect("marks");
        transaction.write(Table::Node, b"a", b"2").expect("writes");
        transaction.write(Table::Node, b"b", b"2").expect("writes");
        transaction.undo().expect("undoes");
        transaction.write(Table::Node, b"c", b"3").expect("writes");
        transaction.commit().expect("commits");
        let keys = [(b"a".to_vec(), b"1".to_vec()), (b"c".to_vec(), b"3".to_vec())];
        assert_eq!(all(&*store.begin().expect("begins"), Table::Node), keys);
    });
}

#[test]
fn scans_are_ordered_bounded_and_keep_tables_apart() {
    every_store(|store| {
        let mut transaction = store.begin().expect("begins");
        for number in [300u64, 2, 70_000, 1] {
            transaction.write(Table::Lapse, &Key::new().u64(number), b"").expect("writes");
        }
        transaction.write(Table::Open, &Key::new().u64(3), b"").expect("writes");
        let (from, to) = (Key::new().u64(2), Key::new().u64(70_000));
        let found = transaction.scan(Table::Lapse, &from, &to, 10).expect("scans");
        let numbers: Vec<_> = found.iter().filter_map(|(key, _)| key::last_u64(key)).collect();
        assert_eq!(numbers, [2, 300]);
        assert_eq!(transaction.scan(Table::Lapse, &from, &to, 1).expect("scans").len(), 1);
        assert!(transaction.scan(Table::Lapse, &to, &from, 9).expect("scans").is_empty());
    });
}

#[test]
fn a_reopened_file_has_what_was_committed_and_is_locked_meanwhile() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let path = folder.path().join("store.sqlite");
    let mut store = SqliteStore::open(&path).expect("opens");
    let mut transaction = store.begin().expect("begins");
    transaction.write(Table::Job, b"a", b"1").expect("writes");
    transaction.commit().expect("commits");
    assert!(matches!(SqliteStore::open(&path), Err(StoreFault::InUse)));
    drop(store);
    let mut store = SqliteStore::open(&path).expect("opens again");
    assert_eq!(store.begin().expect("begins").read(Table::Job, b"a").expect("reads"), Some(b"1".to_vec()));
}

#[test]
fn what_was_read_before_a_change_is_read_as_changed_and_as_it_was_after_an_undo() {
    every_store(|store| {
        let mut transaction = store.begin().expect("begins");
        assert_eq!(transaction.read(Table::Job, b"a").expect("reads"), None);
        assert!(all(&*transaction, Table::Job).is_empty());
        transaction.mark().expect("marks");
        transaction.write(Table::Job, b"a", b"1").expect("writes");
        assert_eq!(transaction.read(Table::Job, b"a").expect("reads"), Some(b"1".to_vec()));
        assert_eq!(all(&*transaction, Table::Job).len(), 1);
        transaction.undo().expect("undoes");
        assert_eq!(transaction.read(Table::Job, b"a").expect("reads"), None);
        assert!(all(&*transaction, Table::Job).is_empty());
        transaction.announce("nothing that matters");
        transaction.commit().expect("commits");
    });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn all_stores_tell_the_same_story(steps in proptest::collection::vec((0u8..5, 0u8..6, any::<u8>()), 1..80)) {
        let folder = tempfile::tempdir().expect("temporary folder");
        let mut sqlite = SqliteStore::open(&folder.path().join("s.sqlite")).expect("opens");
        let mut memory = MemoryStore::new();
        let run = |store: &mut dyn Store| {
            let mut transaction = store.begin().expect("begins");
            for &(what, key, body) in &steps {
                match what {
                    0 | 1 => transaction.write(Table::Tile, &[key], &[body]),
                    2 => transaction.remove(Table::Tile, &[key]),
                    3 => transaction.mark(),
                    _ => transaction.undo(),
                }.expect("works");
            }
            all(&*transaction, Table::Tile)
        };
        let story = run(&mut memory);
        prop_assert_eq!(&story, &run(&mut sqlite));
        if let Some(mut postgres) = on_postgres() {
            prop_assert_eq!(&story, &run(&mut postgres));
        }
    }
}
