//! A node of the simulation: the real agent, with a renderer that only takes time, and a disk that survives its deaths.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use frame::{AdapterCard, AdapterClass, BlockRange, JobId, LeaseId};
use render_net::node::agent::{Agent, Allowance, Effect, Input, Rendered};
use render_net::wire::{
    Bounded, Commit, Failure, FailureKind, Heartbeat, Lease, Message, ObjectName, Offer, Opaque, Pull,
    Refusal, Request, Response,
};

use super::errand::NodeErrand;
use super::plan::{NodePlan, Plan};
use super::world::{Artwork, Happening, Peer, World};

/// How long an empty answer to a pull is kept back, in place of the coordinator's waiting.
const EMPTY_PULL_MS: u64 = 1_000;
/// Pause before a node whose owner saw it broken starts again.
const MENDED_MS: u64 = 15_000;

/// What an answer is for.
enum Call {
    Register,
    Pull,
    Open(LeaseId, JobId),
    Beat(LeaseId),
    Deliver(LeaseId),
    Quiet,
}

pub(super) struct SimNode {
    at: usize,
    plan: NodePlan,
    life: u32,
    agent: Option<Agent>,
    calls: BTreeMap<u64, Call>,
    opened: BTreeSet<JobId>,
    leases: BTreeMap<LeaseId, Lease>,
    rendering: Option<Rendering>,
    renderings: u64,
    ticks: u64,
    /// On disk: finished results, and whether they are right.
    outbox: BTreeMap<LeaseId, (BlockRange, bool)>,
}

struct Rendering {
    lease: LeaseId,
    blocks: BlockRange,
    done: u32,
    number: u64,
}

impl SimNode {
    pub(super) fn new(at: usize, plan: &Plan) -> Self {
        Self {
            at,
            plan: plan.nodes[at].clone(),
            life: 0,
            agent: None,
            calls: BTreeMap::new(),
            opened: BTreeSet::new(),
            leases: BTreeMap::new(),
            rendering: None,
            renderings: 0,
            ticks: 0,
            outbox: BTreeMap::new(),
        }
    }

    pub(super) fn peer(&self) -> Peer {
        Peer::Node(self.at)
    }

    pub(super) fn start(&mut self, world: &mut World) {
        if self.agent.is_some() {
            return;
        }
        self.life += 1;
        let agent = Agent::new(false, self.outbox.keys().copied());
        let first = agent.start();
        self.agent = Some(agent);
        self.carry_out(world, first);
        self.hear(world, Input::Tick);
        self.plan_owner(world);
    }

    /// When its owner sits down, lets it finish, and goes away, from this start on.
    fn plan_owner(&mut self, world: &mut World) {
        for (span, allowance) in self.plan.owner.clone() {
            for (at_ms, allowance) in [(span.from_ms, allowance), (span.to_ms, Allowance::Work)] {
                let wait_ms = at_ms.saturating_sub(world.now_ms);
                let errand = NodeErrand::Owner(allowance);
                world.after(wait_ms.max(1), Happening::Node { at: self.at, life: self.life, errand });
            }
        }
    }

    pub(super) fn die(&mut self, world: &mut World) {
        world.note(b"dies");
        self.life += 1;
        self.agent = None;
        self.calls.clear();
        self.opened.clear();
        self.leases.clear();
        self.rendering = None;
    }

    pub(super) fn happen(&mut self, world: &mut World, life: u32, errand: NodeErrand) {
        if life != self.life {
            return;
        }
        match errand {
            NodeErrand::Tick(number) if number == self.ticks => self.hear(world, Input::Tick),
            NodeErrand::Tick(_) => {}
            NodeErrand::Connect => {
                let offer = self.offer();
                self.call(world, &Request::Register(Box::new(offer)), Call::Register);
            }
            NodeErrand::Block(number) => self.block(world, number),
            NodeErrand::Hear(input) => self.hear(world, input),
            NodeErrand::Mend => self.start(world),
            NodeErrand::Owner(allowance) => self.hear(world, Input::Allow(allowance)),
        }
    }

    pub(super) fn response(&mut self, world: &mut World, call: u64, bytes: &[u8]) -> Result<(), String> {
        // An answer that comes twice, too late, or to an earlier life.
        let Some(call) = self.calls.remove(&call) else { return Ok(()) };
        world.note(bytes);
        let response = Response::decode(bytes).map_err(|fault| fault.to_string())?;
        match (call, response) {
            (Call::Register, Response::Done) => self.hear(world, Input::Linked),
            (Call::Register, _) => self.hear(world, Input::LinkLost),
            (Call::Pull, Response::Leases(leases)) if leases.is_empty() => {
                self.later(world, EMPTY_PULL_MS, Input::Leases(Vec::new()));
            }
            (Call::Pull, Response::Leases(leases)) => {
                let leases = leases.into_vec();
                self.leases.extend(leases.iter().map(|lease| (lease.lease, lease.clone())));
                self.hear(world, Input::Leases(leases));
            }
            (Call::Pull, _) => self.hear(world, Input::PullRefused),
            (Call::Open(lease, job), Response::Terms(_)) => {
                self.opened.insert(job);
                self.hear(world, Input::Prepared(lease));
            }
            (Call::Open(lease, _), Response::Refused(Refusal::Failed)) => {
                self.hear(world, Input::NotPrepared(lease, None));
                self.hear(world, Input::Linked);
            }
            (Call::Open(lease, _), _) => {
                let fault = (FailureKind::Job, "no key".to_owned());
                self.hear(world, Input::NotPrepared(lease, Some(fault)));
            }
            (Call::Beat(lease), Response::Beat(beat)) => self.hear(world, Input::Beat(lease, beat)),
            (Call::Deliver(lease), response) => self.delivered(world, lease, &response),
            (Call::Beat(_) | Call::Quiet, _) => {}
        }
        Ok(())
    }

    pub(super) fn timeout(&mut self, world: &mut World, call: u64) {
        match self.calls.remove(&call) {
            Some(Call::Deliver(lease)) => {
                self.hear(world, Input::NotSettled(lease));
                self.hear(world, Input::LinkLost);
            }
            Some(Call::Open(lease, _)) => {
                self.hear(world, Input::NotPrepared(lease, None));
                self.hear(world, Input::LinkLost);
            }
            Some(Call::Register | Call::Pull) => self.hear(world, Input::LinkLost),
            Some(Call::Beat(_) | Call::Quiet) | None => {}
        }
    }

    fn delivered(&mut self, world: &mut World, lease: LeaseId, response: &Response) {
        match response {
            Response::Refused(Refusal::Shortened { blocks }) => {
                self.hear(world, Input::Shortened(lease, *blocks));
            }
            Response::Refused(Refusal::Failed | Refusal::Busy { .. }) => {
                self.hear(world, Input::NotSettled(lease));
            }
            Response::Refused(refusal @ Refusal::NoRoom) => {
                self.hear(world, Input::NoRoom(lease, refusal.to_string()));
            }
            _ => {
                self.outbox.remove(&lease);
                self.hear(world, Input::Settled(lease));
            }
        }
    }

    /// Lets the agent take something in and does what it wants.
    fn hear(&mut self, world: &mut World, input: Input) {
        let mut inputs = VecDeque::from([input]);
        while let Some(input) = inputs.pop_front() {
            let Some(agent) = self.agent.as_mut() else { return };
            let effects = agent.handle(world.now_ms, input);
            for effect in effects {
                inputs.extend(self.carry_out(world, effect));
            }
        }
        let Some(agent) = self.agent.as_ref() else { return };
        self.ticks += 1;
        let wait_ms = agent.next_tick(world.now_ms) - world.now_ms;
        let errand = NodeErrand::Tick(self.ticks);
        world.after(wait_ms, Happening::Node { at: self.at, life: self.life, errand });
    }

    fn carry_out(&mut self, world: &mut World, effect: Effect) -> Option<Input> {
        match effect {
            Effect::Connect { after } => {
                let errand = NodeErrand::Connect;
                let happening = Happening::Node { at: self.at, life: self.life, errand };
                world.after(after.as_millis() as u64 + 1, happening);
            }
            Effect::Pull { capacity, .. } => {
                let pull = Pull { capacity, wait_ms: EMPTY_PULL_MS as u32 };
                self.call(world, &Request::Pull(pull), Call::Pull);
            }
            Effect::Prepare(lease) if self.opened.contains(&lease.job) => {
                return Some(Input::Prepared(lease.lease));
            }
            Effect::Prepare(lease) => {
                let call = Call::Open(lease.lease, lease.job);
                self.call(world, &Request::OpenJob(lease.job), call);
            }
            Effect::Render(lease, blocks) => self.render(world, lease, blocks),
            Effect::StopAfter(lease, blocks) => {
                if let Some(rendering) = self.rendering.as_mut().filter(|now| now.lease == lease) {
                    rendering.blocks.count = blocks.max(rendering.done).max(1);
                }
            }
            Effect::StopNow(_) => {
                let stopped = self.rendering.take()?;
                return Some(Input::Rendered(stopped.lease, Rendered::Abandoned));
            }
            Effect::Yield(_) => {
                let yielded = self.rendering.take()?;
                let lease = yielded.lease;
                if yielded.done == 0 {
                    return Some(Input::Rendered(lease, Rendered::Abandoned));
                }
                let blocks = BlockRange { count: yielded.done, ..yielded.blocks };
                world.yields += 1;
                self.outbox.insert(lease, (blocks, true));
                return Some(Input::Rendered(lease, Rendered::Kept));
            }
            Effect::Rest | Effect::TellNoRoom(_) => {}
            Effect::Forget(lease) => {
                self.leases.remove(&lease);
                self.outbox.remove(&lease);
            }
            Effect::Heartbeat(lease, blocks_begun) => {
                let beat = Heartbeat { lease, blocks_begun };
                self.call(world, &Request::Heartbeat(beat), Call::Beat(lease));
            }
            Effect::Deliver(lease) => self.deliver(world, lease),
            Effect::Recut(lease, blocks) => {
                let entry = self.outbox.get_mut(&lease)?;
                let fits = blocks.first == entry.0.first && blocks.count <= entry.0.count;
                entry.0 = if fits { blocks } else { entry.0 };
                return Some(Input::Recut(lease, fits.then_some(blocks.count)));
            }
            Effect::Fail(lease, kind, reason) => {
                self.call(world, &Request::Fail(Failure { lease, kind, reason }), Call::Quiet);
            }
            Effect::Leave(_) => {
                self.call(world, &Request::Leave, Call::Quiet);
                self.die(world);
                let happening = Happening::Node { at: self.at, life: self.life, errand: NodeErrand::Mend };
                world.after(MENDED_MS, happening);
            }
        }
        None
    }

    fn render(&mut self, world: &mut World, lease: LeaseId, blocks: BlockRange) {
        self.renderings += 1;
        self.rendering = Some(Rendering { lease, blocks, done: 0, number: self.renderings });
        self.next_block(world);
    }

    fn next_block(&mut self, world: &mut World) {
        let Some(rendering) = &self.rendering else { return };
        let errand = NodeErrand::Block(rendering.number);
        let (pixels, dear) = self.leases.get(&rendering.lease).map_or((1, 1.0), |lease| {
            let scene = world.plan.scene(lease.job);
            (lease.rect.pixels() as u64, scene.dear(self.at, lease.frame, lease.tile))
        });
        let wait_ms = self.plan.takes_ms(pixels * 16, dear);
        world.after(wait_ms, Happening::Node { at: self.at, life: self.life, errand });
    }

    fn block(&mut self, world: &mut World, number: u64) {
        let Some(rendering) = self.rendering.as_mut().filter(|now| now.number == number) else { return };
        let lease = rendering.lease;
        rendering.done = (rendering.done + 1).min(rendering.blocks.count);
        if world.is_rough() && world.chance.hits(self.plan.fails) {
            self.rendering = None;
            let failed = Rendered::Failed(FailureKind::Node, "the device was lost".to_owned());
            self.hear(world, Input::Rendered(lease, failed));
        } else if rendering.done < rendering.blocks.count {
            let done = rendering.done;
            self.next_block(world);
            self.hear(world, Input::BlockDone(lease, done));
        } else {
            let blocks = rendering.blocks;
            self.rendering = None;
            let good = !(world.is_rough() && world.chance.hits(self.plan.lies));
            self.outbox.insert(lease, (blocks, good));
            self.hear(world, Input::Rendered(lease, Rendered::Kept));
        }
    }

    fn deliver(&mut self, world: &mut World, lease: LeaseId) {
        let Some(&(blocks, good)) = self.outbox.get(&lease) else {
            self.later(world, 1, Input::Settled(lease));
            return;
        };
        let seal = format!("{lease:?} {blocks:?} {good}");
        let result = ObjectName::of(seal.as_bytes());
        world.objects.insert(result, Artwork { lease, blocks, good });
        let (receipt, link) = (Opaque::default(), Opaque::default());
        let commit = Commit { lease, blocks, result, receipt, link };
        self.call(world, &Request::Commit(Box::new(commit)), Call::Deliver(lease));
    }

    fn call(&mut self, world: &mut World, request: &Request, call: Call) {
        let number = world.call(self.peer(), request);
        self.calls.insert(number, call);
    }

    fn later(&mut self, world: &mut World, ms: u64, input: Input) {
        let errand = NodeErrand::Hear(input);
        world.after(ms, Happening::Node { at: self.at, life: self.life, errand });
    }

    /// A new descriptor in every second life, as when keys are renewed.
    fn offer(&self) -> Offer {
        Offer {
            descriptor: Bounded::cut(vec![self.at as u8, (self.life / 4) as u8]),
            adapter: AdapterCard {
                name: "simulated".to_owned(),
                backend: "none".to_owned(),
                driver: String::new(),
                class: AdapterClass::Other,
            },
            memory_mib: 1024,
            price: self.plan.price,
            version: "0".to_owned(),
        }
    }
}
