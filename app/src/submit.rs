//! Sends scenes to a farm and fetches the pictures, now or later.

use std::path::{Path, PathBuf};
use std::time::Duration;

use frame::JobId;
use render_core::{AdapterChoice, adapter_class};
use render_net::artist::Artist;
use render_net::identity::CoordinatorAddress;

use crate::auditing::auditor;
use crate::commission::{self, Commission, Following, Terms};
use crate::denoiser::Carried;
use crate::event::Audience;
use crate::fault::{Exit, Fault};
use crate::network::{address, artist_fault, runtime};
use crate::places::{self, Part};
use crate::render::Plan;
use crate::request::RenderRequest;
use crate::stop::Stop;

/// How to submit.
#[derive(Clone, Debug)]
pub struct Submission {
    /// The coordinator's address.
    pub coordinator: String,
    /// Data folder; `None` is the usual place.
    pub data: Option<PathBuf>,
    /// On what terms.
    pub terms: Terms,
    /// Take what nodes send without rendering any of it again.
    pub trusts: bool,
    /// Cancel the job when it is stopped here: whoever gave it will not come back for it.
    pub cancels: bool,
}

/// How long whoever leaves a job to itself waits for a first node.
const PRESENCE: Duration = Duration::from_secs(5);

/// Submits a scene, follows it and writes the pictures. The job's id is told as an event.
pub fn submit(
    request: &RenderRequest,
    submission: &Submission,
    stop: &Stop,
    audience: &mut dyn Audience,
) -> Result<Exit, Fault> {
    let (artist, commission) = commissioned(request, submission, audience)?;
    runtime()?.block_on(async {
        let job = commission::hand_in(&artist, commission, &submission.terms, stop, audience).await?;
        let output = Some(request.output.as_path());
        let how = Following { output, cancels: submission.cancels, ..Following::default() };
        commission::follow(&artist, job, &how, stop, audience).await
    })
}

/// Submits a scene and leaves it to the nodes that are there; how that ended, and how many were let in. Those that come later wait until
/// the job is collected, because only this artist has the key that each of them needs.
pub fn leave(
    request: &RenderRequest,
    submission: &Submission,
    stop: &Stop,
    audience: &mut dyn Audience,
) -> Result<(Exit, usize), Fault> {
    let (artist, commission) = commissioned(request, submission, audience)?;
    runtime()?.block_on(async {
        let job = commission::hand_in(&artist, commission, &submission.terms, stop, audience).await?;
        let let_in = artist.let_in(job, PRESENCE).await.unwrap_or_else(|fault| {
            // The job is posted all the same, and collecting it lets them in.
            tracing::warn!(%fault, "no nodes were let in");
            0
        });
        Ok((commission::handed_in(&artist, job)?, let_in))
    })
}

fn commissioned(
    request: &RenderRequest,
    submission: &Submission,
    audience: &mut dyn Audience,
) -> Result<(Artist, Commission), Fault> {
    let coordinator = address(&submission.coordinator)?;
    let artist = watchful(open_artist(submission.data.as_deref(), coordinator)?, submission.trusts);
    // As if it were rendered here, so that the farm gives the same picture.
    let usual = Carried::suited_to(adapter_class(&AdapterChoice::default()));
    let plan = Plan::open(request, usual, audience)?;
    let commission = Commission::of(&plan, &request.output)?;
    plan.announce("", audience);
    Ok((artist, commission))
}

/// Fetches the pictures of a job that was submitted earlier, waiting for the rest of it.
pub fn collect(
    job: JobId,
    data: Option<&Path>,
    trusts: bool,
    stop: &Stop,
    audience: &mut dyn Audience,
) -> Result<Exit, Fault> {
    let artist = watchful(artist_of(job, data)?, trusts);
    let ticket = artist.ticket(job).map_err(|fault| artist_fault(&fault))?;
    commission::announce(&ticket, "", audience);
    runtime()?.block_on(commission::follow(&artist, job, &Following::default(), stop, audience))
}

/// Where a job's pictures go, with `####` for the frame's number; nothing where the job is not known here.
pub fn output_of(job: JobId, data: Option<&Path>) -> Option<PathBuf> {
    let folder = places::data_folder(Part::Artist, data).ok()?;
    let ticket = render_net::artist::ticket_in(&folder, job).ok()?;
    commission::Note::of(&ticket).ok().map(|note| note.output)
}

fn watchful(artist: Artist, trusts: bool) -> Artist {
    if trusts { artist } else { artist.auditing(auditor(None)) }
}

/// The artist in a data folder, at the coordinator where this job was posted.
pub(crate) fn artist_of(job: JobId, data: Option<&Path>) -> Result<Artist, Fault> {
    let folder = places::data_folder(Part::Artist, data)?;
    let ticket = render_net::artist::ticket_in(&folder, job).map_err(|fault| artist_fault(&fault))?;
    open_artist(data, ticket.coordinator)
}

pub(crate) fn open_artist(data: Option<&Path>, coordinator: CoordinatorAddress) -> Result<Artist, Fault> {
    let folder = places::data_folder(Part::Artist, data)?;
    places::create_private(&folder)?;
    Artist::open(folder, coordinator).map_err(|fault| artist_fault(&fault))
}
