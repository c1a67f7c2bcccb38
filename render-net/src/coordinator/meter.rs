//! What a coordinator counts while it runs, for whoever watches over it: numbers of things, never of whom.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::histogram::Histogram;
use crate::market::{Count, Counts};

/// Bounds of a turn's seconds: a good disk syncs in a millisecond, and a lease lapses after some seconds.
const TURN_SECONDS: &[f64] = &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0];

/// The counters; each is added to in one place.
#[derive(Debug, Default)]
pub(super) struct Meter(Mutex<Metered>);

/// What was counted since the coordinator was started.
#[derive(Clone, Debug)]
pub struct Metered {
    /// Requests of peers.
    pub requests: u64,
    /// Sealed bytes of objects that peers sent, previews among them.
    pub received_bytes: u64,
    /// Sealed bytes of objects that peers fetched.
    pub sent_bytes: u64,
    /// What happened in the market.
    pub counts: Counts,
    /// Seconds that turns took, each a transaction with whatever requests had gathered.
    pub turn_seconds: Histogram,
    /// Turns that came to nothing because the store failed.
    pub turns_failed: u64,
}

impl Default for Metered {
    fn default() -> Self {
        Self {
            requests: 0,
            received_bytes: 0,
            sent_bytes: 0,
            counts: Counts::default(),
            turn_seconds: Histogram::new(TURN_SECONDS),
            turns_failed: 0,
        }
    }
}

impl Meter {
    pub(super) fn request(&self) {
        self.add(|metered| metered.requests += 1);
    }

    pub(super) fn received(&self, bytes: u64) {
        self.add(|metered| metered.received_bytes += bytes);
    }

    pub(super) fn sent(&self, bytes: u64) {
        self.add(|metered| metered.sent_bytes += bytes);
    }

    pub(super) fn turn(&self, took: Duration, has_failed: bool) {
        self.add(|metered| {
            metered.turn_seconds.note(took.as_secs_f64());
            metered.turns_failed += u64::from(has_failed);
        });
    }

    pub(super) fn happened(&self, count: Count) {
        self.add(|metered| metered.counts.add(count));
    }

    pub(super) fn read(&self) -> Metered {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn add(&self, add: impl FnOnce(&mut Metered)) {
        add(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }
}
