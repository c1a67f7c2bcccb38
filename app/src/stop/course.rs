//! Which frames are begun, after which of them a render ends, and whether it pauses. Pure rules: whoever holds them brings locks and time.

use std::collections::BTreeSet;

use frame::FrameIndex;

/// How far a render has got with its frames, and when it is to end.
#[derive(Debug, Default)]
pub(super) struct Course {
    /// Frames that work has begun on and that are not whole.
    open: BTreeSet<FrameIndex>,
    /// Frames that are in their files. What is rendered of them once more keeps nobody.
    ended: BTreeSet<FrameIndex>,
    /// The frames after which it ends, as far as they are not whole. Fixed when that was asked for: at a network, others begin all
    /// the time.
    last: Option<BTreeSet<FrameIndex>>,
    is_paused: bool,
    is_over: bool,
}

impl Course {
    /// Work on a frame has begun.
    pub(super) fn began(&mut self, frame: FrameIndex) {
        if !self.ended.contains(&frame) {
            self.open.insert(frame);
        }
    }

    /// A frame is in its file, or will never be.
    pub(super) fn ended(&mut self, frame: FrameIndex) {
        self.open.remove(&frame);
        self.ended.insert(frame);
        if let Some(last) = &mut self.last {
            last.remove(&frame);
        }
        self.settle();
    }

    /// Ends when the frames that are begun are whole; at once when there is none.
    pub(super) fn finish(&mut self) {
        if self.last.is_none() {
            self.last = Some(self.open.clone());
        }
        self.settle();
    }

    /// Takes that back, unless it has ended.
    pub(super) fn go_on(&mut self) {
        if !self.is_over {
            self.last = None;
        }
    }

    /// Nothing is rendered from now on, or again.
    pub(super) fn pause(&mut self, is_paused: bool) {
        self.is_paused = is_paused;
    }

    /// Whether all work has to wait. What is to end does not: it ends.
    pub(super) fn rests(&self) -> bool {
        self.is_paused && !self.is_over
    }

    /// Ends at once.
    pub(super) fn stop(&mut self) {
        self.is_over = true;
    }

    /// Whether it is to end now.
    pub(super) fn is_over(&self) -> bool {
        self.is_over
    }

    /// The frames after which it ends; nothing while it goes on to its own end.
    pub(super) fn last(&self) -> Option<&BTreeSet<FrameIndex>> {
        self.last.as_ref()
    }

    /// Whether work on a frame has to wait, because it would be begun by that.
    pub(super) fn holds(&self, frame: FrameIndex) -> bool {
        let is_begun = self.open.contains(&frame) || self.ended.contains(&frame);
        !self.is_over && self.last.is_some() && !is_begun
    }

    fn settle(&mut self) {
        self.is_over |= self.last.as_ref().is_some_and(BTreeSet::is_empty);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: FrameIndex = FrameIndex(3);
    const B: FrameIndex = FrameIndex(4);
    const C: FrameIndex = FrameIndex(5);

    fn begun(frames: &[FrameIndex]) -> Course {
        let mut course = Course::default();
        frames.iter().for_each(|frame| course.began(*frame));
        course
    }

    #[test]
    fn it_ends_with_the_last_frame_that_was_begun_when_that_was_asked_for() {
        let mut course = begun(&[A, B]);
        course.finish();
        assert!(course.holds(C) && !course.holds(A) && !course.is_over());
        course.ended(B);
        assert!(!course.is_over());
        course.ended(A);
        assert!(course.is_over());
    }

    #[test]
    fn a_frame_that_others_begin_meanwhile_is_not_waited_for() {
        let mut course = begun(&[A]);
        course.finish();
        course.began(C);
        assert_eq!(course.last(), Some(&BTreeSet::from([A])));
        course.finish();
        assert_eq!(course.last(), Some(&BTreeSet::from([A])), "asking twice changes nothing");
        course.ended(A);
        assert!(course.is_over());
    }

    #[test]
    fn between_two_frames_it_ends_at_once() {
        let mut course = begun(&[A]);
        course.ended(A);
        assert!(!course.is_over(), "nobody asked");
        course.finish();
        assert!(course.is_over());
    }

    #[test]
    fn it_can_be_taken_back_until_it_has_ended() {
        let mut course = begun(&[A]);
        course.finish();
        course.go_on();
        assert!(!course.holds(B));
        course.began(B);
        course.ended(A);
        assert!(!course.is_over(), "it goes on");
        course.finish();
        assert_eq!(course.last(), Some(&BTreeSet::from([B])), "asked again, it looks anew");
        course.ended(B);
        course.go_on();
        assert!(course.is_over(), "too late");
    }

    #[test]
    fn work_on_a_frame_that_is_whole_is_neither_held_nor_waited_for() {
        let mut course = begun(&[A, B]);
        course.ended(A);
        course.began(A);
        course.finish();
        assert!(!course.holds(A));
        course.ended(B);
        assert!(course.is_over());
    }

    #[test]
    fn a_pause_ends_nothing_and_a_stop_ends_a_pause() {
        let mut course = begun(&[A]);
        course.pause(true);
        assert!(course.rests() && !course.is_over());
        course.pause(false);
        assert!(!course.rests());
        course.pause(true);
        course.stop();
        assert!(!course.rests());
    }

    #[test]
    fn a_stop_ends_it_whatever_is_begun_and_holds_nobody() {
        let mut course = begun(&[A]);
        course.finish();
        course.stop();
        assert!(course.is_over() && !course.holds(C));
    }
}
