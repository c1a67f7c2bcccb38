//! A scene becomes the arrays that the kernels read: [`PackedScene`], and its bytes as a [`frame::SceneBlob`].
//!
//! Meshes that stand in one place only are moved to world space and share one tree; meshes that stand in several places
//! or move while the shutter is open keep a tree each and are placed by a top-level tree. The blob is all that a node ever gets of a scene: it has
//! no names and no metadata, and [`PackedScene::from_blob`] trusts nothing in it.

mod check;
mod geometry;
mod lights;
mod materials;
mod part;
mod sweep;

use bytemuck::{Pod, Zeroable};
use frame::{RenderFault, SceneBlob, Section};
use shaders::layout::{Instance, Part};

use crate::bvh::{Node, TooFar};
use crate::lights::LightTable;
use crate::scene::{Projection, Scene, SceneFault};

/// Numbers of the scene that are not arrays.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Pod, Zeroable)]
pub struct Header {
    /// Version of this layout.
    pub version: u32,
    /// 1 when the camera is orthographic.
    pub orthographic: u32,
    /// tan(fov_y / 2), or half the height seen.
    pub camera_extent: f32,
    /// Radius of the lens, metres.
    pub lens_radius: f32,
    /// Distance in focus, metres.
    pub focus_distance: f32,
    /// Root of the top-level tree, or of the only tree.
    pub root: u32,
    /// 1 when there is only one tree.
    pub single: u32,
    /// Slots of the light table; those of the environment follow.
    pub light_count: u32,
    /// Camera to world: right, up, back, eye.
    pub camera: [[f32; 4]; 4],
    /// World to camera a frame earlier, rows.
    pub before: [[f32; 4]; 3],
    /// The camera while the shutter is open: rotation as it opens, axis and half angle in turns that it turns on, eye as it opens and as it closes; all 0 where
    /// it stands still.
    pub camera_sweep: [[f32; 4]; 4],
    /// Cells of the environment's grid.
    pub environment_columns: u32,
    /// Cells of the environment's grid.
    pub environment_rows: u32,
    /// Pixels of the environment.
    pub environment_width: u32,
    /// Pixels of the environment.
    pub environment_height: u32,
    /// Radiance per unit of its pixels.
    pub environment_strength: [f32; 4],
    /// Blades of the lens's hole (below 3: round), its turn in turns, its width over its height, unused.
    pub iris: [f32; 4],
    /// Where the picture's middle lies, in heights of the picture: right, up, unused twice.
    pub shift: [f32; 4],
    /// Turn about +y, radians.
    pub environment_rotation: f32,
    /// Share of light samples that go to it.
    pub p_environment: f32,
    /// Half the diagonal of the box around everything, metres.
    pub scene_radius: f32,
    /// Not used.
    pub spare: u32,
}

/// Version of the packed layout; nodes refuse others.
pub const LAYOUT_VERSION: u32 = 4;

/// The arrays that the kernels read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PackedScene {
    /// Numbers.
    pub header: Header,
    /// Nodes of all trees.
    pub nodes: Vec<Node>,
    /// Three corners a triangle: (place, part), (place, number in the mesh), (place, flags). Of a mesh that bends: as the shutter opens, and the flags name
    /// another triangle, which no tree names, that has the places as it closes. Of a light that bends there is one with a corner and two edges.
    pub triangles: Vec<[[f32; 4]; 3]>,
    /// Where trees stand.
    pub instances: Vec<Instance>,
    /// Meshes with their materials.
    pub parts: Vec<Part>,
    /// Indices, normals, tangents, UVs, colours and earlier places of all parts, and the sweeps of instances and lights that move while the shutter is
    /// open. A part that bends has normals and tangents of both ends, and earlier places and those of the frame, corner by corner.
    pub attributes: Vec<u32>,
    /// Materials, then their texture slots.
    pub materials: Vec<[u32; 4]>,
    /// Four vec4s a light.
    pub lights: Vec<[[f32; 4]; 4]>,
    /// Alias slots of the lights, then of the environment.
    pub slots: Vec<[u32; 2]>,
    /// Density of each cell of the environment.
    pub environment_density: Vec<f32>,
    /// Pixels of the environment.
    pub environment: Vec<[f32; 4]>,
    /// Texels of all textures, one after another.
    pub texels: Vec<[u8; 4]>,
}

/// A scene that cannot be packed.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum PackFault {
    /// The scene's parts do not fit together.
    #[error(transparent)]
    Scene(#[from] SceneFault),
    /// A number that the kernels hold in 32 bits does not fit.
    #[error("the scene has too many {0} for one render")]
    TooMany(&'static str),
    /// A tree is deeper than the kernels' stack.
    #[error("the scene's geometry is so uneven that its search tree has {0} levels, more than can be walked")]
    TooDeep(usize),
    /// Something lies beyond what f32 can reckon with.
    #[error(transparent)]
    TooFar(#[from] TooFar),
}

impl PackFault {
    /// What a person can do about it.
    pub fn help(&self) -> &'static str {
        match self {
            Self::TooFar(_) => "scale the scene down, or take out what lies far away, and export it again",
            Self::Scene(_) | Self::TooMany(_) | Self::TooDeep(_) => "simplify it there and export it again",
        }
    }
}

/// Packs a scene.
pub fn pack(scene: &Scene) -> Result<PackedScene, PackFault> {
    scene.check()?;
    let lights = LightTable::build(scene);
    let mut packed = PackedScene { header: header_of(scene, &lights), ..PackedScene::default() };
    materials::pack(scene, &mut packed)?;
    let placed = geometry::pack(scene, &lights, &mut packed)?;
    lights::pack(scene, &lights, &placed, &mut packed)?;
    match check::check(&packed) {
        Ok(()) => Ok(packed),
        Err(check::Damage::Deep(levels)) => Err(PackFault::TooDeep(levels)),
        Err(check::Damage::Part(what)) => Err(SceneFault(what).into()),
    }
}

impl PackedScene {
    /// The bytes that travel.
    pub fn to_blob(&self) -> SceneBlob {
        let section = |kind: u32, bytes: &[u8]| Section { kind, bytes: bytes.to_vec() };
        SceneBlob::new(vec![
            section(1, bytemuck::bytes_of(&self.header)),
            section(2, bytemuck::cast_slice(&self.nodes)),
            section(3, bytemuck::cast_slice(&self.triangles)),
            section(4, bytemuck::cast_slice(&self.instances)),
            section(5, bytemuck::cast_slice(&self.parts)),
            section(6, bytemuck::cast_slice(&self.attributes)),
            section(7, bytemuck::cast_slice(&self.materials)),
            section(8, bytemuck::cast_slice(&self.lights)),
            section(9, bytemuck::cast_slice(&self.slots)),
            section(10, bytemuck::cast_slice(&self.environment_density)),
            section(11, bytemuck::cast_slice(&self.environment)),
            section(12, bytemuck::cast_slice(&self.texels)),
        ])
    }

    /// Reads what travelled; every index in it is checked.
    pub fn from_blob(blob: &SceneBlob) -> Result<Self, RenderFault> {
        let header: Vec<Header> = array(blob, 1)?;
        let [header] = header[..] else {
            return Err(RenderFault::BadScene("its header has the wrong size".into()));
        };
        if header.version != LAYOUT_VERSION {
            let what = format!(
                "it was packed by another version ({}, this one reads {LAYOUT_VERSION})",
                header.version
            );
            return Err(RenderFault::BadScene(what));
        }
        let packed = Self {
            header,
            nodes: array(blob, 2)?,
            triangles: array(blob, 3)?,
            instances: array(blob, 4)?,
            parts: array(blob, 5)?,
            attributes: array(blob, 6)?,
            materials: array(blob, 7)?,
            lights: array(blob, 8)?,
            slots: array(blob, 9)?,
            environment_density: array(blob, 10)?,
            environment: array(blob, 11)?,
            texels: array(blob, 12)?,
        };
        check::check(&packed).map_err(|damage| RenderFault::BadScene(damage.to_string()))?;
        Ok(packed)
    }
}

/// One section as an array of plain values.
fn array<T: Pod>(blob: &SceneBlob, kind: u32) -> Result<Vec<T>, RenderFault> {
    let damaged = |what: &str| RenderFault::BadScene(format!("section {kind} {what}"));
    let bytes = blob.section(kind).ok_or_else(|| damaged("is missing"))?;
    if bytes.len() % size_of::<T>() != 0 {
        return Err(damaged("is cut off"));
    }
    Ok(bytemuck::pod_collect_to_vec(bytes))
}

/// An angle in radians as a part of a turn, in [0, 1).
fn turns(angle: f32) -> f32 {
    let turns = angle / (2.0 * std::f32::consts::PI);
    (turns - turns.floor()).min(1.0 - f32::EPSILON)
}

fn header_of(scene: &Scene, lights: &LightTable) -> Header {
    let camera = &scene.camera;
    let (orthographic, camera_extent) = match camera.projection {
        Projection::Perspective { fov_y } => (0, (0.5 * fov_y).tan()),
        Projection::Orthographic { half_height } => (1, half_height),
    };
    let world = camera.world_from_camera;
    let axis = |v: glam::Vec3A, w: f32| [v.x, v.y, v.z, w];
    let environment = lights.environment.as_ref();
    let strength = environment.map_or(glam::Vec3::ZERO, |table| table.strength);
    Header {
        version: LAYOUT_VERSION,
        orthographic,
        camera_extent,
        lens_radius: camera.lens.radius,
        focus_distance: camera.lens.focus_distance,
        iris: [camera.lens.blades as f32, turns(camera.lens.rotation), camera.lens.squeeze, 0.0],
        shift: [camera.shift.x, camera.shift.y, 0.0, 0.0],
        light_count: lights.entries.len() as u32,
        camera: [
            axis(world.matrix3.x_axis, 0.0),
            axis(world.matrix3.y_axis, 0.0),
            axis(world.matrix3.z_axis, 0.0),
            axis(world.translation, 1.0),
        ],
        before: geometry::rows(&camera.world_from_camera_before.inverse()),
        camera_sweep: camera.sweep.as_ref().map_or([[0.0; 4]; 4], sweep::of_camera),
        environment_columns: environment.map_or(0, |table| table.columns),
        environment_rows: environment.map_or(0, |table| table.rows),
        environment_width: environment.map_or(0, |table| table.map.width),
        environment_height: environment.map_or(0, |table| table.map.height),
        environment_strength: [strength.x, strength.y, strength.z, 0.0],
        environment_rotation: environment.map_or(0.0, |table| table.rotation),
        p_environment: lights.p_env,
        scene_radius: crate::lights::scene_radius(scene),
        ..Header::default()
    }
}
