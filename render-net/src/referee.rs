//! A referee: judges what artists refuse, for artist and node alike.
//!
//! An artist alone could refuse good work, and a node has no way to show that it was good without showing the scene. So an artist may name somebody whom
//! both sides can believe before any work is done, and gives that one what opens the job. What is refused then waits: the referee fetches the sealed
//! result and the scene as they lie at the coordinator, opens them, has some pixels rendered again as an artist's audit does, and signs what it found.
//! The coordinator pays or does not pay accordingly; it can read none of it. Nothing that either side claims is believed: settings and scene are
//! those that the artist signed for the nodes, the result is the one that the node signed for.
//!
//! A referee sees the scenes and pictures of the jobs that name it. Who may have that is the artist's choice, and without a choice nobody has.

mod case;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use frame::{LeaseId, NodeId, SceneBlob};
use tokio::sync::watch;

use crate::artist::connect::Connector;
use crate::audit::{Bench, Opener};
use crate::identity::{CoordinatorAddress, Identity, IdentityError};
use crate::link::{Link, LinkFault};
use crate::receipt::{Found, Ruling};
use crate::wire::{
    Attend, Bounded, Dispute, Disputes, ObjectName, Piece, Refusal, Request, Response, Rule,
    node::WAIT_MS_MAX, referee::DISPUTES_MAX,
};
use case::Stuck;

/// How long it is tried to reach a coordinator that has not answered once.
const FIRST_PATIENCE: Duration = Duration::from_secs(15);
/// Pause before what could not be judged is tried again.
const AGAIN: Duration = Duration::from_secs(10);

/// An identity that judges, at one coordinator.
pub struct Referee {
    identity: Identity,
    coordinator: CoordinatorAddress,
    scenes_bytes_max: u64,
}

/// What a referee tells people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RefereeEvent {
    /// It attends at the coordinator: artists can name it.
    Attending,
    /// The coordinator does not answer; it goes on trying.
    Disconnected {
        /// In a sentence.
        why: String,
    },
    /// It has ruled.
    Ruled {
        /// Whose work.
        node: NodeId,
        /// What.
        piece: Piece,
        /// What was found.
        found: Found,
    },
    /// It cannot judge something for now, and tries again until the time for a ruling is over.
    Unable {
        /// In a sentence.
        why: String,
    },
}

/// Why a referee cannot work at all.
#[derive(Debug, thiserror::Error)]
pub enum RefereeFault {
    /// No identity.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// The coordinator will never have this referee.
    #[error(transparent)]
    Link(#[from] LinkFault),
    /// Nothing can be rendered again here.
    #[error("{0}")]
    Renderer(String),
}

/// A running referee.
struct Court<'a> {
    referee: &'a Referee,
    bench: Arc<Mutex<Bench>>,
    /// The scene that was looked at last, by its manifest.
    scene: Option<(ObjectName, SceneBlob)>,
    /// What could not be judged, and when it is tried again.
    later: BTreeMap<LeaseId, Instant>,
    hears: &'a mut (dyn FnMut(RefereeEvent) + Send),
}

impl Referee {
    /// The referee in a data folder; its identity is made now if there is none. A scene of more than `scenes_bytes_max` bytes is not opened.
    ///
    /// # Errors
    /// The folder cannot be used.
    pub fn open(
        data: &Path,
        coordinator: CoordinatorAddress,
        scenes_bytes_max: u64,
    ) -> Result<Self, RefereeFault> {
        Ok(Self { identity: Identity::open_or_create(data)?, coordinator, scenes_bytes_max })
    }

    /// The key by which artists name it.
    pub fn id(&self) -> NodeId {
        self.identity.id()
    }

    /// Judges until `stop` says so; the renderer is opened when there is something to judge.
    ///
    /// # Errors
    /// What no waiting mends: somebody else's key, a renderer that cannot be opened or breaks.
    pub async fn run(
        &self,
        open: Opener,
        hears: &mut (dyn FnMut(RefereeEvent) + Send),
        mut stop: watch::Receiver<bool>,
    ) -> Result<(), RefereeFault> {
        let bench = Arc::new(Mutex::new(Bench::new(open)));
        let mut court = Court { referee: self, bench, scene: None, later: BTreeMap::new(), hears };
        tokio::select! {
            never = court.sit() => never,
            _ = stop.wait_for(|stop| *stop) => Ok(()),
        }
    }

    fn attend(&self, after: LeaseId, wait_ms: u32) -> Request {
        let descriptor = postcard::to_stdvec(&self.identity.descriptor());
        let descriptor = descriptor.expect("plain data of bounded size always encodes");
        Request::Attend(Box::new(Attend { descriptor: Bounded::cut(descriptor), after, wait_ms }))
    }
}

impl Court<'_> {
    /// Attends over as many links as it takes.
    async fn sit(&mut self) -> Result<(), RefereeFault> {
        let referee = self.referee;
        let mut connector = Connector::new(&referee.identity, &referee.coordinator, Some(FIRST_PATIENCE));
        let (mut is_attending, mut after) = (false, LeaseId(0));
        loop {
            let link = connector.link().await?;
            // The first answer on a link comes at once: artists can name it from then on. So do further pages.
            let wait_ms = if is_attending && after == LeaseId(0) { WAIT_MS_MAX / 2 } else { 0 };
            let heard = match link.call(&referee.attend(after, wait_ms)).await {
                Ok(Response::Disputes(disputes)) => {
                    connector.went_well(None);
                    if !std::mem::replace(&mut is_attending, true) {
                        (self.hears)(RefereeEvent::Attending);
                    }
                    self.hear(&link, disputes).await
                }
                Ok(_) => Err(LinkFault::Protocol("disputes were asked for".to_owned()).into()),
                Err(fault) => Err(fault.into()),
            };
            match heard {
                Ok(next) => after = next,
                Err(RefereeFault::Link(fault)) => {
                    if std::mem::replace(&mut is_attending, false) {
                        (self.hears)(RefereeEvent::Disconnected { why: fault.to_string() });
                    }
                    connector.failed(fault).await?;
                }
                Err(fault) => return Err(fault),
            }
        }
    }

    /// Judges what of a page was not tried lately, and says after which lease to go on. What nobody can judge keeps nobody else from being heard.
    async fn hear(&mut self, link: &Link, disputes: Disputes) -> Result<LeaseId, RefereeFault> {
        let now = Instant::now();
        self.later.retain(|_, at| *at > now);
        let (is_page_full, last) = (disputes.len() == DISPUTES_MAX, disputes.last());
        let last = last.map_or(LeaseId(0), |dispute| dispute.committed.lease);
        let is_due = |dispute: &Dispute| !self.later.contains_key(&dispute.committed.lease);
        let due: Vec<Dispute> = disputes.into_vec().into_iter().filter(is_due).collect();
        if due.is_empty() && !is_page_full && !self.later.is_empty() {
            tokio::time::sleep(AGAIN / 4).await;
        }
        for dispute in due {
            self.judge(link, &dispute).await?;
        }
        Ok(if is_page_full { last } else { LeaseId(0) })
    }

    async fn judge(&mut self, link: &Link, dispute: &Dispute) -> Result<(), RefereeFault> {
        let lease = dispute.committed.lease;
        let found = match self.find(link, dispute).await {
            Ok(found) => found,
            Err(Stuck::Link(fault)) => return Err(fault.into()),
            Err(Stuck::Broken(why)) => return Err(RefereeFault::Renderer(why)),
            Err(Stuck::Later(why)) => {
                self.later.insert(lease, Instant::now() + AGAIN);
                (self.hears)(RefereeEvent::Unable { why });
                return Ok(());
            }
        };
        let (job, node, result) = (dispute.job, dispute.committed.node, dispute.committed.result);
        let ruling = Ruling { job, lease, node, result, refusal: ObjectName::of(&dispute.words), found };
        let ruling = Bounded::cut(ruling.sign(&self.referee.identity).to_bytes());
        let rule = Rule { lease, for_node: found.is_for_node(), ruling };
        match link.call(&Request::Rule(Box::new(rule))).await {
            Ok(_) => {
                let piece = dispute.committed.piece;
                (self.hears)(RefereeEvent::Ruled { node, piece, found });
                Ok(())
            }
            // The artist took it back, or the time was over.
            Err(LinkFault::Refused(Refusal::AlreadyDone | Refusal::NoSuchLease)) => Ok(()),
            Err(fault) => Err(fault.into()),
        }
    }
}
