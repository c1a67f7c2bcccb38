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

    /// The nodes so far.
    #[cfg(test)]
    fn nodes(&self) -> Vec<frame::TreeNode> {
        self.partials.iter().map(|partial| partial.node).collect()
    }
}

/// The finished blocks of a running render: single, so that any number of the first ones can be delivered; when that would take too much
/// memory, only their sum.
pub(crate) struct DoneBlocks {
    tree_blocks: u32,
    bytes_max: usize,
    count: u32,
    kept: Kept,
}

enum Kept {
    Single { blocks: Vec<Partial>, bytes: usize },
    Summed(RunningSums),
}

impl DoneBlocks {
    /// None yet, in a tree of `tree_blocks` blocks.
    pub(crate) fn new(tree_blocks: u32, bytes_max: usize) -> Self {
        let kept = Kept::Single { blocks: Vec::new(), bytes: 0 };
        Self { tree_blocks, bytes_max, count: 0, kept }
    }

    /// How many there are.
    pub(crate) fn count(&self) -> u32 {
        self.count
    }

    /// Whether the first `count` can no longer be told from those after them.
    pub(crate) fn is_past(&self, count: u32) -> bool {
        count < self.count && matches!(self.kept, Kept::Summed(_))
    }

    /// Adds the next one.
    pub(crate) fn add(&mut self, block: &Partial) {
        self.count += 1;
        match &mut self.kept {
            Kept::Summed(sums) => sums.add(block),
            Kept::Single { blocks, bytes } => {
                blocks.push(block.clone());
                *bytes += block.planes.rect().pixels() * block.planes.planes().channels() * size_of::<f32>();
                if *bytes > self.bytes_max {
                    let sums = sum_of(self.tree_blocks, blocks);
                    self.kept = Kept::Summed(sums);
                }
            }
        }
    }

    /// The sums over the first `count`; `None` when there are fewer, or more and only their sum is known.
    pub(crate) fn first(&self, count: u32) -> Option<Vec<Partial>> {
        match &self.kept {
            Kept::Single { blocks, .. } => {
                blocks.get(..count as usize).map(|first| sum_of(self.tree_blocks, first).partials)
            }
            Kept::Summed(sums) => (count == self.count).then(|| sums.partials.clone()),
        }
    }
}

fn sum_of(tree_blocks: u32, blocks: &[Partial]) -> RunningSums {
    let mut sums = RunningSums::new(tree_blocks);
    blocks.iter().for_each(|block| sums.add(block));
    sums
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
            for partial in &sums.partials {
                prop_assert_eq!(&partial.planes, &tree_sum(partial.node, blocks));
            }
        }

        #[test]
        fn blocks_that_take_too_much_memory_still_give_all_their_sum(blocks in 1u32..40, few in 0usize..10) {
            let bytes = 4 * size_of::<f32>();
            let mut done = DoneBlocks::new(blocks, few * bytes);
            for count in 1..=blocks {
                done.add(&block(count - 1));
                let all = done.first(count).expect("never lost");
                let nodes: Vec<TreeNode> = all.iter().map(|partial| partial.node).collect();
                prop_assert_eq!(nodes, BlockRange { first: 0, count }.maximal_nodes(blocks));
                for partial in &all {
                    prop_assert_eq!(&partial.planes, &tree_sum(partial.node, blocks));
                }
                prop_assert_eq!(done.first(count + 1), None);
                let fits = count as usize <= few;
                prop_assert_eq!(done.first(count - 1).is_some(), fits);
                prop_assert_eq!(done.is_past(count - 1), !fits);
            }
        }
    }
}
