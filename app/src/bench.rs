//! Measures how fast an adapter renders, on scenes made by code.
//!
//! Each scene is warmed up on a few pixels (upload, shader compilation), then the picture grows until one sample block
//! takes a while, so that a fast adapter is not measured by its overhead and a slow one not for minutes; that block is
//! the first that counts, and more are rendered until the asked time is over. Nothing is taken from a table: every
//! figure is rays or samples over measured seconds.

mod denoising;
mod scenes;

use std::fmt;
use std::time::Instant;

use frame::{
    BLOCK_SPP, BlockRange, FrameIndex, FrameSize, Picture, RenderSettings, SceneBlob, SettingsDraft,
    TileOrder, TilePlanes, TileRect, TileRenderer,
};
use render_core::{GpuRenderer, Tally};
use serde::Serialize;

use crate::fault::{Exit, Fault};
use crate::render::{pack, render_fault};
use crate::stop::Stop;

pub use denoising::DenoiseSpeed;

/// What a benchmark found.
#[derive(Clone, Debug, Serialize)]
pub struct BenchReport {
    /// Adapter.
    pub adapter: String,
    /// Driver and its version.
    pub driver: String,
    /// Whether this program was built with optimisation; figures of a debug build say little about the host's part.
    pub optimised: bool,
    /// One line per scene.
    pub scenes: Vec<SceneSpeed>,
    /// One line per network that was measured ([`denoisers`]).
    pub denoisers: Vec<DenoiseSpeed>,
    /// 1000 × the geometric mean of the scenes' million samples per second.
    pub score: f64,
}

/// How fast one scene was rendered.
#[derive(Clone, Debug, Serialize)]
pub struct SceneSpeed {
    /// Its name.
    pub scene: &'static str,
    /// Triangles, instances counted each.
    pub triangles: u64,
    /// Columns and rows of the picture.
    pub size: (u32, u32),
    /// Million rays per second, shadow rays included.
    pub mrays_per_s: f64,
    /// Million samples (camera paths) per second.
    pub msamples_per_s: f64,
    /// Time until the first block was there: upload and shader compilation.
    pub first_block_s: f64,
}

/// Picture sizes, smallest first.
const SIZES: [(u32, u32); 5] = [(128, 72), (256, 144), (480, 270), (960, 540), (1920, 1080)];
/// Enough pixels for every kernel of a scene, and few enough that a processor is done with them at once.
const WARM_UP: (u32, u32) = (16, 16);
/// A block that takes this long is long enough to be measured.
const BLOCK_S: f64 = 0.25;
/// Denoising hardly varies from picture to picture.
const DENOISE_S_MAX: f64 = 2.0;

/// The scene of the demo: instanced metal, glass and plain spheres.
pub(crate) fn demo_scene() -> render_core::scene::Scene {
    scenes::spheres()
}

/// Who watches a benchmark: hears each scene's name, and sees its picture grow.
pub trait Onlooker {
    /// A scene begins.
    fn begin(&mut self, scene: &'static str);

    /// Its picture so far. Time in here is not measured.
    fn see(&mut self, _scene: &'static str, _picture: &Picture) {}

    /// Whether pictures are wanted at all.
    fn watches(&self) -> bool {
        false
    }
}

impl<F: FnMut(&str)> Onlooker for F {
    fn begin(&mut self, scene: &'static str) {
        self(scene);
    }
}

/// Renders every scene for `seconds`.
pub fn run(
    adapter: Option<&str>,
    seconds: f64,
    stop: &Stop,
    onlooker: &mut dyn Onlooker,
) -> Result<BenchReport, Fault> {
    let mut renderer = crate::gpu::open_renderer(adapter, None)?;
    let mut speeds = Vec::new();
    for bench in scenes::all() {
        onlooker.begin(bench.name);
        let blob = pack(&bench.scene)?.to_blob();
        let triangles = bench.scene.triangles_instanced();
        let mut show = Show { scene: bench.name, sum: None, samples: 0, onlooker: &mut *onlooker };
        let speed = measure(bench.name, triangles, &blob, &mut renderer, (seconds, stop), &mut show)?;
        speeds.push(speed);
    }
    let logs: f64 = speeds.iter().map(|speed| speed.msamples_per_s.max(1e-12).ln()).sum();
    let score = 1000.0 * (logs / speeds.len() as f64).exp();
    let card = renderer.adapter();
    let optimised = !cfg!(debug_assertions);
    let (adapter, driver) = (card.name, card.driver);
    Ok(BenchReport { adapter, driver, optimised, scenes: speeds, denoisers: Vec::new(), score })
}

/// Denoises with every network that the program carries for `seconds`, but not longer than that needs.
pub fn denoisers(adapter: Option<&str>, seconds: f64, stop: &Stop) -> Result<Vec<DenoiseSpeed>, Fault> {
    denoising::measure(&crate::gpu::choice(adapter), seconds.min(DENOISE_S_MAX), stop)
}

fn measure(
    scene: &'static str,
    triangles: u64,
    blob: &SceneBlob,
    renderer: &mut GpuRenderer,
    (seconds, stop): (f64, &Stop),
    show: &mut Show<'_>,
) -> Result<SceneSpeed, Fault> {
    let (_, first_block_s, _) = block(blob, WARM_UP, 0, renderer, stop)?;
    let mut index = 0;
    let mut once = |size| {
        index += 1;
        let (did, took_s, planes) = block(blob, size, index, renderer, stop)?;
        show.add(planes);
        Ok::<_, Fault>((did, took_s))
    };
    let mut size = SIZES[0];
    let (mut did, mut spent_s) = once(size)?;
    for &next in &SIZES[1..] {
        if spent_s >= BLOCK_S {
            break;
        }
        size = next;
        (did, spent_s) = once(size)?;
    }
    while spent_s < seconds {
        let (more, took_s) = once(size)?;
        spent_s += took_s;
        did.rays += more.rays;
        did.shadow_rays += more.shadow_rays;
        did.samples += more.samples;
    }
    let per_s = |count: u64| count as f64 / 1e6 / spent_s;
    let (mrays_per_s, msamples_per_s) = (per_s(did.rays + did.shadow_rays), per_s(did.samples));
    Ok(SceneSpeed { scene, triangles, size, mrays_per_s, msamples_per_s, first_block_s })
}

/// A scene's picture as it grows.
struct Show<'a> {
    scene: &'static str,
    sum: Option<TilePlanes>,
    samples: u32,
    onlooker: &'a mut dyn Onlooker,
}

impl Show<'_> {
    /// Adds a block; one of another size begins anew.
    fn add(&mut self, planes: Option<TilePlanes>) {
        let Some(planes) = planes.filter(|_| self.onlooker.watches()) else { return };
        match &mut self.sum {
            Some(sum) if sum.rect() == planes.rect() => sum.add_right(&planes),
            sum => {
                *sum = Some(planes);
                self.samples = 0;
            }
        }
        self.samples += BLOCK_SPP;
        let picture = self.sum.as_ref().and_then(|sum| Picture::of_tile(sum, self.samples));
        if let Some(picture) = picture {
            self.onlooker.see(self.scene, &picture);
        }
    }
}

/// Renders a few pixels that need every kernel: a driver compiles some of them only now.
pub(crate) fn try_out(renderer: &mut GpuRenderer, stop: &Stop) -> Result<(), Fault> {
    let blob = pack(&scenes::room())?.to_blob();
    let tried = block(&blob, (16, 16), 0, renderer, stop).map(drop);
    renderer.rest();
    tried
}

/// Renders one sample block of a whole picture; says what was done, how long it took, and what came out.
fn block(
    blob: &SceneBlob,
    (width, height): (u32, u32),
    index: u32,
    renderer: &mut GpuRenderer,
    stop: &Stop,
) -> Result<(Tally, f64, Option<TilePlanes>), Fault> {
    let size = FrameSize::new(width, height).expect("the sizes above are in range");
    // Blocks beyond any real time limit, so that the index always names one.
    let draft = SettingsDraft { spp: BLOCK_SPP << 16, ..SettingsDraft::defaults(size) };
    let settings = RenderSettings::new(draft).expect("defaults are valid");
    let rect = TileRect { x: 0, y: 0, width, height };
    let blocks = BlockRange { first: index % (1 << 16), count: 1 };
    let order = TileOrder { frame: FrameIndex(0), rect, margin_px: 0, blocks, settings };
    if stop.is_asked() {
        return Err(stopped());
    }
    let before = renderer.tally();
    let started = Instant::now();
    let partials =
        renderer.render(blob, &order, &mut |_| stop.flow()).map_err(|fault| render_fault(&fault))?;
    let took_s = started.elapsed().as_secs_f64().max(1e-9);
    let after = renderer.tally();
    let did = Tally {
        rays: after.rays - before.rays,
        shadow_rays: after.shadow_rays - before.shadow_rays,
        samples: after.samples - before.samples,
    };
    Ok((did, took_s, partials.into_iter().next().map(|partial| partial.planes)))
}

fn stopped() -> Fault {
    Fault::new(Exit::Interrupted, "the benchmark was stopped", "start it again")
}

impl fmt::Display for BenchReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let build = if self.optimised { "" } else { " (debug build: slower on the host's side)" };
        writeln!(f, "{}, {}{build}", self.adapter, self.driver)?;
        writeln!(
            f,
            "{:10} {:>10} {:>11} {:>9} {:>11}",
            "scene", "triangles", "picture", "Mrays/s", "Msamples/s"
        )?;
        for speed in &self.scenes {
            let size = format!("{}x{}", speed.size.0, speed.size.1);
            let SceneSpeed { scene, triangles, mrays_per_s, msamples_per_s, .. } = speed;
            writeln!(f, "{scene:10} {triangles:>10} {size:>11} {mrays_per_s:>9.3} {msamples_per_s:>11.3}")?;
        }
        for DenoiseSpeed { network, usual, ms_per_megapixel } in &self.denoisers {
            let mark = if *usual { " *" } else { "" };
            writeln!(f, "denoise, {network}{mark}: {ms_per_megapixel:.1} ms per megapixel")?;
        }
        if !self.denoisers.is_empty() {
            writeln!(f, "* what this adapter gets when nobody says")?;
        }
        write!(f, "score {:.0}", self.score)
    }
}
