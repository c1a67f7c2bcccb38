//! The coordinator's time: it never goes back, neither while it runs nor from one run to the next.

use std::time::{Instant, SystemTime};

use crate::market::TIME_STEP_MS;

/// Milliseconds since 1970, however the system's clock is set while we run.
#[derive(Debug)]
pub(super) struct Clock {
    started_ms: u64,
    started: Instant,
}

impl Clock {
    /// Starts now, or where the run before ended, as it noted it: when the system's clock was ahead then, leases and verdicts would lie in the future.
    /// Where other coordinators use the same rows, now is what the clock that they share says.
    pub(super) fn start(noted_ms: Option<u64>, shared_ms: Option<u64>) -> Self {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let system_ms = u64::try_from(since.as_millis()).unwrap_or(u64::MAX);
        let now_ms = shared_ms.unwrap_or(system_ms);
        // Others that run note the time a little after they act on it.
        let is_ahead =
            |noted_ms: &u64| *noted_ms > now_ms.saturating_add(shared_ms.map_or(0, |_| TIME_STEP_MS));
        let ahead_ms = noted_ms.filter(is_ahead);
        let started_ms = ahead_ms.map_or(now_ms, |noted_ms| noted_ms.saturating_add(TIME_STEP_MS));
        Self { started_ms, started: Instant::now() }
    }

    pub(super) fn started_ms(&self) -> u64 {
        self.started_ms
    }

    pub(super) fn now_ms(&self) -> u64 {
        self.started_ms.saturating_add(self.started.elapsed().as_millis() as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_goes_on_from_the_later_of_the_system_and_the_run_before() {
        let system = Clock::start(None, None).now_ms();
        assert!(Clock::start(Some(system / 2), None).now_ms() >= system);
        assert!(Clock::start(Some(system + 1_000_000), None).now_ms() >= system + 1_000_000);
    }

    #[test]
    fn coordinators_that_share_rows_share_their_clock() {
        let system = Clock::start(None, None).now_ms();
        let shared = system - 3_600_000;
        let now = Clock::start(Some(shared - 5), Some(shared)).now_ms();
        assert!((shared..system).contains(&now));
        // Where that clock was set back, time goes on with those who run.
        assert!(Clock::start(Some(system), Some(shared)).now_ms() >= system);
    }
}
