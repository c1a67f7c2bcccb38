//! Several markets over one database at the same time, as coordinators that share it have them.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Barrier, Mutex};

use frame::{LeaseId, NodeId};

use super::*;
use crate::market::{Input, audit};
use crate::store::throwaway_postgres::{fresh_schema, shared};
use crate::store::{PostgresAddress, PostgresStore, Store};
use crate::wire::JobState;

const ARTIST: NodeId = NodeId([200; 32]);
const SIZE_PX: u32 = 128;
const SPP: u32 = 64;
/// What must have happened by then happens in a second where nothing else runs.
const PATIENCE: Duration = Duration::from_secs(240);
/// How often they are set to work until they were seen to work at the same time: a busy machine may let one of them wait for a whole job.
const JOBS_MAX: u32 = 8;

/// What happens to all of them.
struct Common {
    address: PostgresAddress,
    began: Instant,
    /// Leases that were committed anywhere: everybody brings the artist's verdict on each.
    committed: Mutex<BTreeSet<LeaseId>>,
    conflicts: AtomicU64,
}

impl Common {
    /// What comes of it once the server does not give the connection up: it does that with one that a busy machine lets wait.
    fn at_last<T>(&self, mut attempt: impl FnMut() -> Result<T, StoreFault>) -> T {
        loop {
            match attempt() {
                Ok(came) => return came,
                Err(StoreFault::Away(_)) if self.began.elapsed() < PATIENCE => {
                    std::thread::sleep(Duration::from_millis(20));
                }
                Err(fault) => panic!("{fault}"),
            }
        }
    }
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
        let store = common.at_last(|| PostgresStore::open(&common.address));
        let terms = Terms { lease_ms: 200, ..Terms::default() };
        Self { common, store, market: Market::new(terms), node: NodeId([number; 32]) }
    }

    /// As the coordinator's writer: the whole batch again when somebody else was first, and as its peers: again when the server was away.
    fn ask(&mut self, asked: Vec<(NodeId, Request)>) -> Vec<Response> {
        let inputs: Vec<Input> =
            asked.into_iter().map(|(peer, request)| Input::Asked(peer, request)).collect();
        let answer = |effects: Vec<Effect>| {
            effects.into_iter().find_map(|effect| match effect {
                Effect::Answer(response) => Some(response),
                _ => None,
            })
        };
        self.act(&inputs).into_iter().map(|effects| answer(effects).expect("answered")).collect()
    }

    fn act(&mut self, inputs: &[Input]) -> Vec<Vec<Effect>> {
        let common = self.common;
        let mut act = || {
            let now_ms = 1_000_000 + common.began.elapsed().as_millis() as u64;
            self.market.act(&mut self.store, now_ms, inputs)
        };
        for _ in 0..8 {
            let acted = common.at_last(|| match act() {
                Err(StoreFault::Conflict) => Ok(None),
                acted => acted.map(Some),
            });
            match acted {
                Some(effects) => return effects,
                None => common.conflicts.fetch_add(1, Ordering::Relaxed),
            };
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

    /// Works until the job is done; begins when all do.
    fn work(&mut self, beginning: &Barrier) -> u64 {
        let mut delivered = 0;
        beginning.wait();
        while !self.is_done() {
            assert!(self.common.began.elapsed() < PATIENCE, "it does not end");
            // What was leased in an answer that was lost must lapse.
            self.act(&[Input::Tick]);
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

impl Stand<'_> {
    /// When the job is done: every block was taken once, and paid to whoever delivered it, in so many leases each.
    fn assert_paid_once(&mut self, delivered: &[u64]) {
        let common = self.common;
        let health = common.at_last(|| match audit(&mut *self.store.begin()?) {
            Err(crate::market::Fault::Store(fault)) => Err(fault),
            audited => Ok(audited.expect("healthy")),
        });
        assert_eq!((health.jobs, health.jobs_done), (1, 1));
        let blocks = u64::from((SIZE_PX / 32).pow(2) * (SPP / 16));
        assert_eq!(health.blocks_accepted, blocks);
        let whole = u64::from(SIZE_PX * SIZE_PX * SPP) * 1000 / 1_000_000;
        let mut earned = 0;
        for number in [1, 2] {
            let Response::Earnings(earnings) = self.ask_one(NodeId([number; 32]), Request::Earnings) else {
                panic!("earnings")
            };
            assert_eq!((earnings.held, earnings.paid), (0, 0));
            earned += earnings.posted;
        }
        // Each lease's pay is rounded down by itself.
        let leases: u64 = delivered.iter().sum();
        assert!(earned <= whole && earned + leases >= whole, "{earned} of {whole}");
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
    let met = (0..JOBS_MAX).any(|_| {
        let address = PostgresAddress::parse(&server.address(&fresh_schema()), None);
        do_a_job(address.expect("an address"))
    });
    assert!(met, "in none of {JOBS_MAX} jobs did they work at the same time");
}

/// Has two markets do a job together; whether they worked at the same time.
fn do_a_job(address: PostgresAddress) -> bool {
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
    let beginning = Barrier::new(stands.len());
    let delivered: Vec<u64> = std::thread::scope(|scope| {
        let working = stands.each_mut().map(|stand| scope.spawn(|| stand.work(&beginning)));
        working.map(|working| working.join().expect("no panic")).into()
    });
    let [mut one, _] = stands;
    one.assert_paid_once(&delivered);
    let conflicts = common.conflicts.load(Ordering::Relaxed);
    eprintln!("{delivered:?} leases delivered, {conflicts} transactions begun again");
    delivered.iter().all(|delivered| *delivered > 0) && conflicts > 0
}
