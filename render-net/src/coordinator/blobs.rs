//! Sealed objects, named by their content: whose they are, how many there may be, and which go first.
//!
//! Whoever stored an object is charged for it until it is gone or somebody else's; a delivered result
//! is the artist's, and costs nobody anything once the artist has it: then it is *spare*, and makes room as soon as room is needed. An object's file
//! name says whose it is, so that all this outlives a restart. What is full refuses the new object and harms no other. Time is handed in.
//!
//! The index decides at once and never waits; the *depot* (a folder or a bucket) follows it on a task of its own, and objects are found while it does.
//! Where others store in the same depot, what is not in the index is looked for there.

mod bucket;
mod chores;
mod depot;
mod folder;
mod follow;
mod index;
mod known;
mod lookup;
mod owner;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use bytes::Bytes;
use frame::NodeId;
use tokio::sync::Notify;

use crate::wire::{OBJECT_BYTES_MAX, ObjectName};
pub use bucket::{Bucket, BucketAccess, BucketAddress, BucketFault};
use chores::Step;
use depot::Depot;
pub(in crate::coordinator) use folder::Folder;
use index::Entry;
use known::Known;
use lookup::Misses;
use owner::Owner;

/// How much of objects there may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlobLimits {
    /// In all.
    pub bytes_max: u64,
    /// Of one peer.
    pub peer_bytes_max: u64,
    /// Whether results stay, while there is room, when their artists have them: others may look on.
    pub keeps_spares: bool,
}

/// Objects and their depot.
#[derive(Debug)]
pub(super) struct Blobs {
    depot: Box<dyn Depot>,
    limits: BlobLimits,
    known: Mutex<Known>,
    misses: Misses,
    /// Told when there is something to do for the depot.
    chore: Notify,
    /// Told when something is done, or an object is no longer held.
    done: Notify,
}

/// An object cannot be stored or read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BlobFault {
    /// The quota or the disk is full.
    #[error("there is no room for more objects")]
    NoRoom,
    /// The peer's share is full.
    #[error("the peer has stored {bytes_max} bytes, which is its share")]
    Share {
        /// Its share.
        bytes_max: u64,
    },
    /// The object is not there.
    #[error("the object is not stored")]
    Missing,
    /// The bytes do not have the name.
    #[error("the bytes do not have their name")]
    WrongName,
    /// The bucket cannot be reached now, and may be later.
    #[error("the objects cannot be reached: {0}")]
    Away(String),
    /// Anything else.
    #[error("the objects' place failed: {0}")]
    System(String),
}

/// Longest wait until what has to go for a new object is gone.
const ROOM_PATIENCE: Duration = Duration::from_secs(if cfg!(test) { 1 } else { 10 });

/// An object with which nobody else does anything; let go when dropped.
struct Held<'a> {
    blobs: &'a Blobs,
    name: ObjectName,
}

impl Blobs {
    /// Takes everything that lies in the depot into the index, younger by `off`, for which nobody ran.
    pub(super) async fn open(
        depot: impl Depot + 'static,
        limits: BlobLimits,
        off: Duration,
    ) -> Result<Arc<Self>, BlobFault> {
        let (chore, done) = (Notify::new(), Notify::new());
        let (known, misses) = (Mutex::default(), Misses::default());
        let blobs = Self { depot: Box::new(depot), limits, known, misses, chore, done };
        let began = Instant::now();
        let younger_ms = u64::try_from(off.as_millis()).unwrap_or(u64::MAX);
        blobs.list(younger_ms).await?;
        let objects = blobs.known().index.count_of_all();
        let bytes = blobs.size_bytes();
        let took_ms = began.elapsed().as_millis();
        tracing::info!(objects, bytes, took_ms, "the stored objects were listed");
        Ok(Arc::new(blobs))
    }

    /// Whether the object is stored, as far as was known a moment ago; who asks has use for it, so its age starts anew.
    pub(super) async fn has(&self, name: ObjectName, now_ms: u64) -> Result<bool, BlobFault> {
        if self.has_now(name, now_ms) || self.was_missing(name) {
            return Ok(self.has_now(name, now_ms));
        }
        match self.find(name).await {
            Ok(_) => Ok(self.has_now(name, now_ms)),
            Err(BlobFault::Missing) => Ok(false),
            Err(fault) => Err(fault),
        }
    }

    /// Whether an object of this size would be taken from this peer now.
    pub(super) fn check(&self, peer: NodeId, size_bytes: u64) -> Result<(), BlobFault> {
        self.known().index.check(Owner::peer(peer), size_bytes, &self.limits)
    }

    /// Stores an object; storing it again only makes it younger. It goes on to its end when whoever asked has gone.
    pub(super) async fn put(
        self: &Arc<Self>,
        peer: NodeId,
        name: ObjectName,
        object: impl Into<Bytes>,
        now_ms: u64,
    ) -> Result<(), BlobFault> {
        let (blobs, object) = (self.clone(), object.into());
        let stored = tokio::spawn(async move { blobs.store(peer, name, object, now_ms).await }).await;
        stored.unwrap_or_else(|_| Err(BlobFault::System("its work broke down".to_owned())))
    }

    /// Reads an object.
    pub(super) async fn read(&self, name: ObjectName, now_ms: u64) -> Result<Bytes, BlobFault> {
        let entry = self.find(name).await?;
        self.has_now(name, now_ms);
        if let Some(object) = self.depot.read(name, entry.lies).await? {
            return Ok(object);
        }
        // It was passed on meanwhile; or somebody else passed it on, or removed it.
        let held = self.hold(name).await;
        if let Some(now) = self.entry(name).filter(|now| now.lies != entry.lies)
            && let Some(object) = self.depot.read(name, now.lies).await?
        {
            return Ok(object);
        }
        if let Some(entry) = self.entry(name) {
            self.known().lost(name, entry.lies);
        }
        drop(held);
        let entry = self.find(name).await?;
        match self.depot.read(name, entry.lies).await? {
            Some(object) => Ok(object),
            None => {
                self.known().lost(name, entry.lies);
                Err(BlobFault::Missing)
            }
        }
    }

    /// Bytes stored.
    pub(super) fn size_bytes(&self) -> u64 {
        self.known().index.bytes()
    }

    /// How many objects are stored, and their bytes as they are charged.
    pub(super) fn stored(&self) -> (u64, u64) {
        let known = self.known();
        (known.index.count_of_all() as u64, known.index.bytes())
    }

    /// Most bytes that may be stored.
    pub(super) fn bytes_max(&self) -> u64 {
        self.limits.bytes_max
    }

    /// Asks the depot for nothing, to hear whether it answers.
    pub(super) async fn answer(&self) -> Result<(), BlobFault> {
        self.depot.answer().await
    }

    /// Size of an object in bytes.
    pub(super) async fn size_of(&self, name: ObjectName) -> Result<u64, BlobFault> {
        self.find(name).await.map(|entry| entry.size_bytes)
    }

    /// A node delivered an object that it stored as a result: from now on it is the artist's. Other peers' objects stay theirs. Never waits.
    pub(super) fn deliver(&self, name: ObjectName, node: NodeId, artist: NodeId) {
        self.step(name, Step::Deliver { node: Owner::peer(node), artist: Owner::result(artist) });
    }

    /// A delivered result has done its work: nobody is charged for it, and it goes when room is needed, or now. Never waits.
    pub(super) fn spare(&self, name: ObjectName) {
        self.step(name, Step::Spare);
    }

    /// Removes objects that nobody stored or fetched for `kept`, except for what these artists stored or were delivered; returns how many.
    /// Where others store too, all that lies there is listed before, so that what they marked counts.
    pub(super) async fn sweep(
        &self,
        kept: Duration,
        artists: &BTreeSet<NodeId>,
        now_ms: u64,
    ) -> Result<u64, BlobFault> {
        if self.depot.is_shared() {
            self.refresh().await?;
        }
        let kept_ms = u64::try_from(kept.as_millis()).unwrap_or(u64::MAX);
        let needed: BTreeSet<Owner> =
            artists.iter().flat_map(|artist| [Owner::peer(*artist), Owner::result(*artist)]).collect();
        let mut known = self.known();
        let old = known.index.take_old(now_ms.saturating_sub(kept_ms), &needed);
        known.chores.leave(&old);
        drop(known);
        self.chore.notify_one();
        Ok(old.len() as u64)
    }

    fn step(&self, name: ObjectName, step: Step) {
        let mut known = self.known();
        if !known.step(name, step, self.limits.keeps_spares) && self.depot.is_shared() {
            // Another coordinator may have taken it to where this begins.
            known.chores.look(name, step);
        }
        drop(known);
        self.chore.notify_one();
    }

    async fn store(
        &self,
        peer: NodeId,
        name: ObjectName,
        object: Bytes,
        now_ms: u64,
    ) -> Result<(), BlobFault> {
        if object.len() as u64 > OBJECT_BYTES_MAX || ObjectName::of(&object) != name {
            return Err(BlobFault::WrongName);
        }
        let _held = self.hold(name).await;
        if self.has_now(name, now_ms) {
            return Ok(());
        }
        let (owner, size_bytes) = (Owner::peer(peer), object.len() as u64);
        let number = {
            let mut known = self.known();
            let (number, gone) = known.index.reserve(owner, size_bytes, &self.limits)?;
            known.chores.leave(&gone);
            number
        };
        let written = match self.room_made(self.limits.bytes_max).await {
            Ok(()) => self.write(name, owner, object, now_ms).await,
            Err(fault) => Err(fault),
        };
        let mut known = self.known();
        let entry = known.fresh(owner, size_bytes, now_ms);
        known.index.settle(number, name, written.is_ok().then_some(entry));
        written
    }

    async fn write(
        &self,
        name: ObjectName,
        owner: Owner,
        object: Bytes,
        now_ms: u64,
    ) -> Result<(), BlobFault> {
        let size_bytes = object.len() as u64;
        let written = self.depot.write(name, owner, object.clone(), now_ms).await;
        let written = match written {
            // The disk is smaller than what was allowed: spare results make room there, too.
            Err(BlobFault::NoRoom) if self.spares_go(size_bytes) => {
                self.room_made(0).await?;
                self.depot.write(name, owner, object, now_ms).await
            }
            written => written,
        };
        // What lay there and had to go is as good as what was written now.
        if written.is_ok() {
            self.known().chores.left(name, owner);
        }
        written
    }

    /// Takes out spare objects of so many bytes; whether there were any.
    fn spares_go(&self, size_bytes: u64) -> bool {
        let mut known = self.known();
        let gone = known.index.take_spares(size_bytes);
        known.chores.leave(&gone);
        !gone.is_empty()
    }

    /// Waits until what lies there, with what has to go, is no more than this, or nothing has to go any more.
    async fn room_made(&self, bytes_max: u64) -> Result<(), BlobFault> {
        let made = self.until(|known| {
            let leaving_bytes = known.chores.leaving_bytes();
            leaving_bytes == 0 || known.index.bytes() + leaving_bytes <= bytes_max
        });
        self.chore.notify_one();
        let made = tokio::time::timeout(ROOM_PATIENCE, made).await;
        made.map_err(|_| BlobFault::Away("what has to go for it is not gone yet".to_owned()))
    }

    /// Waits until nobody else does anything with an object.
    async fn hold(&self, name: ObjectName) -> Held<'_> {
        self.until(|known| known.chores.hold(name)).await;
        Held { blobs: self, name }
    }

    /// Waits until this is so, and asks whenever something was done.
    async fn until(&self, mut is_so: impl FnMut(&mut Known) -> bool) {
        loop {
            let mut done = std::pin::pin!(self.done.notified());
            done.as_mut().enable();
            if is_so(&mut self.known()) {
                return;
            }
            done.await;
        }
    }

    fn has_now(&self, name: ObjectName, now_ms: u64) -> bool {
        let is_there = self.known().used(name, now_ms, self.depot.mark_after_ms());
        if is_there {
            self.chore.notify_one();
        }
        is_there
    }

    fn entry(&self, name: ObjectName) -> Option<Entry> {
        self.known().index.entry(name)
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().expect("nobody panics while holding it")
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.blobs.known().chores.let_go(self.name);
        self.blobs.done.notify_waiters();
        self.blobs.chore.notify_one();
    }
}

#[cfg(test)]
mod tests;
