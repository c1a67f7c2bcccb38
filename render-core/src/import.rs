//! Scene import: a glTF 2.0 file (.glb or .gltf) becomes a checked [`Scene`] at any instant.
//!
//! The file comes from a stranger. It is parsed by the `gltf` crate's JSON types without its validation, which would
//! refuse unknown extensions; every index, length and count is checked here, against [`Limits`], before memory is
//! taken. Whatever is not rendered is named in a [`Warning`]. Source: the Khronos glTF 2.0 specification and the
//! texts of the extensions.
//!
//! It never follows an address out of the scene's folder, never panics on a file, and keeps no file open.

mod accessor;
mod animation;
mod buffers;
mod camera;
mod container;
mod deform;
mod document;
mod draco;
mod environment;
mod extension;
mod far;
mod fault;
mod flat;
mod geometry;
mod lens;
mod light;
mod limits;
mod material;
mod meshopt_view;
mod notes;
mod part;
mod picture;
mod rigid;
mod source;
mod stage;
mod tangent;
mod tree;

pub use document::{Document, Summary};
pub use environment::{decode_environment, load_environment};
pub use fault::{ImportError, Severity, Warning};
pub use limits::Limits;

use std::path::PathBuf;

#[cfg(doc)]
use crate::scene::Scene;

/// What an import is asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct ImportOptions {
    /// What a file may ask for at most.
    pub limits: Limits,
    /// Name of a camera or its node; `None`: the first in the default scene.
    pub camera: Option<String>,
    /// The hole of the camera's lens, in place of the file's.
    pub f_stop: Option<f32>,
    /// Distance in focus, metres, in place of the file's.
    pub focus_distance: Option<f32>,
    /// What rays see that hit nothing.
    pub environment: EnvironmentChoice,
    /// Factor on the environment's radiance.
    pub environment_strength: f32,
    /// Turns the environment about +y, radians.
    pub environment_rotation: f32,
    /// Whether meshes that morph or are skinned remember where their corners were a frame earlier. Only motion vectors need
    /// it, and it takes the corners' memory once more.
    pub corner_motion: bool,
    /// How long the shutter is open around each instant, as a share of a frame, 0 to 1. 0: nothing moves meanwhile.
    pub shutter: f32,
}

/// What rays see that hit nothing.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum EnvironmentChoice {
    /// A plain white sky if the scene has no light of any kind, and a notice that says so; else black.
    #[default]
    Neutral,
    /// Black.
    None,
    /// An equirectangular .exr or .hdr.
    File(PathBuf),
}

impl Default for ImportOptions {
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            camera: None,
            f_stop: None,
            focus_distance: None,
            environment: EnvironmentChoice::default(),
            environment_strength: 1.0,
            environment_rotation: 0.0,
            corner_motion: true,
            shutter: 0.0,
        }
    }
}
