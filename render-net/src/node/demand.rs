//! What a node asks for before it works: one of certain referees. Its owner may change that while it works.

use tokio::sync::watch;

use crate::wire::Referees;

/// Referees without one of whom a node takes no job, as its owner said last; none: it takes any. Clones hear the same owner.
#[derive(Clone, Debug)]
pub struct Demand(watch::Receiver<Referees>);

impl Demand {
    /// What an owner asks for who may ask for something else later: by what is sent over the line.
    pub fn new(referees: Referees) -> (Self, watch::Sender<Referees>) {
        let (line, heard) = watch::channel(referees);
        (Self(heard), line)
    }

    /// What is asked for now.
    pub(super) fn now(&self) -> Referees {
        self.0.borrow().clone()
    }

    /// Waits until something else is asked for; for ever, when nobody is left who could.
    pub(super) async fn changed(&mut self) {
        if self.0.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

impl From<watch::Receiver<Referees>> for Demand {
    fn from(heard: watch::Receiver<Referees>) -> Self {
        Self(heard)
    }
}

/// The same for as long as the node works.
impl From<Referees> for Demand {
    fn from(referees: Referees) -> Self {
        Self::new(referees).0
    }
}

impl Default for Demand {
    fn default() -> Self {
        Referees::default().into()
    }
}
