//! One tile's partial sums: disjoint nodes of the summation tree, joined as soon as two siblings meet.

use std::collections::BTreeMap;

use super::Merged;
use crate::{BlockRange, Partial, TilePlanes, TreeNode};

/// Disjoint partials by their first block. Two nodes of one tree are disjoint or nested, never askew.
#[derive(Clone, Debug, Default)]
pub(super) struct TileTree {
    partials: BTreeMap<u32, Entry>,
}

#[derive(Clone, Debug)]
struct Entry {
    node: TreeNode,
    range: BlockRange,
    sums: TilePlanes,
}

impl TileTree {
    /// Takes a partial whose node lies in a tree of `blocks` blocks and whose planes fit those already here.
    pub(super) fn merge(&mut self, partial: Partial, blocks: u32) -> Merged {
        let range = partial.node.blocks(blocks);
        let below = self.partials.range(..=range.first).next_back();
        if below.is_some_and(|(_, entry)| entry.range.end() >= range.end()) {
            return Merged::Duplicate;
        }
        let nested: Vec<u32> =
            self.partials.range(range.first..range.end()).map(|(&first, _)| first).collect();
        let replaced = nested.iter().filter_map(|first| self.partials.remove(first));
        let replaced = replaced.map(|entry| entry.range.count).sum();
        self.join(Entry { node: partial.node, range, sums: partial.planes }, blocks);
        if replaced > 0 { Merged::Replaced { blocks: replaced } } else { Merged::Added }
    }

    /// What is still open of `all`, ascending.
    pub(super) fn missing(&self, all: BlockRange) -> Vec<BlockRange> {
        let mut open = Vec::new();
        let mut at = all.first;
        for range in self.partials.values().map(|entry| entry.range) {
            if range.first > at {
                open.push(BlockRange { first: at, count: range.first - at });
            }
            at = range.end();
        }
        if at < all.end() {
            open.push(BlockRange { first: at, count: all.end() - at });
        }
        open
    }

    /// Samples per pixel that are here, of `spp`.
    pub(super) fn samples(&self, spp: u32) -> u32 {
        self.partials.values().map(|entry| entry.range.samples(spp).len() as u32).sum()
    }

    /// All partials added in ascending order; `None` when there are none.
    pub(super) fn sum(&self) -> Option<TilePlanes> {
        let mut entries = self.partials.values();
        let mut sum = entries.next()?.sums.clone();
        entries.for_each(|entry| sum.add_right(&entry.sums));
        Some(sum)
    }

    /// The partials, ascending.
    pub(super) fn partials(&self) -> impl ExactSizeIterator<Item = (TreeNode, &TilePlanes)> {
        self.partials.values().map(|entry| (entry.node, &entry.sums))
    }

    /// Climbs from `entry` towards the root for as long as the sibling is here or does not exist.
    fn join(&mut self, mut entry: Entry, blocks: u32) {
        while let Some(parent) = entry.node.parent(blocks) {
            let sibling = entry.node.sibling().blocks(blocks);
            if sibling.count > 0 {
                // The sibling's range is the key, not its node: past the tree's end, several nodes cover the same blocks.
                let found = self.partials.get(&sibling.first).is_some_and(|other| other.range == sibling);
                if !found {
                    break;
                }
                let other = self.partials.remove(&sibling.first).expect("found just now");
                let (mut left, right) =
                    if entry.node.is_left() { (entry.sums, other.sums) } else { (other.sums, entry.sums) };
                left.add_right(&right);
                entry.sums = left;
            }
            entry.node = parent;
            entry.range = parent.blocks(blocks);
        }
        self.partials.insert(entry.range.first, entry);
    }
}
