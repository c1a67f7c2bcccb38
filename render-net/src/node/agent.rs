//! What a node does next: pure logic, without clock, socket, file or renderer.
//!
//! The driver ([`super::run_node`]) tells the agent what happened and when ([`Input`]), and carries out what it answers ([`Effect`]). The agent
//! holds at most [`HELD_MAX`] leases, one rendering and one whose scene is being fetched, so that the renderer never waits for the
//! network. A lost link stops nothing: rendering goes on and finished work waits for the next link. A lost lease stops its rendering at once.
//! While finished results wait for the uplink, or for room at the coordinator, it asks for no more ([`deliveries`]).
//! An owner's [`Allowance::Hold`] frees the GPU in the middle of a block: finished blocks are delivered, everything else is handed back.

mod deliveries;
mod held;
mod turn;

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use frame::LeaseId;

use deliveries::{Beats, Deliveries};
use held::{Held, HeldState, LinkState, PullState};
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
/// Pause after a refused pull.
const PULL_AGAIN: Duration = Duration::from_secs(2);
/// Pauses before the next pull after work that came to nothing, doubled each time: it would come back at once.
const TROUBLE_FIRST: Duration = Duration::from_secs(1);
const TROUBLE_LAST: Duration = Duration::from_secs(60);
/// How long a node that was stopped goes on delivering; what is left is delivered at its next start.
const STOP_GRACE: Duration = Duration::from_secs(3);
/// Why a lease comes back, for the artist's log.
const OWNER_FIRST: &str = "the owner needs this computer";
const NO_ROOM: &str = "the coordinator has no room for results";
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
    kept: Deliveries,
    rendering: Option<LeaseId>,
    empty_pulls: u32,
    has_worked: bool,
    failures: u32,
    trouble_pause: Duration,
    pull_not_before: Millis,
    allowance: Allowance,
    leaving: Option<Why>,
    leave_by: Option<Millis>,
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
            kept: Deliveries::new(kept),
            rendering: None,
            empty_pulls: 0,
            has_worked: false,
            failures: 0,
            trouble_pause: TROUBLE_FIRST,
            pull_not_before: 0,
            allowance: Allowance::Work,
            leaving: None,
            leave_by: None,
        }
    }

    /// Whether finished results wait for the uplink: then nothing less should use it.
    pub fn has_results(&self) -> bool {
        !self.kept.is_empty()
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
            Input::Prepared(lease) if self.held.contains_key(&lease) => self.prepared(lease),
            // Handed back or lost while its scene was on the way.
            Input::Prepared(lease) => effects.push(Effect::Forget(lease)),
            Input::NotPrepared(lease, None) => self.not_prepared(now, lease, &mut effects),
            Input::NotPrepared(lease, Some((kind, reason))) => {
                self.pause_pulling(now);
                self.give_back(lease, kind, reason, &mut effects);
            }
            Input::BlockDone(lease, done) => {
                if let Some(held) = self.held.get_mut(&lease) {
                    held.blocks_done = done;
                }
            }
            Input::Rendered(lease, rendered) => self.rendered(now, lease, rendered, &mut effects),
            Input::Beat(lease, beat) => self.beat(lease, beat, &mut effects),
            Input::Settled(lease) => {
                self.kept.settled(lease);
                effects.push(Effect::Forget(lease));
            }
            Input::NotSettled(lease) => self.kept.failed(now, lease),
            Input::NoRoom(lease, why) => self.no_room(now, lease, why, &mut effects),
            Input::Shortened(lease, blocks) => effects.push(Effect::Recut(lease, blocks)),
            Input::Recut(lease, Some(blocks)) => self.kept.recut(now, lease, Some(blocks)),
            Input::Recut(lease, None) => {
                self.kept.recut(now, lease, None);
                let reason = "the lease was shortened after its work was done".to_owned();
                effects.push(Effect::Forget(lease));
                effects.push(Effect::Fail(lease, FailureKind::Handback, reason));
            }
            Input::Allow(allowance) => self.allow(allowance, &mut effects),
            Input::Stop => self.stop(now, &mut effects),
        }
        self.go_on(now, &mut effects);
        effects
    }

    /// When [`Input::Tick`] is wanted at the latest.
    pub fn next_tick(&self, now: Millis) -> Millis {
        let (soonest, latest) = (now + 10, now + 1000);
        if self.link == LinkState::Down {
            return latest;
        }
        let beats = self.held.values().map(|held| held.next_beat).chain(self.kept.next_beat());
        beats.chain(self.pull_at()).min().unwrap_or(latest).clamp(soonest, latest)
    }

    fn linked(&mut self, now: Millis, effects: &mut Vec<Effect>) {
        self.link = LinkState::Up;
        self.reconnect_pause = RECONNECT_FIRST;
        self.pull = PullState::Due(now);
        self.kept.linked(now);
        for held in self.held.values_mut() {
            (held.next_beat, held.tries) = (now, 0);
        }
        self.prepare_again(Millis::MAX, effects);
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
            let is_wanted = self.takes_work() && !self.kept.is_refused();
            if !is_wanted || self.held.len() >= HELD_MAX || self.held.contains_key(&id) {
                effects.push(Effect::Fail(id, FailureKind::Handback, "not wanted now".to_owned()));
                continue;
            }
            effects.push(Effect::Prepare(lease.clone()));
            self.queue.push_back(id);
            let (blocks, state) = (lease.blocks, HeldState::Preparing);
            let mut held = Held { lease, blocks, state, blocks_done: 0, next_beat: now, tries: 0 };
            held.next_beat += held.beat_every_ms();
            self.held.insert(id, held);
        }
    }

    /// Work came to nothing. Whoever asks again at once may get the same again at once. Leases that were asked for together are one trouble.
    fn pause_pulling(&mut self, now: Millis) {
        if self.pull_not_before <= now {
            self.pull_not_before = now + millis(self.trouble_pause);
            self.trouble_pause = (self.trouble_pause * 2).min(TROUBLE_LAST);
        }
    }

    /// Nobody can take results now: what is not begun is for others, and nothing else is begun.
    fn no_room(&mut self, now: Millis, lease: LeaseId, why: String, effects: &mut Vec<Effect>) {
        if self.kept.refused(now, lease) {
            effects.push(Effect::TellNoRoom(why));
            self.give_back_waiting(NO_ROOM, effects);
        }
    }

    fn rendered(&mut self, now: Millis, lease: LeaseId, rendered: Rendered, effects: &mut Vec<Effect>) {
        self.rendering = None;
        let yielded = self.held.get(&lease).is_some_and(|held| held.state == HeldState::Yielding);
        match rendered {
            Rendered::Kept => {
                self.failures = 0;
                self.has_worked = true;
                let beats = self.held.get(&lease).map(|held| Beats {
                    blocks: if yielded { held.blocks_done } else { held.blocks.count },
                    every_ms: held.beat_every_ms(),
                    next: held.next_beat,
                });
                self.kept.keep(lease, beats);
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
                self.pause_pulling(now);
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
        let Some(held) = self.held.get_mut(&lease) else {
            if beat == Beat::Lost {
                self.kept.lost(lease);
            }
            return;
        };
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
        self.give_back_waiting(OWNER_FIRST, effects);
        match self.rendering {
            Some(lease) if allowance == Allowance::Hold => {
                self.set_state(lease, HeldState::Yielding);
                effects.push(Effect::Yield(lease));
            }
            None if allowance == Allowance::Hold => effects.push(Effect::Rest),
            _ => {}
        }
    }

    fn stop(&mut self, now: Millis, effects: &mut Vec<Effect>) {
        self.leaving = Some(Why::Stopped);
        self.leave_by = Some(now + millis(STOP_GRACE));
        if let Some(lease) = self.rendering {
            effects.push(Effect::StopNow(lease));
        }
    }

    /// Everything that follows from the state alone.
    fn go_on(&mut self, now: Millis, effects: &mut Vec<Effect>) {
        if self.takes_work() {
            self.render_next(effects);
        }
        if self.link == LinkState::Up {
            self.prepare_again(now, effects);
            self.beat_all(now, effects);
            self.kept.beat(now, effects);
            self.kept.deliver(now, effects);
            self.pull_more(now, effects);
        }
        self.leave_if_done(now, effects);
    }

    fn takes_work(&self) -> bool {
        self.leaving.is_none() && self.allowance == Allowance::Work
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

    fn pull_more(&mut self, now: Millis, effects: &mut Vec<Effect>) {
        if self.pull_at().is_some_and(|at| at <= now) {
            self.pull = PullState::Waiting;
            let capacity = (HELD_MAX - self.held.len()) as u32;
            let wait = if self.once { PULL_WAIT_ONCE } else { PULL_WAIT };
            effects.push(Effect::Pull { capacity, wait });
        }
    }

    /// When to ask for work; `None` while there is no room for any, or an answer is awaited.
    fn pull_at(&self) -> Option<Millis> {
        let has_room = self.held.len() < HELD_MAX && !self.kept.is_full();
        match self.pull {
            PullState::Due(at) if has_room && self.takes_work() => Some(at.max(self.pull_not_before)),
            _ => None,
        }
    }

    fn leave_if_done(&mut self, now: Millis, effects: &mut Vec<Effect>) {
        let patience = if self.has_worked { EMPTY_PULLS_AFTER_WORK } else { EMPTY_PULLS_BEFORE_WORK };
        let no_more = self.empty_pulls >= patience || self.kept.is_refused();
        let idle = self.once && no_more && self.held.is_empty();
        if idle && self.leaving.is_none() {
            self.leaving = Some(Why::Idle);
        }
        // Kept results are on disk: what cannot be delivered soon is delivered next time.
        let can_wait = self.link == LinkState::Down
            || self.kept.is_empty()
            || self.kept.is_refused()
            || self.leave_by.is_some_and(|by| by <= now);
        if let Some(why) = self.leaving
            && self.rendering.is_none()
            && can_wait
        {
            effects.push(Effect::Leave(why));
        }
    }
}

fn millis(duration: Duration) -> Millis {
    duration.as_millis() as Millis
}

#[cfg(test)]
mod tests;
