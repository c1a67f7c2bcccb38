//! How long something has taken, without the time in which it was paused.

use std::time::{Duration, Instant};

/// A clock that can be held.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stopwatch {
    began: Instant,
    paused: Option<Instant>,
    rested: Duration,
}

impl Stopwatch {
    /// Starts.
    pub(crate) fn start() -> Self {
        Self { began: Instant::now(), paused: None, rested: Duration::ZERO }
    }

    /// Holds it, or lets it go on.
    pub(crate) fn pause(&mut self, is_paused: bool) {
        self.pause_at(is_paused, Instant::now());
    }

    /// The time that it ran.
    pub(crate) fn elapsed(&self) -> Duration {
        self.elapsed_at(Instant::now())
    }

    fn pause_at(&mut self, is_paused: bool, now: Instant) {
        match (is_paused, self.paused) {
            (true, None) => self.paused = Some(now),
            (false, Some(since)) => {
                self.rested += now - since;
                self.paused = None;
            }
            _ => {}
        }
    }

    fn elapsed_at(&self, now: Instant) -> Duration {
        (self.paused.unwrap_or(now) - self.began).saturating_sub(self.rested)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_in_which_it_was_paused_does_not_count() {
        let mut watch = Stopwatch::start();
        let at = |seconds| watch.began + Duration::from_secs(seconds);
        let [two, four, nine, ten, twelve] = [2, 4, 9, 10, 12].map(at);
        assert_eq!(watch.elapsed_at(two), Duration::from_secs(2));
        watch.pause_at(true, two);
        watch.pause_at(true, four);
        assert_eq!(watch.elapsed_at(nine), Duration::from_secs(2), "asking twice changes nothing");
        watch.pause_at(false, nine);
        watch.pause_at(false, ten);
        assert_eq!(watch.elapsed_at(twelve), Duration::from_secs(5));
    }
}
