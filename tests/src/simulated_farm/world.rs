//! The clock, the wires, and where sealed objects lie.

use std::collections::BTreeMap;

use frame::{BlockRange, LeaseId, NodeId};
use render_net::wire::{Message, ObjectName, Request, Response};

use super::chance::Chance;
use super::errand::{ArtistErrand, NodeErrand};
use super::plan::{Plan, QUIET_MS};

/// How long a caller waits for an answer.
const CALL_MS: u64 = 8_000;

/// Who talks to the coordinator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Peer {
    Node(usize),
    Artist(usize),
    Referee,
}

/// Something that happens at a time.
pub(super) enum Happening {
    Request { from: Peer, call: u64, bytes: Vec<u8> },
    Response { to: Peer, call: u64, bytes: Vec<u8> },
    Timeout { of: Peer, call: u64 },
    Node { at: usize, life: u32, errand: NodeErrand },
    Artist { at: usize, life: u32, errand: ArtistErrand },
    Dies(Peer),
    Returns(Peer),
    Attends,
    HubCrashes,
    HubReturns,
    Tick,
}

/// A sealed result, as the simulation sees through it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Artwork {
    pub(super) lease: LeaseId,
    pub(super) blocks: BlockRange,
    pub(super) good: bool,
}

/// Everything between the machines.
pub(super) struct World {
    pub(super) now_ms: u64,
    pub(super) chance: Chance,
    pub(super) plan: Plan,
    pub(super) objects: BTreeMap<ObjectName, Artwork>,
    pub(super) messages: u64,
    pub(super) refused: u64,
    /// Good results that artists refused.
    pub(super) wronged: u64,
    /// How often a job was paused.
    pub(super) pauses: u64,
    /// Results that were cut short because an owner wanted the GPU.
    pub(super) yields: u64,
    queue: BTreeMap<(u64, u64), Happening>,
    happenings: u64,
    calls: u64,
    trace: blake3::Hasher,
}

impl Peer {
    pub(super) fn id(self) -> NodeId {
        match self {
            Peer::Node(at) => NodeId([at as u8 + 1; 32]),
            Peer::Artist(at) => NodeId([at as u8 + 101; 32]),
            Peer::Referee => NodeId([201; 32]),
        }
    }
}

impl World {
    pub(super) fn new(seed: u64, plan: Plan) -> Self {
        Self {
            now_ms: 0,
            chance: Chance::new(seed),
            plan,
            objects: BTreeMap::new(),
            messages: 0,
            refused: 0,
            wronged: 0,
            pauses: 0,
            yields: 0,
            queue: BTreeMap::new(),
            happenings: 0,
            calls: 0,
            trace: blake3::Hasher::new(),
        }
    }

    /// Puts the planned deaths and crashes into the queue.
    pub(super) fn plan_faults(&mut self) {
        let nodes = self.plan.nodes.iter().enumerate();
        let mut faults: Vec<_> = nodes
            .flat_map(|(at, node)| node.deaths.iter().map(move |span| (Peer::Node(at), *span)))
            .collect();
        let artists = 0..self.plan.jobs.len();
        let deaths = &self.plan.wire.artist_deaths;
        faults.extend(artists.flat_map(|at| deaths.iter().map(move |span| (Peer::Artist(at), *span))));
        for (peer, span) in faults {
            self.after(span.from_ms, Happening::Dies(peer));
            self.after(span.to_ms, Happening::Returns(peer));
        }
        for span in self.plan.crashes.clone() {
            self.after(span.from_ms, Happening::HubCrashes);
            self.after(span.to_ms, Happening::HubReturns);
        }
        self.after(1000, Happening::Tick);
    }

    pub(super) fn after(&mut self, ms: u64, happening: Happening) {
        self.happenings += 1;
        self.queue.insert((self.now_ms + ms, self.happenings), happening);
    }

    pub(super) fn next(&mut self) -> Option<Happening> {
        let ((at_ms, _), happening) = self.queue.pop_first()?;
        self.now_ms = at_ms;
        Some(happening)
    }

    /// Whether anything may still go wrong.
    pub(super) fn is_rough(&self) -> bool {
        self.now_ms < QUIET_MS
    }

    /// Sends a request; an answer or a timeout follows, exactly one of the two.
    pub(super) fn call(&mut self, from: Peer, request: &Request) -> u64 {
        self.calls += 1;
        let call = self.calls;
        let bytes = request.encode().expect("requests of this size encode");
        self.carry(from, |bytes| Happening::Request { from, call, bytes }, &bytes);
        self.after(CALL_MS, Happening::Timeout { of: from, call });
        call
    }

    pub(super) fn answer(&mut self, to: Peer, call: u64, response: &Response) {
        let bytes = response.encode().expect("responses of this size encode");
        self.carry(to, |bytes| Happening::Response { to, call, bytes }, &bytes);
    }

    pub(super) fn note(&mut self, bytes: &[u8]) {
        self.trace.update(&self.now_ms.to_le_bytes()).update(bytes);
    }

    pub(super) fn trace(&self) -> [u8; 32] {
        *self.trace.finalize().as_bytes()
    }

    /// Carries a message between a peer and the coordinator, or does not.
    fn carry(&mut self, peer: Peer, wrap: impl Fn(Vec<u8>) -> Happening, bytes: &[u8]) {
        let copies = if !self.is_rough() {
            1
        } else if self.is_cut(peer) || self.chance.hits(self.plan.wire.lost) {
            0
        } else {
            1 + u64::from(self.chance.hits(self.plan.wire.doubled))
        };
        for _ in 0..copies {
            let mut delay_ms = self.chance.within(1, self.plan.wire.delay_ms);
            if self.is_rough() && self.chance.hits(self.plan.wire.late) {
                delay_ms += self.chance.within(1_000, 30_000);
            }
            self.after(delay_ms, wrap(bytes.to_vec()));
        }
    }

    fn is_cut(&self, peer: Peer) -> bool {
        let cuts = match peer {
            Peer::Node(at) => self.plan.nodes[at].cuts.as_slice(),
            Peer::Artist(_) => &self.plan.wire.artist_cuts,
            Peer::Referee => self.plan.referee.as_deref().unwrap_or_default(),
        };
        cuts.iter().any(|span| span.has(self.now_ms))
    }
}
