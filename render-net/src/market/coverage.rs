//! Who has which sample blocks of one tile: the small structure that makes every block count exactly once.

use frame::{BlockRange, LeaseId, NodeId};
use serde::{Deserialize, Serialize};

/// The blocks of one tile, as far as anybody ever worked on them; ascending runs without overlap.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Coverage {
    runs: Vec<Run>,
    /// Who gave up on this tile last, and until when others are asked first.
    pub(crate) shunned: Option<(NodeId, u64)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Run {
    pub(crate) blocks: BlockRange,
    pub(crate) holder: Holder,
}

/// Whose a run of blocks is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Holder {
    /// Nobody's: it came back.
    Open,
    /// Being worked on.
    Leased(LeaseId),
    /// Delivered, waiting for the verdict.
    Committed(LeaseId),
    /// Counts.
    Accepted(LeaseId),
}

/// Blocks cannot change hands like that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Taken;

impl Coverage {
    /// Gives open or untouched blocks to a lease.
    pub(crate) fn lease(&mut self, blocks: BlockRange, lease: LeaseId) -> Result<(), Taken> {
        if self.within(blocks).any(|run| run.holder != Holder::Open) {
            return Err(Taken);
        }
        self.paint(blocks, Holder::Leased(lease));
        Ok(())
    }

    /// Opens what a lease holds from block `from` on; returns what that was.
    pub(crate) fn release(&mut self, lease: LeaseId, from: u32) -> Option<BlockRange> {
        let held = self.held(Holder::Leased(lease))?;
        let first = from.max(held.first);
        let blocks = BlockRange { first, count: held.end().checked_sub(first).filter(|&count| count > 0)? };
        self.paint(blocks, Holder::Open);
        Some(blocks)
    }

    /// Takes a lease's result, whether it still holds the blocks or they are open again.
    ///
    /// Leases of others that lie wholly inside lose their blocks and are returned: the first commit wins.
    pub(crate) fn commit(&mut self, blocks: BlockRange, lease: LeaseId) -> Result<Vec<LeaseId>, Taken> {
        let mut losers = Vec::new();
        let mut covered = 0;
        for run in self.within(blocks) {
            let inside = run.blocks.first >= blocks.first && run.blocks.end() <= blocks.end();
            covered += run.blocks.end().min(blocks.end()) - run.blocks.first.max(blocks.first);
            match run.holder {
                Holder::Open => {}
                Holder::Leased(holder) if holder == lease => {}
                Holder::Leased(holder) if inside => losers.push(holder),
                _ => return Err(Taken),
            }
        }
        if covered != blocks.count {
            return Err(Taken);
        }
        self.paint(blocks, Holder::Committed(lease));
        Ok(losers)
    }

    /// Committed work counts.
    pub(crate) fn accept(&mut self, lease: LeaseId) -> Result<(), Taken> {
        let blocks = self.held(Holder::Committed(lease)).ok_or(Taken)?;
        self.paint(blocks, Holder::Accepted(lease));
        Ok(())
    }

    /// Committed work does not count: its blocks are open again.
    pub(crate) fn reject(&mut self, lease: LeaseId) -> Result<BlockRange, Taken> {
        let blocks = self.held(Holder::Committed(lease)).ok_or(Taken)?;
        self.paint(blocks, Holder::Open);
        Ok(blocks)
    }

    /// The lowest blocks that came back.
    pub(crate) fn first_open(&self) -> Option<BlockRange> {
        self.held(Holder::Open)
    }

    /// All runs, ascending.
    pub(crate) fn runs(&self) -> &[Run] {
        &self.runs
    }

    fn held(&self, holder: Holder) -> Option<BlockRange> {
        self.runs.iter().find(|run| run.holder == holder).map(|run| run.blocks)
    }

    fn within(&self, blocks: BlockRange) -> impl Iterator<Item = &Run> {
        self.runs.iter().filter(move |run| run.blocks.first < blocks.end() && blocks.first < run.blocks.end())
    }

    /// Sets the holder of a range: cuts what it overlaps, then joins equal neighbours.
    fn paint(&mut self, blocks: BlockRange, holder: Holder) {
        let mut runs = Vec::with_capacity(self.runs.len() + 2);
        for run in &self.runs {
            let before = BlockRange {
                first: run.blocks.first,
                count: run.blocks.end().min(blocks.first).saturating_sub(run.blocks.first),
            };
            let first = run.blocks.first.max(blocks.end());
            let behind = BlockRange { first, count: run.blocks.end().saturating_sub(first) };
            let rest = [before, behind].into_iter().filter(|rest| rest.count > 0);
            runs.extend(rest.map(|blocks| Run { blocks, holder: run.holder }));
        }
        runs.push(Run { blocks, holder });
        runs.sort_by_key(|run| run.blocks.first);
        runs.dedup_by(|right, left| {
            let joined = left.holder == right.holder && left.blocks.end() == right.blocks.first;
            if joined {
                left.blocks.count += right.blocks.count;
            }
            joined
        });
        self.runs = runs;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn range(first: u32, count: u32) -> BlockRange {
        BlockRange { first, count }
    }

    #[test]
    fn the_first_commit_wins_and_a_second_is_refused() {
        let mut tile = Coverage::default();
        tile.lease(range(0, 4), LeaseId(1)).expect("untouched");
        assert_eq!(tile.release(LeaseId(1), 0), Some(range(0, 4)));
        tile.lease(range(0, 4), LeaseId(2)).expect("open again");
        assert_eq!(tile.commit(range(0, 4), LeaseId(1)), Ok(vec![LeaseId(2)]));
        assert_eq!(tile.commit(range(0, 4), LeaseId(2)), Err(Taken));
    }

    #[test]
    fn a_shortened_lease_commits_only_what_it_still_has() {
        let mut tile = Coverage::default();
        tile.lease(range(0, 8), LeaseId(1)).expect("untouched");
        assert_eq!(tile.release(LeaseId(1), 5), Some(range(5, 3)));
        tile.lease(range(5, 3), LeaseId(2)).expect("open");
        tile.commit(range(5, 3), LeaseId(2)).expect("its own");
        assert_eq!(tile.commit(range(0, 8), LeaseId(1)), Err(Taken));
        assert_eq!(tile.commit(range(0, 5), LeaseId(1)), Ok(vec![]));
    }

    #[test]
    fn untouched_blocks_cannot_be_committed() {
        let mut tile = Coverage::default();
        tile.lease(range(0, 2), LeaseId(1)).expect("untouched");
        assert_eq!(tile.commit(range(0, 3), LeaseId(1)), Err(Taken));
    }

    proptest! {
        #[test]
        fn no_block_ever_has_two_holders_or_counts_twice(
            steps in proptest::collection::vec((0u8..5, 0u32..12, 1u32..6, 1u64..9), 1..120)
        ) {
            let mut tile = Coverage::default();
            let mut accepted = std::collections::BTreeSet::new();
            for (what, first, count, lease) in steps {
                let lease = LeaseId(lease);
                let fresh = tile.runs().iter().all(|run| !matches!(run.holder,
                    Holder::Leased(id) | Holder::Committed(id) | Holder::Accepted(id) if id == lease));
                match what {
                    0 if fresh => drop(tile.lease(range(first, count), lease)),
                    1 => drop(tile.release(lease, first)),
                    2 => drop(tile.commit(range(first, count), lease)),
                    3 => drop(tile.accept(lease)),
                    _ => drop(tile.reject(lease)),
                }
                for pair in tile.runs().windows(2) {
                    prop_assert!(pair[0].blocks.end() <= pair[1].blocks.first);
                }
                let now: std::collections::BTreeSet<u32> = tile.runs().iter()
                    .filter(|run| matches!(run.holder, Holder::Accepted(_)))
                    .flat_map(|run| run.blocks.first..run.blocks.end())
                    .collect();
                prop_assert!(accepted.is_subset(&now), "accepted blocks stay accepted");
                accepted = now;
            }
        }
    }
}
