//! Rings when something has changed, and lets one listener sleep until it does.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// A counter that somebody can wait on.
#[derive(Debug, Default)]
pub struct Bell {
    rung: Mutex<u64>,
    heard: Condvar,
}

impl Bell {
    /// A bell that has not rung.
    pub fn new() -> Self {
        Self::default()
    }

    /// Something has changed.
    pub fn ring(&self) {
        *self.lock() += 1;
        self.heard.notify_all();
    }

    /// Waits until it has rung more often than `known` times; says how often it has rung.
    pub fn wait(&self, known: u64) -> u64 {
        let rung = self.heard.wait_while(self.lock(), |rung| *rung <= known);
        *rung.unwrap_or_else(PoisonError::into_inner)
    }

    // A count is never half-changed, so a panic elsewhere does not spoil it.
    fn lock(&self) -> MutexGuard<'_, u64> {
        self.rung.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_waits_wakes_and_misses_nothing() {
        let bell = std::sync::Arc::new(Bell::new());
        bell.ring();
        assert_eq!(bell.wait(0), 1, "it rang before anybody listened");
        let listener = std::thread::spawn({
            let bell = std::sync::Arc::clone(&bell);
            move || bell.wait(1)
        });
        bell.ring();
        assert_eq!(listener.join().expect("it wakes"), 2);
    }
}
