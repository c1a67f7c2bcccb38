//! The commitment to a result: a Merkle tree over small groups of pixels.
//!
//! A leaf covers [`GROUP_PIXELS`] consecutive pixels (row by row) of one partial sum, all planes, so that a later audit can open a few pixels
//! without the rest. Leaves, inner nodes and the root are hashed under different keys, and the root covers the number of leaves, so no inner
//! node can pass for a leaf and no tree for a shorter one. An odd node at the end of a level moves up unchanged.
//!
//! Source: Merkle trees with domain separation, RFC 6962, section 2.1.

use frame::{Partial, TreeNode};
use serde::{Deserialize, Serialize};

/// Pixels in one leaf; the last one of a tile may have fewer.
pub const GROUP_PIXELS: usize = 64;

/// A result's tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commitment {
    // From the leaves up; the last level has one hash (or none, for no leaves at all).
    levels: Vec<Vec<[u8; 32]>>,
}

/// The way from one leaf to the root.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeafProof {
    /// Position of the leaf.
    pub index: u32,
    /// Leaves in the tree.
    pub leaves: u32,
    /// Neighbours from the leaf up; none where the node was alone.
    pub siblings: Vec<[u8; 32]>,
}

impl Commitment {
    /// Commits to partial sums in their order.
    pub fn of(partials: &[Partial]) -> Self {
        let mut level: Vec<[u8; 32]> = Vec::new();
        let mut bytes = Vec::new();
        for partial in partials {
            let groups = partial.planes.rect().pixels().div_ceil(GROUP_PIXELS);
            for group in 0..groups {
                bytes.clear();
                put_group(partial, group, &mut bytes);
                level.push(leaf(partial.node, group as u32, &bytes));
            }
        }
        let mut levels = vec![level];
        while let Some(level) = levels.last()
            && level.len() > 1
        {
            levels.push(level.chunks(2).map(parent).collect());
        }
        Self { levels }
    }

    /// The root that the receipt carries.
    pub fn root(&self) -> [u8; 32] {
        let top = self.levels.last().and_then(|level| level.first()).copied().unwrap_or_default();
        root(self.leaves(), top)
    }

    /// Number of leaves.
    pub fn leaves(&self) -> u32 {
        self.levels[0].len() as u32
    }

    /// The proof for one leaf; `None` past the end.
    pub fn prove(&self, index: u32) -> Option<LeafProof> {
        if index >= self.leaves() {
            return None;
        }
        let mut at = index as usize;
        let mut siblings = Vec::new();
        for level in &self.levels[..self.levels.len() - 1] {
            siblings.extend(level.get(at ^ 1));
            at /= 2;
        }
        Some(LeafProof { index, leaves: self.leaves(), siblings })
    }
}

impl LeafProof {
    /// Whether this group of pixels is in the tree under `root`.
    pub fn verify(&self, expected_root: [u8; 32], node: TreeNode, group: u32, bytes: &[u8]) -> bool {
        if self.index >= self.leaves {
            return false;
        }
        let mut hash = leaf(node, group, bytes);
        let mut siblings = self.siblings.iter();
        let (mut at, mut width) = (self.index, self.leaves);
        while width > 1 {
            let alone = at % 2 == 0 && at + 1 == width;
            if !alone {
                let Some(sibling) = siblings.next() else { return false };
                let pair = if at % 2 == 0 { [hash, *sibling] } else { [*sibling, hash] };
                hash = parent(&pair);
            }
            at /= 2;
            width = width.div_ceil(2);
        }
        siblings.next().is_none() && root(self.leaves, hash) == expected_root
    }
}

/// The bytes that a leaf covers: plane by plane, the values of the group's pixels.
pub fn group_bytes(partial: &Partial, group: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    put_group(partial, group, &mut bytes);
    bytes
}

fn put_group(partial: &Partial, group: usize, bytes: &mut Vec<u8>) {
    let pixels = partial.planes.rect().pixels();
    let start = (group * GROUP_PIXELS).min(pixels);
    partial.planes.put_bytes(start..(start + GROUP_PIXELS).min(pixels), bytes);
}

fn leaf(node: TreeNode, group: u32, bytes: &[u8]) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new_derive_key("tessera 1 commitment leaf");
    hasher.update(&[node.level]).update(&node.index.to_le_bytes()).update(&group.to_le_bytes()).update(bytes);
    *hasher.finalize().as_bytes()
}

fn parent(children: &[[u8; 32]]) -> [u8; 32] {
    match children {
        [alone] => *alone,
        pair => blake3::derive_key("tessera 1 commitment node", pair.as_flattened()),
    }
}

fn root(leaves: u32, top: [u8; 32]) -> [u8; 32] {
    blake3::derive_key("tessera 1 commitment root", &[&leaves.to_le_bytes()[..], &top].concat())
}

#[cfg(test)]
mod tests {
    use frame::{Plane, PlaneSet, TilePlanes, TileRect};
    use proptest::prelude::*;

    use super::*;

    fn partials(width: u32, height: u32, count: u32) -> Vec<Partial> {
        let rect = TileRect { x: 0, y: 0, width, height };
        (0..count)
            .map(|index| {
                let mut planes = TilePlanes::zeroed(rect, PlaneSet::DEFAULT);
                let radiance = planes.plane_mut(Plane::Radiance).expect("always there");
                radiance.iter_mut().enumerate().for_each(|(at, value)| *value = (at as u32 + index) as f32);
                Partial { node: TreeNode { level: 0, index }, planes }
            })
            .collect()
    }

    proptest! {
        #[test]
        fn every_leaf_proves_itself_and_nothing_else(width in 1u32..40, height in 1u32..20, count in 1u32..4) {
            let partials = partials(width, height, count);
            let commitment = Commitment::of(&partials);
            let groups = partials[0].planes.rect().pixels().div_ceil(GROUP_PIXELS);
            for index in 0..commitment.leaves() {
                let proof = commitment.prove(index).expect("in range");
                let partial = &partials[index as usize / groups];
                let group = index as usize % groups;
                let mut bytes = group_bytes(partial, group);
                prop_assert!(proof.verify(commitment.root(), partial.node, group as u32, &bytes));
                prop_assert!(!proof.verify(commitment.root(), partial.node, group as u32 + 1, &bytes));
                bytes[0] ^= 1;
                prop_assert!(!proof.verify(commitment.root(), partial.node, group as u32, &bytes));
            }
            prop_assert_eq!(commitment.prove(commitment.leaves()), None);
        }
    }

    #[test]
    fn the_root_covers_values_order_and_count() {
        let two = partials(8, 8, 2);
        let root = Commitment::of(&two).root();
        let mut swapped = two.clone();
        swapped.swap(0, 1);
        assert_ne!(Commitment::of(&swapped).root(), root);
        assert_ne!(Commitment::of(&two[..1]).root(), root);
        let mut changed = two;
        changed[1].planes.plane_mut(Plane::Depth).expect("always there")[63] = 1.0;
        assert_ne!(Commitment::of(&changed).root(), root);
    }
}
