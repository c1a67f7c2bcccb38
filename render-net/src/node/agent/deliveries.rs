//! Finished results on their way: few at a time, their leases kept alive meanwhile, and patience with a coordinator that cannot take them.
//!
//! An uplink is slower than a GPU more often than not. Results that were all sent at once would share it, and all come late; so few are sent
//! together, and while several wait, the agent asks for no more work ([`Deliveries::is_full`]).

use std::collections::BTreeMap;
use std::time::Duration;

use frame::LeaseId;

use super::{Effect, Millis, millis};

/// Deliveries under way at once: the next one's bytes flow while one waits for its answer.
pub(super) const UNDER_WAY_MAX: usize = 2;
/// With so many kept results no work is asked for.
pub(super) const KEPT_FULL: usize = 4;
/// Pauses after a delivery that failed for a passing reason, doubled each time.
const AGAIN_FIRST: Duration = Duration::from_secs(1);
const AGAIN_LAST: Duration = Duration::from_secs(30);
/// The longest pause while there is no room: a full disk takes a person.
const ROOM_AGAIN_LAST: Duration = Duration::from_secs(300);

/// All results that are kept.
pub(super) struct Deliveries {
    kept: BTreeMap<LeaseId, Kept>,
    pause: Duration,
    /// When to ask whether there is room again; `None` while there is.
    no_room: Option<Millis>,
}

/// A kept result.
struct Kept {
    state: Delivery,
    /// `None` for results of an earlier run, and when the lease is lost: it may still be committed, but beats no longer help.
    beats: Option<Beats>,
}

enum Delivery {
    Due(Millis),
    UnderWay,
}

/// How a kept result's lease is kept alive.
pub(super) struct Beats {
    pub(super) blocks: u32,
    pub(super) every_ms: u64,
    pub(super) next: Millis,
}

impl Deliveries {
    /// Results that an earlier run left.
    pub(super) fn new(kept: impl IntoIterator<Item = LeaseId>) -> Self {
        let kept = kept.into_iter().map(|lease| (lease, Kept { state: Delivery::Due(0), beats: None }));
        Self { kept: kept.collect(), pause: AGAIN_FIRST, no_room: None }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    /// Whether so many wait that more work would only wait behind them.
    pub(super) fn is_full(&self) -> bool {
        self.is_refused() || self.kept.len() >= KEPT_FULL
    }

    /// Whether the coordinator has no room.
    pub(super) fn is_refused(&self) -> bool {
        self.no_room.is_some() && !self.kept.is_empty()
    }

    /// A result is finished.
    pub(super) fn keep(&mut self, lease: LeaseId, beats: Option<Beats>) {
        self.kept.insert(lease, Kept { state: Delivery::Due(0), beats });
    }

    /// A new link asks again for what the last one did not confirm.
    pub(super) fn linked(&mut self, now: Millis) {
        for kept in self.kept.values_mut() {
            kept.state = Delivery::Due(now);
            kept.beats.iter_mut().for_each(|beats| beats.next = now);
        }
        self.no_room.iter_mut().for_each(|at| *at = now);
    }

    /// The coordinator took it, or never will; either way it had an answer.
    pub(super) fn settled(&mut self, lease: LeaseId) {
        self.kept.remove(&lease);
        (self.pause, self.no_room) = (AGAIN_FIRST, None);
    }

    /// It could not be delivered for a passing reason.
    pub(super) fn failed(&mut self, now: Millis, lease: LeaseId) {
        let Some(kept) = self.kept.get_mut(&lease) else { return };
        let again_at = now + millis(grown(&mut self.pause, AGAIN_LAST));
        kept.state = Delivery::Due(again_at);
        // Whether there is room is still not known.
        self.no_room.iter_mut().for_each(|at| *at = again_at);
    }

    /// The coordinator has no room for it; whether that is news.
    pub(super) fn refused(&mut self, now: Millis, lease: LeaseId) -> bool {
        let Some(kept) = self.kept.get_mut(&lease) else { return false };
        kept.state = Delivery::Due(now);
        self.no_room.replace(now + millis(grown(&mut self.pause, ROOM_AGAIN_LAST))).is_none()
    }

    /// It waits again, cut down to so many blocks.
    pub(super) fn recut(&mut self, now: Millis, lease: LeaseId, blocks: Option<u32>) {
        match blocks {
            None => drop(self.kept.remove(&lease)),
            Some(blocks) => {
                let beats = self.kept.remove(&lease).and_then(|kept| kept.beats);
                let beats = beats.map(|beats| Beats { blocks: beats.blocks.min(blocks), ..beats });
                self.kept.insert(lease, Kept { state: Delivery::Due(now), beats });
            }
        }
    }

    /// The lease is lost; its result may still be the first.
    pub(super) fn lost(&mut self, lease: LeaseId) {
        if let Some(kept) = self.kept.get_mut(&lease) {
            kept.beats = None;
        }
    }

    /// Keeps the leases alive, but none whose result nobody can take: then others should have the work.
    pub(super) fn beat(&mut self, now: Millis, effects: &mut Vec<Effect>) {
        if self.is_refused() {
            return;
        }
        for (lease, kept) in &mut self.kept {
            if let Some(beats) = kept.beats.as_mut().filter(|beats| beats.next <= now) {
                beats.next = now + beats.every_ms;
                effects.push(Effect::Heartbeat(*lease, beats.blocks));
            }
        }
    }

    /// Starts deliveries that are due; a single one to find out whether there is room.
    pub(super) fn deliver(&mut self, now: Millis, effects: &mut Vec<Effect>) {
        let most = match self.no_room {
            Some(again_at) if again_at > now => return,
            Some(_) => 1,
            None => UNDER_WAY_MAX,
        };
        let under_way = self.kept.values().filter(|kept| matches!(kept.state, Delivery::UnderWay)).count();
        let due = |kept: &Kept| matches!(kept.state, Delivery::Due(at) if at <= now);
        let due = self.kept.iter_mut().filter(|(_, kept)| due(kept));
        for (lease, kept) in due.take(most.saturating_sub(under_way)) {
            kept.state = Delivery::UnderWay;
            effects.push(Effect::Deliver(*lease));
        }
    }

    /// When the next heartbeat is due.
    pub(super) fn next_beat(&self) -> Option<Millis> {
        let beats = self.kept.values().filter_map(|kept| kept.beats.as_ref());
        beats.map(|beats| beats.next).min().filter(|_| !self.is_refused())
    }
}

/// The pause, and twice of it the next time.
fn grown(pause: &mut Duration, last: Duration) -> Duration {
    let now = (*pause).min(last);
    *pause = (now * 2).min(last);
    now
}
