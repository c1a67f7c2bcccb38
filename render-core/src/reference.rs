//! A plain path tracer on the CPU that follows `docs/rendering.md` line by line.
//!
//! It is the oracle for the GPU's kernels and is written to be read beside that page, not to be fast. It reads a
//! [`Scene`] directly, shares only tables with the GPU's side, and any sample is a pure function of scene, settings,
//! frame, pixel and sample index.

pub mod bsdf;
pub mod bvh;
pub mod camera;
mod energy;
pub mod film;
pub mod light;
pub mod microfacet;
pub mod path;
pub mod sampler;
pub mod sheen;
pub mod surface;
mod texture;

use frame::{
    BLOCK_SPP, BlockRange, FrameIndex, Partial, Plane, RenderSettings, TilePlanes, TileRect, TreeNode,
    blocks::block_count, ranks,
};
use rayon::prelude::*;

use crate::lights::LUMINANCE;
use crate::scene::Scene;
use bvh::Bvh;
use light::Lights;
pub use path::{Path, SampleRecord, Step};
use sampler::Sampler;

/// A scene ready to be traced.
#[derive(Debug)]
pub struct Reference {
    scene: Scene,
    bvh: Bvh,
    lights: Lights,
}

impl Reference {
    /// Sorts the triangles and finds the lights of a checked scene. Keeps its own handles to meshes and textures.
    pub fn new(scene: &Scene) -> Self {
        Self { scene: scene.clone(), bvh: Bvh::new(scene), lights: Lights::new(scene) }
    }

    /// The path of one sample before its first step.
    pub fn start(
        &self,
        settings: &RenderSettings,
        frame: FrameIndex,
        pixel: [u32; 2],
        sample_index: u32,
    ) -> Path {
        let sampler = Sampler::new(settings.seed, frame.0, pixel, sample_index);
        let ray = camera::camera_ray(&self.scene.camera, settings.size, settings.filter, pixel, sampler);
        Path::new(sampler, ray)
    }

    /// One sample of the pixel in column `x`, row `y` of the frame.
    pub fn sample(
        &self,
        settings: &RenderSettings,
        frame: FrameIndex,
        x: u32,
        y: u32,
        sample_index: u32,
    ) -> SampleRecord {
        let mut path = self.start(settings, frame, [x, y], sample_index);
        while self.step(settings, &mut path) == Step::On {}
        path.record
    }

    /// Sums of the given blocks over a rectangle: one partial for each of [`BlockRange::maximal_nodes`], in order.
    pub fn render(
        &self,
        rect: TileRect,
        settings: &RenderSettings,
        frame: FrameIndex,
        blocks: BlockRange,
    ) -> Vec<Partial> {
        let whole = block_count(settings.spp);
        let sum = |node| Partial { node, planes: self.sum(node, rect, settings, frame) };
        blocks.maximal_nodes(whole).into_iter().map(sum).collect()
    }

    fn sum(
        &self,
        node: TreeNode,
        rect: TileRect,
        settings: &RenderSettings,
        frame: FrameIndex,
    ) -> TilePlanes {
        if node.level == 0 {
            return self.sum_block(node.index, rect, settings, frame);
        }
        let child = |index| TreeNode { level: node.level - 1, index };
        let mut left = self.sum(child(2 * node.index), rect, settings, frame);
        let right = child(2 * node.index + 1);
        if right.blocks(block_count(settings.spp)).count > 0 {
            left.add_right(&self.sum(right, rect, settings, frame));
        }
        left
    }

    fn sum_block(
        &self,
        block: u32,
        rect: TileRect,
        settings: &RenderSettings,
        frame: FrameIndex,
    ) -> TilePlanes {
        let first = block * BLOCK_SPP;
        let samples = first..(first + BLOCK_SPP).min(settings.spp);
        let pixel = |index: usize| {
            let x = rect.x + index as u32 % rect.width;
            let y = rect.y + index as u32 / rect.width;
            samples.clone().map(|sample| self.sample(settings, frame, x, y, sample)).collect::<Vec<_>>()
        };
        let pixels: Vec<Vec<SampleRecord>> = (0..rect.pixels()).into_par_iter().map(pixel).collect();
        let mut planes = TilePlanes::zeroed(rect, settings.planes);
        for plane in settings.planes.iter() {
            let channels = plane.channels();
            if plane.is_ranked() {
                let lists = planes.plane_mut(plane).unwrap_or_default().chunks_exact_mut(channels);
                lists.zip(&pixels).for_each(|(list, records)| {
                    list.copy_from_slice(&ranks::rank(records.iter().map(|record| record.id(plane))));
                });
                continue;
            }
            let values = planes.plane_mut(plane).into_iter().flatten();
            for (at, value) in values.enumerate() {
                let records = &pixels[at / channels];
                *value = if plane.is_id() {
                    records.first().map_or(0.0, |record| record.channel(plane, 0))
                } else {
                    records.iter().fold(0.0, |sum, record| sum + record.channel(plane, at % channels))
                };
            }
        }
        planes
    }
}

impl SampleRecord {
    /// One channel of what this sample adds to a plane.
    pub fn channel(&self, plane: Plane, channel: usize) -> f32 {
        let luminance = self.radiance.dot(LUMINANCE);
        match plane {
            Plane::Radiance => self.radiance[channel],
            Plane::Alpha => self.alpha,
            Plane::Albedo => self.albedo[channel],
            Plane::Normal => self.normal[channel],
            Plane::Depth => self.depth,
            Plane::Hits => self.hit,
            Plane::LuminanceSquared => luminance * luminance,
            Plane::Position => self.position[channel],
            Plane::Motion => self.motion[channel],
            Plane::ObjectId | Plane::MaterialId => f32::from_bits(self.id(plane)),
            // Lists are made of all samples of a block together.
            Plane::ObjectRanks | Plane::MaterialRanks | Plane::Denoised => 0.0,
        }
    }

    /// The id that counts in a plane of ids; 0 = nothing.
    fn id(&self, plane: Plane) -> u32 {
        match plane {
            Plane::ObjectId | Plane::ObjectRanks => self.object_id,
            Plane::MaterialId | Plane::MaterialRanks => self.material_id,
            _ => 0,
        }
    }
}
