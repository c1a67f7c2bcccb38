//! What is in the way of sight, so that cameras stand where they see something.

use std::collections::BTreeSet;
use std::ops::Range;

use glam::{Affine3A, Vec3};

use super::glb::Pose;
use super::shape::Shape;

/// All triangles that stand in a scene.
#[derive(Debug, Default)]
pub(super) struct Sight {
    meshes: Vec<Vec<[Vec3; 3]>>,
    placed: Vec<Placed>,
    triangles: Vec<[Vec3; 3]>,
}

/// A thing that stands somewhere: the box around it and its triangles.
#[derive(Clone, Debug)]
struct Placed {
    low: Vec3,
    high: Vec3,
    triangles: Range<usize>,
}

/// Where a ray meets a thing.
#[derive(Clone, Copy, Debug)]
struct Hit {
    distance: f32,
    from_front: bool,
    placed: usize,
}

impl Sight {
    /// Adds a mesh; its number is the count of those before it.
    pub(super) fn add_mesh(&mut self, shape: &Shape) {
        let corners = |triangle: &[u32; 3]| triangle.map(|corner| shape.positions[corner as usize]);
        self.meshes.push(shape.triangles.iter().map(corners).collect());
    }

    /// Stands a mesh somewhere.
    pub(super) fn place(&mut self, mesh: usize, pose: Pose) {
        let world = Affine3A::from_scale_rotation_translation(pose.scale, pose.turn, pose.at);
        let first = self.triangles.len();
        let (mut low, mut high) = (Vec3::INFINITY, Vec3::NEG_INFINITY);
        for triangle in &self.meshes[mesh] {
            let triangle = triangle.map(|corner| world.transform_point3(corner));
            low = triangle.iter().fold(low, |low, &corner| low.min(corner));
            high = triangle.iter().fold(high, |high, &corner| high.max(corner));
            self.triangles.push(triangle);
        }
        self.placed.push(Placed { low, high, triangles: first..self.triangles.len() });
    }

    /// The box around what was placed last.
    pub(super) fn last(&self) -> Option<(Vec3, Vec3)> {
        self.placed.last().map(|last| (last.low, last.high))
    }

    /// What a camera's view is worth: a point for each of nine rays that meets a front, and for each thing that they meet; less
    /// when the camera is too near to something or inside of it, or cannot see what it was pointed at, which is at `distance`.
    pub(super) fn worth(&self, pose: Pose, fov_y: f32, distance: f32) -> f32 {
        let reach = (fov_y * 0.5).tan() * 0.8;
        let (mut worth, mut things) = (0.0, BTreeSet::new());
        for (row, column) in (0..9).map(|at| (at / 3 - 1, at % 3 - 1)) {
            let along =
                pose.turn * Vec3::new(column as f32 * reach * 1.3, row as f32 * reach, -1.0).normalize();
            let hit = self.first_hit(pose.at, along);
            let is_middle = row == 0 && column == 0;
            things.extend(hit.map(|hit| hit.placed));
            worth += match hit {
                Some(hit) if hit.distance < distance * 0.2 => -1.0,
                Some(hit) if !hit.from_front => -0.5,
                Some(_) => 1.0,
                None => 0.0,
            };
            if is_middle && !hit.is_some_and(|hit| hit.from_front && hit.distance > distance * 0.45) {
                worth -= 3.0;
            }
        }
        worth + things.len() as f32
    }

    fn first_hit(&self, from: Vec3, along: Vec3) -> Option<Hit> {
        let inverse = along.recip();
        let mut nearest: Option<Hit> = None;
        for (index, placed) in self.placed.iter().enumerate() {
            let (a, b) = ((placed.low - from) * inverse, (placed.high - from) * inverse);
            let (enter, leave) = (a.min(b).max_element(), a.max(b).min_element());
            let mut limit = nearest.map_or(f32::INFINITY, |hit| hit.distance);
            // Flat things have boxes without depth.
            if enter > leave * 1.0001 + 1e-4 || leave < -1e-4 || enter > limit {
                continue;
            }
            for &triangle in &self.triangles[placed.triangles.clone()] {
                if let Some((distance, from_front)) =
                    crossing(from, along, triangle).filter(|hit| hit.0 < limit)
                {
                    limit = distance;
                    nearest = Some(Hit { distance, from_front, placed: index });
                }
            }
        }
        nearest
    }
}

/// Where a ray crosses a triangle (Möller & Trumbore 1997), and whether from its front.
fn crossing(from: Vec3, along: Vec3, [a, b, c]: [Vec3; 3]) -> Option<(f32, bool)> {
    let (ab, ac) = (b - a, c - a);
    let across = along.cross(ac);
    let area = ab.dot(across);
    if area.abs() < 1e-12 {
        return None;
    }
    let start = from - a;
    let u = start.dot(across) / area;
    let turned = start.cross(ab);
    let v = along.dot(turned) / area;
    let at = ac.dot(turned) / area;
    (u >= 0.0 && v >= 0.0 && u + v <= 1.0 && at > 1e-4).then_some((at, area > 0.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::shape::ball;

    #[test]
    fn ray_meets_the_nearest_front() {
        let mut sight = Sight::default();
        sight.add_mesh(&ball(32, 16));
        sight.place(0, Pose::at(Vec3::new(0.0, 0.0, -5.0)));
        sight.place(0, Pose::at(Vec3::new(0.0, 0.0, -3.0)));
        let hit = sight.first_hit(Vec3::new(0.01, 0.01, 0.0), Vec3::NEG_Z).expect("a ball is there");
        assert!((hit.distance - 2.0).abs() < 0.05 && hit.from_front && hit.placed == 1, "{hit:?}");
        assert!(
            !sight.first_hit(Vec3::new(0.0, 0.01, -3.0), Vec3::NEG_Z).expect("the ball around").from_front
        );
    }

    #[test]
    fn view_from_inside_of_a_thing_is_worth_less() {
        let mut sight = Sight::default();
        sight.add_mesh(&ball(32, 16));
        sight.place(0, Pose::at(Vec3::new(0.0, 0.0, -3.0)));
        let outside = sight.worth(Pose::at(Vec3::ZERO), 0.5, 2.0);
        let inside = sight.worth(Pose::at(Vec3::new(0.0, 0.0, -3.0)), 0.5, 2.0);
        assert!(outside > 5.0 && inside < 0.0, "{outside} {inside}");
    }
}
