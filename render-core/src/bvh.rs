//! Bounding volume hierarchies: compressed 8-wide trees over triangles or boxes.
//!
//! Built by `obvhs` (PLOC, parallel reinsertion, then the conversion of Ylitie, Karras & Laine, HPG 2017); walked by
//! `shaders/lib/traverse.wgsl`. A node is 80 bytes: five words of four.

use glam::{Affine3A, Vec3, Vec3A};
use obvhs::BvhBuildParams;
use obvhs::aabb::Aabb;
use obvhs::cwbvh::CwBvh;
use obvhs::cwbvh::builder::{build_cwbvh, build_cwbvh_from_tris};
use obvhs::triangle::Triangle;

/// One node as the kernels read it.
pub type Node = [u32; 20];

/// A tree over primitives that are numbered by their order in the leaves.
#[derive(Clone, Debug)]
pub struct Bvh {
    /// Nodes; children lie behind their parents; 0 is the root.
    pub nodes: Vec<Node>,
    /// For each primitive in leaf order, its number in the input.
    pub order: Vec<u32>,
    /// Lowest corner of everything.
    pub low: Vec3,
    /// Highest corner of everything.
    pub high: Vec3,
}

/// Where the parts of a node lie.
const CHILD_BASE: usize = 4;
const PRIMITIVE_BASE: usize = 5;
const INNER_MASK: usize = 3;

impl Bvh {
    /// A tree over triangles, given by their corners.
    pub fn of_triangles(corners: &[[Vec3; 3]]) -> Self {
        let triangles: Vec<Triangle> = corners
            .iter()
            .map(|&[a, b, c]| Triangle { v0: theirs(a), v1: theirs(b), v2: theirs(c) })
            .collect();
        if triangles.is_empty() {
            return Self::empty();
        }
        Self::from_built(&build_cwbvh_from_tris(
            &triangles,
            Self::params(triangles.len()),
            &mut Default::default(),
        ))
    }

    /// A tree over boxes, given by their lowest and highest corners.
    pub fn of_boxes(boxes: &[(Vec3, Vec3)]) -> Self {
        let boxes: Vec<Aabb> =
            boxes.iter().map(|&(low, high)| Aabb::new(theirs(low), theirs(high))).collect();
        if boxes.is_empty() {
            return Self::empty();
        }
        Self::from_built(&build_cwbvh(&boxes, Self::params(boxes.len()), &mut Default::default()))
    }

    /// Moves the tree to its place among others: node and primitive numbers grow by these.
    pub fn relocate(&mut self, first_node: u32, first_primitive: u32) {
        for node in &mut self.nodes {
            node[CHILD_BASE] += first_node;
            node[PRIMITIVE_BASE] += first_primitive;
        }
    }

    /// Better trees pay off on the GPU but take time to build; millions of triangles get a quicker one.
    fn params(primitives: usize) -> BvhBuildParams {
        let mut params = if primitives < 2_000_000 {
            BvhBuildParams::slow_build()
        } else {
            BvhBuildParams::medium_build()
        };
        // Spatial splits would put a triangle into several leaves; ids in leaf order stay one to one without them.
        params.pre_split = false;
        params
    }

    /// No primitive: one node without children.
    fn empty() -> Self {
        Self { nodes: vec![[0; 20]], order: Vec::new(), low: Vec3::ZERO, high: Vec3::ZERO }
    }

    fn from_built(built: &CwBvh) -> Self {
        let low = built.total_aabb.min;
        let high = built.total_aabb.max;
        Self {
            nodes: bytemuck::cast_slice(&built.nodes).to_vec(),
            order: built.primitive_indices.clone(),
            low: Vec3::new(low.x, low.y, low.z),
            high: Vec3::new(high.x, high.y, high.z),
        }
    }
}

fn theirs(v: Vec3) -> Vec3A {
    v.into()
}

/// The box around a transformed box.
pub fn transformed_box(world_from_object: &Affine3A, low: Vec3, high: Vec3) -> (Vec3, Vec3) {
    let corners = (0..8u32).map(|i| {
        let pick = |bit: u32, axis: usize| if i & bit == 0 { low[axis] } else { high[axis] };
        world_from_object.transform_point3a(Vec3A::new(pick(1, 0), pick(2, 1), pick(4, 2)))
    });
    let (low, high) = corners.fold((Vec3A::INFINITY, Vec3A::NEG_INFINITY), |(l, h), p| (l.min(p), h.max(p)));
    // Rounding in the transform must not let geometry stick out of its box.
    let slack = (low.abs().max(high.abs())) * 4e-7 + Vec3A::splat(1e-30);
    ((low - slack).into(), (high + slack).into())
}

/// A tree that a stranger sent is not a tree that can be walked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the tree at node {node} is damaged: {what}")]
pub struct DamagedTree {
    /// Which node.
    pub node: u32,
    /// What is wrong.
    pub what: &'static str,
}

/// Checks the tree at `root` and returns its depth: every child exists, lies behind its parent and has only one,
/// and every leaf names primitives below `primitives`. So every walk ends.
pub fn check_tree(
    nodes: &[Node],
    root: u32,
    primitives: u32,
    seen: &mut [bool],
) -> Result<usize, DamagedTree> {
    let fault = |node: u32, what| Err(DamagedTree { node, what });
    let mut open = vec![(root, 1usize)];
    let mut deepest = 0;
    while let Some((index, depth)) = open.pop() {
        let Some(node) = nodes.get(index as usize) else { return fault(index, "it does not exist") };
        if std::mem::replace(&mut seen[index as usize], true) {
            return fault(index, "it has two parents");
        }
        deepest = deepest.max(depth);
        let inner = node[INNER_MASK] >> 24;
        let meta: [u8; 8] = bytemuck::cast([node[6], node[7]]);
        for (slot, &byte) in meta.iter().enumerate() {
            let is_inner = byte & (byte << 1) & 0x10 != 0;
            if is_inner != (inner >> slot & 1 == 1) || (is_inner && usize::from(byte & 0x1f) != slot + 24) {
                return fault(index, "its child bits contradict each other");
            }
            let last = u64::from(node[PRIMITIVE_BASE])
                + u64::from(byte & 0x1f)
                + u64::from((byte >> 5).count_ones());
            if !is_inner && byte != 0 && last > u64::from(primitives) {
                return fault(index, "it names a primitive that does not exist");
            }
        }
        for child in 0..inner.count_ones() {
            let Some(child) = node[CHILD_BASE].checked_add(child).filter(|&child| child > index) else {
                return fault(index, "a child lies before it");
            };
            open.push((child, depth + 1));
        }
    }
    Ok(deepest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strip(count: usize) -> Vec<[Vec3; 3]> {
        (0..count)
            .map(|i| {
                let x = i as f32;
                [Vec3::new(x, 0.0, 0.0), Vec3::new(x + 1.0, 0.0, 0.3), Vec3::new(x, 1.0, (x * 0.7).sin())]
            })
            .collect()
    }

    #[test]
    fn a_built_tree_passes_its_check_and_orders_every_primitive_once() {
        for count in [0, 1, 2, 3, 7, 100, 5000] {
            let bvh = Bvh::of_triangles(&strip(count));
            let mut seen = vec![false; bvh.nodes.len()];
            check_tree(&bvh.nodes, 0, count as u32, &mut seen).expect("built trees are sound");
            let mut order = bvh.order.clone();
            order.sort_unstable();
            assert!(order.into_iter().eq(0..count as u32), "{count}");
        }
    }

    #[test]
    fn the_same_input_builds_the_same_tree() {
        let (a, b) = (Bvh::of_triangles(&strip(3000)), Bvh::of_triangles(&strip(3000)));
        assert_eq!((a.nodes, a.order), (b.nodes, b.order));
    }

    #[test]
    fn damaged_trees_are_refused() {
        let bvh = Bvh::of_triangles(&strip(500));
        let check = |nodes: &[Node]| check_tree(nodes, 0, 500, &mut vec![false; nodes.len()]);
        for (word, value) in [(CHILD_BASE, 0), (CHILD_BASE, u32::MAX), (6, u32::MAX)] {
            let mut nodes = bvh.nodes.clone();
            nodes[0][word] = value;
            assert!(check(&nodes).is_err(), "word {word}");
        }
        // Only nodes with leaves read it; some node has them.
        let mut nodes = bvh.nodes.clone();
        nodes.iter_mut().for_each(|node| node[PRIMITIVE_BASE] = u32::MAX);
        assert!(check(&nodes).is_err());
        assert!(check(&bvh.nodes[..bvh.nodes.len() / 2]).is_err());
    }
}
