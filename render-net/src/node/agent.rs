//! What a node does next: pure logic, without clock, socket, file or renderer.
//!
//! The driver ([`super::run_node`]) tells the agent what happened and when ([`Input`]), and carries out what it answers ([`Effect`]). The agent
//! holds at most [`HELD_MAX`] leases, one rendering and one whose scene is being fetched, so that the renderer never waits for the
//! network. A lost link stops nothing: rendering goes on and finished work waits for the next link. A lost lease stops its rendering at once.
//! An owner's [`Allowance::Hold`] frees the GPU in the middle of a block: finished blocks are delivered, everything else is handed back.

mod held;
mod turn;

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use frame::LeaseId;

use held::{Delivery, Held, HeldState, LinkState, PullState};
pub use turn::{Allowance, Effect, Input, Millis, Rendered, Why};

use crate::wire::{Beat, FailureKind, Lease};

/// Leases held at once: one rendering, one being prepared.
pub const HELD_MAX: usize = 2;
/// Failures of this machine in a row after which it stops asking for work.
const FAILURES_MAX: u32 = 3;
/// How long a pull may be kept waiting for work.
const PULL_WAIT: Duration = Duration::from_secs(10);
/// The same for a node that leaves when idle, after it has worked and before.
const PULL_WAIT_ONCE: Duration = Duration::from_secs(2);
const EMPTY_PULLS_BEFORE_WORK: u32 = 15;
const EMPTY_PULLS_AFTER_WORK: u32 = 2;
/// Pause after a delivery that failed for a passing reason.
const DELIVER_AGAIN: Duration = Duration::from_secs(1);
/// Pause after a refused pull.
const PULL_AGAIN: Duration = Duration::from_secs(2);
/// Why a lease comes back, for the artist's log.
const OWNER_FIRST: &str = "the owner needs this computer";
/// Reconnection pauses double from the first to the last.
const RECONNECT_FIRST: Duration = Duration::from_millis(250);
const RECONNECT_LAST: Duration = Duration::from_secs(15);

/// A node's memory of its leases and its link.
pub struct Agent {
    once: bool,
    link: LinkState,
    reconnect_pause: Duration,
    pull: PullState,
    held: BTreeMap<LeaseId, Held>,
    queue: VecDeque<LeaseId>,
    kept: BTreeMap<LeaseId, Delivery>,
    rendering: Option<LeaseId>,
    empty_pulls: u32,
    has_worked: bool,
    failures: u32,
    allowance: Allowance,
    leaving: Option<Why>,
}

impl Agent {
    /// A node without link; `kept` results from an earlier run wait to be delivered.
    pub fn new(once: bool, kept: impl IntoIterator<Item = LeaseId>) -> Self {
        Self {
            once,
            link: LinkState::Down,
            reconnect_pause: RECONNECT_FIRST,
            pull: PullState::Due(0),
            held: BTreeMap::new(),
            queue: VecDeque::new(),
            kept: kept.into_iter().map(|lease| (lease, Delivery::Due(0))).collect(),
            rendering: None,
            empty_pulls: 0,
            has_worked: false,
            failures: 0,
            allowance: Allowance::Work,
            leaving: None,
        }
    }

    /// The first thing to do.
    pub fn start(&self) -> Effect {
        Effect::Connect { after: Duration::ZERO }
    }

    /// Takes in what happened and says what to do.
    pub fn handle(&mut self, now: Millis, input: Input) -> Vec<Effect> {
        let mut effects = Vec::new();
        match input {
            Input::Tick => {}
            Input::Linked => self.linked(now, &mut effects),
            Input::LinkLost => self.link_lost(&mut effects),
            Input::Leases(leases) => self.leases(now, leases, &mut effects),
            Input::PullRefused => self.pull = PullState::Due(now + millis(PULL_AGAIN)),
            Input::Prepared(lease) if self.held.contains_key(&lease) => {
                self.set_state(lease, HeldState::Ready);
            }
            // Handed back or lost while its scene was on the way.
            Input::Prepared(lease) => effects.push(Effect::Forget(lease)),
            Input::NotPrepared(lease, None) => self.set_state(lease, HeldState::Unprepared),
            Input::NotPrepared(lease, Some((kind, reason))) => {
                self.give_back(lease, kind, reason, &mut effects);
            }
            Input::BlockDone(lease, done) => {
                if let Some(held) = self.held.get_mut(&lease) {
                    held.blocks_done = done;
                }
            }
            Input::Rendered(lease, rendered) => self.rendered(lease, rendered, &mut effects),
            Input::Beat(lease, beat) => self.beat(lease, beat, &mut effects),
            Input::Settled(lease) => {
                self.kept.remove(&lease);
                effects.push(Effect::Forget(lease));
            }
            Input::NotSettled(lease) => {
                if let Some(delivery) = self.kept.get_mut(&lease) {
                    *delivery = Delivery::Due(now + millis(DELIVER_AGAIN));
                }
            }
            Input::Shortened(lease, blocks) => effects.push(Effect::Recut(lease, blocks)),
            Input::Recut(lease, true) => {
                self.kept.insert(lease, Delivery::Due(now));
            }
            Input::Recut(lease, false) => {
                self.kept.remove(&lease);
                let reason = "the lease was shortened after its work was done".to_owned();
                effects.push(Effect::Forget(lease));
                effects.push(Effect::Fail(lease, FailureKind::Handback, reason));
            }
            Input::Allow(allowance) => self.allow(allowance, &mut effects),
            Input::Stop => self.stop(&mut effects),
        }
        self.go_on(now, &mut effects);
        effects
    }

    /// When [`Input::Tick`] is wanted at the latest.
    pub fn next_tick(&self, now: Millis) -> Millis {
        let beats = self.held.values().map(|held| held.next_beat);
        let pull = match self.pull {
            PullState::Due(at) if self.link == LinkState::Up => Some(at),
            _ => None,
        };
        beats.chain(pull).min().unwrap_or(now + 1000).clamp(now + 10, now + 1000)
    }

    fn linked(&mut self, now: Millis, effects: &mut Vec<Effect>) {
        self.link = LinkState::Up;
        self.reconnect_pause = RECONNECT_FIRST;
        self.pull = PullState::Due(now);
        self.kept.values_mut().for_each(|delivery| *delivery = Delivery::Due(now));
        for held in self.held.values_mut() {
            held.next_beat = now;
            if held.state == HeldState::Unprepared {
                held.state = HeldState::Preparing;
                effects.push(Effect::Prepare(held.lease.clone()));
            }
        }
    }

    fn link_lost(&mut self, effects: &mut Vec<Effect>) {
        self.link = LinkState::Down;
        effects.push(Effect::Connect { after: self.reconnect_pause });
        self.reconnect_pause = (self.reconnect_pause * 2).min(RECONNECT_LAST);
    }

    fn leases(&mut self, now: Millis, leases: Vec<Lease>, effects: &mut Vec<Effect>) {
        self.pull = PullState::Due(now);
        self.empty_pulls = if leases.is_empty() { self.empty_pulls.saturating_add(1) } else { 0 };
        if leases.is_empty() {
            // Whatever answers at once with nothing must not be asked in a circle.
            self.pull = PullState::Due(now + 200);
        }
        for lease in leases {
            let id = lease.lease;
            let is_wanted = self.leaving.is_none() && self.allowance == Allowance::Work;
            if !is_wanted || self.held.len() >= HELD_MAX || self.held.contains_key(&id) {
                effects.push(Effect::Fail(id, FailureKind::Handback, "not wanted now".to_owned()));
                continue;
            }
            let beat_every = u64::from(lease.heartbeat_ms.max(100));
            effects.push(Effect::Prepare(lease.clone()));
            self.queue.push_back(id);
            let (blocks, state) = (lease.blocks, HeldState::Preparing);
            self.held.insert(id, Held { lease, blocks, state, blocks_done: 0, next_beat: now + beat_every });
        }
    }

    fn rendered(&mut self, lease: LeaseId, rendered: Rendered, effects: &mut Vec<Effect>) {
        self.rendering = None;
        let yielded = self.held.get(&lease).is_some_and(|held| held.state == HeldState::Yielding);
        match rendered {
            Rendered::Kept => {
                self.failures = 0;
                self.has_worked = true;
                self.kept.insert(lease, Delivery::Due(0));
                self.remove(lease);
            }
            Rendered::Abandoned if yielded => {
                self.give_back(lease, FailureKind::Handback, OWNER_FIRST.to_owned(), effects);
            }
            Rendered::Abandoned => {
                self.remove(lease);
                effects.push(Effect::Forget(lease));
            }
            Rendered::Failed(kind, reason) => {
                if kind == FailureKind::Node {
                    self.failures += 1;
                }
                self.give_back(lease, kind, reason, effects);
                if self.failures >= FAILURES_MAX {
                    self.leaving = Some(Why::Broken);
                }
            }
        }
        if self.allowance == Allowance::Hold {
            effects.push(Effect::Rest);
        }
    }

    fn beat(&mut self, lease: LeaseId, beat: Beat, effects: &mut Vec<Effect>) {
        let Some(held) = self.held.get_mut(&lease) else { return };
        match beat {
            Beat::GoOn { blocks, .. } => {
                // Only shortening from above is allowed; anything else is not for us to guess at.
                let shorter = blocks.first == held.blocks.first && blocks.count < held.blocks.count;
                if shorter && blocks.count > 0 {
                    held.blocks = blocks;
                    if held.state == HeldState::Rendering {
                        effects.push(Effect::StopAfter(lease, blocks.count));
                    }
                }
            }
            Beat::Lost if self.rendering == Some(lease) => effects.push(Effect::StopNow(lease)),
            Beat::Lost => {
                self.remove(lease);
                effects.push(Effect::Forget(lease));
            }
        }
    }

    /// Nothing that is not begun stays with a node whose owner wants the machine: others can have it at once.
    fn allow(&mut self, allowance: Allowance, effects: &mut Vec<Effect>) {
        if self.allowance == allowance {
            return;
        }
        self.allowance = allowance;
        if allowance == Allowance::Work {
            return;
        }
        let waiting: Vec<LeaseId> =
            self.held.keys().copied().filter(|lease| self.rendering != Some(*lease)).collect();
        for lease in waiting {
            self.give_back(lease, FailureKind::Handback, OWNER_FIRST.to_owned(), effects);
        }
        match self.rendering {
            Some(lease) if allowance == Allowance::Hold => {
                self.set_state(lease, HeldState::Yielding);
                effects.push(Effect::Yield(lease));
            }
            None if allowance == Allowance::Hold => effects.push(Effect::Rest),
            _ => {}
        }
    }

    fn stop(&mut self, effects: &mut Vec<Effect>) {
        self.leaving = Some(Why::Stopped);
        if let Some(lease) = self.rendering {
            effects.push(Effect::StopNow(lease));
        }
    }

    /// Everything that follows from the state alone.
    fn go_on(&mut self, now: Millis, effects: &mut Vec<Effect>) {
        if self.leaving.is_none() && self.allowance == Allowance::Work {
            self.render_next(effects);
        }
        if self.link == LinkState::Up {
            self.beat_all(now, effects);
            self.deliver_all(now, effects);
            self.pull_more(now, effects);
        }
        self.leave_if_done(effects);
    }

    fn render_next(&mut self, effects: &mut Vec<Effect>) {
        if self.rendering.is_some() {
            return;
        }
        let ready =
            |lease: &&LeaseId| self.held.get(lease).is_some_and(|held| held.state == HeldState::Ready);
        let Some(lease) = self.queue.iter().find(ready).copied() else { return };
        if let Some(held) = self.held.get_mut(&lease) {
            held.state = HeldState::Rendering;
            self.rendering = Some(lease);
            effects.push(Effect::Render(lease, held.blocks));
        }
    }

    fn beat_all(&mut self, now: Millis, effects: &mut Vec<Effect>) {
        for (lease, held) in &mut self.held {
            if held.next_beat <= now {
                held.next_beat = now + u64::from(held.lease.heartbeat_ms.max(100));
                // The block that is being rendered counts as begun.
                let running = u32::from(held.state == HeldState::Rendering);
                let begun = (held.blocks_done + running).min(held.blocks.count);
                effects.push(Effect::Heartbeat(*lease, begun));
            }
        }
    }

    fn deliver_all(&mut self, now: Millis, effects: &mut Vec<Effect>) {
        for (lease, delivery) in &mut self.kept {
            if matches!(delivery, Delivery::Due(at) if *at <= now) {
                *delivery = Delivery::UnderWay;
                effects.push(Effect::Deliver(*lease));
            }
        }
    }

    fn pull_more(&mut self, now: Millis, effects: &mut Vec<Effect>) {
        let room = HELD_MAX - self.held.len().min(HELD_MAX);
        if let PullState::Due(at) = self.pull
            && at <= now
            && room > 0
            && self.leaving.is_none()
            && self.allowance == Allowance::Work
        {
            self.pull = PullState::Waiting;
            let wait = if self.once { PULL_WAIT_ONCE } else { PULL_WAIT };
            effects.push(Effect::Pull { capacity: room as u32, wait });
        }
    }

    fn leave_if_done(&mut self, effects: &mut Vec<Effect>) {
        let patience = if self.has_worked { EMPTY_PULLS_AFTER_WORK } else { EMPTY_PULLS_BEFORE_WORK };
        let busy = self.rendering.is_some() || !self.kept.is_empty();
        let idle = self.once && self.empty_pulls >= patience && self.held.is_empty();
        if idle && self.leaving.is_none() {
            self.leaving = Some(Why::Idle);
        }
        // Kept results are on disk: a stopped node delivers them next time if the link is down now.
        let can_wait = self.link == LinkState::Down;
        if let Some(why) = self.leaving
            && (!busy || (self.rendering.is_none() && can_wait))
        {
            effects.push(Effect::Leave(why));
        }
    }

    fn give_back(&mut self, lease: LeaseId, kind: FailureKind, reason: String, effects: &mut Vec<Effect>) {
        if self.remove(lease) {
            effects.push(Effect::Forget(lease));
            effects.push(Effect::Fail(lease, kind, reason));
        }
    }

    fn set_state(&mut self, lease: LeaseId, state: HeldState) {
        if let Some(held) = self.held.get_mut(&lease) {
            held.state = state;
        }
    }

    fn remove(&mut self, lease: LeaseId) -> bool {
        self.queue.retain(|queued| *queued != lease);
        self.held.remove(&lease).is_some()
    }
}

fn millis(duration: Duration) -> Millis {
    duration.as_millis() as Millis
}

#[cfg(test)]
mod tests;
