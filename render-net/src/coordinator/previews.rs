//! Pictures of unfinished work, in memory only: the latest of each lease, for a minute at most.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use frame::LeaseId;

use crate::wire::ObjectName;

/// Nobody shows an older one.
const KEPT: Duration = Duration::from_secs(60);
/// All of them together; the oldest go first.
const BYTES_MAX: usize = 256 << 20;

/// What nodes showed last.
#[derive(Debug, Default)]
pub(super) struct Previews(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    pictures: BTreeMap<ObjectName, (Instant, Arc<Vec<u8>>)>,
    latest: BTreeMap<LeaseId, ObjectName>,
}

impl Previews {
    /// Keeps a picture, so that it can be fetched by whoever hears of it.
    pub(super) fn hold(&self, name: ObjectName, picture: Vec<u8>, now: Instant) {
        let mut state = self.state();
        state.forget_old(now);
        state.pictures.insert(name, (now, Arc::new(picture)));
        while state.bytes() > BYTES_MAX {
            let Some(oldest) = state.oldest() else { break };
            state.pictures.remove(&oldest);
        }
    }

    /// A held picture is a lease's latest; the one before goes.
    pub(super) fn show(&self, lease: LeaseId, name: ObjectName) {
        let mut state = self.state();
        let before = state.latest.insert(lease, name);
        if let Some(before) = before.filter(|before| *before != name) {
            state.pictures.remove(&before);
        }
    }

    /// A held picture is nobody's.
    pub(super) fn drop(&self, name: ObjectName) {
        self.state().pictures.remove(&name);
    }

    /// A lease has its result.
    pub(super) fn ended(&self, lease: LeaseId) {
        let mut state = self.state();
        if let Some(name) = state.latest.remove(&lease) {
            state.pictures.remove(&name);
        }
    }

    pub(super) fn picture(&self, name: ObjectName, now: Instant) -> Option<Arc<Vec<u8>>> {
        let mut state = self.state();
        state.forget_old(now);
        state.pictures.get(&name).map(|(_, picture)| picture.clone())
    }

    /// Forgets what is too old; to be called now and then, for a node that shows nothing more.
    pub(super) fn forget_old(&self, now: Instant) {
        self.state().forget_old(now);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().expect("nobody panics while holding it")
    }
}

impl State {
    fn bytes(&self) -> usize {
        self.pictures.values().map(|(_, picture)| picture.len()).sum()
    }

    fn oldest(&self) -> Option<ObjectName> {
        self.pictures.iter().min_by_key(|(_, (at, _))| *at).map(|(name, _)| *name)
    }

    fn forget_old(&mut self, now: Instant) {
        self.pictures.retain(|_, (at, _)| now.saturating_duration_since(*at) < KEPT);
        let pictures = &self.pictures;
        self.latest.retain(|_, name| pictures.contains_key(name));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(byte: u8) -> ObjectName {
        ObjectName([byte; 32])
    }

    #[test]
    fn only_the_latest_picture_of_a_lease_is_kept_and_none_once_it_has_its_result() {
        let (previews, now) = (Previews::default(), Instant::now());
        for byte in 1..=3 {
            previews.hold(name(byte), vec![byte; 10], now);
            previews.show(LeaseId(7), name(byte));
        }
        assert!(previews.picture(name(2), now).is_none());
        assert_eq!(*previews.picture(name(3), now).expect("the latest"), [3; 10]);
        previews.ended(LeaseId(7));
        assert!(previews.picture(name(3), now).is_none());
    }

    #[test]
    fn pictures_are_gone_after_a_minute_and_never_fill_the_memory() {
        let (previews, now) = (Previews::default(), Instant::now());
        for byte in 0..5 {
            let at = now + Duration::from_millis(u64::from(byte));
            previews.hold(name(byte), vec![0; BYTES_MAX / 4], at);
            previews.show(LeaseId(u64::from(byte)), name(byte));
        }
        assert!(previews.picture(name(0), now).is_none(), "the oldest made room");
        assert!(previews.picture(name(4), now).is_some());
        previews.forget_old(now + KEPT + Duration::from_secs(1));
        let state = previews.state();
        assert!(state.pictures.is_empty() && state.latest.is_empty());
    }
}
