//! What stands in the scene with next to no thickness.
//!
//! glTF lets a mesh go only where all three of its scales are zero (glTF 2.0, schema of *node.scale*): a thing that is pressed flat along one axis, as a
//! picture on a wall, is to be seen. No ray can be taken into a space that lacks a direction, so such a thing gets the thickness of a sheet.

use glam::{DAffine3, DMat3, DVec3};

/// The least thickness of a placed unit cube, in parts of its longest side: too thin to be seen, thick enough for single precision.
const THINNEST: f64 = 1e-5;

/// A volume below this, in parts of what its sides allow, may have either sign by rounding alone.
const ROUNDING: f64 = 1e-12;

/// The transform, [`THINNEST`] where it was thinner, mirrored if it was; as it is where it leaves a line, a point or nothing finite.
pub(super) fn thickened(world: DAffine3) -> DAffine3 {
    let DMat3 { x_axis: x, y_axis: y, z_axis: z } = world.matrix3;
    // Its columns lie along the normal of the plane that things are pressed into, its rows along the direction of their own space that is pressed.
    let cofactors = DMat3::from_cols(y.cross(z), z.cross(x), x.cross(y));
    let (normal, pressed) =
        (longest(cofactors).try_normalize(), longest(cofactors.transpose()).try_normalize());
    let (Some(normal), Some(pressed)) = (normal, pressed) else { return world };
    // How much volume comes of a thickness from `pressed` to `normal`.
    let area = normal.dot(cofactors * pressed);
    let width = longest(world.matrix3).length();
    let volume = world.matrix3.determinant();
    let missing = THINNEST * width - (volume / area).abs();
    // An infinite transform fails this too, and the scene's check names it.
    if !(missing > 0.0 && missing.is_finite()) {
        return world;
    }
    let mirrored = volume < -ROUNDING * width * area.abs();
    let more = normal * if mirrored { -missing } else { missing } * area.signum();
    let sheet = DMat3::from_cols(more * pressed.x, more * pressed.y, more * pressed.z);
    DAffine3 { matrix3: world.matrix3 + sheet, ..world }
}

fn longest(matrix: DMat3) -> DVec3 {
    let longer = |a: DVec3, b: DVec3| if b.length_squared() > a.length_squared() { b } else { a };
    longer(longer(matrix.x_axis, matrix.y_axis), matrix.z_axis)
}

#[cfg(test)]
mod tests {
    use glam::DQuat;

    use super::*;

    fn turned(angle: f64) -> DAffine3 {
        DAffine3::from_quat(DQuat::from_axis_angle(DVec3::new(1.0, -2.0, 0.5).normalize(), angle))
    }

    fn pressed(scale: DVec3, angle: f64) -> DAffine3 {
        DAffine3::from_translation(DVec3::new(3.0, 4.0, -5.0))
            * turned(angle)
            * DAffine3::from_scale(scale)
            * turned(0.9 * angle)
    }

    #[test]
    fn what_is_pressed_flat_becomes_a_sheet_in_its_plane() {
        for axis in [DVec3::X, DVec3::Y, DVec3::Z] {
            for (least, angle) in [(0.0, 0.0), (0.0, 0.7), (1e-9, 2.0), (-1e-9, 2.5)] {
                let scale = DVec3::new(2.0, 3.0, -0.5) * (DVec3::ONE - axis) + least * axis;
                let (flat, sheet) = (pressed(scale, angle), thickened(pressed(scale, angle)));
                let thickness = |of: &DAffine3| {
                    let DMat3 { x_axis: x, y_axis: y, z_axis: z } = of.matrix3;
                    let areas = [x.cross(y), y.cross(z), z.cross(x)].map(DVec3::length_squared);
                    of.matrix3.determinant() / areas.into_iter().sum::<f64>().sqrt()
                };
                let width = longest(flat.matrix3).length();
                assert!((thickness(&sheet).abs() / width / THINNEST - 1.0).abs() < 1e-6, "{scale} {angle}");
                assert_eq!(thickness(&sheet) < 0.0, thickness(&flat) < -1e-12, "{scale} {angle}");
                assert_eq!(sheet.translation, flat.translation);
                let moved = longest(sheet.matrix3 - flat.matrix3).length();
                assert!(moved <= 1.01 * THINNEST * width, "{scale} {angle}: {moved}");
            }
        }
    }

    #[test]
    fn what_has_a_thickness_or_no_width_stays_as_it_is() {
        let line = DVec3::new(2.0, 0.0, 0.0);
        for scale in
            [DVec3::new(1.0, -2.0, 0.5), DVec3::new(1.0, 1.0, 1.1e-5), DVec3::splat(1e-12), line, DVec3::ZERO]
        {
            let world = DAffine3::from_scale(scale);
            assert_eq!(thickened(world), world, "{scale}");
        }
    }
}
