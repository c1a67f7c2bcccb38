//! What is dispatched for a piece, in order, and how it is cut into submissions.

use std::time::{Duration, Instant};

use shaders::denoise::{DenoiseKernel, Layer, NOISY_VALUES};

use super::GpuDenoiser;
use super::guard::GUARD;
use super::packed::CHANNELS;
use super::room::{Room, level_at};
use crate::denoise::network::{CONVOLUTIONS, HEADS, LEVELS, Source, UNSHUFFLED};
use crate::denoise::pieces::{Extent, Piece};
use crate::gpu::{Buffer, Gpu, GpuFault, STEP_STRIDE, StepBindings, StepPipeline};

/// One kernel over one layer.
pub(super) struct Step<'a> {
    pub(super) name: &'static str,
    pub(super) pipeline: &'a StepPipeline,
    pub(super) bindings: &'a StepBindings,
    pub(super) layer: Layer,
    /// Workgroups.
    pub(super) groups: [u32; 3],
    /// Multiplications and additions, about.
    pub(super) flops: f64,
}

/// How much work one submission may hold.
#[derive(Clone, Copy)]
pub(super) struct Pace {
    target: Duration,
    longest: Duration,
    /// What the next one is given.
    flops: f64,
}

/// Steps of one submission.
pub(super) const SLICES: usize = 64;
/// What the first submission is given: a tenth of a second on the slowest.
const FLOPS_FIRST: f64 = 4e9;
const FLOPS_FIRST_CPU: f64 = 2e8;
const FLOPS_MIN: f64 = 1e6;
const FLOPS_MAX: f64 = 1e13;

impl GpuDenoiser {
    /// All steps of a piece.
    pub(super) fn plan<'a>(
        &'a self,
        room: &'a Room,
        piece: &Piece,
        traced: &Extent,
        exposure: f32,
    ) -> Vec<Step<'a>> {
        let layer = Layer {
            width: piece.region.width,
            height: piece.region.height,
            traced_width: traced.width,
            traced_height: traced.height,
            kept_x: piece.kept.x - piece.region.x,
            kept_y: piece.kept.y - piece.region.y,
            kept_width: piece.kept.width,
            kept_height: piece.kept.height,
            exposure,
            ..Layer::default()
        };
        let mut steps = self.network(room, layer);
        let guard = GUARD.into_iter().zip(&room.bound.guard);
        steps.extend(
            guard.map(|((kernel, flops), bindings)| {
                self.step(kernel.name(), kernel, bindings, layer, 1, flops)
            }),
        );
        steps
    }

    /// Up to the filtered picture; `whole` is the layer of full size.
    fn network<'a>(&'a self, room: &'a Room, whole: Layer) -> Vec<Step<'a>> {
        let taps = self.form.taps();
        let sized =
            |level: usize| Layer { width: whole.width >> level, height: whole.height >> level, ..whole };
        let step = |name, kernel, bindings, layer, depth, flops_per_place| {
            self.step(name, kernel, bindings, layer, depth, flops_per_place)
        };
        let bound = &room.bound;
        let mut steps =
            vec![step("prepare", DenoiseKernel::Prepare, &bound.prepare, sized(1), 1, 32 * NOISY_VALUES)];
        for (at, convolution) in CONVOLUTIONS.iter().enumerate() {
            let kernel = self.form.convolution(at);
            let layer = self.convolution_layer(at, sized(convolution.level));
            if let Some(pool) = &bound.pools[at] {
                let depth = layer.blocks_a;
                steps.push(step("pool", DenoiseKernel::Pool, pool, layer, depth, 4 * 4 * depth as usize));
            }
            let depth = self.form.depth(at);
            let flops = 18 * self.form.shape.channels(at) * self.form.shape.channels_in(at);
            steps.push(step(convolution.name, kernel, &bound.convolutions[at], layer, depth, flops));
        }
        for (level, head) in HEADS.iter().enumerate() {
            let channels = self.form.head_channels(level);
            let inputs = self.form.shape.channels(head.source);
            let layer = Layer {
                blocks_a: (inputs / 4) as u32,
                blocks: (channels / 4) as u32,
                weights_at: self.packed.heads[level],
                ..sized(CONVOLUTIONS[head.source].level)
            };
            let depth = (channels / CHANNELS) as u32;
            let bindings = &bound.heads[level];
            steps.push(step(head.name, self.form.head(), bindings, layer, depth, 2 * channels * inputs));
        }
        steps.push(step("pyramid", DenoiseKernel::Pyramid { taps }, &bound.pyramid, sized(0), 1, 64));
        for level in (0..LEVELS).rev() {
            let pixels = u64::from(whole.width) * u64::from(whole.height);
            let place = |level: usize| level_at(pixels, level) as u32;
            let layer = Layer {
                level_at: place(level),
                filtered_at: if level == 0 { 0 } else { place(level) - place(1) },
                coarser_at: place(level + 1) - place(1),
                top: u32::from(level + 1 == LEVELS),
                ..sized(level)
            };
            let flops = 16 * taps as usize + 64;
            steps.push(match level {
                0 => step("finish", DenoiseKernel::Finish { taps }, &bound.finish, layer, 1, 2 * flops),
                _ => {
                    let bindings = &bound.levels[level - 1];
                    step("level", DenoiseKernel::Level { taps }, bindings, layer, 1, flops)
                }
            });
        }
        steps
    }

    fn step<'a>(
        &'a self,
        name: &'static str,
        kernel: DenoiseKernel,
        bindings: &'a StepBindings,
        layer: Layer,
        depth: u32,
        flops_per_place: usize,
    ) -> Step<'a> {
        let [across, down] = kernel.places();
        let groups = [layer.width.div_ceil(across), layer.height.div_ceil(down), depth];
        let flops = f64::from(layer.width) * f64::from(layer.height) * flops_per_place as f64;
        Step { name, pipeline: self.pipelines.of(kernel), bindings, layer, groups, flops }
    }

    fn convolution_layer(&self, at: usize, sized: Layer) -> Layer {
        let blocks = |channels: usize| (channels / 4) as u32;
        let (blocks_a, blocks_b) = match CONVOLUTIONS[at].source {
            Source::Features => (blocks(UNSHUFFLED), 0),
            Source::Plain(from) | Source::Pooled(from) => (blocks(self.form.shape.channels(from)), 0),
            Source::Joined { coarse, fine } => {
                (blocks(self.form.shape.channels(coarse)), blocks(self.form.shape.channels(fine)))
            }
        };
        let blocks = blocks(self.form.shape.channels(at));
        let matrices_at = self.matrices.as_ref().map_or(0, |(first, _)| first[at]);
        let weights_at = self.packed.convolutions[at];
        Layer { blocks_a, blocks_b, blocks, weights_at, matrices_at, ..sized }
    }
}

impl Pace {
    pub(super) fn new(on_cpu: bool) -> Self {
        // As for waves of paths: drivers reset a GPU that is busy for seconds; on a CPU adapter there is only a wish to stop soon.
        let (target, longest) = if on_cpu { (700, 2000) } else { (60, 250) };
        let flops = if on_cpu { FLOPS_FIRST_CPU } else { FLOPS_FIRST };
        Self { target: Duration::from_millis(target), longest: Duration::from_millis(longest), flops }
    }

    /// Everything at once.
    pub(super) fn unbounded() -> Self {
        Self { target: Duration::MAX, longest: Duration::MAX, flops: f64::MAX }
    }

    /// Lets submissions hold no more than this from now on.
    #[cfg(test)]
    pub(super) fn limit(&mut self, flops: f64) {
        (self.flops, self.target) = (flops, Duration::ZERO);
    }

    /// Runs all steps, in as many submissions as it takes.
    pub(super) fn run(&mut self, gpu: &Gpu, slices: &Buffer, steps: &[Step<'_>]) -> Result<(), GpuFault> {
        let mut parts: Vec<(&Step<'_>, Layer, u32)> = Vec::new();
        let mut flops = 0.0;
        for step in steps {
            let [_, rows, _] = step.groups;
            let row_flops = step.flops / f64::from(rows);
            let mut first_row = 0;
            while first_row < rows {
                let fits = ((self.flops - flops) / row_flops).max(0.0) as u32;
                if parts.len() == SLICES || (fits == 0 && !parts.is_empty()) {
                    self.submit(gpu, slices, &parts, flops)?;
                    parts.clear();
                    flops = 0.0;
                    continue;
                }
                let taken = fits.clamp(1, rows - first_row);
                parts.push((step, Layer { first_row, ..step.layer }, taken));
                flops += f64::from(taken) * row_flops;
                first_row += taken;
            }
        }
        if parts.is_empty() { Ok(()) } else { self.submit(gpu, slices, &parts, flops) }
    }

    fn submit(
        &mut self,
        gpu: &Gpu,
        slices: &Buffer,
        parts: &[(&Step<'_>, Layer, u32)],
        flops: f64,
    ) -> Result<(), GpuFault> {
        let mut told = vec![0; parts.len() * STEP_STRIDE as usize];
        let mut work = gpu.record();
        for (slice, (step, layer, rows)) in parts.iter().enumerate() {
            let at = slice * STEP_STRIDE as usize;
            told[at..at + size_of::<Layer>()].copy_from_slice(bytemuck::bytes_of(layer));
            let [across, _, depth] = step.groups;
            work.step(step.pipeline, step.bindings, slice, [across, *rows, depth]);
        }
        gpu.write(slices, &told);
        let started = Instant::now();
        gpu.finish(work)?;
        self.keep(started.elapsed(), flops);
        Ok(())
    }

    /// Doubles what was quick, halves what was slow.
    fn keep(&mut self, took: Duration, flops: f64) {
        let next = if took > self.longest {
            flops / 4.0
        } else if took > self.target {
            flops / 2.0
        } else if took * 3 < self.target && flops * 2.0 > self.flops {
            self.flops * 2.0
        } else {
            self.flops
        };
        self.flops = next.clamp(FLOPS_MIN, FLOPS_MAX);
    }
}
