//! Runs a referee: judges what artists refuse of nodes' work, for both sides.
//!
//! The GPU is opened at the start, so that one that cannot be used is told at once and not when the first artist waits for a ruling.

use std::path::PathBuf;
use std::time::Duration;

use frame::LiveEvent;
use render_net::audit::Opener;
use render_net::referee::{Referee, RefereeEvent};

use crate::event::{Audience, Event};
use crate::fault::{Exit, Fault, one_line};
use crate::gpu;
use crate::network::{address, referee_fault, runtime};
use crate::places::{self, Part};
use crate::ruling::ruled;
use crate::sharing::scenes_bytes_max;
use crate::stop::Stop;

/// Where a referee is and what it renders with.
#[derive(Clone, Debug)]
pub struct Seat {
    /// The coordinator's address.
    pub coordinator: String,
    /// Data folder; `None` is the usual place.
    pub data: Option<PathBuf>,
    /// Adapter, by number or part of its name.
    pub adapter: Option<String>,
}

/// Runs a referee until it is stopped. Its key is told as the first event, once artists can name it, and again when it was cut off and is back.
pub fn referee(seat: &Seat, stop: &Stop, audience: &mut dyn Audience) -> Result<Exit, Fault> {
    let coordinator = address(&seat.coordinator)?;
    let renderer = gpu::open_renderer(seat.adapter.as_deref(), None)?;
    let data = places::data_folder(Part::Referee, seat.data.as_deref())?;
    places::create_private(&data)?;
    let referee =
        Referee::open(&data, coordinator, scenes_bytes_max()).map_err(|fault| referee_fault(&fault))?;
    let key = referee.id().to_string();
    let open: Opener = Box::new(move || Ok(Box::new(renderer)));
    let runtime = runtime()?;
    let mut hears = |event| audience.hear(&told(event, &key));
    let ended = runtime.block_on(referee.run(open, &mut hears, stop.receiver()));
    // The renderer may be inside a driver's call; the process does not wait for that.
    runtime.shutdown_timeout(Duration::from_secs(2));
    ended.map_err(|fault| referee_fault(&fault))?;
    Ok(Exit::Done)
}

fn told(event: RefereeEvent, key: &str) -> Event {
    let message = match event {
        RefereeEvent::Attending => return Event::RefereeReady { referee: key.to_owned() },
        RefereeEvent::Ruled { node, piece, found } => return ruled(node, piece, found),
        RefereeEvent::Disconnected { why } => format!("not connected, trying again: {}", one_line(&why)),
        RefereeEvent::Unable { why } => {
            format!("refused work cannot be judged now, trying again: {}", one_line(&why))
        }
    };
    LiveEvent::Warning { message }.into()
}
