//! What an artist may know of the nodes before a job is sent: what they ask, how fast they were, and how many jobs share them.

use frame::NodeId;
use serde::{Deserialize, Serialize};

use super::Bounded;
use super::job::NODES_ALLOWED_MAX;

/// Most nodes in one answer; the cheapest come first.
pub const OFFERS_MAX: usize = 256;

/// What a job would ask of nodes. Nothing in it says what would be rendered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OffersWanted {
    /// Highest price, micro-credits per million samples, at most [`super::job::PRICE_MAX`].
    pub price_max: u64,
    /// Graphics memory that the scene needs, MiB.
    pub memory_mib: u32,
    /// Only these nodes; empty = any.
    pub nodes_allowed: Bounded<NodeId, NODES_ALLOWED_MAX>,
    /// Who would judge what is refused; `None`: nobody, and nodes that ask for a referee are left out.
    pub referee: Option<NodeId>,
}

/// Who would work for it now.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offers {
    /// Nodes that it suits, in the order in which they are preferred: cheapest, then fastest. They have no names here.
    pub nodes: Bounded<NodeOffer, OFFERS_MAX>,
    /// Allowed nodes that are here, at work or waiting.
    pub here: u32,
    /// Those of them with enough memory.
    pub large_enough: u32,
    /// The lowest price among these; 0 when there are none.
    pub price_min: u64,
    /// Jobs that have work left and would share these nodes.
    pub jobs: u32,
}

/// One node's offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeOffer {
    /// Micro-credits per million samples.
    pub price: u64,
    /// Samples per second over all its jobs; 0 when it has delivered nothing yet.
    pub speed: u64,
    /// Whether it works on something now.
    pub is_busy: bool,
}
