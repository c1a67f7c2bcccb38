//! A GPU that is opened before anybody waits for it.
//!
//! Opening one takes about a second, and a driver that has never seen our kernels compiles them when they first run: half a minute on a processor.
//! So it begins as soon as somebody is likely to render: beside reading the scene, and while a form is filled in.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, TryRecvError, channel};
use std::sync::{Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use render_core::GpuRenderer;

use super::open_renderer;
use crate::fault::Fault;
use crate::{bench, stop::Stop};

/// How long an open GPU is kept for somebody; opening it again is quick, for its driver knows the kernels then.
const PATIENCE: Duration = Duration::from_secs(120);
/// How soon whoever waits for one notices that they should stop.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// A GPU that will be used, or maybe not.
pub struct Reserved {
    adapter: Option<String>,
    opening: Option<Opening>,
}

/// A thread that opens a GPU and keeps it until it is wanted.
struct Opening {
    wanted: Sender<()>,
    opened: Receiver<Result<GpuRenderer, Fault>>,
    thread: JoinHandle<()>,
}

impl Reserved {
    /// The adapter that a person asked for (its number or part of its name), or the strongest, opened from now on.
    pub fn new(asked: Option<&str>) -> Self {
        Self::begin(asked, false)
    }

    /// The same for somebody who takes their time: its driver gets to know the kernels.
    fn with_time(asked: Option<&str>) -> Self {
        Self::begin(asked, true)
    }

    fn begin(asked: Option<&str>, has_time: bool) -> Self {
        let named = asked.map(str::to_owned);
        Self::kept(asked, move |when_wanted| ready(named.as_deref(), has_time, when_wanted))
    }

    /// One that is open already.
    fn of(asked: Option<&str>, renderer: GpuRenderer) -> Self {
        Self::kept(asked, move |when_wanted| hold(Ok(renderer), when_wanted))
    }

    /// What `keep` gives on a thread of its own, once it is wanted.
    fn kept(
        asked: Option<&str>,
        keep: impl FnOnce(&Receiver<()>) -> Option<Result<GpuRenderer, Fault>> + Send + 'static,
    ) -> Self {
        let adapter = asked.map(str::to_owned);
        let (wanted, when_wanted) = channel();
        let (to_opener, opened) = channel();
        let body = move || {
            if let Some(renderer) = keep(&when_wanted) {
                // Nobody takes it who has gone in the meantime.
                drop(to_opener.send(renderer));
            }
        };
        // Without a thread it is opened when it is asked for.
        let thread = std::thread::Builder::new().name("gpu".into()).spawn(body).ok();
        Self { adapter, opening: thread.map(|thread| Opening { wanted, opened, thread }) }
    }

    /// What was asked for.
    pub fn adapter(&self) -> Option<&str> {
        self.adapter.as_deref()
    }

    /// The GPU, when it is open; `None` when somebody asked to stop before that.
    ///
    /// # Errors
    /// As [`open_renderer`].
    pub fn open(mut self, stop: &Stop) -> Result<Option<GpuRenderer>, Fault> {
        let opening = self.opening.take().filter(|opening| opening.wanted.send(()).is_ok());
        while let Some(Opening { opened, .. }) = &opening {
            match opened.recv_timeout(LOOK_EVERY) {
                Ok(opened) => return opened.map(Some),
                Err(RecvTimeoutError::Timeout) if stop.is_asked() => return Ok(None),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        // One that nobody wanted for too long was closed.
        open_renderer(self.adapter(), None).map(Some)
    }

    /// Whether it is being opened, or open.
    fn is_there(&self) -> bool {
        self.opening.as_ref().is_some_and(|opening| !opening.thread.is_finished())
    }
}

impl Drop for Reserved {
    /// Waits for what is being done with the GPU: a program that ends meanwhile may crash in its driver.
    fn drop(&mut self) {
        let Some(Opening { wanted, thread, .. }) = self.opening.take() else { return };
        drop(wanted);
        // It has panicked, which is told already, or it is done.
        drop(thread.join());
    }
}

/// Opens an adapter and holds it until it is wanted; `None`: nobody will want it.
fn ready(asked: Option<&str>, has_time: bool, wanted: &Receiver<()>) -> Option<Result<GpuRenderer, Fault>> {
    let mut opened = open_renderer(asked, None);
    match wanted.try_recv() {
        Ok(()) => return Some(opened),
        Err(TryRecvError::Disconnected) => return None,
        Err(TryRecvError::Empty) => {}
    }
    if has_time
        && let Ok(renderer) = &mut opened
        && let Err(fault) = bench::try_out(renderer, &Stop::new())
    {
        // Whoever renders meets it again, and tells it.
        tracing::debug!(%fault, "a GPU failed while it was tried out");
    }
    hold(opened, wanted)
}

/// Holds an open adapter until it is wanted, but not for ever.
fn hold(opened: Result<GpuRenderer, Fault>, wanted: &Receiver<()>) -> Option<Result<GpuRenderer, Fault>> {
    match wanted.recv_timeout(PATIENCE) {
        Ok(()) => Some(opened),
        Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => None,
    }
}

/// One GPU that is kept ready for whoever renders next.
#[derive(Default)]
pub(crate) struct Standby(Mutex<Option<Reserved>>);

impl Standby {
    /// Somebody is likely to render on this adapter soon.
    pub(crate) fn get_ready(&self, asked: Option<&str>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !kept.as_ref().is_some_and(|kept| kept.adapter() == asked && kept.is_there()) {
            let_go(kept.replace(Reserved::with_time(asked)));
        }
    }

    /// What was made ready, if it is this adapter; opened from now on if not.
    pub(crate) fn take(&self, asked: Option<&str>) -> Reserved {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        match kept {
            Some(kept) if kept.adapter() == asked => kept,
            other => {
                let_go(other);
                Reserved::new(asked)
            }
        }
    }

    /// Somebody is done with what they took, and others are likely to render soon.
    pub(crate) fn put_back(&self, asked: Option<&str>, renderer: GpuRenderer) {
        let before =
            self.0.lock().unwrap_or_else(PoisonError::into_inner).replace(Reserved::of(asked, renderer));
        let_go(before);
    }

    /// Nobody will render soon.
    pub(crate) fn stand_down(&self) {
        let_go(self.0.lock().unwrap_or_else(PoisonError::into_inner).take());
    }
}

/// Closes a GPU without waiting for it.
fn let_go(reserved: Option<Reserved>) {
    if let Some(reserved) = reserved {
        std::thread::spawn(move || drop(reserved));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opens(reserved: Reserved) -> Result<bool, Fault> {
        reserved.open(&Stop::new()).map(|renderer| renderer.is_some())
    }

    #[test]
    fn what_was_reserved_is_opened_and_what_cannot_be_says_why() {
        for asked in [None, Some("no such card")] {
            let plainly = open_renderer(asked, None).map(|_| true);
            assert_eq!(opens(Reserved::new(asked)), plainly);
            assert_eq!(opens(Reserved::with_time(asked)), plainly);
        }
    }

    #[test]
    fn one_that_was_closed_in_the_meantime_is_opened_anew() {
        let mut reserved = Reserved::new(None);
        let (wanted, _) = channel();
        let (_, opened) = channel();
        let gone = Opening { wanted, opened, thread: std::thread::spawn(|| {}) };
        drop(reserved.opening.replace(gone));
        assert_eq!(opens(reserved), open_renderer(None, None).map(|_| true));
    }

    #[test]
    fn whoever_waits_for_a_driver_can_stop_waiting() {
        let (wanted, _when_wanted) = channel();
        let (_to_opener, opened) = channel();
        let opening = Opening { wanted, opened, thread: std::thread::spawn(|| {}) };
        let endless = Reserved { adapter: None, opening: Some(opening) };
        let stop = Stop::new();
        stop.ask();
        assert!(endless.open(&stop).expect("nothing failed").is_none());
    }

    #[test]
    fn a_gpu_that_was_made_ready_is_handed_on_once_and_another_one_is_not_taken_for_it() {
        let standby = Standby::default();
        let kept = || standby.0.lock().expect("alone").as_ref().map(|kept| kept.adapter().map(str::to_owned));
        standby.get_ready(None);
        assert_eq!(kept(), Some(None));
        assert_eq!(standby.take(Some("no such card")).adapter(), Some("no such card"));
        assert_eq!(kept(), None, "nobody wants the one from before");
        standby.get_ready(Some("no such card"));
        standby.get_ready(None);
        assert_eq!(kept(), Some(None));
        assert_eq!(standby.take(None).adapter(), None);
        assert_eq!(kept(), None);
    }
}
