//! Of several questions only the newest is worth an answer.

use std::sync::{Mutex, PoisonError};

use super::Stop;

/// Ends each piece of work when the next one begins: nobody waits for it any more.
#[derive(Debug, Default)]
pub(crate) struct Newest(Mutex<Stop>);

impl Newest {
    /// The switch of what begins now; what began before is ended.
    pub(crate) fn begin(&self) -> Stop {
        let next = Stop::new();
        let before =
            std::mem::replace(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner), next.clone());
        before.ask();
        next
    }

    /// Ends what began last, and begins nothing.
    pub(crate) fn end(&self) {
        self.begin();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_newer_question_ends_the_one_before_it_and_an_end_ends_both() {
        let newest = Newest::default();
        let first = newest.begin();
        assert!(!first.is_asked());
        let second = newest.begin();
        assert!(first.is_asked() && !second.is_asked());
        newest.end();
        assert!(second.is_asked());
    }
}
