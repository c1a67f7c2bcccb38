//! Looking in the depot itself for what the index does not know, where other coordinators store there too.
//!
//! A look costs a listing, so for who wants to store an object it is remembered for a few seconds that it was not there; and when many are asked for at once, one listing of
//! everything is cheaper than one for each.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use super::index::Entry;
use super::{BlobFault, Blobs};
use crate::wire::ObjectName;

/// How long what was not there is taken to be missing still; what others store meanwhile is seen so much later.
const MISS_KEPT: Duration = Duration::from_secs(5);
/// Misses that are remembered.
const MISSES_MAX: usize = 65_536;
/// Objects that come with one answer of a listing.
const PAGE: usize = 1000;
/// Listings of everything are made in about so many parts at least.
const PARTS: usize = 16;

/// What was not there a moment ago.
#[derive(Debug, Default)]
pub(super) struct Misses {
    names: Mutex<BTreeMap<ObjectName, Instant>>,
    /// When the last listing of everything began: what it did not tell of was missing then.
    listed: Mutex<Option<Instant>>,
    /// One listing of everything at a time.
    listing: tokio::sync::Mutex<()>,
}

impl Misses {
    #[cfg(test)]
    pub(super) fn forget(&self, name: ObjectName) {
        self.names.lock().expect("nobody panics while holding it").remove(&name);
        *self.listed.lock().expect("nobody panics while holding it") = None;
    }

    fn note(&self, name: ObjectName, now: Instant) {
        let mut names = self.names.lock().expect("nobody panics while holding it");
        if names.len() >= MISSES_MAX {
            names.retain(|_, missed| now.duration_since(*missed) < MISS_KEPT);
        }
        if names.len() < MISSES_MAX {
            names.insert(name, now);
        }
    }

    fn has(&self, name: ObjectName, now: Instant) -> bool {
        let is_fresh = |missed: Instant| now.duration_since(missed) < MISS_KEPT;
        self.was_listed(now)
            || self
                .names
                .lock()
                .expect("nobody panics while holding it")
                .get(&name)
                .copied()
                .is_some_and(is_fresh)
    }

    fn was_listed(&self, now: Instant) -> bool {
        let listed = *self.listed.lock().expect("nobody panics while holding it");
        listed.is_some_and(|listed| now.duration_since(listed) < MISS_KEPT)
    }
}

impl Blobs {
    /// Whether an object was not there a moment ago.
    pub(super) fn was_missing(&self, name: ObjectName) -> bool {
        self.misses.has(name, Instant::now())
    }

    /// An object's entry, from the index or else from the depot, whatever was missing before: an artist who hears that a result is not stored holds it
    /// against its node.
    pub(super) async fn find(&self, name: ObjectName) -> Result<Entry, BlobFault> {
        if let Some(entry) = self.entry(name) {
            return Ok(entry);
        }
        if !self.depot.is_shared() {
            return Err(BlobFault::Missing);
        }
        // Nothing is stored or removed under this name meanwhile, so that what is told is so.
        let _held = self.hold(name).await;
        self.look(name).await
    }

    /// As `find`, for an object that is held already, and whatever the index says.
    pub(super) async fn look(&self, name: ObjectName) -> Result<Entry, BlobFault> {
        let now = Instant::now();
        let all = self.depot.find(name).await?;
        let mut known = self.known();
        all.into_iter().for_each(|found| known.found(found, 0));
        let entry = known.index.entry(name);
        drop(known);
        if entry.is_none() {
            self.misses.note(name, now);
        }
        entry.ok_or(BlobFault::Missing)
    }

    /// Which of these are not stored.
    pub(in crate::coordinator) async fn missing(
        self: &Arc<Self>,
        mut names: Vec<ObjectName>,
        now_ms: u64,
    ) -> Result<Vec<ObjectName>, BlobFault> {
        names.retain(|name| !self.has_now(*name, now_ms));
        if !self.depot.is_shared() {
            return Ok(names);
        }
        if names.len() > PARTS + self.known().index.count_of_all() / PAGE {
            self.refresh_once().await?;
            names.retain(|name| !self.has_now(*name, now_ms));
            return Ok(names);
        }
        let mut looks = JoinSet::new();
        for (at, name) in names.into_iter().enumerate() {
            let blobs = self.clone();
            looks.spawn(async move { blobs.has(name, now_ms).await.map(|has| (at, name, has)) });
        }
        let mut missing = Vec::new();
        while let Some(looked) = looks.join_next().await {
            let looked = looked.unwrap_or_else(|_| Err(BlobFault::System("its work broke down".to_owned())));
            let (at, name, has) = looked?;
            missing.extend((!has).then_some((at, name)));
        }
        missing.sort_unstable();
        Ok(missing.into_iter().map(|(_, name)| name).collect())
    }

    /// Lists everything, so that the index is as the depot, and the shares as others changed them.
    pub(super) async fn refresh(&self) -> Result<(), BlobFault> {
        let _alone = self.misses.listing.lock().await;
        self.list(0).await
    }

    /// As `refresh`, unless that was a moment ago; it goes on to its end when whoever asked has gone.
    async fn refresh_once(self: &Arc<Self>) -> Result<(), BlobFault> {
        let blobs = self.clone();
        let listed = tokio::spawn(async move {
            let _alone = blobs.misses.listing.lock().await;
            match blobs.misses.was_listed(Instant::now()) {
                true => Ok(()),
                false => blobs.list(0).await,
            }
        });
        listed.await.unwrap_or_else(|_| Err(BlobFault::System("its work broke down".to_owned())))
    }

    pub(super) async fn list(&self, younger_ms: u64) -> Result<(), BlobFault> {
        let began = Instant::now();
        self.known().listing_begins();
        let hear = |batch: Vec<super::depot::Found>| {
            let mut known = self.known();
            batch.into_iter().for_each(|found| known.found(found, younger_ms));
        };
        let listed = self.depot.list(&hear).await;
        self.known().listing_ends(listed.is_ok());
        *self.misses.listed.lock().expect("nobody panics while holding it") = listed.is_ok().then_some(began);
        self.chore.notify_one();
        self.done.notify_waiters();
        listed
    }
}
