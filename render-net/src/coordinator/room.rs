//! Memory for objects under way: taken as bytes arrive, at most a share of it by one peer, and nobody waits for it without an end.

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::Mutex;
use std::time::Duration;

use frame::NodeId;
use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};

use crate::link::Memory;

/// Object bytes in memory at a time, over all peers.
const BYTES_MAX: u64 = 512 << 20;
/// Of one peer: two of the largest objects.
const PEER_BYTES_MAX: u64 = 128 << 20;
/// Longest wait for more; a transfer's own longest pause is twice as long.
const WAIT_MAX: Duration = Duration::from_secs(10);

/// The memory that all transfers share.
#[derive(Debug)]
pub(super) struct Room {
    bytes_max: u64,
    peer_bytes_max: u64,
    wait_max: Duration,
    taken: Mutex<BTreeMap<NodeId, u64>>,
    freed: Notify,
}

/// What one transfer has of it; given back when dropped.
#[derive(Debug)]
pub(super) struct Place<'a> {
    room: &'a Room,
    peer: NodeId,
    bytes: u64,
}

impl Default for Room {
    fn default() -> Self {
        Self::new(BYTES_MAX, PEER_BYTES_MAX, WAIT_MAX)
    }
}

impl Room {
    fn new(bytes_max: u64, peer_bytes_max: u64, wait_max: Duration) -> Self {
        Self { bytes_max, peer_bytes_max, wait_max, taken: Mutex::default(), freed: Notify::new() }
    }

    /// A transfer begins, with nothing.
    pub(super) fn place(&self, peer: NodeId) -> Place<'_> {
        Place { room: self, peer, bytes: 0 }
    }

    fn take(&self, peer: NodeId, bytes: u64) -> bool {
        let mut taken = self.taken.lock().expect("nobody panics while holding it");
        let (all, own) = (taken.values().sum::<u64>(), taken.get(&peer).copied().unwrap_or(0));
        let fits = all + bytes <= self.bytes_max && own + bytes <= self.peer_bytes_max;
        if fits {
            *taken.entry(peer).or_default() += bytes;
        }
        fits
    }
}

impl Memory for Place<'_> {
    /// False when there is none for too long.
    async fn grow(&mut self, bytes: u64) -> bool {
        let until = Instant::now() + self.room.wait_max;
        loop {
            let mut freed = pin!(self.room.freed.notified());
            freed.as_mut().enable();
            if self.room.take(self.peer, bytes) {
                self.bytes += bytes;
                return true;
            }
            if timeout_at(until, freed).await.is_err() {
                return false;
            }
        }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut taken = self.room.taken.lock().expect("nobody panics while holding it");
        if let Some(own) = taken.get_mut(&self.peer) {
            *own = own.saturating_sub(self.bytes);
            if *own == 0 {
                taken.remove(&self.peer);
            }
        }
        drop(taken);
        self.room.freed.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_peer_that_takes_its_share_leaves_the_rest_to_others_and_nobody_waits_for_ever() {
        let room = Room::new(100, 60, Duration::from_millis(200));
        let (greedy, other) = (NodeId([1; 32]), NodeId([2; 32]));
        let (mut first, mut second) = (room.place(greedy), room.place(greedy));
        assert!(first.grow(40).await && second.grow(20).await);
        assert!(!second.grow(1).await, "its share is taken");
        let mut third = room.place(other);
        assert!(third.grow(40).await);
        assert!(!third.grow(1).await, "all is taken");
        let waiting = async {
            let mut fourth = room.place(other);
            fourth.grow(10).await
        };
        let freeing = async {
            tokio::time::sleep(Duration::from_millis(20)).await;
            drop(first);
        };
        assert!(tokio::join!(waiting, freeing).0, "freed in time");
    }
}
