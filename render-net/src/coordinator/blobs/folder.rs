//! Objects as files: each appears whole or not at all, because it is written to a temporary file, made durable and renamed.
//!
//! Names are parsed hashes, so no name can leave the folder. All that touches the disk runs on the runtime's threads for that.

use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use bytes::Bytes;

use super::BlobFault;
use super::depot::{Depot, Found, Hear, Passed, Pending};
use super::owner::Owner;
use crate::wire::ObjectName;

/// After this long an object that is used is marked on the disk as younger, too.
const MARK_AFTER_MS: u64 = 3_600_000;

/// A folder with a folder in it for each first two letters.
#[derive(Clone, Debug)]
pub(in crate::coordinator) struct Folder(Arc<Disk>);

#[derive(Debug)]
struct Disk {
    folder: PathBuf,
    durable: bool,
    temporary: AtomicU64,
}

impl Folder {
    /// Opens the folder, makes it when missing, and removes what an earlier crash left unfinished.
    ///
    /// `durable`: whether an object must survive a power cut once stored. `off`: how long nobody ran before; that does not count as age.
    pub(in crate::coordinator) fn open(
        folder: &Path,
        durable: bool,
        off: Duration,
    ) -> Result<Self, BlobFault> {
        let temporary = folder.join("unfinished");
        match fs::remove_dir_all(&temporary) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error.into()),
            _ => fs::create_dir_all(&temporary)?,
        }
        let disk = Disk { folder: folder.to_owned(), durable, temporary: AtomicU64::new(0) };
        if !off.is_zero() {
            disk.grow_younger(off)?;
        }
        Ok(Self(Arc::new(disk)))
    }

    fn at_disk<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Disk) -> Result<T, BlobFault> + Send + 'static,
    ) -> Pending<'_, T> {
        let disk = self.0.clone();
        Box::pin(async move {
            let done = tokio::task::spawn_blocking(move || work(&disk)).await;
            done.unwrap_or_else(|_| Err(BlobFault::System("its work broke down".to_owned())))
        })
    }
}

impl Depot for Folder {
    fn is_shared(&self) -> bool {
        false
    }

    fn mark_after_ms(&self) -> u64 {
        MARK_AFTER_MS
    }

    fn list<'a>(&'a self, hear: Hear<'a>) -> Pending<'a, ()> {
        // At the start, before there is anybody to wait.
        Box::pin(async move { self.0.each(|_, found| hear(vec![found])) })
    }

    fn find(&self, _name: ObjectName) -> Pending<'_, Vec<Found>> {
        // Nobody else stores here, and all was listed at the start.
        Box::pin(async { Ok(Vec::new()) })
    }

    fn answer(&self) -> Pending<'_, ()> {
        self.at_disk(|disk| Ok(fs::read_dir(&disk.folder).map(drop)?))
    }

    fn write(&self, name: ObjectName, owner: Owner, object: Bytes, now_ms: u64) -> Pending<'_, ()> {
        self.at_disk(move |disk| disk.write(name, owner, &object, now_ms))
    }

    fn read(&self, name: ObjectName, owner: Owner) -> Pending<'_, Option<Bytes>> {
        self.at_disk(move |disk| match fs::read(disk.path(name, owner)) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            read => Ok(Some(read?.into())),
        })
    }

    fn pass(&self, name: ObjectName, from: Owner, to: Owner) -> Pending<'_, Passed> {
        self.at_disk(move |disk| match fs::rename(disk.path(name, from), disk.path(name, to)) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Passed::Gone),
            renamed => renamed.map(|()| Passed::Moved).map_err(BlobFault::from),
        })
    }

    fn remove(&self, name: ObjectName, owner: Owner) -> Pending<'_, ()> {
        self.at_disk(move |disk| match fs::remove_file(disk.path(name, owner)) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        })
    }

    fn mark(&self, name: ObjectName, owner: Owner, now_ms: u64) -> Pending<'_, ()> {
        self.at_disk(move |disk| Ok(set_used(&disk.path(name, owner), time(now_ms))?))
    }
}

impl Disk {
    fn path(&self, name: ObjectName, owner: Owner) -> PathBuf {
        let name = name.to_string();
        self.folder.join(&name[..2]).join(owner.file_name(&name))
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

    fn each(&self, mut hear: impl FnMut(&Path, Found)) -> Result<(), BlobFault> {
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
                let used = metadata.modified()?.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
                let used_ms = u64::try_from(used.as_millis()).unwrap_or(u64::MAX);
                hear(&object.path(), Found { name, owner, size_bytes: metadata.len(), used_ms });
            }
        }
        Ok(())
    }

    /// Time in which nobody ran is taken from every object's age. Failing to is no fault: an object is only older then.
    fn grow_younger(&self, off: Duration) -> Result<(), BlobFault> {
        self.each(|file, found| {
            let _ = set_used(file, time(found.used_ms) + off);
        })
    }
}

fn set_used(file: &Path, used: SystemTime) -> std::io::Result<()> {
    File::options().append(true).open(file)?.set_modified(used)
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
