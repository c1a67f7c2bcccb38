//! How many requests a second the market handles over each store, in batches as the coordinator's writer makes them.
//!
//! `cargo bench --bench market`: jobs posted, leases claimed, results committed, verdicts given; with PostgreSQL (where its server is installed) by
//! one coordinator alone, and by two on one database at the same time. Servers and files are durable: every batch is an fsync.

#[path = "../../tests/src/throwaway_postgres.rs"]
mod throwaway_postgres;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use frame::{AdapterCard, AdapterClass, FrameSize, JobId, NodeId};
use render_net::market::{Effect, Input, Market, Terms};
use render_net::store::{MemoryStore, PostgresAddress, PostgresStore, SqliteStore, Store, StoreFault};
use render_net::wire::{
    Bounded, Commit, JobPost, JobShape, KeyGift, ObjectName, Offer, Opaque, Pull, Request, Response,
    ShapeDraft, Verdict,
};
use throwaway_postgres::{Server, fresh_schema};

/// How long each is measured.
const SPAN: Duration = Duration::from_secs(4);
const WHAT: [&str; 4] = ["posts", "claims", "commits", "verdicts"];

/// One coordinator: a market, its store, artists and nodes of its own.
struct Bench<'a> {
    store: Box<dyn Store>,
    market: Market,
    number: u8,
    nodes: u8,
    now_ms: u64,
    again: &'a AtomicU64,
}

/// Requests handled and the time that they took, of each kind in [`WHAT`].
type Spent = [(u64, Duration); 4];

impl Bench<'_> {
    fn act(&mut self, asked: Vec<(NodeId, Request)>) -> Vec<Response> {
        let inputs: Vec<Input> =
            asked.into_iter().map(|(peer, request)| Input::Asked(peer, request)).collect();
        self.now_ms += 50;
        loop {
            match self.market.act(&mut *self.store, self.now_ms, &inputs) {
                Ok(effects) => {
                    let answers = effects.into_iter().flatten().filter_map(|effect| match effect {
                        Effect::Answer(response) => Some(response),
                        _ => None,
                    });
                    return answers.collect();
                }
                Err(StoreFault::Conflict) => drop(self.again.fetch_add(1, Ordering::Relaxed)),
                Err(fault) => panic!("{fault}"),
            }
        }
    }

    fn timed(&mut self, spent: &mut (u64, Duration), asked: Vec<(NodeId, Request)>) -> Vec<Response> {
        let (count, began) = (asked.len() as u64, Instant::now());
        if count == 0 {
            return Vec::new();
        }
        let answers = self.act(asked);
        spent.0 += count;
        spent.1 += began.elapsed();
        answers
    }

    fn node(&self, at: u8) -> NodeId {
        let mut id = [at; 32];
        id[0] = self.number;
        NodeId(id)
    }

    fn artist(&self) -> NodeId {
        NodeId([200 + self.number; 32])
    }

    fn job(&self, round: u8) -> JobId {
        JobId([self.number, round, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7])
    }

    fn work(&mut self) -> Spent {
        let mut spent = Spent::default();
        let began = Instant::now();
        for at in 0..self.nodes {
            self.act(vec![(self.node(at), Request::Register(Box::new(offer(at))))]);
        }
        for round in 0.. {
            let (artist, job) = (self.artist(), self.job(round));
            self.timed(&mut spent[0], vec![(artist, Request::PostJob(Box::new(post(job))))]);
            let pulls = |bench: &Self| -> Vec<_> {
                let pull = |at| (bench.node(at), Request::Pull(Pull { capacity: 4, wait_ms: 0 }));
                (0..bench.nodes).map(pull).collect()
            };
            self.act(pulls(self));
            let gifts =
                (0..self.nodes).map(|at| (artist, Request::GiveKey(Box::new(gift(job, self.node(at), at)))));
            let gifts = gifts.collect();
            self.act(gifts);
            loop {
                let asked = pulls(self);
                let answers = self.timed(&mut spent[1], asked);
                let leases = answers.into_iter().enumerate().flat_map(|(at, answer)| match answer {
                    Response::Leases(leases) => {
                        leases.into_vec().into_iter().map(|lease| (at as u8, lease)).collect()
                    }
                    _ => Vec::new(),
                });
                let leases: Vec<_> = leases.collect();
                if leases.is_empty() || began.elapsed() > SPAN {
                    break;
                }
                for part in leases.chunks(usize::from(self.nodes)) {
                    let commit = |(at, lease): &(u8, render_net::wire::Lease)| {
                        let result = ObjectName::of(&lease.lease.0.to_le_bytes());
                        let (receipt, link) = (Opaque::default(), Opaque::default());
                        let commit =
                            Commit { lease: lease.lease, blocks: lease.blocks, result, receipt, link };
                        (self.node(*at), Request::Commit(Box::new(commit)))
                    };
                    let commits = part.iter().map(commit).collect();
                    self.timed(&mut spent[2], commits);
                    let verdict = |(_, lease): &(u8, render_net::wire::Lease)| {
                        let verdict =
                            Verdict { lease: lease.lease, good: true, countersigned: Opaque::default() };
                        (artist, Request::Verdict(Box::new(verdict)))
                    };
                    self.timed(&mut spent[3], part.iter().map(verdict).collect());
                }
            }
            if began.elapsed() > SPAN {
                return spent;
            }
        }
        spent
    }
}

fn offer(at: u8) -> Offer {
    let adapter = AdapterCard {
        name: "none".into(),
        backend: "none".into(),
        driver: String::new(),
        class: AdapterClass::Other,
    };
    let (descriptor, version) = (Bounded::cut(vec![at; 8]), "1".to_owned());
    Offer { descriptor, adapter, memory_mib: 1, price: 1, version }
}

fn gift(job: JobId, node: NodeId, at: u8) -> KeyGift {
    KeyGift { job, node, descriptor: ObjectName::of(&[at; 8]), wrapped: Some(Opaque::default()) }
}

/// 1024 tiles of one block.
fn post(job: JobId) -> JobPost {
    let size = FrameSize::new(1024, 1024).expect("in range");
    let draft = ShapeDraft { size, edge_px: 32, spp: 16, frames: Bounded::cut(vec![1]), whole_tiles: false };
    JobPost {
        job,
        shape: JobShape::new(draft).expect("valid"),
        result_key: Opaque::default(),
        order: Opaque::default(),
        manifests: Bounded::cut(vec![ObjectName([3; 32])]),
        price_max: 2,
        memory_mib: 0,
        nodes_allowed: Bounded::default(),
    }
}

fn measure(name: &str, nodes: u8, stores: Vec<Box<dyn Store>>) {
    let again = AtomicU64::new(0);
    let benches: Vec<Bench<'_>> = (1..)
        .zip(stores)
        .map(|(number, store)| Bench {
            store,
            market: Market::new(Terms::default()),
            number,
            nodes,
            now_ms: 1_700_000_000_000,
            again: &again,
        })
        .collect();
    let spent: Vec<Spent> = std::thread::scope(|scope| {
        let working: Vec<_> =
            benches.into_iter().map(|mut bench| scope.spawn(move || bench.work())).collect();
        working.into_iter().map(|working| working.join().expect("no panic")).collect()
    });
    // Of two at the same time, the sum of what each managed in a second.
    let rate = |kind: usize| -> f64 {
        spent.iter().map(|spent| spent[kind].0 as f64 / spent[kind].1.as_secs_f64().max(1e-9)).sum()
    };
    let rates: Vec<String> =
        WHAT.iter().enumerate().map(|(kind, what)| format!("{:7.0} {what}/s", rate(kind))).collect();
    let again = again.into_inner();
    eprintln!("{name:32} {nodes:2} a batch: {}  {again} begun again", rates.join(" "));
}

fn main() {
    let server = Server::start("");
    for nodes in [1, 16, 64] {
        let folder = tempfile::tempdir().expect("a temporary folder");
        measure("memory", nodes, vec![Box::new(MemoryStore::new())]);
        let sqlite = SqliteStore::open(&folder.path().join("store.sqlite")).expect("opens");
        measure("SQLite", nodes, vec![Box::new(sqlite)]);
        let Some(server) = &server else { continue };
        for coordinators in [1, 2] {
            let schema = fresh_schema();
            let open = || -> Box<dyn Store> {
                let address = PostgresAddress::parse(&server.address(&schema), None).expect("an address");
                Box::new(PostgresStore::open(&address).expect("opens"))
            };
            let stores = (0..coordinators).map(|_| open()).collect();
            measure(&format!("PostgreSQL, {coordinators} at the same time"), nodes, stores);
        }
    }
}
