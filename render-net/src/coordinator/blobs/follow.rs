//! The depot follows the index: what is to be removed, passed on or marked is done on a task of its own, a few objects at a time.
//!
//! So nobody who decides waits for a disk or for a round trip. What fails is tried again after a pause; at the end all that is left is done once more.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;

use super::chores::Chore;
use super::depot::Passed;
use super::{BlobFault, Blobs};

/// Chores under way at a time.
const AT_ONCE: usize = 16;
/// First and longest pause after a chore that failed.
const PAUSES: (Duration, Duration) =
    (Duration::from_millis(500), Duration::from_millis(if cfg!(test) { 500 } else { 10_000 }));

impl Blobs {
    /// Does what is to do until told to end, or whoever could tell is gone; then what is left, unless something fails.
    pub(in crate::coordinator) async fn follow(self: Arc<Self>, mut ending: watch::Receiver<bool>) {
        let mut pause = PAUSES.0;
        let is_ending = |ending: &watch::Receiver<bool>| *ending.borrow() || ending.has_changed().is_err();
        loop {
            let failed = self.work_off().await;
            if is_ending(&ending) {
                if failed || self.known().chores.is_idle() {
                    return;
                }
                // Somebody holds what is left for a moment.
                tokio::time::sleep(Duration::from_millis(20)).await;
                continue;
            }
            // An error means that whoever could tell is gone, which is an end as well.
            if failed {
                tokio::select! {
                    () = tokio::time::sleep(pause) => {}
                    _ = ending.wait_for(|end| *end) => {}
                }
                pause = (pause * 2).min(PAUSES.1);
                continue;
            }
            pause = PAUSES.0;
            tokio::select! {
                () = self.chore.notified() => {}
                _ = ending.wait_for(|end| *end) => {}
            }
        }
    }

    /// Waits until nothing is to do.
    #[cfg(test)]
    pub(super) async fn settled(&self) {
        self.chore.notify_one();
        self.until(|known| known.chores.is_idle()).await;
    }

    /// Does all there is to do; true as soon as something has failed.
    async fn work_off(self: &Arc<Self>) -> bool {
        let (mut at_work, mut failed) = (JoinSet::new(), false);
        loop {
            while !failed && at_work.len() < AT_ONCE {
                let next = {
                    let known = &mut *self.known();
                    known.chores.next(&known.index)
                };
                let Some(chore) = next else { break };
                let blobs = self.clone();
                at_work.spawn(async move { blobs.work(chore).await });
            }
            match at_work.join_next().await {
                Some(done) => failed |= !done.unwrap_or(false),
                None => break,
            }
        }
        // What was overtaken is put aside without having been done.
        self.done.notify_waiters();
        failed
    }

    /// Does one thing; whether it could be done.
    async fn work(&self, chore: Chore) -> bool {
        let done = match chore {
            Chore::Remove(name, lies) => self.depot.remove(name, lies).await.map(|()| Passed::Gone),
            Chore::Pass { name, from, to } => self.depot.pass(name, from, to).await,
            Chore::Mark(name, lies) => {
                let used_ms = self.entry(name).map_or(0, |entry| entry.used_ms);
                self.depot.mark(name, lies, used_ms).await.map(|()| Passed::Moved)
            }
            Chore::Look(name, step) => match self.look(name).await {
                Ok(_) => {
                    self.known().step(name, step, self.limits.keeps_spares);
                    Ok(Passed::Moved)
                }
                Err(BlobFault::Missing) => Ok(Passed::Gone),
                Err(fault) => Err(fault),
            },
        };
        if let Err(fault) = &done {
            tracing::warn!(%fault, "an object could not be moved; it is tried again");
        }
        self.known().did(chore, done.as_ref().copied());
        self.done.notify_waiters();
        done.is_ok()
    }
}
