//! Which triangle a ray meets first: a plain binary tree over what stands in the scene, and one over the triangles of each.
//!
//! A mesh that stands once is sorted where it stands; one that stands often is sorted once, and its boxes and corners are moved to each
//! place as they are looked at, so that a forest is no larger than its trees. Triangles are met in world space in either case.
//! Trees are built by binned surface-area heuristic (Wald, "On fast Construction of SAH-based Bounding Volume Hierarchies", 2007).
//! Corners are projected across the ray, where two triangles give their shared edge exactly opposite signs, so no ray slips
//! between neighbours (Woop, Benthin & Wald, "Watertight Ray/Triangle Intersection", JCGT 2013).

mod build;

use glam::{Affine3A, Vec3};

use super::microfacet::Basis;
use crate::scene::{Bend, Instance, Mesh, Scene, Sweep};
use build::{Extended, Node, Span, build};

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
    /// When it sees the scene: 0 as the shutter opens, 1 as it closes.
    pub time: f32,
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

/// All triangles of a scene, ready to be asked.
#[derive(Debug)]
pub struct Bvh {
    nodes: Vec<Node>,
    stands: Vec<Stand>,
    forms: Vec<Form>,
}

/// An instance where it stands.
#[derive(Debug)]
struct Stand {
    instance: u32,
    form: u32,
    place: Stance,
    span: Span,
}

/// Where a form stands.
#[derive(Clone, Debug)]
enum Stance {
    /// Where it was sorted.
    Sorted,
    /// Elsewhere.
    Placed(Affine3A),
    /// Elsewhere at every time.
    Sweeping(Box<Sweep>),
}

/// The triangles of a mesh, sorted.
#[derive(Debug)]
struct Form {
    nodes: Vec<Node>,
    triangles: Vec<Triangle>,
}

/// A triangle where its form was sorted.
#[derive(Clone, Debug)]
struct Triangle {
    index: u32,
    corners: [Vec3; 3],
    /// Where they are as the shutter closes, of a mesh that bends; `corners` is then where they are as it opens.
    closing: Option<Box<[Vec3; 3]>>,
}

impl Extended for Stand {
    fn span(&self) -> Span {
        self.span
    }
}

impl Extended for Triangle {
    fn span(&self) -> Span {
        let Some(closing) = &self.closing else { return Span::around(&self.corners) };
        let (low, high) = Bend::bounds(&self.corners, closing);
        Span { low, high }
    }
}

impl Bvh {
    /// Sorts the triangles of a checked scene.
    pub fn new(scene: &Scene) -> Self {
        let mut often = vec![0u32; scene.meshes.len()];
        scene.instances.iter().for_each(|instance| often[instance.mesh as usize] += 1);
        let mut form_of = vec![None; scene.meshes.len()];
        let (mut stands, mut forms) = (Vec::new(), Vec::new());
        for (index, instance) in
            scene.instances.iter().enumerate().filter(|(_, instance)| !instance.is_flat())
        {
            let mesh = instance.mesh as usize;
            let shared = often[mesh] > 1 || instance.sweep.is_some();
            let form = form_of[mesh].filter(|_| shared).unwrap_or_else(|| {
                let place = if shared { Affine3A::IDENTITY } else { instance.world_from_object };
                forms.push(Form::new(&scene.meshes[mesh], &place));
                forms.len() - 1
            });
            form_of[mesh] = Some(form);
            let Some(root) = forms[form].nodes.first() else { continue };
            let place = if shared { Stance::of(instance) } else { Stance::Sorted };
            let span = place.span(root.span);
            stands.push(Stand { instance: index as u32, form: form as u32, place, span });
        }
        let nodes = build(&mut stands);
        Self { nodes, stands, forms }
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
        let (inverse, aim) = (ray.direction.recip(), ray.aim());
        let mut limit = t_max;
        descend(
            &self.nodes,
            ray,
            &mut limit,
            &|span, limit| span.is_met(ray.origin, inverse, limit),
            &mut |leaf, limit| {
                let stand = &self.stands[leaf];
                let form = &self.forms[stand.form as usize];
                let place = stand.place.at(ray.time);
                let is_met = |span: &Span, limit| {
                    let span = place.map_or(*span, |place| span.moved(&place));
                    span.is_met(ray.origin, inverse, limit)
                };
                descend(&form.nodes, ray, limit, &is_met, &mut |leaf, limit| {
                    if let Some(hit) =
                        form.triangles[leaf].meet(stand.instance, place.as_ref(), &aim, ray.time, *limit)
                    {
                        *limit = found(hit);
                    }
                });
            },
        );
    }

    /// The closest hit by asking every triangle, for tests of the tree.
    pub fn closest_by_brute_force(&self, ray: &Ray, t_max: f32) -> Option<Hit> {
        let aim = &ray.aim();
        let hits = self.stands.iter().flat_map(|stand| {
            let triangles = self.forms[stand.form as usize].triangles.iter();
            let place = stand.place.at(ray.time);
            triangles.filter_map(move |triangle| {
                triangle.meet(stand.instance, place.as_ref(), aim, ray.time, t_max)
            })
        });
        hits.min_by(|a, b| a.t.total_cmp(&b.t).then(a.face.cmp(&b.face)))
    }
}

/// Visits the leaves whose boxes are met, near ones first as far as the axes tell.
fn descend(
    nodes: &[Node],
    ray: &Ray,
    limit: &mut f32,
    is_met: &dyn Fn(&Span, f32) -> bool,
    visit: &mut dyn FnMut(usize, &mut f32),
) {
    let mut stack = vec![0usize];
    while let Some(index) = stack.pop() {
        let Some(node) = nodes.get(index) else { continue };
        if !is_met(&node.span, *limit) {
            continue;
        }
        if node.count == 0 {
            let (near, far) = (index + 1, node.first as usize);
            let flip = ray.direction[node.axis as usize] < 0.0;
            stack.extend(if flip { [near, far] } else { [far, near] });
            continue;
        }
        let first = node.first as usize;
        (first..first + node.count as usize).for_each(|leaf| visit(leaf, limit));
    }
}

impl Stance {
    fn of(instance: &Instance) -> Self {
        instance.sweep.clone().map_or(Self::Placed(instance.world_from_object), Self::Sweeping)
    }

    /// `None`: where it was sorted.
    fn at(&self, time: f32) -> Option<Affine3A> {
        match self {
            Self::Sorted => None,
            Self::Placed(place) => Some(*place),
            Self::Sweeping(sweep) => Some(sweep.at(time)),
        }
    }

    /// A box around the box wherever it is.
    fn span(&self, own: Span) -> Span {
        match self {
            Self::Sorted => own,
            Self::Placed(place) => own.moved(place),
            Self::Sweeping(sweep) => {
                let (low, high) = sweep.bounds(own.low, own.high);
                Span { low, high }
            }
        }
    }
}

impl Form {
    fn new(mesh: &Mesh, place: &Affine3A) -> Self {
        let corners =
            |index: u32, time: f32| mesh.corners_at(index, time).map(|corner| place.transform_point3(corner));
        let mut triangles: Vec<Triangle> = (0..mesh.triangles.len() as u32)
            .map(|index| {
                let closing = mesh.bend.as_ref().map(|_| Box::new(corners(index, 1.0)));
                Triangle { index, corners: corners(index, 0.0), closing }
            })
            .collect();
        let nodes = build(&mut triangles);
        Self { nodes, triangles }
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
    /// Where it stands at a time, in the space in which it was sorted.
    fn at(&self, time: f32) -> [Vec3; 3] {
        let Some(closing) = &self.closing else { return self.corners };
        [0, 1, 2].map(|corner| self.corners[corner] + (closing[corner] - self.corners[corner]) * time)
    }

    fn meet(&self, instance: u32, place: Option<&Affine3A>, aim: &Aim, time: f32, t_max: f32) -> Option<Hit> {
        let face = Face { instance, triangle: self.index };
        if aim.skip == Some(face) {
            return None;
        }
        let own = self.at(time);
        let corners = place.map_or(own, |place| own.map(|it| place.transform_point3(it)));
        let [p0, p1, p2] = corners.map(|corner| aim.axes.to_local(corner - aim.origin));
        let [w0, w1, w2] = [cross(p1, p2), cross(p2, p0), cross(p0, p1)];
        let inside = w0.min(w1).min(w2) >= 0.0 || w0.max(w1).max(w2) <= 0.0;
        let sum = w0 + w1 + w2;
        if !inside || sum == 0.0 {
            return None;
        }
        let t = (w0 * p0.z + w1 * p1.z + w2 * p2.z) / sum;
        (t > 0.0 && t <= t_max).then_some(Hit { t, face, u: w1 / sum, v: w2 / sum })
    }
}

/// Twice the signed area that two corners span with the ray.
fn cross(a: Vec3, b: Vec3) -> f32 {
    a.x * b.y - a.y * b.x
}
