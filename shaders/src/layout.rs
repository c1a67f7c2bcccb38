//! Host twins of the structs in `lib/scene.wgsl`; a test compares every offset with naga's.

use bytemuck::{Pod, Zeroable};

/// Twin of `Params`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Pod, Zeroable)]
#[allow(missing_docs, reason = "each field is explained beside its twin in lib/scene.wgsl")]
pub struct Params {
    pub camera_right: [f32; 4],
    pub camera_up: [f32; 4],
    pub camera_back: [f32; 4],
    pub camera_eye: [f32; 4],
    pub camera_lens: [f32; 4],
    pub camera_iris: [f32; 4],
    pub camera_shift: [f32; 4],
    pub before_x: [f32; 4],
    pub before_y: [f32; 4],
    pub before_z: [f32; 4],
    pub camera_start: [f32; 4],
    pub camera_turn: [f32; 4],
    pub camera_from: [f32; 4],
    pub camera_to: [f32; 4],
    pub frame_width: u32,
    pub frame_height: u32,
    pub frame: u32,
    pub seed: u32,
    pub max_bounces: u32,
    pub flags: u32,
    pub clamp_indirect: f32,
    pub capacity: u32,
    pub tile_x: u32,
    pub tile_y: u32,
    pub tile_width: u32,
    pub pixel_first: u32,
    pub pixel_count: u32,
    pub sample_first: u32,
    pub sample_count: u32,
    pub root: u32,
    pub light_count: u32,
    pub environment_slots: u32,
    pub environment_columns: u32,
    pub environment_rows: u32,
    pub environment_width: u32,
    pub environment_height: u32,
    pub p_environment: f32,
    pub environment_rotation: f32,
    pub environment_strength: [f32; 4],
    pub scene_radius: f32,
    pub p_lights: f32,
    pub texture_slots: u32,
    pub spare_0: u32,
}

/// Twin of `Instance`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Pod, Zeroable)]
#[allow(missing_docs, reason = "each field is explained beside its twin in lib/scene.wgsl")]
pub struct Instance {
    pub object_from_world: [[f32; 4]; 3],
    pub world_from_object: [[f32; 4]; 3],
    pub before_from_object: [[f32; 4]; 3],
    pub root: u32,
    pub object_id: u32,
    pub sweep: u32,
    pub spare_0: u32,
}

/// Twin of `Part`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Pod, Zeroable)]
#[allow(missing_docs, reason = "each field is explained beside its twin in lib/scene.wgsl")]
pub struct Part {
    pub material: u32,
    pub object_id: u32,
    pub light_density: f32,
    pub indices: u32,
    pub normals: u32,
    pub tangents: u32,
    pub colors: u32,
    pub before: u32,
    pub uv: [u32; 4],
}

/// `NONE` of the kernels.
pub const NONE: u32 = u32::MAX;

/// Flags of [`Params::flags`].
pub mod flag {
    /// The scene is one tree without a top level.
    pub const SINGLE: u32 = 1;
    /// Box filter instead of Blackman–Harris.
    pub const BOX_FILTER: u32 = 2;
    /// Multiple-scattering compensation.
    pub const MULTI: u32 = 4;
    /// Orthographic camera.
    pub const ORTHOGRAPHIC: u32 = 8;
    /// There is an environment.
    pub const ENVIRONMENT: u32 = 16;
    /// Ids are ranked for mattes.
    pub const RANKED: u32 = 32;
    /// Instances move while the shutter is open.
    pub const SWEEPS: u32 = 64;
    /// The camera moves while the shutter is open.
    pub const CAMERA_SWEEPS: u32 = 128;
    /// Meshes change their shape while the shutter is open, or lights without a surface move.
    pub const BENDS: u32 = 256;
}

/// Flags of a packed material.
pub mod material_flag {
    /// Coverage below the cutoff is a hole.
    pub const MASK: u32 = 1;
    /// Coverage is a share.
    pub const BLEND: u32 = 2;
    /// Emits from both sides.
    pub const DOUBLE_SIDED: u32 = 4;
    /// Shows its base colour and nothing else.
    pub const UNLIT: u32 = 8;
    /// Has an interior.
    pub const SOLID: u32 = 16;
    /// Shines and is nothing else.
    pub const LAMP: u32 = 32;
    /// Has fibres, stretched reflections, a film, or lets diffuse light pass.
    pub const LAYERED: u32 = 64;
}

/// Bits of a texture slot.
pub mod slot_bit {
    /// Texels as squares.
    pub const NEAREST: u32 = 16;
    /// Decode sRGB.
    pub const SRGB: u32 = 32;
    /// Wrap along v is shifted by this; along u it starts at 0 (0 repeat, 1 mirror, 2 clamp).
    pub const WRAP_V_SHIFT: u32 = 2;
    /// The UV set is shifted by this.
    pub const UV_SET_SHIFT: u32 = 8;
}

/// vec4s per material.
pub const MATERIAL_VEC4S: usize = 15;
/// Which of them holds the places of the first four texture slots.
pub const MATERIAL_SLOTS_AT: usize = 10;
/// Texture slots per material.
pub const MATERIAL_SLOTS: usize = 17;
/// vec4s per texture slot.
pub const SLOT_VEC4S: usize = 3;
/// vec4s per light.
pub const LIGHT_VEC4S: usize = 4;
/// Words of a sweep among the attributes: rotation at time 0, its axis and half angle, rows of stretch and place at time 0 and at time 1.
pub const SWEEP_WORDS: usize = 32;
/// vec4s per path in the pool.
pub const PATH_FIELDS: u32 = 14;
/// vec4s per pixel of the film.
pub const FILM_FIELDS: usize = 5;
/// vec4s per pixel of the film's ranked ids: eight pairs of objects, eight of materials.
pub const RANK_FIELDS: usize = 8;
/// How many arrays [`crate::Arrays::Pictures`] reads as pictures.
pub const ARRAYS_PICTURED: u32 = 5;
/// Texels in a row of an array that is kept as a picture: 2^11.
pub const ARRAY_ROW_BITS: u32 = 11;
/// Edge of a page of the texel array: 2^11.
pub const TEXEL_PAGE_BITS: u32 = 11;
/// Flag in the third corner of a triangle: light may pass it, because its material may have holes or is a lamp.
pub const TRIANGLE_HOLES: u32 = 1;
/// Flag in the third corner: it was mirrored on its way to world space, so its winding runs the other way.
pub const TRIANGLE_MIRRORED: u32 = 2;
/// From this bit of the third corner's word upwards: the number of the triangle that it becomes while the shutter is open; 0: it keeps its shape.
pub const TRIANGLE_CLOSING_SHIFT: u32 = 3;
/// Deepest traversal stack.
pub const STACK_SIZE: usize = 32;

/// Where the tables begin in `tables`, in floats.
pub mod table {
    /// 257 quantiles of the pixel filter.
    pub const QUANTILES: usize = 0;
    /// 64 × 64 pairs.
    pub const SPLIT: usize = 257;
    /// 64 times four.
    pub const SPLIT_MEAN: usize = 8449;
    /// 32³.
    pub const GLASS_ENTER: usize = 8705;
    /// 32³.
    pub const GLASS_LEAVE: usize = 41473;
    /// 32 × 32.
    pub const SHEEN: usize = 74241;
    /// Densities of the environment's cells.
    pub const ENVIRONMENT: usize = 75265;
}
