//! Posting a job: its scenes are sealed and sent first, and nothing that was sent is forgotten before it is known that it was for nothing.

use std::time::Duration;

use frame::{BlockRange, Denoise, JobId, TileGrid, TileIndex};
use tokio::sync::watch;

use super::connect::Connector;
use super::folder::{JobFolder, JobTicket};
use super::upload::{self, Bundles, SceneSource, Sealing, Uploading};
use super::{Artist, ArtistFault, FIRST_PATIENCE, JobSpec, random, told};
use crate::link::LinkFault;
use crate::order::JobOrder;
use crate::result::ResultShape;
use crate::seal::JobSecret;
use crate::wire::{Bounded, JobPost, JobShape, OBJECT_BYTES_MAX, Request, ShapeDraft};

/// How long the answer to a post that was sent is waited for after a stop: whether the job is there decides what can be said of it.
const STOP_PATIENCE: Duration = Duration::from_secs(3);

impl Artist {
    /// Seals and uploads the scenes, then posts the job; `hears` what happens meanwhile.
    ///
    /// # Errors
    /// As [`Self::submit_until`].
    pub async fn submit(
        &self,
        spec: JobSpec,
        scene_of: SceneSource,
        hears: impl FnMut(Uploading),
    ) -> Result<JobId, ArtistFault> {
        // Nobody is left who could say stop.
        let (_, stop) = watch::channel(false);
        self.submit_until(spec, scene_of, hears, stop).await
    }

    /// The same, until `stop` says so. A stop that comes when the job is posted comes too late.
    ///
    /// # Errors
    /// See [`ArtistFault`]: at [`ArtistFault::Unheard`] the job may be there, and its folder is; else nothing is left of it.
    pub async fn submit_until(
        &self,
        spec: JobSpec,
        scene_of: SceneSource,
        hears: impl FnMut(Uploading),
        mut stop: watch::Receiver<bool>,
    ) -> Result<JobId, ArtistFault> {
        // Before anything is sent.
        spec.shape()?;
        let job = JobId(random());
        let folder = JobFolder::at(&self.data, job);
        let mut connector = Connector::new(&self.identity, &self.coordinator, Some(FIRST_PATIENCE));
        tokio::select! {
            link = connector.link() => drop(link?),
            () = told(&mut stop) => return Err(ArtistFault::NotSubmitted),
        }
        let secret = folder.create()?;
        let prepared = tokio::select! {
            prepared = self.prepare(spec, job, &secret, &mut connector, scene_of, hears) => prepared,
            () = told(&mut stop) => Err(ArtistFault::NotSubmitted),
        };
        let posted = match prepared {
            Ok(requests) => post_job(requests, &mut connector, &mut stop).await,
            Err(fault) => Err(Unposted::Surely(fault)),
        };
        match posted {
            Ok(()) => Ok(job),
            Err(Unposted::Surely(fault)) => {
                // Nothing was posted under this name, so nothing can ever be collected with this secret.
                folder.remove()?;
                Err(fault)
            }
            Err(Unposted::Perhaps(fault)) => Err(ArtistFault::Unheard { job, fault }),
        }
    }

    async fn prepare(
        &self,
        mut spec: JobSpec,
        job: JobId,
        secret: &JobSecret,
        connector: &mut Connector<'_>,
        scene_of: SceneSource,
        hears: impl FnMut(Uploading),
    ) -> Result<Vec<Request>, ArtistFault> {
        let referral = match spec.referee {
            // Before a scene is sent to be rendered on terms that cannot be had.
            Some(referee) => Some(self.brief(referee, job, secret, connector).await?),
            None => None,
        };
        let frames = match spec.one_scene {
            true => spec.frames.first().map(|frame| (*frame, None)).into_iter().collect(),
            false => spec.frames.iter().map(|frame| (*frame, Some(*frame))).collect(),
        };
        let (identity, workspace) = (self.identity.clone(), self.workspace.clone());
        let sealing = Sealing { identity, workspace, admission: secret.admission_key(), job, frames };
        let Bundles { made: bundles, left_out } = upload::upload(connector, sealing, scene_of, hears).await?;
        spec.frames.retain(|frame| left_out.binary_search(frame).is_err());
        let shape = spec.shape()?;
        let result_key = secret.result_key().public();
        let order = JobOrder::new(spec.settings, spec.margin_px, &result_key).judged_by(spec.referee);
        let order = order.seal(&self.identity, &secret.admission_key(), job);
        let post = JobPost {
            job,
            shape,
            result_key: Bounded::new(result_key.into()).map_err(|_| ArtistFault::TooMany("key bytes"))?,
            order: Bounded::new(order).map_err(|_| ArtistFault::TooMany("settings"))?,
            manifests: Bounded::new(bundles.iter().map(|bundle| bundle.manifest).collect())
                .map_err(|_| ArtistFault::TooMany("frames"))?,
            price_max: spec.price_max,
            memory_mib: spec.memory_mib,
            nodes_allowed: Bounded::new(spec.nodes).map_err(|_| ArtistFault::TooMany("nodes"))?,
        };
        let ticket = JobTicket {
            coordinator: self.coordinator.clone(),
            post,
            settings: spec.settings,
            margin_px: spec.margin_px,
            scenes: bundles.iter().map(|bundle| bundle.scene).collect(),
            exposure_scales: bundles.iter().map(|bundle| bundle.exposure_scale).collect(),
            note: spec.note,
        };
        let folder = JobFolder::at(&self.data, job);
        folder.write_ticket(&ticket)?;
        let mut requests = vec![Request::PostJob(Box::new(ticket.post))];
        if let Some(referral) = referral {
            folder.write_referral(&referral)?;
            requests.push(Request::Refer(Box::new(referral)));
        }
        Ok(requests)
    }
}

/// Whether a job that could not be posted may be there all the same.
enum Unposted {
    Surely(ArtistFault),
    /// It was sent, and nothing was heard.
    Perhaps(LinkFault),
}

/// Posts a job and names its referee; again while nothing is heard and there is patience. Saying the same twice changes nothing.
async fn post_job(
    requests: Vec<Request>,
    connector: &mut Connector<'_>,
    stop: &mut watch::Receiver<bool>,
) -> Result<(), Unposted> {
    let mut left = requests.as_slice();
    let mut is_sent = false;
    while let Some((request, rest)) = left.split_first() {
        let link = tokio::select! {
            link = connector.link() => link,
            () = told(stop) => return Err(match is_sent {
                true => Unposted::Perhaps(LinkFault::Timeout),
                false => Unposted::Surely(ArtistFault::NotSubmitted),
            }),
        };
        let fault = match link {
            Ok(link) => {
                let late = async {
                    told(stop).await;
                    tokio::time::sleep(STOP_PATIENCE).await;
                };
                let answered = tokio::select! {
                    answered = link.call(request) => answered,
                    () = late => return Err(Unposted::Perhaps(LinkFault::Timeout)),
                };
                match answered {
                    Ok(_) => {
                        (left, is_sent) = (rest, true);
                        continue;
                    }
                    Err(fault) => {
                        is_sent |= !matches!(fault, LinkFault::Refused(_));
                        tokio::select! {
                            waited = connector.failed(fault) => waited,
                            () = told(stop) => continue,
                        }
                    }
                }
            }
            Err(fault) => Err(fault),
        };
        match fault {
            Ok(()) => {}
            Err(fault) if is_sent && (is_posted(left) || !matches!(fault, LinkFault::Refused(_))) => {
                return Err(Unposted::Perhaps(fault));
            }
            Err(fault) => return Err(Unposted::Surely(fault.into())),
        }
    }
    Ok(())
}

/// Whether the job itself was taken, and only what is said of it was not.
fn is_posted(left: &[Request]) -> bool {
    !matches!(left.first(), Some(Request::PostJob(_)))
}

impl JobSpec {
    fn shape(&self) -> Result<JobShape, ArtistFault> {
        let frames = self.frames.iter().map(|frame| frame.0).collect();
        let shape = JobShape::new(ShapeDraft {
            size: self.settings.size,
            edge_px: self.edge_px,
            spp: self.settings.spp,
            frames: Bounded::new(frames).map_err(|_| ArtistFault::TooMany("frames"))?,
            whole_tiles: self.settings.denoise == Denoise::Node,
        })?;
        let bytes = self.largest_result_bytes(&shape);
        if bytes > OBJECT_BYTES_MAX - (1 << 20) {
            return Err(ArtistFault::TileTooLarge { edge_px: self.edge_px, bytes });
        }
        Ok(shape)
    }

    /// The run of blocks with the most tree nodes is all but the first and the last.
    fn largest_result_bytes(&self, shape: &JobShape) -> u64 {
        let blocks = shape.blocks();
        let whole = BlockRange { first: 0, count: blocks };
        let inner = BlockRange { first: 1, count: blocks.saturating_sub(2).max(1) };
        let grid = TileGrid::new(self.settings.size, self.edge_px, 0);
        let rect = grid.rect(TileIndex(0)).expect("a grid has a first tile");
        let ranges = if blocks > 2 { vec![whole, inner] } else { vec![whole] };
        let bytes = |blocks| ResultShape::new(&self.settings, rect, blocks).size_bytes_max();
        ranges.into_iter().map(bytes).max().unwrap_or(0)
    }
}
