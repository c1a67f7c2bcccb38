//! How a node stands: its decision and what it has done, as window, tray, `node status` and the state file tell it.

use std::collections::{BTreeSet, VecDeque};

use frame::LeaseId;
use render_net::node::NodeEvent;
use serde::{Deserialize, Serialize};

use super::engine::Decision;
use super::signals::Activity;
use super::tally::Tally;
use super::wish::Asked;
use crate::ruling;

/// Ends of work that are told.
pub const LAST_MAX: usize = 20;
/// Letters of a reason that are kept.
const WHY_LETTERS_MAX: usize = 300;

/// A node's standing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Standing {
    /// What it may do, and why.
    #[serde(flatten)]
    pub decision: Decision,
    /// Whether it runs at all; a node that ended tidily says so.
    pub is_running: bool,
    /// What it is doing.
    pub activity: Activity,
    /// The adapter.
    pub adapter: String,
    /// How hot it is, whole degrees, where it tells.
    #[serde(default)]
    pub adapter_celsius: Option<i32>,
    /// Results that the coordinator took since it started.
    pub tiles_done: u64,
    /// Leases handed back unfinished since it started.
    pub given_back: u64,
    /// Work that failed since it started.
    pub failed: u64,
    /// Sent since local midnight, bytes.
    pub uploaded_today_bytes: u64,
    /// The local day that this counts for: days since 1970.
    pub uploaded_day: i64,
    /// Where the person's last word stands.
    pub asked: Asked,
    /// Number of the last word that came through the door; 0 = none.
    pub heard: u64,
    /// When this was written, milliseconds since 1970.
    pub at_unix_ms: u64,
    /// How the last pieces of work ended, oldest first; at most [`LAST_MAX`].
    #[serde(default)]
    pub last: VecDeque<WorkEnd>,
}

/// How a piece of work, a tile or some of its samples, ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkEnd {
    /// When, milliseconds since 1970.
    pub at_unix_ms: u64,
    /// Its lease, as the statement names it.
    pub lease: LeaseId,
    /// How.
    #[serde(flatten)]
    pub outcome: WorkOutcome,
}

/// How it ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum WorkOutcome {
    /// The coordinator took the result.
    Delivered {
        /// Micro-credits held for it.
        amount: u64,
    },
    /// The coordinator took the result, its artist refused it, and the job's referee found it right: it is paid.
    JudgedRight {
        /// In a sentence.
        why: String,
    },
    /// The same, and the referee found it wrong: it is not paid.
    JudgedWrong {
        /// In a sentence.
        why: String,
    },
    /// It was handed back unfinished, without blame: the owner wanted the GPU.
    GivenBack,
    /// Nobody needed it any more: its job was cancelled, or another node was faster.
    Dropped {
        /// In a sentence.
        why: String,
    },
    /// It could not be rendered.
    Failed {
        /// In a sentence.
        why: String,
    },
}

impl WorkOutcome {
    fn was_delivered(&self) -> bool {
        matches!(self, Self::Delivered { .. } | Self::JudgedRight { .. } | Self::JudgedWrong { .. })
    }
}

/// Follows a node's events, and knows what it is doing.
#[derive(Debug, Default)]
pub(crate) struct Tracker {
    /// Nothing before the first try.
    has_link: Option<bool>,
    fetching: BTreeSet<LeaseId>,
    rendering: Option<LeaseId>,
    delivering: BTreeSet<LeaseId>,
    has_no_room: bool,
    pub(crate) tally: Tally,
    pub(crate) last: VecDeque<WorkEnd>,
    /// Sent since it was last asked.
    sent_bytes: u64,
}

impl Tracker {
    /// Takes an event that happened at this moment, milliseconds since 1970.
    pub(crate) fn hear(&mut self, event: &NodeEvent, at_unix_ms: u64) {
        if let Some((lease, outcome)) = end_of(event) {
            let delivered = |end: &&mut WorkEnd| end.lease == lease && end.outcome.was_delivered();
            match self.last.iter_mut().rev().find(delivered) {
                // What becomes of a tile is told in its place.
                Some(end) => end.outcome = outcome,
                None => self.last.push_back(WorkEnd { at_unix_ms, lease, outcome }),
            }
            while self.last.len() > LAST_MAX {
                self.last.pop_front();
            }
        }
        self.tally.hear(event, at_unix_ms);
        match event {
            NodeEvent::Connected => self.has_link = Some(true),
            NodeEvent::Disconnected { .. } => self.has_link = Some(false),
            NodeEvent::Fetching { lease } => drop(self.fetching.insert(*lease)),
            NodeEvent::Rendering { lease, .. } => {
                self.fetching.remove(lease);
                self.rendering = Some(*lease);
            }
            NodeEvent::Progress { .. } | NodeEvent::Fetched { .. } => {}
            NodeEvent::Rendered { lease, .. } => {
                self.forget(*lease);
                self.delivering.insert(*lease);
            }
            NodeEvent::NoRoom { .. } => self.has_no_room = true,
            NodeEvent::Delivered { lease, bytes, .. } => {
                self.forget(*lease);
                self.has_no_room = false;
                self.sent_bytes += bytes;
            }
            NodeEvent::GivenBack { lease }
            | NodeEvent::Failed { lease, .. }
            | NodeEvent::Forgotten { lease } => self.forget(*lease),
            NodeEvent::Dropped { lease, .. } => {
                self.forget(*lease);
                self.has_no_room = false;
            }
            NodeEvent::Judged { .. } => {}
        }
    }

    /// What the node is doing; the GPU's work is told before the network's.
    pub(crate) fn activity(&self) -> Activity {
        if self.rendering.is_some() {
            Activity::Rendering
        } else if self.has_link.is_none() {
            Activity::Connecting
        } else if self.has_link == Some(false) {
            Activity::Offline
        } else if self.has_no_room {
            Activity::NoRoom
        } else if !self.delivering.is_empty() {
            Activity::Delivering
        } else if !self.fetching.is_empty() {
            Activity::Fetching
        } else {
            Activity::Idle
        }
    }

    pub(crate) fn take_sent_bytes(&mut self) -> u64 {
        std::mem::take(&mut self.sent_bytes)
    }

    fn forget(&mut self, lease: LeaseId) {
        self.fetching.remove(&lease);
        self.delivering.remove(&lease);
        self.rendering.take_if(|rendering| *rendering == lease);
    }
}

/// The outcome that an event tells.
fn end_of(event: &NodeEvent) -> Option<(LeaseId, WorkOutcome)> {
    // Reasons come from drivers and from afar, and the state file has a bound.
    let short = |why: &str| {
        why.chars().filter(|letter| !letter.is_control()).take(WHY_LETTERS_MAX).collect::<String>()
    };
    match event {
        NodeEvent::Delivered { lease, amount, .. } => {
            Some((*lease, WorkOutcome::Delivered { amount: *amount }))
        }
        NodeEvent::Judged { lease, found } => {
            let why = ruling::why(*found);
            let outcome = match found.is_for_node() {
                true => WorkOutcome::JudgedRight { why },
                false => WorkOutcome::JudgedWrong { why },
            };
            Some((*lease, outcome))
        }
        NodeEvent::GivenBack { lease } => Some((*lease, WorkOutcome::GivenBack)),
        NodeEvent::Dropped { lease, why } => Some((*lease, WorkOutcome::Dropped { why: short(why) })),
        NodeEvent::Failed { lease, why, .. } => Some((*lease, WorkOutcome::Failed { why: short(why) })),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use frame::{BlockRange, FrameIndex, TileIndex};

    use render_net::receipt::Found;
    use render_net::wire::FailureKind;

    use super::*;

    #[test]
    fn a_node_is_said_to_render_exactly_while_it_does() {
        let (first, second) = (LeaseId(1), LeaseId(2));
        let rendering = |lease| NodeEvent::Rendering {
            lease,
            frame: FrameIndex(0),
            tile: TileIndex(0),
            blocks: BlockRange { first: 0, count: 1 },
        };
        let mut tracker = Tracker::default();
        let mut after = |event: NodeEvent| {
            tracker.hear(&event, 5);
            tracker.activity()
        };
        assert_eq!(Tracker::default().activity(), Activity::Connecting);
        assert_eq!(after(NodeEvent::Disconnected { why: String::new() }), Activity::Offline);
        assert_eq!(after(NodeEvent::Connected), Activity::Idle);
        assert_eq!(after(NodeEvent::Fetching { lease: first }), Activity::Fetching);
        assert_eq!(after(rendering(first)), Activity::Rendering);
        assert_eq!(after(NodeEvent::Fetching { lease: second }), Activity::Rendering);
        assert_eq!(after(NodeEvent::Rendered { lease: first, samples: 1 }), Activity::Delivering);
        assert_eq!(after(NodeEvent::NoRoom { why: String::new() }), Activity::NoRoom);
        assert_eq!(after(NodeEvent::Delivered { lease: first, bytes: 7, amount: 1 }), Activity::Fetching);
        assert_eq!(after(rendering(second)), Activity::Rendering);
        assert_eq!(after(NodeEvent::Disconnected { why: String::new() }), Activity::Rendering);
        assert_eq!(after(NodeEvent::GivenBack { lease: second }), Activity::Offline);
        assert_eq!((tracker.tally.tiles_done, tracker.tally.given_back), (1, 1));
        assert_eq!((tracker.take_sent_bytes(), tracker.take_sent_bytes()), (7, 0));
        let outcomes: Vec<&WorkOutcome> = tracker.last.iter().map(|end| &end.outcome).collect();
        assert_eq!(outcomes, [&WorkOutcome::Delivered { amount: 1 }, &WorkOutcome::GivenBack]);
    }

    #[test]
    fn what_a_referee_found_is_told_where_the_tile_is_or_as_the_newest() {
        let mut tracker = Tracker::default();
        for number in [1, 2] {
            tracker.hear(&NodeEvent::Delivered { lease: LeaseId(number), bytes: 1, amount: 5 }, number);
        }
        tracker.hear(&NodeEvent::Judged { lease: LeaseId(1), found: Found::Right { pixels: 64 } }, 9);
        tracker.hear(&NodeEvent::Judged { lease: LeaseId(7), found: Found::NotShown }, 10);
        tracker.hear(
            &NodeEvent::Judged { lease: LeaseId(2), found: Found::Wrong { differ: 15, pixels: 16 } },
            11,
        );
        let told: Vec<_> =
            tracker.last.iter().map(|end| (end.at_unix_ms, end.lease.0, &end.outcome)).collect();
        assert!(matches!(
            told[..],
            [
                (1, 1, WorkOutcome::JudgedRight { .. }),
                (2, 2, WorkOutcome::JudgedWrong { .. }),
                (10, 7, WorkOutcome::JudgedRight { .. })
            ]
        ));
        assert_eq!((tracker.tally.tiles_done, tracker.tally.failed), (2, 0), "a ruling is no tile");
    }

    #[test]
    fn the_last_ends_are_kept_short_and_a_bounded_number_of_them() {
        let mut tracker = Tracker::default();
        for number in 0..50 {
            let why = format!("{number}\u{1b}{}", "x".repeat(5_000));
            tracker.hear(&NodeEvent::Failed { lease: LeaseId(number), kind: FailureKind::Node, why }, number);
        }
        assert_eq!((tracker.last.len(), tracker.tally.failed), (LAST_MAX, 50));
        let newest = tracker.last.back().expect("there are some");
        assert_eq!((newest.at_unix_ms, newest.lease), (49, LeaseId(49)));
        let bytes = serde_json::to_vec(&tracker.last).expect("plain data");
        assert!(bytes.len() < 16 << 10 && !bytes.contains(&0x1b), "{} bytes", bytes.len());
    }
}
