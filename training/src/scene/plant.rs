//! Plants: leaf cards on bushes, blades of grass, and trees that branch again and again.

use std::f32::consts::TAU;

use glam::{Affine3A, Quat, Vec2, Vec3};

use super::shape::{Shape, card};
use crate::rng::Rng;

/// Branchings of a tree from its trunk to its twigs at most.
const DEPTH_MAX: u32 = 5;
/// Leaves of a tree at most.
const LEAVES_MAX: usize = 700;

/// Leaf cards on a ball, about 1 high.
pub(super) fn bush(rng: &mut Rng) -> Shape {
    let (count, size) = (rng.count(30, 90), rng.between(0.12, 0.3));
    let mut bush = Shape::default();
    for _ in 0..count {
        let at = rng.direction() * Vec3::new(0.45, 0.4, 0.45) * rng.between(0.5, 1.0) + Vec3::Y * 0.5;
        let place = Affine3A::from_rotation_translation(rng.rotation(), at);
        bush.join(&card(size, size * 1.4).moved(place));
    }
    bush
}

/// Blades that rise from one place, about 1 high.
pub(super) fn tuft(rng: &mut Rng) -> Shape {
    let (blades, lean) = (rng.count(6, 24), rng.between(0.1, 0.9));
    let mut tuft = Shape::default();
    for _ in 0..blades {
        let tilt = rng.between(-lean, lean);
        let turn = rng.heading() * Quat::from_rotation_x(tilt);
        let height = rng.between(0.5, 1.0);
        let blade = card(0.12, height).shifted(Vec3::Y * height * 0.5);
        let at = Vec3::new(rng.between(-0.2, 0.2), 0.0, rng.between(-0.2, 0.2));
        tuft.join(&blade.moved(Affine3A::from_rotation_translation(turn, at)));
    }
    tuft
}

/// A tree about 1 high: its wood, and its leaf cards, which are empty in winter.
pub(super) fn tree(rng: &mut Rng) -> (Shape, Shape) {
    let mut tree = Tree {
        spread: rng.between(0.3, 1.0),
        shrink: rng.between(0.6, 0.78),
        droop: rng.between(-0.25, 0.35),
        depth: rng.count(3, DEPTH_MAX as usize) as u32,
        leaf: if rng.chance(0.15) { 0.0 } else { rng.between(0.03, 0.12) },
        wood: Shape::default(),
        leaves: Shape::default(),
    };
    let length = rng.between(0.25, 0.4);
    tree.branch(rng, Vec3::ZERO, Vec3::Y, length, 0);
    (tree.wood, tree.leaves)
}

/// A tree that grows.
struct Tree {
    spread: f32,
    shrink: f32,
    droop: f32,
    depth: u32,
    leaf: f32,
    wood: Shape,
    leaves: Shape,
}

impl Tree {
    fn branch(&mut self, rng: &mut Rng, from: Vec3, along: Vec3, length: f32, level: u32) {
        let to = from + along * length;
        let sides = 7 - level.min(4) as usize;
        self.wood.join(&rod(from, to, length * 0.09, length * 0.09 * self.shrink, sides));
        if level + 1 >= self.depth {
            for _ in 0..if self.leaf > 0.0 { 3 } else { 0 } {
                if self.leaves.triangles.len() < LEAVES_MAX * 2 {
                    let at = from.lerp(to, rng.between(0.3, 1.1));
                    let place = Affine3A::from_rotation_translation(rng.rotation(), at);
                    self.leaves.join(&card(self.leaf, self.leaf * 1.4).moved(place));
                }
            }
            return;
        }
        let around = rng.between(0.0, TAU);
        let count = rng.count(2, 3);
        for index in 0..count {
            let turn = around + TAU * (index as f32 + rng.between(-0.2, 0.2)) / count as f32;
            let side = along.any_orthonormal_vector();
            let out = Quat::from_axis_angle(along, turn) * side;
            let next = (along + out * self.spread * rng.between(0.6, 1.2) - Vec3::Y * self.droop * 0.4)
                .normalize_or(along);
            let shorter = length * self.shrink * rng.between(0.85, 1.1);
            self.branch(rng, to, next, shorter, level + 1);
        }
    }
}

/// A round rod from one place to another, open at its ends.
pub(super) fn rod(from: Vec3, to: Vec3, radius_from: f32, radius_to: f32, sides: usize) -> Shape {
    let along = (to - from).normalize_or(Vec3::Y);
    let side = along.any_orthonormal_vector();
    let other = along.cross(side);
    Shape::grid(sides, 1, Vec2::new(1.0, 2.0), |u, v| {
        let (sin, cos) = (u * TAU).sin_cos();
        let radius = radius_from + (radius_to - radius_from) * v;
        from.lerp(to, v) + (side * cos + other * sin) * radius
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rods_face_outwards() {
        let rod = rod(Vec3::ZERO, Vec3::new(1.0, 2.0, 0.5), 0.1, 0.2, 12);
        let along = Vec3::new(1.0, 2.0, 0.5).normalize();
        for (place, normal) in rod.positions.iter().zip(&rod.normals) {
            let away = *place - along * place.dot(along);
            assert!(normal.dot(away) > 0.0, "{place} {normal}");
        }
    }

    #[test]
    fn trees_stay_small_enough() {
        for seed in 0..40 {
            let (wood, leaves) = tree(&mut Rng::new(seed));
            assert!(leaves.triangles.len() <= LEAVES_MAX * 2 && wood.triangles.len() < 8000);
            assert!(wood.positions.iter().all(|place| place.is_finite()));
        }
    }
}
