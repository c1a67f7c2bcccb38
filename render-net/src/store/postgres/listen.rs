//! Hearing what other coordinators announce. News are hints: who hears none asks again by itself after a while.

use std::future::poll_fn;
use std::time::Duration;

use tokio_postgres::AsyncMessage;

use super::PostgresAddress;
use super::fault::fault;
use super::session::{channel, tls};
use crate::store::StoreFault;

/// Pauses before a lost connection is made again.
const PAUSE_FIRST: Duration = Duration::from_millis(500);
const PAUSE_LAST: Duration = Duration::from_secs(10);

/// Hears the news of a database's other users, on a connection of its own.
#[derive(Debug)]
pub struct Ear {
    address: PostgresAddress,
    /// News under this sign are our own.
    own: String,
}

impl Ear {
    pub(super) fn new(address: PostgresAddress, own: String) -> Self {
        Self { address, own }
    }

    /// Hands all news to `hear`, and connects again when it has to. Never ends; ends by being dropped.
    pub async fn listen(self, hear: impl Fn(&str)) {
        let mut pause = PAUSE_FIRST;
        loop {
            let mut heard = false;
            let mut hear = |news: &str| {
                heard = true;
                hear(news);
            };
            if let Err(fault) = self.listen_once(&mut hear).await {
                tracing::debug!(%fault, "the news of other coordinators do not come");
            }
            pause = if heard { PAUSE_FIRST } else { pause };
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(PAUSE_LAST);
        }
    }

    /// Until the connection ends.
    async fn listen_once(&self, hear: &mut impl FnMut(&str)) -> Result<(), StoreFault> {
        let fault = |error: &tokio_postgres::Error| fault(error, &self.address.schema);
        let (client, mut connection) =
            self.address.config.connect(tls(&self.address)?).await.map_err(|error| fault(&error))?;
        let ask = format!("LISTEN \"{}\"", channel(&self.address.schema));
        let asked = client.batch_execute(&ask);
        let heard = async {
            while let Some(message) = poll_fn(|context| connection.poll_message(context)).await {
                let AsyncMessage::Notification(news) = message.map_err(|error| fault(&error))? else {
                    continue;
                };
                match news.payload().split_once(' ') {
                    Some((sign, news)) if sign != self.own => hear(news),
                    _ => {}
                }
            }
            Ok(())
        };
        // Both at once: the answer to the one comes through the other, which goes on for ever.
        let asked = async { asked.await.map_err(|error| fault(&error)) };
        futures_util::future::try_join(asked, heard).await.map(drop)
    }
}
