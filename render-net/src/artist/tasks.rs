//! The tasks of a session: everything that waits for the coordinator or for the processor, one outcome each.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use frame::{FrameIndex, LeaseId, NodeId, SceneBlob, TileIndex};

use super::check::{Checked, ResultReader, Unfit};
use super::folder::{Catches, JobFolder, JobTicket};
use super::{ArtistFault, PreviewTile};
use crate::audit::Auditor;
use crate::identity::{Descriptor, Identity, wrap_keys};
use crate::link::{Link, LinkFault, Priority};
use crate::receipt::Verdict as Judgement;
use crate::seal::{JobSecret, ObjectKey};
use crate::wire::{
    Bounded, Candidate, Committed, Events, KeyGift, ObjectName, Piece, Referral, Refusal, Request, Response,
    Verdict, ViewEvents, artist::CANDIDATES_MAX,
};

/// Pause after a step that failed for a passing reason while the link holds.
pub(super) const AGAIN: Duration = Duration::from_millis(500);

/// What the tasks share.
pub(super) struct Desk {
    pub(super) identity: Arc<Identity>,
    pub(super) folder: JobFolder,
    pub(super) ticket: JobTicket,
    /// Who judges what is refused.
    pub(super) referral: Option<Referral>,
    pub(super) admission: ObjectKey,
    pub(super) reader: Arc<ResultReader>,
    /// Who renders some pixels again.
    pub(super) auditor: Option<Arc<Auditor>>,
    /// The scene that was looked at last, by its manifest.
    pub(super) scene: tokio::sync::Mutex<Option<(ObjectName, SceneBlob)>>,
    /// Nodes that were caught: they get no key any more.
    pub(super) caught: Mutex<Catches>,
}

impl Desk {
    pub(super) fn new(
        identity: Arc<Identity>,
        folder: JobFolder,
        ticket: JobTicket,
        secret: &JobSecret,
        auditor: Option<Arc<Auditor>>,
    ) -> Result<Self, ArtistFault> {
        Ok(Self {
            reader: Arc::new(ResultReader { plan: ticket.plan(), key: secret.result_key() }),
            admission: secret.admission_key(),
            scene: tokio::sync::Mutex::default(),
            caught: Mutex::new(folder.catches()),
            referral: folder.referral()?,
            identity,
            folder,
            ticket,
            auditor,
        })
    }
}

/// What a task brings back.
pub(super) enum Outcome {
    Events(Result<Box<Events>, LinkFault>),
    Seen(Result<Box<ViewEvents>, LinkFault>),
    Checked(Box<Committed>, Box<Checked>),
    Unfit(Box<Committed>, Unfit),
    NotFetched(LeaseId),
    Confirmed(LeaseId, bool),
    Preview(Option<Box<PreviewTile>>),
    Keys(Result<(), LinkFault>),
    /// Tiles of a node that were taken and are wrong, and why some could not be looked at.
    LookedBack {
        node: NodeId,
        wrong: Vec<(FrameIndex, TileIndex)>,
        unable: Option<String>,
    },
    Nothing,
}

/// Asks what happened to a job; after a fault with a pause before it.
pub(super) async fn ask_events(link: &Link, request: Request, pause: bool) -> Outcome {
    if pause {
        tokio::time::sleep(AGAIN).await;
    }
    Outcome::Events(match link.call(&request).await {
        Ok(Response::Events(events)) => Ok(events),
        Ok(_) => Err(LinkFault::Protocol("events were asked for".to_owned())),
        Err(fault) => Err(fault),
    })
}

/// The same for somebody who looks on.
pub(super) async fn ask_seen(link: &Link, request: Request, pause: bool) -> Outcome {
    if pause {
        tokio::time::sleep(AGAIN).await;
    }
    Outcome::Seen(match link.call(&request).await {
        Ok(Response::Seen(seen)) => Ok(seen),
        Ok(_) => Err(LinkFault::Protocol("a view was asked for".to_owned())),
        Err(fault) => Err(fault),
    })
}

/// Refuses a coordinator that leaves out what happened.
pub(super) fn gap() -> LinkFault {
    LinkFault::Protocol("it leaves out what happened to the job".to_owned())
}

/// Gives the admission key to every candidate that the artist admits, and turns the others away. A fault comes after a pause: they are given again.
pub(super) async fn give_keys(desk: &Desk, link: &Link) -> Result<(), LinkFault> {
    let given = give_keys_once(desk, link).await;
    let given = given.and_then(|Given { refused, .. }| refused.map_or(Ok(()), |refusal| Err(refusal.into())));
    if given.is_err() {
        tokio::time::sleep(AGAIN).await;
    }
    given
}

/// What became of those who asked.
pub(super) struct Given {
    /// Who has the key.
    pub(super) admitted: Vec<NodeId>,
    /// Why somebody has none yet and may have it next time.
    refused: Option<Refusal>,
}

/// The same without a pause.
pub(super) async fn give_keys_once(desk: &Desk, link: &Link) -> Result<Given, LinkFault> {
    let job = desk.ticket.job();
    let mut seen = BTreeSet::new();
    let mut given = Given { admitted: Vec::new(), refused: None };
    loop {
        let Response::Candidates(candidates) = link.call(&Request::Candidates(job)).await? else {
            return Err(LinkFault::Protocol("candidates were asked for".to_owned()));
        };
        let fresh: Vec<&Candidate> =
            candidates.iter().filter(|candidate| seen.insert(candidate.node)).collect();
        if fresh.is_empty() {
            break;
        }
        for candidate in fresh {
            let descriptor = ObjectName::of(&candidate.descriptor);
            let wrapped = admit(desk, candidate);
            let is_admitted = wrapped.is_some();
            let gift = KeyGift { job, node: candidate.node, descriptor, wrapped };
            match link.call(&Request::GiveKey(Box::new(gift))).await {
                Err(LinkFault::Refused(refusal)) if is_passing(&refusal) => given.refused = Some(refusal),
                Ok(_) if is_admitted => given.admitted.push(candidate.node),
                Ok(_) => {}
                Err(LinkFault::Refused(_)) => {}
                Err(fault) => return Err(fault),
            }
        }
        if candidates.len() < CANDIDATES_MAX {
            break;
        }
    }
    Ok(given)
}

/// The wrapped key for a node that may have it and whose descriptor is its own.
fn admit<const MAX: usize>(desk: &Desk, candidate: &Candidate) -> Option<Bounded<u8, MAX>> {
    let allowed = &desk.ticket.post.nodes_allowed;
    let is_allowed = allowed.is_empty() || allowed.contains(&candidate.node);
    if !is_allowed || desk.is_caught(candidate.node) {
        return None;
    }
    let Ok((descriptor, [])) = postcard::take_from_bytes::<Descriptor>(&candidate.descriptor) else {
        return None;
    };
    if descriptor.id != candidate.node || descriptor.verify().is_err() {
        return None;
    }
    let wrapped =
        wrap_keys(&desk.identity, desk.ticket.job(), &descriptor, std::slice::from_ref(&desk.admission));
    Bounded::new(postcard::to_stdvec(&wrapped).ok()?).ok()
}

/// Fetches and checks a result; what the coordinator cannot or should not have sent counts against the result.
pub(super) async fn collect(reader: &Arc<ResultReader>, link: &Link, committed: Box<Committed>) -> Outcome {
    let unreadable = |why| Unfit { verdict: Judgement::Unreadable, why };
    let limit = reader.sealed_bytes_max(&committed.piece);
    let sealed = match link.fetch(committed.result, limit, Priority::Result).await {
        Ok(sealed) => sealed,
        Err(LinkFault::Refused(Refusal::NoSuchObject)) => {
            return Outcome::Unfit(committed, unreadable("its bytes are not stored"));
        }
        Err(LinkFault::WrongContent | LinkFault::TooLarge { .. }) => {
            return Outcome::Unfit(committed, unreadable("its bytes are not what was announced"));
        }
        Err(_) => {
            tokio::time::sleep(AGAIN).await;
            return Outcome::NotFetched(committed.lease);
        }
    };
    let reader = reader.clone();
    let checking = tokio::task::spawn_blocking(move || match reader.check(&committed, sealed) {
        Ok(checked) => Outcome::Checked(committed, Box::new(checked)),
        Err(unfit) => Outcome::Unfit(committed, unfit),
    });
    checking.await.unwrap_or(Outcome::Nothing)
}

/// Says what was found of a result; false when it must be said again.
pub(super) async fn judge(link: &Link, verdict: Verdict) -> Outcome {
    let lease = verdict.lease;
    let heard = match link.call(&Request::Verdict(Box::new(verdict))).await {
        Ok(_) => true,
        // It was settled without us, or the lease is gone: there is nothing left to say.
        Err(LinkFault::Refused(refusal)) => !is_passing(&refusal),
        Err(_) => false,
    };
    if !heard {
        tokio::time::sleep(AGAIN).await;
    }
    Outcome::Confirmed(lease, heard)
}

/// Whether asking again can help.
fn is_passing(refusal: &Refusal) -> bool {
    matches!(refusal, Refusal::Busy { .. } | Refusal::Failed | Refusal::NoRoom)
}

pub(super) async fn fetch_preview(
    reader: &ResultReader,
    link: &Link,
    shown: Committed,
) -> Option<Box<PreviewTile>> {
    let limit = reader.sealed_bytes_max(&shown.piece);
    let sealed = link.fetch(shown.result, limit, Priority::Preview).await.ok()?;
    let sums = reader.open_preview(&shown, &sealed)?;
    let Piece { frame, tile, blocks } = shown.piece;
    Some(Box::new(PreviewTile { frame, tile, blocks, sums }))
}

/// A preview is named like a result, without receipt.
pub(super) fn preview_of(lease: LeaseId, node: NodeId, piece: Piece, result: ObjectName) -> Committed {
    let (receipt, link) = (Bounded::default(), Bounded::default());
    Committed { lease, node, piece, result, receipt, link, amount: 0 }
}
