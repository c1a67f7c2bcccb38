//! A packed scene on the GPU, and how much memory that takes.

use frame::RenderFault;
use shaders::Arrays;
use shaders::layout::{
    ARRAY_ROW_BITS, ARRAYS_PICTURED, NONE, TEXEL_PAGE_BITS, TRIANGLE_CLOSING_SHIFT, table,
};

use crate::albedo::albedo_tables;
use crate::gpu::{Buffer, Gpu, Picture, PictureShape, Texels};
use crate::pack::{Header, PackedScene};
use crate::quantiles::blackman_harris_quantiles;

/// The scene's arrays on the device.
pub(crate) struct Stage {
    pub(crate) header: Header,
    /// How many of a material's texture slots are used by any.
    pub(crate) texture_slots: u32,
    /// Whether any instance moves while the shutter is open.
    pub(crate) sweeps: bool,
    /// Whether any mesh changes its shape then, or any light without a surface moves.
    pub(crate) bends: bool,
    buffers: Vec<(&'static str, Buffer)>,
    pictures: Vec<(&'static str, Picture)>,
}

/// GPU memory that a scene needs.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct MemoryNeed {
    /// All arrays and pictures, bytes.
    pub total_bytes: u64,
    /// The largest single array, bytes.
    pub largest_array_bytes: u64,
    /// Its name.
    pub largest_array: &'static str,
}

/// Reckons what [`Stage::upload`] will ask for.
pub fn memory_need(scene: &PackedScene) -> MemoryNeed {
    let arrays = arrays(scene);
    let (largest_array, largest) = arrays
        .iter()
        .map(|(name, bytes)| (*name, bytes.len() as u64))
        .max_by_key(|(_, size)| *size)
        .unwrap_or(("", 0));
    let tables = (table::ENVIRONMENT + scene.environment_density.len()) as u64 * 4;
    let pictures = texel_shape(scene.texels.len()).bytes() + environment_shape(&scene.header).bytes();
    let total_bytes = arrays.iter().map(|(_, bytes)| bytes.len() as u64).sum::<u64>() + tables + pictures;
    MemoryNeed { total_bytes, largest_array_bytes: largest.max(tables), largest_array }
}

impl Stage {
    /// Uploads a scene, or says why it does not fit.
    pub(crate) fn upload(
        gpu: &Gpu,
        scene: &PackedScene,
        memory_limit: Option<u64>,
    ) -> Result<Self, RenderFault> {
        refuse_too_large(gpu, scene, memory_limit)?;
        let (mut buffers, mut pictures) = (Vec::new(), Vec::new());
        for (name, bytes) in arrays(scene) {
            if gpu.arrays == Arrays::Pictures && PICTURED.contains(&name) {
                pictures.push((name, gpu.picture(name, &array_shape(bytes.len()), bytes)));
            } else {
                buffers.push((name, gpu.upload(name, bytes)));
            }
        }
        buffers.push((
            "tables",
            gpu.upload("tables", bytemuck::cast_slice(&tables(&scene.environment_density))),
        ));
        let texels =
            gpu.picture("texels", &texel_shape(scene.texels.len()), bytemuck::cast_slice(&scene.texels));
        let sky = gpu.picture(
            "environment",
            &environment_shape(&scene.header),
            bytemuck::cast_slice(&scene.environment),
        );
        pictures.extend([("texels", texels), ("environment", sky)]);
        let sweeps = scene.instances.iter().any(|instance| instance.sweep != NONE);
        let (header, texture_slots) = (scene.header, scene.texture_slots());
        Ok(Self { header, texture_slots, sweeps, bends: bends(scene), buffers, pictures })
    }

    pub(crate) fn buffers(&self) -> impl Iterator<Item = (&str, &Buffer)> {
        self.buffers.iter().map(|(name, buffer)| (*name, buffer))
    }

    pub(crate) fn pictures(&self) -> impl Iterator<Item = (&str, &Picture)> {
        self.pictures.iter().map(|(name, picture)| (*name, picture))
    }
}

/// Whether anything but instances and the camera moves while the shutter is open.
fn bends(scene: &PackedScene) -> bool {
    let lights = scene.lights.iter().any(|light| light[0][3].to_bits() != 0 && light[2][3].to_bits() != 0);
    lights || scene.triangles.iter().any(|corners| corners[2][3].to_bits() >> TRIANGLE_CLOSING_SHIFT != 0)
}

fn refuse_too_large(gpu: &Gpu, scene: &PackedScene, memory_limit: Option<u64>) -> Result<(), RenderFault> {
    let need = memory_need(scene);
    let most = gpu.array_bytes_max();
    if need.largest_array_bytes > most {
        let what = format!("one array, the scene's {}, must fit into one binding", need.largest_array);
        return Err(too_large(need.largest_array_bytes, most, what));
    }
    if let Some(limit) = memory_limit.filter(|&limit| need.total_bytes > limit) {
        return Err(too_large(need.total_bytes, limit, "the limit set by the GPU's owner".into()));
    }
    let texels = texel_shape(scene.texels.len());
    if texels.layers > gpu.layers_max() {
        let most = u64::from(gpu.layers_max()) << (2 * TEXEL_PAGE_BITS + 2);
        return Err(too_large(texels.bytes(), most, "all textures together".into()));
    }
    let sky = environment_shape(&scene.header);
    if sky.width.max(sky.height) > gpu.side_max() {
        let most = u64::from(gpu.side_max()) * u64::from(gpu.side_max()) * 16;
        return Err(too_large(
            sky.bytes(),
            most,
            "the environment is wider than the adapter's pictures".into(),
        ));
    }
    Ok(())
}

fn too_large(needed_bytes: u64, available_bytes: u64, what: String) -> RenderFault {
    RenderFault::OutOfMemory { needed_bytes, available_bytes, what }
}

/// The arrays that [`Arrays::Pictures`] speaks of (`shaders/lib/arrays_pictures.wgsl`).
const PICTURED: [&str; ARRAYS_PICTURED as usize] = ["nodes", "triangles", "instances", "materials", "lights"];

/// Four words a texel, row after row.
fn array_shape(bytes: usize) -> PictureShape {
    let rows = (bytes / 16).div_ceil(1 << ARRAY_ROW_BITS).max(1);
    PictureShape { width: 1 << ARRAY_ROW_BITS, height: rows as u32, layers: 0, texels: Texels::Words }
}

/// The arrays by the names that the kernels give them.
fn arrays(scene: &PackedScene) -> [(&'static str, &[u8]); 8] {
    [
        ("nodes", bytemuck::cast_slice(&scene.nodes)),
        ("triangles", bytemuck::cast_slice(&scene.triangles)),
        ("instances", bytemuck::cast_slice(&scene.instances)),
        ("parts", bytemuck::cast_slice(&scene.parts)),
        ("attributes", bytemuck::cast_slice(&scene.attributes)),
        ("materials", bytemuck::cast_slice(&scene.materials)),
        ("lights", bytemuck::cast_slice(&scene.lights)),
        ("slots", bytemuck::cast_slice(&scene.slots)),
    ]
}

/// The program's own tables, then the environment's densities.
fn tables(environment_density: &[f32]) -> Vec<f32> {
    let mut all = blackman_harris_quantiles().to_vec();
    all.extend(albedo_tables().values());
    assert_eq!(all.len(), table::ENVIRONMENT, "the tables lie where the kernels look for them");
    all.extend(environment_density);
    all
}

impl PictureShape {
    fn bytes(&self) -> u64 {
        let pixel = if self.texels == Texels::Bytes { 4 } else { 16 };
        u64::from(self.width) * u64::from(self.height) * u64::from(self.layers.max(1)) * pixel
    }
}

/// Texels lie row after row in pages; a single page is only as high as it must be.
fn texel_shape(texels: usize) -> PictureShape {
    let edge = 1usize << TEXEL_PAGE_BITS;
    let rows = texels.div_ceil(edge).max(1);
    let layers = rows.div_ceil(edge);
    PictureShape {
        width: edge as u32,
        height: rows.min(edge) as u32,
        layers: layers as u32,
        texels: Texels::Bytes,
    }
}

fn environment_shape(header: &Header) -> PictureShape {
    PictureShape {
        width: header.environment_width.max(1),
        height: header.environment_height.max(1),
        layers: 0,
        texels: Texels::Floats,
    }
}
