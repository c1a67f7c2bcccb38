//! Which triangle a ray meets first: a plain binary tree over all triangles in world space.
//!
//! Built by binned surface-area heuristic (Wald, "On fast Construction of SAH-based Bounding Volume Hierarchies", 2007).
//! Corners are projected across the ray, where two triangles give their shared edge exactly opposite signs, so no ray slips
//! between neighbours (Woop, Benthin & Wald, "Watertight Ray/Triangle Intersection", JCGT 2013).

mod build;

use glam::Vec3;

use super::microfacet::Basis;
use crate::scene::Scene;
use build::{Node, build};

/// One triangle of one instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Face {
    /// Index of the instance.
    pub instance: u32,
    /// Index in its mesh.
    pub triangle: u32,
}

/// A half line.
#[derive(Clone, Copy, Debug)]
pub struct Ray {
    /// Where it starts.
    pub origin: Vec3,
    /// Unit direction.
    pub direction: Vec3,
    /// The triangle it starts on, which it never meets.
    pub skip: Option<Face>,
}

/// Where a ray meets a triangle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hit {
    /// Distance, metres.
    pub t: f32,
    /// Which triangle.
    pub face: Face,
    /// Weight of its corner 1.
    pub u: f32,
    /// Weight of its corner 2.
    pub v: f32,
}

/// A triangle in world space.
#[derive(Clone, Copy, Debug)]
struct Triangle {
    face: Face,
    corners: [Vec3; 3],
}

/// All triangles of a scene, ready to be asked.
#[derive(Debug)]
pub struct Bvh {
    nodes: Vec<Node>,
    triangles: Vec<Triangle>,
}

impl Bvh {
    /// Gathers all triangles of a checked scene and sorts them into a tree.
    pub fn new(scene: &Scene) -> Self {
        let mut triangles = Vec::new();
        for (index, instance) in scene.instances.iter().enumerate() {
            let mesh = &scene.meshes[instance.mesh as usize];
            for (triangle, corners) in mesh.triangles.iter().enumerate() {
                let world = |corner: u32| {
                    instance.world_from_object.transform_point3(mesh.positions[corner as usize])
                };
                let face = Face { instance: index as u32, triangle: triangle as u32 };
                triangles.push(Triangle { face, corners: corners.map(world) });
            }
        }
        let nodes = build(&mut triangles);
        Self { nodes, triangles }
    }

    /// The closest hit nearer than `t_max`; of equally near ones, the lowest face.
    pub fn closest(&self, ray: &Ray, t_max: f32) -> Option<Hit> {
        let mut best: Option<Hit> = None;
        self.walk(ray, t_max, &mut |hit| {
            let nearer = best.is_none_or(|old| (hit.t, hit.face) < (old.t, old.face));
            if nearer {
                best = Some(hit);
            }
            best.map_or(t_max, |hit| hit.t)
        });
        best
    }

    /// Calls `found` with every hit nearer than the limit, in any order; it returns the new limit.
    pub fn walk(&self, ray: &Ray, t_max: f32, found: &mut dyn FnMut(Hit) -> f32) {
        let mut limit = t_max;
        let mut stack = vec![0usize];
        let inverse = ray.direction.recip();
        let aim = ray.aim();
        while let Some(index) = stack.pop() {
            let Some(node) = self.nodes.get(index) else { continue };
            if !node.is_met(ray.origin, inverse, limit) {
                continue;
            }
            if node.count == 0 {
                let (near, far) = (index + 1, node.first as usize);
                let flip = ray.direction[node.axis as usize] < 0.0;
                stack.extend(if flip { [near, far] } else { [far, near] });
                continue;
            }
            let first = node.first as usize;
            for triangle in &self.triangles[first..first + node.count as usize] {
                if let Some(hit) = triangle.meet(&aim, limit) {
                    limit = found(hit);
                }
            }
        }
    }

    /// The closest hit by asking every triangle, for tests of the tree.
    pub fn closest_by_brute_force(&self, ray: &Ray, t_max: f32) -> Option<Hit> {
        let aim = ray.aim();
        let hits = self.triangles.iter().filter_map(|triangle| triangle.meet(&aim, t_max));
        hits.min_by(|a, b| a.t.total_cmp(&b.t).then(a.face.cmp(&b.face)))
    }
}

impl Ray {
    fn aim(&self) -> Aim {
        Aim { origin: self.origin, axes: Basis::around(self.direction), skip: self.skip }
    }
}

/// A ray as seen from itself: its origin, two axes across it, and itself.
struct Aim {
    origin: Vec3,
    axes: Basis,
    skip: Option<Face>,
}

impl Triangle {
    fn meet(&self, aim: &Aim, t_max: f32) -> Option<Hit> {
        if aim.skip == Some(self.face) {
            return None;
        }
        let [p0, p1, p2] = self.corners.map(|corner| aim.axes.to_local(corner - aim.origin));
        let [w0, w1, w2] = [cross(p1, p2), cross(p2, p0), cross(p0, p1)];
        let inside = w0.min(w1).min(w2) >= 0.0 || w0.max(w1).max(w2) <= 0.0;
        let sum = w0 + w1 + w2;
        if !inside || sum == 0.0 {
            return None;
        }
        let t = (w0 * p0.z + w1 * p1.z + w2 * p2.z) / sum;
        (t > 0.0 && t <= t_max).then_some(Hit { t, face: self.face, u: w1 / sum, v: w2 / sum })
    }
}

/// Twice the signed area that two corners span with the ray.
fn cross(a: Vec3, b: Vec3) -> f32 {
    a.x * b.y - a.y * b.x
}
