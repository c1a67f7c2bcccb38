//! What this computer finds out about a plan: how much work it is, and how fast it is done here.

use std::time::Instant;

use frame::{
    AdapterClass, BLOCK_SPP, Denoise, FrameIndex, RenderSettings, SettingsDraft, TileIndex, TileOrder,
    TileRenderer,
};
use render_core::{AdapterChoice, GpuRenderer};
use render_net::artist::{ArtistFault, FrameScene};
use render_net::bundle::stored_bytes_max;

use super::crew::Speeds;
use super::estimate::{Estimate, estimate};
use super::probe::{Probe, Sitter};
use super::work::{Crew, Hand, Work};
use crate::bench::demo_scene;
use crate::fault::Fault;
use crate::network::artist_fault;
use crate::render::{Plan, Scenes, pack};
use crate::stop::Stop;

/// Frames of an animation that are looked at: the first, the last and the one between.
const FRAMES_SEEN: usize = 3;
/// Where the first one takes longer to be made ready, it is the only one; seconds.
const READY_S_MAX: f64 = 3.0;
/// The part of the time that is spent on the benchmark's scene.
const BENCH_SHARE: f64 = 0.25;
/// How far off what was measured here is later: standard deviation of the logarithm.
const HERE_SPREAD: f64 = 0.12;
/// Where the adapter is the processor, it also merges, seals, denoises and writes: so many times the tracing alone. Four scenes: 0.98 to 1.31.
const BESIDE_CPU: f64 = 1.1;
/// Until the first tile is begun and after the last picture is written, seconds: what a picture of a single sample takes.
const STARTS_S: (f64, f64) = (1.0, 2.5);

/// What was found.
pub(super) struct Seen {
    pub(super) work: Work,
    pub(super) send_bytes: u64,
    /// What a sample takes at places of the benchmark's scene; not looked at without a farm.
    bench: Vec<f64>,
    /// What is done on this computer before and after tracing: scenes are read, sorted and exposed, whole frames denoised.
    around_s: f64,
    /// How many times what tracing takes all takes here.
    beside: f64,
}

/// A plan whose first frame is ready to be looked at.
pub(super) struct Subject<'a> {
    plan: &'a Plan,
    scenes: Scenes,
    /// How long the file took to be read.
    opened_s: f64,
    /// How long the first frame's scene took to be sorted and exposed.
    ready_s: f64,
}

impl<'a> Subject<'a> {
    /// Of a plan whose opening began then.
    pub(super) fn prepare(plan: &'a Plan, opened: Instant) -> Result<Self, Fault> {
        let (began, opened_s) = (Instant::now(), opened.elapsed().as_secs_f64());
        let scenes = plan.scenes()?;
        Ok(Self { plan, scenes, opened_s, ready_s: began.elapsed().as_secs_f64() })
    }

    /// GPU memory that the scene needs, MiB.
    pub(super) fn memory_mib(&self) -> u32 {
        self.scenes.memory_mib
    }

    /// Looks at the plan's frames, and at the benchmark's scene for `bench`.
    pub(super) fn look(
        mut self,
        adapter: &AdapterChoice,
        renderer: &mut GpuRenderer,
        bench: bool,
        stop: &Stop,
    ) -> Result<Seen, Fault> {
        let (plan, frames) = (self.plan, self.frames());
        let (mut places, mut scene_bytes, mut denoise_s) = (Vec::new(), 0, 0.0);
        let beside = if renderer.adapter().class == AdapterClass::Cpu { BESIDE_CPU } else { 1.0 };
        let mut probe = Probe::new(renderer, stop);
        for (at, &frame) in frames.iter().enumerate() {
            let shown = (self.scenes.packer)(frame);
            let FrameScene { scene, exposure_scale } =
                shown.map_err(|why| artist_fault(&ArtistFault::Scene(why)))?;
            scene_bytes = scene_bytes.max(scene.size_bytes());
            let settings = plan.settings.with_exposure_scale(exposure_scale);
            let settings = settings.map_err(|error| Fault::scene(error.to_string(), "correct its lights"))?;
            let edge_px = plan.grid.edge_px();
            let sitter = Sitter { frame, scene: &scene, settings: &settings, edge_px };
            places.extend(probe.places(sitter, 1.0 / frames.len() as f64)?);
            if let (0, Some(network)) = (at, plan.networks().first()) {
                denoise_s = probe.denoising(sitter, network.on(adapter).as_mut())?;
            }
        }
        let bench = if bench { bench_places(&mut probe)? } else { Vec::new() };
        let frames = plan.frames.len() as u32;
        let scenes = if self.scenes.are_one { 1 } else { frames };
        let is_local = plan.settings.denoise == Denoise::Local;
        let develop_s = if is_local { denoise_s * plan.grid.frame().pixels() as f64 } else { 0.0 };
        let work = Work {
            grid: plan.grid,
            frames,
            spp: plan.settings.spp,
            whole_tiles: plan.settings.denoise == Denoise::Node,
            places: with_margins(plan, places, denoise_s),
        };
        Ok(Seen {
            work,
            send_bytes: stored_bytes_max(scene_bytes) * u64::from(scenes),
            bench,
            beside,
            around_s: self.opened_s + self.ready_s * f64::from(scenes) + develop_s * f64::from(frames),
        })
    }

    fn frames(&self) -> Vec<FrameIndex> {
        let frames = &self.plan.frames;
        if self.scenes.are_one || self.ready_s > READY_S_MAX {
            return vec![frames[0]];
        }
        let seen = (0..FRAMES_SEEN).map(|at| frames[(frames.len() - 1) * at / (FRAMES_SEEN - 1)]);
        let mut seen: Vec<FrameIndex> = seen.collect();
        seen.dedup();
        seen
    }
}

impl Seen {
    /// How fast this computer is.
    pub(super) fn speeds(&self) -> Speeds {
        Speeds::new(&self.work.places, &self.bench)
    }

    /// What the work takes on this computer.
    pub(super) fn here(&self) -> Estimate {
        let speed = self.speeds().scene / self.beside;
        let hand = Hand { price: 0, speed, spread: HERE_SPREAD, begins_s: (0.0, 0.0) };
        let ends_s = (self.around_s + STARTS_S.0, self.around_s + STARTS_S.1);
        let crew = Crew { hands: vec![hand], spread: 0.0, rivals: 0, lease_s: f64::INFINITY, ends_s };
        estimate(&self.work, &crew, super::SEED)
    }
}

/// What a sample of a tile takes with its share of what is traced and denoised around the tile.
fn with_margins(plan: &Plan, places: Vec<f64>, denoise_s: f64) -> Vec<f64> {
    if plan.settings.denoise != Denoise::Node {
        return places;
    }
    let (mut seen, mut own) = (0.0, 0.0);
    for rect in (0..plan.grid.len()).filter_map(|tile| plan.grid.rect(TileIndex(tile))) {
        let blocks = frame::BlockRange::all(plan.settings.spp);
        let margin_px = plan.grid.margin_px();
        let order = TileOrder { frame: FrameIndex(0), rect, margin_px, blocks, settings: plan.settings };
        seen += order.seen_rect().pixels() as f64;
        own += rect.pixels() as f64;
    }
    let denoise_s = denoise_s / f64::from(plan.settings.spp);
    places.into_iter().map(|place| (place + denoise_s) * seen / own).collect()
}

fn bench_places(probe: &mut Probe<'_>) -> Result<Vec<f64>, Fault> {
    let size = frame::FrameSize::new(1280, 720).expect("in range");
    let draft = SettingsDraft { spp: BLOCK_SPP, ..SettingsDraft::defaults(size) };
    let settings = RenderSettings::new(draft).expect("defaults are valid");
    let scene = pack(&demo_scene())?.to_blob();
    let sitter = Sitter { frame: FrameIndex(0), scene: &scene, settings: &settings, edge_px: 128 };
    probe.places(sitter, BENCH_SHARE)
}
