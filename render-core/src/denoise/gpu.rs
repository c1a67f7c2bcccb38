//! The denoiser on a GPU (docs/denoiser.md): convolutions, heads, filter and guard as kernels of `shaders/denoise`, on the
//! device of whoever renders.
//!
//! A picture goes through in pieces that fit the adapter's bindings, each with an apron as wide as network and guard see
//! together, so that pieces give the bits of the whole; only what is kept of them is read back. Work is cut into submissions by rows of workgroups, as much as the last ones say fits the
//! time that a driver allows. Holds nothing that outlives its device: after [`GpuFault::Lost`] it is made anew.

pub(super) mod agree;
mod guard;
mod matrices;
mod packed;
mod room;
mod steps;
#[cfg(test)]
mod tests;

use frame::{AdapterClass, Noisy, TileRect};
use shaders::denoise::{NOISY_VALUES, Stored};

use super::Weights;
use super::features::exposure_used;
use super::guard::GUARD_CELLS_PX;
use super::network::{ALIGNMENT_PX, CONVOLUTIONS, Shape};
use super::pieces::{Extent, Piece, pieces};
use crate::gpu::{Buffer, Gpu, GpuFault, STEP_STRIDE};
use matrices::PackedMatrices;
use packed::PackedWeights;
use room::{Form, Pipelines, Room, Told, Way};
use steps::{Pace, SLICES};

/// A network on a GPU, ready for pictures of any size.
pub(crate) struct GpuDenoiser {
    form: Form,
    packed: PackedWeights,
    pipelines: Pipelines,
    weights: Buffer,
    /// First factors of the convolutions, and all factors, where they multiply matrices.
    matrices: Option<([u32; CONVOLUTIONS.len()], Buffer)>,
    steps: Buffer,
    region_pixels_max: u64,
    room: Option<Room>,
    pace: Pace,
}

/// Most memory that all buffers of a region may take together.
const MEMORY_BYTES: u64 = 1 << 30;
const MEMORY_BYTES_CPU: u64 = 512 << 20;

/// What one kernel of a picture took.
#[derive(Clone, Debug, PartialEq)]
pub struct StepTime {
    /// The layer, or the part of the filter or of the guard.
    pub name: &'static str,
    /// Multiplications and additions; for what is not a layer, about.
    pub flops: f64,
    /// From submission to completion, by the clock that was asked for.
    pub seconds: f64,
}

impl GpuDenoiser {
    /// Compiles the kernels and uploads the weights.
    pub(crate) fn new(gpu: &Gpu, weights: &Weights) -> Result<Self, GpuFault> {
        let on_cpu = gpu.card().class == AdapterClass::Cpu;
        let memory = if on_cpu { MEMORY_BYTES_CPU } else { MEMORY_BYTES };
        let form = Form { shape: weights.shape(), stored: Stored::Half, way: Way::of(gpu) };
        Self::with(gpu, weights, form, form.pixels_max(gpu.binding_bytes_max(), memory))
    }

    fn with(gpu: &Gpu, weights: &Weights, form: Form, region_pixels_max: u64) -> Result<Self, GpuFault> {
        let packed = PackedWeights::new(weights);
        let denoiser = Self {
            pipelines: Pipelines::build(gpu, form),
            weights: gpu.upload("weights", bytemuck::cast_slice(&packed.values)),
            matrices: match form.way {
                Way::Matrices(units) => {
                    let PackedMatrices { bytes, convolutions } = PackedMatrices::new(weights, units);
                    Some((convolutions, gpu.upload("matrices", &bytes)))
                }
                Way::Tiles | Way::Lanes => None,
            },
            steps: gpu.uniform("steps", STEP_STRIDE * SLICES as u64),
            pace: Pace::new(gpu.card().class == AdapterClass::Cpu),
            room: None,
            form,
            packed,
            region_pixels_max,
        };
        gpu.check()?;
        Ok(denoiser)
    }

    /// The denoised radiance of a picture, three values for each pixel. `exposure` is the frame's one scale.
    ///
    /// # Errors
    /// [`GpuFault`] when the device is lost or has no memory for one piece; `self` is then of no more use.
    pub(crate) fn denoise(
        &mut self,
        gpu: &Gpu,
        picture: &Noisy,
        exposure: f32,
    ) -> Result<Vec<f32>, GpuFault> {
        let exposure = exposure_used(exposure);
        let pieces = self
            .pieces(picture)
            .ok_or_else(|| GpuFault::OutOfMemory("a piece of the denoiser does not fit a binding".into()))?;
        let area = |extent: &Extent| u64::from(extent.width) * u64::from(extent.height);
        let needed = pieces.iter().map(|piece| area(&piece.region)).max().unwrap_or(0);
        self.make_room(gpu, needed)?;
        if let [whole] = &pieces[..] {
            return self.denoise_piece(gpu, picture, whole, exposure);
        }
        let whole = TileRect { x: 0, y: 0, width: picture.width(), height: picture.height() };
        let mut out = vec![0.0; 3 * whole.pixels()];
        for piece in &pieces {
            let colours = self.denoise_piece(gpu, picture, piece, exposure)?;
            let Extent { x, y, width, height } = piece.kept;
            whole.paste(&mut out, 3, TileRect { x, y, width, height }, &colours);
        }
        Ok(out)
    }

    fn pieces(&self, picture: &Noisy) -> Option<Vec<Piece>> {
        pieces(picture.width(), picture.height(), apron_px(self.form.shape), self.region_pixels_max)
    }

    /// How long each step of a picture takes by this clock that goes through in one piece; each is waited for.
    pub(crate) fn step_times(
        &mut self,
        gpu: &Gpu,
        picture: &Noisy,
        clock: &dyn Fn() -> f64,
    ) -> Result<Vec<StepTime>, GpuFault> {
        self.denoise(gpu, picture, 1.0)?;
        let Some(room) = &self.room else { return Ok(Vec::new()) };
        let whole = Extent { x: 0, y: 0, width: picture.width(), height: picture.height() };
        let pieces = self.pieces(picture);
        let Some([piece]) = pieces.as_deref().map(<&[Piece; 1]>::try_from).and_then(Result::ok) else {
            return Err(GpuFault::OutOfMemory("the picture does not go through in one piece".into()));
        };
        let mut times = Vec::new();
        for step in self.plan(room, piece, &whole, 1.0) {
            let (name, flops) = (step.name, step.flops);
            let started = clock();
            Pace::unbounded().run(gpu, &self.steps, &[step])?;
            times.push(StepTime { name, flops, seconds: clock() - started });
        }
        Ok(times)
    }

    /// Lets the next submission hold no more than this.
    #[cfg(test)]
    pub(crate) fn submit_at_most(&mut self, flops: f64) {
        self.pace.limit(flops);
    }

    fn make_room(&mut self, gpu: &Gpu, pixels: u64) -> Result<(), GpuFault> {
        if self.room.as_ref().is_some_and(|room| room.pixels >= pixels) {
            return Ok(());
        }
        // The old one goes first, so that both need not fit at once.
        self.room = None;
        let told = Told {
            weights: &self.weights,
            matrices: self.matrices.as_ref().map(|(_, factors)| factors),
            steps: &self.steps,
        };
        let room = Room::new(gpu, &self.pipelines, self.form, told, pixels);
        gpu.check()?;
        self.room = Some(room);
        Ok(())
    }

    fn denoise_piece(
        &mut self,
        gpu: &Gpu,
        picture: &Noisy,
        piece: &Piece,
        exposure: f32,
    ) -> Result<Vec<f32>, GpuFault> {
        let Some(room) = &self.room else { return Ok(Vec::new()) };
        let traced = traced_part(picture, &piece.region);
        gpu.write(&room.noisy, bytemuck::cast_slice(&planes_of(picture, &traced)));
        let steps = self.plan(room, piece, &traced, exposure);
        let mut pace = self.pace;
        pace.run(gpu, &self.steps, &steps)?;
        self.pace = pace;
        let size = 12 * u64::from(piece.kept.width) * u64::from(piece.kept.height);
        let mut work = gpu.record();
        work.copy((&room.picture, 0), (&room.readback, 0), size);
        Ok(bytemuck::pod_collect_to_vec(&gpu.run(work, &room.readback, size)?))
    }
}

/// How far outside a piece's kept part its result sees.
fn apron_px(shape: Shape) -> u32 {
    shape.reach_px() + GUARD_CELLS_PX
}

/// The part of a region that was traced: all but the padding.
fn traced_part(picture: &Noisy, region: &Extent) -> Extent {
    debug_assert!(region.x.is_multiple_of(ALIGNMENT_PX) && region.y.is_multiple_of(ALIGNMENT_PX));
    Extent {
        width: region.width.min(picture.width() - region.x),
        height: region.height.min(picture.height() - region.y),
        ..*region
    }
}

/// The planes of a part as `shaders/denoise/noisy.wgsl` reads them.
fn planes_of(picture: &Noisy, part: &Extent) -> Vec<u32> {
    let planes: [(&[u32], usize); 7] = [
        (bytemuck::cast_slice(&picture.radiance), 3),
        (bytemuck::cast_slice(&picture.albedo), 3),
        (bytemuck::cast_slice(&picture.normal), 3),
        (bytemuck::cast_slice(&picture.depth), 1),
        (bytemuck::cast_slice(&picture.hits), 1),
        (bytemuck::cast_slice(&picture.variance), 1),
        (&picture.samples, 1),
    ];
    let mut values = Vec::with_capacity(NOISY_VALUES * part.width as usize * part.height as usize);
    for (plane, channels) in planes {
        for y in part.y..part.y + part.height {
            let first = (y as usize * picture.width() as usize + part.x as usize) * channels;
            values.extend_from_slice(&plane[first..first + part.width as usize * channels]);
        }
    }
    values
}
