//! Sample blocks and the tree along which they are added up.
//!
//! A pixel's samples are cut into *blocks* of [`BLOCK_SPP`] consecutive samples. Floating-point addition is not
//! associative, so the order of summation is part of a picture's definition: within a block samples are
//! added in order; blocks are added pairwise along a binary tree over the block index. A tree node `(level, index)`
//! covers blocks `index << level .. (index + 1) << level`, cut off at the number of blocks.
//! Whoever renders a range of blocks sends the sums of the few maximal tree nodes inside it
//! ([`BlockRange::maximal_nodes`]), and whoever merges adds siblings, left plus right. Every split of the range then
//! gives the same bits, and pairwise summation loses less precision than a running sum
//! (Higham, "The accuracy of floating point summation", 1993).

use serde::{Deserialize, Serialize};

/// Samples per pixel in one block; the last block of a frame may have fewer.
pub const BLOCK_SPP: u32 = 16;

/// A run of consecutive blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct BlockRange {
    /// First block.
    pub first: u32,
    /// Number of blocks, at least 1 in any order.
    pub count: u32,
}

/// One node of the summation tree: blocks `index << level .. (index + 1) << level`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TreeNode {
    /// 0 for a single block.
    pub level: u8,
    /// Position among the nodes of this level.
    pub index: u32,
}

/// Number of blocks that `spp` samples make.
pub fn block_count(spp: u32) -> u32 {
    spp.div_ceil(BLOCK_SPP)
}

impl BlockRange {
    /// All blocks of a frame with `spp` samples per pixel.
    pub fn all(spp: u32) -> Self {
        Self { first: 0, count: block_count(spp) }
    }

    /// One past the last block.
    pub fn end(self) -> u32 {
        self.first + self.count
    }

    /// The samples of this range: `first..end` of the sample index.
    pub fn samples(self, spp: u32) -> std::ops::Range<u32> {
        (self.first * BLOCK_SPP).min(spp)..(self.end() * BLOCK_SPP).min(spp)
    }

    /// The fewest tree nodes that cover exactly this range, in ascending order, in a tree of `blocks` blocks.
    ///
    /// At most two per level. A node that reaches past the end of the tree counts as inside when all its
    /// *existing* blocks are.
    pub fn maximal_nodes(self, blocks: u32) -> Vec<TreeNode> {
        let mut nodes = Vec::new();
        let mut block = self.first;
        while block < self.end() {
            let mut node = TreeNode { level: 0, index: block };
            while let Some(parent) = node.parent(blocks) {
                let inside = parent.first_block() == block && parent.blocks(blocks).end() <= self.end();
                if !inside {
                    break;
                }
                node = parent;
            }
            block = node.blocks(blocks).end();
            nodes.push(node);
        }
        nodes
    }
}

impl TreeNode {
    /// The root of a tree of `blocks` blocks.
    pub fn root(blocks: u32) -> Self {
        let level = blocks.max(1).next_power_of_two().trailing_zeros();
        Self { level: level as u8, index: 0 }
    }

    /// The node that this one and its sibling add up to; `None` at the root of a tree of `blocks` blocks.
    pub fn parent(self, blocks: u32) -> Option<Self> {
        (self != Self::root(blocks)).then_some(Self { level: self.level + 1, index: self.index / 2 })
    }

    /// The other child of this node's parent.
    pub fn sibling(self) -> Self {
        Self { level: self.level, index: self.index ^ 1 }
    }

    /// Whether this node is the left summand of its parent.
    pub fn is_left(self) -> bool {
        self.index.is_multiple_of(2)
    }

    /// The first block below this node.
    pub fn first_block(self) -> u32 {
        self.index << self.level
    }

    /// The existing blocks below this node in a tree of `blocks` blocks; empty when it lies past the end.
    pub fn blocks(self, blocks: u32) -> BlockRange {
        let first = u64::from(self.index) << self.level;
        let end = (first + (1u64 << self.level)).min(u64::from(blocks));
        let first = first.min(u64::from(blocks));
        BlockRange { first: first as u32, count: end.saturating_sub(first) as u32 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn maximal_nodes_tile_the_range(blocks in 1u32..400, a in 0u32..400, b in 0u32..400) {
            let (a, b) = (a.min(b) % blocks, a.max(b).min(blocks - 1));
            let range = BlockRange { first: a, count: (b + 1).saturating_sub(a).max(1) };
            let nodes = range.maximal_nodes(blocks);
            let mut at = range.first;
            for node in &nodes {
                prop_assert_eq!(node.first_block(), at);
                at = node.blocks(blocks).end();
            }
            prop_assert_eq!(at, range.end());
            prop_assert!(nodes.len() <= 2 * 10);
        }
    }

    #[test]
    fn the_whole_range_is_the_root() {
        for blocks in 1..70 {
            let nodes = BlockRange { first: 0, count: blocks }.maximal_nodes(blocks);
            assert_eq!(nodes, [TreeNode::root(blocks)], "{blocks} blocks");
        }
    }

    #[test]
    fn a_short_last_block_has_fewer_samples() {
        assert_eq!(BlockRange { first: 1, count: 1 }.samples(20), 16..20);
    }
}
