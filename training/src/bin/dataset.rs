//! Renders crops of made scenes for the training of the denoiser.
//!
//! A run that was stopped goes on where it stopped: a record that exists is whole and is not made again. A scene that cannot be used
//! is told and counted, and never ends the run.

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result};
use clap::Parser;
use frame::{Plane, PlaneSet, TilePlanes};
use render_core::{AdapterChoice, GpuRenderer, RendererOptions};
use training::crop::{self, Crop};
use training::record::{self, Header};
use training::scene;

/// Renders crops of made scenes for the training of the denoiser.
#[derive(Parser)]
struct Arguments {
    /// Folder for the records.
    #[arg(long)]
    out: PathBuf,
    /// Seed of the first scene.
    #[arg(long, default_value_t = 0)]
    first: u64,
    /// Number of scenes.
    #[arg(long, default_value_t = 100)]
    count: u64,
    /// Takes every Nth scene, so that several programs can share a range.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    stride: u64,
    /// Which of the N.
    #[arg(long, default_value_t = 0)]
    offset: u64,
    /// Crops per scene.
    #[arg(long, default_value_t = 2)]
    views: u32,
    /// Blocks of 16 samples per crop.
    #[arg(long, default_value_t = 8)]
    large: u32,
    /// Writes a picture of each crop beside its record.
    #[arg(long)]
    png: bool,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let out = &arguments.out;
    std::fs::create_dir_all(out).with_context(|| format!("could not make the folder {}", out.display()))?;
    let options = RendererOptions { adapter: AdapterChoice::default(), memory_limit: None };
    let mut renderer = GpuRenderer::open(options).context("no adapter to render on")?;
    let mut failed = 0;
    let seeds = arguments.first..arguments.first + arguments.count;
    for seed in seeds.skip(arguments.offset as usize).step_by(arguments.stride as usize) {
        if let Err(fault) = render_scene(&arguments, seed, &mut renderer) {
            failed += 1;
            eprintln!("{seed:8}  left out: {fault:#}");
        }
    }
    eprintln!("{failed} scenes were left out");
    Ok(())
}

fn render_scene(arguments: &Arguments, seed: u64, renderer: &mut GpuRenderer) -> Result<()> {
    let missing = record::missing(&arguments.out, seed, arguments.views);
    if missing.is_empty() {
        return Ok(());
    }
    let made = scene::make(seed);
    for (view, path) in missing {
        let started = Instant::now();
        let camera = made.cameras.get(view as usize % made.cameras.len()).context("it has no camera")?;
        let packed = render_core::pack(&crop::import(&made, camera)?)?;
        let blob = packed.to_blob();
        let (crop, setup) = (Crop::of(seed, view), started.elapsed());
        let tracing = Instant::now();
        let blocks = crop::trace(renderer, &blob, crop, arguments.large)?;
        let (spp, planes): (Vec<u32>, Vec<TilePlanes>) = blocks.into_iter().unzip();
        let samples = f64::from(spp.iter().sum::<u32>()) * crop.rect.pixels() as f64;
        let speed = samples / tracing.elapsed().as_secs_f64() / 1e6;
        let verdict = if is_worth_keeping(seed, planes.last()) { "" } else { "  empty, not kept" };
        eprintln!(
            "{seed:8}-{view}  {:12} setup {:4.2} s  {speed:4.2} Msamples/s{verdict}",
            made.kind,
            setup.as_secs_f64()
        );
        if verdict.is_empty() {
            let header = header(seed, view, made.kind, crop, spp);
            record::write(&path, &header, &planes).context("could not write the record")?;
            if arguments.png {
                write_png(&path.with_extension("png"), &planes)?;
            }
        }
    }
    Ok(())
}

/// Pictures of nothing are kept for one scene in thirty: the network has to know them, but not more.
fn is_worth_keeping(seed: u64, last: Option<&TilePlanes>) -> bool {
    let Some(planes) = last else { return false };
    let sum =
        |plane| planes.plane(plane).map_or(0.0, |values| values.iter().map(|&value| f64::from(value)).sum());
    let pixels = planes.rect().pixels() as f64 * f64::from(frame::BLOCK_SPP);
    let seen = sum(Plane::Hits) / pixels > 0.02 && sum(Plane::Radiance) / pixels > 1e-4;
    seen || training::rng::mix(seed).is_multiple_of(30)
}

fn header(seed: u64, view: u32, kind: &str, crop: Crop, blocks: Vec<u32>) -> Header {
    let rect = crop.rect;
    Header {
        seed,
        view,
        kind: kind.to_owned(),
        frame: [crop.frame.width(), crop.frame.height()],
        rect: [rect.x, rect.y, rect.width, rect.height],
        blocks,
        planes: record::plane_lines(PlaneSet::DEFAULT),
    }
}

/// One large block and the mean of all of them, side by side, brightened to a common exposure.
fn write_png(path: &Path, blocks: &[TilePlanes]) -> Result<()> {
    let rect = blocks.first().context("no block")?.rect();
    let radiance = |block: &TilePlanes| block.plane(Plane::Radiance).map(<[f32]>::to_vec).unwrap_or_default();
    let large: Vec<Vec<f32>> = blocks[4..].iter().map(radiance).collect();
    let mean: Vec<f32> = (0..rect.pixels() * 3)
        .map(|at| large.iter().map(|one| one[at]).sum::<f32>() / large.len() as f32)
        .collect();
    let lit: Vec<f32> = mean.iter().copied().filter(|&value| value > 1e-6).collect();
    let logarithms = lit.iter().map(|value| value.ln()).sum::<f32>() / lit.len().max(1) as f32;
    let exposure = 0.18 / logarithms.exp();
    let byte = |value: f32| {
        let x = value * exposure / (1.0 + value * exposure);
        (x.powf(1.0 / 2.2) * 255.0 + 0.5) as u8
    };
    let width = rect.width as usize * 3;
    let mut pixels = Vec::with_capacity(width * 2 * rect.height as usize);
    for row in 0..rect.height as usize {
        for image in [&large[0], &mean] {
            pixels.extend(image[row * width..(row + 1) * width].iter().map(|&value| byte(value)));
        }
    }
    image::save_buffer(path, &pixels, rect.width * 2, rect.height, image::ColorType::Rgb8)?;
    Ok(())
}
