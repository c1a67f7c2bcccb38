//! Looking on at somebody else's job with a view-only link, and giving such links away.

use std::path::Path;

use frame::{FrameIndex, JobId, LiveEvent, Partial, TileIndex};
use render_core::AdapterChoice;
use render_net::artist::{ArtistFault, JobEnd, Onlooker, PreviewTile, Progress, Viewing};
use render_net::identity::{ViewLink, ViewLinkFault};

use crate::commission::{self, Note};
use crate::event::{Audience, Event};
use crate::fault::{Exit, Fault, one_line};
use crate::gather::Growth;
use crate::network::{artist_fault, runtime};
use crate::render::{Developed, Developer};
use crate::sight::{Sight, Work};
use crate::stop::Stop;
use crate::submit::artist_of;

/// Whether a text means to be a view-only link.
pub fn is_link(text: &str) -> bool {
    ViewLink::is_meant(text)
}

/// Reads a view-only link, without asking anybody.
///
/// # Errors
/// What is wrong with it, and what to do.
pub fn read(link: &str) -> Result<ViewLink, Fault> {
    link.parse().map_err(|fault: ViewLinkFault| {
        Fault::usage(fault.to_string(), "copy the whole link, from tessera:// to its last digit")
    })
}

/// Makes a view-only link to a job of this machine, or finds the one that there is, and tells it.
pub fn share(job: JobId, data: Option<&Path>, audience: &mut dyn Audience) -> Result<Exit, Fault> {
    let artist = artist_of(job, data)?;
    let ticket = artist.ticket(job).map_err(|fault| artist_fault(&fault))?;
    let title = Note::of(&ticket)?.title();
    let link = runtime()?.block_on(artist.share(job, &title)).map_err(|fault| artist_fault(&fault))?;
    audience.hear(&Event::JobShared { job: job.to_string(), link: link.to_text() });
    Ok(Exit::Done)
}

/// Withdraws the link to a job.
pub fn unshare(job: JobId, data: Option<&Path>, audience: &mut dyn Audience) -> Result<Exit, Fault> {
    let artist = artist_of(job, data)?;
    runtime()?.block_on(artist.unshare(job)).map_err(|fault| artist_fault(&fault))?;
    audience.hear(&Event::JobUnshared { job: job.to_string() });
    Ok(Exit::Done)
}

/// Shows a job's pictures as they grow until they are whole; nothing of them is kept.
pub fn look_on(link: &str, stop: &Stop, audience: &mut dyn Audience) -> Result<Exit, Fault> {
    let link = read(link)?;
    runtime()?.block_on(async {
        let viewing = tokio::select! {
            viewing = Viewing::open(&link) => viewing.map_err(|fault| artist_fault(&fault))?,
            () = stop.asked() => return Err(stopped()),
        };
        let plan = viewing.plan();
        audience.hear(&Event::Looking { title: one_line(viewing.title()) });
        audience.hear(&Event::render_started(plan.shape.frames.len(), plan.settings.spp, plan.grid(), ""));
        let developer = commission::developer(None, &plan.settings, &AdapterChoice::default());
        let mut look = Look { growth: Growth::new(plan.clone()), developer, audience };
        let end = viewing.follow(&mut look, stop.receiver()).await;
        look.growth.end(look.growth.frames_whole(), 0, look.audience);
        match end {
            Ok(JobEnd::Complete) => Ok(Exit::Done),
            Ok(JobEnd::Incomplete { missing }) => {
                let what = format!(
                    "the job is over and these tiles (frame/tile) are no longer to be seen: {}",
                    commission::tiles(&missing)
                );
                Err(Fault::new(Exit::Frames, what, "ask the artist for the pictures"))
            }
            Ok(JobEnd::Cancelled { reason }) => {
                let what = format!("the job was stopped ({reason}) before its pictures were whole");
                Err(Fault::new(Exit::Frames, what, "ask the artist whether it is rendered again"))
            }
            Err(ArtistFault::Stopped) => Err(stopped()),
            Err(fault) => Err(artist_fault(&fault)),
        }
    })
}

fn stopped() -> Fault {
    Fault::new(Exit::Interrupted, "stopped looking on; the job goes on", "open the link again to go on")
}

/// What is seen of a job.
struct Look<'a> {
    growth: Growth,
    developer: Developer,
    audience: &'a mut dyn Audience,
}

impl Onlooker for Look<'_> {
    fn tile(&mut self, frame: FrameIndex, tile: TileIndex, partials: Vec<Partial>) {
        let film = match self.growth.merge((frame, tile), partials, self.audience) {
            Ok(Some(film)) => film,
            Ok(None) => return,
            Err(fault) => {
                let message = format!("a tile of frame {} is not shown: {}", frame.0, fault.what);
                return self.audience.hear(&LiveEvent::Warning { message }.into());
            }
        };
        if self.audience.watches() {
            // What cannot be denoised here is shown as it came.
            let Developed { picture, .. } = self.developer.finish(&film);
            let (edge_px, work) = (film.grid().edge_px(), Work { is_checked: true, seconds: None });
            Sight::of_frame(frame, &picture, edge_px, work, |sight| self.audience.see(sight));
        }
        self.audience.hear(&Event::FrameSeen { frame: frame.0 });
    }

    fn preview(&mut self, preview: PreviewTile) {
        self.growth.preview(preview, self.audience);
    }

    fn progress(&mut self, progress: Progress) {
        if let Progress::Artist { is_away } = progress {
            self.audience.hear(&Event::Artist { is_away });
        }
        self.growth.progress(progress, self.audience);
    }
}
