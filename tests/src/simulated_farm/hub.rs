//! The coordinator of the simulation: the real market over a store that sometimes fails, crashing when planned.

use std::collections::{BTreeMap, BTreeSet};

use frame::{FrameIndex, JobId, LeaseId, NodeId, TileIndex};
use render_net::market::{Effect, Input, Market, Terms, audit};
use render_net::store::{MemoryStore, Store};
use render_net::wire::{
    Bounded, Committed, Earnings, Event, Follow, JobPost, JobState, Message, Piece, Refusal, Request,
    Response,
};

use super::node::SimNode;
use super::plan::{LIMIT_MS, Plan};
use super::world::{Happening, Peer, World};
use super::{Story, chance::Chance};

/// Real time at which the virtual clock starts.
const EPOCH_MS: u64 = 1_700_000_000_000;
/// Requests between two audits of everything.
const AUDIT_EVERY: u64 = 300;

pub(super) struct Hub {
    store: MemoryStore,
    market: Option<Market>,
    terms: Terms,
    posts: Vec<JobPost>,
    turns: u64,
    chance: Chance,
    back_ms: u64,
    /// Whose work a referee has ruled on, by the journals.
    ruled: BTreeSet<(NodeId, LeaseId)>,
}

impl Hub {
    pub(super) fn new(plan: &Plan) -> Self {
        // A referee that is only away for a while comes before the time for its rulings is over.
        let terms = Terms { verdict_ms: plan.verdict_ms, ruling_ms: 2 * LIMIT_MS, ..Terms::default() };
        Self {
            store: MemoryStore::new(),
            market: Some(Market::new(terms.clone())),
            terms,
            posts: plan.jobs.clone(),
            turns: 0,
            chance: Chance::new(plan.store_fails ^ plan.jobs.len() as u64),
            back_ms: 0,
            ruled: BTreeSet::new(),
        }
    }

    pub(super) fn request(
        &mut self,
        world: &mut World,
        from: Peer,
        call: u64,
        bytes: &[u8],
    ) -> Result<(), String> {
        if self.market.is_none() {
            return Ok(());
        }
        world.messages += 1;
        world.note(bytes);
        let request = Request::decode(bytes).map_err(|fault| fault.to_string())?;
        let unknown = match &request {
            Request::Commit(commit) => !world.objects.contains_key(&commit.result),
            _ => false,
        };
        let response = if unknown {
            Response::Refused(Refusal::NoSuchObject)
        } else if world.is_rough() && self.chance.hits(world.plan.store_fails) {
            // A store that fails has changed nothing; that it has not is what the stores' own tests show.
            Response::Refused(Refusal::Failed)
        } else {
            self.act(world.now_ms, Input::Asked(from.id(), request))?
        };
        world.answer(from, call, &response);
        self.turns += 1;
        if self.turns.is_multiple_of(AUDIT_EVERY) {
            self.audit()?;
        }
        Ok(())
    }

    pub(super) fn tick(&mut self, world: &mut World) -> Result<(), String> {
        world.after(1000, Happening::Tick);
        // As the real driver: after a restart nodes get time to find their way back before leases lapse.
        if self.market.is_some() && world.now_ms >= self.back_ms {
            self.act(world.now_ms, Input::Tick)?;
        }
        Ok(())
    }

    pub(super) fn crash(&mut self) {
        self.market = None;
    }

    pub(super) fn restart(&mut self, world: &World) -> Result<(), String> {
        self.back_ms = world.now_ms + self.terms.lapse_ms / 2;
        self.market = Some(Market::new(self.terms.clone()));
        self.audit()
    }

    pub(super) fn all_done(&mut self) -> Result<bool, String> {
        if self.market.is_none() {
            return Ok(false);
        }
        for at in 0..self.posts.len() {
            let Response::Jobs(jobs) = self.ask(Peer::Artist(at), Request::Jobs)? else {
                return Err("jobs were asked for".to_owned());
            };
            if !jobs.iter().all(|card| card.state == JobState::Done) || jobs.is_empty() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    pub(super) fn where_it_stands(&mut self) -> String {
        let jobs: Vec<_> =
            (0..self.posts.len()).map(|at| self.ask(Peer::Artist(at), Request::Jobs)).collect();
        format!("{jobs:?}")
    }

    /// Adds everything up again, from the journals and the nodes' accounts, without the market's own counts.
    pub(super) fn check(&mut self, world: &World, nodes: &[SimNode]) -> Result<Story, String> {
        let mut paid_for = 0;
        for at in 0..self.posts.len() {
            paid_for += self.check_film(world, at)?;
        }
        let mut earned = 0;
        for node in nodes {
            let Response::Earnings(Earnings { held, posted, paid }) =
                self.ask(node.peer(), Request::Earnings)?
            else {
                return Err("earnings were asked for".to_owned());
            };
            if (held, paid) != (0, 0) {
                return Err(format!("{held} held and {paid} paid out after everything ended"));
            }
            earned += posted;
        }
        self.check_rulings(nodes)?;
        if earned != paid_for {
            return Err(format!("nodes earned {earned} and accepted work costs {paid_for}"));
        }
        let health = self.audit_all()?;
        Ok(Story {
            trace: world.trace(),
            ended_ms: world.now_ms,
            messages: world.messages,
            refused: world.refused,
            wronged: world.wronged,
            pauses: world.pauses,
            yields: world.yields,
            tiles_whole: 0,
            tiles_divided: 0,
            health,
        })
    }

    /// Every block accepted exactly once and right, and nothing right refused for good where there is a referee; returns what the accepted work costs.
    fn check_film(&mut self, world: &World, at: usize) -> Result<u64, String> {
        let post = self.posts[at].clone();
        let mut committed: BTreeMap<LeaseId, Box<Committed>> = BTreeMap::new();
        let mut accepted = BTreeSet::new();
        for event in self.journal(at, post.job)? {
            match event {
                Event::Committed(work) => drop(committed.insert(work.lease, work)),
                Event::Accepted { lease, .. } if !accepted.insert(lease) => {
                    return Err(format!("{lease:?} was accepted twice"));
                }
                Event::Ruled { lease, .. } => {
                    let work: &Committed = committed.get(&lease).ok_or("ruled on and never committed")?;
                    self.ruled.insert((work.node, lease));
                }
                Event::Rejected { lease } if world.plan.referee.is_some() => {
                    let work: &Committed = committed.get(&lease).ok_or("rejected and never committed")?;
                    if world.objects.get(&work.result).is_some_and(|art| art.good) {
                        return Err(format!("{lease:?} was rejected with a right result"));
                    }
                }
                _ => {}
            }
        }
        let mut film: BTreeMap<(FrameIndex, TileIndex, u32), LeaseId> = BTreeMap::new();
        let mut cost = 0;
        for lease in accepted {
            let work = committed.get(&lease).ok_or("accepted and never committed")?;
            let Piece { frame, tile, blocks } = work.piece;
            let art = world.objects.get(&work.result).ok_or("accepted and not stored")?;
            if !art.good || (art.lease, art.blocks) != (lease, blocks) {
                return Err(format!("{lease:?} was accepted with a wrong result"));
            }
            for block in blocks.first..blocks.end() {
                if let Some(other) = film.insert((frame, tile, block), lease) {
                    return Err(format!("{other:?} and {lease:?} both count for one block"));
                }
            }
            cost += work.amount;
        }
        let tiles = u64::from(post.shape.grid().len()) * post.shape.frames.len() as u64;
        let blocks = tiles * u64::from(post.shape.blocks());
        if film.len() as u64 == blocks { Ok(cost) } else { Err(format!("{} of {blocks} blocks", film.len())) }
    }

    /// Every ruling is there for the node whose work it is about, and for no other, until that one has it.
    fn check_rulings(&mut self, nodes: &[SimNode]) -> Result<(), String> {
        let mut heard = BTreeSet::new();
        for node in nodes {
            let mut taken = Bounded::default();
            loop {
                let Response::Rulings(rulings) = self.ask(node.peer(), Request::Rulings(taken))? else {
                    return Err("rulings were asked for".to_owned());
                };
                if rulings.is_empty() {
                    break;
                }
                taken = Bounded::cut(rulings.iter().map(|ruled| ruled.lease).collect());
                heard.extend(taken.iter().map(|lease| (node.peer().id(), *lease)));
            }
        }
        match heard == self.ruled {
            true => Ok(()),
            false => Err(format!("{} rulings were heard of {}", heard.len(), self.ruled.len())),
        }
    }

    fn journal(&mut self, at: usize, job: JobId) -> Result<Vec<Event>, String> {
        let mut events = Vec::new();
        loop {
            let follow = Follow { job, since: events.len() as u64, wait_ms: 0 };
            let Response::Events(part) = self.ask(Peer::Artist(at), Request::Follow(follow))? else {
                return Err("events were asked for".to_owned());
            };
            if part.events.is_empty() {
                return Ok(events);
            }
            events.extend(part.events.into_vec());
        }
    }

    /// Asks past the wires, as the judge at the end.
    pub(super) fn ask(&mut self, peer: Peer, request: Request) -> Result<Response, String> {
        self.act(0, Input::Asked(peer.id(), request))
    }

    fn act(&mut self, now_ms: u64, input: Input) -> Result<Response, String> {
        let market = self.market.as_mut().ok_or("the coordinator is down")?;
        let effects = market.act(&mut self.store, EPOCH_MS + now_ms, &[input]);
        let effects = effects.map_err(|fault| fault.to_string())?.remove(0);
        let answer = effects.into_iter().find_map(|effect| match effect {
            Effect::Answer(response) => Some(response),
            _ => None,
        });
        Ok(answer.unwrap_or(Response::Done))
    }

    fn audit(&mut self) -> Result<(), String> {
        self.audit_all().map(drop)
    }

    fn audit_all(&mut self) -> Result<render_net::market::Health, String> {
        let mut records = self.store.begin().map_err(|fault| fault.to_string())?;
        audit(&mut *records).map_err(|fault| fault.to_string())
    }
}
