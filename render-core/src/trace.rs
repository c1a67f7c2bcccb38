//! The path tracing loop: waves of paths, one kernel after another, until no path is alive.
//!
//! A wave is some pixels of a tile times all samples of one block. Work is cut so that no submission runs long: the size of
//! a wave follows the time that the last ones took.

use std::time::{Duration, Instant};

use frame::ranks::RANK_VALUES;
use frame::{BLOCK_SPP, Brake, Filter, Microfacet, Plane, RenderSettings, TileOrder, TilePlanes, TileRect};
use shaders::layout::{FILM_FIELDS, PATH_FIELDS, Params, RANK_FIELDS, flag};

use crate::gpu::{Bindings, Buffer, Gpu, GpuFault, Groups, KernelSet};
use crate::stage::Stage;

#[cfg(test)]
mod probe;

/// Paths in flight and everything they need on the device.
pub(crate) struct Pool {
    capacity: u32,
    params: Buffer,
    paths: Buffer,
    queues: Buffer,
    counters: Buffer,
    dispatches: Buffer,
    film: Buffer,
    readback: Buffer,
    /// Pixels in the next wave.
    pixels: u32,
    pace: Pace,
    /// Where an owner may want the GPU back.
    brake: Option<Brake>,
}

/// How long submissions may take on this kind of adapter.
#[derive(Clone, Copy)]
struct Pace {
    target: Duration,
    longest: Duration,
}

/// Rays and samples since the pool was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Rays that looked for the closest hit.
    pub rays: u64,
    /// Rays that asked for a light.
    pub shadow_rays: u64,
    /// Camera paths.
    pub samples: u64,
}

/// What one wave left behind.
struct Wave {
    alive: u32,
    rays: u32,
    shadow_rays: u32,
    film: Vec<u8>,
}

/// Segments per submission: most paths are over after these, and a submission stays short.
const STEPS: u32 = 6;
/// Alpha steps that a path may take beside its bounces (docs/rendering.md, section 3).
const PASSES_MAX: u32 = 256;
const COUNTERS: u64 = 32;
/// How long one submission should take, and may take, where an owner may want the GPU back at any time.
const PROMPT_TARGET: Duration = Duration::from_millis(100);
const PROMPT_LONGEST: Duration = Duration::from_millis(200);
/// Pixels of the first wave then: it is cut before anybody knows how fast the adapter is. No wave gets smaller: where a submission is slow by itself (Mesa
/// 22.3.6 takes 0.3 s for one pixel), smaller ones are only more of them.
const PROMPT_PIXELS: u32 = 256;
/// Dispatch sizes of shadow rays lie behind those of extend and shade.
const SHADOW_DISPATCH: u64 = 12;

impl Pool {
    /// Makes room for `capacity` paths.
    pub(crate) fn new(gpu: &Gpu, capacity: u32, on_cpu: bool) -> Self {
        let capacity = capacity.next_multiple_of(BLOCK_SPP);
        let pixels = capacity / BLOCK_SPP;
        // Drivers reset a GPU that is busy for seconds; on a CPU adapter there is no watchdog, only a wish to stop soon.
        let (target, longest) = if on_cpu { (700, 2000) } else { (60, 250) };
        let film_bytes = u64::from(capacity) * FILM_FIELDS as u64 * 16;
        Self {
            capacity,
            params: gpu.uniform("params", size_of::<Params>() as u64),
            paths: gpu.storage("paths", u64::from(capacity) * u64::from(PATH_FIELDS) * 16),
            queues: gpu.storage("queues", u64::from(capacity) * 12),
            counters: gpu.storage("counters", COUNTERS),
            dispatches: gpu.storage("dispatches", 24),
            film: gpu.storage("film", film_bytes),
            readback: gpu.readback("readback", COUNTERS + film_bytes),
            pixels: if on_cpu { pixels } else { (4096 / BLOCK_SPP).min(pixels) },
            brake: None,
            pace: Pace { target: Duration::from_millis(target), longest: Duration::from_millis(longest) },
        }
    }

    /// Binds the pool and a scene to the kernels.
    pub(crate) fn bind(&self, gpu: &Gpu, kernels: &KernelSet, stage: &Stage) -> Bindings {
        let mut buffers: Vec<(&str, &Buffer)> = stage.buffers().collect();
        buffers.extend([
            ("params", &self.params),
            ("paths", &self.paths),
            ("queues", &self.queues),
            ("counters", &self.counters),
            ("film", &self.film),
        ]);
        let pictures: Vec<_> = stage.pictures().collect();
        kernels.bind(gpu, &buffers, &pictures, &self.dispatches)
    }

    /// Looks at a brake from now on, and cuts work so short that pulling it is felt within a fraction of a second.
    pub(crate) fn heed(&mut self, brake: Option<&Brake>) {
        if brake.is_some() && self.brake.is_none() {
            self.pixels = self.pixels.min(PROMPT_PIXELS);
            self.pace.target = self.pace.target.min(PROMPT_TARGET);
            self.pace.longest = self.pace.longest.min(PROMPT_LONGEST);
        }
        self.brake = brake.cloned();
    }

    /// Renders one block of samples of the order's pixels; `None` when the brake was pulled.
    pub(crate) fn render_block(
        &mut self,
        tracer: &Tracer<'_>,
        order: &TileOrder,
        block: u32,
        tally: &mut Tally,
    ) -> Result<Option<TilePlanes>, GpuFault> {
        let samples = frame::BlockRange { first: block, count: 1 }.samples(order.settings.spp);
        let mut params = params_of(tracer, order, self.capacity);
        params.sample_first = samples.start;
        params.sample_count = samples.end - samples.start;
        let mut planes = TilePlanes::zeroed(order.rect, order.settings.planes);
        let pixels = order.rect.pixels() as u32;
        let mut first = 0;
        while first < pixels {
            let room = u64::from(self.capacity) * FILM_FIELDS as u64 * 16;
            let fits = (self.capacity / params.sample_count).min((room / film_bytes(&params, 1)) as u32);
            params.pixel_first = first;
            params.pixel_count = self.pixels.min(fits).min(pixels - first).max(1);
            let Some(film) = self.render_wave(tracer, &params, tally)? else { return Ok(None) };
            write_planes(
                &mut planes,
                first as usize,
                params.pixel_count as usize,
                bytemuck::cast_slice(&film),
            );
            first += params.pixel_count;
        }
        Ok(Some(planes))
    }

    /// Follows all paths of one wave to their ends; `None` when the brake was pulled.
    fn render_wave(
        &mut self,
        tracer: &Tracer<'_>,
        params: &Params,
        tally: &mut Tally,
    ) -> Result<Option<Vec<u8>>, GpuFault> {
        let gpu = tracer.gpu;
        let paths = params.pixel_count * params.sample_count;
        gpu.write(&self.params, bytemuck::bytes_of(params));
        // Live in A, live in B, shadow rays, side (flipped before the first step), rays, shadow rays.
        gpu.write(&self.counters, bytemuck::cast_slice(&[paths, 0, 0, 1, 0, 0, 0, 0]));
        let segments_max = params.max_bounces + 2 + PASSES_MAX;
        let mut segment = 0;
        loop {
            if self.brake.as_ref().is_some_and(Brake::is_pulled) {
                return Ok(None);
            }
            let wave = self.submit(tracer, params, segment == 0)?;
            segment += STEPS;
            if wave.alive == 0 || segment >= segments_max {
                tally.samples += u64::from(paths);
                tally.rays += u64::from(wave.rays);
                tally.shadow_rays += u64::from(wave.shadow_rays);
                return Ok(Some(wave.film));
            }
        }
    }

    /// One submission: some steps, then the sums so far.
    fn submit(&mut self, tracer: &Tracer<'_>, params: &Params, fresh: bool) -> Result<Wave, GpuFault> {
        let Tracer { gpu, kernels, bindings, .. } = tracer;
        let mut work = gpu.record();
        if fresh {
            work.dispatch(
                &kernels.generate,
                bindings,
                &Groups::Threads(params.pixel_count * params.sample_count),
            );
        }
        for _ in 0..STEPS {
            work.dispatch(&kernels.next_rays, bindings, &Groups::Threads(1));
            work.dispatch(&kernels.extend, bindings, &Groups::Indirect(&self.dispatches, 0));
            work.dispatch(&kernels.shade, bindings, &Groups::Indirect(&self.dispatches, 0));
            work.dispatch(&kernels.next_shadows, bindings, &Groups::Threads(1));
            work.dispatch(&kernels.shadow, bindings, &Groups::Indirect(&self.dispatches, SHADOW_DISPATCH));
        }
        work.dispatch(&kernels.resolve, bindings, &Groups::Threads(params.pixel_count));
        if params.flags & flag::RANKED != 0 {
            work.dispatch(&kernels.rank, bindings, &Groups::Threads(params.pixel_count));
        }
        let film_bytes = film_bytes(params, params.pixel_count);
        work.copy((&self.counters, 0), (&self.readback, 0), COUNTERS);
        work.copy((&self.film, 0), (&self.readback, COUNTERS), film_bytes);
        let started = Instant::now();
        let mut bytes = gpu.run(work, &self.readback, COUNTERS + film_bytes)?;
        self.keep_pace(started.elapsed(), params.pixel_count);
        let film = bytes.split_off(COUNTERS as usize);
        let counters: Vec<u32> = bytemuck::pod_collect_to_vec(&bytes);
        let side = counters[3].min(1) as usize;
        Ok(Wave { alive: counters[1 - side], rays: counters[4], shadow_rays: counters[5], film })
    }

    /// Doubles a wave that was quick, halves one that was slow.
    fn keep_pace(&mut self, took: Duration, pixels: u32) {
        let most = (self.capacity / BLOCK_SPP).max(1);
        self.pixels = self.pace.wave_after(self.pixels, pixels, took).min(most);
    }
}

impl Pace {
    /// Pixels in the next wave where `wanted` were to be, after one of `pixels` took so long.
    fn wave_after(self, wanted: u32, pixels: u32, took: Duration) -> u32 {
        if took > self.longest {
            (pixels / 4).max(PROMPT_PIXELS)
        } else if took > self.target {
            (pixels / 2).max(PROMPT_PIXELS)
        } else if took * 3 < self.target && pixels >= wanted {
            wanted * 2
        } else {
            wanted
        }
    }
}

/// Everything that stays the same while a scene is rendered.
pub(crate) struct Tracer<'a> {
    pub(crate) gpu: &'a Gpu,
    pub(crate) kernels: &'a KernelSet,
    pub(crate) bindings: &'a Bindings,
    pub(crate) stage: &'a Stage,
}

fn params_of(tracer: &Tracer<'_>, order: &TileOrder, capacity: u32) -> Params {
    let header = &tracer.stage.header;
    let settings: &RenderSettings = &order.settings;
    let switch = |on: bool, flag: u32| if on { flag } else { 0 };
    let aspect = settings.size.width() as f32 / settings.size.height() as f32;
    let extent = header.camera_extent;
    Params {
        camera_right: header.camera[0],
        camera_up: header.camera[1],
        camera_back: header.camera[2],
        camera_eye: header.camera[3],
        camera_lens: [extent * aspect, extent, header.lens_radius, header.focus_distance],
        camera_iris: header.iris,
        camera_shift: [2.0 * header.shift[0] / aspect, 2.0 * header.shift[1], 0.0, 0.0],
        before_x: header.before[0],
        before_y: header.before[1],
        before_z: header.before[2],
        camera_start: header.camera_sweep[0],
        camera_turn: header.camera_sweep[1],
        camera_from: header.camera_sweep[2],
        camera_to: header.camera_sweep[3],
        frame_width: settings.size.width(),
        frame_height: settings.size.height(),
        frame: order.frame.0,
        seed: settings.seed,
        max_bounces: settings.max_bounces,
        flags: switch(header.single == 1, flag::SINGLE)
            | switch(settings.filter == Filter::Box, flag::BOX_FILTER)
            | switch(settings.microfacet == Microfacet::Multi, flag::MULTI)
            | switch(header.orthographic == 1, flag::ORTHOGRAPHIC)
            | switch(header.environment_columns > 0, flag::ENVIRONMENT)
            | switch(settings.planes.iter().any(Plane::is_ranked), flag::RANKED)
            | switch(tracer.stage.sweeps, flag::SWEEPS)
            | switch(tracer.stage.bends, flag::BENDS)
            | switch(header.camera_sweep[0] != [0.0; 4], flag::CAMERA_SWEEPS),
        clamp_indirect: settings.indirect_limit().unwrap_or(0.0),
        capacity,
        tile_x: order.rect.x,
        tile_y: order.rect.y,
        tile_width: order.rect.width,
        root: header.root,
        light_count: header.light_count,
        environment_slots: header.environment_columns * header.environment_rows,
        environment_columns: header.environment_columns,
        environment_rows: header.environment_rows,
        environment_width: header.environment_width,
        environment_height: header.environment_height,
        p_environment: header.p_environment,
        environment_rotation: header.environment_rotation,
        environment_strength: header.environment_strength,
        scene_radius: header.scene_radius,
        p_lights: 1.0 - header.p_environment,
        texture_slots: tracer.stage.texture_slots,
        ..Params::default()
    }
}

/// Where each plane's channels lie in a film pixel's twenty numbers; see `shaders/trace/resolve.wgsl`.
fn film_channels(plane: Plane) -> &'static [usize] {
    match plane {
        Plane::Radiance => &[0, 1, 2],
        Plane::Alpha => &[3],
        Plane::Albedo => &[4, 5, 6],
        Plane::Depth => &[7],
        Plane::Normal => &[8, 9, 10],
        Plane::Hits => &[11],
        Plane::Position => &[12, 13, 14],
        Plane::LuminanceSquared => &[15],
        Plane::Motion => &[16, 17],
        Plane::ObjectId => &[18],
        Plane::MaterialId => &[19],
        // Behind the sums; see `write_ranks`.
        Plane::ObjectRanks | Plane::MaterialRanks => &[],
        // Made of the others, once all samples are there.
        Plane::Denoised => &[],
    }
}

/// What so many pixels take in the film.
fn film_bytes(params: &Params, pixels: u32) -> u64 {
    let ranked = if params.flags & flag::RANKED == 0 { 0 } else { RANK_FIELDS };
    u64::from(pixels) * (FILM_FIELDS + ranked) as u64 * 16
}

fn write_planes(planes: &mut TilePlanes, first_pixel: usize, pixels: usize, film: &[f32]) {
    let (film, lists) = film.split_at(pixels * FILM_FIELDS * 4);
    write_ranks(planes, first_pixel, lists);
    for plane in planes.planes().iter().collect::<Vec<_>>() {
        let channels = film_channels(plane);
        if channels.is_empty() {
            continue;
        }
        let Some(values) = planes.plane_mut(plane) else { continue };
        let pixels = values[first_pixel * channels.len()..].chunks_exact_mut(channels.len());
        for (pixel, film) in pixels.zip(film.chunks_exact(FILM_FIELDS * 4)) {
            pixel.iter_mut().zip(channels).for_each(|(value, &channel)| *value = film[channel]);
        }
    }
}

/// Each pixel's lists: objects, then materials.
fn write_ranks(planes: &mut TilePlanes, first_pixel: usize, lists: &[f32]) {
    for (at, plane) in [Plane::ObjectRanks, Plane::MaterialRanks].into_iter().enumerate() {
        let Some(values) = planes.plane_mut(plane) else { continue };
        let pixels = values[first_pixel * RANK_VALUES..].chunks_exact_mut(RANK_VALUES);
        let lists = lists.chunks_exact(RANK_VALUES).skip(at).step_by(2);
        pixels.zip(lists).for_each(|(pixel, list)| pixel.copy_from_slice(list));
    }
}

/// Whether an order lies inside its frame and asks for blocks that exist.
pub(crate) fn order_fault(order: &TileOrder) -> Option<String> {
    let TileRect { x, y, width, height } = order.rect;
    let size = order.settings.size;
    let blocks = frame::blocks::block_count(order.settings.spp);
    let end = order.blocks.first.checked_add(order.blocks.count);
    if !order.rect.fits(size) {
        return Some(format!("{width}x{height} at {x},{y} lies outside {}x{}", size.width(), size.height()));
    }
    if order.blocks.count == 0 || end.is_none_or(|end| end > blocks) {
        return Some(format!("blocks {}+{} of {blocks}", order.blocks.first, order.blocks.count));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_submission_that_is_slow_by_itself_does_not_end_in_waves_of_one_pixel() {
        let pace = Pace { target: PROMPT_TARGET, longest: PROMPT_LONGEST };
        let slow = (0..20)
            .fold(4 * PROMPT_PIXELS, |pixels, _| pace.wave_after(pixels, pixels, Duration::from_millis(300)));
        assert_eq!(slow, PROMPT_PIXELS);
        assert_eq!(pace.wave_after(slow, slow, Duration::from_millis(10)), 2 * slow, "and it grows again");
    }
}
