//! The artist's audits of one job: whose results are rendered again in parts, and what follows for a node that is caught.

use std::collections::BTreeSet;
use std::sync::{Arc, MutexGuard, PoisonError};

use frame::{FrameIndex, LeaseId, NodeId, SceneBlob, TileIndex};

use super::ArtistFault;
use super::check::{Checked, Unfit};
use super::folder::Catches;
use super::tasks::{Desk, Outcome};
use crate::audit::{Exhibit, Finding};
use crate::bundle::fetch::{FetchFault, fetch_scene};
use crate::bundle::{BundleFault, Manifest, SEALED_MANIFEST_BYTES_MAX};
use crate::link::{Link, Priority};
use crate::receipt::{Countersigned, Verdict as Judgement};
use crate::wire::{Committed, KeyGift, ObjectName, Piece, Request};

/// What a node is told whose pixels are others than those that were rendered here.
const NOT_RENDERED: &str =
    "pixels that were rendered again came out otherwise: it was not rendered as ordered";

/// Renders some pixels of a result again, where it is the turn of its node.
pub(super) async fn audit(desk: &Arc<Desk>, link: &Link, outcome: Outcome) -> Outcome {
    let (committed, mut checked) = match outcome {
        Outcome::Checked(committed, checked) => (committed, checked),
        other => return other,
    };
    let Some(auditor) = desk.auditor.clone().filter(|auditor| auditor.is_due(committed.node)) else {
        return Outcome::Checked(committed, checked);
    };
    let frame = committed.piece.frame;
    let scene = match desk.scene(link, frame).await {
        Ok(scene) => scene,
        Err(fault) => {
            checked.looked = Some(Finding::Unable(format!("the scene cannot be fetched: {fault}")));
            return Outcome::Checked(committed, checked);
        }
    };
    let Some(settings) = desk.reader.plan.settings_of(frame) else {
        return Outcome::Checked(committed, checked);
    };
    let looking = tokio::task::spawn_blocking(move || {
        let exhibit = Exhibit { frame, settings, rect: checked.rect, partials: &checked.partials };
        let found = auditor.examine(committed.node, &scene, &exhibit);
        if matches!(found, Finding::Wrong { .. }) {
            return Outcome::Unfit(committed, Unfit { verdict: Judgement::Wrong, why: NOT_RENDERED });
        }
        checked.looked = Some(found);
        Outcome::Checked(committed, checked)
    });
    looking.await.unwrap_or(Outcome::Nothing)
}

/// Looks at what a node that was caught had sent before, where nobody did.
pub(super) async fn look_back(
    desk: &Arc<Desk>,
    link: &Link,
    node: NodeId,
    looked: &BTreeSet<LeaseId>,
) -> Outcome {
    let (mut wrong, mut unable) = (Vec::new(), None);
    for lease in desk.folder.kept() {
        let is_theirs = |head: &(Committed, Countersigned)| head.0.node == node;
        if looked.contains(&lease) || !desk.folder.head_of(lease).as_ref().is_some_and(is_theirs) {
            continue;
        }
        let (Some(kept), Some(auditor)) = (desk.folder.result_of(lease), desk.auditor.clone()) else {
            continue;
        };
        let Piece { frame, tile, .. } = kept.committed.piece;
        let Some(settings) = desk.reader.plan.settings_of(frame) else { continue };
        let scene = match desk.scene(link, frame).await {
            Ok(scene) => scene,
            Err(fault) => {
                unable = Some(format!("the scene cannot be fetched: {fault}"));
                continue;
            }
        };
        let reader = desk.reader.clone();
        let looking = tokio::task::spawn_blocking(move || {
            let Checked { rect, partials, .. } = reader.check(&kept.committed, kept.sealed).ok()?;
            let exhibit = Exhibit { frame, settings, rect, partials: &partials };
            Some(auditor.examine(node, &scene, &exhibit))
        });
        match looking.await {
            Ok(Some(Finding::Wrong { .. })) => wrong.push((frame, tile)),
            Ok(Some(Finding::Unable(why))) => unable = Some(why),
            _ => {}
        }
    }
    wrong.sort();
    wrong.dedup();
    Outcome::LookedBack { node, wrong, unable }
}

impl Desk {
    /// A frame's scene, as it lies at the coordinator.
    async fn scene(&self, link: &Link, frame: FrameIndex) -> Result<SceneBlob, FetchFault> {
        let at = self.ticket.shape().frames.binary_search(&frame.0).unwrap_or_default();
        let manifests = &self.ticket.post.manifests;
        let at = if manifests.len() == 1 { 0 } else { at };
        let name = *manifests.get(at).ok_or(BundleFault::Manifest("it belongs to another frame"))?;
        // Whoever comes second finds what the first has fetched.
        let mut kept = self.scene.lock().await;
        if let Some((of, scene)) = &*kept
            && *of == name
        {
            return Ok(scene.clone());
        }
        *kept = None;
        let sealed = link.fetch(name, SEALED_MANIFEST_BYTES_MAX, Priority::Scene).await?;
        let (artist, job) = (self.identity.id(), self.ticket.job());
        let manifest = Manifest::open(&sealed, artist, &self.admission, job, frame, u64::MAX)?;
        let scene = fetch_scene(link, &manifest).await?;
        *kept = Some((name, scene.clone()));
        Ok(scene)
    }

    /// Remembers that a node was caught, also for the next run; whether it was not known before.
    pub(super) fn is_new_catch(&self, node: NodeId) -> Result<bool, ArtistFault> {
        let mut caught = self.caught();
        if caught.contains_key(&node) {
            return Ok(false);
        }
        caught.insert(node, None);
        self.folder.write_catches(&caught)?;
        Ok(true)
    }

    /// Remembers what of a caught node's results is wrong.
    pub(super) fn looked_back(
        &self,
        node: NodeId,
        wrong: &[(FrameIndex, TileIndex)],
    ) -> Result<(), ArtistFault> {
        let mut caught = self.caught();
        caught.insert(node, Some(wrong.to_vec()));
        self.folder.write_catches(&caught)
    }

    /// Whether this node was caught.
    pub(super) fn is_caught(&self, node: NodeId) -> bool {
        self.caught().contains_key(&node)
    }

    fn caught(&self) -> MutexGuard<'_, Catches> {
        self.caught.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes the job away from a node that was caught; it gets no key of it again.
pub(super) async fn turn_away(desk: &Desk, link: &Link, node: NodeId) -> Outcome {
    let gift = KeyGift { job: desk.ticket.job(), node, descriptor: ObjectName::of(&[]), wrapped: None };
    if let Err(fault) = link.call(&Request::GiveKey(Box::new(gift))).await {
        // Everything that still comes from it is looked at.
        tracing::debug!(%fault, "a node was not turned away");
    }
    Outcome::Nothing
}
