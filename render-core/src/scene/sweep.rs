//! How something moves while the shutter is open: section 9 of `docs/rendering.md`.
//!
//! An affine map that can be turned round is a stretch and then a rotation, in one way only (polar decomposition, as Shoemake & Duff, "Matrix Animation
//! and Polar Decomposition", 1992, use it): shear and mirroring lie in the stretch. From one key to the other the stretch and the place go straight and the
//! rotation turns evenly, the shorter way round. For glTF's translation, rotation and scale that is what the format's own interpolation does.

use glam::{Affine3A, DAffine3, DMat3, DQuat, DVec3, Vec3};

/// Where something stands from time 0, when the shutter opens, to time 1, when it closes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sweep {
    from: Key,
    to: Key,
}

/// Where it stands at one end.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Key {
    rotation: DQuat,
    stretch: DMat3,
    place: DVec3,
}

/// Volumes below this are too small to be turned round in single precision.
const DETERMINANT_MIN: f64 = 1e-30;

/// A rotation is looked at this often at least when a box is put around it, radians.
const STEP_ANGLE: f64 = std::f64::consts::PI / 16.0;

/// What the kernels' rounding may move a point by, per metre of what is added up for it.
const ROUNDING: f64 = 2e-6;

impl Sweep {
    /// From where something stands as the shutter opens to where it stands as it closes. `None` where both are the same to single precision, where one of
    /// them is flat, and where one is the mirror image of the other, so that it would be flat between them.
    pub fn between(open: &DAffine3, close: &DAffine3) -> Option<Self> {
        if rounded(open) == rounded(close) {
            return None;
        }
        let (from, mut to) = (Key::of(open)?, Key::of(close)?);
        if open.matrix3.determinant().signum() != close.matrix3.determinant().signum() {
            return None;
        }
        if from.rotation.dot(to.rotation) < 0.0 {
            to.rotation = -to.rotation;
        }
        Some(Self { from, to })
    }

    /// Where it stands at a time, 0 to 1.
    pub fn at(&self, time: f32) -> Affine3A {
        rounded(&self.stands(f64::from(time)))
    }

    /// A box around everything that a box of its own space goes through.
    pub fn bounds(&self, low: Vec3, high: Vec3) -> (Vec3, Vec3) {
        let corners = [0, 1, 2, 3, 4, 5, 6, 7u32].map(|index| {
            let pick = |axis: usize| if index >> axis & 1 == 0 { low[axis] } else { high[axis] };
            Vec3::new(pick(0), pick(1), pick(2)).as_dvec3()
        });
        let angle = 2.0 * self.turn().1;
        let steps = (angle / STEP_ANGLE).ceil().max(1.0);
        let (mut lowest, mut highest) = (DVec3::INFINITY, DVec3::NEG_INFINITY);
        for step in 0..=steps as u32 {
            let stands = self.stands(f64::from(step) / steps);
            for corner in corners {
                let point = stands.transform_point3(corner);
                (lowest, highest) = (lowest.min(point), highest.max(point));
            }
        }
        // Between two steps a point leaves the line between its places by an eighth of its acceleration at most. Lengths under maps that change evenly
        // are largest at corners and ends.
        let farthest = |map: &dyn Fn(DVec3) -> DVec3| {
            corners.map(|corner| map(corner).length()).into_iter().fold(0.0, f64::max)
        };
        let reach =
            farthest(&|corner| self.from.stretch * corner).max(farthest(&|corner| self.to.stretch * corner));
        let change = farthest(&|corner| (self.to.stretch - self.from.stretch) * corner);
        let bend = (angle * angle * reach + 2.0 * angle * change) / (8.0 * steps * steps);
        let far = self.from.place.abs().max(self.to.place.abs());
        let pad = DVec3::splat(bend + ROUNDING * reach) + ROUNDING * far + DVec3::splat(1e-30);
        ((lowest - pad).as_vec3(), (highest + pad).as_vec3())
    }

    /// The rotation at time 0 as x, y, z, w; then the axis, in the space before that rotation, around which it turns on, and half the angle in turns
    /// (0 to 0.25) that it has turned at time 1.
    pub(crate) fn rotations(&self) -> [[f32; 4]; 2] {
        let (axis, half_angle) = self.turn();
        [self.from.rotation.to_array().map(|number| number as f32), {
            let axis = axis.as_vec3();
            [axis.x, axis.y, axis.z, (half_angle / std::f64::consts::TAU) as f32]
        }]
    }

    /// Rows of stretch and place, at time 0 and at time 1.
    pub(crate) fn stretches(&self) -> [[[f32; 4]; 3]; 2] {
        [self.from, self.to].map(|key| {
            let rows = key.stretch.transpose();
            [(rows.x_axis, key.place.x), (rows.y_axis, key.place.y), (rows.z_axis, key.place.z)]
                .map(|(row, place)| row.extend(place).to_array().map(|number| number as f32))
        })
    }

    fn stands(&self, time: f64) -> DAffine3 {
        let rotation = DMat3::from_quat(self.from.rotation.slerp(self.to.rotation, time));
        let stretch = self.from.stretch + (self.to.stretch - self.from.stretch) * time;
        DAffine3 { matrix3: rotation * stretch, translation: self.from.place.lerp(self.to.place, time) }
    }

    /// Axis and half the angle from the rotation of one key to that of the other.
    fn turn(&self) -> (DVec3, f64) {
        let turned = self.from.rotation.conjugate() * self.to.rotation;
        let (sine, cosine) = (turned.xyz().length(), turned.w.max(0.0));
        (turned.xyz().normalize_or(DVec3::X), sine.atan2(cosine))
    }
}

impl Key {
    fn of(map: &DAffine3) -> Option<Self> {
        let determinant = map.matrix3.determinant();
        if !(map.is_finite() && determinant.abs() > DETERMINANT_MIN) {
            return None;
        }
        // Newton's iteration for the nearest rotation, scaled so that it needs few steps (Higham 1986).
        let size =
            |matrix: &DMat3| matrix.to_cols_array().iter().map(|number| number * number).sum::<f64>().sqrt();
        let mut nearest = map.matrix3 * determinant.signum();
        for _ in 0..40 {
            let inverse = nearest.inverse().transpose();
            let scale = (size(&inverse) / size(&nearest)).sqrt();
            let next = (nearest * scale + inverse * scale.recip()) * 0.5;
            let is_there = size(&(next - nearest)) < 1e-10;
            nearest = next;
            if is_there {
                break;
            }
        }
        let rotation = DQuat::from_mat3(&nearest).normalize();
        let stretch = DMat3::from_quat(rotation).transpose() * map.matrix3;
        let is_usable = rotation.is_finite() && stretch.is_finite();
        is_usable.then_some(Self { rotation, stretch, place: map.translation })
    }
}

/// To the precision that scenes are stored in.
fn rounded(map: &DAffine3) -> Affine3A {
    let [x, y, z, place] = [map.matrix3.x_axis, map.matrix3.y_axis, map.matrix3.z_axis, map.translation]
        .map(|column| column.as_vec3a());
    Affine3A::from_cols(x, y, z, place)
}

#[cfg(test)]
mod tests;
