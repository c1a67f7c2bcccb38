//! Where an agent's link, its pulls and its leases stand.

use std::time::Duration;

use frame::{BlockRange, LeaseId};

use super::{Agent, Effect, Millis, TROUBLE_FIRST, millis};
use crate::wire::{FailureKind, Lease};

/// Pause before what a lease needs is fetched again over a link that holds, doubled each time.
const PREPARE_AGAIN: Duration = Duration::from_secs(2);
/// So often, then the lease is for others.
const PREPARE_TRIES_MAX: u32 = 4;
const NOT_FETCHED: &str = "what it needs could not be fetched";

#[derive(PartialEq, Eq)]
pub(super) enum LinkState {
    Down,
    Up,
}

pub(super) enum PullState {
    Due(Millis),
    Waiting,
}

pub(super) struct Held {
    pub(super) lease: Lease,
    pub(super) blocks: BlockRange,
    pub(super) state: HeldState,
    pub(super) blocks_done: u32,
    pub(super) next_beat: Millis,
    /// How often its scene could not be fetched over a link that held.
    pub(super) tries: u32,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum HeldState {
    Preparing,
    /// What it needs could not be fetched for a passing reason.
    Unprepared {
        /// When to try again, unless another link comes first.
        again_at: Millis,
    },
    Ready,
    Rendering,
    /// Rendering is being stopped because the owner wants the GPU.
    Yielding,
}

impl Held {
    pub(super) fn beat_every_ms(&self) -> u64 {
        u64::from(self.lease.heartbeat_ms.max(100))
    }

    /// Whether what it needs is not there yet.
    fn is_awaited(&self) -> bool {
        matches!(self.state, HeldState::Preparing | HeldState::Unprepared { .. })
    }

    /// Blocks that are finished or begun: the one that is being rendered counts as begun.
    pub(super) fn begun(&self) -> u32 {
        let running = u32::from(self.state == HeldState::Rendering);
        (self.blocks_done + running).min(self.blocks.count)
    }
}

impl Agent {
    pub(super) fn prepared(&mut self, lease: LeaseId) {
        self.trouble_pause = TROUBLE_FIRST;
        if let Some(held) = self.held.get_mut(&lease).filter(|held| held.is_awaited()) {
            held.state = HeldState::Ready;
        }
    }

    pub(super) fn not_prepared(&mut self, now: Millis, lease: LeaseId, effects: &mut Vec<Effect>) {
        let Some(held) = self.held.get_mut(&lease).filter(|held| held.is_awaited()) else { return };
        if self.link == LinkState::Up {
            held.tries += 1;
        }
        if held.tries >= PREPARE_TRIES_MAX {
            self.pause_pulling(now);
            self.give_back(lease, FailureKind::Handback, NOT_FETCHED.to_owned(), effects);
        } else {
            let again_at = now + (millis(PREPARE_AGAIN) << held.tries.saturating_sub(1));
            held.state = HeldState::Unprepared { again_at };
        }
    }

    /// Fetches again what could not be fetched and was to be tried again at this time.
    pub(super) fn prepare_again(&mut self, due: Millis, effects: &mut Vec<Effect>) {
        for held in self.held.values_mut() {
            if matches!(held.state, HeldState::Unprepared { again_at } if again_at <= due) {
                held.state = HeldState::Preparing;
                effects.push(Effect::Prepare(held.lease.clone()));
            }
        }
    }

    pub(super) fn beat_all(&mut self, now: Millis, effects: &mut Vec<Effect>) {
        for (lease, held) in &mut self.held {
            if held.next_beat <= now {
                held.next_beat = now + held.beat_every_ms();
                effects.push(Effect::Heartbeat(*lease, held.begun()));
            }
        }
    }

    /// What is held and not begun goes to others.
    pub(super) fn give_back_waiting(&mut self, reason: &str, effects: &mut Vec<Effect>) {
        let waiting: Vec<LeaseId> =
            self.held.keys().copied().filter(|lease| self.rendering != Some(*lease)).collect();
        for lease in waiting {
            self.give_back(lease, FailureKind::Handback, reason.to_owned(), effects);
        }
    }

    pub(super) fn give_back(
        &mut self,
        lease: LeaseId,
        kind: FailureKind,
        reason: String,
        effects: &mut Vec<Effect>,
    ) {
        if self.remove(lease) {
            effects.push(Effect::Forget(lease));
            effects.push(Effect::Fail(lease, kind, reason));
        }
    }

    pub(super) fn set_state(&mut self, lease: LeaseId, state: HeldState) {
        if let Some(held) = self.held.get_mut(&lease) {
            held.state = state;
        }
    }

    pub(super) fn remove(&mut self, lease: LeaseId) -> bool {
        self.queue.retain(|queued| *queued != lease);
        self.held.remove(&lease).is_some()
    }
}
