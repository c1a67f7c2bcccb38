//! What whoever runs a market reads of it: counts of what happened, and how it stands.

use super::*;
use crate::wire::Pause;

/// Samples of the one tile times the node's price.
const PAY: u64 = 32 * 32 * 16 * 1000 / 1_000_000;

fn counts(effects: &[Effect]) -> Vec<Count> {
    let counted = |effect: &Effect| if let Effect::Counted(count) = effect { Some(*count) } else { None };
    effects.iter().filter_map(counted).collect()
}

fn census(bench: &mut Bench<'_>) -> Census {
    Market::census(bench.store).expect("the store works")
}

/// Asks for work and gets the job's one block.
fn lease(bench: &mut Bench<'_>, node: NodeId) -> Lease {
    let effects = bench.effects(node, Request::Pull(Pull { capacity: 1, wait_ms: 0 }));
    assert_eq!(counts(&effects), [Count::LeaseGranted]);
    let mut leases = effects.into_iter().filter_map(|effect| match effect {
        Effect::Answer(Response::Leases(leases)) => leases.first().cloned(),
        _ => None,
    });
    leases.next().expect("there is work")
}

fn verdict(lease: &Lease, good: bool) -> Request {
    Request::Verdict(Box::new(Verdict { lease: lease.lease, good, countersigned: Opaque::default() }))
}

#[test]
fn everything_is_counted_once_from_a_jobs_post_to_its_end() {
    on_every_store(|store| {
        let mut bench = Bench::new(store);
        let node = bench.node(1, 1000);
        let posting = Request::PostJob(Box::new(post(JOB, 32, 16)));
        assert_eq!(counts(&bench.effects(ARTIST, posting.clone())), [Count::JobPosted]);
        assert_eq!(counts(&bench.effects(ARTIST, posting)), [], "it is the same job");
        bench.admit(JOB, node);
        let queued = Census { jobs: 1, blocks_queued: 1, ..Census::default() };
        assert_eq!(census(&mut bench), queued);

        for (is_paused, now) in [
            (true, Census { jobs: 1, jobs_paused: 1, blocks_paused: 1, ..Census::default() }),
            (false, queued),
        ] {
            bench.effects(ARTIST, Request::Pause(Pause { job: JOB, is_paused }));
            assert_eq!(census(&mut bench), now);
        }

        lease(&mut bench, node);
        let leased = Census { jobs: 1, blocks_leased: 1, leases: 1, ..Census::default() };
        assert_eq!(census(&mut bench), leased);
        bench.now_ms += 60_000;
        let told = bench.market.act(bench.store, bench.now_ms, &[Input::Tick]).expect("the store works");
        assert_eq!((counts(&told[0]), census(&mut bench)), (vec![Count::LeaseLapsed], queued));

        bench.now_ms += 60_000;
        let refused = lease(&mut bench, node);
        let commit = Request::Commit(Box::new(result(&refused)));
        assert_eq!(counts(&bench.effects(node, commit.clone())), [Count::ResultDelivered(PAY)]);
        assert_eq!(counts(&bench.effects(node, commit)), [], "it is the same result");
        let delivered = Census { jobs: 1, blocks_delivered: 1, ..Census::default() };
        assert_eq!(census(&mut bench), delivered);
        assert_eq!(counts(&bench.effects(ARTIST, verdict(&refused, false))), [Count::ResultRefused(PAY)]);
        assert_eq!(census(&mut bench), queued);

        bench.now_ms += 60_000;
        let accepted = lease(&mut bench, node);
        bench.effects(node, Request::Commit(Box::new(result(&accepted))));
        let told = counts(&bench.effects(ARTIST, verdict(&accepted, true)));
        assert_eq!(told, [Count::ResultAccepted(PAY), Count::JobDone]);
        assert_eq!(counts(&bench.effects(ARTIST, verdict(&accepted, true))), []);
        assert_eq!(census(&mut bench), Census::default(), "ended jobs are not counted");
    });
}

#[test]
fn a_job_that_is_stopped_and_leases_that_nodes_end_are_counted_once() {
    let mut store = MemoryStore::new();
    let mut bench = Bench::new(&mut store);
    let node = bench.node(1, 1000);
    bench.post(JOB, 32, 16);
    bench.admit(JOB, node);
    for (kind, count) in
        [(FailureKind::Handback, Count::LeaseGivenBack), (FailureKind::Node, Count::LeaseFailed)]
    {
        let lease = lease(&mut bench, node).lease;
        let failure = Request::Fail(Failure { lease, kind, reason: String::new() });
        assert_eq!(counts(&bench.effects(node, failure.clone())), [count]);
        assert_eq!(counts(&bench.effects(node, failure)), [], "it is over");
        bench.now_ms += 60_000;
    }
    lease(&mut bench, node);
    assert_eq!(counts(&bench.effects(node, Request::Leave)), [Count::LeaseGivenBack]);
    assert_eq!(counts(&bench.effects(ARTIST, Request::Cancel(JOB))), [Count::JobStopped]);
    assert_eq!(counts(&bench.effects(ARTIST, Request::Cancel(JOB))), []);
}

#[test]
fn a_refused_request_counts_nothing() {
    let mut store = MemoryStore::new();
    let mut bench = Bench::with(&mut store, Terms { opening_credit: 1, ..Terms::default() });
    let effects = bench.effects(ARTIST, Request::PostJob(Box::new(post(JOB, 32, 16))));
    assert!(
        matches!(effects[..], [Effect::Answer(Response::Refused(Refusal::Credit { .. }))]),
        "{effects:?}"
    );
}
