//! What an artist hands in: scenes, settings, and a note on where the pictures go; and how the result comes home.
//!
//! Submitting, collecting later, rendering through the embedded farm and the demo are the same two steps, [`hand_in`] and
//! [`follow`], so that none of them can drift from the others.

use std::path::{Path, PathBuf};
use std::time::Duration;

use frame::exr::MatteNames;
use frame::{FrameIndex, JobId, NodeId, RenderSettings, TileIndex};
use render_core::AdapterChoice;
use render_net::artist::{Artist, ArtistFault, JobEnd, JobSpec, JobTicket, Uploaded, Uploading};
use serde::{Deserialize, Serialize};

use crate::denoiser::Network;
use crate::event::{Audience, Event};
use crate::fault::{Exit, Fault, quoted};
use crate::gather::Gathering;
use crate::network::artist_fault;
use crate::output::OutputName;
use crate::print::Print;
use crate::render::{Darkroom, Developer, Packer, Plan, Scenes, Steady};
use crate::stop::Stop;
use crate::takers::{Ear, tell_why_nobody_comes};

/// Highest price when none is named, micro-credits per million samples: ten times what nodes ask by default.
pub const PRICE_MAX_USUAL: u64 = 10_000;

/// Scenes and settings, ready to be sealed.
pub(crate) struct Commission {
    pub(crate) frames: Vec<FrameIndex>,
    /// Whether all frames show the same packed scene.
    pub(crate) one_scene: bool,
    pub(crate) settings: RenderSettings,
    pub(crate) edge_px: u32,
    pub(crate) margin_px: u32,
    /// GPU memory that the scene needs, MiB.
    pub(crate) memory_mib: u32,
    pub(crate) packer: Packer,
    pub(crate) note: Note,
}

impl Commission {
    /// The scenes and settings of a plan; `output` is the pictures' name as the person wrote it.
    pub(crate) fn of(plan: &Plan, output: &Path) -> Result<Self, Fault> {
        let Scenes { are_one, memory_mib, packer } = plan.scenes()?;
        Ok(Self {
            frames: plan.frames.clone(),
            one_scene: are_one,
            settings: plan.settings,
            edge_px: plan.grid.edge_px(),
            margin_px: plan.grid.margin_px(),
            memory_mib,
            packer,
            note: Note::new(output, &plan.print, plan.weights.as_deref(), plan.is_steady)?,
        })
    }
}

/// On what terms strangers may render it.
#[derive(Clone, Debug)]
pub struct Terms {
    /// Highest price, micro-credits per million samples.
    pub price_max: u64,
    /// Only these nodes; empty = any.
    pub nodes: Vec<NodeId>,
    /// Who judges what is refused, for both sides; `None`: nobody, and the artist's word stands.
    pub referee: Option<NodeId>,
}

/// What is remembered of a job beside what the network needs; stays on the artist's machine.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Note {
    /// Absolute output name with its `####`.
    pub(crate) output: PathBuf,
    layers: String,
    layout: String,
    compression: String,
    /// Names for mattes: the network carries numbers only.
    #[serde(default)]
    names: MatteNames,
    /// Weights of the denoiser, absolute, where others than the program's own were named.
    #[serde(default)]
    weights: Option<PathBuf>,
    /// Whether frames are averaged with the ones around them.
    #[serde(default)]
    steady: bool,
    /// The frames that were asked for: those that are not in the job could not be prepared.
    #[serde(default)]
    asked: Vec<u32>,
}

impl Note {
    pub(crate) fn new(
        output: &Path,
        print: &Print,
        weights: Option<&Path>,
        steady: bool,
    ) -> Result<Self, Fault> {
        let absolute =
            |path: &Path| std::path::absolute(path).map_err(|error| Fault::file("find", path, &error));
        let (output, weights) = (absolute(output)?, weights.map(absolute).transpose()?);
        for path in std::iter::once(&output).chain(&weights) {
            if path.to_str().is_none() {
                let what =
                    format!("the path {} is not Unicode text, so that it cannot be remembered", quoted(path));
                return Err(Fault::usage(what, "choose another place, or give the folder another name"));
            }
        }
        let (layers, layout, compression) = print.to_words();
        let (names, asked) = (print.names.clone(), Vec::new());
        Ok(Self { output, layers, layout, compression, names, weights, steady, asked })
    }

    /// Reads the note of a job that this machine posted.
    pub(crate) fn of(ticket: &JobTicket) -> Result<Self, Fault> {
        serde_json::from_slice(&ticket.note)
            .map_err(|_| Fault::failure("the job was not posted by this program", "submit the scene again"))
    }

    /// Weights that were named, where it was not by the name of a carried network.
    pub(crate) fn weights(&self) -> Option<&Path> {
        self.weights.as_deref()
    }

    /// How its pictures are called: the output's name without folder, frame number and ending.
    pub(crate) fn title(&self) -> String {
        let stem = self.output.file_stem().unwrap_or_default().to_string_lossy();
        stem.replace('#', "").trim_matches(['.', '-', '_', ' ']).to_owned()
    }

    /// Frames that were asked for and are not in the job.
    fn left_out(&self, ticket: &JobTicket) -> Vec<u32> {
        let frames = &ticket.shape().frames;
        self.asked.iter().copied().filter(|frame| frames.binary_search(frame).is_err()).collect()
    }

    fn print(&self) -> Result<Print, Fault> {
        Print::from_words(&self.layers, &self.layout, &self.compression, self.names.clone())
    }

    /// Whoever makes pictures of the job's films. Weights that have gone since are told when they are needed: most tiles come denoised.
    fn developer(&self, ticket: &JobTicket, adapter: &AdapterChoice) -> Developer {
        developer(self.weights.as_deref(), &ticket.settings, adapter)
    }
}

/// Denoises with the network of these settings, where it is at hand: one that the program carries, or in a file of weights.
pub(crate) fn developer(
    weights: Option<&Path>,
    settings: &RenderSettings,
    adapter: &AdapterChoice,
) -> Developer {
    let networks = Network::all(weights).or_else(|_| Network::all(None));
    let network = networks.unwrap_or_default().into_iter().find(|it| it.id() == settings.network);
    let network = network.as_ref();
    Developer::new(network.map_or("", Network::name), network.map(|network| network.on(adapter)))
}

/// Seals, uploads and posts; says under which name.
pub(crate) async fn hand_in(
    artist: &Artist,
    commission: Commission,
    terms: &Terms,
    stop: &Stop,
    audience: &mut dyn Audience,
) -> Result<JobId, Fault> {
    let asked = commission.frames.iter().map(|frame| frame.0).collect();
    let note = Note { asked, ..commission.note };
    let note = serde_json::to_vec(&note).expect("a note holds only text and numbers");
    let spec = JobSpec {
        frames: commission.frames,
        one_scene: commission.one_scene,
        settings: commission.settings,
        edge_px: commission.edge_px,
        margin_px: commission.margin_px,
        price_max: terms.price_max,
        memory_mib: commission.memory_mib,
        nodes: terms.nodes.clone(),
        referee: terms.referee,
        note,
    };
    let hears = |uploading| match uploading {
        Uploading::Sent(Uploaded { scenes, sent_bytes, known_bytes }) => {
            audience.hear(&Event::Uploaded { scenes, sent_bytes, known_bytes });
        }
        Uploading::LeftOut { frame, why } => audience.hear(&Event::frame_failed(frame, &why)),
    };
    let posted = artist.submit_until(spec, commission.packer, hears, stop.receiver()).await;
    let job = posted.map_err(|fault| match artist_fault(&fault) {
        // Whoever stopped it is told what may be there.
        told if stop.is_asked() && matches!(fault, ArtistFault::Unheard { .. }) => {
            Fault { exit: Exit::Interrupted, ..told }
        }
        told => told,
    })?;
    audience.hear(&Event::JobSubmitted { job: job.to_string() });
    Ok(job)
}

/// Tells what a job that was handed in earlier is about; one that is handed in now is told of before its scenes are sent.
pub(crate) fn announce(ticket: &JobTicket, adapter: &str, audience: &mut dyn Audience) {
    let frames = ticket.post.shape.frames.len();
    audience.hear(&Event::render_started(frames, ticket.settings.spp, ticket.plan().grid(), adapter));
}

/// How handing in ends for somebody who does not stay: frames that could not be prepared are missing for good.
pub(crate) fn handed_in(artist: &Artist, job: JobId) -> Result<Exit, Fault> {
    let ticket = artist.ticket(job).map_err(|fault| artist_fault(&fault))?;
    let left_out = Note::of(&ticket)?.left_out(&ticket);
    all_there(
        ticket.shape().frames.len(),
        &left_out,
        "the other frames are in the job: `tessera collect` fetches them; see `tessera scene check`",
    )
}

/// Time until a coordinator that was not reached is told of a pause again.
const PAUSE_AGAIN: Duration = Duration::from_secs(2);

/// How a job is followed.
#[derive(Default)]
pub(crate) struct Following<'a> {
    /// The pictures' name as the person wrote it, where that is still known.
    pub(crate) output: Option<&'a Path>,
    /// Denoises what came noisy.
    pub(crate) adapter: AdapterChoice,
    /// Whether the job is cancelled at the coordinator when it is stopped here.
    pub(crate) cancels: bool,
}

/// Gathers a job until it is complete, and writes its pictures.
pub(crate) async fn follow(
    artist: &Artist,
    job: JobId,
    how: &Following<'_>,
    stop: &Stop,
    audience: &mut dyn Audience,
) -> Result<Exit, Fault> {
    let ticket = artist.ticket(job).map_err(|fault| artist_fault(&fault))?;
    let frames = ticket.post.shape.frames.len() as u32;
    let first = ticket.post.shape.frames.first().copied().unwrap_or_default();
    let note = Note::of(&ticket)?;
    let print = note.print()?;
    let output = OutputName::parse(how.output.unwrap_or(&note.output), frames as usize)?;
    output.check_writable(first, print.bytes_max(ticket.settings.size))?;
    let steady =
        if note.steady { Steady::of(ticket.shape().frames.iter().copied(), output.folder()) } else { None };
    let developer = note.developer(&ticket, &how.adapter);
    let developer = if artist.is_auditing() { developer.doubting() } else { developer };
    let darkroom = Darkroom::new(&output, &print, developer, steady);
    let left_out = note.left_out(&ticket);
    let ear = Ear::new(audience);
    let mut told = &ear;
    let mut gathering = Gathering::new(&ticket, artist.identity(), darkroom, stop, &mut told);
    let ended = tokio::select! {
        ended = artist.collect(job, &mut gathering, stop.receiver()) => ended,
        never = pass_on_pauses(artist, job, stop) => match never {},
        never = tell_why_nobody_comes(artist, &ticket, &ear) => match never {},
    };
    let fault = gathering.take_fault();
    let written = gathering.frames_written();
    let wrong = gathering.wrong_tiles();
    gathering.end(left_out.len() as u32);
    match (ended, fault) {
        (Ok(JobEnd::Complete), _) if written == frames => whole(frames, &left_out, &wrong),
        (Ok(JobEnd::Complete), _) => Err(Fault::network(
            format!("the job is complete and {} of {frames} frames are not", frames - written),
            "collect it again, and report this",
        )),
        (Ok(JobEnd::Incomplete { missing }), _) => {
            let kept = kept(&mut gathering, &output, written)?;
            let what = format!(
                "the job is over and these tiles (frame/tile) never came whole: {}; {kept}",
                tiles(&missing)
            );
            Err(Fault::new(Exit::Frames, what, "submit the missing frames again"))
        }
        (Ok(JobEnd::Cancelled { reason }), _) => {
            let kept = kept(&mut gathering, &output, written)?;
            let what = format!("the job was stopped ({reason}); {kept}");
            Err(Fault::new(Exit::Frames, what, "submit the missing frames again"))
        }
        (Err(ArtistFault::Stopped), _) => {
            let kept = kept(&mut gathering, &output, written)?;
            let is_paused = gathering.is_paused();
            drop(gathering);
            Err(if how.cancels {
                called_off(artist, job, &kept, &mut &ear).await
            } else if is_paused {
                let what = format!("stopped here, and the job stays paused at the coordinator; {kept}");
                let advice = format!("`tessera resume {job}` has it go on; {}", rest_of(job));
                Fault::new(Exit::Interrupted, what, advice)
            } else {
                let what = format!("stopped here, and the job goes on without this machine; {kept}");
                Fault::new(Exit::Interrupted, what, rest_of(job))
            })
        }
        (Err(_), Some(fault)) => Err(fault),
        (Err(fault), None) => Err(artist_fault(&fault)),
    }
}

/// Tells the coordinator whenever a person pauses the job here, or goes on with it: again and again until it knows the last wish.
async fn pass_on_pauses(artist: &Artist, job: JobId, stop: &Stop) -> std::convert::Infallible {
    let mut wishes = stop.pauses();
    loop {
        // The sender lives in `stop`.
        if wishes.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
        let wish = *wishes.borrow_and_update();
        let Some(is_paused) = wish else { continue };
        if let Err(fault) = artist.pause(job, is_paused).await {
            tracing::warn!(%fault, is_paused, "the coordinator was not told of a pause");
            // Meanwhile the person may want the contrary.
            let _ = tokio::time::timeout(PAUSE_AGAIN, wishes.changed()).await;
            wishes.mark_changed();
        }
    }
}

/// Cancels a job that was stopped here.
async fn called_off(artist: &Artist, job: JobId, kept: &str, audience: &mut dyn Audience) -> Fault {
    match artist.cancel(job).await {
        Ok(()) => {
            audience.hear(&Event::JobCancelled { job: job.to_string() });
            let what = format!("stopped, and the job is cancelled at the coordinator; {kept}");
            Fault::new(Exit::Interrupted, what, "submit it again to have all of it")
        }
        Err(fault) => {
            let why = artist_fault(&fault).what;
            let what = format!("stopped here, and the job could not be cancelled ({why}); {kept}");
            Fault::new(Exit::Interrupted, what, rest_of(job))
        }
    }
}

/// What is left to be done with a job that nobody follows here any more.
fn rest_of(job: JobId) -> String {
    format!("`tessera collect {job}` fetches the rest, `tessera cancel {job}` ends it")
}

/// How a job ends whose frames are all written: frames may be left out of it, and tiles may be wrong.
fn whole(frames: u32, left_out: &[u32], wrong: &[(FrameIndex, TileIndex)]) -> Result<Exit, Fault> {
    if !wrong.is_empty() {
        let what = format!(
            "a node did not render these tiles (frame/tile) and was caught later: {}; the pictures are written with them",
            tiles(wrong)
        );
        return Err(Fault::new(Exit::Verification, what, "submit these frames again"));
    }
    all_there(frames as usize, left_out, "the other frames are written; see `tessera scene check`")
}

/// Whether a job of so many frames has all that were asked for.
fn all_there(frames: usize, left_out: &[u32], advice: &str) -> Result<Exit, Fault> {
    if left_out.is_empty() {
        return Ok(Exit::Done);
    }
    let asked = left_out.len() + frames;
    let what = format!("{} of {asked} frames failed: {}", left_out.len(), first_of(left_out));
    Err(Fault::new(Exit::Frames, what, advice))
}

/// Tiles for people: the first ones by name, and how many more there are.
pub(crate) fn tiles(missing: &[(FrameIndex, TileIndex)]) -> String {
    let names: Vec<String> = missing.iter().map(|(frame, tile)| format!("{}/{}", frame.0, tile.0)).collect();
    first_of(&names)
}

/// The first of some names, and how many more there are.
fn first_of(names: &[impl ToString]) -> String {
    const NAMED: usize = 8;
    let named = names.iter().take(NAMED).map(ToString::to_string).collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(NAMED) {
        0 => named,
        more => format!("{named} + {more}"),
    }
}

/// Writes the unfinished frames and says what is there.
fn kept(gathering: &mut Gathering<'_>, output: &OutputName, written: u32) -> Result<String, Fault> {
    let unfinished = gathering.keep_unfinished()?;
    Ok(output.kept_words(written as usize, unfinished.first().copied()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_that_are_not_in_a_job_are_told_by_number_and_end_with_their_own_code() {
        assert_eq!(all_there(3, &[], "x"), Ok(Exit::Done));
        let fault = all_there(3, &[4, 7], "see the others").expect_err("two are missing");
        assert_eq!((fault.exit, fault.what.as_str()), (Exit::Frames, "2 of 5 frames failed: 4, 7"));
        assert_eq!(fault.advice, "see the others");
    }
}
