//! Files that are there whole or not at all.

use std::{
    fs::{self, File, OpenOptions},
    io,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
};

use super::ExrError;
use crate::patience;

static COUNTER: AtomicU32 = AtomicU32::new(0);

/// Lets `fill` write a temporary file in the folder of `path`, flushes it to the disk and renames it to `path`.
///
/// Whatever was at `path` stays until the rename; after an error the temporary file is gone.
pub(super) fn replace_file(
    path: &Path,
    fill: impl FnOnce(&mut File) -> Result<(), ExrError>,
) -> Result<(), ExrError> {
    let temporary = temporary_beside(path)?;
    let outcome = (|| {
        let mut file =
            OpenOptions::new().read(true).write(true).create_new(true).open(&temporary).map_err(fault)?;
        fill(&mut file)?;
        file.sync_all().map_err(fault)?;
        drop(file);
        patience::replace(&temporary, path).map_err(fault)
    })();
    match &outcome {
        Ok(()) => sync_folder(path),
        // The first error is the one to tell; that a file which may not even exist cannot be removed adds nothing.
        Err(_) => drop(fs::remove_file(&temporary)),
    }
    outcome
}

/// An error of the file system in the words of a person.
pub(super) fn fault(error: io::Error) -> ExrError {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => ExrError::DiskFull,
        _ => ExrError::Write(error),
    }
}

fn temporary_beside(path: &Path) -> Result<PathBuf, ExrError> {
    let name = path.file_name().ok_or_else(|| fault(io::ErrorKind::InvalidFilename.into()))?;
    let mut hidden = std::ffi::OsString::from(".");
    hidden.push(name);
    hidden.push(format!(".{}-{}.tmp", std::process::id(), COUNTER.fetch_add(1, Ordering::Relaxed)));
    Ok(path.with_file_name(hidden))
}

/// Makes the new name itself survive a power cut, where the system lets a folder be flushed.
fn sync_folder(path: &Path) {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if let Ok(folder) = File::open(folder) {
        // The picture is already in place; some file systems cannot flush a folder and that is no failure.
        drop(folder.sync_all());
    }
}
