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
    pub(super) fn start(noted_ms: Option<u64>) -> Self {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let now_ms = u64::try_from(since.as_millis()).unwrap_or(u64::MAX);
        let ahead_ms = noted_ms.filter(|noted_ms| *noted_ms > now_ms);
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
        let system = Clock::start(None).now_ms();
        assert!(Clock::start(Some(system / 2)).now_ms() >= system);
        assert!(Clock::start(Some(system + 1_000_000)).now_ms() >= system + 1_000_000);
    }
}
