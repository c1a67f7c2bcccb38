//! What an artist's program does about one job: pure logic, without clock, socket, file or key.
//!
//! The driver feeds it the coordinator's events in order ([`Campaign::event`]) and what came of its own steps; it answers with [`Step`]s. It keeps account
//! of which sample blocks of which tile have been collected, so that no block is taken twice whatever the coordinator says, and the job
//! is only complete when every block of every frame is there. Replaying the whole history gives the same state: that is how a killed artist resumes.

use std::collections::{BTreeMap, BTreeSet};

use frame::{BlockRange, FrameIndex, LeaseId, NodeId, TileIndex};

use super::progress::{JobEnd, Progress};
use crate::wire::{Committed, Event, JobShape, JobState, Opaque, Piece, artist::RULING_BYTES_MAX};

/// Leases under way that are remembered; older ones get no previews.
const LEASED_MAX: usize = 1 << 16;
/// Verdicts that are given at the same time.
const VERDICTS_AT_ONCE: usize = 8;

/// What to do next.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// Ask who awaits a key, and give it to those who are admitted.
    GiveKeys,
    /// Fetch, open, check and keep a result.
    Collect(Box<Committed>),
    /// The same with one that the referee upheld: nobody here judges it again.
    Take(Box<Committed>),
    /// The referee has spoken about a refused result, for its node or not as the coordinator says; the ruling tells whether that is true.
    Ruled(Box<Committed>, bool, Opaque<RULING_BYTES_MAX>),
    /// A refused result is refused for good.
    Rejected(LeaseId),
    /// Say that a kept result is good.
    Confirm(LeaseId),
    /// Say that a result is not.
    Refuse(LeaseId),
    /// Show a picture of unfinished work.
    Preview(LeaseId, NodeId, Piece, crate::wire::ObjectName),
    /// Tell people.
    Tell(Progress),
}

/// One job as its artist sees it.
pub struct Campaign {
    shape: JobShape,
    next_event: u64,
    /// Committed work that is not collected yet.
    open: BTreeMap<LeaseId, OpenWork>,
    /// What was refused here and is not settled: a referee may see it otherwise.
    refused: BTreeMap<LeaseId, Box<Committed>>,
    /// What was found of committed work, and whether the coordinator knows.
    verdicts: BTreeMap<LeaseId, Verdict>,
    leased: BTreeMap<LeaseId, NodeId>,
    covered: BTreeMap<(FrameIndex, TileIndex), BTreeSet<BlockRange>>,
    blocks_kept: u64,
    cancelled: Option<String>,
    keys_wanted: bool,
}

struct OpenWork {
    committed: Box<Committed>,
    under_way: bool,
    /// Whether a referee has said that it is good.
    upheld: bool,
}

struct Verdict {
    good: bool,
    heard: Heard,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Heard {
    No,
    /// It is being said.
    UnderWay,
    Yes,
}

impl Campaign {
    /// A job of this shape, nothing collected.
    pub fn new(shape: JobShape) -> Self {
        Self {
            shape,
            next_event: 0,
            open: BTreeMap::new(),
            refused: BTreeMap::new(),
            verdicts: BTreeMap::new(),
            leased: BTreeMap::new(),
            covered: BTreeMap::new(),
            blocks_kept: 0,
            cancelled: None,
            keys_wanted: true,
        }
    }

    /// The first event that has not been seen.
    pub fn next_event(&self) -> u64 {
        self.next_event
    }

    /// Takes in what the coordinator tells, from the event with this index on. Nothing, when it leaves some out: a gap would hide work
    /// that is never fetched, and the job would never end.
    pub fn events(&mut self, first: u64, events: impl IntoIterator<Item = Event>) -> Option<Vec<Step>> {
        let numbered = (first <= self.next_event).then(|| (first..).zip(events))?;
        Some(numbered.flat_map(|(index, event)| self.event(index, event)).collect())
    }

    /// Takes note of a result that an earlier run has kept; false when it does not belong here.
    pub fn restore(&mut self, lease: LeaseId, piece: Piece) -> bool {
        let fits = self.claim(piece).is_ok();
        if fits {
            self.judge(lease, true);
        }
        fits
    }

    /// Takes in the event with this index; events that were seen before change nothing.
    pub fn event(&mut self, index: u64, event: Event) -> Vec<Step> {
        if index < self.next_event {
            return Vec::new();
        }
        self.next_event = index + 1;
        match event {
            Event::NodeAwaitsKey { node } => {
                self.keys_wanted = true;
                vec![Step::Tell(Progress::NodeWaits { node })]
            }
            Event::NodeLeft { .. } => Vec::new(),
            Event::Leased { lease, node, piece } => {
                self.leased.insert(lease, node);
                // More than any farm has at once: a coordinator is inventing leases, or forgets to end them.
                if self.leased.len() > LEASED_MAX {
                    self.leased.pop_first();
                }
                vec![Step::Tell(Progress::Leased { node, piece })]
            }
            Event::Reopened { lease, piece } => {
                self.leased.remove(&lease);
                vec![Step::Tell(Progress::Reopened { piece })]
            }
            Event::Preview { lease, piece, object } => {
                let node = self.leased.get(&lease);
                node.map(|node| Step::Preview(lease, *node, piece, object)).into_iter().collect()
            }
            Event::Committed(committed) => {
                self.leased.remove(&committed.lease);
                if !self.verdicts.contains_key(&committed.lease) {
                    self.work(committed, false);
                }
                Vec::new()
            }
            Event::Accepted { lease, automatic } => {
                // What was accepted without a word stays at the coordinator until it hears that the artist has it.
                if !automatic {
                    self.confirmed(lease);
                }
                Vec::new()
            }
            Event::Rejected { lease } => {
                self.open.remove(&lease);
                self.refused.remove(&lease);
                self.confirmed(lease);
                vec![Step::Rejected(lease)]
            }
            Event::Disputed { lease } => {
                // An earlier run refused it: it is not looked at again.
                if let Some(work) = self.open.remove(&lease) {
                    self.refused.insert(lease, work.committed);
                }
                Vec::new()
            }
            Event::Ruled { lease, for_node, ruling } => {
                let committed = self.refused.get(&lease).cloned();
                committed.map(|committed| Step::Ruled(committed, for_node, ruling)).into_iter().collect()
            }
            Event::Done => Vec::new(),
            Event::Paused => vec![Step::Tell(Progress::Paused { is_paused: true })],
            Event::Resumed => vec![Step::Tell(Progress::Paused { is_paused: false })],
            Event::Cancelled { reason } => {
                self.cancelled = Some(reason);
                Vec::new()
            }
            Event::Failed { node, reason, .. } => {
                vec![Step::Tell(Progress::NodeFailed { node, why: reason })]
            }
        }
    }

    /// What to do after a batch of events, at most `room` collections at once.
    pub fn steps(&mut self, room: usize) -> Vec<Step> {
        let mut steps = Vec::new();
        if std::mem::take(&mut self.keys_wanted) {
            steps.push(Step::GiveKeys);
        }
        let saying = self.verdicts.values().filter(|verdict| verdict.heard == Heard::UnderWay).count();
        let unsaid = self.verdicts.iter_mut().filter(|(_, verdict)| verdict.heard == Heard::No);
        for (lease, verdict) in unsaid.take(VERDICTS_AT_ONCE.saturating_sub(saying)) {
            verdict.heard = Heard::UnderWay;
            steps.push(if verdict.good { Step::Confirm(*lease) } else { Step::Refuse(*lease) });
        }
        let under_way = self.open.values().filter(|work| work.under_way).count();
        let mut free = room.saturating_sub(under_way);
        for work in self.open.values_mut().filter(|work| !work.under_way) {
            if free == 0 {
                break;
            }
            work.under_way = true;
            free -= 1;
            let committed = work.committed.clone();
            steps.push(if work.upheld { Step::Take(committed) } else { Step::Collect(committed) });
        }
        steps
    }

    /// Verdicts that the coordinator may not have heard.
    pub fn unheard(&self) -> usize {
        self.verdicts.values().filter(|verdict| verdict.heard != Heard::Yes).count()
    }

    /// Whether a piece may be taken: inside the job, and none of its blocks taken before.
    pub fn claim(&mut self, piece: Piece) -> Result<(), &'static str> {
        let frame_known = self.shape.frames.binary_search(&piece.frame.0).is_ok();
        if !frame_known || self.shape.samples(piece.tile, piece.blocks) == 0 {
            return Err("it is not a piece of this job");
        }
        let ranges = self.covered.entry((piece.frame, piece.tile)).or_default();
        let overlaps =
            |taken: &BlockRange| taken.first < piece.blocks.end() && piece.blocks.first < taken.end();
        if ranges.iter().any(overlaps) {
            return Err("other work has covered its blocks already");
        }
        ranges.insert(piece.blocks);
        self.blocks_kept += u64::from(piece.blocks.count);
        Ok(())
    }

    /// A claimed result is kept on disk.
    pub fn collected(&mut self, lease: LeaseId) -> Step {
        self.judge(lease, true);
        Step::Tell(Progress::Collected { blocks: self.blocks_kept, of: self.blocks_all() })
    }

    /// The coordinator has taken note of a verdict.
    pub fn confirmed(&mut self, lease: LeaseId) {
        if let Some(verdict) = self.verdicts.get_mut(&lease) {
            verdict.heard = Heard::Yes;
        }
    }

    /// A verdict was lost on its way: it is given again.
    pub fn not_confirmed(&mut self, lease: LeaseId) {
        let verdict = self.verdicts.get_mut(&lease);
        if let Some(verdict) = verdict.filter(|verdict| verdict.heard == Heard::UnderWay) {
            verdict.heard = Heard::No;
        }
    }

    /// Whoever awaits a key did not get it: they are asked for again.
    pub fn keys_not_given(&mut self) {
        self.keys_wanted = true;
    }

    /// The link is gone: everything under way starts anew on the next one.
    pub fn link_lost(&mut self) {
        self.open.values_mut().for_each(|work| work.under_way = false);
        for verdict in self.verdicts.values_mut().filter(|verdict| verdict.heard == Heard::UnderWay) {
            verdict.heard = Heard::No;
        }
        self.keys_wanted = true;
    }

    /// A result is unfit: the coordinator is told until it hears it. It may be too late: work counts as accepted when nobody has answered in time.
    pub fn refuse(&mut self, lease: LeaseId) {
        if let Some(work) = self.open.remove(&lease) {
            self.refused.insert(lease, work.committed);
        }
        self.judge(lease, false);
    }

    /// Whether something was refused and is not settled.
    pub fn has_refused(&self) -> bool {
        !self.refused.is_empty()
    }

    /// The referee has said that refused work is good: it is collected after all.
    pub fn upheld(&mut self, committed: Box<Committed>) {
        self.refused.remove(&committed.lease);
        self.verdicts.remove(&committed.lease);
        self.work(committed, true);
    }

    /// A result was refused by somebody else, or by somebody whom the coordinator does not ask; its lease never comes back.
    pub fn refused(&mut self, lease: LeaseId) {
        self.open.remove(&lease);
    }

    /// A collection failed for a passing reason and will be tried again.
    pub fn not_collected(&mut self, lease: LeaseId) {
        if let Some(work) = self.open.get_mut(&lease) {
            work.under_way = false;
        }
    }

    /// Whether the link must be used for more than waiting.
    pub fn is_complete(&self) -> bool {
        self.blocks_kept == self.blocks_all()
    }

    /// The end, once it is reached and everything that can be collected is. `all_read`: every event was taken in that came with this state.
    pub fn end(&self, state: JobState, all_read: bool) -> Option<JobEnd> {
        if self.is_complete() {
            return Some(JobEnd::Complete);
        }
        if !all_read || !self.open.is_empty() {
            return None;
        }
        match state {
            JobState::Active | JobState::Paused => None,
            JobState::Done => Some(JobEnd::Incomplete { missing: self.missing() }),
            JobState::Cancelled => Some(JobEnd::Cancelled {
                reason: self.cancelled.clone().unwrap_or_else(|| "the job was stopped".to_owned()),
            }),
        }
    }

    fn work(&mut self, committed: Box<Committed>, upheld: bool) {
        self.open.insert(committed.lease, OpenWork { committed, under_way: false, upheld });
    }

    fn judge(&mut self, lease: LeaseId, good: bool) {
        self.open.remove(&lease);
        self.verdicts.insert(lease, Verdict { good, heard: Heard::No });
    }

    /// Tiles of which not every block is here.
    fn missing(&self) -> Vec<(FrameIndex, TileIndex)> {
        let tiles = self.shape.grid().len();
        let all = self.shape.frames.iter().flat_map(|frame| (0..tiles).map(move |tile| (*frame, tile)));
        let all = all.map(|(frame, tile)| (FrameIndex(frame), TileIndex(tile)));
        let blocks = |at: &(FrameIndex, TileIndex)| {
            self.covered.get(at).map_or(0, |taken| taken.iter().map(|range| range.count).sum())
        };
        all.filter(|at| blocks(at) < self.shape.blocks()).collect()
    }

    fn blocks_all(&self) -> u64 {
        let tiles = u64::from(self.shape.grid().len()) * self.shape.frames.len() as u64;
        tiles * u64::from(self.shape.blocks())
    }
}

#[cfg(test)]
mod tests;
