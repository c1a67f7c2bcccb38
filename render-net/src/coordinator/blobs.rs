//! Sealed objects in a folder, named by their content.
//!
//! An object appears whole or not at all: written to a temporary file, checked, made durable, renamed. Names are
//! parsed hashes, so no name can leave the folder. There is a quota; a full disk refuses the new object and harms no other.

use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use crate::wire::{OBJECT_BYTES_MAX, ObjectName};

/// Objects in a folder.
#[derive(Debug)]
pub struct BlobFolder {
    folder: PathBuf,
    bytes_max: u64,
    bytes: AtomicU64,
    temporary: AtomicU64,
    durable: bool,
}

/// An object cannot be stored or read.
#[derive(Debug, thiserror::Error)]
pub enum BlobFault {
    /// The quota or the disk is full.
    #[error("there is no room for more objects")]
    NoRoom,
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

/// After this long a fetched object's age starts anew.
const TOUCH_AFTER: Duration = Duration::from_secs(3600);

impl BlobFolder {
    /// Opens the folder, makes it when missing, and removes what an earlier crash left unfinished.
    ///
    /// `durable`: whether an object must survive a power cut once stored.
    pub fn open(folder: &Path, bytes_max: u64, durable: bool) -> Result<Self, BlobFault> {
        let temporary = folder.join("unfinished");
        match fs::remove_dir_all(&temporary) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error.into()),
            _ => fs::create_dir_all(&temporary)?,
        }
        let blobs = Self {
            folder: folder.to_owned(),
            bytes_max,
            bytes: AtomicU64::new(0),
            temporary: AtomicU64::new(0),
            durable,
        };
        let mut bytes = 0;
        blobs.each(|_, size_bytes, _| bytes += size_bytes)?;
        blobs.bytes.store(bytes, Ordering::Relaxed);
        Ok(blobs)
    }

    /// Whether the object is stored; who asks has use for it, so its age starts anew.
    pub fn has(&self, name: ObjectName) -> bool {
        let stored = self.path(name).is_file();
        if stored {
            self.touch(name);
        }
        stored
    }

    /// Stores an object; storing it again only makes it younger.
    pub fn put(&self, name: ObjectName, object: &[u8]) -> Result<(), BlobFault> {
        if object.len() as u64 > OBJECT_BYTES_MAX || ObjectName::of(object) != name {
            return Err(BlobFault::WrongName);
        }
        if self.has(name) {
            return Ok(());
        }
        let size_bytes = object.len() as u64;
        let before = self.bytes.fetch_add(size_bytes, Ordering::Relaxed);
        let stored = if before.saturating_add(size_bytes) > self.bytes_max {
            Err(BlobFault::NoRoom)
        } else {
            self.write(name, object)
        };
        if stored.is_err() {
            self.bytes.fetch_sub(size_bytes, Ordering::Relaxed);
        }
        stored
    }

    /// Reads an object.
    pub fn read(&self, name: ObjectName) -> Result<Vec<u8>, BlobFault> {
        match fs::read(self.path(name)) {
            Ok(object) => {
                self.touch(name);
                Ok(object)
            }
            Err(error) if error.kind() == ErrorKind::NotFound => Err(BlobFault::Missing),
            Err(error) => Err(error.into()),
        }
    }

    /// Bytes stored.
    pub fn size_bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Size of an object in bytes.
    pub fn size_of(&self, name: ObjectName) -> Result<u64, BlobFault> {
        match fs::metadata(self.path(name)) {
            Ok(metadata) => Ok(metadata.len()),
            Err(error) if error.kind() == ErrorKind::NotFound => Err(BlobFault::Missing),
            Err(error) => Err(error.into()),
        }
    }

    /// Removes objects that nobody stored or fetched for `kept`; returns how many.
    pub fn sweep(&self, kept: Duration) -> Result<u64, BlobFault> {
        let mut old = Vec::new();
        let now = SystemTime::now();
        self.each(|path, size_bytes, modified| {
            if now.duration_since(modified).is_ok_and(|age| age > kept) {
                old.push((path.to_owned(), size_bytes));
            }
        })?;
        for (path, size_bytes) in &old {
            fs::remove_file(path)?;
            self.bytes.fetch_sub(*size_bytes, Ordering::Relaxed);
        }
        Ok(old.len() as u64)
    }

    fn write(&self, name: ObjectName, object: &[u8]) -> Result<(), BlobFault> {
        let number = self.temporary.fetch_add(1, Ordering::Relaxed);
        let temporary = self.folder.join("unfinished").join(number.to_string());
        let place = self.path(name);
        let written = (|| {
            let mut file = File::create_new(&temporary)?;
            file.write_all(object)?;
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
    fn touch(&self, name: ObjectName) {
        let now = SystemTime::now();
        let Ok(file) = File::options().append(true).open(self.path(name)) else { return };
        let old = |at: SystemTime| now.duration_since(at).is_ok_and(|age| age > TOUCH_AFTER);
        if file.metadata().and_then(|metadata| metadata.modified()).is_ok_and(old) {
            let _ = file.set_modified(now);
        }
    }

    fn path(&self, name: ObjectName) -> PathBuf {
        let name = name.to_string();
        self.folder.join(&name[..2]).join(name)
    }

    /// Calls for every stored object with path, size and time of last change.
    fn each(&self, mut visit: impl FnMut(&Path, u64, SystemTime)) -> Result<(), BlobFault> {
        for shelf in fs::read_dir(&self.folder)? {
            let shelf = shelf?;
            if shelf.file_name().len() != 2 || !shelf.file_type()?.is_dir() {
                continue;
            }
            for object in fs::read_dir(shelf.path())? {
                let object = object?;
                let metadata = object.metadata()?;
                visit(&object.path(), metadata.len(), metadata.modified()?);
            }
        }
        Ok(())
    }
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
mod tests {
    use super::*;

    #[test]
    fn objects_survive_reopening_and_unfinished_ones_do_not() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let name = ObjectName::of(b"sealed");
        let blobs = BlobFolder::open(folder.path(), 100, true).expect("opens");
        blobs.put(name, b"sealed").expect("fits");
        blobs.put(name, b"sealed").expect("again");
        assert!(matches!(blobs.put(name, b"other"), Err(BlobFault::WrongName)));
        fs::write(folder.path().join("unfinished/7"), b"half").expect("writes");
        let again = BlobFolder::open(folder.path(), 100, true).expect("opens again");
        assert_eq!(again.read(name).expect("stored"), b"sealed");
        assert_eq!(again.size_bytes(), 6);
        assert_eq!(fs::read_dir(folder.path().join("unfinished")).expect("lists").count(), 0);
    }

    #[test]
    fn a_full_folder_refuses_and_keeps_what_it_has() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let blobs = BlobFolder::open(folder.path(), 10, false).expect("opens");
        blobs.put(ObjectName::of(b"12345678"), b"12345678").expect("fits");
        assert!(matches!(blobs.put(ObjectName::of(b"abc"), b"abc"), Err(BlobFault::NoRoom)));
        blobs.put(ObjectName::of(b"ab"), b"ab").expect("fits exactly");
        assert!(matches!(blobs.read(ObjectName::of(b"abc")), Err(BlobFault::Missing)));
        assert_eq!(blobs.sweep(Duration::from_secs(60)).expect("sweeps"), 0);
        std::thread::sleep(Duration::from_millis(20));
        assert_eq!(blobs.sweep(Duration::from_millis(1)).expect("sweeps"), 2);
        assert_eq!(blobs.size_bytes(), 0);
    }
}
