use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::*;
use crate::store::layout::{LAYOUT, TABLES, lacking, name};
use crate::store::throwaway_postgres::{PASSWORD, Server, fresh_schema, shared};
use crate::store::{Table, after};

fn address(server: &Server, schema: &str) -> PostgresAddress {
    PostgresAddress::parse(&server.address(schema), None).expect("an address")
}

fn open(server: &Server, schema: &str) -> PostgresStore {
    PostgresStore::open(&address(server, schema)).expect("opens")
}

fn put(store: &mut PostgresStore, key: &[u8], body: &[u8]) -> Result<(), StoreFault> {
    let mut transaction = store.begin()?;
    transaction.write(Table::Job, key, body)?;
    transaction.commit()
}

fn value(store: &mut PostgresStore, key: &[u8]) -> Result<Option<Vec<u8>>, StoreFault> {
    store.begin()?.read(Table::Job, key)
}

/// Runs something as the server's owner.
fn administer(server: &Server, statements: &str) {
    let store = open(server, "administration");
    store.wait(async |session| session.run(statements).await).expect("the owner may");
}

#[test]
fn of_two_that_change_the_same_record_one_is_refused_and_wins_when_it_begins_again() {
    let Some(server) = shared() else { return };
    let schema = fresh_schema();
    let (mut one, mut two) = (open(server, &schema), open(server, &schema));
    put(&mut one, b"count", b"1").expect("nobody else is there");
    let mut first = one.begin().expect("begins");
    let mut second = two.begin().expect("is not kept out");
    for transaction in [&mut first, &mut second] {
        assert_eq!(transaction.read(Table::Job, b"count").expect("reads"), Some(b"1".to_vec()));
    }
    first.write(Table::Job, b"count", b"2").expect("writes");
    second.write(Table::Job, b"count", b"3").expect("writes");
    first.commit().expect("was first");
    assert!(matches!(second.commit(), Err(StoreFault::Conflict)));
    assert_eq!(value(&mut one, b"count").expect("reads"), Some(b"2".to_vec()));
    let mut again = two.begin().expect("begins again");
    assert_eq!(again.read(Table::Job, b"count").expect("reads"), Some(b"2".to_vec()));
    again.write(Table::Job, b"count", b"3").expect("writes");
    again.commit().expect("alone this time");
}

#[test]
fn decisions_on_what_the_other_is_changing_are_refused() {
    let Some(server) = shared() else { return };
    // Write skew: each looks whether nobody has the place, by a key and by a range, and takes it under a name of its own.
    for by_range in [false, true] {
        let schema = fresh_schema();
        let (mut one, mut two) = (open(server, &schema), open(server, &schema));
        let mut first = one.begin().expect("begins");
        let mut second = two.begin().expect("begins");
        let (here, there) = (&[u8::from(by_range), 1], &[u8::from(by_range), 2]);
        for (transaction, own, other) in [(&mut first, here, there), (&mut second, there, here)] {
            let found = match by_range {
                true => transaction.scan(Table::Node, &own[..1], &after(&own[..1]), 9).expect("scans").len(),
                false => transaction.read(Table::Node, other).expect("reads").iter().len(),
            };
            assert_eq!(found, 0);
            transaction.write(Table::Node, own, b"mine").expect("writes");
        }
        let ended = [first.commit(), second.commit()];
        assert!(matches!(ended, [Ok(()), Err(StoreFault::Conflict)]), "{ended:?}");
    }
}

#[test]
fn two_stores_that_count_at_the_same_time_lose_nothing() {
    const EACH: u64 = 40;
    let Some(server) = shared() else { return };
    let schema = fresh_schema();
    let (refused, commits) = (AtomicU64::new(0), AtomicU64::new(0));
    let both_are_there = std::sync::Barrier::new(2);
    let count = || {
        let mut store = open(server, &schema);
        both_are_there.wait();
        for _ in 0..EACH {
            for attempt in 0.. {
                assert!(attempt < 3, "who was refused has a turn of its own");
                let counted = store.begin().and_then(|mut transaction| {
                    let before = transaction.read(Table::Counter, b"n")?.unwrap_or(vec![0; 8]);
                    let before = u64::from_be_bytes(before.try_into().expect("eight bytes"));
                    transaction.write(Table::Counter, b"n", &(before + 1).to_be_bytes())?;
                    transaction.commit()
                });
                match counted {
                    Ok(()) => break,
                    Err(StoreFault::Conflict) => refused.fetch_add(1, Ordering::Relaxed),
                    Err(fault) => panic!("{fault}"),
                };
            }
            commits.fetch_add(1, Ordering::Relaxed);
        }
    };
    std::thread::scope(|scope| (0..2).for_each(|_| drop(scope.spawn(count))));
    eprintln!("{} commits, {} refused on the way", commits.into_inner(), refused.into_inner());
    let mut store = open(server, &schema);
    let counted = store.begin().expect("begins").read(Table::Counter, b"n").expect("reads");
    assert_eq!(counted, Some((2 * EACH).to_be_bytes().to_vec()));
}

#[test]
fn who_waited_for_a_turn_in_vain_has_it_when_it_asks_again() {
    let Some(server) = shared() else { return };
    let schema = fresh_schema();
    let (mut slow, mut refused) = (open(server, &schema), open(server, &schema));
    refused.wait(async |session| session.run("SET lock_timeout = '50ms'").await).expect("it is set");
    refused.crowded = true;
    let under_way = slow.begin().expect("begins");
    assert!(matches!(refused.begin().map(drop), Err(StoreFault::Conflict)));
    drop(under_way);
    let turn = refused.begin().expect("nobody is in its way");
    slow.wait(async |session| session.run("SET lock_timeout = '50ms'").await).expect("it is set");
    assert!(matches!(slow.begin().map(drop), Err(StoreFault::Conflict)), "and it is alone");
    drop(turn);
}

#[test]
fn a_killed_connection_is_made_again_and_what_was_under_way_left_nothing() {
    let Some(server) = shared() else { return };
    let schema = fresh_schema();
    let text = format!("{}&application_name={schema}", server.address(&schema));
    let address = PostgresAddress::parse(&text, None).expect("an address");
    let mut store = PostgresStore::open(&address).expect("opens");
    put(&mut store, b"kept", b"1").expect("writes");
    let kill = format!(
        "DO $$ BEGIN ASSERT (SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
         WHERE application_name = '{schema}') = 1; END $$"
    );
    administer(server, &kill);
    put(&mut store, b"between", b"1").expect("nothing was under way: nobody notices");
    let mut transaction = store.begin().expect("begins");
    transaction.read(Table::Job, b"kept").expect("reads");
    transaction.write(Table::Job, b"lost", b"1").expect("writes");
    administer(server, &kill);
    let ended = transaction.commit();
    assert!(matches!(ended, Err(StoreFault::Away(_))), "{ended:?}");
    assert_eq!(value(&mut store, b"lost").expect("connects again"), None);
    assert_eq!(value(&mut store, b"between").expect("reads"), Some(b"1".to_vec()));
}

#[test]
fn a_server_that_stops_is_waited_for_and_keeps_what_was_committed_even_when_it_crashed() {
    let Some(server) = Server::start("-c fsync=on") else { return };
    let mut store = open(&server, "farm");
    for crash in [false, true] {
        let key = [u8::from(crash)];
        put(&mut store, &key, b"committed").expect("writes");
        server.stop(crash);
        for _ in 0..3 {
            let fault = put(&mut store, b"refused", b"1").expect_err("nobody is there");
            assert!(matches!(fault, StoreFault::Away(_)), "{fault:?}");
        }
        server.start_again();
        let began = Instant::now();
        while let Err(fault) = put(&mut store, b"after", b"1") {
            assert!(matches!(fault, StoreFault::Away(_)) && began.elapsed() < 2 * PAUSE_LAST, "{fault:?}");
            std::thread::sleep(Duration::from_millis(20));
        }
        assert_eq!(value(&mut store, &key).expect("reads"), Some(b"committed".to_vec()));
        assert_eq!(value(&mut store, b"refused").expect("reads"), None);
    }
}

#[test]
fn news_reach_others_when_they_are_durable_and_not_oneself() {
    let Some(server) = shared() else { return };
    let schema = fresh_schema();
    let (mut teller, hearer) = (open(server, &schema), open(server, &schema));
    let runtime = tokio::runtime::Runtime::new().expect("starts");
    let heard: [Arc<std::sync::Mutex<Vec<String>>>; 2] = Default::default();
    for (ear, heard) in [hearer.ear(), teller.ear()].into_iter().zip(&heard) {
        let heard = heard.clone();
        runtime.spawn(ear.listen(move |news| heard.lock().expect("no panic").push(news.to_owned())));
    }
    let began = Instant::now();
    // Until the ear is there to hear.
    while heard[0].lock().expect("no panic").is_empty() {
        assert!(began.elapsed() < Duration::from_secs(20), "nothing is heard");
        let mut given_up = teller.begin().expect("begins");
        given_up.announce("not durable");
        drop(given_up);
        let mut transaction = teller.begin().expect("begins");
        transaction.announce("work");
        transaction.announce("work");
        transaction.commit().expect("commits");
        std::thread::sleep(Duration::from_millis(50));
    }
    let heard = heard.map(|heard| heard.lock().expect("no panic").clone());
    assert!(heard[0].iter().all(|news| news == "work"), "{heard:?}");
    assert!(heard[1].is_empty(), "{heard:?}");
    runtime.shutdown_background();
}

#[test]
fn a_schema_of_an_earlier_layout_gets_its_tables_and_one_of_a_later_is_refused() {
    let Some(server) = shared() else { return };
    let schema = fresh_schema();
    let mut store = open(server, &schema);
    put(&mut store, b"kept", b"1").expect("writes");
    for layout in 2..LAYOUT {
        let of_later = lacking(layout).expect("one of ours").iter();
        let tables: Vec<String> = of_later.map(|table| format!("{schema}.{}", name(*table))).collect();
        let tables = tables.join(", ");
        administer(server, &format!("DROP TABLE {tables}; UPDATE {schema}.layout SET number = {layout}"));
        let mut store = open(server, &schema);
        let newest = *TABLES.last().expect("there are some");
        assert_eq!(store.begin().expect("begins").read(newest, b"v").expect("there is a table"), None);
        assert_eq!(value(&mut store, b"kept").expect("reads"), Some(b"1".to_vec()));
    }
    administer(server, &format!("UPDATE {schema}.layout SET number = 9"));
    let refused = PostgresStore::open(&address(server, &schema));
    assert!(matches!(refused, Err(StoreFault::Layout { theirs: 9, .. })), "{refused:?}");
}

#[test]
fn stores_that_are_opened_at_the_same_moment_make_one_schema() {
    let Some(server) = shared() else { return };
    let schema = fresh_schema();
    std::thread::scope(|scope| (0..4).for_each(|_| drop(scope.spawn(|| open(server, &schema)))));
}

#[test]
fn what_is_wrong_is_told_apart_and_no_text_holds_the_password() {
    let Some(server) = shared() else { return };
    administer(server, &format!("CREATE ROLE guest LOGIN PASSWORD '{PASSWORD}'"));
    let schema = fresh_schema();
    let right = server.address(&schema);
    let free = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    let silent = free.local_addr().expect("bound").port();
    drop(free);
    let nobody_there = format!("postgres://u:{PASSWORD}@127.0.0.1:{silent}/d");
    type IsExpected = fn(&StoreFault) -> bool;
    let cases: [(String, IsExpected); 7] = [
        (nobody_there, |fault| matches!(fault, StoreFault::Away(_))),
        (format!("postgres://u:{PASSWORD}@no-such-host.invalid/d?sslmode=disable"), |fault| {
            matches!(fault, StoreFault::Away(_))
        }),
        (server.address_for("tessera", "wrong", &schema), |fault| matches!(fault, StoreFault::Login)),
        (server.address_without_password(&schema), |fault| matches!(fault, StoreFault::Login)),
        (right.replace("/postgres?", "/none?"), |fault| matches!(fault, StoreFault::NoDatabase)),
        (server.address_for("guest", PASSWORD, &schema), |fault| matches!(fault, StoreFault::NoRight { .. })),
        (format!("{right}&sslmode=require"), |fault| matches!(fault, StoreFault::Unsafe(_))),
    ];
    for (text, is_expected) in cases {
        let address = PostgresAddress::parse(&text, None).expect("an address");
        let fault = PostgresStore::open(&address).expect_err("this is wrong");
        let said = format!("{fault} {fault:?} {address:?}");
        assert!(is_expected(&fault), "{said}");
        assert!(!said.contains(PASSWORD), "{said}");
        eprintln!("{fault}");
    }
    let store = open(server, &schema);
    assert!(!format!("{store:?} {:?}", store.ear()).contains(PASSWORD));
}

#[test]
fn the_servers_clock_is_what_coordinators_share() {
    let Some(server) = shared() else { return };
    let mut store = open(server, &fresh_schema());
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970");
    let told = store.shared_ms().expect("it tells").expect("it has a clock");
    assert!(told.abs_diff(since.as_millis() as u64) < 60_000, "both are this computer's");
}
