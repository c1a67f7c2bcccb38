//! A job's folder on the artist's disk: its secret, what it is about, and every result that was collected.
//!
//! Results lie here as they came, sealed; the secret that opens them lies beside them, readable by the owner only. With this folder a killed
//! program goes on where it was.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use frame::{FrameIndex, JobId, LeaseId, NodeId, RenderSettings, SceneId, TileIndex};
use serde::{Deserialize, Serialize};

use super::{ArtistFault, JobPlan};
use crate::identity::{CoordinatorAddress, PrivateFile};
use crate::receipt::Countersigned;
use crate::seal::{JobSecret, ViewSecret};
use crate::whole_file::write_whole;
use crate::wire::{Committed, JobPost, JobShape, Referral};

/// Two receipts, a pseudonym link and a few numbers are far below this.
const HEAD_BYTES_MAX: u64 = 1 << 20;
/// The file of a view-only link's secret.
const VIEW: &str = "view.key";
/// The file that says who judges what is refused.
const REFERRAL: &str = "referral";

/// What an artist's program remembers of a job that it posted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JobTicket {
    /// Where it was posted.
    pub coordinator: CoordinatorAddress,
    /// As it was posted.
    pub post: JobPost,
    /// How it is rendered; each frame has an exposure scale of its own ([`JobPlan::settings_of`]).
    pub settings: RenderSettings,
    /// Pixels around each tile that a denoiser sees.
    pub margin_px: u32,
    /// Each frame's scene, in the order of the frames; a single one serves all.
    pub scenes: Vec<SceneId>,
    /// Each frame's exposure scale, as the scenes.
    pub exposure_scales: Vec<f32>,
    /// Anything that the program wants to find again, such as where the picture goes.
    pub note: Vec<u8>,
}

/// Nodes that were caught, each with its tiles that were taken and are wrong, in order; nothing until its earlier results were looked at.
pub(super) type Catches = BTreeMap<NodeId, Option<Vec<(FrameIndex, TileIndex)>>>;

/// A job's folder.
pub(super) struct JobFolder {
    path: PathBuf,
    durable: bool,
}

/// A collected result as it lies on disk.
pub(super) struct KeptResult {
    pub(super) committed: Committed,
    pub(super) countersigned: Countersigned,
    pub(super) sealed: Vec<u8>,
}

impl JobTicket {
    /// The job's name.
    pub fn job(&self) -> JobId {
        self.post.job
    }

    /// How much work it is.
    pub fn shape(&self) -> &JobShape {
        &self.post.shape
    }

    /// What its pictures are.
    pub fn plan(&self) -> JobPlan {
        JobPlan {
            job: self.job(),
            shape: self.shape().clone(),
            settings: self.settings,
            margin_px: self.margin_px,
            scenes: self.scenes.clone(),
            exposure_scales: self.exposure_scales.clone(),
        }
    }
}

impl JobFolder {
    /// The folder of a job below the artist's data folder.
    pub(super) fn at(data: &Path, job: JobId) -> Self {
        Self { path: data.join("jobs").join(job.to_string()), durable: true }
    }

    /// The same folder; `durable`: what is kept from now on survives this process, and a power cut.
    pub(super) fn durable(self, durable: bool) -> Self {
        Self { durable, ..self }
    }

    /// Jobs that have a folder, in the order in which they were posted.
    pub(super) fn jobs(data: &Path) -> Vec<JobId> {
        let Ok(entries) = fs::read_dir(data.join("jobs")) else { return Vec::new() };
        let dated = |entry: fs::DirEntry| {
            let job: JobId = entry.file_name().to_str()?.parse().ok()?;
            // Written once, when the job is posted.
            let ticket = fs::metadata(entry.path().join("ticket"));
            Some((ticket.and_then(|told| told.modified()).ok(), job))
        };
        let mut jobs: Vec<_> = entries.flatten().filter_map(dated).collect();
        jobs.sort();
        jobs.into_iter().map(|(_, job)| job).collect()
    }

    /// Makes the folder and the job's secret in it.
    pub(super) fn create(&self) -> Result<JobSecret, ArtistFault> {
        fs::create_dir_all(self.path.join("results")).map_err(ArtistFault::Data)?;
        let secret = JobSecret::generate();
        self.secret_file().create(secret.expose())?;
        Ok(secret)
    }

    /// The job's secret.
    pub(super) fn secret(&self) -> Result<JobSecret, ArtistFault> {
        let bytes = self.secret_file().read()?.ok_or(ArtistFault::NoSuchJob)?;
        let bytes = <[u8; 32]>::try_from(bytes.as_slice()).map_err(|_| ArtistFault::Damaged)?;
        Ok(JobSecret::from_bytes(bytes))
    }

    pub(super) fn write_ticket(&self, ticket: &JobTicket) -> Result<(), ArtistFault> {
        let bytes = postcard::to_stdvec(ticket).map_err(|_| ArtistFault::Damaged)?;
        write_whole(&self.path.join("ticket"), &[&bytes], self.durable).map_err(ArtistFault::Data)
    }

    pub(super) fn ticket(&self) -> Result<JobTicket, ArtistFault> {
        let bytes = match fs::read(self.path.join("ticket")) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Err(ArtistFault::NoSuchJob),
            Err(error) => return Err(ArtistFault::Data(error)),
        };
        postcard::from_bytes(&bytes).map_err(|_| ArtistFault::Damaged)
    }

    /// Keeps a result; it is on disk whole when this returns. What need not survive the process is not written: nobody reads it again.
    pub(super) fn keep(&self, result: &KeptResult) -> Result<(), ArtistFault> {
        if !self.durable {
            return Ok(());
        }
        let head = postcard::to_stdvec(&(&result.committed, &result.countersigned));
        let head = head.map_err(|_| ArtistFault::Damaged)?;
        let length = (head.len() as u32).to_le_bytes();
        let path = self.result(result.committed.lease);
        write_whole(&path, &[&length, &head, &result.sealed], self.durable).map_err(ArtistFault::Data)
    }

    /// The leases of which results are kept.
    pub(super) fn kept(&self) -> Vec<LeaseId> {
        let Ok(entries) = fs::read_dir(self.path.join("results")) else { return Vec::new() };
        let lease = |entry: fs::DirEntry| {
            let name = entry.file_name().into_string().ok()?;
            name.strip_suffix(".tile")?.parse().ok().map(LeaseId)
        };
        let mut leases: Vec<LeaseId> = entries.flatten().filter_map(lease).collect();
        leases.sort();
        leases
    }

    /// A kept result; `None` when it is damaged.
    pub(super) fn result_of(&self, lease: LeaseId) -> Option<KeptResult> {
        let bytes = fs::read(self.result(lease)).ok()?;
        let (length, rest) = bytes.split_first_chunk::<4>()?;
        let (head, sealed) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
        let (committed, countersigned) = postcard::from_bytes::<(Committed, Countersigned)>(head).ok()?;
        Some(KeptResult { committed, countersigned, sealed: sealed.to_vec() })
    }

    /// What is kept of a result without the result itself: what it is about and the artist's word on it. `None` when it is damaged.
    pub(super) fn head_of(&self, lease: LeaseId) -> Option<(Committed, Countersigned)> {
        let mut file = fs::File::open(self.result(lease)).ok()?;
        let mut length = [0; 4];
        file.read_exact(&mut length).ok()?;
        let length = u64::from(u32::from_le_bytes(length));
        let mut head = Vec::new();
        file.take(length.min(HEAD_BYTES_MAX)).read_to_end(&mut head).ok()?;
        postcard::from_bytes(&head).ok()
    }

    /// Nodes that were caught in earlier runs; none where that does not read back: they are caught again.
    pub(super) fn catches(&self) -> Catches {
        let bytes = fs::read(self.path.join("caught")).unwrap_or_default();
        postcard::from_bytes(&bytes).unwrap_or_default()
    }

    pub(super) fn write_catches(&self, catches: &Catches) -> Result<(), ArtistFault> {
        if !self.durable {
            return Ok(());
        }
        let bytes = postcard::to_stdvec(catches).map_err(|_| ArtistFault::Damaged)?;
        write_whole(&self.path.join("caught"), &[&bytes], self.durable).map_err(ArtistFault::Data)
    }

    /// Who judges what is refused in the job; nothing where nobody does.
    pub(super) fn referral(&self) -> Result<Option<Referral>, ArtistFault> {
        match fs::read(self.path.join(REFERRAL)) {
            Ok(bytes) => postcard::from_bytes(&bytes).map(Some).map_err(|_| ArtistFault::Damaged),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(ArtistFault::Data(error)),
        }
    }

    pub(super) fn write_referral(&self, referral: &Referral) -> Result<(), ArtistFault> {
        let bytes = postcard::to_stdvec(referral).map_err(|_| ArtistFault::Damaged)?;
        write_whole(&self.path.join(REFERRAL), &[&bytes], self.durable).map_err(ArtistFault::Data)
    }

    pub(super) fn discard(&self, lease: LeaseId) {
        if let Err(error) = fs::remove_file(self.result(lease)) {
            tracing::debug!(%error, lease = lease.0, "kept result");
        }
    }

    /// Removes the folder with everything in it.
    pub(super) fn remove(&self) -> Result<(), ArtistFault> {
        match fs::remove_dir_all(&self.path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(ArtistFault::Data(error)),
            _ => Ok(()),
        }
    }

    /// The secret of the job's view-only link; nothing while there is none.
    pub(super) fn view(&self) -> Result<Option<ViewSecret>, ArtistFault> {
        let Some(bytes) = self.view_file().read()? else { return Ok(None) };
        let bytes = <[u8; 32]>::try_from(bytes.as_slice()).map_err(|_| ArtistFault::Damaged)?;
        Ok(Some(ViewSecret::from_bytes(bytes)))
    }

    /// Whether there is one, without reading it.
    pub(super) fn has_view(&self) -> bool {
        self.path.join(VIEW).is_file()
    }

    /// Makes the secret of a view-only link.
    pub(super) fn create_view(&self) -> Result<ViewSecret, ArtistFault> {
        let secret = ViewSecret::generate();
        self.view_file().create(secret.expose())?;
        Ok(secret)
    }

    /// Removes it, where there is one.
    pub(super) fn remove_view(&self) -> Result<(), ArtistFault> {
        match fs::remove_file(self.path.join(VIEW)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(ArtistFault::Data(error)),
            _ => Ok(()),
        }
    }

    fn secret_file(&self) -> PrivateFile {
        PrivateFile::new(self.path.join("secret.key"))
    }

    fn view_file(&self) -> PrivateFile {
        PrivateFile::new(self.path.join(VIEW))
    }

    fn result(&self, lease: LeaseId) -> PathBuf {
        self.path.join("results").join(format!("{}.tile", lease.0))
    }
}
