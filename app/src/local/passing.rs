//! The temporary folder of a render that nobody goes on with: it goes with the render, and where that was killed, with the next one.

use std::fs::{File, FileType};
use std::path::Path;
use std::time::{Duration, SystemTime};

use tempfile::TempDir;

use crate::fault::Fault;

const PREFIX: &str = "tessera-render-";
/// Locked for as long as its render lives.
const LOCK: &str = "lock";
/// A folder that is younger may not have its lock yet.
const AGE_MIN: Duration = Duration::from_secs(60);

/// A folder that goes when it is dropped.
pub(super) struct Passing {
    // Closed before the folder goes: Windows removes no open file.
    _lock: File,
    folder: TempDir,
}

impl Passing {
    /// Makes one, and removes what killed renders left.
    pub(super) fn make() -> Result<Self, Fault> {
        let parent = std::env::temp_dir();
        sweep(&parent);
        let made = tempfile::Builder::new().prefix(PREFIX).tempdir_in(parent).and_then(|folder| {
            let lock = File::create(folder.path().join(LOCK))?;
            // Where a disk knows no locks, nothing there is ever swept.
            let _ = lock.try_lock();
            Ok(Self { _lock: lock, folder })
        });
        made.map_err(|error| {
            let advice = "free some space, or set TMPDIR (on Windows TMP)";
            Fault::failure(format!("no temporary folder can be made: {error}"), advice)
        })
    }

    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }
}

/// Removes the folders of renders that are no more. What cannot be removed is somebody else's, or has gone meanwhile.
fn sweep(parent: &Path) {
    let Ok(entries) = std::fs::read_dir(parent) else { return };
    for entry in entries.flatten() {
        let is_ours = entry.file_name().to_string_lossy().starts_with(PREFIX);
        // A link leads somewhere else.
        if is_ours && entry.file_type().is_ok_and(|kind: FileType| kind.is_dir()) && is_left(&entry.path()) {
            tracing::info!("a folder that a killed render left is removed");
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

fn is_left(folder: &Path) -> bool {
    let is_old = std::fs::metadata(folder)
        .and_then(|told| told.modified())
        .is_ok_and(|at| SystemTime::now().duration_since(at).is_ok_and(|age| age >= AGE_MIN));
    let lock = || File::options().write(true).open(folder.join(LOCK));
    is_old && lock().is_ok_and(|lock| lock.try_lock().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_killed_render_left_goes_and_what_is_in_use_or_new_or_not_ours_stays() {
        let parent = tempfile::tempdir().expect("a temporary folder");
        let old = SystemTime::now() - 2 * AGE_MIN;
        let make = |name: &str, at: Option<SystemTime>| {
            let folder = parent.path().join(name);
            std::fs::create_dir(&folder).expect("it can be made");
            let lock = File::create(folder.join(LOCK)).expect("it can be made");
            if let Some(at) = at {
                File::open(&folder).and_then(|it| it.set_modified(at)).expect("its owner may");
            }
            (folder, lock)
        };
        let (left, _) = make("tessera-render-left", Some(old));
        let (used, lock) = make("tessera-render-used", Some(old));
        lock.try_lock().expect("nobody else has it");
        let (young, _) = make("tessera-render-young", None);
        let (other, _) = make("other", Some(old));
        sweep(parent.path());
        assert!(!left.exists() && used.exists() && young.exists() && other.exists());
        drop(lock);
        sweep(parent.path());
        assert!(!used.exists());
    }
}
