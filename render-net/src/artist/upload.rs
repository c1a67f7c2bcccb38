//! Sealing a job's scenes and bringing them to the coordinator, one frame after the other.
//!
//! Scenes are made, sealed and sent as in a pipe, so that of twenty-four scenes one lies in memory. Chunks that the coordinator already has are not sent again.

use std::sync::Arc;

use frame::{FrameIndex, JobId, SceneBlob, SceneId};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::connect::Connector;
use super::{ArtistFault, FIRST_PATIENCE};
use crate::bundle::{BundleFor, BundleMaker};
use crate::identity::Identity;
use crate::link::{Link, LinkFault, Priority};
use crate::seal::{ObjectKey, WorkspaceSecret};
use crate::wire::{Bounded, ObjectName, Request, Response};

/// Chunks that are asked about at once.
const BATCH_CHUNKS: usize = 32;
/// Chunks that are sent at once. Each has to keep the pace that is asked of any transfer (`link::limits`): a line of 128 kbit/s carries seven.
const CHUNKS_AT_ONCE: usize = 4;

/// What one frame shows.
#[derive(Debug)]
pub struct FrameScene {
    /// The packed scene.
    pub scene: SceneBlob,
    /// The exposure scale at which it is denoised: one number for the whole frame, settled before the first tile is leased.
    pub exposure_scale: f32,
}

/// What happens while scenes are sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Uploading {
    /// So much is there.
    Sent(Uploaded),
    /// A frame's scene cannot be made: the frame is no part of the job.
    LeftOut {
        /// Which frame.
        frame: FrameIndex,
        /// As whoever makes scenes says it.
        why: String,
    },
}

/// Makes the scene of a frame; says in a sentence what is wrong when it cannot.
pub type SceneSource = Box<dyn FnMut(FrameIndex) -> Result<FrameScene, String> + Send>;

/// What was uploaded so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Uploaded {
    /// Scenes that are there completely.
    pub scenes: u32,
    /// Sealed bytes that were sent.
    pub sent_bytes: u64,
    /// Sealed bytes that were there already.
    pub known_bytes: u64,
}

/// What sealing a job's scenes takes.
pub(super) struct Sealing {
    pub(super) identity: Arc<Identity>,
    pub(super) workspace: WorkspaceSecret,
    pub(super) admission: ObjectKey,
    pub(super) job: JobId,
    /// The frames whose scenes are wanted; `None` for the one scene of all frames, made for the first.
    pub(super) frames: Vec<(FrameIndex, Option<FrameIndex>)>,
}

enum Sealed {
    Chunk(ObjectName, Vec<u8>),
    Manifest { scene: SceneId, exposure_scale: f32, bytes: Vec<u8> },
    LeftOut(FrameIndex, String),
    Fault(String),
}

/// Everything that could be uploaded.
#[derive(Default)]
pub(super) struct Bundles {
    /// In the order of the frames.
    pub(super) made: Vec<Bundle>,
    /// Frames that have none, ascending.
    pub(super) left_out: Vec<FrameIndex>,
}

/// A scene that is there, ready to be rendered.
pub(super) struct Bundle {
    pub(super) manifest: ObjectName,
    pub(super) scene: SceneId,
    pub(super) exposure_scale: f32,
}

/// Uploads all scenes, in the order of the frames. Of several, those that cannot be made are told and left out.
pub(super) async fn upload(
    connector: &mut Connector<'_>,
    sealing: Sealing,
    mut scene_of: SceneSource,
    mut told: impl FnMut(Uploading),
) -> Result<Bundles, ArtistFault> {
    let (sealed, mut arriving) = mpsc::channel(BATCH_CHUNKS);
    let maker = tokio::task::spawn_blocking(move || {
        if let Err(fault) = sealing.run(&mut scene_of, &sealed) {
            let _ = sealed.blocking_send(Sealed::Fault(fault));
        }
    });
    let (mut bundles, mut first_why) = (Bundles::default(), None);
    let mut batch = Vec::new();
    let mut uploaded = Uploaded::default();
    while let Some(item) = arriving.recv().await {
        match item {
            Sealed::Chunk(name, bytes) => {
                batch.push((name, Arc::new(bytes)));
                if batch.len() < BATCH_CHUNKS {
                    continue;
                }
                send_batch(connector, &mut batch, &mut uploaded).await?;
            }
            Sealed::Manifest { scene, exposure_scale, bytes } => {
                let manifest = ObjectName::of(&bytes);
                batch.push((manifest, Arc::new(bytes)));
                send_batch(connector, &mut batch, &mut uploaded).await?;
                bundles.made.push(Bundle { manifest, scene, exposure_scale });
                uploaded.scenes += 1;
            }
            Sealed::LeftOut(frame, why) => {
                bundles.left_out.push(frame);
                first_why.get_or_insert_with(|| why.clone());
                told(Uploading::LeftOut { frame, why });
                continue;
            }
            Sealed::Fault(why) => return Err(ArtistFault::Scene(why)),
        }
        told(Uploading::Sent(uploaded));
    }
    maker.await.map_err(|_| ArtistFault::Scene("the scene could not be prepared".to_owned()))?;
    if let Some(why) = first_why.filter(|_| bundles.made.is_empty()) {
        return Err(ArtistFault::Scene(why));
    }
    Ok(bundles)
}

impl Sealing {
    fn run(&self, scene_of: &mut SceneSource, out: &mpsc::Sender<Sealed>) -> Result<(), String> {
        const GONE: &str = "the upload was stopped";
        for (frame, only) in &self.frames {
            let FrameScene { scene, exposure_scale } = match scene_of(*frame) {
                Ok(shown) => shown,
                // A single scene is all that there is.
                Err(why) if self.frames.len() == 1 => return Err(why),
                Err(why) => {
                    out.blocking_send(Sealed::LeftOut(*frame, why)).map_err(|_| GONE.to_owned())?;
                    continue;
                }
            };
            let maker = BundleMaker::new(&self.workspace, &scene).map_err(|fault| fault.to_string())?;
            let to = BundleFor { job: self.job, frame: *only, exposure_scale };
            let draft = maker.chunks(to, |name, bytes| {
                out.blocking_send(Sealed::Chunk(name, bytes)).map_err(|_| GONE.to_owned())
            })?;
            let bytes = draft.seal(&self.identity, &self.admission).map_err(|fault| fault.to_string())?;
            let manifest = Sealed::Manifest { scene: scene.id(), exposure_scale, bytes };
            out.blocking_send(manifest).map_err(|_| GONE.to_owned())?;
        }
        Ok(())
    }
}

type Batch = Vec<(ObjectName, Arc<Vec<u8>>)>;

/// Sends what the coordinator lacks; after a lost link, asks again and sends the rest.
async fn send_batch(
    connector: &mut Connector<'_>,
    batch: &mut Batch,
    uploaded: &mut Uploaded,
) -> Result<(), ArtistFault> {
    loop {
        let link = connector.link().await?;
        match send_missing(&link, batch).await {
            Ok(sent_bytes) => {
                let all: u64 = batch.iter().map(|(_, bytes)| bytes.len() as u64).sum();
                uploaded.sent_bytes += sent_bytes;
                uploaded.known_bytes += all.saturating_sub(sent_bytes);
                batch.clear();
                connector.went_well(Some(FIRST_PATIENCE));
                return Ok(());
            }
            Err(fault) => connector.failed(fault).await?,
        }
    }
}

async fn send_missing(link: &Link, batch: &Batch) -> Result<u64, LinkFault> {
    let names = Bounded::cut(batch.iter().map(|(name, _)| *name).collect());
    let Response::Missing(missing) = link.call(&Request::Missing(names)).await? else {
        return Err(LinkFault::Protocol("missing objects were asked for".to_owned()));
    };
    let mut sent_bytes = 0;
    let mut sending = JoinSet::new();
    for (_, bytes) in batch.iter().filter(|(name, _)| missing.contains(name)) {
        if sending.len() >= CHUNKS_AT_ONCE {
            sent_bytes += finished(sending.join_next().await)?;
        }
        let (link, bytes) = (link.clone(), bytes.clone());
        sending.spawn(async move { link.put(&bytes, Priority::Scene).await.map(|_| bytes.len() as u64) });
    }
    while !sending.is_empty() {
        sent_bytes += finished(sending.join_next().await)?;
    }
    Ok(sent_bytes)
}

type Joined = Option<Result<Result<u64, LinkFault>, tokio::task::JoinError>>;

fn finished(joined: Joined) -> Result<u64, LinkFault> {
    match joined {
        Some(Ok(result)) => result,
        Some(Err(error)) => Err(LinkFault::Lost { why: error.to_string() }),
        None => Ok(0),
    }
}
