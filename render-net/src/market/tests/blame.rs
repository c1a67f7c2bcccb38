//! Nodes that hold work without doing it, jobs that cannot be done, and time that is not what it was.

use super::*;
use crate::wire::{Event, Follow};

fn events(bench: &mut Bench<'_>) -> Vec<Event> {
    match bench.ask(ARTIST, Request::Follow(Follow { job: JOB, since: 0, wait_ms: 0 })) {
        Response::Events(events) => events.events.into_vec(),
        other => panic!("events expected, not {other:?}"),
    }
}

fn fail(bench: &mut Bench<'_>, node: NodeId, lease: LeaseId, kind: FailureKind) {
    let failure = Failure { lease, kind, reason: "the object is not stored".into() };
    assert_eq!(bench.ask(node, Request::Fail(failure)), Response::Done);
}

/// Asks for a lease, past the time in which others are asked first.
fn pull_later(bench: &mut Bench<'_>, node: NodeId) -> Option<Lease> {
    bench.wait(Terms::default().shun_ms + 1_000);
    bench.pull(node, 1).pop()
}

#[test]
fn a_node_that_lets_begun_work_stall_three_times_gets_no_more_until_it_is_forgotten() {
    let mut store = MemoryStore::new();
    let mut bench = Bench::new(&mut store);
    let hostage_taker = bench.node(1, 1000);
    bench.post(JOB, 32, 16);
    bench.admit(JOB, hostage_taker);
    for _ in 0..3 {
        let lease = pull_later(&mut bench, hostage_taker).expect("not yet out");
        let begun = bench.now_ms;
        bench.ask(hostage_taker, beat(lease.lease, lease.blocks.count));
        while bench.now_ms < begun + Terms::default().stall_ms {
            bench.wait(Terms::default().lapse_ms / 2);
            // It claims that every block is begun, so that none can be taken from it.
            bench.ask(hostage_taker, beat(lease.lease, lease.blocks.count));
        }
        assert_eq!(bench.ask(hostage_taker, beat(lease.lease, 1)), Response::Beat(Beat::Lost));
    }
    assert_eq!(pull_later(&mut bench, hostage_taker), None, "it had its chances");
    let honest = bench.node(2, 1000);
    bench.admit(JOB, honest);
    assert_eq!(bench.pull(honest, 1).len(), 1);
    bench.ask(honest, Request::Leave);
    bench.wait(3_600_000);
    assert_eq!(bench.pull(hostage_taker, 1).len(), 1, "bad luck is forgotten");
}

#[test]
fn a_node_that_only_hands_back_is_left_out_and_one_that_delivers_between_is_not() {
    for delivers in [false, true] {
        let mut store = MemoryStore::new();
        let mut bench = Bench::new(&mut store);
        let node = bench.node(1, 1000);
        bench.post(JOB, 320, 16);
        bench.admit(JOB, node);
        let mut handed_back = 0;
        for _ in 0..40 {
            let Some(lease) = pull_later(&mut bench, node) else { break };
            fail(&mut bench, node, lease.lease, FailureKind::Handback);
            handed_back += 1;
            if delivers && handed_back % 4 == 0 {
                let lease = pull_later(&mut bench, node).expect("it delivers");
                bench.commit(node, &lease);
            }
        }
        assert_eq!(handed_back, if delivers { 40 } else { 12 });
    }
}

#[test]
fn work_that_came_back_is_not_counted_as_service() {
    let mut store = MemoryStore::new();
    let mut bench = Bench::new(&mut store);
    let (node, other) = (bench.node(1, 1000), JobId([2; 16]));
    bench.post(JOB, 320, 16);
    bench.post(other, 320, 16);
    bench.admit(JOB, node);
    bench.admit(other, node);
    let mut served = BTreeMap::new();
    for turn in 0..40 {
        bench.now_ms += 11_000;
        for lease in bench.pull(node, 1) {
            // Every fourth piece of the first job comes back.
            if lease.job == JOB && turn % 4 == 0 {
                fail(&mut bench, node, lease.lease, FailureKind::Handback);
            } else {
                *served.entry(lease.job).or_insert(0) += 1;
                bench.commit(node, &lease);
            }
        }
    }
    let counts: Vec<i32> = served.values().copied().collect();
    assert!(counts.len() == 2 && (counts[0] - counts[1]).abs() <= 2, "{counts:?}");
}

#[test]
fn a_job_that_three_nodes_cannot_render_is_stopped_and_one_nodes_word_is_not_enough() {
    on_every_store(|store| {
        let mut bench = Bench::new(store);
        bench.post(JOB, 320, 16);
        let nodes = [1, 2, 3].map(|number| bench.node(number, 1000));
        for (at, node) in nodes.into_iter().enumerate() {
            bench.admit(JOB, node);
            for _ in 0..if at == 2 { 1 } else { 3 } {
                assert_eq!(bench.card().state, JobState::Active, "after {at} nodes");
                let lease = pull_later(&mut bench, node).expect("it may try again");
                fail(&mut bench, node, lease.lease, FailureKind::Job);
            }
        }
        assert_eq!(bench.card().state, JobState::Cancelled);
        let stopped = events(&mut bench).into_iter().any(
            |event| matches!(event, Event::Cancelled { reason } if reason.contains("cannot be rendered")),
        );
        assert!(stopped);
    });
}

#[test]
fn the_limit_of_an_artists_leases_counts_all_jobs_together() {
    let mut store = MemoryStore::new();
    let mut bench = Bench::with(&mut store, Terms { artist_leases_max: 3, ..Terms::default() });
    let other = JobId([2; 16]);
    bench.post(JOB, 320, 16);
    bench.post(other, 320, 16);
    let nodes = [1, 2, 3].map(|number| bench.node(number, 1000));
    for node in nodes {
        assert!(bench.pull(node, 1).is_empty(), "it has no key");
    }
    for (node, job) in nodes.into_iter().flat_map(|node| [(node, JOB), (node, other)]) {
        let (descriptor, wrapped) = (descriptor_name(node.0[0]), Some(Opaque::default()));
        let gift = KeyGift { job, node, descriptor, wrapped };
        assert_eq!(bench.ask(ARTIST, Request::GiveKey(Box::new(gift))), Response::Done);
    }
    let leases = nodes.map(|node| bench.pull(node, 2).len());
    assert_eq!(leases, [2, 1, 0]);
    let open = |bench: &mut Bench<'_>| {
        let rows = bench.store.begin().expect("begins");
        rows.scan(crate::store::Table::Lapse, &[], &crate::store::after(&[]), 100).expect("scans").len()
    };
    assert_eq!(open(&mut bench), 3);
}

#[test]
fn time_that_went_back_takes_no_lease_and_panics_nowhere() {
    on_every_store(|store| {
        let mut bench = Bench::new(store);
        let (one, two) = (bench.node(1, 1000), bench.node(2, 1000));
        bench.post(JOB, 32, 16 * 9);
        bench.admit(JOB, one);
        let probe = bench.pull(one, 1).remove(0);
        bench.now_ms += 800;
        bench.commit(one, &probe);
        let lease = bench.pull(one, 1).remove(0);
        bench.admit(JOB, two);
        // A driver starts from the later of the two; the rules do not rely on it.
        bench.now_ms -= 500_000;
        let _ = bench.pull(two, 1);
        bench.ask(one, beat(lease.lease, 2));
        bench.wait(1);
        let latest = Market::noted_ms(bench.store).expect("reads").expect("noted");
        assert!(latest >= 1_000_000, "{latest}");
    });
}

#[test]
fn a_result_is_the_artists_once_delivered_and_spare_once_the_artist_has_it() {
    let mut store = MemoryStore::new();
    let mut bench = Bench::new(&mut store);
    let node = bench.node(1, 1000);
    bench.post(JOB, 64, 16);
    bench.admit(JOB, node);
    let effects = |bench: &mut Bench<'_>, peer, request| {
        let inputs = [Input::Asked(peer, request)];
        bench.market.act(bench.store, bench.now_ms, &inputs).expect("the store works").remove(0)
    };
    assert!(Market::unsettled(bench.store).expect("reads").contains(&ARTIST));
    let leases = bench.pull(node, 2);
    let name = |lease: &Lease| ObjectName::of(&lease.lease.0.to_le_bytes());
    for lease in &leases {
        let told = effects(&mut bench, node, Request::Commit(Box::new(result(lease))));
        let delivered = Effect::Delivered { result: name(lease), node, artist: ARTIST };
        assert!(told.contains(&delivered), "{told:?}");
    }
    let words = Opaque::new(vec![1]).expect("short");
    let judge = |lease: &Lease, good| {
        Request::Verdict(Box::new(Verdict { lease: lease.lease, good, countersigned: words.clone() }))
    };
    let told = effects(&mut bench, ARTIST, judge(&leases[0], true));
    assert!(told.contains(&Effect::Spare(name(&leases[0]))), "{told:?}");
    // Accepted because nobody said anything: the artist may not have it.
    bench.wait(Terms::default().verdict_ms);
    for is_new in [true, false] {
        let told = effects(&mut bench, ARTIST, judge(&leases[1], true));
        assert_eq!(told.contains(&Effect::Spare(name(&leases[1]))), is_new);
        let heard = events(&mut bench).into_iter().filter(
            |event| matches!(event, Event::Accepted { lease, automatic: false } if *lease == leases[1].lease),
        );
        assert_eq!(heard.count(), 1, "said once");
    }
}
