//! What a node did since it started, in numbers: for its standing, and for whoever watches over it.

use frame::LeaseId;
use render_net::histogram::Histogram;
use render_net::node::NodeEvent;
use render_net::wire::FailureKind;

/// Bounds of a tile's seconds: a quick GPU takes a fraction of one, a slow processor minutes.
const TILE_SECONDS: &[f64] = &[0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 25.0, 60.0, 120.0, 300.0, 600.0];

/// Numbers of a node since it started. They only rise, but for [`Tally::failed_in_a_row`].
#[derive(Clone, Debug, PartialEq)]
pub struct Tally {
    /// Results that the coordinator took.
    pub tiles_done: u64,
    /// Leases handed back unfinished.
    pub given_back: u64,
    /// Work that failed.
    pub failed: u64,
    /// Work that nobody needed any more.
    pub dropped: u64,
    /// Tiles in a row that the GPU began and could not render, up to now.
    pub failed_in_a_row: u32,
    /// Samples (pixels times samples of each) of what was rendered.
    pub samples: u64,
    /// Sealed bytes of the results that the coordinator took.
    pub sent_bytes: u64,
    /// Bytes of the scenes that were fetched.
    pub fetched_bytes: u64,
    /// Held for the results, micro-credits.
    pub micro_credits: u64,
    /// Seconds from a tile's begin to its end on the GPU.
    pub tile_seconds: Histogram,
    rendering: Option<(LeaseId, u64)>,
}

impl Default for Tally {
    fn default() -> Self {
        Self {
            tiles_done: 0,
            given_back: 0,
            failed: 0,
            dropped: 0,
            failed_in_a_row: 0,
            samples: 0,
            sent_bytes: 0,
            fetched_bytes: 0,
            micro_credits: 0,
            tile_seconds: Histogram::new(TILE_SECONDS),
            rendering: None,
        }
    }
}

impl Tally {
    /// Counts an event that happened at this moment, milliseconds since 1970.
    pub(crate) fn hear(&mut self, event: &NodeEvent, at_unix_ms: u64) {
        match event {
            NodeEvent::Rendering { lease, .. } => self.rendering = Some((*lease, at_unix_ms)),
            NodeEvent::Rendered { lease, samples } => {
                if let Some(began_ms) = self.stops_rendering(*lease) {
                    self.tile_seconds.note(at_unix_ms.saturating_sub(began_ms) as f64 / 1000.0);
                }
                self.samples += samples;
                self.failed_in_a_row = 0;
            }
            NodeEvent::Fetched { bytes, .. } => self.fetched_bytes += bytes,
            NodeEvent::Delivered { bytes, amount, .. } => {
                self.tiles_done += 1;
                self.sent_bytes += bytes;
                self.micro_credits = self.micro_credits.saturating_add(*amount);
            }
            NodeEvent::GivenBack { lease } => {
                self.stops_rendering(*lease);
                self.given_back += 1;
            }
            NodeEvent::Failed { lease, kind, .. } => {
                // What failed before it was begun is no fault of the GPU.
                let was_begun = self.stops_rendering(*lease).is_some();
                self.failed_in_a_row += u32::from(was_begun && *kind == FailureKind::Node);
                self.failed += 1;
            }
            NodeEvent::Dropped { .. } => self.dropped += 1,
            NodeEvent::Connected
            | NodeEvent::Disconnected { .. }
            | NodeEvent::Fetching { .. }
            | NodeEvent::Progress { .. }
            | NodeEvent::NoRoom { .. }
            | NodeEvent::Forgotten { .. }
            | NodeEvent::Judged { .. } => {}
        }
    }

    /// When a lease was begun, if it is the one that is being rendered: it no longer is.
    fn stops_rendering(&mut self, lease: LeaseId) -> Option<u64> {
        self.rendering.take_if(|(rendering, _)| *rendering == lease).map(|(_, began_ms)| began_ms)
    }
}

#[cfg(test)]
mod tests {
    use frame::{BlockRange, FrameIndex, TileIndex};

    use super::*;

    fn rendering(lease: u64) -> NodeEvent {
        NodeEvent::Rendering {
            lease: LeaseId(lease),
            frame: FrameIndex(0),
            tile: TileIndex(0),
            blocks: BlockRange { first: 0, count: 1 },
        }
    }

    fn failed(lease: u64, kind: FailureKind) -> NodeEvent {
        NodeEvent::Failed { lease: LeaseId(lease), kind, why: String::new() }
    }

    #[test]
    fn a_tile_is_counted_with_its_time_its_samples_its_bytes_and_its_pay() {
        let mut tally = Tally::default();
        let lease = LeaseId(1);
        tally.hear(&NodeEvent::Fetched { lease, bytes: 900 }, 1_000);
        tally.hear(&rendering(1), 2_000);
        tally.hear(&NodeEvent::Rendered { lease, samples: 640 }, 3_500);
        tally.hear(&NodeEvent::Delivered { lease, bytes: 70, amount: 5 }, 4_000);
        assert_eq!((tally.tiles_done, tally.samples, tally.fetched_bytes), (1, 640, 900));
        assert_eq!((tally.sent_bytes, tally.micro_credits), (70, 5));
        assert_eq!((tally.tile_seconds.count(), tally.tile_seconds.sum()), (1, 1.5));
    }

    #[test]
    fn a_gpu_fails_in_a_row_only_with_tiles_that_it_began_and_is_well_after_one_that_it_rendered() {
        let mut tally = Tally::default();
        tally.hear(&failed(1, FailureKind::Node), 0);
        tally.hear(&rendering(2), 0);
        tally.hear(&failed(2, FailureKind::Job), 0);
        assert_eq!((tally.failed, tally.failed_in_a_row), (2, 0), "too large a scene, and a broken one");
        for lease in [3, 4] {
            tally.hear(&rendering(lease), 0);
            tally.hear(&failed(lease, FailureKind::Node), 0);
        }
        assert_eq!((tally.failed, tally.failed_in_a_row), (4, 2));
        tally.hear(&rendering(5), 0);
        tally.hear(&NodeEvent::Rendered { lease: LeaseId(5), samples: 1 }, 0);
        assert_eq!(tally.failed_in_a_row, 0);
    }
}
