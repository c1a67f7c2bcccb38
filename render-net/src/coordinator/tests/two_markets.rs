//! Several markets over one database at the same time, as coordinators that share it have them.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use frame::{LeaseId, NodeId};

use super::*;
use crate::market::{Input, audit};
use crate::store::throwaway_postgres::{fresh_schema, shared};
use crate::store::{PostgresAddress, PostgresStore, Store};
use crate::wire::JobState;

const ARTIST: NodeId = NodeId([200; 32]);
const SIZE_PX: u32 = 128;
const SPP: u32 = 64;

/// What happens to all of them.
struct Common {
    address: PostgresAddress,
    began: Instant,
    /// Leases that were committed anywhere: everybody brings the artist's verdict on each.
    committed: Mutex<BTreeSet<LeaseId>>,
    conflicts: AtomicU64,
}

/// One coordinator's market with a node of its own.
struct Stand<'a> {
    common: &'a Common,
    store: PostgresStore,
    market: Market,
    node: NodeId,
}

impl<'a> Stand<'a> {
    fn new(common: &'a Common, number: u8) -> Self {
        let store = PostgresStore::open(&common.address).expect("opens");
        let terms = Terms { lease_ms: 200, ..Terms::default() };
        Self { common, store, market: Market::new(terms), node: NodeId([number; 32]) }
    }

    /// As the coordinator's writer: the whole batch again when somebody else was first.
    fn ask(&mut self, asked: Vec<(NodeId, Request)>) -> Vec<Response> {
        let inputs: Vec<Input> =
            asked.into_iter().map(|(peer, request)| Input::Asked(peer, request)).collect();
        for _ in 0..8 {
            let now_ms = 1_000_000 + self.common.began.elapsed().as_millis() as u64;
            let effects = match self.market.act(&mut self.store, now_ms, &inputs) {
                Ok(effects) => effects,
                Err(StoreFault::Conflict) => {
                    self.common.conflicts.fetch_add(1, Ordering::Relaxed);
                    continue;
                }
                Err(fault) => panic!("{fault}"),
            };
            let answer = |effects: Vec<Effect>| {
                effects.into_iter().find_map(|effect| match effect {
                    Effect::Answer(response) => Some(response),
                    _ => None,
                })
            };
            return effects.into_iter().map(|effects| answer(effects).expect("answered")).collect();
        }
        panic!("others were first eight times, although who was refused has a turn of its own");
    }

    fn ask_one(&mut self, peer: NodeId, request: Request) -> Response {
        self.ask(vec![(peer, request)]).remove(0)
    }

    fn is_done(&mut self) -> bool {
        let Response::Jobs(jobs) = self.ask_one(ARTIST, Request::Jobs) else { panic!("jobs") };
        jobs.iter().all(|card| card.state == JobState::Done)
    }

    /// Works until the job is done.
    fn work(&mut self) -> u64 {
        let mut delivered = 0;
        while !self.is_done() {
            assert!(self.common.began.elapsed() < Duration::from_secs(240), "it does not end");
            let pull = Request::Pull(Pull { capacity: 2, wait_ms: 0 });
            let Response::Leases(leases) = self.ask_one(self.node, pull) else { panic!("leases") };
            // Each is committed twice in one transaction: an answer may have been lost.
            let mut asked = Vec::new();
            for lease in leases.iter() {
                asked.push((self.node, beat(lease.lease)));
                let result = ObjectName::of(&lease.lease.0.to_le_bytes());
                asked.extend([0, 1].map(|_| (self.node, commit(lease, result))));
            }
            let answers = if asked.is_empty() { Vec::new() } else { self.ask(asked) };
            let taken = leases.iter().zip(answers.chunks(3));
            let taken: Vec<LeaseId> = taken
                .filter(|(_, answers)| matches!(answers[1], Response::Committed { .. }))
                .map(|(lease, _)| lease.lease)
                .collect();
            delivered += taken.len() as u64;
            let verdicts: Vec<LeaseId> = {
                let mut committed = self.common.committed.lock().expect("no panic");
                committed.extend(taken);
                committed.iter().rev().take(6).copied().collect()
            };
            let verdict = |lease| {
                let verdict = Verdict { lease, good: true, countersigned: Opaque::default() };
                (ARTIST, Request::Verdict(Box::new(verdict)))
            };
            if !verdicts.is_empty() {
                self.ask(verdicts.into_iter().map(verdict).collect());
            }
        }
        delivered
    }
}

fn beat(lease: LeaseId) -> Request {
    Request::Heartbeat(Heartbeat { lease, blocks_begun: 1 })
}

/// Sixteen tiles of four blocks.
fn large_post() -> Request {
    let Request::PostJob(mut job) = post() else { panic!("a post") };
    let size = FrameSize::new(SIZE_PX, SIZE_PX).expect("in range");
    let draft = ShapeDraft { size, edge_px: 32, spp: SPP, frames: Bounded::cut(vec![1]), whole_tiles: false };
    job.shape = JobShape::new(draft).expect("valid");
    Request::PostJob(job)
}

#[test]
fn two_markets_on_one_database_give_no_block_twice_and_pay_each_once() {
    let Some(server) = shared() else { return };
    let address = PostgresAddress::parse(&server.address(&fresh_schema()), None).expect("an address");
    let common =
        Common { address, began: Instant::now(), committed: Mutex::default(), conflicts: AtomicU64::new(0) };
    let mut stands = [1, 2].map(|number| Stand::new(&common, number));
    let admit = &mut stands[0];
    assert_eq!(admit.ask_one(ARTIST, large_post()), Response::Done);
    for number in [1, 2] {
        let node = NodeId([number; 32]);
        admit.ask_one(node, Request::Register(Box::new(offer())));
        admit.ask_one(node, Request::Pull(Pull { capacity: 1, wait_ms: 0 }));
        let descriptor = ObjectName::of(&[1; 4]);
        let gift = KeyGift { job: JOB, node, descriptor, wrapped: Some(Opaque::default()) };
        assert_eq!(admit.ask_one(ARTIST, Request::GiveKey(Box::new(gift))), Response::Done);
    }
    let delivered: Vec<u64> = std::thread::scope(|scope| {
        let working = stands.each_mut().map(|stand| scope.spawn(|| stand.work()));
        working.map(|working| working.join().expect("no panic")).into()
    });
    let [mut one, _] = stands;
    let health = audit(&mut *one.store.begin().expect("begins")).expect("healthy");
    assert_eq!((health.jobs, health.jobs_done), (1, 1));
    let blocks = u64::from((SIZE_PX / 32).pow(2) * (SPP / 16));
    assert_eq!(health.blocks_accepted, blocks);
    let whole = u64::from(SIZE_PX * SIZE_PX * SPP) * 1000 / 1_000_000;
    let mut earned = 0;
    for number in [1, 2] {
        let Response::Earnings(earnings) = one.ask_one(NodeId([number; 32]), Request::Earnings) else {
            panic!("earnings")
        };
        assert_eq!((earnings.held, earnings.paid), (0, 0));
        earned += earnings.posted;
    }
    // Each lease's pay is rounded down by itself.
    let leases: u64 = delivered.iter().sum();
    assert!(earned <= whole && earned + leases >= whole, "{earned} of {whole}");
    let conflicts = common.conflicts.load(Ordering::Relaxed);
    eprintln!("{delivered:?} leases delivered, {conflicts} transactions begun again");
    assert!(
        delivered.iter().all(|delivered| *delivered > 0) && conflicts > 0,
        "they worked at the same time"
    );
}
