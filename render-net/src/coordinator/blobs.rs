//! Sealed objects in a folder, named by their content.
//!
//! An object appears whole or not at all: written to a temporary file, checked, made durable, renamed. Names are
//! parsed hashes, so no name can leave the folder. Whoever stored an object is charged for it until it is gone or somebody else's; a delivered result
//! is the artist's, and costs nobody anything once the artist has it: then it is *spare*, and makes room as soon as room is needed. A file's name says
//! whose it is, so that all this outlives a restart. A full folder refuses the new object and harms no other. Time is handed in.

mod index;

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, SystemTime};

use frame::NodeId;

use crate::wire::{OBJECT_BYTES_MAX, ObjectName};
use index::{Entry, Index, Owner};

/// How much of objects there may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlobLimits {
    /// In the folder.
    pub bytes_max: u64,
    /// Of one peer.
    pub peer_bytes_max: u64,
    /// Whether results stay, while there is room, when their artists have them: others may look on.
    pub keeps_spares: bool,
}

/// Objects in a folder.
#[derive(Debug)]
pub struct BlobFolder {
    folder: PathBuf,
    limits: BlobLimits,
    durable: bool,
    temporary: AtomicU64,
    index: Mutex<Index>,
}

/// An object cannot be stored or read.
#[derive(Debug, thiserror::Error)]
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
    /// Anything else.
    #[error("the object folder failed: {0}")]
    System(String),
}

/// After this long an object that is used is marked on the disk as younger, too.
const TOUCH_AFTER_MS: u64 = 3_600_000;

impl BlobFolder {
    /// Opens the folder, makes it when missing, and removes what an earlier crash left unfinished.
    ///
    /// `durable`: whether an object must survive a power cut once stored. `off`: how long nobody ran before; that does not count as age.
    pub fn open(folder: &Path, limits: BlobLimits, durable: bool, off: Duration) -> Result<Self, BlobFault> {
        let temporary = folder.join("unfinished");
        match fs::remove_dir_all(&temporary) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error.into()),
            _ => fs::create_dir_all(&temporary)?,
        }
        let (temporary, index) = (AtomicU64::new(0), Mutex::default());
        let blobs = Self { folder: folder.to_owned(), limits, durable, temporary, index };
        blobs.read_folder(off)?;
        Ok(blobs)
    }

    /// Whether the object is stored; who asks has use for it, so its age starts anew.
    pub fn has(&self, name: ObjectName, now_ms: u64) -> bool {
        let Some(touched) = self.index().used(name, now_ms, TOUCH_AFTER_MS) else { return false };
        if let Some(entry) = touched {
            self.touch(name, entry.owner, now_ms);
        }
        true
    }

    /// Whether an object of this size would be taken from this peer now.
    pub fn check(&self, peer: NodeId, size_bytes: u64) -> Result<(), BlobFault> {
        self.index().check(Owner::peer(peer), size_bytes, &self.limits)
    }

    /// Stores an object; storing it again only makes it younger.
    pub fn put(&self, peer: NodeId, name: ObjectName, object: &[u8], now_ms: u64) -> Result<(), BlobFault> {
        if object.len() as u64 > OBJECT_BYTES_MAX || ObjectName::of(object) != name {
            return Err(BlobFault::WrongName);
        }
        if self.has(name, now_ms) {
            return Ok(());
        }
        let (owner, size_bytes) = (Owner::peer(peer), object.len() as u64);
        let (number, gone) = self.index().reserve(owner, size_bytes, &self.limits)?;
        gone.into_iter().for_each(|(name, owner)| self.remove(name, owner));
        let mut written = self.write(name, owner, object, now_ms);
        if matches!(written, Err(BlobFault::NoRoom)) {
            // The disk is smaller than what was allowed: spare results make room there, too.
            let gone = self.index().take_spares(size_bytes);
            if !gone.is_empty() {
                gone.into_iter().for_each(|(name, owner)| self.remove(name, owner));
                written = self.write(name, owner, object, now_ms);
            }
        }
        let entry = Entry { owner, size_bytes, used_ms: now_ms, marked_ms: now_ms };
        self.index().settle(number, name, written.is_ok().then_some(entry));
        written
    }

    /// Reads an object.
    pub fn read(&self, name: ObjectName, now_ms: u64) -> Result<Vec<u8>, BlobFault> {
        let entry = self.entry(name)?;
        self.has(name, now_ms);
        match fs::read(self.path(name, entry.owner)) {
            // Renamed since, because its owner changed.
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let entry = self.entry(name)?;
                fs::read(self.path(name, entry.owner)).map_err(|error| match error.kind() {
                    ErrorKind::NotFound => {
                        // Somebody removed the file: whoever has the object may store it again.
                        self.index().take(name);
                        BlobFault::Missing
                    }
                    _ => error.into(),
                })
            }
            read => Ok(read?),
        }
    }

    /// Bytes stored.
    pub fn size_bytes(&self) -> u64 {
        self.index().bytes()
    }

    /// Size of an object in bytes.
    pub fn size_of(&self, name: ObjectName) -> Result<u64, BlobFault> {
        self.entry(name).map(|entry| entry.size_bytes)
    }

    /// A node delivered an object that it stored as a result: from now on it is the artist's. Other peers' objects stay theirs.
    pub fn deliver(&self, name: ObjectName, node: NodeId, artist: NodeId) {
        self.pass(name, |owner| owner == Owner::peer(node) || owner == Owner::Unknown, Owner::result(artist));
    }

    /// A delivered result has done its work: nobody is charged for it, and it goes when room is needed, or now.
    pub fn spare(&self, name: ObjectName) {
        if self.pass(name, Owner::is_result, Owner::Spare) && !self.limits.keeps_spares {
            let gone = self.index().take(name);
            gone.into_iter().for_each(|entry| self.remove(name, entry.owner));
        }
    }

    /// Removes objects that nobody stored or fetched for `kept`, except for what these artists stored or were delivered; returns how many.
    pub fn sweep(&self, kept: Duration, artists: &BTreeSet<NodeId>, now_ms: u64) -> u64 {
        let kept_ms = u64::try_from(kept.as_millis()).unwrap_or(u64::MAX);
        let needed: BTreeSet<Owner> =
            artists.iter().flat_map(|artist| [Owner::peer(*artist), Owner::result(*artist)]).collect();
        let old = self.index().take_old(now_ms.saturating_sub(kept_ms), &needed);
        let count = old.len() as u64;
        old.into_iter().for_each(|(name, owner)| self.remove(name, owner));
        count
    }

    /// Gives an object to somebody else, on the disk as well; false when it is not there or not `from` whom it may be taken.
    fn pass(&self, name: ObjectName, from: impl Fn(Owner) -> bool, to: Owner) -> bool {
        // The lock is held meanwhile: a file must not be renamed twice at once.
        let mut index = self.index();
        let Some(entry) = index.entry(name).filter(|entry| from(entry.owner)) else { return false };
        if let Err(error) = fs::rename(self.path(name, entry.owner), self.path(name, to)) {
            tracing::error!(%error, "the object folder failed");
            return false;
        }
        index.pass(name, to);
        true
    }

    fn entry(&self, name: ObjectName) -> Result<Entry, BlobFault> {
        self.index().entry(name).ok_or(BlobFault::Missing)
    }

    fn index(&self) -> MutexGuard<'_, Index> {
        self.index.lock().expect("nobody panics while holding it")
    }

    /// What is no longer in the index goes from the disk.
    fn remove(&self, name: ObjectName, owner: Owner) {
        if let Err(error) = fs::remove_file(self.path(name, owner)) {
            tracing::error!(%error, "the object folder failed");
        }
    }

    fn write(&self, name: ObjectName, owner: Owner, object: &[u8], now_ms: u64) -> Result<(), BlobFault> {
        let number = self.temporary.fetch_add(1, Ordering::Relaxed);
        let temporary = self.folder.join("unfinished").join(number.to_string());
        let place = self.path(name, owner);
        let written = (|| {
            let mut file = File::create_new(&temporary)?;
            file.write_all(object)?;
            file.set_modified(time(now_ms))?;
            if self.durable {
                file.sync_data()?;
            }
            if let Some(parent) = place.parent() {
                fs::create_dir_all(parent)?;
            }
            frame::patience::replace(&temporary, &place)
        })();
        if written.is_err() {
            // Best effort: the next start clears the folder in any case.
            let _ = fs::remove_file(&temporary);
        }
        Ok(written?)
    }

    /// Starts an object's age anew, so that what is in use is not swept. Failing to is no fault: it only ages.
    fn touch(&self, name: ObjectName, owner: Owner, now_ms: u64) {
        if let Ok(file) = File::options().append(true).open(self.path(name, owner)) {
            let _ = file.set_modified(time(now_ms));
        }
    }

    fn path(&self, name: ObjectName, owner: Owner) -> PathBuf {
        let name = name.to_string();
        self.folder.join(&name[..2]).join(owner.file_name(&name))
    }

    /// Takes every stored object into the index, younger by the time in which nobody ran.
    fn read_folder(&self, off: Duration) -> Result<(), BlobFault> {
        let mut index = self.index();
        for shelf in fs::read_dir(&self.folder)? {
            let shelf = shelf?;
            if shelf.file_name().len() != 2 || !shelf.file_type()?.is_dir() {
                continue;
            }
            for object in fs::read_dir(shelf.path())? {
                let object = object?;
                let found = object.file_name().to_str().and_then(Owner::of_file);
                let Some((name, owner)) = found else { continue };
                let metadata = object.metadata()?;
                let used = metadata.modified()? + off;
                if !off.is_zero()
                    && let Ok(file) = File::options().append(true).open(object.path())
                {
                    let _ = file.set_modified(used);
                }
                let used = used.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
                let used_ms = u64::try_from(used.as_millis()).unwrap_or(u64::MAX);
                let entry = Entry { owner, size_bytes: metadata.len(), used_ms, marked_ms: used_ms };
                index.insert(name, entry);
            }
        }
        Ok(())
    }
}

fn time(now_ms: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_millis(now_ms)
}

impl From<std::io::Error> for BlobFault {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => BlobFault::NoRoom,
            _ => BlobFault::System(error.kind().to_string()),
        }
    }
}

#[cfg(test)]
mod tests;
