//! A loaded file: opened once, turned into a scene for each instant.

use std::path::Path;
use std::sync::Arc;

use gltf::json::Root;

use super::accessor::Accessors;
use super::animation::Animation;
use super::buffers::Buffers;
use super::camera;
use super::container;
use super::deform::Skin;
use super::environment::load_environment;
use super::extension;
use super::far;
use super::fault::{ImportError, Warning, Warnings};
use super::lens::LensWish;
use super::light;
use super::limits::Limits;
use super::material::Materials;
use super::picture::Pictures;
use super::source::Source;
use super::stage::Stage;
use super::tree::Tree;
use super::{EnvironmentChoice, ImportOptions};
use crate::scene::{Environment, Scene};

/// A loaded and checked file, ready for any instant of its animation.
#[derive(Debug)]
pub struct Document {
    stage: Stage,
    warnings: Vec<Warning>,
    summary: Summary,
}

/// What a file holds, for people and for estimates.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Summary {
    /// Meshes with one material each.
    pub meshes: u64,
    /// Triangles stored.
    pub triangles: u64,
    /// Triangles as seen, each instance counted.
    pub triangles_instanced: u64,
    /// Placed meshes.
    pub instances: u64,
    /// Materials of the file.
    pub materials: u64,
    /// Decoded pictures, counted again where one is used both as colour and as numbers.
    pub textures: u64,
    /// Their pixels.
    pub texels: u64,
    /// Punctual lights.
    pub lights: u64,
    /// Cameras.
    pub cameras: u64,
    /// Bytes read: the file with its buffers and pictures.
    pub bytes: u64,
}

impl Document {
    /// Loads a .glb or .gltf with everything it refers to, and checks it at time 0.
    ///
    /// Fails with the place in the file when it is unreadable, broken, over a limit, or insists on what is not
    /// supported.
    pub fn open(path: &Path, options: &ImportOptions) -> Result<Self, ImportError> {
        let file =
            path.file_name().map_or_else(|| "the scene".into(), |name| name.to_string_lossy().into_owned());
        let folder =
            path.parent().map(|folder| if folder.as_os_str().is_empty() { Path::new(".") } else { folder });
        let source = Source::new(folder, &options.limits);
        let bytes = source.read_file(path, &file, &file)?;
        Self::load(&bytes, &file, &source, options)
    }

    /// The same from memory; such a scene can refer to no other files.
    pub fn open_bytes(bytes: &[u8], options: &ImportOptions) -> Result<Self, ImportError> {
        let source = Source::new(None, &options.limits);
        source.spend(bytes.len() as u64, "the scene")?;
        Self::load(bytes, "the scene", &source, options)
    }

    /// The scene at an instant of its animation; `frame_seconds` earlier is where motion vectors start. A shutter ([`ImportOptions::shutter`]) is open for its share
    /// of `frame_seconds`, half before the instant and half after it; instances and the camera then move on their way between these two.
    ///
    /// Meshes and textures that do not change are the same [`Arc`] at every time. Motion vectors follow instances,
    /// the camera, skins and morph targets (these where [`ImportOptions::corner_motion`] is on). Fails when a transform or a moved corner is not finite.
    pub fn scene_at(&self, time_seconds: f32, frame_seconds: f32) -> Result<Scene, ImportError> {
        self.stage.scene_at(time_seconds, frame_seconds)
    }

    /// Every unsupported, missing or chosen thing, by name.
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// The same with warnings of whoever made the file, before its own.
    pub fn with_warnings(mut self, mut theirs: Vec<Warning>) -> Self {
        theirs.append(&mut self.warnings);
        self.warnings = theirs;
        self
    }

    /// Names of the default scene's cameras, depth first; any of them can be asked for.
    pub fn cameras(&self) -> Vec<String> {
        self.stage.eyes.iter().map(|eye| eye.name.clone()).collect()
    }

    /// Time of the last key of animation 0; `None` without animation.
    pub fn animation_seconds(&self) -> Option<f32> {
        self.stage.animation.as_ref().map(|animation| animation.seconds)
    }

    /// What the file holds.
    pub fn summary(&self) -> Summary {
        self.summary.clone()
    }

    fn load(bytes: &[u8], file: &str, source: &Source, options: &ImportOptions) -> Result<Self, ImportError> {
        let limits = &options.limits;
        let mut warnings = Warnings::default();
        let container = container::split(bytes, file)?;
        let root = parse(container.json, file, limits, &mut warnings)?;
        check_counts(&root, limits)?;
        let buffers = Buffers::load(&root, container.binary, source, limits)?;
        let accessors = Accessors::new(&root, &buffers, limits);
        let tree = Tree::read(&root, limits, &mut warnings)?;
        let animation = Animation::first(&root, &tree, &accessors, &mut warnings)?;
        let mut pictures = Pictures::new(&root, &buffers, source, limits);
        let materials = Materials::read(&root, &mut pictures, &mut warnings)?;
        let eyes = camera::cameras(&root, &tree, &mut warnings)?;
        let eye = camera::choose(&eyes, options.camera.as_deref())?;
        let lamps = light::lamps(&root, &tree, &mut warnings)?;
        let skins = (0..root.skins.len())
            .map(|index| Skin::read(&root, index, &accessors, &mut warnings))
            .collect::<Result<Vec<_>, _>>()?;
        let mut stage = Stage {
            tree,
            animation,
            skins,
            eyes,
            eye,
            lens_wish: LensWish { f_stop: options.f_stop, focus_distance: options.focus_distance },
            lamps,
            textures: pictures.textures,
            corner_motion: options.corner_motion,
            shutter: options.shutter.clamp(0.0, 1.0),
            ..Stage::default()
        };
        (stage.materials, stage.material_names) = (materials.list, materials.names);
        stage.populate(&root, &accessors, limits, &mut warnings)?;
        stage.environment = environment(&stage, options, &mut warnings)?;
        stage.frame_if_blind(&mut warnings)?;
        let scene = stage.scene_at(0.0, 0.0)?;
        far::warn_if_far(camera::bounds(&scene), &mut warnings);
        let known_lens = stage.eye.as_ref().and_then(|eye| eye.lens);
        stage.lens_wish.check(known_lens, &scene.camera, &mut warnings)?;
        let summary = summary(&stage, &scene, source);
        Ok(Self { stage, warnings: warnings.into_list(), summary })
    }
}

/// Parses the JSON; names what is not supported on the way.
fn parse(json: &[u8], file: &str, limits: &Limits, warnings: &mut Warnings) -> Result<Root, ImportError> {
    if json.len() as u64 > limits.json_bytes {
        return Err(ImportError::OverLimit {
            place: file.to_owned(),
            what: "bytes of JSON",
            limit: limits.json_bytes,
        });
    }
    let refuse = |reason: String| ImportError::WrongFormat { file: file.to_owned(), reason };
    let mut value: serde_json::Value =
        serde_json::from_slice(json).map_err(|error| refuse(json_reason(&error)))?;
    let version = value.pointer("/asset/version").and_then(serde_json::Value::as_str).map(str::to_owned);
    match version {
        Some(version) if version == "2" || version.starts_with("2.") => {}
        Some(version) => {
            let version = super::fault::quoted(&version);
            return Err(refuse(format!("it is glTF version {version}; version 2 is needed")));
        }
        None => return Err(refuse("it names no glTF version".into())),
    }
    extension::survey(&value, warnings)?;
    extension::drop_loose_channels(&mut value, warnings);
    serde_json::from_value(value)
        .map_err(|error| refuse(format!("its JSON does not describe a scene: {error}")))
}

fn check_counts(root: &Root, limits: &Limits) -> Result<(), ImportError> {
    let lists = [
        ("accessors", root.accessors.len()),
        ("buffers", root.buffers.len()),
        ("buffer views", root.buffer_views.len()),
        ("cameras", root.cameras.len()),
        ("images", root.images.len()),
        ("materials", root.materials.len()),
        ("meshes", root.meshes.len()),
        ("nodes", root.nodes.len()),
        ("textures", root.textures.len()),
    ];
    for (what, count) in lists {
        if count as u64 > limits.nodes {
            return Err(ImportError::OverLimit { place: "the file".into(), what, limit: limits.nodes });
        }
    }
    Ok(())
}

fn environment(
    stage: &Stage,
    options: &ImportOptions,
    warnings: &mut Warnings,
) -> Result<Environment, ImportError> {
    let strength = glam::Vec3::splat(options.environment_strength);
    let rotation = options.environment_rotation;
    match &options.environment {
        EnvironmentChoice::None => Ok(Environment::default()),
        EnvironmentChoice::File(path) => {
            let map = Some(Arc::new(load_environment(path, &options.limits)?));
            Ok(Environment { map, strength, rotation })
        }
        EnvironmentChoice::Neutral if stage.is_dark() => {
            warnings.notice("", "the scene has no light, so a neutral sky lights it");
            Ok(Environment { map: None, strength, rotation })
        }
        EnvironmentChoice::Neutral => Ok(Environment::default()),
    }
}

fn summary(stage: &Stage, scene: &Scene, source: &Source) -> Summary {
    Summary {
        meshes: scene.meshes.len() as u64,
        triangles: scene.meshes.iter().map(|mesh| mesh.triangles.len() as u64).sum(),
        triangles_instanced: scene.triangles_instanced(),
        instances: scene.instances.len() as u64,
        materials: scene.materials.len() as u64 - 1,
        textures: scene.textures.len() as u64,
        texels: scene.textures.iter().map(|texture| texture.texels.len() as u64).sum(),
        lights: scene.lights.len() as u64,
        cameras: stage.eyes.len() as u64,
        bytes: source.bytes_read(),
    }
}

/// What is wrong with the text of a scene.
fn json_reason(error: &serde_json::Error) -> String {
    if error.is_eof() {
        return format!("it is cut off: its JSON ends in the middle, in line {}", error.line());
    }
    // JSON has no word for NaN or infinity, so those end here as well.
    format!("it is not valid JSON: {error}")
}
