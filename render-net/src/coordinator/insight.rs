//! What whoever runs a coordinator may see of it: whether its store and its objects answer, how much there is of everything, and never whose.
//!
//! What is counted anyway is read at once. What has to be asked of the store and of the place of objects is asked at most every few seconds, whoever
//! wants to know it and however often, and for a bounded time.

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};

use super::meter::Metered;
use super::peers::PeerCounts;
use super::serve::Desk;
use crate::market::Census;

/// An answer of the store and the objects is good for so long.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// Longest wait for one: less than those who ask are used to wait.
const PATIENCE: Duration = Duration::from_secs(3);

/// A view into a running coordinator; clones see the same.
#[derive(Clone, Debug)]
pub struct Insight {
    desk: Arc<Desk>,
    /// The coordinator's own: connections to a bucket belong to the runtime on which they were made.
    runtime: Handle,
    looked: Arc<Mutex<Option<(Instant, Look)>>>,
}

/// What is counted anyway.
#[derive(Clone, Debug)]
pub struct Reading {
    /// Since the start.
    pub metered: Metered,
    /// Who is connected.
    pub peers: PeerCounts,
    /// Sealed objects that are stored.
    pub objects: u64,
    /// Their bytes as they count against the limit: 64 KiB at least for each.
    pub objects_bytes: u64,
    /// Most that they may have.
    pub objects_bytes_max: u64,
}

/// What the store and the place of objects answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// How the market stands; `None` when the store does not answer.
    pub census: Option<Census>,
    /// Whether the place of objects answers.
    pub has_objects: bool,
}

impl Insight {
    /// A view into the coordinator that runs on the current runtime.
    pub(super) fn new(desk: Arc<Desk>) -> Self {
        Self { desk, runtime: Handle::current(), looked: Arc::default() }
    }

    /// The numbers of this moment.
    pub fn read(&self) -> Reading {
        let (objects, objects_bytes) = self.desk.blobs.stored();
        Reading {
            metered: self.desk.meter.read(),
            peers: self.desk.peers.count(),
            objects,
            objects_bytes,
            objects_bytes_max: self.desk.blobs.bytes_max(),
        }
    }

    /// Asks the store and the place of objects, unless both were asked a few seconds ago.
    pub async fn look(&self) -> Look {
        let insight = self.clone();
        let looking = self.runtime.spawn(async move { insight.look_here().await });
        looking.await.unwrap_or(Look { census: None, has_objects: false })
    }

    async fn look_here(&self) -> Look {
        // Who comes meanwhile waits for the same answer.
        let mut looked = self.looked.lock().await;
        if let Some((at, look)) = *looked
            && at.elapsed() < LOOK_EVERY
        {
            return look;
        }
        let census = timeout(PATIENCE, self.desk.requests.census());
        let objects = timeout(PATIENCE, self.desk.blobs.answer());
        let (census, objects) = tokio::join!(census, objects);
        let look =
            Look { census: census.ok().flatten(), has_objects: objects.is_ok_and(|answer| answer.is_ok()) };
        *looked = Some((Instant::now(), look));
        look
    }
}
