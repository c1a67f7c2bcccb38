//! Files on their way onto the desk: each is read on a thread, one at a time for each side, and what was asked for last is shown.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};

use crate::picture::Picture;
use crate::shown::Side;
use crate::trouble::Trouble;
use crate::watch;
use crate::words::{fill, say};

/// A file that was read.
pub struct Read {
    /// Where it is to lie.
    pub side: Side,
    /// Its path.
    pub path: PathBuf,
    /// What is in it.
    pub picture: Result<Picture, Trouble>,
}

type Open = dyn Fn(&Path) -> Result<Picture, Trouble> + Send + Sync;

/// Who reads.
pub struct Reads {
    open: Arc<Open>,
    turns: [Turn; 2],
    read: (Sender<Read>, Receiver<Read>),
}

/// What is under way for a side.
#[derive(Default)]
struct Turn {
    is_reading: bool,
    /// Whether what is being read is not wanted any more.
    is_stale: bool,
    /// What is read after it.
    next: Option<PathBuf>,
}

impl Default for Reads {
    fn default() -> Self {
        Self::by(Arc::new(open))
    }
}

impl Reads {
    fn by(open: Arc<Open>) -> Self {
        Self { open, turns: Default::default(), read: channel() }
    }

    /// Reads a file, after the one that is being read for this side; `wake` is called when it is there.
    pub fn ask(&mut self, side: Side, path: PathBuf, wake: impl Fn() + Send + 'static) {
        let turn = &mut self.turns[side as usize];
        if turn.is_reading {
            turn.next = Some(path);
        } else {
            self.start(side, path, wake);
        }
    }

    /// Forgets what was asked for a side: something else lies there now.
    pub fn forget(&mut self, side: Side) {
        let turn = &mut self.turns[side as usize];
        (turn.is_stale, turn.next) = (turn.is_reading, None);
    }

    /// A file that was read and is still wanted.
    pub fn next(&mut self, wake: impl Fn() + Send + Clone + 'static) -> Option<Read> {
        while let Ok(read) = self.read.1.try_recv() {
            let turn = &mut self.turns[read.side as usize];
            turn.is_reading = false;
            let mut is_stale = std::mem::take(&mut turn.is_stale);
            if let Some(next) = turn.next.take() {
                // A file that changes faster than it is read is shown as it was, or it would never be.
                is_stale |= next != read.path;
                self.start(read.side, next, wake.clone());
            }
            if !is_stale {
                return Some(read);
            }
        }
        None
    }

    fn start(&mut self, side: Side, path: PathBuf, wake: impl Fn() + Send + 'static) {
        self.turns[side as usize].is_reading = true;
        let (sender, open) = (self.read.0.clone(), Arc::clone(&self.open));
        std::thread::spawn(move || {
            let path = watch::newest(path);
            let picture = open(&path);
            // The window may have gone.
            let _ = sender.send(Read { side, path, picture });
            wake();
        });
    }
}

/// Reads a file, or says what is wrong with it in a sentence and an advice.
///
/// # Errors
/// [`Trouble`], for people.
pub fn open(path: &Path) -> Result<Picture, Trouble> {
    Picture::open(path).map_err(|error| {
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
        let advice = if path.exists() { say("trouble.file.advice") } else { say("trouble.missing") };
        let what = fill("trouble.file", &[("name", &name), ("why", &error.to_string())]);
        Trouble { what, advice: advice.into() }
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::{Duration, Instant};

    use super::*;
    use crate::picture::tests::made;

    /// Reads that wait for a word, and how many there were.
    fn slow() -> (Reads, Sender<()>, Arc<AtomicUsize>) {
        let (go, wait) = channel::<()>();
        let (wait, count) = (Mutex::new(wait), Arc::new(AtomicUsize::new(0)));
        let begun = Arc::clone(&count);
        let open = move |_: &Path| {
            begun.fetch_add(1, Ordering::SeqCst);
            wait.lock().expect("nobody panicked").recv().expect("the test is there");
            Ok(made(1, 1, &[("beauty", &["R", "G", "B"], |_, _| 1.0)]))
        };
        (Reads::by(Arc::new(open)), go, count)
    }

    fn next(reads: &mut Reads) -> PathBuf {
        let until = Instant::now() + Duration::from_secs(20);
        loop {
            if let Some(read) = reads.next(|| ()) {
                return read.path;
            }
            assert!(Instant::now() < until, "it is read");
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    #[test]
    fn one_file_is_read_at_a_time_and_the_last_one_is_shown() {
        let (mut reads, go, begun) = slow();
        for name in ["a.exr", "b.exr", "c.exr", "d.exr"] {
            reads.ask(Side::First, name.into(), || ());
        }
        (0..2).for_each(|_| go.send(()).expect("it waits"));
        assert_eq!(next(&mut reads), Path::new("d.exr"));
        assert_eq!(begun.load(Ordering::SeqCst), 2, "the first, and the last");
        assert!(reads.next(|| ()).is_none());
    }

    #[test]
    fn a_file_that_is_read_again_is_shown_meanwhile_and_one_that_was_forgotten_is_not() {
        let (mut reads, go, begun) = slow();
        (0..3).for_each(|_| reads.ask(Side::First, "a.exr".into(), || ()));
        (0..2).for_each(|_| go.send(()).expect("it waits"));
        assert_eq!([next(&mut reads), next(&mut reads)], ["a.exr", "a.exr"].map(PathBuf::from));
        reads.ask(Side::First, "old.exr".into(), || ());
        reads.forget(Side::First);
        reads.ask(Side::First, "new.exr".into(), || ());
        (0..2).for_each(|_| go.send(()).expect("it waits"));
        assert_eq!(next(&mut reads), Path::new("new.exr"));
        assert_eq!(begun.load(Ordering::SeqCst), 4);
    }
}
