//! Posting a job: its scenes are sealed and sent first, and nothing that was sent is forgotten before it is known that it was for nothing.

use frame::{BlockRange, Denoise, JobId, TileGrid, TileIndex};

use super::connect::Connector;
use super::folder::{JobFolder, JobTicket};
use super::upload::{self, SceneSource, Sealing, Uploaded};
use super::{Artist, ArtistFault, FIRST_PATIENCE, JobSpec, random};
use crate::link::LinkFault;
use crate::order::JobOrder;
use crate::result::ResultShape;
use crate::seal::JobSecret;
use crate::wire::{Bounded, JobPost, JobShape, OBJECT_BYTES_MAX, Request, ShapeDraft};

impl Artist {
    /// Seals and uploads the scenes, then posts the job; `told` hears how far the upload is.
    pub async fn submit(
        &self,
        spec: JobSpec,
        scene_of: SceneSource,
        told: impl FnMut(Uploaded),
    ) -> Result<JobId, ArtistFault> {
        let shape = spec.shape()?;
        let job = JobId(random());
        let folder = JobFolder::at(&self.data, job);
        let mut connector = Connector::new(&self.identity, &self.coordinator, Some(FIRST_PATIENCE));
        connector.link().await?;
        let secret = folder.create()?;
        let prepared = self.prepare(spec, shape, job, &secret, &mut connector, scene_of, told).await;
        let posted = match prepared {
            Ok(post) => post_job(post, &mut connector).await,
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

    #[expect(
        clippy::too_many_arguments,
        reason = "one step of submit, split off so that its failure is cleaned up in one place"
    )]
    async fn prepare(
        &self,
        spec: JobSpec,
        shape: JobShape,
        job: JobId,
        secret: &JobSecret,
        connector: &mut Connector<'_>,
        scene_of: SceneSource,
        told: impl FnMut(Uploaded),
    ) -> Result<JobPost, ArtistFault> {
        let frames = match spec.one_scene {
            true => spec.frames.first().map(|frame| (*frame, None)).into_iter().collect(),
            false => spec.frames.iter().map(|frame| (*frame, Some(*frame))).collect(),
        };
        let (identity, workspace) = (self.identity.clone(), self.workspace.clone());
        let sealing = Sealing { identity, workspace, admission: secret.admission_key(), job, frames };
        let bundles = upload::upload(connector, sealing, scene_of, told).await?;
        let result_key = secret.result_key().public();
        let order = JobOrder::new(spec.settings, spec.margin_px, &result_key);
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
        JobFolder::at(&self.data, job).write_ticket(&ticket)?;
        Ok(ticket.post)
    }
}

/// Whether a job that could not be posted may be there all the same.
enum Unposted {
    Surely(ArtistFault),
    /// It was sent, and nothing was heard.
    Perhaps(LinkFault),
}

/// Posts a job; again while nothing is heard and there is patience.
async fn post_job(post: JobPost, connector: &mut Connector<'_>) -> Result<(), Unposted> {
    let request = Request::PostJob(Box::new(post));
    let mut is_sent = false;
    loop {
        let fault = match connector.link().await {
            Ok(link) => match link.call(&request).await {
                Ok(_) => return Ok(()),
                Err(fault) => {
                    is_sent |= !matches!(fault, LinkFault::Refused(_));
                    connector.failed(fault).await
                }
            },
            Err(fault) => Err(fault),
        };
        match fault {
            Ok(()) => {}
            Err(ArtistFault::Link(fault)) if is_sent && !matches!(fault, LinkFault::Refused(_)) => {
                return Err(Unposted::Perhaps(fault));
            }
            Err(fault) => return Err(Unposted::Surely(fault)),
        }
    }
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
