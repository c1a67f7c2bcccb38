//! Cameras: the file's, chosen by name, or one that frames the scene.

use glam::{Affine3A, DAffine3, Mat3A, Vec2, Vec3};
use std::collections::HashSet;

use gltf::json::Root;
use gltf::json::validation::Checked::Valid;

use super::fault::{ImportError, Warnings, broken, place_of, quoted};
use super::lens;
use super::notes::Notes;
use super::rigid::rigid;
use super::tree::Tree;
use crate::scene::{Camera, Lens, Projection, Scene};

/// What a camera's extras call its shift: right and up, in heights of the picture.
const SHIFT_NOTE: &str = "tessera_shift";

/// A camera of the default scene.
#[derive(Clone, Debug)]
pub(super) struct Eye {
    /// What people call it.
    pub(super) name: String,
    pub(super) node: usize,
    node_name: String,
    projection: Projection,
    aspect: Option<f32>,
    shift: Vec2,
    /// `None`: the file says nothing of a lens.
    pub(super) lens: Option<Lens>,
}

/// All cameras that the default scene shows, depth first.
pub(super) fn cameras(root: &Root, tree: &Tree, warnings: &mut Warnings) -> Result<Vec<Eye>, ImportError> {
    let mut eyes: Vec<Eye> = Vec::new();
    let mut taken: HashSet<String> = HashSet::new();
    for &node in &tree.visible {
        let Some(index) = tree.nodes[node].camera else { continue };
        let json = &root.cameras[index];
        let place = place_of("camera", index, json.name.as_deref());
        let (projection, aspect) = match (&json.type_, &json.perspective, &json.orthographic) {
            (Valid(gltf::json::camera::Type::Perspective), Some(lens), _) => {
                (Projection::Perspective { fov_y: lens.yfov }, lens.aspect_ratio)
            }
            (Valid(gltf::json::camera::Type::Orthographic), _, Some(lens)) => {
                let aspect = (lens.xmag / lens.ymag).abs();
                (Projection::Orthographic { half_height: lens.ymag.abs() }, Some(aspect))
            }
            _ => return Err(broken(&place, "it is neither perspective nor orthographic")),
        };
        let usable = match projection {
            Projection::Perspective { fov_y } => fov_y > 0.0 && fov_y < std::f32::consts::PI,
            Projection::Orthographic { half_height } => half_height > 0.0 && half_height.is_finite(),
        };
        if !usable {
            return Err(broken(&place, "its field of view is not usable"));
        }
        let aspect = aspect.filter(|aspect| aspect.is_finite() && *aspect > 0.0);
        let node_name = tree.nodes[node].name.clone();
        let own = json.name.clone().filter(|name| !name.is_empty());
        let name = own
            .filter(|name| !taken.contains(name))
            .or_else(|| Some(node_name.clone()).filter(|name| !name.is_empty()))
            .unwrap_or_else(|| format!("camera {index}"));
        taken.insert(name.clone());
        let notes = Notes::of(&json.extras);
        let shift = notes.pair(SHIFT_NOTE, -100.0..=100.0, &place, warnings).unwrap_or_default();
        let lens = lens::of_notes(&notes, &place, warnings);
        eyes.push(Eye { name, node, node_name, projection, aspect, shift: shift.into(), lens });
    }
    Ok(eyes)
}

/// The camera that was asked for, by its own name or its node's; else the first.
pub(super) fn choose(eyes: &[Eye], wanted: Option<&str>) -> Result<Option<Eye>, ImportError> {
    let Some(wanted) = wanted else { return Ok(eyes.first().cloned()) };
    let by_name = eyes.iter().find(|eye| eye.name == wanted);
    let chosen = by_name.or_else(|| eyes.iter().find(|eye| eye.node_name == wanted));
    if let Some(chosen) = chosen {
        return Ok(Some(chosen.clone()));
    }
    let listed: Vec<String> = eyes.iter().take(20).map(|eye| quoted(&eye.name)).collect();
    let available = if listed.is_empty() { "none".to_owned() } else { listed.join(", ") };
    Err(ImportError::NoSuchCamera { wanted: wanted.to_owned(), available })
}

impl Eye {
    /// The camera where its node stands now and stood one frame earlier.
    pub(super) fn placed(&self, now: &DAffine3, before: &DAffine3) -> Camera {
        let world_from_camera = rigid(now);
        Camera {
            name: self.name.clone(),
            world_from_camera: world_from_camera.unwrap_or(Affine3A::IDENTITY),
            world_from_camera_before: rigid(before).or(world_from_camera).unwrap_or(Affine3A::IDENTITY),
            projection: self.projection,
            aspect: self.aspect,
            shift: self.shift,
            lens: self.lens.unwrap_or_default(),
            sweep: None,
        }
    }

    /// Whether the node's transform leaves a direction to look in.
    pub(super) fn has_direction(&self, world: &DAffine3) -> bool {
        rigid(world).is_some()
    }
}

/// A camera that sees the whole scene from the front, right and above.
pub(super) fn framing(scene: &Scene, warnings: &mut Warnings) -> Camera {
    let bounds = bounds(scene);
    let (center, radius) = match bounds {
        Some((low, high)) => {
            let radius = (high - low).length() * 0.5;
            ((low + high) * 0.5, if radius.is_finite() && radius > 0.0 { radius } else { 1.0 })
        }
        None => (Vec3::ZERO, 1.0),
    };
    warnings.notice("", "the scene has no camera, so one that frames the whole scene is used");
    let fov_y = 0.6_f32;
    // The bounding sphere fits a square picture; a wider one shows more on both sides.
    let distance = radius / (fov_y * 0.5).sin();
    let back = Vec3::new(0.55, 0.4, 1.0).normalize();
    let right = Vec3::Y.cross(back).normalize();
    let up = back.cross(right);
    let axes = Mat3A::from_cols(right.into(), up.into(), back.into());
    let world_from_camera = Affine3A::from_mat3_translation(axes.into(), center + back * distance);
    let usable = world_from_camera.is_finite();
    let world_from_camera = if usable { world_from_camera } else { Affine3A::IDENTITY };
    Camera {
        name: String::new(),
        world_from_camera,
        world_from_camera_before: world_from_camera,
        projection: Projection::Perspective { fov_y },
        ..Camera::default()
    }
}

/// The corners of the box around all triangles.
pub(super) fn bounds(scene: &Scene) -> Option<(Vec3, Vec3)> {
    let boxes: Vec<Option<(Vec3, Vec3)>> = scene
        .meshes
        .iter()
        .map(|mesh| {
            let used = || mesh.triangles.iter().flatten().map(|&corner| mesh.positions[corner as usize]);
            let first = used().next()?;
            Some(used().fold((first, first), |(low, high), point| (low.min(point), high.max(point))))
        })
        .collect();
    let mut whole: Option<(Vec3, Vec3)> = None;
    for instance in &scene.instances {
        let Some((low, high)) = boxes[instance.mesh as usize] else { continue };
        for corner in 0..8 {
            let pick = |axis: usize| if corner >> axis & 1 == 0 { low[axis] } else { high[axis] };
            let point = instance.world_from_object.transform_point3(Vec3::new(pick(0), pick(1), pick(2)));
            let (low, high) = whole.unwrap_or((point, point));
            whole = Some((low.min(point), high.max(point)));
        }
    }
    whole
}
