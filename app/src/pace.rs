//! How fast the work goes and when it will be done, from what was measured and nothing else.
//!
//! Pure arithmetic over (elapsed time, samples done) pairs that the caller hands in. The rate is taken over the last
//! [`WINDOW`], so a node that joins or leaves shows within seconds. Time before the first samples is left out, because it holds
//! shader compilation and uploads and would promise too long a wait; nothing is estimated before [`WARM_UP`] was watched.

use std::collections::VecDeque;
use std::time::Duration;

/// Span over which the rate is taken.
pub const WINDOW: Duration = Duration::from_secs(20);
/// Work that must have been watched before an estimate is given.
pub const WARM_UP: Duration = Duration::from_secs(2);
const POINTS_MAX: usize = 256;

/// A record of progress.
#[derive(Clone, Debug)]
pub struct Pace {
    total_samples: u64,
    points: VecDeque<(Duration, u64)>,
}

impl Pace {
    /// For work of `total_samples` (pixels × samples per pixel × frames), of which nothing is done.
    pub fn new(total_samples: u64) -> Self {
        Self { total_samples: total_samples.max(1), points: VecDeque::new() }
    }

    /// Notes that `done_samples` are done after `elapsed`. Time that runs backwards is ignored.
    pub fn note(&mut self, elapsed: Duration, done_samples: u64) {
        let is_late = self.points.back().is_some_and(|&(last, _)| elapsed <= last);
        if done_samples == 0 || is_late {
            return;
        }
        self.points.push_back((elapsed, done_samples.min(self.total_samples)));
        while self.points.len() > 2
            && (self.points.len() > POINTS_MAX || elapsed.saturating_sub(self.points[1].0) >= WINDOW)
        {
            self.points.pop_front();
        }
    }

    /// Share that is done, 0 to 1.
    pub fn done(&self) -> f64 {
        self.last().1 as f64 / self.total_samples as f64
    }

    /// Samples per second over the last [`WINDOW`]; 0 when nothing was done in it.
    pub fn samples_per_s(&self) -> f64 {
        let (watched, samples) = self.watched();
        let span = watched.as_secs_f64();
        if span > 0.0 { samples as f64 / span } else { 0.0 }
    }

    /// Time that the rest will take at the present rate; `None` while that cannot be said.
    pub fn remaining(&self) -> Option<Duration> {
        let rate = self.samples_per_s();
        let known = self.watched().0 >= WARM_UP && rate > 0.0;
        let seconds = (self.total_samples - self.last().1) as f64 / rate;
        known.then(|| Duration::try_from_secs_f64(seconds).ok()).flatten()
    }

    fn last(&self) -> (Duration, u64) {
        self.points.back().copied().unwrap_or_default()
    }

    /// Time and samples between the first point that is kept and the last.
    fn watched(&self) -> (Duration, u64) {
        let (end, now) = self.last();
        let (start, before) = self.points.front().copied().unwrap_or_default();
        (end.saturating_sub(start), now.saturating_sub(before))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: fn(u64) -> Duration = Duration::from_secs;

    #[test]
    fn a_steady_rate_gives_the_true_remaining_time() {
        let mut pace = Pace::new(1000);
        for second in 1..=10 {
            pace.note(S(second), second * 10);
        }
        assert_eq!(pace.samples_per_s(), 10.0);
        assert_eq!(pace.remaining(), Some(S(90)));
        assert_eq!(pace.done(), 0.1);
    }

    #[test]
    fn no_estimate_before_anything_was_measured() {
        let mut pace = Pace::new(1000);
        assert_eq!(pace.remaining(), None);
        pace.note(S(1), 500);
        assert_eq!(pace.remaining(), None, "one second is too short a look");
        pace.note(S(2), 600);
        assert_eq!(pace.remaining(), None, "and so is the second");
        let mut stuck = Pace::new(1000);
        stuck.note(S(60), 0);
        assert_eq!(stuck.remaining(), None, "nothing done, nothing known");
    }

    #[test]
    fn a_long_start_does_not_slow_the_estimate() {
        let mut pace = Pace::new(1000);
        for second in 0..=10 {
            pace.note(S(40 + second), 100 + second * 10);
        }
        assert_eq!(pace.remaining(), Some(S(80)));
    }

    #[test]
    fn a_change_of_rate_is_seen_within_the_window() {
        let mut pace = Pace::new(1_000_000);
        for second in 1..=100 {
            pace.note(S(second), second);
        }
        for second in 101..=130 {
            pace.note(S(second), 100 + (second - 100) * 50);
        }
        assert_eq!(pace.samples_per_s(), 50.0);
    }
}
