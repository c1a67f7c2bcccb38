//! Sorts things with an extent into a tree.

use glam::{Affine3A, Vec3};

const BINS: usize = 16;
const LEAF_MAX: usize = 4;

/// Widens a slab's far distance for rounding: 1 + 2γ(3) (Ize, "Robust BVH Ray Traversal", 2013).
const SLAB_MARGIN: f32 = 1.000_000_4;

/// Widens a box, per metre of distance to its farthest side.
const SIDEWAYS_MARGIN: f32 = 1e-6;

/// Widens a box that stands elsewhere, per metre of what was added up to find it.
const MOVED_MARGIN: f32 = 1e-6;

/// An inner node's left child follows it; `first` is then its right child, else its first leaf.
#[derive(Clone, Copy, Debug)]
pub(super) struct Node {
    pub(super) span: Span,
    pub(super) first: u32,
    /// Leaves; 0 for an inner node.
    pub(super) count: u32,
    pub(super) axis: u32,
}

/// What can be sorted.
pub(super) trait Extended {
    fn span(&self) -> Span;
}

/// A box along the axes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    pub(super) low: Vec3,
    pub(super) high: Vec3,
}

impl Span {
    const EMPTY: Self = Self { low: Vec3::INFINITY, high: Vec3::NEG_INFINITY };

    pub(super) fn around(corners: &[Vec3; 3]) -> Self {
        let [a, b, c] = corners;
        Self { low: a.min(*b).min(*c), high: a.max(*b).max(*c) }
    }

    /// A box around the box as it stands elsewhere.
    pub(super) fn moved(self, world_from_here: &Affine3A) -> Self {
        let middle = world_from_here.transform_point3(0.5 * (self.low + self.high));
        let half = 0.5 * (self.high - self.low);
        let [x, y, z] =
            [0, 1, 2].map(|axis| Vec3::from(world_from_here.matrix3.col(axis).abs()) * half[axis]);
        // Middle and corners round apart from each other.
        let reach = x
            + y
            + z
            + MOVED_MARGIN * (middle.abs() + x + y + z + Vec3::from(world_from_here.translation.abs()));
        Self { low: middle - reach, high: middle + reach }
    }

    pub(super) fn is_met(&self, origin: Vec3, inverse: Vec3, t_max: f32) -> bool {
        // The test of a triangle rounds in proportion to its distance, sideways too, and must not be refused for it.
        let (low, high) = (self.low - origin, self.high - origin);
        let pad = Vec3::splat(SIDEWAYS_MARGIN * low.abs().max(high.abs()).max_element());
        // 0 · ∞ where a ray runs inside a slab's plane is NaN, which min and max then pass over.
        let (a, b) = ((low - pad) * inverse, (high + pad) * inverse);
        let mut near = 0.0f32;
        let mut far = t_max;
        for axis in 0..3 {
            near = near.max(a[axis].min(b[axis]));
            far = far.min(a[axis].max(b[axis]) * SLAB_MARGIN);
        }
        near <= far * SLAB_MARGIN
    }
}

impl Span {
    fn joined(self, other: Self) -> Self {
        Self { low: self.low.min(other.low), high: self.high.max(other.high) }
    }

    fn half_area(self) -> f32 {
        let size = (self.high - self.low).max(Vec3::ZERO);
        size.x * size.y + size.y * size.z + size.z * size.x
    }
}

/// Reorders the leaves and returns the nodes, root first.
pub(super) fn build<L: Extended>(leaves: &mut [L]) -> Vec<Node> {
    let mut nodes = Vec::new();
    if !leaves.is_empty() {
        split(leaves, 0, &mut nodes, 0);
    }
    nodes
}

/// Past this depth leaves take what is left, so that hostile geometry cannot exhaust the stack.
const DEPTH_MAX: u32 = 96;

fn split<L: Extended>(leaves: &mut [L], first: u32, nodes: &mut Vec<Node>, depth: u32) {
    let whole = leaves.iter().map(L::span).fold(Span::EMPTY, Span::joined);
    let at = nodes.len();
    let count = leaves.len() as u32;
    nodes.push(Node { span: whole, first, count, axis: 0 });
    if leaves.len() <= LEAF_MAX || depth == DEPTH_MAX {
        return;
    }
    let Some((axis, middle)) = cut(leaves) else { return };
    split(&mut leaves[..middle], first, nodes, depth + 1);
    let right = nodes.len() as u32;
    split(&mut leaves[middle..], first + middle as u32, nodes, depth + 1);
    nodes[at] = Node { first: right, count: 0, axis: axis as u32, ..nodes[at] };
}

fn centre(leaf: &impl Extended) -> Vec3 {
    let span = leaf.span();
    0.5 * (span.low + span.high)
}

/// Sorts by the cheapest of the bins' borders along the longest side; `None` when all centres are one point.
fn cut<L: Extended>(leaves: &mut [L]) -> Option<(usize, usize)> {
    let (mut low, mut high) = (Vec3::INFINITY, Vec3::NEG_INFINITY);
    for leaf in leaves.iter() {
        low = low.min(centre(leaf));
        high = high.max(centre(leaf));
    }
    let size = high - low;
    let axis = (0..3).max_by(|&a, &b| size[a].total_cmp(&size[b]))?;
    if size[axis] <= 0.0 {
        return None;
    }
    let bin_of = |leaf: &L| {
        let place = (centre(leaf)[axis] - low[axis]) / size[axis] * BINS as f32;
        (place as usize).min(BINS - 1)
    };
    let mut bins = [(Span::EMPTY, 0u32); BINS];
    for leaf in leaves.iter() {
        let bin = &mut bins[bin_of(leaf)];
        *bin = (bin.0.joined(leaf.span()), bin.1 + 1);
    }
    let side = |bins: &[(Span, u32)]| {
        let (span, count) =
            bins.iter().fold((Span::EMPTY, 0), |sum, bin| (sum.0.joined(bin.0), sum.1 + bin.1));
        if count == 0 { f32::INFINITY } else { span.half_area() * count as f32 }
    };
    let cost = |border: usize| side(&bins[..border]) + side(&bins[border..]);
    let border = (1..BINS).min_by(|&a, &b| cost(a).total_cmp(&cost(b)))?;
    let mut middle = 0;
    for index in 0..leaves.len() {
        if bin_of(&leaves[index]) < border {
            leaves.swap(index, middle);
            middle += 1;
        }
    }
    (middle > 0 && middle < leaves.len()).then_some((axis, middle))
}
