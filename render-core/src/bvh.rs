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
    /// Farthest from the origin that corners may lie, metres: twice as far as Neptune. Squares of lengths, sums of areas over all primitives and the
    /// kernels' products of three lengths stay within f32 up to about there; the builder panics on an area that is not finite.
    pub const REACH_MAX: f32 = 1e13;

    /// A tree over triangles, given by their corners.
    ///
    /// # Errors
    /// A corner lies beyond [`Self::REACH_MAX`].
    pub fn of_triangles(corners: &[[Vec3; 3]]) -> Result<Self, TooFar> {
        corners.iter().flatten().try_for_each(|&corner| TooFar::check(corner))?;
        let triangles: Vec<Triangle> = corners
            .iter()
            .map(|&[a, b, c]| Triangle { v0: theirs(a), v1: theirs(b), v2: theirs(c) })
            .collect();
        if triangles.is_empty() {
            return Ok(Self::empty());
        }
        Ok(Self::from_built(&build_cwbvh_from_tris(
            &triangles,
            Self::params(triangles.len()),
            &mut Default::default(),
        )))
    }

    /// A tree over boxes, given by their lowest and highest corners.
    ///
    /// # Errors
    /// A corner lies beyond [`Self::REACH_MAX`].
    pub fn of_boxes(boxes: &[(Vec3, Vec3)]) -> Result<Self, TooFar> {
        boxes.iter().flat_map(|&(low, high)| [low, high]).try_for_each(TooFar::check)?;
        let boxes: Vec<Aabb> =
            boxes.iter().map(|&(low, high)| Aabb::new(theirs(low), theirs(high))).collect();
        if boxes.is_empty() {
            return Ok(Self::empty());
        }
        Ok(Self::from_built(&build_cwbvh(&boxes, Self::params(boxes.len()), &mut Default::default())))
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

/// Geometry that lies too far away for a tree.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[error(
    "its geometry reaches {reach:e} m from the origin, and {:e} m are the most that can be rendered",
    Bvh::REACH_MAX
)]
pub struct TooFar {
    /// Largest coordinate of a corner that does, metres.
    pub reach: f32,
}

impl TooFar {
    fn check(corner: Vec3) -> Result<(), Self> {
        let reach = if corner.is_finite() { corner.abs().max_element() } else { f32::INFINITY };
        if reach <= Bvh::REACH_MAX { Ok(()) } else { Err(Self { reach }) }
    }
}

/// What one of a node's eight slots holds. The kernels shift a byte's three marks by its place and take what lands at 24 and above
/// for children, so a leaf whose marks reached there would send them to nodes that nobody checked.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Slot {
    Empty,
    Inner,
    Leaf {
        /// One past its last primitive, counted from the node's first.
        end: u8,
    },
}

impl Slot {
    /// Only what the builder writes: 0; a place below 24 with a mark for each of one to three primitives; 24 and the slot's number with one mark.
    fn read(byte: u8, slot: u8) -> Option<Self> {
        let (place, marks) = (byte & 0x1f, byte >> 5);
        match marks {
            _ if byte == 0 => Some(Self::Empty),
            1 if place == 24 + slot => Some(Self::Inner),
            0b001 | 0b011 | 0b111 => {
                let end = place + marks.count_ones() as u8;
                (end <= 24).then_some(Self::Leaf { end })
            }
            _ => None,
        }
    }
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

/// Checks the tree at `root` and returns its depth: every slot is written as the builder writes it, every child exists, lies
/// behind its parent and has only one, and every leaf names primitives below `primitives`. So every walk ends.
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
        for (slot, &byte) in (0..).zip(&meta) {
            match Slot::read(byte, slot) {
                Some(found) if (found == Slot::Inner) != (inner >> slot & 1 == 1) => {
                    return fault(index, "its child bits contradict each other");
                }
                Some(Slot::Leaf { end })
                    if u64::from(node[PRIMITIVE_BASE]) + u64::from(end) > u64::from(primitives) =>
                {
                    return fault(index, "it names a primitive that does not exist");
                }
                Some(_) => {}
                None => return fault(index, "one of its slots is malformed"),
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
mod tests;
