//! A switch that ends long work early: at once, as a person's Ctrl-C does, or when the frames that are begun are whole. It also holds work
//! that is to go on later.
//!
//! Work tells it which frames it begins and ends; [`course`] holds the rules. Whoever looks at the switch or waits for it sees one
//! thing: that it is time to stop.

mod course;
mod newest;

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use frame::{Flow, FrameIndex};
use tokio::sync::watch;

use course::Course;
pub(crate) use newest::Newest;

/// Whether somebody asked to stop; clones share the one switch.
#[derive(Clone, Debug)]
pub struct Stop(Arc<Switch>);

#[derive(Debug)]
struct Switch {
    over: watch::Sender<bool>,
    /// What was asked for last, if anything; asking for the same again is news too, for somebody else may have changed it.
    pause: watch::Sender<Option<bool>>,
    course: Mutex<Course>,
    turned: Condvar,
}

impl Stop {
    /// A switch that is off.
    pub fn new() -> Self {
        let (over, pause) = (watch::Sender::new(false), watch::Sender::new(None));
        Self(Arc::new(Switch { over, pause, course: Mutex::default(), turned: Condvar::new() }))
    }

    /// Asks for the stop.
    pub fn ask(&self) {
        self.turn(Course::stop);
    }

    /// Asks for the stop that comes when all frames that are begun are whole; no other frame is begun.
    pub fn finish(&self) {
        self.turn(Course::finish);
    }

    /// Takes [`Self::finish`] back, unless the stop has come.
    pub fn go_on(&self) {
        self.turn(Course::go_on);
    }

    /// Has all work wait, or go on. A stop ends that.
    pub fn pause(&self, is_paused: bool) {
        self.turn(|course| course.pause(is_paused));
        self.0.pause.send_replace(Some(is_paused));
    }

    /// What [`Self::pause`] asked for last, which is news, and what it asks for from now on.
    pub(crate) fn pauses(&self) -> watch::Receiver<Option<bool>> {
        let mut wishes = self.0.pause.subscribe();
        wishes.mark_changed();
        wishes
    }

    /// Waits while work has to wait.
    pub(crate) fn rest(&self) {
        let rested = self.0.turned.wait_while(self.course(), |course| course.rests());
        drop(rested.unwrap_or_else(PoisonError::into_inner));
    }

    /// The frames after which it stops, as far as they are not whole; nothing when nobody asked for that.
    pub fn finishing(&self) -> Option<Vec<u32>> {
        self.course().last().map(|last| last.iter().map(|frame| frame.0).collect())
    }

    /// Work on a frame has begun.
    pub(crate) fn began(&self, frame: FrameIndex) {
        self.course().began(frame);
    }

    /// A frame is in its file, or will never be.
    pub(crate) fn ended(&self, frame: FrameIndex) {
        self.turn(|course| course.ended(frame));
    }

    /// Waits while this frame must not be begun, but not for ever; then it is.
    pub(crate) fn wait_to_begin(&self, frame: FrameIndex, patience: Duration) {
        let waited = self.0.turned.wait_timeout_while(self.course(), patience, |course| course.holds(frame));
        let (mut course, _) = waited.unwrap_or_else(PoisonError::into_inner);
        if !course.is_over() {
            course.began(frame);
        }
    }

    /// Whether the stop was asked for.
    pub fn is_asked(&self) -> bool {
        *self.0.over.borrow()
    }

    /// The same as the answer that a renderer understands.
    pub fn flow(&self) -> Flow {
        if self.is_asked() { Flow::Break(()) } else { Flow::Continue(()) }
    }

    /// The same to wait for.
    pub fn receiver(&self) -> watch::Receiver<bool> {
        self.0.over.subscribe()
    }

    /// Waits until it is asked for.
    pub async fn asked(&self) {
        let mut receiver = self.receiver();
        // The sender lives in `self`, so this ends only when the stop is asked for.
        let _ = receiver.wait_for(|asked| *asked).await;
    }

    fn turn(&self, change: impl FnOnce(&mut Course)) {
        let is_over = {
            let mut course = self.course();
            change(&mut course);
            course.is_over()
        };
        self.0.turned.notify_all();
        if is_over {
            self.0.over.send_replace(true);
        }
    }

    fn course(&self) -> MutexGuard<'_, Course> {
        self.0.course.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Stop {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEVER: Duration = Duration::from_secs(60);

    #[test]
    fn a_frame_that_is_not_begun_waits_until_the_stop_comes_or_is_taken_back() {
        for come in [Stop::ask, Stop::go_on] {
            let stop = Stop::new();
            stop.began(FrameIndex(1));
            stop.finish();
            let waiting = stop.clone();
            let renderer = std::thread::spawn(move || waiting.wait_to_begin(FrameIndex(2), NEVER));
            stop.wait_to_begin(FrameIndex(1), NEVER);
            assert!(!renderer.is_finished() && !stop.is_asked());
            come(&stop);
            renderer.join().expect("it waits no longer");
        }
    }

    #[test]
    fn whoever_waits_for_the_stop_hears_of_the_last_frame() {
        let stop = Stop::new();
        let receiver = stop.receiver();
        stop.began(FrameIndex(7));
        stop.finish();
        assert_eq!((stop.finishing(), *receiver.borrow()), (Some(vec![7]), false));
        stop.ended(FrameIndex(7));
        assert!(*receiver.borrow() && stop.flow().is_break());
    }

    #[test]
    fn work_rests_until_it_goes_on_or_is_stopped() {
        for come in [|stop: &Stop| stop.pause(false), Stop::ask] {
            let stop = Stop::new();
            stop.rest();
            stop.pause(true);
            let mut wishes = stop.pauses();
            assert!(wishes.has_changed().expect("it is there"));
            assert_eq!(*wishes.borrow_and_update(), Some(true), "asked for before anybody listened");
            let resting = stop.clone();
            let work = std::thread::spawn(move || resting.rest());
            std::thread::sleep(Duration::from_millis(50));
            assert!(!work.is_finished() && !stop.is_asked());
            come(&stop);
            work.join().expect("it goes on");
        }
    }

    #[test]
    fn a_frame_that_waited_too_long_is_begun() {
        let stop = Stop::new();
        stop.began(FrameIndex(1));
        stop.finish();
        stop.wait_to_begin(FrameIndex(2), Duration::ZERO);
        stop.ended(FrameIndex(1));
        assert!(stop.is_asked(), "and the stop comes all the same");
    }
}
