//! Meshes that move: morph targets, then skins (glTF 2.0, sections 3.7.2.2 and 3.7.3).

use glam::{Affine3A, DAffine3, Mat3A, Vec3, Vec3A};
use gltf::json::Root;

use super::accessor::{Accessors, Integers};
use super::fault::{ImportError, Warnings, broken, place_of};
use super::part::{Influences, Part};
use super::tree::{affine, single};
use crate::scene::Mesh;

/// Joints and where they were when the mesh was bound to them.
#[derive(Debug)]
pub(super) struct Skin {
    joints: Vec<usize>,
    joint_from_mesh: Vec<DAffine3>,
}

impl Skin {
    pub(super) fn read(
        root: &Root,
        index: usize,
        accessors: &Accessors,
        warnings: &mut Warnings,
    ) -> Result<Self, ImportError> {
        let Some(json) = root.skins.get(index) else {
            return Err(broken(&place_of("skin", index, None), "it does not exist"));
        };
        let place = place_of("skin", index, json.name.as_deref());
        let joints: Vec<usize> = json.joints.iter().map(|joint| joint.value()).collect();
        if let Some(joint) = joints.iter().find(|&&joint| joint >= root.nodes.len()) {
            return Err(broken(&place, format!("its joint {joint} does not exist")));
        }
        if joints.is_empty() {
            warnings.warn(&place, "it has no joints");
        }
        let joint_from_mesh = match json.inverse_bind_matrices {
            None => vec![DAffine3::IDENTITY; joints.len()],
            Some(matrices) => {
                let matrices = accessors.vectors::<16>(matrices.value(), Integers::AsFlagged, &place)?;
                if matrices.len() < joints.len() {
                    let reason =
                        format!("it has {} joints but {} bind matrices", joints.len(), matrices.len());
                    return Err(broken(&place, reason));
                }
                matrices.iter().map(|matrix| affine(matrix, &place)).collect::<Result<_, _>>()?
            }
        };
        Ok(Self { joints, joint_from_mesh })
    }

    /// How many there are.
    pub(super) fn joints(&self) -> usize {
        self.joints.len()
    }

    /// Takes a point of the mesh to the world, by joint.
    pub(super) fn world_from_mesh(&self, worlds: &[DAffine3]) -> Vec<Affine3A> {
        let pairs = self.joints.iter().zip(&self.joint_from_mesh);
        pairs.map(|(&joint, joint_from_mesh)| single(&(worlds[joint] * *joint_from_mesh))).collect()
    }

    /// Checks that a part names no other joints than this skin has.
    pub(super) fn check(&self, part: &Part, place: &str) -> Result<(), ImportError> {
        let sets = part.influences.iter().flat_map(|influences| &influences.sets);
        let joints = sets.flatten().flat_map(|(joints, weights)| joints.iter().zip(weights));
        for (&joint, &weight) in joints {
            if joint as usize >= self.joints.len() && weight != 0.0 {
                return Err(broken(
                    place,
                    format!("a corner follows joint {joint} of {}", self.joints.len()),
                ));
            }
        }
        Ok(())
    }
}

/// The part as it looks with these morph weights and joints.
pub(super) fn deformed(part: &Part, weights: &[f32], joints: Option<&[Affine3A]>) -> Mesh {
    let mut mesh = part.base.clone();
    for (morph, &weight) in part.morphs.iter().zip(weights).filter(|(_, weight)| **weight != 0.0) {
        let add = |to: &mut [Vec3], from: &[Vec3]| {
            to.iter_mut().zip(from).for_each(|(to, from)| *to += *from * weight);
        };
        add(&mut mesh.positions, &morph.positions);
        add(&mut mesh.normals, &morph.normals);
        for (tangent, offset) in mesh.tangents.iter_mut().zip(&morph.tangents) {
            *tangent += (*offset * weight).extend(0.0);
        }
    }
    if let (Some(joints), Some(influences)) = (joints, &part.influences) {
        for corner in 0..mesh.positions.len() {
            let world_from_mesh = influences.blend(corner, joints);
            mesh.positions[corner] = world_from_mesh.transform_point3(mesh.positions[corner]);
            if let Some(normal) = mesh.normals.get_mut(corner) {
                *normal = cofactor(&world_from_mesh.matrix3) * *normal;
            }
            if let Some(tangent) = mesh.tangents.get_mut(corner) {
                *tangent = (world_from_mesh.matrix3 * tangent.truncate()).extend(tangent.w);
            }
        }
    }
    if part.flat && !mesh.normals.is_empty() {
        mesh.make_normals_flat();
    }
    for (normal, rest) in mesh.normals.iter_mut().zip(&part.base.normals) {
        *normal = normal.try_normalize().unwrap_or(*rest);
    }
    mesh.make_tangents_unit();
    mesh
}

impl Influences {
    /// The weighted mean of the joints' transforms; weights are made to sum to one.
    fn blend(&self, corner: usize, joints: &[Affine3A]) -> Affine3A {
        let mut sum = [Vec3A::ZERO; 4];
        let mut weight_sum = 0.0;
        let pulls = self.sets.iter().flat_map(|set| set[corner].0.into_iter().zip(set[corner].1));
        for (joint, weight) in pulls.filter(|(_, weight)| *weight != 0.0) {
            let Some(matrix) = joints.get(joint as usize) else { continue };
            let columns =
                [matrix.matrix3.x_axis, matrix.matrix3.y_axis, matrix.matrix3.z_axis, matrix.translation];
            sum.iter_mut().zip(columns).for_each(|(sum, column)| *sum += column * weight);
            weight_sum += weight;
        }
        if weight_sum <= 0.0 {
            return joints.first().copied().unwrap_or(Affine3A::IDENTITY);
        }
        let [x, y, z, translation] = sum.map(|column| column / weight_sum);
        Affine3A::from_cols(x, y, z, translation)
    }
}

/// Takes normals along, up to length: the inverse transpose times the determinant, which exists for flattened
/// matrices too.
fn cofactor(matrix: &Mat3A) -> Mat3A {
    let (x, y, z) = (matrix.x_axis, matrix.y_axis, matrix.z_axis);
    Mat3A::from_cols(y.cross(z), z.cross(x), x.cross(y))
}
