use std::collections::BTreeMap;

use frame::{AdapterCard, AdapterClass, BlockRange, FrameSize, LeaseId};

use super::*;
use crate::store::{MemoryStore, SqliteStore};
use crate::wire::{
    Beat, Bounded, Commit, Earnings, Failure, FailureKind, Heartbeat, JobCard, JobPost, JobShape, JobState,
    KeyGift, Lease, ObjectName, Offer, Opaque, Pull, ShapeDraft, Verdict,
};

mod absence;
mod blame;
mod counted;
mod dispute;
mod pausing;
mod quoting;
mod viewing;
mod whole_tiles;

const ARTIST: NodeId = NodeId([200; 32]);
const JOB: JobId = JobId([1; 16]);

/// A market with a clock that the test moves.
struct Bench<'a> {
    store: &'a mut dyn Store,
    market: Market,
    now_ms: u64,
}

impl<'a> Bench<'a> {
    fn new(store: &'a mut dyn Store) -> Self {
        Self::with(store, Terms::default())
    }

    fn with(store: &'a mut dyn Store, terms: Terms) -> Self {
        Self { store, market: Market::new(terms), now_ms: 1_000_000 }
    }

    fn effects(&mut self, peer: NodeId, request: Request) -> Vec<Effect> {
        let inputs = [Input::Asked(peer, request)];
        let effects = self.market.act(self.store, self.now_ms, &inputs).expect("the store works").remove(0);
        audit(&mut *self.store.begin().expect("begins")).expect("healthy after every request");
        effects
    }

    fn ask(&mut self, peer: NodeId, request: Request) -> Response {
        let answer = self.effects(peer, request).into_iter().find_map(|effect| match effect {
            Effect::Answer(response) => Some(response),
            _ => None,
        });
        answer.expect("every request is answered")
    }

    fn wait(&mut self, ms: u64) {
        self.now_ms += ms;
        self.market.act(self.store, self.now_ms, &[Input::Tick]).expect("the store works");
        audit(&mut *self.store.begin().expect("begins")).expect("healthy after every tick");
    }

    fn node(&mut self, number: u8, price: u64) -> NodeId {
        let node = NodeId([number; 32]);
        assert_eq!(self.ask(node, Request::Register(Box::new(offer(number, price)))), Response::Done);
        node
    }

    fn post(&mut self, job: JobId, size: u32, spp: u32) {
        assert_eq!(self.ask(ARTIST, Request::PostJob(Box::new(post(job, size, spp)))), Response::Done);
    }

    /// Lets the node be seen and gives it the key.
    fn admit(&mut self, job: JobId, node: NodeId) {
        self.pull(node, 1);
        let gift =
            KeyGift { job, node, descriptor: descriptor_name(node.0[0]), wrapped: Some(Opaque::default()) };
        assert_eq!(self.ask(ARTIST, Request::GiveKey(Box::new(gift))), Response::Done);
    }

    fn pull(&mut self, node: NodeId, capacity: u32) -> Vec<Lease> {
        match self.ask(node, Request::Pull(Pull { capacity, wait_ms: 0 })) {
            Response::Leases(leases) => leases.into_vec(),
            other => panic!("leases expected, not {other:?}"),
        }
    }

    fn commit(&mut self, node: NodeId, lease: &Lease) -> Response {
        self.ask(node, Request::Commit(Box::new(result(lease))))
    }

    fn verdict(&mut self, lease: LeaseId, good: bool) -> Response {
        let verdict = Verdict { lease, good, countersigned: Opaque::default() };
        self.ask(ARTIST, Request::Verdict(Box::new(verdict)))
    }

    fn card(&mut self) -> JobCard {
        match self.ask(ARTIST, Request::Jobs) {
            Response::Jobs(jobs) => *jobs.iter().find(|card| card.job == JOB).expect("posted"),
            other => panic!("jobs expected, not {other:?}"),
        }
    }

    fn earnings(&mut self, node: NodeId) -> Earnings {
        match self.ask(node, Request::Earnings) {
            Response::Earnings(earnings) => earnings,
            other => panic!("earnings expected, not {other:?}"),
        }
    }
}

fn offer(number: u8, price: u64) -> Offer {
    Offer {
        descriptor: Bounded::cut(vec![number; 8]),
        adapter: AdapterCard {
            name: "flat".into(),
            backend: "none".into(),
            driver: String::new(),
            class: AdapterClass::Other,
        },
        memory_mib: 1024,
        price,
        version: "1".into(),
    }
}

fn descriptor_name(number: u8) -> ObjectName {
    ObjectName::of(&[number; 8])
}

fn post(job: JobId, size: u32, spp: u32) -> JobPost {
    let size = FrameSize::new(size, size).expect("in range");
    let draft = ShapeDraft { size, edge_px: 32, spp, frames: Bounded::cut(vec![4]), whole_tiles: false };
    JobPost {
        job,
        shape: JobShape::new(draft).expect("valid"),
        result_key: Opaque::default(),
        order: Opaque::default(),
        manifests: Bounded::cut(vec![ObjectName([3; 32])]),
        price_max: 2000,
        memory_mib: 512,
        nodes_allowed: Bounded::default(),
    }
}

fn result(lease: &Lease) -> Commit {
    Commit {
        lease: lease.lease,
        blocks: lease.blocks,
        result: ObjectName::of(&lease.lease.0.to_le_bytes()),
        receipt: Opaque::default(),
        link: Opaque::default(),
    }
}

fn beat(lease: LeaseId, blocks_begun: u32) -> Request {
    Request::Heartbeat(Heartbeat { lease, blocks_begun })
}

fn on_every_store(check: impl Fn(&mut dyn Store)) {
    check(&mut MemoryStore::new());
    let folder = tempfile::tempdir().expect("temporary folder");
    check(&mut SqliteStore::open(&folder.path().join("store.sqlite")).expect("opens"));
    if let Some(mut store) = crate::store::conformance::on_postgres() {
        check(&mut store);
    }
}

#[test]
fn a_job_is_worked_on_accepted_and_paid_once() {
    on_every_store(|store| {
        let mut bench = Bench::new(store);
        let node = bench.node(1, 1000);
        bench.post(JOB, 64, 48);
        bench.admit(JOB, node);
        let mut leases = Vec::new();
        while bench.card().blocks_committed < 12 {
            bench.now_ms += 500;
            for lease in bench.pull(node, 4) {
                assert!(matches!(bench.commit(node, &lease), Response::Committed { .. }));
                leases.push(lease);
            }
        }
        let whole = 64 * 64 * 48 * 1000 / 1_000_000;
        let held = bench.earnings(node).held;
        assert!(held <= whole && held + leases.len() as u64 > whole, "{held} of {whole}");
        for lease in &leases {
            assert_eq!(bench.commit(node, lease), bench.commit(node, lease));
            assert_eq!(bench.verdict(lease.lease, true), Response::Done);
            assert_eq!(bench.verdict(lease.lease, true), Response::Done);
        }
        assert_eq!(bench.earnings(node), Earnings { held: 0, posted: held, paid: 0 });
        assert_eq!(bench.card().state, JobState::Done);
        let Response::Balance(balance) = bench.ask(ARTIST, Request::Balance) else { panic!("a balance") };
        assert_eq!((balance.escrow, balance.available), (0, Terms::default().opening_credit - held));
    });
}

#[test]
fn the_first_block_of_every_tile_comes_before_any_second() {
    let mut store = MemoryStore::new();
    let mut bench = Bench::new(&mut store);
    let node = bench.node(1, 1000);
    bench.post(JOB, 96, 64);
    bench.admit(JOB, node);
    let mut pieces = Vec::new();
    while pieces.len() < 11 {
        for lease in bench.pull(node, 2) {
            bench.now_ms += 3_000;
            bench.commit(node, &lease);
            pieces.push((lease.tile.0, lease.blocks.first, lease.blocks.count));
        }
    }
    assert_eq!(pieces[0], (4, 0, 1), "the centre first");
    let tiles: BTreeMap<u32, u32> = pieces[..9].iter().map(|&(tile, first, _)| (tile, first)).collect();
    assert_eq!(tiles.len(), 9);
    assert!(tiles.values().all(|&first| first == 0));
    assert_eq!((pieces[9].0, pieces[9].1), (4, 1));
}

#[test]
fn an_expired_lease_is_open_again_and_its_late_result_counts_if_first() {
    on_every_store(|store| {
        let mut bench = Bench::new(store);
        let (one, two) = (bench.node(1, 1000), bench.node(2, 1000));
        bench.post(JOB, 32, 16);
        bench.admit(JOB, one);
        bench.admit(JOB, two);
        let first = bench.pull(one, 1).remove(0);
        assert!(bench.pull(two, 1).is_empty());
        bench.wait(Terms::default().lapse_ms);
        assert_eq!(bench.ask(one, beat(first.lease, 1)), Response::Beat(Beat::Lost));
        let second = bench.pull(two, 1).remove(0);
        assert_eq!(second.tile, first.tile);
        assert_ne!(second.lease, first.lease);
        assert!(matches!(bench.commit(one, &first), Response::Committed { .. }));
        assert_eq!(bench.ask(two, beat(second.lease, 1)), Response::Beat(Beat::Lost));
        assert_eq!(bench.commit(two, &second), Response::Refused(Refusal::AlreadyDone));
        assert_eq!(bench.earnings(two), Earnings::default());
    });
}

#[test]
fn a_slow_nodes_untouched_blocks_go_to_an_idle_one() {
    let mut store = MemoryStore::new();
    let mut bench = Bench::new(&mut store);
    let (slow, quick) = (bench.node(1, 1000), bench.node(2, 1000));
    bench.post(JOB, 32, 16 * 9);
    bench.admit(JOB, slow);
    // One block in 800 ms: the rest, eight blocks, is one lease.
    let probe = bench.pull(slow, 1).remove(0);
    bench.now_ms += 800;
    bench.commit(slow, &probe);
    let long = bench.pull(slow, 1).remove(0);
    assert_eq!(long.blocks, BlockRange { first: 1, count: 8 });
    bench.admit(JOB, quick);
    bench.now_ms += 900;
    bench.ask(slow, beat(long.lease, 2));
    let split = bench.pull(quick, 1).remove(0);
    assert_eq!((split.job, split.tile), (long.job, long.tile));
    let Response::Beat(Beat::GoOn { blocks, .. }) = bench.ask(slow, beat(long.lease, 2)) else {
        panic!("the slow node keeps what it began");
    };
    assert!(blocks.first == 1 && blocks.count >= 2 && blocks.end() <= split.blocks.first);
    assert_eq!(bench.commit(slow, &long), Response::Refused(Refusal::Shortened { blocks }));
    let shorter = Lease { blocks, ..long };
    assert!(matches!(bench.commit(slow, &shorter), Response::Committed { .. }));
}

#[test]
fn a_node_whose_owner_came_back_is_paid_for_what_it_did_and_the_rest_is_open() {
    on_every_store(|store| {
        let mut bench = Bench::new(store);
        let (owned, other) = (bench.node(1, 1000), bench.node(2, 1000));
        bench.post(JOB, 32, 16 * 9);
        bench.admit(JOB, owned);
        let probe = bench.pull(owned, 1).remove(0);
        bench.now_ms += 800;
        bench.commit(owned, &probe);
        let lease = bench.pull(owned, 1).remove(0);
        assert_eq!(lease.blocks, BlockRange { first: 1, count: 8 });
        // Neither nothing, nor other blocks, nor blocks that do not begin with the first.
        for (first, count) in [(1, 0), (2, 3), (0, 2), (1, 9)] {
            let wrong = Lease { blocks: BlockRange { first, count }, ..lease.clone() };
            assert_eq!(
                bench.commit(owned, &wrong),
                Response::Refused(Refusal::Shortened { blocks: lease.blocks })
            );
        }
        let done = Lease { blocks: BlockRange { first: 1, count: 3 }, ..lease.clone() };
        let Response::Committed { amount, .. } = bench.commit(owned, &done) else {
            panic!("what is done counts")
        };
        assert!(amount > 0);
        assert_eq!(
            bench.commit(owned, &done),
            Response::Committed { lease: lease.lease, amount },
            "only once"
        );
        bench.admit(JOB, other);
        let rest = bench.pull(other, 1).remove(0);
        assert_eq!((rest.tile, rest.blocks.first), (lease.tile, 4), "at once, without any lapse");
        assert!(matches!(bench.commit(other, &rest), Response::Committed { .. }));
        assert_eq!(bench.verdict(lease.lease, true), Response::Done);
        assert_eq!(bench.verdict(rest.lease, true), Response::Done);
    });
}

#[test]
fn a_node_that_fails_three_times_gets_no_more_of_the_job() {
    let mut store = MemoryStore::new();
    let mut bench = Bench::new(&mut store);
    let (bad, good) = (bench.node(1, 1000), bench.node(2, 1000));
    bench.post(JOB, 64, 16);
    bench.admit(JOB, bad);
    for _ in 0..3 {
        let lease = bench.pull(bad, 1).remove(0).lease;
        let failure = Failure { lease, kind: FailureKind::Node, reason: "no memory".into() };
        assert_eq!(bench.ask(bad, Request::Fail(failure)), Response::Done);
    }
    assert!(bench.pull(bad, 1).is_empty());
    bench.admit(JOB, good);
    bench.now_ms += 20_000;
    assert_eq!(bench.pull(good, 4).len(), 2);
}

#[test]
fn refused_work_is_not_paid_and_is_done_again() {
    let mut store = MemoryStore::new();
    let mut bench = Bench::new(&mut store);
    let (liar, honest) = (bench.node(1, 1000), bench.node(2, 1000));
    bench.post(JOB, 32, 16);
    bench.admit(JOB, liar);
    bench.admit(JOB, honest);
    let lease = bench.pull(liar, 1).remove(0);
    bench.commit(liar, &lease);
    assert_eq!(bench.verdict(lease.lease, false), Response::Done);
    assert_eq!(bench.earnings(liar), Earnings::default());
    assert!(bench.pull(liar, 1).is_empty(), "others are asked first");
    let again = bench.pull(honest, 1).remove(0);
    bench.commit(honest, &again);
    assert_eq!(bench.verdict(lease.lease, true), Response::Refused(Refusal::AlreadyDone));
    assert_eq!(bench.verdict(again.lease, true), Response::Done);
    assert_eq!(bench.card().state, JobState::Done);
}

#[test]
fn silence_of_the_artist_accepts_after_the_window() {
    let mut store = MemoryStore::new();
    let mut bench = Bench::new(&mut store);
    let node = bench.node(1, 1000);
    bench.post(JOB, 32, 16);
    bench.admit(JOB, node);
    let lease = bench.pull(node, 1).remove(0);
    bench.commit(node, &lease);
    bench.wait(Terms::default().verdict_ms - 1);
    assert_eq!(bench.card().state, JobState::Active);
    bench.wait(1);
    assert_eq!(bench.card().state, JobState::Done);
    assert_eq!(bench.earnings(node).held, 0);
}

#[test]
fn what_does_not_suit_a_job_gets_none_of_it() {
    let mut store = MemoryStore::new();
    let mut bench = Bench::new(&mut store);
    let (fair, dear) = (bench.node(1, 2000), bench.node(2, 2001));
    bench.post(JOB, 32, 16);
    assert!(bench.pull(dear, 1).is_empty() && bench.pull(fair, 1).is_empty());
    let Response::Candidates(candidates) = bench.ask(ARTIST, Request::Candidates(JOB)) else {
        panic!("a list")
    };
    assert_eq!(candidates.iter().map(|candidate| candidate.node).collect::<Vec<_>>(), [fair]);
    assert_eq!(bench.ask(fair, Request::OpenJob(JOB)), Response::Refused(Refusal::NoKey));
    let stranger = NodeId([77; 32]);
    assert_eq!(bench.ask(stranger, Request::Candidates(JOB)), Response::Refused(Refusal::NoSuchJob));
    assert_eq!(bench.ask(stranger, Request::Cancel(JOB)), Response::Refused(Refusal::NoSuchJob));
}

#[test]
fn the_last_piece_waits_for_the_cheapest_idle_node() {
    let mut store = MemoryStore::new();
    let mut bench = Bench::new(&mut store);
    let (dear, cheap) = (bench.node(1, 1500), bench.node(2, 1000));
    bench.post(JOB, 32, 16);
    bench.admit(JOB, cheap);
    bench.admit(JOB, dear);
    assert!(bench.pull(dear, 1).is_empty(), "a cheaper node waits");
    assert_eq!(bench.pull(cheap, 1).len(), 1);
}

#[test]
fn a_new_descriptor_needs_a_new_key() {
    let mut store = MemoryStore::new();
    let mut bench = Bench::new(&mut store);
    let node = bench.node(1, 1000);
    bench.post(JOB, 32, 16);
    bench.admit(JOB, node);
    let renewed = Offer { descriptor: Bounded::cut(vec![9; 8]), ..offer(1, 1000) };
    bench.ask(node, Request::Register(Box::new(renewed)));
    assert!(bench.pull(node, 1).is_empty());
    let gift = |name| KeyGift { job: JOB, node, descriptor: name, wrapped: Some(Opaque::default()) };
    bench.ask(ARTIST, Request::GiveKey(Box::new(gift(descriptor_name(1)))));
    assert!(bench.pull(node, 1).is_empty(), "a gift for the old descriptor changes nothing");
    bench.ask(ARTIST, Request::GiveKey(Box::new(gift(descriptor_name(9)))));
    assert_eq!(bench.pull(node, 1).len(), 1);
}

#[test]
fn two_jobs_share_a_node_evenly() {
    let mut store = MemoryStore::new();
    let mut bench = Bench::new(&mut store);
    let node = bench.node(1, 1000);
    let other = JobId([2; 16]);
    bench.post(JOB, 320, 16);
    bench.post(other, 320, 16);
    bench.admit(JOB, node);
    bench.admit(other, node);
    let mut served = BTreeMap::new();
    for _ in 0..40 {
        bench.now_ms += 5_000;
        for lease in bench.pull(node, 1) {
            *served.entry(lease.job).or_insert(0) += 1;
            bench.commit(node, &lease);
        }
    }
    let counts: Vec<i32> = served.values().copied().collect();
    assert!(counts.len() == 2 && (counts[0] - counts[1]).abs() <= 2, "{counts:?}");
}

#[test]
fn a_job_that_costs_more_than_there_is_is_refused_and_leaves_no_trace() {
    let mut store = MemoryStore::new();
    let mut bench = Bench::with(&mut store, Terms { opening_credit: 10, ..Terms::default() });
    let refused = bench.ask(ARTIST, Request::PostJob(Box::new(post(JOB, 64, 64))));
    assert!(matches!(refused, Response::Refused(Refusal::Credit { available: 10, .. })), "{refused:?}");
    assert_eq!(bench.ask(ARTIST, Request::Jobs), Response::Jobs(Bounded::default()));
}

#[test]
fn a_cancelled_job_keeps_what_is_done_and_returns_the_rest() {
    let mut store = MemoryStore::new();
    let mut bench = Bench::new(&mut store);
    let node = bench.node(1, 1000);
    bench.post(JOB, 64, 16);
    bench.admit(JOB, node);
    let leases = bench.pull(node, 2);
    bench.commit(node, &leases[0]);
    assert_eq!(bench.ask(ARTIST, Request::Cancel(JOB)), Response::Done);
    assert_eq!(bench.ask(node, beat(leases[1].lease, 1)), Response::Beat(Beat::Lost));
    assert_eq!(bench.commit(node, &leases[1]), Response::Refused(Refusal::JobEnded));
    assert_eq!(bench.verdict(leases[0].lease, true), Response::Done);
    let posted = bench.earnings(node).posted;
    let Response::Balance(balance) = bench.ask(ARTIST, Request::Balance) else { panic!("a balance") };
    assert_eq!((balance.escrow, balance.available), (0, Terms::default().opening_credit - posted));
}
