//! What cameras and lights keep of a node's transform: where it is and how it is turned.

use glam::{Affine3A, DAffine3, DMat3};

use super::tree::single;
use crate::scene::Sweep;

/// Rotation and place only. Looks along the node's -z with its y up; x follows, so that a mirrored node does not
/// mirror the picture. `None` when the axes are flattened.
pub(super) fn rigid(world: &DAffine3) -> Option<Affine3A> {
    let back = world.matrix3.z_axis.try_normalize()?;
    let up = world.matrix3.y_axis;
    let up = (up - back * up.dot(back)).try_normalize()?;
    let right = up.cross(back);
    let axes = DMat3::from_cols(right, up, back);
    let rigid = single(&DAffine3 { matrix3: axes, translation: world.translation });
    rigid.is_finite().then_some(rigid)
}

/// How something rigid goes from where its node stands as the shutter opens to where it stands as it closes.
pub(super) fn rigid_sweep(open: &DAffine3, close: &DAffine3) -> Option<Sweep> {
    let double =
        |map: Affine3A| DAffine3 { matrix3: map.matrix3.as_dmat3(), translation: map.translation.as_dvec3() };
    Sweep::between(&double(rigid(open)?), &double(rigid(close)?))
}
