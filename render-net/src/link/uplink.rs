//! How fast objects are sent: a rate that the line's owner sets, shared by every link that is given the same [`Uplink`].
//!
//! Only objects are held back. Requests and answers are short, and leases, heartbeats and verdicts hang on them.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The least rate that may be set: with the streams that a node has open at once, each is still far above what the other end takes for a stall
/// ([`super::limits`]).
pub const RATE_MIN_BYTES_PER_S: u64 = 125_000;

/// A line to the outside. Clones are the same line; the usual one is as fast as it is.
#[derive(Clone, Debug, Default)]
pub struct Uplink(Arc<Mutex<Booking>>);

#[derive(Debug, Default)]
struct Booking {
    bytes_per_s: Option<u64>,
    /// When everything that was let through is out at this rate.
    free_at: Option<Instant>,
}

impl Uplink {
    /// At most so many bytes a second from now on, [`RATE_MIN_BYTES_PER_S`] at least; `None`: as fast as it is.
    pub fn limit(&self, bytes_per_s: Option<u64>) {
        let mut booking = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        booking.bytes_per_s = bytes_per_s.map(|rate| rate.max(RATE_MIN_BYTES_PER_S));
    }

    /// Waits for its turn with so many bytes.
    pub(super) async fn pass(&self, bytes: usize) {
        let wait = self.0.lock().unwrap_or_else(PoisonError::into_inner).book(bytes as u64, Instant::now());
        if !wait.is_zero() {
            tokio::time::sleep(wait).await;
        }
    }
}

impl Booking {
    /// Books so many bytes behind all that was booked; says how long until then.
    fn book(&mut self, bytes: u64, now: Instant) -> Duration {
        let Some(rate) = self.bytes_per_s else {
            self.free_at = None;
            return Duration::ZERO;
        };
        let turn = self.free_at.map_or(now, |free| free.max(now));
        self.free_at = Some(turn + Duration::from_secs_f64(bytes as f64 / rate as f64));
        turn - now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_senders_together_keep_to_the_rate() {
        let began = Instant::now();
        let mut booking = Booking { bytes_per_s: Some(1_000_000), free_at: None };
        // Four senders, each of which asks again as soon as it may send.
        let mut next = [began; 4];
        let mut sent = 0;
        for round in 0..400 {
            let sender = round % 4;
            let now = next[sender];
            next[sender] = now + booking.book(50_000, now);
            sent += 50_000;
        }
        let took = next.iter().max().expect("four").duration_since(began).as_secs_f64();
        let rate = f64::from(sent - 50_000) / took;
        assert!((999_000.0..1_001_000.0).contains(&rate), "{rate} bytes a second");
    }

    #[test]
    fn a_line_that_was_idle_lends_nothing_and_one_without_a_limit_waits_for_nothing() {
        let began = Instant::now();
        let mut booking = Booking { bytes_per_s: Some(1_000_000), free_at: None };
        assert_eq!(booking.book(1_000_000, began), Duration::ZERO);
        let later = began + Duration::from_secs(60);
        assert_eq!(booking.book(1_000_000, later), Duration::ZERO, "it was out long ago");
        assert_eq!(booking.book(1, later), Duration::from_secs(1), "a minute's silence is no credit");
        booking.bytes_per_s = None;
        assert_eq!(booking.book(1 << 30, later), Duration::ZERO);
    }

    #[test]
    fn a_rate_below_the_least_is_the_least() {
        let uplink = Uplink::default();
        uplink.limit(Some(1));
        let rate = uplink.0.lock().expect("nobody panicked").bytes_per_s;
        assert_eq!(rate, Some(RATE_MIN_BYTES_PER_S));
    }
}
