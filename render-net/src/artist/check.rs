//! Whether finished work is what it says: opened, compared with its receipt, and found to be a possible picture.
//!
//! Nothing that the coordinator or a node says is taken for granted here except the size of the job, which is the artist's own.

use frame::{Partial, Plane, TilePlanes, TileRect};

use super::JobPlan;
use crate::audit::Finding;
use crate::identity::PseudonymLink;
use crate::receipt::{Commitment, SignedReceipt, Verdict, settings_hash};
use crate::result::{ResultFault, ResultShape};
use crate::seal::{EnvelopeSecret, SealContext, TileBinding, open_from, sealed_size_bytes};
use crate::wire::{Committed, ObjectName, Piece};

/// Bytes of an encapsulated key and more, before a sealed result.
const ENVELOPE_BYTES: u64 = 4096;

/// Work that passed every check.
pub(crate) struct Checked {
    pub(crate) rect: TileRect,
    pub(crate) partials: Vec<Partial>,
    pub(super) receipt: SignedReceipt,
    pub(super) sealed: Vec<u8>,
    /// What its pixels were found to be, where some were rendered again.
    pub(super) looked: Option<Finding>,
}

/// Work that did not.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Unfit {
    /// For the countersigned verdict.
    pub(crate) verdict: Verdict,
    /// In a sentence.
    pub(crate) why: &'static str,
}

/// Reads a job's results, and refuses what is not one.
pub(crate) struct ResultReader {
    /// What the job's pictures are.
    pub(crate) plan: JobPlan,
    /// Opens what nodes sealed for the job.
    pub(crate) key: EnvelopeSecret,
}

impl ResultReader {
    /// The largest sealed object that a piece can have.
    pub(crate) fn sealed_bytes_max(&self, piece: &Piece) -> u64 {
        self.shape(piece).map_or(0, |shape| sealed_size_bytes(shape.size_bytes_max()) + ENVELOPE_BYTES)
    }

    /// Opens and checks a result.
    pub(crate) fn check(&self, committed: &Committed, sealed: Vec<u8>) -> Result<Checked, Unfit> {
        let unreadable = |why| Unfit { verdict: Verdict::Unreadable, why };
        let piece = &committed.piece;
        let shape = self.shape(piece).ok_or(unreadable("it is not a piece of this job"))?;
        let binding = self.binding(committed, shape.rect).ok_or(unreadable("its frame is unknown"))?;
        let settings = self.plan.settings_of(piece.frame).ok_or(unreadable("its frame is unknown"))?;
        let signed = SignedReceipt::from_bytes(&committed.receipt)
            .map_err(|_| unreadable("its receipt is damaged"))?;
        let receipt = signed.verify().map_err(|_| unreadable("its receipt is not signed"))?;
        if !self.is_claimed(committed, &signed) {
            return Err(unreadable("its receipt is not the node's"));
        }
        let samples = self.plan.shape.samples(piece.tile, piece.blocks);
        let same_work = receipt.is_about(&binding, committed.result)
            && receipt.settings == settings_hash(&settings)
            && receipt.samples == samples;
        if !same_work {
            return Err(unreadable("its receipt is about other work"));
        }
        if ObjectName::of(&sealed) != committed.result {
            return Err(unreadable("its bytes were changed"));
        }
        let bytes = open_from(&self.key, &SealContext::Tile(binding), &sealed, shape.size_bytes_max())
            .map_err(|_| unreadable("it does not open"))?;
        let partials = shape.decode(&bytes).map_err(|fault| match fault {
            ResultFault::Size => unreadable("it has the wrong size"),
            ResultFault::NotFinite | ResultFault::Impossible => {
                Unfit { verdict: Verdict::Impossible, why: "it holds values that no picture has" }
            }
        })?;
        if Commitment::of(&partials).root() != receipt.commit_root {
            return Err(unreadable("it is not what the node committed to"));
        }
        Ok(Checked { rect: shape.rect, partials, receipt: signed, sealed, looked: None })
    }

    /// Opens a preview: sums over its blocks.
    pub(super) fn open_preview(&self, shown: &Committed, sealed: &[u8]) -> Option<TilePlanes> {
        let rect = self.shape(&shown.piece)?.rect;
        let binding = self.binding(shown, rect)?;
        let planes = self.plan.settings.preview_planes();
        let limit = TilePlanes::glance_bytes(rect, planes) as u64;
        let bytes = open_from(&self.key, &SealContext::Preview(binding), sealed, limit).ok()?;
        let samples = shown.piece.blocks.samples(self.plan.shape.spp).len() as u32;
        let planes = TilePlanes::from_glance(rect, planes, samples, &bytes)?;
        let has_coverage = planes.plane(Plane::Alpha).is_some();
        (has_coverage && planes.is_finite()).then_some(planes)
    }

    /// Whether the node that the coordinator names has itself claimed the pseudonym on the receipt.
    fn is_claimed(&self, committed: &Committed, signed: &SignedReceipt) -> bool {
        let Ok((link, [])) = postcard::take_from_bytes::<PseudonymLink>(&committed.link) else {
            return false;
        };
        (link.id, link.job, link.pseudonym) == (committed.node, self.plan.job, signed.pseudonym())
            && link.verify().is_ok()
    }

    fn shape(&self, piece: &Piece) -> Option<ResultShape> {
        let samples = self.plan.shape.samples(piece.tile, piece.blocks);
        let rect = self.plan.shape.grid().rect(piece.tile).filter(|_| samples > 0)?;
        Some(ResultShape::new(&self.plan.settings, rect, piece.blocks))
    }

    fn binding(&self, committed: &Committed, rect: TileRect) -> Option<TileBinding> {
        let Piece { frame, tile, blocks } = committed.piece;
        let scene = self.plan.scene(frame)?;
        let (lease, node) = (committed.lease, committed.node);
        Some(TileBinding { job: self.plan.job, frame, tile, rect, blocks, lease, node, scene })
    }
}

#[cfg(test)]
pub(super) mod tests;
