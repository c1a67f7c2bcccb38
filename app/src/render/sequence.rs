//! Which finished frames of an animation can be steadied now, and whose pictures are still needed for that.
//!
//! Frames finish in any order, and some fail. A frame can be steadied when both frames around it are *settled*: finished, failed, or not
//! asked for. So the result never depends on the order. Here are numbers alone; pictures and files are in `steady`.

use std::collections::BTreeSet;

/// The frames of a job, and how far they are.
#[derive(Debug)]
pub(crate) struct Sequence {
    frames: BTreeSet<u32>,
    settled: BTreeSet<u32>,
    /// Finished, and not steadied yet.
    waiting: BTreeSet<u32>,
}

impl Sequence {
    /// Nothing where no two frames follow each other: there is nothing to be steadied.
    pub(crate) fn of(frames: impl IntoIterator<Item = u32>) -> Option<Self> {
        let frames: BTreeSet<u32> = frames.into_iter().collect();
        let follow = frames.iter().zip(frames.iter().skip(1)).any(|(before, after)| before + 1 == *after);
        follow.then(|| Self { frames, settled: BTreeSet::new(), waiting: BTreeSet::new() })
    }

    /// A frame is finished, or will never be; says which frames can be steadied now, ascending.
    pub(crate) fn settle(&mut self, frame: u32, is_finished: bool) -> Vec<u32> {
        if !self.settled.insert(frame) {
            return Vec::new();
        }
        if is_finished {
            self.waiting.insert(frame);
        }
        let is_settled = |frame: u32| !self.frames.contains(&frame) || self.settled.contains(&frame);
        let is_ready = |frame: &u32| around(*frame).all(is_settled);
        self.waiting.iter().copied().filter(is_ready).collect()
    }

    /// A frame that [`Self::settle`] named is steadied.
    pub(crate) fn done(&mut self, frame: u32) {
        self.waiting.remove(&frame);
    }

    /// Whether the picture of a finished frame is still needed, for itself or for a neighbour.
    pub(crate) fn is_needed(&self, frame: u32) -> bool {
        let is_open = |frame: u32| {
            self.frames.contains(&frame) && (self.waiting.contains(&frame) || !self.settled.contains(&frame))
        };
        is_open(frame) || around(frame).any(is_open)
    }
}

/// The frame before and the frame after, as far as there are numbers.
pub(crate) fn around(frame: u32) -> impl Iterator<Item = u32> {
    [frame.checked_sub(1), frame.checked_add(1)].into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Settles a frame and steadies what can be; says what that was.
    fn settle(sequence: &mut Sequence, frame: u32, is_finished: bool) -> Vec<u32> {
        let ready = sequence.settle(frame, is_finished);
        for &frame in &ready {
            assert!(sequence.is_needed(frame), "it is there until it is done");
            sequence.done(frame);
        }
        ready
    }

    #[test]
    fn a_frame_waits_for_its_later_neighbour_and_no_longer() {
        let mut sequence = Sequence::of(1..=3).expect("they follow each other");
        assert!(settle(&mut sequence, 1, true).is_empty());
        assert_eq!(settle(&mut sequence, 2, true), [1]);
        assert!(sequence.is_needed(1) && sequence.is_needed(2), "frame 2 still needs both");
        assert_eq!(settle(&mut sequence, 3, true), [2, 3]);
        assert!((1..=3).all(|frame| !sequence.is_needed(frame)));
    }

    #[test]
    fn every_order_steadies_every_frame_once_and_ends_with_nothing_held() {
        let orders = [[1, 2, 3, 4, 6], [6, 4, 3, 2, 1], [3, 1, 6, 4, 2], [2, 4, 6, 1, 3]];
        for order in orders {
            let mut sequence = Sequence::of(order).expect("some follow each other");
            let mut done: Vec<u32> =
                order.iter().flat_map(|&frame| settle(&mut sequence, frame, true)).collect();
            done.sort_unstable();
            assert_eq!(done, [1, 2, 3, 4, 6], "{order:?}");
            assert!(order.iter().all(|&frame| !sequence.is_needed(frame)), "{order:?}");
            assert!(settle(&mut sequence, 3, true).is_empty(), "a second time is none");
        }
    }

    #[test]
    fn a_frame_that_failed_is_waited_for_by_nobody() {
        let mut sequence = Sequence::of(1..=3).expect("they follow each other");
        assert!(settle(&mut sequence, 1, true).is_empty());
        assert_eq!(settle(&mut sequence, 2, false), [1]);
        assert!(!sequence.is_needed(1));
        assert_eq!(settle(&mut sequence, 3, true), [3]);
    }

    #[test]
    fn frames_apart_are_no_sequence() {
        assert!(Sequence::of([0]).is_none() && Sequence::of([1, 3, 5]).is_none());
        let mut sequence = Sequence::of([1, 2, u32::MAX]).expect("two follow each other");
        assert_eq!(settle(&mut sequence, u32::MAX, true), [u32::MAX]);
    }
}
