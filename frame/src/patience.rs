//! Files that another program has open.
//!
//! Windows refuses to replace or remove a file while somebody has it open: a program that shows it, or for a moment a virus scanner, an
//! indexer, or our own reader. What lasts a moment is waited for here; what lasts longer can be told from a file that may not be written.
//! On other systems nothing refuses, and nothing is tried twice.

use std::io;
use std::path::Path;
use std::time::Duration;

/// Pauses between tries, milliseconds: a second and a quarter together.
const PAUSES_MS: [u64; 7] = [10, 20, 40, 80, 160, 320, 640];
/// `ERROR_ACCESS_DENIED`: also what replacing an open file is answered with.
const ACCESS_DENIED: i32 = 5;
/// `ERROR_SHARING_VIOLATION`, `ERROR_LOCK_VIOLATION` and `ERROR_USER_MAPPED_FILE`.
const IN_USE: [i32; 3] = [32, 33, 1224];

/// Tries again for a moment what is refused because another program has the file open.
///
/// # Errors
/// The last one.
pub fn patiently<T>(mut attempt: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    for pause_ms in PAUSES_MS {
        match attempt() {
            Err(error) if may_pass(&error) => std::thread::sleep(Duration::from_millis(pause_ms)),
            other => return other,
        }
    }
    attempt()
}

/// Renames a file over another one.
///
/// # Errors
/// The system's; [`is_in_use`] when another program has the other file open.
pub fn replace(from: &Path, to: &Path) -> io::Result<()> {
    patiently(|| std::fs::rename(from, to)).map_err(|error| in_use(to).unwrap_or(error))
}

/// Whether this error says that another program has the file open.
pub fn is_in_use(error: &io::Error) -> bool {
    cfg!(windows) && error.raw_os_error().is_some_and(|code| IN_USE.contains(&code))
}

/// How it is told that another program has this file open and lets nobody replace it; nothing on systems that do not mind.
pub fn held(path: &Path) -> Option<io::Error> {
    /// Others may read it, write to it and remove it meanwhile.
    const SHARE_ALL: u32 = 7;
    refusal(path, SHARE_ALL)
}

/// How it is told that another program has this file open at all, which some disks of Windows mind; nothing on systems that do not.
pub fn in_use(path: &Path) -> Option<io::Error> {
    refusal(path, 0)
}

/// Asks for the right to remove the file, while others may have it open as `share` says.
#[cfg(windows)]
fn refusal(path: &Path, share: u32) -> Option<io::Error> {
    use std::os::windows::fs::OpenOptionsExt;
    const DELETE: u32 = 0x0001_0000;
    std::fs::File::options().access_mode(DELETE).share_mode(share).open(path).err().filter(is_in_use)
}

#[cfg(not(windows))]
fn refusal(_: &Path, _: u32) -> Option<io::Error> {
    None
}

fn may_pass(error: &io::Error) -> bool {
    cfg!(windows) && (is_in_use(error) || error.raw_os_error() == Some(ACCESS_DENIED))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_refused_for_another_reason_is_tried_once() {
        let mut tries = 0;
        let outcome: io::Result<()> = patiently(|| {
            tries += 1;
            Err(io::ErrorKind::NotFound.into())
        });
        assert_eq!((outcome.is_err(), tries), (true, 1));
    }

    #[test]
    fn a_file_that_nobody_has_open_is_replaced_and_not_held() {
        let place = tempfile::tempdir().expect("a temporary folder");
        let (new, old) = (place.path().join("new"), place.path().join("old"));
        std::fs::write(&old, "old").expect("it can be written");
        std::fs::write(&new, "new").expect("it can be written");
        assert!(held(&old).is_none() && in_use(&old).is_none());
        replace(&new, &old).expect("nobody minds");
        assert_eq!(std::fs::read(&old).expect("it is there"), b"new");
        assert!(held(&place.path().join("missing")).is_none());
    }

    #[cfg(windows)]
    #[test]
    fn a_file_that_is_open_for_a_moment_is_replaced_and_one_that_stays_open_is_told() {
        use std::os::windows::fs::OpenOptionsExt;
        /// Others may read it, as most programs open a picture.
        const SHARE_READ: u32 = 1;
        let place = tempfile::tempdir().expect("a temporary folder");
        let (new, old) = (place.path().join("new"), place.path().join("old"));
        std::fs::write(&old, "old").expect("it can be written");
        let hold = || std::fs::File::options().read(true).share_mode(SHARE_READ).open(&old).expect("there");
        for share_all in [true, false] {
            std::fs::write(&new, "new").expect("it can be written");
            let open = if share_all { std::fs::File::open(&old).expect("there") } else { hold() };
            let reader = std::thread::spawn(move || {
                std::thread::sleep(Duration::from_millis(100));
                drop(open);
            });
            replace(&new, &old).expect("the reader has gone in time");
            reader.join().expect("it only waits");
        }
        std::fs::write(&new, "newer").expect("it can be written");
        let open = std::fs::File::open(&old).expect("there");
        assert!(
            held(&old).is_none() && in_use(&old).is_some(),
            "it may be replaced where the disk can do that"
        );
        drop(open);
        let open = hold();
        assert!(held(&old).is_some());
        assert!(is_in_use(&replace(&new, &old).expect_err("it stays open")));
        drop(open);
        assert_eq!(std::fs::read(&old).expect("it is there"), b"new");
    }
}
