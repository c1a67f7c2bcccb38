//! Where an agent's link, its pulls, its leases and its results stand.

use frame::BlockRange;

use super::Millis;
use crate::wire::Lease;

#[derive(PartialEq, Eq)]
pub(super) enum LinkState {
    Down,
    Up,
}

pub(super) enum PullState {
    Due(Millis),
    Waiting,
}

/// Where a kept result stands.
pub(super) enum Delivery {
    Due(Millis),
    UnderWay,
}

pub(super) struct Held {
    pub(super) lease: Lease,
    pub(super) blocks: BlockRange,
    pub(super) state: HeldState,
    pub(super) blocks_done: u32,
    pub(super) next_beat: Millis,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum HeldState {
    Preparing,
    /// The link was lost while preparing.
    Unprepared,
    Ready,
    Rendering,
    /// Rendering is being stopped because the owner wants the GPU.
    Yielding,
}
