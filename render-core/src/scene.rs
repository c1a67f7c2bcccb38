//! A scene at one instant, or while a shutter is open: what the importer makes and the packer reads.
//!
//! Right-handed, y up, metres. Colours are scene-linear Rec.709. Nothing in here is animated any more but for the [`Sweep`] that
//! instances, lights and the camera may make while the shutter is open and the [`Bend`] of a mesh then, and every index is right by construction of [`Scene::check`], which the importer calls last.

mod bend;
mod camera;
mod light;
mod material;
mod mesh;
mod sweep;

pub use bend::{Bend, Corners};
pub use camera::{Camera, Lens, Projection};
pub use light::{Environment, EnvironmentMap, Light, LightKind};
pub use material::{
    AlphaMode, Anisotropy, DiffuseTransmission, Film, Material, Medium, Sheen, Texels, Texture, TextureRef,
    Wrap,
};
pub use mesh::{Instance, Mesh};
pub use sweep::Sweep;

use std::sync::Arc;

/// Everything that a frame needs.
#[derive(Clone, Debug, Default)]
pub struct Scene {
    /// Triangle meshes in object space, each with one material. Shared between instants when they do not change.
    pub meshes: Vec<Arc<Mesh>>,
    /// Where meshes stand.
    pub instances: Vec<Instance>,
    /// Surfaces; index 0 is used where a file names none.
    pub materials: Vec<Material>,
    /// Pictures that materials refer to.
    pub textures: Vec<Arc<Texture>>,
    /// Lights without a surface.
    pub lights: Vec<Light>,
    /// What rays see that hit nothing.
    pub environment: Environment,
    /// The eye.
    pub camera: Camera,
    /// Names for people (the node's, else its mesh's), by object id - 1 (see [`Instance::object_id`]); stay on the artist's machine.
    pub object_names: Vec<String>,
    /// Names for people, by material index.
    pub material_names: Vec<String>,
}

/// A scene whose parts do not fit together.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SceneFault(pub String);

impl Scene {
    /// Triangles as seen, instances counted each.
    pub fn triangles_instanced(&self) -> u64 {
        self.instances.iter().map(|instance| self.meshes[instance.mesh as usize].triangles.len() as u64).sum()
    }

    /// Checks that every index points at something and every number is finite.
    pub fn check(&self) -> Result<(), SceneFault> {
        let fault = |text: String| Err(SceneFault(text));
        for (index, mesh) in self.meshes.iter().enumerate() {
            mesh.check().map_err(|text| SceneFault(format!("mesh {index}: {text}")))?;
            if mesh.material as usize >= self.materials.len() {
                return fault(format!("mesh {index}: material {} does not exist", mesh.material));
            }
        }
        for (index, instance) in self.instances.iter().enumerate() {
            if instance.mesh as usize >= self.meshes.len() {
                return fault(format!("instance {index}: mesh {} does not exist", instance.mesh));
            }
            if !instance.world_from_object.is_finite() {
                return fault(format!("instance {index}: its transform is not finite"));
            }
        }
        for (index, material) in self.materials.iter().enumerate() {
            material
                .check(self.textures.len())
                .map_err(|text| SceneFault(format!("material {index}: {text}")))?;
        }
        for (index, light) in self.lights.iter().enumerate() {
            light.check().map_err(|text| SceneFault(format!("light {index}: {text}")))?;
        }
        self.camera.check().map_err(|text| SceneFault(format!("camera: {text}")))?;
        self.environment.check().map_err(|text| SceneFault(format!("environment: {text}")))
    }
}
