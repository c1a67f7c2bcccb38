//! A prepared piece of work, and the way from its partial sums to a sealed result with a receipt.

use std::sync::Arc;

use frame::{AdapterCard, BlockRange, Partial, RenderSettings, SceneBlob, TileOrder, TilePlanes};

use super::outbox::Parcel;
use super::shelf::OpenJob;
use crate::identity::Identity;
use crate::receipt::{Commitment, Receipt, settings_hash};
use crate::result::{ResultShape, encode};
use crate::seal::{SealContext, TileBinding, seal_to};
use crate::wire::{Bounded, Commit, Lease, ObjectName};

/// A lease with everything that is needed to render and deliver it.
pub(super) struct Work {
    pub(super) identity: Arc<Identity>,
    pub(super) adapter: AdapterCard,
    pub(super) lease: Lease,
    pub(super) job: OpenJob,
    pub(super) scene: SceneBlob,
    /// How the lease's frame is rendered.
    pub(super) settings: RenderSettings,
}

/// When a lease was rendered, milliseconds since 1970.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    pub(super) started_ms: u64,
    pub(super) finished_ms: u64,
}

impl Work {
    /// What the renderer is asked for.
    pub(super) fn order(&self, blocks: BlockRange) -> TileOrder {
        let Lease { frame, rect, .. } = self.lease;
        TileOrder { frame, rect, margin_px: self.job.order.margin_px, blocks, settings: self.settings }
    }

    /// Pixels times samples of some blocks.
    pub(super) fn samples(&self, blocks: BlockRange) -> u64 {
        self.lease.rect.pixels() as u64 * blocks.samples(self.settings.spp).len() as u64
    }

    /// Commits, seals and signs; `None` when the partial sums are not what the lease asks for.
    pub(super) fn parcel(&self, blocks: BlockRange, partials: &[Partial], span: Span) -> Option<Parcel> {
        let settings = &self.settings;
        let Lease { lease, job, frame, tile, rect, .. } = self.lease;
        let shape = ResultShape::new(settings, rect, blocks);
        if !shape.fits(partials) {
            return None;
        }
        let context = SealContext::Tile(self.binding(blocks));
        let sealed = seal_to(&self.job.result_key, &context, &encode(partials));
        let result = ObjectName::of(&sealed);
        let receipt = Receipt {
            lease,
            job,
            scene: self.scene.id(),
            frame,
            tile,
            rect,
            blocks,
            samples: self.samples(blocks),
            settings: settings_hash(settings),
            commit_root: Commitment::of(partials).root(),
            result,
            adapter: self.adapter.clone(),
            started_ms: span.started_ms,
            finished_ms: span.finished_ms,
        };
        let receipt = receipt.sign(&self.identity.pseudonym(job)).to_bytes();
        let link = postcard::to_stdvec(&self.identity.pseudonym_link(job)).ok()?;
        let (receipt, link) = (Bounded::new(receipt).ok()?, Bounded::new(link).ok()?);
        Some(Parcel { commit: Commit { lease, blocks, result, receipt, link }, sealed })
    }

    /// A sealed picture of the blocks done so far.
    pub(super) fn preview(&self, blocks: BlockRange, shown: &TilePlanes) -> Option<Vec<u8>> {
        let context = SealContext::Preview(self.binding(blocks));
        let samples = blocks.samples(self.settings.spp).len() as u32;
        Some(seal_to(&self.job.result_key, &context, &shown.to_glance(samples)?))
    }

    fn binding(&self, blocks: BlockRange) -> TileBinding {
        let Lease { job, frame, tile, rect, lease, .. } = self.lease;
        TileBinding {
            job,
            frame,
            tile,
            rect,
            blocks,
            lease,
            node: self.identity.id(),
            scene: self.scene.id(),
        }
    }
}
