//! How fast a body must come or go: slow lines are served, and whoever lets a body lie half-sent is not waited for.
//!
//! In each portion of time that is waited for it, a body moves a portion of bytes: a fixed one, or a share of what is held for it where that is
//! more, so that much memory is never kept for a trickle. What this side itself takes (memory to be had, a full disk) does not count. Time is
//! handed in.

use std::time::Duration;

use super::limits::{BULK_PAUSE_MAX, PACE_BYTES, PACE_SHARE, PACE_TIME};

/// What is asked of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PaceLimits {
    /// In so much waiting …
    pub(super) time: Duration,
    /// … so many bytes …
    pub(super) bytes: u64,
    /// … or this part of what is held, as a divisor.
    pub(super) share: u64,
}

/// How one body keeps to it.
#[derive(Debug)]
pub(super) struct Pace {
    limits: PaceLimits,
    /// Of this portion.
    waited: Duration,
    moved: u64,
}

impl Default for PaceLimits {
    fn default() -> Self {
        Self { time: PACE_TIME, bytes: PACE_BYTES, share: PACE_SHARE }
    }
}

impl Pace {
    pub(super) fn new(limits: PaceLimits) -> Self {
        Self { limits, waited: Duration::ZERO, moved: 0 }
    }

    /// The longest that the next bytes may be waited for.
    pub(super) fn patience(&self) -> Duration {
        self.limits.time.saturating_sub(self.waited).min(BULK_PAUSE_MAX)
    }

    /// Bytes have moved after such a wait; `held` bytes are in memory for the body.
    pub(super) fn moved(&mut self, waited: Duration, bytes: u64, held: u64) {
        self.waited += waited;
        self.moved += bytes;
        if self.moved >= self.limits.bytes.max(held / self.limits.share) {
            (self.waited, self.moved) = (Duration::ZERO, 0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::limits::bulk_timeout;
    use super::*;

    /// What 128 kbit/s bring in a second, less what the transport needs.
    const SLOW_LINE: u64 = 15_000;

    /// How long a body of `size` takes when `step` bytes come every so often; nothing when it is given up.
    fn carry(size: u64, step: u64, every: Duration) -> Option<Duration> {
        let (mut pace, mut came, mut took) = (Pace::new(PaceLimits::default()), 0, Duration::ZERO);
        while came < size {
            if pace.patience() < every {
                return None;
            }
            came += step;
            took += every;
            pace.moved(every, step, came);
        }
        Some(took)
    }

    #[test]
    fn a_line_of_128_kbit_carries_the_largest_object_and_several_small_ones_at_once() {
        for (at_once, size) in [(1, 64 << 20), (2, 16 << 20), (6, 1 << 20)] {
            // A packet of each in turn.
            let every = Duration::from_secs_f64(f64::from(at_once) * 1_200.0 / SLOW_LINE as f64);
            let took = carry(size, 1_200, every).expect("it is not given up");
            assert!(took < bulk_timeout(size), "{at_once} of {size}: {took:?}");
        }
    }

    #[test]
    fn a_body_that_trickles_is_given_up_in_one_portion_of_time() {
        let second = Duration::from_secs(1);
        for (first, step) in [(0, 1), (0, 1_000), (60 << 20, 4_000)] {
            let mut pace = Pace::new(PaceLimits::default());
            pace.moved(Duration::ZERO, first, first);
            let (mut held, mut took) = (first, Duration::ZERO);
            while pace.patience() >= second {
                held += step;
                took += second;
                pace.moved(second, step, held);
                assert!(took <= PACE_TIME, "{first} and {step} in each second");
            }
        }
    }

    #[test]
    fn what_is_at_hand_is_taken_however_long_the_portion_was() {
        let mut pace = Pace::new(PaceLimits::default());
        pace.moved(PACE_TIME, 1, 1);
        assert_eq!(pace.patience(), Duration::ZERO);
        pace.moved(Duration::ZERO, PACE_BYTES, PACE_BYTES);
        assert_eq!(pace.patience(), BULK_PAUSE_MAX);
    }
}
