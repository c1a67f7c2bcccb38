//! Artists who do not come back.

use super::*;
use crate::wire::{Event, Follow};

const HOUR_MS: u64 = 3_600_000;
const DAY_HOURS: u64 = 24;

/// Hours of a coordinator that runs.
fn hours(bench: &mut Bench<'_>, hours: u64) {
    for _ in 0..hours {
        bench.wait(HOUR_MS);
    }
}

fn follow(bench: &mut Bench<'_>) -> Vec<Event> {
    match bench.ask(ARTIST, Request::Follow(Follow { job: JOB, since: 0, wait_ms: 0 })) {
        Response::Events(events) => events.events.into_vec(),
        other => panic!("events expected, not {other:?}"),
    }
}

#[test]
fn a_job_whose_artist_is_gone_is_stopped_and_what_was_delivered_is_paid() {
    on_every_store(|store| {
        let mut bench = Bench::new(store);
        bench.wait(0);
        let node = bench.node(1, 1000);
        bench.post(JOB, 64, 16);
        bench.admit(JOB, node);
        let done = bench.pull(node, 1).remove(0);
        bench.commit(node, &done);
        hours(&mut bench, 14 * DAY_HOURS - 1);
        assert_eq!(bench.card().state, JobState::Active);
        let running = bench.pull(node, 1).remove(0);
        hours(&mut bench, 1);
        assert_eq!(bench.card().state, JobState::Cancelled);
        assert!(bench.pull(node, 4).is_empty());
        assert_eq!(bench.commit(node, &running), Response::Refused(Refusal::JobEnded));
        let pay = 32 * 32 * 16 * 1000 / 1_000_000;
        assert_eq!(bench.earnings(node), Earnings { held: 0, posted: pay, paid: 0 });
        let Response::Balance(balance) = bench.ask(ARTIST, Request::Balance) else { panic!("a balance") };
        assert_eq!((balance.escrow, balance.available), (0, Terms::default().opening_credit - pay));
        assert!(Market::unsettled(bench.store).expect("reads").contains(&ARTIST), "what is paid is kept");
        let told = follow(&mut bench).into_iter().find_map(|event| match event {
            Event::Cancelled { reason } => Some(reason),
            _ => None,
        });
        assert_eq!(told.as_deref(), Some("its artist gave no sign for 14 days"));
        hours(&mut bench, 14 * DAY_HOURS - 1);
        assert!(Market::unsettled(bench.store).expect("reads").contains(&ARTIST), "for as long again");
        hours(&mut bench, 1);
        assert!(Market::unsettled(bench.store).expect("reads").is_empty(), "its scene need not be kept");
    });
}

#[test]
fn every_sign_of_the_artist_begins_the_time_anew_and_nobody_elses_does() {
    let mut store = MemoryStore::new();
    let mut bench = Bench::new(&mut store);
    bench.wait(0);
    let node = bench.node(1, 1000);
    bench.post(JOB, 64, 16);
    bench.admit(JOB, node);
    let lease = bench.pull(node, 1).remove(0);
    bench.commit(node, &lease);
    let signs: [&dyn Fn(&mut Bench<'_>); 4] = [
        &|bench| assert!(!follow(bench).is_empty()),
        &|bench| assert_eq!(bench.verdict(lease.lease, true), Response::Done),
        &|bench| assert!(matches!(bench.ask(ARTIST, Request::Candidates(JOB)), Response::Candidates(_))),
        &|bench| bench.post(JOB, 64, 16),
    ];
    for (at, sign) in signs.into_iter().enumerate() {
        hours(&mut bench, 13 * DAY_HOURS);
        assert_eq!(bench.card().state, JobState::Active, "before sign {at}");
        sign(&mut bench);
    }
    hours(&mut bench, 13 * DAY_HOURS);
    let stranger = NodeId([9; 32]);
    let asked = bench.ask(stranger, Request::Follow(Follow { job: JOB, since: 0, wait_ms: 0 }));
    assert_eq!(asked, Response::Refused(Refusal::NoSuchJob));
    bench.pull(node, 1);
    hours(&mut bench, DAY_HOURS);
    assert_eq!(bench.card().state, JobState::Cancelled);
}

#[test]
fn while_the_coordinator_is_off_nobody_is_absent() {
    let mut store = MemoryStore::new();
    let mut bench = Bench::new(&mut store);
    bench.wait(0);
    bench.post(JOB, 64, 16);
    hours(&mut bench, 2);
    bench.wait(100 * DAY_HOURS * HOUR_MS);
    assert_eq!(bench.card().state, JobState::Active);
    // What its hourly look missed is two hours at most.
    hours(&mut bench, 14 * DAY_HOURS - 5);
    assert_eq!(bench.card().state, JobState::Active);
    hours(&mut bench, 5);
    assert_eq!(bench.card().state, JobState::Cancelled);
}
