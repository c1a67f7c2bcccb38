//! Files that change on disk while they are looked at: another program writes them again, or a render that grew is complete.
//!
//! A thread looks twice a second; the window sleeps until there is something to read. A file is read once it has stayed the same
//! for a whole pause, so that nobody is shown one that is half written. Where a `NAME.partial.exr` has gone and `NAME.exr` has
//! come, that one is shown in its place.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use crate::shown::Side;

const PAUSE: Duration = Duration::from_millis(500);
const GROWING: &str = ".partial.exr";

/// Looks after up to two files.
pub struct Watcher {
    asked: Arc<Mutex<[Option<PathBuf>; 2]>>,
    changed: Receiver<(Side, PathBuf)>,
    watches_all: bool,
}

/// What tells two versions of a file apart.
type Version = (SystemTime, u64);

/// One file under watch.
#[derive(Debug)]
struct Watched {
    path: PathBuf,
    shown: Option<Version>,
    last: Option<Version>,
}

impl Watcher {
    /// Starts looking; only at growing files unless `watches_all`. `wake` is called when one changed.
    pub fn start(watches_all: bool, wake: impl Fn() + Send + 'static) -> Self {
        let asked: Arc<Mutex<[Option<PathBuf>; 2]>> = Arc::default();
        let (sender, changed) = channel();
        let theirs = Arc::downgrade(&asked);
        std::thread::spawn(move || {
            let mut watched = [None, None];
            // Ends with the window, which holds the other end.
            while let Some(asked) = theirs.upgrade() {
                let paths = asked.lock().unwrap_or_else(PoisonError::into_inner).clone();
                drop(asked);
                if !look(paths, &mut watched, &sender, &wake) {
                    return;
                }
                std::thread::sleep(PAUSE);
            }
        });
        Self { asked, changed, watches_all }
    }

    /// Says which files are shown now.
    pub fn ask(&self, paths: [Option<PathBuf>; 2]) {
        let paths = paths.map(|path| path.filter(|path| self.watches_all || is_growing(path)));
        *self.asked.lock().unwrap_or_else(PoisonError::into_inner) = paths;
    }

    /// A file that is to be read.
    pub fn next(&self) -> Option<(Side, PathBuf)> {
        self.changed.try_recv().ok()
    }
}

/// Looks at all files once; false when nobody wants to know any more.
fn look(
    paths: [Option<PathBuf>; 2],
    watched: &mut [Option<Watched>; 2],
    sender: &Sender<(Side, PathBuf)>,
    wake: &impl Fn(),
) -> bool {
    for ((path, watched), side) in paths.into_iter().zip(watched).zip([Side::First, Side::Second]) {
        if watched.as_ref().map(|watched| &watched.path) != path.as_ref() {
            *watched = path.map(Watched::new);
        } else if let Some(found) = watched.as_mut().and_then(Watched::look) {
            if sender.send((side, found)).is_err() {
                return false;
            }
            wake();
        }
    }
    true
}

impl Watched {
    fn new(path: PathBuf) -> Self {
        let shown = version(&path);
        Self { path, shown, last: shown }
    }

    /// The file to read in this one's place, if there is a new one that rests.
    fn look(&mut self) -> Option<PathBuf> {
        let Some(now) = version(&self.path) else {
            let complete = complete(&self.path).filter(|path| path.exists())?;
            *self = Self::new(complete);
            return Some(self.path.clone());
        };
        let rests = self.last.replace(now) == Some(now);
        (rests && self.shown.replace(now) != Some(now)).then(|| self.path.clone())
    }
}

fn is_growing(path: &Path) -> bool {
    path.to_string_lossy().ends_with(GROWING)
}

/// The growing file of a frame of a render that writes to `output`, whose `####` stand for the frame's number.
pub fn growing(output: &Path, frame: u32) -> Option<PathBuf> {
    let stem = output.file_name()?.to_str()?.strip_suffix(".exr")?;
    let stem = match stem.rfind('#').map(|at| at + 1) {
        Some(end) => {
            let before = stem[..end].trim_end_matches('#');
            let digits = end - before.len();
            format!("{before}{frame:0digits$}{}", &stem[end..])
        }
        None => stem.to_owned(),
    };
    Some(output.with_file_name(stem + GROWING))
}

/// What there is of a file now: a growing one that has gone is complete.
pub fn newest(path: PathBuf) -> PathBuf {
    if path.exists() {
        return path;
    }
    complete(&path).filter(|path| path.exists()).unwrap_or(path)
}

/// What a growing file is called once it is complete. Names need not be text, and folders neither.
fn complete(path: &Path) -> Option<PathBuf> {
    let partial = Path::new(path.file_stem().filter(|_| is_growing(path))?);
    let mut name = partial.file_stem().filter(|_| partial.extension().is_some())?.to_owned();
    name.push(".exr");
    Some(path.with_file_name(name))
}

fn version(path: &Path) -> Option<Version> {
    let data = std::fs::metadata(path).ok()?;
    Some((data.modified().ok()?, data.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_file_is_read_once_it_rests() {
        let place = tempfile::tempdir().expect("a temporary folder");
        let path = place.path().join("a.exr");
        let write = |bytes: &[u8]| std::fs::write(&path, bytes).expect("it can be written");
        write(b"1");
        let mut watched = Watched::new(path.clone());
        assert_eq!(watched.look(), None, "nothing is new");
        write(b"12");
        assert_eq!(watched.look(), None, "it may still be written");
        write(b"123");
        assert_eq!(watched.look(), None, "and it was");
        assert_eq!(watched.look(), Some(path.clone()));
        assert_eq!(watched.look(), None, "once");
        std::fs::remove_file(&path).expect("it is there");
        assert_eq!(watched.look(), None, "what has gone stays on the screen");
    }

    #[test]
    fn a_complete_picture_takes_the_place_of_the_growing_one() {
        let place = tempfile::tempdir().expect("a temporary folder");
        let (growing, complete) = (place.path().join("a.partial.exr"), place.path().join("a.exr"));
        std::fs::write(&growing, "1").expect("it can be written");
        let mut watched = Watched::new(growing.clone());
        std::fs::rename(&growing, &complete).expect("it can be renamed");
        assert_eq!(watched.look(), Some(complete));
        assert_eq!(watched.look(), None, "once");
    }

    #[cfg(unix)]
    #[test]
    fn a_growing_file_gives_way_in_a_folder_whose_name_is_no_text() {
        use std::os::unix::ffi::OsStrExt;
        let folder = Path::new(std::ffi::OsStr::from_bytes(b"Szenen f\xfcr morgen"));
        let growing = folder.join("a.0001.partial.exr");
        assert_eq!(complete(&growing), Some(folder.join("a.0001.exr")));
        let named = folder.join(std::ffi::OsStr::from_bytes(b"\xfc.partial.exr"));
        assert_eq!(complete(&named), Some(folder.join(std::ffi::OsStr::from_bytes(b"\xfc.exr"))));
        for other in ["a.exr", "partial.exr", ".partial.exr", "a.partial.png"] {
            assert_eq!(complete(&folder.join(other)), None, "{other}");
        }
    }

    #[test]
    fn a_growing_file_is_called_after_what_it_becomes() {
        let of = |output: &str, frame| growing(Path::new(output), frame);
        assert_eq!(of("shot/a.exr", 7), Some("shot/a.partial.exr".into()));
        assert_eq!(of("a.####.exr", 7), Some("a.0007.partial.exr".into()));
        assert_eq!(of("a#b##c.exr", 123), Some("a#b123c.partial.exr".into()), "the last run counts");
        assert_eq!(of("a.png", 0), None);
        let place = tempfile::tempdir().expect("a temporary folder");
        let (growing, complete) = (place.path().join("a.partial.exr"), place.path().join("a.exr"));
        assert_eq!(newest(growing.clone()), growing, "there is neither");
        std::fs::write(&complete, "1").expect("it can be written");
        assert_eq!(newest(growing.clone()), complete);
        std::fs::write(&growing, "1").expect("it can be written");
        assert_eq!(newest(growing.clone()), growing, "a new render of the same name");
    }

    #[test]
    fn only_growing_files_are_watched_unless_all_are() {
        let paths = || [Some(PathBuf::from("a.exr")), Some(PathBuf::from("b.partial.exr"))];
        for (watches_all, first) in [(false, None), (true, Some(PathBuf::from("a.exr")))] {
            let watcher = Watcher::start(watches_all, || ());
            watcher.ask(paths());
            let asked = watcher.asked.lock().expect("nobody panicked").clone();
            assert_eq!(asked, [first, Some(PathBuf::from("b.partial.exr"))]);
        }
    }
}
