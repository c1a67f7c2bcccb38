//! Runs a coordinator.

use std::net::SocketAddr;
use std::path::PathBuf;

use render_net::coordinator::{Coordinator, CoordinatorConfig};

use crate::event::{Audience, Event};
use crate::fault::{Exit, Fault};
use crate::network::{coordinator_fault, runtime};
use crate::places::{self, Part};
use crate::stop::Stop;

/// Where a coordinator is and where it keeps things.
#[derive(Clone, Debug)]
pub struct Place {
    /// UDP address to listen at; port 0 = any free one.
    pub listen: SocketAddr,
    /// Host that others reach it by, for the address that it tells.
    pub host: Option<String>,
    /// Data folder; `None` is the usual place.
    pub data: Option<PathBuf>,
    /// Folder for sealed objects; `None` is one in the data folder.
    pub blobs: Option<PathBuf>,
    /// A node that is silent for so long loses the work that it holds, seconds; at least 1.
    pub lapse_s: u32,
}

/// Runs a coordinator until it is stopped. Its address is told as the first event.
pub fn coordinate(place: Place, stop: &Stop, audience: &mut dyn Audience) -> Result<Exit, Fault> {
    let data = places::data_folder(Part::Coordinator, place.data.as_deref())?;
    places::create_private(&data)?;
    runtime()?.block_on(async {
        let mut config = CoordinatorConfig {
            host: place.host,
            objects: place.blobs,
            ..CoordinatorConfig::new(place.listen, data)
        };
        // In the proportions of the usual terms: ten heartbeats, of which three may be lost before others may help.
        config.terms.lapse_ms = u64::from(place.lapse_s.max(1)) * 1000;
        config.terms.heartbeat_ms = config.terms.lapse_ms / 10;
        config.terms.silence_ms = config.terms.heartbeat_ms * 3;
        let coordinator = Coordinator::start(config).await.map_err(|fault| coordinator_fault(&fault))?;
        audience.hear(&Event::CoordinatorReady { address: coordinator.address().to_string() });
        stop.asked().await;
        coordinator.stop().await;
        Ok(Exit::Done)
    })
}
