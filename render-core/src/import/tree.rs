//! The node tree: who stands where at an instant.
//!
//! A node has at most one parent, so the whole is a forest; a cycle or a second parent is an error. Transforms are
//! multiplied in double precision, because deep rigs lose single precision at metres from the origin.

use glam::{Affine3A, DAffine3, DMat4, DQuat, DVec3};
use gltf::json::Root;
use gltf::json::scene::Node as JsonNode;

use super::accessor::{Accessors, Integers};
use super::fault::{ImportError, Warnings, broken, place_of};
use super::limits::Limits;

/// All nodes of a file.
#[derive(Debug, Default)]
pub(super) struct Tree {
    pub(super) nodes: Vec<Node>,
    /// Parents before children.
    order: Vec<usize>,
    /// The default scene's nodes, depth first.
    pub(super) visible: Vec<usize>,
}

#[derive(Debug)]
pub(super) struct Node {
    /// As in the file; may be empty.
    pub(super) name: String,
    parent: Option<usize>,
    pub(super) local: Local,
    pub(super) mesh: Option<usize>,
    pub(super) skin: Option<usize>,
    pub(super) camera: Option<usize>,
    pub(super) light: Option<usize>,
    /// Morph weights of the node itself.
    pub(super) weights: Option<Vec<f32>>,
    /// Accessors of `EXT_mesh_gpu_instancing`.
    instancing: Option<Instancing>,
}

/// Where a node stands in its parent.
#[derive(Clone, Copy, Debug)]
pub(super) enum Local {
    Matrix(DAffine3),
    Parts { translation: DVec3, rotation: DQuat, scale: DVec3 },
}

#[derive(Debug, Default)]
struct Instancing {
    translation: Option<usize>,
    rotation: Option<usize>,
    scale: Option<usize>,
}

impl Tree {
    pub(super) fn read(root: &Root, limits: &Limits, warnings: &mut Warnings) -> Result<Self, ImportError> {
        let over = |what| ImportError::OverLimit { place: "nodes".into(), what, limit: limits.nodes };
        if root.nodes.len() as u64 > limits.nodes {
            return Err(over("nodes"));
        }
        let mut nodes = Vec::with_capacity(root.nodes.len());
        for (index, node) in root.nodes.iter().enumerate() {
            let place = place_of("node", index, node.name.as_deref());
            nodes.push(read_node(root, node, &place, warnings)?);
        }
        for (index, node) in root.nodes.iter().enumerate() {
            let place = || place_of("node", index, node.name.as_deref());
            for child in node.children.iter().flatten() {
                let Some(slot) = nodes.get_mut(child.value()) else {
                    return Err(broken(&place(), format!("its child {} does not exist", child.value())));
                };
                if slot.parent.replace(index).is_some() {
                    return Err(broken(
                        &place(),
                        format!("its child {} has another parent too", child.value()),
                    ));
                }
            }
        }
        let order = parents_first(root, &nodes, limits)?;
        let visible = visible(root, &nodes, warnings)?;
        Ok(Self { nodes, order, visible })
    }

    /// For people.
    pub(super) fn place(&self, node: usize) -> String {
        place_of("node", node, Some(&self.nodes[node].name))
    }

    /// World transforms of all nodes whose local ones are `locals`.
    pub(super) fn worlds(&self, locals: &[Local]) -> Result<Vec<DAffine3>, ImportError> {
        let mut worlds = vec![DAffine3::IDENTITY; self.nodes.len()];
        for &index in &self.order {
            let local = locals[index].matrix();
            let world = self.nodes[index].parent.map_or(local, |parent| worlds[parent] * local);
            if !single(&world).is_finite() {
                return Err(broken(&self.place(index), "its transform is not finite"));
            }
            worlds[index] = world;
        }
        Ok(worlds)
    }

    /// Transforms of a node's `EXT_mesh_gpu_instancing`, relative to the node; one identity without it.
    pub(super) fn instances(
        &self,
        node: usize,
        accessors: &Accessors,
        limits: &Limits,
    ) -> Result<Vec<DAffine3>, ImportError> {
        let Some(instancing) = &self.nodes[node].instancing else { return Ok(vec![DAffine3::IDENTITY]) };
        let place = format!("{}, EXT_mesh_gpu_instancing", self.place(node));
        let listed = [instancing.translation, instancing.rotation, instancing.scale];
        let mut count = None;
        for accessor in listed.into_iter().flatten() {
            let own = accessors.count(accessor, &place)?;
            if *count.get_or_insert(own) != own {
                return Err(broken(&place, "its attributes differ in length"));
            }
        }
        let count = count.unwrap_or(1);
        if count > limits.instances {
            return Err(ImportError::OverLimit { place, what: "instances", limit: limits.instances });
        }
        let vectors = |accessor: Option<usize>| -> Result<Option<Vec<[f32; 3]>>, ImportError> {
            accessor.map(|index| accessors.vectors::<3>(index, Integers::AsFlagged, &place)).transpose()
        };
        let translations = vectors(instancing.translation)?;
        let scales = vectors(instancing.scale)?;
        let rotations = instancing
            .rotation
            .map(|index| accessors.vectors::<4>(index, Integers::AsFlagged, &place))
            .transpose()?;
        let at = |list: &Option<Vec<[f32; 3]>>, index: usize, other: DVec3| {
            list.as_ref().map_or(other, |list| DVec3::from(list[index].map(f64::from)))
        };
        Ok((0..count as usize)
            .map(|index| {
                let rotation = rotations.as_ref().map_or(DQuat::IDENTITY, |list| unit(list[index]));
                let scale = at(&scales, index, DVec3::ONE);
                DAffine3::from_scale_rotation_translation(
                    scale,
                    rotation,
                    at(&translations, index, DVec3::ZERO),
                )
            })
            .collect())
    }
}

impl Local {
    pub(super) fn matrix(&self) -> DAffine3 {
        match *self {
            Self::Matrix(matrix) => matrix,
            Self::Parts { translation, rotation, scale } => {
                DAffine3::from_scale_rotation_translation(scale, rotation, translation)
            }
        }
    }
}

/// To the precision that scenes are stored in; infinite where that cannot hold it.
pub(super) fn single(matrix: &DAffine3) -> Affine3A {
    Affine3A::from_cols(
        matrix.matrix3.x_axis.as_vec3a(),
        matrix.matrix3.y_axis.as_vec3a(),
        matrix.matrix3.z_axis.as_vec3a(),
        matrix.translation.as_vec3a(),
    )
}

/// A rotation of unit length; none when the file gives all zeros.
pub(super) fn unit(xyzw: [f32; 4]) -> DQuat {
    let rotation = DQuat::from_array(xyzw.map(f64::from));
    if rotation.length_squared() > 0.0 { rotation.normalize() } else { DQuat::IDENTITY }
}

/// An affine matrix from glTF's sixteen numbers, column by column.
pub(super) fn affine(numbers: &[f32; 16], place: &str) -> Result<DAffine3, ImportError> {
    let matrix = DMat4::from_cols_array(&numbers.map(f64::from));
    if !matrix.is_finite() {
        return Err(broken(place, "its matrix is not finite"));
    }
    let last = matrix.transpose().w_axis;
    if last.truncate().abs().max_element() > 1e-4 || (last.w - 1.0).abs() > 1e-4 {
        return Err(broken(place, "its matrix has a last row other than 0 0 0 1"));
    }
    Ok(DAffine3::from_mat4(matrix))
}

fn read_node(
    root: &Root,
    node: &JsonNode,
    place: &str,
    warnings: &mut Warnings,
) -> Result<Node, ImportError> {
    let exists = |what: &str, index: Option<usize>, count: usize| match index {
        Some(index) if index >= count => Err(broken(place, format!("its {what} {index} does not exist"))),
        _ => Ok(index),
    };
    let light = node.extensions.as_ref().and_then(|own| own.khr_lights_punctual.as_ref());
    let lights = root.extensions.as_ref().and_then(|all| all.khr_lights_punctual.as_ref());
    let lights = lights.map_or(0, |all| all.lights.len());
    let weights = node.weights.clone();
    if weights.iter().flatten().any(|weight| !weight.is_finite()) {
        return Err(broken(place, "a morph weight is not finite"));
    }
    Ok(Node {
        name: node.name.clone().unwrap_or_default(),
        parent: None,
        local: read_local(node, place, warnings)?,
        mesh: exists("mesh", node.mesh.map(|index| index.value()), root.meshes.len())?,
        skin: exists("skin", node.skin.map(|index| index.value()), root.skins.len())?,
        camera: exists("camera", node.camera.map(|index| index.value()), root.cameras.len())?,
        light: exists("light", light.map(|own| own.light.value()), lights)?,
        weights,
        instancing: read_instancing(node, place, warnings)?,
    })
}

fn read_local(node: &JsonNode, place: &str, warnings: &mut Warnings) -> Result<Local, ImportError> {
    if let Some(matrix) = &node.matrix {
        return Ok(Local::Matrix(affine(matrix, place)?));
    }
    let translation = node.translation.unwrap_or([0.0; 3]);
    let rotation = node.rotation.map_or([0.0, 0.0, 0.0, 1.0], |rotation| rotation.0);
    let scale = node.scale.unwrap_or([1.0; 3]);
    for (what, numbers) in
        [("translation", &translation[..]), ("rotation", &rotation[..]), ("scale", &scale[..])]
    {
        if numbers.iter().any(|number| !number.is_finite()) {
            return Err(broken(place, format!("its {what} is not finite")));
        }
    }
    if rotation == [0.0; 4] {
        warnings.warn(place, "its rotation is zero and is taken as none");
    }
    Ok(Local::Parts {
        translation: DVec3::from(translation.map(f64::from)),
        rotation: unit(rotation),
        scale: DVec3::from(scale.map(f64::from)),
    })
}

fn read_instancing(
    node: &JsonNode,
    place: &str,
    warnings: &mut Warnings,
) -> Result<Option<Instancing>, ImportError> {
    let Some(raw) = node.extensions.as_ref().and_then(|own| own.others.get("EXT_mesh_gpu_instancing")) else {
        return Ok(None);
    };
    let place = format!("{place}, EXT_mesh_gpu_instancing");
    let Some(attributes) = raw.get("attributes").and_then(serde_json::Value::as_object) else {
        return Err(broken(&place, "it has no attributes"));
    };
    let mut instancing = Instancing::default();
    for (name, accessor) in attributes {
        let Some(accessor) = accessor.as_u64().and_then(|index| usize::try_from(index).ok()) else {
            return Err(broken(&place, "an attribute is not an accessor's index"));
        };
        match name.as_str() {
            "TRANSLATION" => instancing.translation = Some(accessor),
            "ROTATION" => instancing.rotation = Some(accessor),
            "SCALE" => instancing.scale = Some(accessor),
            other => {
                warnings.warn(&place, format!("the attribute {} is ignored", super::fault::quoted(other)));
            }
        }
    }
    Ok(Some(instancing))
}

/// Orders nodes so that parents come first; finds cycles, which have no root and so are never reached.
fn parents_first(root: &Root, nodes: &[Node], limits: &Limits) -> Result<Vec<usize>, ImportError> {
    let mut order = Vec::with_capacity(nodes.len());
    let mut waiting: Vec<(usize, u64)> = (0..nodes.len())
        .rev()
        .filter(|&index| nodes[index].parent.is_none())
        .map(|index| (index, 1))
        .collect();
    let mut reached = vec![false; nodes.len()];
    while let Some((index, depth)) = waiting.pop() {
        if depth > limits.depth {
            let place = place_of("node", index, Some(&nodes[index].name));
            return Err(ImportError::OverLimit {
                place,
                what: "depth of the node tree",
                limit: limits.depth,
            });
        }
        reached[index] = true;
        order.push(index);
        waiting.extend(children(root, index).rev().map(|child| (child, depth + 1)));
    }
    match reached.iter().position(|reached| !reached) {
        Some(index) => {
            let place = place_of("node", index, Some(&nodes[index].name));
            Err(broken(&place, "it is its own ancestor"))
        }
        None => Ok(order),
    }
}

fn visible(root: &Root, nodes: &[Node], warnings: &mut Warnings) -> Result<Vec<usize>, ImportError> {
    let roots: Vec<usize> =
        match root.scene.map(|scene| scene.value()).or((!root.scenes.is_empty()).then_some(0)) {
            Some(index) => {
                let scene = root
                    .scenes
                    .get(index)
                    .ok_or_else(|| broken("scene", format!("scene {index} does not exist")))?;
                if root.scenes.len() > 1 {
                    let place = place_of("scene", index, scene.name.as_deref());
                    warnings.notice(
                        place,
                        format!("it is rendered, and {} other scenes are not", root.scenes.len() - 1),
                    );
                }
                scene.nodes.iter().map(|node| node.value()).collect()
            }
            None => {
                warnings.notice("", "the file names no scene, so all its nodes are rendered");
                (0..nodes.len()).filter(|&index| nodes[index].parent.is_none()).collect()
            }
        };
    let mut seen = vec![false; nodes.len()];
    let mut visible = Vec::new();
    let mut waiting: Vec<usize> = roots.into_iter().rev().collect();
    while let Some(index) = waiting.pop() {
        match seen.get_mut(index) {
            None => return Err(broken("scene", format!("its node {index} does not exist"))),
            Some(true) => continue,
            Some(seen) => *seen = true,
        }
        visible.push(index);
        waiting.extend(children(root, index).rev());
    }
    Ok(visible)
}

fn children(root: &Root, node: usize) -> impl DoubleEndedIterator<Item = usize> {
    root.nodes[node].children.iter().flatten().map(|child| child.value())
}
