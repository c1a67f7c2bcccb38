//! Waking those who wait: nodes for work, artists for events. Only hints; whoever wakes asks the rows.

use std::collections::BTreeMap;
use std::sync::Mutex;

use frame::JobId;
use tokio::sync::watch;

use crate::market::Effect;

/// Who waits for what.
#[derive(Debug, Default)]
pub(super) struct Wakes {
    nodes: watch::Sender<u64>,
    referees: watch::Sender<u64>,
    followers: Mutex<BTreeMap<JobId, watch::Sender<u64>>>,
}

impl Wakes {
    pub(super) fn work(&self) -> watch::Receiver<u64> {
        self.nodes.subscribe()
    }

    pub(super) fn disputes(&self) -> watch::Receiver<u64> {
        self.referees.subscribe()
    }

    pub(super) fn events(&self, job: JobId) -> watch::Receiver<u64> {
        let mut followers = self.followers.lock().expect("nobody panics while holding it");
        // Jobs that nobody waits for any more, so that the map is bounded by those who do.
        followers.retain(|_, waiting| waiting.receiver_count() > 0);
        followers.entry(job).or_default().subscribe()
    }

    pub(super) fn wake(&self, effects: &[Effect]) {
        for effect in effects {
            match effect {
                Effect::WakeNodes => self.nodes.send_modify(|turn| *turn += 1),
                Effect::WakeReferees => self.referees.send_modify(|turn| *turn += 1),
                Effect::WakeFollowers(job) => {
                    let followers = self.followers.lock().expect("nobody panics while holding it");
                    if let Some(waiting) = followers.get(job) {
                        waiting.send_modify(|turn| *turn += 1);
                    }
                }
                // The answer, the objects and the counts are others' business.
                Effect::Answer(_) | Effect::Delivered { .. } | Effect::Spare(_) | Effect::Counted(_) => {}
            }
        }
    }
}
