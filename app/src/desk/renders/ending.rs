//! How a render of this computer pauses, and how it ends before its own end: at once, after the frames that are begun, or with the program.

use std::sync::Arc;
use std::time::Duration;

use super::{Card, Outcome, Renders};
use crate::stop::Stop;

impl Renders {
    /// Stops a render and keeps what is done.
    pub fn stop(&self, id: &str) {
        if let Some(running) = self.running().get(id) {
            running.stop.ask();
        }
    }

    /// Has a render begin nothing more, or go on. Its card says so as soon as its coordinator knows.
    pub fn pause(&self, id: &str, is_paused: bool) {
        self.turn(id, |stop| stop.pause(is_paused));
    }

    /// Has a render stop when the frames that are begun are whole, and begin no other.
    pub fn finish(&self, id: &str) {
        self.turn(id, |stop| stop.finish());
    }

    /// Takes [`Self::finish`] back.
    pub fn do_not_finish(&self, id: &str) {
        self.turn(id, |stop| stop.go_on());
    }

    fn turn(&self, id: &str, turn: impl FnOnce(&Stop)) {
        let finishing = {
            let running = self.running();
            let Some(running) = running.get(id).filter(|running| running.is_own && !running.is_over) else {
                return;
            };
            turn(&running.stop);
            running.stop.finishing()
        };
        self.cards.touch(|cards| {
            if let Some(card) =
                cards.iter_mut().find(|card| card.id == id && card.outcome == Outcome::Running)
            {
                card.finishing = finishing;
            }
        });
        self.bell.ring();
    }

    /// Stops every render, and waits a little for what is done to be kept. What is only watched goes on at the next start.
    pub fn stop_all(&self, patience: Duration) {
        self.running().values().filter(|running| running.is_own).for_each(|running| running.stop.ask());
        // This is a goodbye: it was not the watching that ended the program.
        let watched = |card: &&mut Card| card.is_watched() && card.outcome == Outcome::Running;
        let kept = self.cards.change(|cards| {
            cards.iter_mut().filter(watched).for_each(|card| card.taken_up = 0);
        });
        if let Err(fault) = kept {
            tracing::warn!(%fault, "the list of renders cannot be written");
        }
        let began = std::time::Instant::now();
        // One that is over may still be writing how it ended: without that, it is taken up again at the next start.
        while Arc::strong_count(&self.at_work) > 1 && began.elapsed() < patience {
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}
