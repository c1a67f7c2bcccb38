//! The jobs of an artist: listed, followed, paused, cancelled.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use frame::{JobId, LiveEvent};
use render_net::artist::{JobTicket, is_shared, jobs_in, ticket_in};
use render_net::wire::{JobCard, JobState};

use crate::commission::Note;
use crate::event::{Audience, Event};
use crate::fault::{Exit, Fault};
use crate::network::{address, artist_fault, runtime};
use crate::places::{self, Part};
use crate::stop::Stop;
use crate::submit::{artist_of, open_artist};

/// Time between two looks at a coordinator's jobs.
const LOOK_GAP: Duration = Duration::from_millis(1000);

/// Tells every job that this machine has posted, asking each coordinator how far it is.
pub fn list(data: Option<&Path>, audience: &mut dyn Audience) -> Result<Exit, Fault> {
    let folder = places::data_folder(Part::Artist, data)?;
    let mut by_coordinator: BTreeMap<String, Vec<(JobId, JobTicket)>> = BTreeMap::new();
    for job in jobs_in(&folder) {
        match ticket_in(&folder, job) {
            Ok(ticket) => {
                by_coordinator.entry(ticket.coordinator.to_string()).or_default().push((job, ticket));
            }
            Err(fault) => {
                let message = format!("job {job}: {fault}");
                audience.hear(&LiveEvent::Warning { message }.into());
            }
        }
    }
    let runtime = runtime()?;
    for jobs in by_coordinator.into_values() {
        let artist = open_artist(data, jobs[0].1.coordinator.clone())?;
        let cards = runtime.block_on(artist.cards()).unwrap_or_else(|fault| {
            let message = format!("a coordinator was not asked: {}", artist_fault(&fault).what);
            audience.hear(&LiveEvent::Warning { message }.into());
            Vec::new()
        });
        for (job, ticket) in jobs {
            audience.hear(&described(&folder, job, &ticket, cards.iter().find(|card| card.job == job)));
        }
    }
    Ok(Exit::Done)
}

/// Follows an artist's jobs at a coordinator until none is open.
pub fn watch(
    coordinator: &str,
    data: Option<&Path>,
    stop: &Stop,
    audience: &mut dyn Audience,
) -> Result<Exit, Fault> {
    let folder = places::data_folder(Part::Artist, data)?;
    let artist = open_artist(data, address(coordinator)?)?;
    let runtime = runtime()?;
    let mut told: BTreeMap<JobId, JobCard> = BTreeMap::new();
    loop {
        let cards = runtime.block_on(artist.cards()).map_err(|fault| artist_fault(&fault))?;
        for card in &cards {
            if told.insert(card.job, *card) != Some(*card) {
                let event = match ticket_in(&folder, card.job) {
                    Ok(ticket) => described(&folder, card.job, &ticket, Some(card)),
                    Err(_) => event_of(card.job, Some(card), 0, String::new(), false),
                };
                audience.hear(&event);
            }
        }
        if cards.iter().all(|card| !card.state.is_open()) {
            return Ok(Exit::Done);
        }
        let stopped = runtime.block_on(async { tokio::time::timeout(LOOK_GAP, stop.asked()).await.is_ok() });
        if stopped {
            let what = "stopped watching; the jobs go on";
            return Err(Fault::new(Exit::Interrupted, what, "`tessera jobs` lists them"));
        }
    }
}

/// Has nodes begin no more of a job, or go on with it. What they hold they finish, and are paid for.
pub fn pause(
    job: JobId,
    is_paused: bool,
    data: Option<&Path>,
    audience: &mut dyn Audience,
) -> Result<Exit, Fault> {
    let artist = artist_of(job, data)?;
    runtime()?.block_on(artist.pause(job, is_paused)).map_err(|fault| artist_fault(&fault))?;
    audience.hear(&Event::JobPaused { job: job.to_string(), is_paused });
    Ok(Exit::Done)
}

/// Stops a job; what is done is kept and can be collected.
pub fn cancel(job: JobId, data: Option<&Path>, audience: &mut dyn Audience) -> Result<Exit, Fault> {
    let artist = artist_of(job, data)?;
    runtime()?.block_on(artist.cancel(job)).map_err(|fault| artist_fault(&fault))?;
    audience.hear(&Event::JobCancelled { job: job.to_string() });
    Ok(Exit::Done)
}

fn described(folder: &Path, job: JobId, ticket: &JobTicket, card: Option<&JobCard>) -> Event {
    let output = Note::of(ticket).map(|note| note.output.display().to_string()).unwrap_or_default();
    let frames = ticket.post.shape.frames.len() as u32;
    event_of(job, card, frames, output, is_shared(folder, job))
}

fn event_of(job: JobId, card: Option<&JobCard>, frames: u32, output: String, shared: bool) -> Event {
    let state = match card.map(|card| card.state) {
        Some(JobState::Active) => "open",
        Some(JobState::Paused) => "paused",
        Some(JobState::Done) => "done",
        Some(JobState::Cancelled) => "cancelled",
        None => "unknown",
    };
    let done = card.map_or(0.0, |card| card.blocks_accepted as f64 / card.blocks.max(1) as f64);
    let cost = card.map_or(0, |card| card.cost);
    Event::Job { job: job.to_string(), state: state.into(), done, frames, output, shared, cost }
}
