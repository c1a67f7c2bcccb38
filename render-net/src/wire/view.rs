//! What those who look on at somebody else's job, and the artist who lets them, say to the coordinator.

use std::fmt;

use frame::JobId;
use serde::{Deserialize, Serialize};

use super::{Events, JobCard, ObjectName, artist::Event};

/// Shown to the coordinator by whoever has the link; it proves that, and opens nothing.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ViewToken(pub [u8; 32]);

/// An artist lets others look on at a job, or ends that.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Share {
    /// Which job.
    pub job: JobId,
    /// Who may; `None`: nobody any more.
    pub grant: Option<ViewGrant>,
}

/// Who may look on at a job. A job has at most one; a new one replaces it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ViewGrant {
    /// BLAKE3 of the token: what the coordinator keeps admits nobody.
    pub token: ObjectName,
    /// Stored ciphertext of the view card.
    pub card: ObjectName,
}

/// Somebody who has the link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct View {
    /// Which job.
    pub job: JobId,
    /// From the link.
    pub token: ViewToken,
}

/// Somebody who has the link asks what happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FollowView {
    /// Who.
    pub view: View,
    /// First event wanted; 0 = from the beginning.
    pub since: u64,
    /// How long the answer may be kept back until there is an event, at most [`super::node::WAIT_MS_MAX`].
    pub wait_ms: u32,
    /// Whether the last answer said that the artist is away; another is not kept back once that has changed.
    pub knows_away: bool,
}

/// What somebody who looks on is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ViewEvents {
    /// What happened.
    pub events: Events,
    /// Whether the coordinator knows that the artist does not follow a job that is not done: then nobody admits another node.
    pub is_artist_away: bool,
}

impl ViewToken {
    /// What the coordinator keeps of it.
    pub fn name(&self) -> ObjectName {
        ObjectName::of(&self.0)
    }
}

impl fmt::Debug for ViewToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ViewToken(…)")
    }
}

impl Events {
    /// The same for somebody who looks on: what work costs, and why a node gave a piece back, are the artist's business.
    pub(crate) fn for_a_view(self) -> Self {
        let events = self.events.into_vec().into_iter().map(Event::for_a_view).collect();
        let job = JobCard { cost: 0, ..self.job };
        Self { first: self.first, events: super::Bounded::cut(events), job }
    }
}

impl Event {
    fn for_a_view(self) -> Self {
        match self {
            Event::Committed(mut committed) => {
                committed.amount = 0;
                Event::Committed(committed)
            }
            Event::Failed { lease, node, kind, .. } => {
                Event::Failed { lease, node, kind, reason: String::new() }
            }
            other => other,
        }
    }
}
