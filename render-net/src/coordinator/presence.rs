//! Which jobs their artists follow now, so that those who look on hear why nothing moves.
//!
//! A connection on which an artist once asked what happened to a job counts as following it until it ends: between two questions a machine
//! may be busy with a picture for long. Nothing here admits or refuses anybody. Time is handed in.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use frame::JobId;

/// One connection, as it was counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Visit(u64);

/// Who follows what.
#[derive(Debug)]
pub(super) struct Presence {
    began: Instant,
    /// An artist that was here so lately may be connecting again.
    grace: Duration,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    visits: u64,
    /// Connections that have not ended.
    here: BTreeSet<Visit>,
    following: BTreeMap<JobId, BTreeSet<Visit>>,
    /// When the last connection that followed a job ended; younger than the grace when somebody left last.
    left: BTreeMap<JobId, Instant>,
}

impl Presence {
    pub(super) fn new(grace: Duration, now: Instant) -> Self {
        Self { began: now, grace, state: Mutex::default() }
    }

    /// A connection begins.
    pub(super) fn enter(&self) -> Visit {
        let mut state = self.state();
        state.visits += 1;
        let visit = Visit(state.visits);
        state.here.insert(visit);
        visit
    }

    /// The artist of a job that is worked on follows it on this connection; the market has said that it is theirs, and bounds how many there are.
    pub(super) fn follows(&self, visit: Visit, job: JobId) {
        let mut state = self.state();
        // An answer that was under way when its connection ended would be counted for ever.
        if !state.here.contains(&visit) {
            return;
        }
        state.following.entry(job).or_default().insert(visit);
        state.left.remove(&job);
    }

    /// A connection ends.
    pub(super) fn leave(&self, visit: Visit, now: Instant) {
        let mut state = self.state();
        let State { following, left, here, .. } = &mut *state;
        here.remove(&visit);
        left.retain(|_, at| now.saturating_duration_since(*at) < self.grace);
        following.retain(|job, visits| {
            if visits.remove(&visit) && visits.is_empty() {
                left.insert(*job, now);
            }
            !visits.is_empty()
        });
    }

    /// Whether it is known that the job's artist does not follow it.
    pub(super) fn is_away(&self, job: JobId, now: Instant) -> bool {
        let state = self.state();
        let last = state.left.get(&job).copied().unwrap_or(self.began);
        !state.following.contains_key(&job) && now.saturating_duration_since(last) >= self.grace
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nobody panics while holding it")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const JOB: JobId = JobId([1; 16]);
    const OTHER: JobId = JobId([2; 16]);
    const S: fn(u64) -> Duration = Duration::from_secs;

    #[test]
    fn an_artist_is_away_only_when_every_connection_that_followed_the_job_is_long_gone() {
        let began = Instant::now();
        let presence = Presence::new(S(15), began);
        let (first, second) = (presence.enter(), presence.enter());
        presence.follows(first, JOB);
        presence.follows(second, JOB);
        assert!(!presence.is_away(JOB, began + S(100)));
        presence.leave(first, began + S(100));
        assert!(!presence.is_away(JOB, began + S(200)), "there is another");
        presence.leave(second, began + S(200));
        assert!(!presence.is_away(JOB, began + S(214)), "they may be connecting again");
        assert!(presence.is_away(JOB, began + S(215)));
        presence.follows(presence.enter(), JOB);
        assert!(!presence.is_away(JOB, began + S(300)), "back");
    }

    #[test]
    fn an_answer_that_outlives_its_connection_follows_nothing() {
        let began = Instant::now();
        let presence = Presence::new(S(15), began);
        let visit = presence.enter();
        presence.leave(visit, began);
        presence.follows(visit, JOB);
        assert!(presence.is_away(JOB, began + S(20)));
    }

    #[test]
    fn a_coordinator_that_has_just_begun_knows_nothing_of_artists() {
        let began = Instant::now();
        let presence = Presence::new(S(15), began);
        assert!(!presence.is_away(JOB, began + S(14)));
        assert!(presence.is_away(JOB, began + S(15)));
    }

    #[test]
    fn a_connection_for_another_job_is_no_sign_and_what_is_long_gone_is_forgotten() {
        let began = Instant::now();
        let presence = Presence::new(S(15), began);
        let (first, second) = (presence.enter(), presence.enter());
        presence.follows(first, OTHER);
        assert!(presence.is_away(JOB, began + S(20)) && !presence.is_away(OTHER, began + S(20)));
        presence.leave(first, began + S(20));
        presence.leave(second, began + S(40));
        let state = presence.state();
        assert!(state.following.is_empty() && state.left.is_empty());
    }
}
