//! A link that is made again when it is lost, with growing pauses and an end to patience.

use std::time::{Duration, Instant};

use crate::identity::{CoordinatorAddress, Identity};
use crate::link::{Link, LinkFault};
use crate::wire::Refusal;

const PAUSE_FIRST: Duration = Duration::from_millis(250);
const PAUSE_LAST: Duration = Duration::from_secs(10);

/// Keeps one link to the coordinator.
pub(crate) struct Connector<'a> {
    identity: &'a Identity,
    address: &'a CoordinatorAddress,
    link: Option<Link>,
    pause: Duration,
    /// How long to go on without any answer; `None` for ever.
    patience: Option<Duration>,
    /// Since when nothing was answered.
    lost_since: Option<Instant>,
}

impl<'a> Connector<'a> {
    pub(crate) fn new(
        identity: &'a Identity,
        address: &'a CoordinatorAddress,
        patience: Option<Duration>,
    ) -> Self {
        Self { identity, address, link: None, pause: PAUSE_FIRST, patience, lost_since: None }
    }

    /// The link, made anew when there is none.
    ///
    /// # Errors
    /// What no waiting mends, and the last fault when patience ends.
    pub(crate) async fn link(&mut self) -> Result<Link, LinkFault> {
        loop {
            if let Some(link) = &self.link {
                return Ok(link.clone());
            }
            match Link::connect(self.identity, self.address).await {
                // That it answers, too, is for whoever asks it something to say.
                Ok(link) => self.link = Some(link),
                Err(fault) => self.failed(fault).await?,
            }
        }
    }

    /// After a fault: pauses before the next attempt, or says that there is none.
    pub(crate) async fn failed(&mut self, fault: LinkFault) -> Result<(), LinkFault> {
        let wait = match &fault {
            LinkFault::Refused(Refusal::Busy { again_ms }) => Duration::from_millis(u64::from(*again_ms)),
            LinkFault::Refused(Refusal::Version { .. }) => return Err(LinkFault::VersionMismatch),
            fault if fault.is_passing() => self.pause,
            _ => return Err(fault),
        };
        if !matches!(fault, LinkFault::Refused(_))
            && let Some(link) = self.link.take()
        {
            link.close();
        }
        let since = *self.lost_since.get_or_insert_with(Instant::now);
        if self.patience.is_some_and(|patience| since.elapsed() > patience) {
            return Err(fault);
        }
        tokio::time::sleep(wait.min(PAUSE_LAST)).await;
        self.pause = (self.pause * 2).min(PAUSE_LAST);
        Ok(())
    }

    /// Things went well: the next pause is short again, and from now on patience may be other.
    pub(crate) fn went_well(&mut self, patience: Option<Duration>) {
        self.pause = PAUSE_FIRST;
        self.lost_since = None;
        self.patience = patience;
    }
}
