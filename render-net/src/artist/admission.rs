//! Nodes are let in before anybody follows a job: whoever hands it in and leaves gives its key to those that are there.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use frame::JobId;
use tokio::time::{Instant, sleep};

use super::connect::Connector;
use super::folder::JobFolder;
use super::tasks::{Desk, give_keys_once};
use super::{Artist, ArtistFault, FIRST_PATIENCE};

/// From one look at who asks to the next: a node that waits asks as soon as it hears of the job.
const BEAT: Duration = Duration::from_millis(250);
/// Nodes that are there have asked when nobody new has for so long.
const QUIET: Duration = Duration::from_secs(1);

impl Artist {
    /// Gives the key of a job to the nodes that are there and that the artist admits; how many they are. Waits for the first one as
    /// long as `patience` says. Nodes that come later wait until somebody collects the job.
    ///
    /// # Errors
    /// See [`ArtistFault`]; the job stays posted, and those who have its key keep it.
    pub async fn let_in(&self, job: JobId, patience: Duration) -> Result<usize, ArtistFault> {
        let folder = JobFolder::at(&self.data, job);
        let (ticket, secret) = (folder.ticket()?, folder.secret()?);
        let desk = Desk::new(Arc::clone(&self.identity), folder, ticket, &secret, None)?;
        let mut connector = Connector::new(&self.identity, &self.coordinator, Some(FIRST_PATIENCE));
        let link = connector.link().await?;
        let began = Instant::now();
        let (mut let_in, mut until) = (BTreeSet::new(), began + patience);
        while Instant::now() < until {
            // Whoever has no key yet for a passing reason asks again.
            let given = give_keys_once(&desk, &link).await?;
            let before = let_in.len();
            let_in.extend(given.admitted);
            if let_in.len() > before {
                // Nobody leaves later because nodes go on coming.
                until = (Instant::now() + QUIET).min(began + 2 * patience);
            }
            sleep(BEAT).await;
        }
        link.close();
        Ok(let_in.len())
    }
}
