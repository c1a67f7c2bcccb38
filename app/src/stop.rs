//! A switch that a person's Ctrl-C turns on and that long work looks at or waits for.

use std::sync::Arc;

use frame::Flow;
use tokio::sync::watch;

/// Whether somebody asked to stop; clones share the one switch.
#[derive(Clone, Debug)]
pub struct Stop(Arc<watch::Sender<bool>>);

impl Stop {
    /// A switch that is off.
    pub fn new() -> Self {
        Self(Arc::new(watch::Sender::new(false)))
    }

    /// Asks for the stop.
    pub fn ask(&self) {
        self.0.send_replace(true);
    }

    /// Whether the stop was asked for.
    pub fn is_asked(&self) -> bool {
        *self.0.borrow()
    }

    /// The same as the answer that a renderer understands.
    pub fn flow(&self) -> Flow {
        if self.is_asked() { Flow::Break(()) } else { Flow::Continue(()) }
    }

    /// The same to wait for.
    pub fn receiver(&self) -> watch::Receiver<bool> {
        self.0.subscribe()
    }

    /// Waits until it is asked for.
    pub async fn asked(&self) {
        let mut receiver = self.receiver();
        // The sender lives in `self`, so this ends only when the stop is asked for.
        let _ = receiver.wait_for(|asked| *asked).await;
    }
}

impl Default for Stop {
    fn default() -> Self {
        Self::new()
    }
}
