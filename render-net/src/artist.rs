//! An artist: posts jobs, admits nodes, collects and checks what they rendered.
//!
//! [`Artist::submit`] seals and uploads the scenes and posts the job; [`Artist::collect`] follows it until every block of every frame is here. What
//! to do is decided in [`campaign`]; results are checked in [`check`]; everything needed to go on after a crash lies in [`folder`]. The secret of a job never
//! leaves the artist's disk except as the admission key, wrapped for each node that the artist admits.

mod admission;
mod audits;
pub mod campaign;
pub(crate) mod check;
pub(crate) mod connect;
mod folder;
mod onlook;
mod plan;
mod progress;
mod referral;
mod session;
mod share;
mod submit;
mod tasks;
mod upload;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use frame::{
    BlockRange, FrameIndex, JobId, NodeId, Partial, RenderSettings, TileIndex, TilePlanes, TileRect,
};
use tokio::sync::watch;

pub use folder::JobTicket;
pub use onlook::{Onlooker, Viewing};
pub use plan::JobPlan;
pub use progress::{JobEnd, Progress};
pub use upload::{FrameScene, SceneSource, Uploaded, Uploading};

use crate::audit::Auditor;
use crate::identity::{CoordinatorAddress, Identity, IdentityError, PrivateFile, system_words};
use crate::link::LinkFault;
use crate::receipt::Countersigned;
use crate::seal::{WorkspaceSecret, fill_random};
use crate::wire::{Balance, JobCard, Offers, OffersWanted, Pause, Request, Response, ShapeFault};
use connect::Connector;
use folder::JobFolder;

/// How long to try when the coordinator has not answered once.
const FIRST_PATIENCE: Duration = Duration::from_secs(15);

/// An artist's identity and workspace, at one coordinator.
pub struct Artist {
    identity: Arc<Identity>,
    workspace: WorkspaceSecret,
    coordinator: CoordinatorAddress,
    data: PathBuf,
    durable: bool,
    auditor: Option<Arc<Auditor>>,
}

/// What to render, and on what terms.
#[derive(Clone, Debug)]
pub struct JobSpec {
    /// The frames, ascending.
    pub frames: Vec<FrameIndex>,
    /// Whether all frames show the same packed scene.
    pub one_scene: bool,
    /// How.
    pub settings: RenderSettings,
    /// Edge of a tile in pixels.
    pub edge_px: u32,
    /// Pixels around a tile that the denoiser needs.
    pub margin_px: u32,
    /// Highest price, micro-credits per million samples.
    pub price_max: u64,
    /// Graphics memory that the scene needs, MiB; 0 when not known.
    pub memory_mib: u32,
    /// Only these nodes get the key; empty = any that the coordinator presents.
    pub nodes: Vec<NodeId>,
    /// Who judges what this artist refuses, for both sides; `None`: nobody, and the artist's word stands.
    pub referee: Option<NodeId>,
    /// Kept with the job for the program's own use.
    pub note: Vec<u8>,
}

/// A finished piece of a frame, checked.
#[derive(Debug)]
pub struct CollectedTile {
    /// The frame.
    pub frame: FrameIndex,
    /// The tile.
    pub tile: TileIndex,
    /// Its pixels.
    pub rect: TileRect,
    /// The sums of its tree nodes.
    pub partials: Vec<Partial>,
    /// For the frame's receipt book.
    pub receipt: Countersigned,
}

/// A picture of unfinished work: the sums of [`RenderSettings::preview_planes`] to three digits, never to be added to finished work.
#[derive(Debug)]
pub struct PreviewTile {
    /// The frame.
    pub frame: FrameIndex,
    /// The tile.
    pub tile: TileIndex,
    /// Which blocks are in the sums.
    pub blocks: BlockRange,
    /// The sums.
    pub sums: TilePlanes,
}

/// Takes what a job brings.
pub trait Collector: Send {
    /// A finished piece. After a restart those of earlier runs come again, first.
    ///
    /// # Errors
    /// A sentence; collecting ends and can be taken up again.
    fn tile(&mut self, tile: CollectedTile) -> Result<(), String>;

    /// A picture of unfinished work.
    fn preview(&mut self, _preview: PreviewTile) {}

    /// Something happened.
    fn progress(&mut self, _progress: Progress) {}
}

/// Why a job cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum ArtistFault {
    /// No identity or secret.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// The network or the coordinator.
    #[error(transparent)]
    Link(#[from] LinkFault),
    /// The data folder cannot be used.
    #[error("the artist's data folder cannot be used: {}", system_words(.0))]
    Data(std::io::Error),
    /// No such job in the data folder.
    #[error("this machine has not posted such a job")]
    NoSuchJob,
    /// The job's folder is damaged.
    #[error("what was kept about the job cannot be read")]
    Damaged,
    /// What a link shows cannot be read.
    #[error("what the link shows cannot be read: copy the whole link again, or ask the artist for a new one")]
    BadCard,
    /// A job was sent, and whether it was posted was not heard. Its folder is kept: collecting it posts it where it was not.
    #[error("the job {job} was sent, and whether it arrived was not heard ({fault})")]
    Unheard {
        /// Its name.
        job: JobId,
        /// What came instead.
        fault: LinkFault,
    },
    /// Whoever answers to the referee's key cannot be one.
    #[error(
        "the referee's keys are not its own: the coordinator may have changed them; ask the referee for its key again"
    )]
    BadReferee,
    /// Told to stop before the job was posted; nothing is left of it.
    #[error("the upload was stopped, and nothing was submitted")]
    NotSubmitted,
    /// The job is too large or malformed.
    #[error(transparent)]
    Shape(#[from] ShapeFault),
    /// A tile with all its planes would be larger than the coordinator takes.
    #[error("a tile of {edge_px} pixels with these layers takes {bytes} bytes: choose a smaller tile")]
    TileTooLarge {
        /// Edge of the tile.
        edge_px: u32,
        /// Its result, at most.
        bytes: u64,
    },
    /// A list is too long.
    #[error("too many {0} for one job")]
    TooMany(&'static str),
    /// The scene cannot be had.
    #[error("{0}")]
    Scene(String),
    /// What collects the tiles failed.
    #[error("{0}")]
    Collector(String),
    /// Told to stop; the job goes on without this machine.
    #[error("stopped; the job goes on, and its tiles can be collected later")]
    Stopped,
}

impl Artist {
    /// The identity and workspace in a data folder, made now if there are none.
    pub fn open(data: PathBuf, coordinator: CoordinatorAddress) -> Result<Self, ArtistFault> {
        let identity = Arc::new(Identity::open_or_create(&data)?);
        let file = PrivateFile::new(data.join("workspace.key"));
        if file.read()?.is_none() {
            file.create(WorkspaceSecret::generate().expose())?;
        }
        let bytes = file.read()?.ok_or(ArtistFault::Damaged)?;
        let bytes = <[u8; 32]>::try_from(bytes.as_slice()).map_err(|_| ArtistFault::Damaged)?;
        let workspace = WorkspaceSecret::from_bytes(bytes);
        Ok(Self { identity, workspace, coordinator, data, durable: true, auditor: None })
    }

    /// The same artist, whose jobs need not survive a power cut: for a farm that ends with its process anyway.
    pub fn passing(self) -> Self {
        Self { durable: false, ..self }
    }

    /// The same artist, who has some pixels of what nodes send rendered again.
    pub fn auditing(self, auditor: Auditor) -> Self {
        Self { auditor: Some(Arc::new(auditor)), ..self }
    }

    /// Whether it does.
    pub fn is_auditing(&self) -> bool {
        self.auditor.is_some()
    }

    /// Who this artist is, for signing receipt books.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Jobs that this machine has posted.
    pub fn jobs(&self) -> Vec<JobId> {
        JobFolder::jobs(&self.data)
    }

    /// What is remembered of a job.
    pub fn ticket(&self, job: JobId) -> Result<JobTicket, ArtistFault> {
        JobFolder::at(&self.data, job).ticket()
    }

    /// Follows a job and hands everything to `collector` until every block is here, the job is cancelled, or `stop` says so.
    ///
    /// # Errors
    /// See [`ArtistFault`]; the job can be collected again later.
    pub async fn collect(
        &self,
        job: JobId,
        collector: &mut dyn Collector,
        stop: watch::Receiver<bool>,
    ) -> Result<JobEnd, ArtistFault> {
        let folder = JobFolder::at(&self.data, job).durable(self.durable);
        let ticket = folder.ticket()?;
        let secret = folder.secret()?;
        let (identity, auditor) = (self.identity.clone(), self.auditor.clone());
        let session = session::Session::new(identity, folder, ticket, &secret, auditor, collector)?;
        // The coordinator may have moved since the job was posted: its key is what counts.
        session.run(&self.coordinator, stop).await
    }

    /// Stops a job; what is done is kept.
    pub async fn cancel(&self, job: JobId) -> Result<(), ArtistFault> {
        self.ask(&Request::Cancel(job)).await.map(|_| ())
    }

    /// Has no more of a job begun, or goes on with it: pieces in hand are finished and paid. It lasts until the other is said, from
    /// whichever process of this artist.
    pub async fn pause(&self, job: JobId, is_paused: bool) -> Result<(), ArtistFault> {
        self.ask(&Request::Pause(Pause { job, is_paused })).await.map(|_| ())
    }

    /// The coordinator's view of this artist's jobs, newest first.
    pub async fn cards(&self) -> Result<Vec<JobCard>, ArtistFault> {
        match self.ask(&Request::Jobs).await? {
            Response::Jobs(jobs) => Ok(jobs.into_vec()),
            _ => Err(LinkFault::Protocol("jobs were asked for".to_owned()).into()),
        }
    }

    /// This artist's money.
    pub async fn balance(&self) -> Result<Balance, ArtistFault> {
        match self.ask(&Request::Balance).await? {
            Response::Balance(balance) => Ok(balance),
            _ => Err(LinkFault::Protocol("the balance was asked for".to_owned()).into()),
        }
    }

    /// The nodes that would work for a job like this now, and this artist's money.
    pub async fn offers(&self, wanted: OffersWanted) -> Result<(Offers, Balance), ArtistFault> {
        let mut connector = Connector::new(&self.identity, &self.coordinator, Some(FIRST_PATIENCE));
        let link = connector.link().await?;
        let offers = link.call(&Request::Offers(Box::new(wanted))).await;
        let balance = link.call(&Request::Balance).await;
        link.close();
        match (offers?, balance?) {
            (Response::Offers(offers), Response::Balance(balance)) => Ok((*offers, balance)),
            _ => Err(LinkFault::Protocol("offers were asked for".to_owned()).into()),
        }
    }

    /// Removes everything that is kept about a job, including the secret that opens its results.
    pub fn forget(&self, job: JobId) -> Result<(), ArtistFault> {
        JobFolder::at(&self.data, job).remove()
    }

    async fn ask(&self, request: &Request) -> Result<Response, ArtistFault> {
        let mut connector = Connector::new(&self.identity, &self.coordinator, Some(FIRST_PATIENCE));
        let link = connector.link().await?;
        let response = link.call(request).await;
        link.close();
        Ok(response?)
    }
}

/// Jobs that were posted from this data folder, to whichever coordinator.
pub fn jobs_in(data: &Path) -> Vec<JobId> {
    JobFolder::jobs(data)
}

/// What is remembered of a job that was posted from this data folder, with the coordinator it was posted to.
///
/// # Errors
/// [`ArtistFault::NoSuchJob`] or [`ArtistFault::Damaged`].
pub fn ticket_in(data: &Path, job: JobId) -> Result<JobTicket, ArtistFault> {
    JobFolder::at(data, job).ticket()
}

/// Whether others have a view-only link to a job that was posted from this data folder.
pub fn is_shared(data: &Path, job: JobId) -> bool {
    JobFolder::at(data, job).has_view()
}

async fn told(stop: &mut watch::Receiver<bool>) {
    // When nobody is left who could say stop, this never ends.
    if stop.wait_for(|stop| *stop).await.is_err() {
        std::future::pending::<()>().await;
    }
}

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    fill_random(&mut bytes);
    bytes
}
