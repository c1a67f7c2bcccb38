//! Ends are met, the way between them is the shorter one, and boxes hold everything.

use glam::EulerRot;

use super::*;

/// Numbers without a pattern, from a counter.
struct Dice(u64);

impl Dice {
    /// In [0, 1).
    fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let word = self.0 ^ (self.0 >> 29);
        (word >> 11) as f64 / (1u64 << 53) as f64
    }

    fn vector(&mut self, size: f64) -> DVec3 {
        (DVec3::new(self.unit(), self.unit(), self.unit()) * 2.0 - 1.0) * size
    }

    fn turn(&mut self) -> DQuat {
        DQuat::from_euler(EulerRot::XYZ, self.unit() * 6.3, self.unit() * 6.3, self.unit() * 6.3)
    }

    /// Any map that is not flat: rotated, stretched unevenly, sheared, of the handedness asked for.
    fn map(&mut self, hand: f64) -> DAffine3 {
        let scale = DVec3::new(0.2 + self.unit(), 0.2 + self.unit(), hand * (0.2 + self.unit()));
        let shear = DMat3::from_cols(
            DVec3::X,
            DVec3::new(self.unit() - 0.5, 1.0, 0.0),
            DVec3::new(self.unit() - 0.5, self.unit() - 0.5, 1.0),
        );
        let linear = DMat3::from_quat(self.turn()) * shear * DMat3::from_diagonal(scale);
        DAffine3 { matrix3: linear, translation: self.vector(5.0) }
    }
}

fn is_near(a: &Affine3A, b: &DAffine3, tolerance: f32) -> bool {
    a.abs_diff_eq(rounded(b), tolerance)
}

#[test]
fn both_ends_are_met_whatever_the_maps_are() {
    let mut dice = Dice(1);
    for index in 0..500 {
        let hand = if index % 2 == 0 { 1.0 } else { -1.0 };
        let (open, close) = (dice.map(hand), dice.map(hand));
        let sweep = Sweep::between(&open, &close).expect("they differ and have one hand");
        assert!(is_near(&sweep.at(0.0), &open, 2e-6) && is_near(&sweep.at(1.0), &close, 2e-6), "{index}");
        let side = sweep.at(dice.unit() as f32).matrix3.determinant();
        assert!(f64::from(side) * hand > 1e-3, "{index}: nothing is flat on the way: {side}");
    }
}

#[test]
fn translation_rotation_and_scale_go_as_gltf_interpolates_them() {
    let mut dice = Dice(2);
    for _ in 0..200 {
        let (scale_from, scale_to) =
            (DVec3::splat(0.3) + dice.vector(0.2), DVec3::splat(2.0) + dice.vector(0.5));
        let (from, mut to, place_from, place_to) =
            (dice.turn(), dice.turn(), dice.vector(3.0), dice.vector(3.0));
        if from.dot(to) < 0.0 {
            to = -to;
        }
        let make = DAffine3::from_scale_rotation_translation;
        let sweep = Sweep::between(&make(scale_from, from, place_from), &make(scale_to, to, place_to))
            .expect("they differ");
        let time = dice.unit();
        let wanted =
            make(scale_from.lerp(scale_to, time), from.slerp(to, time), place_from.lerp(place_to, time));
        assert!(is_near(&sweep.at(time as f32), &wanted, 2e-5));
    }
}

#[test]
fn what_stands_still_is_flat_or_turns_inside_out_does_not_sweep() {
    let still = Dice(3).map(1.0);
    let nudged = DAffine3 { translation: still.translation + DVec3::splat(1e-12), ..still };
    assert_eq!(Sweep::between(&still, &nudged), None);
    let flat = DAffine3::from_scale(DVec3::new(1.0, 0.0, 1.0));
    let mirrored = DAffine3::from_scale(DVec3::new(1.0, -1.0, 1.0));
    let broken = DAffine3::from_translation(DVec3::new(0.0, f64::NAN, 0.0));
    for other in [flat, mirrored, broken] {
        assert_eq!(Sweep::between(&DAffine3::from_translation(DVec3::ONE), &other), None);
    }
}

#[test]
fn boxes_hold_every_point_at_every_time() {
    let mut dice = Dice(4);
    let (mut loosest, mut outside) = (0.0f64, 0);
    for index in 0..400 {
        let hand = if index % 3 == 0 { -1.0 } else { 1.0 };
        let sweep = Sweep::between(&dice.map(hand), &dice.map(hand)).expect("they differ");
        let (a, b) = (dice.vector(3.0).as_vec3(), dice.vector(3.0).as_vec3());
        let (low, high) = (a.min(b), a.max(b));
        let (lowest, highest) = sweep.bounds(low, high);
        let (mut seen_low, mut seen_high) = (Vec3::INFINITY, Vec3::NEG_INFINITY);
        for step in 0..=500 {
            let stands = sweep.at(step as f32 / 500.0);
            for corner in 0..8u32 {
                let pick = |axis: usize| if corner >> axis & 1 == 0 { low[axis] } else { high[axis] };
                let point = stands.transform_point3(Vec3::new(pick(0), pick(1), pick(2)));
                (seen_low, seen_high) = (seen_low.min(point), seen_high.max(point));
            }
        }
        outside += usize::from(seen_low.cmplt(lowest).any() || seen_high.cmpgt(highest).any());
        let slack = (f64::from((highest - lowest).max_element())
            / f64::from((seen_high - seen_low).max_element()))
            - 1.0;
        loosest = loosest.max(slack);
    }
    eprintln!("the loosest of 400 boxes is {:.2} % too long", 100.0 * loosest);
    assert_eq!(outside, 0);
    assert!(loosest < 0.05, "boxes are not needlessly large");
}

#[test]
fn what_kernels_are_told_is_the_same_way() {
    let mut dice = Dice(5);
    for _ in 0..200 {
        let sweep = Sweep::between(&dice.map(1.0), &dice.map(1.0)).expect("they differ");
        let ([start, turn], [from, to]) = (sweep.rotations(), sweep.stretches());
        assert!((0.0..=0.25).contains(&turn[3]), "the shorter way: {}", turn[3]);
        let time = dice.unit() as f32;
        let on = glam::Quat::from_axis_angle(
            Vec3::new(turn[0], turn[1], turn[2]),
            2.0 * std::f32::consts::TAU * turn[3] * time,
        );
        let rotation = glam::Quat::from_array(start) * on;
        let row = |axis: usize| glam::Vec4::from(from[axis]).lerp(glam::Vec4::from(to[axis]), time);
        let rows = [row(0), row(1), row(2)];
        let stretch =
            glam::Mat3::from_cols(rows[0].truncate(), rows[1].truncate(), rows[2].truncate()).transpose();
        let place = Vec3::new(rows[0].w, rows[1].w, rows[2].w);
        let own = Affine3A::from_mat3_translation(glam::Mat3::from_quat(rotation) * stretch, place);
        assert!(own.abs_diff_eq(sweep.at(time), 1e-5));
    }
}
