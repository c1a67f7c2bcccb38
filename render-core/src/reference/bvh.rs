//! Which triangle a ray meets first: a plain binary tree over all triangles in world space.
//!
//! Built by binned surface-area heuristic (Wald, "On fast Construction of SAH-based Bounding Volume Hierarchies", 2007).
//! Edge functions in Plücker form about the ray's origin give shared edges the same sign from both
//! triangles, so no ray slips between neighbours.

mod build;

use glam::Vec3;

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
                if let Some(hit) = triangle.meet(ray, limit) {
                    limit = found(hit);
                }
            }
        }
    }

    /// The closest hit by asking every triangle, for tests of the tree.
    pub fn closest_by_brute_force(&self, ray: &Ray, t_max: f32) -> Option<Hit> {
        let hits = self.triangles.iter().filter_map(|triangle| triangle.meet(ray, t_max));
        hits.min_by(|a, b| a.t.total_cmp(&b.t).then(a.face.cmp(&b.face)))
    }
}

impl Triangle {
    fn meet(&self, ray: &Ray, t_max: f32) -> Option<Hit> {
        if ray.skip == Some(self.face) {
            return None;
        }
        let [v0, v1, v2] = self.corners.map(|corner| corner - ray.origin);
        let (e0, e1, e2) = (v2 - v0, v0 - v1, v1 - v2);
        let u = e0.cross(v2 + v0).dot(ray.direction);
        let v = e1.cross(v0 + v1).dot(ray.direction);
        let w = e2.cross(v1 + v2).dot(ray.direction);
        let inside = (u >= 0.0 && v >= 0.0 && w >= 0.0) || (u <= 0.0 && v <= 0.0 && w <= 0.0);
        let normal = e1.cross(e0);
        let (sum, slope) = (u + v + w, normal.dot(ray.direction));
        if !inside || sum == 0.0 || slope == 0.0 {
            return None;
        }
        let t = v0.dot(normal) / slope;
        (t > 0.0 && t <= t_max).then_some(Hit { t, face: self.face, u: u / sum, v: v / sum })
    }
}
