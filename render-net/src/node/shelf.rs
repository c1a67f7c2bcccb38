//! What a node has open: the terms of its jobs and the scenes that it rendered last, in memory only.

use std::collections::VecDeque;

use frame::noisy::MARGIN_PX_MAX;
use frame::{JobId, NodeId, RenderSettings, SceneBlob};

use super::demand::Demand;
use crate::bundle::fetch::{FetchFault, fetch_scene};
use crate::bundle::{BundleFault, Manifest, SEALED_MANIFEST_BYTES_MAX};
use crate::identity::{Identity, WrappedKeys, unwrap_keys};
use crate::link::{Link, LinkFault, Priority};
use crate::order::{JobOrder, OrderFault};
use crate::seal::{EnvelopePublic, ObjectKey, SealFault};
use crate::wire::{JobTerms, Lease, ObjectName, Request, Response};

/// Jobs whose terms are kept.
const JOBS_MAX: usize = 32;

/// Open jobs and scenes, the last used at the end.
pub(super) struct Shelf {
    jobs: VecDeque<(JobId, OpenJob)>,
    scenes: VecDeque<(ObjectName, OpenScene)>,
    scenes_bytes_max: u64,
    demand: Demand,
    fetched_bytes: u64,
}

/// A job's terms, opened.
#[derive(Clone)]
pub(super) struct OpenJob {
    pub(super) artist: NodeId,
    pub(super) order: JobOrder,
    pub(super) result_key: EnvelopePublic,
    admission: ObjectKey,
}

/// A frame's scene, and how the frame is rendered.
#[derive(Clone)]
pub(super) struct OpenScene {
    pub(super) scene: SceneBlob,
    pub(super) settings: RenderSettings,
}

/// Why a lease cannot be worked on.
#[derive(Debug, thiserror::Error)]
pub(super) enum ShelfFault {
    #[error(transparent)]
    Link(#[from] LinkFault),
    #[error(transparent)]
    Bundle(#[from] BundleFault),
    #[error(transparent)]
    Order(#[from] OrderFault),
    #[error("the job's key does not open: {0}")]
    Key(#[from] SealFault),
    #[error("the lease does not fit its job's order")]
    Lease,
    #[error("the job has no referee whom this node believes")]
    Referee,
    #[error("the job pays for {paid} samples per pixel and its order asks for {asked}")]
    Samples { paid: u32, asked: u32 },
}

impl From<FetchFault> for ShelfFault {
    fn from(fault: FetchFault) -> Self {
        match fault {
            FetchFault::Link(fault) => Self::Link(fault),
            FetchFault::Bundle(fault) => Self::Bundle(fault),
        }
    }
}

impl Shelf {
    pub(super) fn new(scenes_bytes_max: u64, demand: Demand) -> Self {
        Self { jobs: VecDeque::new(), scenes: VecDeque::new(), scenes_bytes_max, demand, fetched_bytes: 0 }
    }

    /// The job's terms and the lease's scene, from memory or from the coordinator.
    pub(super) async fn open(
        &mut self,
        identity: &Identity,
        link: &Link,
        lease: &Lease,
    ) -> Result<(OpenJob, OpenScene), ShelfFault> {
        let job = self.job(identity, link, lease.job).await?;
        if !lease_fits(lease, &job.order) {
            return Err(ShelfFault::Lease);
        }
        let scene = self.scene(link, &job, lease).await?;
        Ok((job, scene))
    }

    /// Bytes of the scenes that were fetched since this was last asked.
    pub(super) fn take_fetched_bytes(&mut self) -> u64 {
        std::mem::take(&mut self.fetched_bytes)
    }

    /// Forgets a job's terms, so that they are asked for anew.
    pub(super) fn forget_job(&mut self, job: JobId) {
        self.jobs.retain(|(open, _)| *open != job);
    }

    async fn job(&mut self, identity: &Identity, link: &Link, job: JobId) -> Result<OpenJob, ShelfFault> {
        if let Some(open) = take(&mut self.jobs, &job) {
            self.jobs.push_back((job, open.clone()));
            return Ok(open);
        }
        let Response::Terms(terms) = link.call(&Request::OpenJob(job)).await? else {
            return Err(LinkFault::Protocol("terms were asked for".to_owned()).into());
        };
        let open = open_terms(identity, job, &terms)?;
        // The coordinator has been asked for no other jobs, and may have misunderstood, or been told another name.
        if !is_judged(open.order.referee, &self.demand.now()) {
            return Err(ShelfFault::Referee);
        }
        if self.jobs.len() >= JOBS_MAX {
            self.jobs.pop_front();
        }
        self.jobs.push_back((job, open.clone()));
        Ok(open)
    }

    async fn scene(&mut self, link: &Link, job: &OpenJob, lease: &Lease) -> Result<OpenScene, ShelfFault> {
        if let Some(scene) = take(&mut self.scenes, &lease.manifest) {
            self.scenes.push_back((lease.manifest, scene.clone()));
            return Ok(scene);
        }
        let sealed = link.fetch(lease.manifest, SEALED_MANIFEST_BYTES_MAX, Priority::Scene).await?;
        let (artist, limit) = (job.artist, self.scenes_bytes_max);
        let manifest = Manifest::open(&sealed, artist, &job.admission, lease.job, lease.frame, limit)?;
        self.make_room(manifest.size_bytes());
        let settings = job.order.settings.with_exposure_scale(manifest.exposure_scale());
        let settings = settings.map_err(|_| BundleFault::Manifest("its exposure is out of range"))?;
        let scene = OpenScene { scene: fetch_scene(link, &manifest).await?, settings };
        self.fetched_bytes += manifest.size_bytes();
        self.scenes.push_back((lease.manifest, scene.clone()));
        Ok(scene)
    }

    fn make_room(&mut self, bytes: u64) {
        let held = |scenes: &VecDeque<(ObjectName, OpenScene)>| -> u64 {
            scenes.iter().map(|(_, open)| open.scene.size_bytes()).sum()
        };
        while held(&self.scenes) + bytes > self.scenes_bytes_max && self.scenes.pop_front().is_some() {}
    }
}

fn open_terms(identity: &Identity, job: JobId, terms: &JobTerms) -> Result<OpenJob, ShelfFault> {
    let wrapped = postcard::from_bytes::<WrappedKeys>(&terms.wrapped).map_err(|_| SealFault::Format)?;
    let mut keys = unwrap_keys(identity, job, terms.artist, &wrapped)?.into_iter();
    let admission = keys.next().ok_or(SealFault::Format)?;
    let result_key = EnvelopePublic::try_from(terms.result_key.to_vec())?;
    let order = JobOrder::open(&terms.order, terms.artist, &admission, job, &result_key)?;
    check_samples(terms.spp, order.settings.spp)?;
    Ok(OpenJob { artist: terms.artist, order, result_key, admission })
}

/// Whether a job has a referee whom the node believes, where it asks for one.
fn is_judged(referee: Option<NodeId>, believed: &[NodeId]) -> bool {
    believed.is_empty() || referee.is_some_and(|referee| believed.contains(&referee))
}

/// Pay follows what the artist posted in the clear, work follows the sealed order: one block can be one sample or sixteen.
fn check_samples(paid: u32, asked: u32) -> Result<(), ShelfFault> {
    if paid == asked { Ok(()) } else { Err(ShelfFault::Samples { paid, asked }) }
}

/// Whether the coordinator's lease is a piece of a frame with these settings.
fn lease_fits(lease: &Lease, order: &JobOrder) -> bool {
    let end = lease.blocks.first.checked_add(lease.blocks.count);
    let blocks = frame::blocks::block_count(order.settings.spp);
    lease.rect.fits(order.settings.size)
        && lease.rect.width.max(lease.rect.height) <= *frame::TileGrid::EDGE_PX.end()
        && order.margin_px <= MARGIN_PX_MAX
        && lease.blocks.count > 0
        && end.is_some_and(|end| end <= blocks)
}

fn take<K: PartialEq, V>(entries: &mut VecDeque<(K, V)>, key: &K) -> Option<V> {
    let at = entries.iter().position(|(candidate, _)| candidate == key)?;
    entries.remove(at).map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use frame::{FrameSize, SettingsDraft};

    use super::*;
    use crate::identity::{Identity, wrap_keys};
    use crate::seal::JobSecret;
    use crate::wire::Bounded;

    #[test]
    fn who_asks_for_a_referee_wants_one_of_its_own() {
        let (one, other) = (NodeId([1; 32]), NodeId([2; 32]));
        assert!(is_judged(None, &[]) && is_judged(Some(one), &[]));
        assert!(is_judged(Some(one), &[other, one]));
        assert!(!is_judged(None, &[one]) && !is_judged(Some(other), &[one]));
    }

    #[test]
    fn an_order_for_more_samples_than_are_paid_is_refused() {
        let (artist, node, job) = (Identity::generate(), Identity::generate(), JobId([1; 16]));
        let secret = JobSecret::generate();
        let result_key = secret.result_key().public();
        let draft =
            SettingsDraft { spp: 16, ..SettingsDraft::defaults(FrameSize::new(8, 8).expect("in range")) };
        let settings = RenderSettings::new(draft).expect("valid");
        let order = JobOrder::new(settings, 0, &result_key).seal(&artist, &secret.admission_key(), job);
        let wrapped = wrap_keys(&artist, job, &node.descriptor(), &[secret.admission_key()]);
        let terms = |spp| JobTerms {
            artist: artist.id(),
            wrapped: Bounded::new(postcard::to_stdvec(&wrapped).expect("plain data")).expect("short"),
            order: Bounded::new(order.clone()).expect("short"),
            result_key: Bounded::new(result_key.clone().into()).expect("short"),
            spp,
        };
        assert!(open_terms(&node, job, &terms(16)).is_ok());
        for paid in [1, 15, 17] {
            let fault = open_terms(&node, job, &terms(paid)).err();
            let refused =
                matches!(fault, Some(ShelfFault::Samples { asked: 16, paid: told }) if told == paid);
            assert!(refused, "{fault:?}");
        }
    }
}
