//! Sorts triangles into a tree.

use glam::Vec3;

use super::Triangle;

const BINS: usize = 16;
const LEAF_MAX: usize = 4;

/// Widens a slab's far distance for rounding: 1 + 2γ(3) (Ize, "Robust BVH Ray Traversal", 2013).
const SLAB_MARGIN: f32 = 1.000_000_4;

/// Widens a box, per metre of distance to its farthest side.
const SIDEWAYS_MARGIN: f32 = 1e-6;

/// An inner node's left child follows it; `first` is then its right child, else its first triangle.
#[derive(Clone, Copy, Debug)]
pub(super) struct Node {
    low: Vec3,
    high: Vec3,
    pub(super) first: u32,
    /// Triangles in a leaf; 0 for an inner node.
    pub(super) count: u32,
    pub(super) axis: u32,
}

impl Node {
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

#[derive(Clone, Copy)]
struct Span {
    low: Vec3,
    high: Vec3,
}

impl Span {
    const EMPTY: Self = Self { low: Vec3::INFINITY, high: Vec3::NEG_INFINITY };

    fn around(triangle: &Triangle) -> Self {
        let [a, b, c] = triangle.corners;
        Self { low: a.min(b).min(c), high: a.max(b).max(c) }
    }

    fn joined(self, other: Self) -> Self {
        Self { low: self.low.min(other.low), high: self.high.max(other.high) }
    }

    fn half_area(self) -> f32 {
        let size = (self.high - self.low).max(Vec3::ZERO);
        size.x * size.y + size.y * size.z + size.z * size.x
    }
}

/// Reorders the triangles and returns the nodes, root first.
pub(super) fn build(triangles: &mut [Triangle]) -> Vec<Node> {
    let mut nodes = Vec::new();
    if !triangles.is_empty() {
        split(triangles, 0, &mut nodes, 0);
    }
    nodes
}

/// Past this depth leaves take what is left, so that hostile geometry cannot exhaust the stack.
const DEPTH_MAX: u32 = 96;

fn split(triangles: &mut [Triangle], first: u32, nodes: &mut Vec<Node>, depth: u32) {
    let whole = triangles.iter().map(Span::around).fold(Span::EMPTY, Span::joined);
    let at = nodes.len();
    let count = triangles.len() as u32;
    nodes.push(Node { low: whole.low, high: whole.high, first, count, axis: 0 });
    if triangles.len() <= LEAF_MAX || depth == DEPTH_MAX {
        return;
    }
    let Some((axis, middle)) = cut(triangles) else { return };
    split(&mut triangles[..middle], first, nodes, depth + 1);
    let right = nodes.len() as u32;
    split(&mut triangles[middle..], first + middle as u32, nodes, depth + 1);
    nodes[at] = Node { first: right, count: 0, axis: axis as u32, ..nodes[at] };
}

fn centre(triangle: &Triangle) -> Vec3 {
    let span = Span::around(triangle);
    0.5 * (span.low + span.high)
}

/// Sorts by the cheapest of the bins' borders along the longest side; `None` when all centres are one point.
fn cut(triangles: &mut [Triangle]) -> Option<(usize, usize)> {
    let (mut low, mut high) = (Vec3::INFINITY, Vec3::NEG_INFINITY);
    for triangle in triangles.iter() {
        low = low.min(centre(triangle));
        high = high.max(centre(triangle));
    }
    let size = high - low;
    let axis = (0..3).max_by(|&a, &b| size[a].total_cmp(&size[b]))?;
    if size[axis] <= 0.0 {
        return None;
    }
    let bin_of = |triangle: &Triangle| {
        let place = (centre(triangle)[axis] - low[axis]) / size[axis] * BINS as f32;
        (place as usize).min(BINS - 1)
    };
    let mut bins = [(Span::EMPTY, 0u32); BINS];
    for triangle in triangles.iter() {
        let bin = &mut bins[bin_of(triangle)];
        *bin = (bin.0.joined(Span::around(triangle)), bin.1 + 1);
    }
    let side = |bins: &[(Span, u32)]| {
        let (span, count) =
            bins.iter().fold((Span::EMPTY, 0), |sum, bin| (sum.0.joined(bin.0), sum.1 + bin.1));
        if count == 0 { f32::INFINITY } else { span.half_area() * count as f32 }
    };
    let cost = |border: usize| side(&bins[..border]) + side(&bins[border..]);
    let border = (1..BINS).min_by(|&a, &b| cost(a).total_cmp(&cost(b)))?;
    let mut middle = 0;
    for index in 0..triangles.len() {
        if bin_of(&triangles[index]) < border {
            triangles.swap(index, middle);
            middle += 1;
        }
    }
    (middle > 0 && middle < triangles.len()).then_some((axis, middle))
}
