//! The sum over a growing run of blocks, kept as the few tree nodes that cover it.
//!
//! A lease can be shortened while it is being rendered. The blocks that are done then still have to give exactly the sums that
//! [`frame::BlockRange::maximal_nodes`] asks for, so siblings are added up as soon as both are there, like carries in a binary counter.

use frame::Partial;

/// Partial sums of consecutive blocks, in order.
pub(crate) struct RunningSums {
    blocks: u32,
    partials: Vec<Partial>,
}

impl RunningSums {
    /// Nothing yet, in a tree of `blocks` blocks.
    pub(crate) fn new(blocks: u32) -> Self {
        Self { blocks, partials: Vec::new() }
    }

    /// Adds the next block.
    pub(crate) fn add(&mut self, block: &Partial) {
        let mut partial = block.clone();
        while let Some(parent) = partial.node.parent(self.blocks) {
            let sibling = partial.node.sibling();
            if partial.node.is_left() {
                // A left node without existing neighbour is its parent's whole sum.
                if sibling.blocks(self.blocks).count > 0 {
                    break;
                }
            } else {
                let Some(mut left) = self.partials.pop_if(|left| left.node == sibling) else { break };
                left.planes.add_right(&partial.planes);
                partial.planes = left.planes;
            }
            partial.node = parent;
        }
        self.partials.push(partial);
    }

    /// The sums so far.
    pub(crate) fn partials(&self) -> &[Partial] {
        &self.partials
    }

    /// The nodes so far.
    #[cfg(test)]
    fn nodes(&self) -> Vec<frame::TreeNode> {
        self.partials.iter().map(|partial| partial.node).collect()
    }
}

#[cfg(test)]
mod tests {
    use frame::{BlockRange, Plane, PlaneSet, TilePlanes, TileRect, TreeNode};
    use proptest::prelude::*;

    use super::*;

    const RECT: TileRect = TileRect { x: 0, y: 0, width: 1, height: 1 };

    fn block(index: u32) -> Partial {
        let mut planes = TilePlanes::zeroed(RECT, PlaneSet::BEAUTY);
        planes.plane_mut(Plane::Radiance).expect("always there")[0] = 1.0 / (index + 3) as f32;
        Partial { node: TreeNode { level: 0, index }, planes }
    }

    /// The tree's sum by definition: left half plus right half.
    fn tree_sum(node: TreeNode, blocks: u32) -> TilePlanes {
        if node.level == 0 {
            return block(node.index).planes;
        }
        let left = TreeNode { level: node.level - 1, index: node.index * 2 };
        let mut sum = tree_sum(left, blocks);
        if left.sibling().blocks(blocks).count > 0 {
            sum.add_right(&tree_sum(left.sibling(), blocks));
        }
        sum
    }

    proptest! {
        #[test]
        fn any_run_of_blocks_gives_the_trees_own_sums(blocks in 1u32..70, first in 0u32..70, count in 1u32..70) {
            let first = first % blocks;
            let range = BlockRange { first, count: count.min(blocks - first) };
            let mut sums = RunningSums::new(blocks);
            (range.first..range.end()).for_each(|index| sums.add(&block(index)));
            prop_assert_eq!(sums.nodes(), range.maximal_nodes(blocks));
            for partial in sums.partials() {
                prop_assert_eq!(&partial.planes, &tree_sum(partial.node, blocks));
            }
        }
    }
}
