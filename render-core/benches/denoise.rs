//! What denoising costs on processors: `cargo bench -p render-core --bench denoise [-- small Detected PIXELS_MAX_OF_A_PIECE]`.
//!
//! CPU seconds of all threads, because a wall clock on a busy machine says little; the least of several rounds.

#![expect(clippy::print_stdout, reason = "a table is what it is for")]

#[path = "made/clock.rs"]
mod clock;
#[path = "made/noisy.rs"]
mod noisy;

use std::time::Instant;

use clock::cpu_seconds;
use noisy::made_up;
use render_core::denoise::cpu::{CpuDenoiser, Instructions};
use render_core::denoise::guard::guard;
use render_core::denoise::{Filtered, Shape, Weights};

const WIDTH: usize = 1280;
const HEIGHT: usize = 720;
const ROUNDS: usize = 5;

fn main() {
    let noisy = made_up(WIDTH as u32, HEIGHT as u32);
    let megapixels = (WIDTH * HEIGHT) as f64 * 1e-6;
    let arguments: Vec<String> = std::env::args().skip(1).filter(|one| !one.starts_with('-')).collect();
    let piece = arguments.iter().find_map(|argument| argument.parse().ok());
    let words = || arguments.iter().filter(|argument| argument.parse::<usize>().is_err());
    println!("network   instructions   CPU s per MP   GFLOP/s per CPU   wall s per MP");
    for (name, shape) in [("small", Shape::SMALL), ("quality", Shape::QUALITY)] {
        let weights = Weights::random(shape, 1);
        for instructions in [Instructions::Detected, Instructions::Avx2, Instructions::Baseline] {
            let kind = format!("{instructions:?}");
            if !words().all(|word| *word == name || *word == kind) {
                continue;
            }
            let mut denoiser = CpuDenoiser::new(&weights).with_instructions(instructions);
            if let Some(pixels) = piece {
                denoiser = denoiser.with_piece_pixels_max(pixels);
            }
            let (cpu, wall) = least_seconds(|| {
                let picture = denoiser.filtered(&noisy, 1.0);
                assert!(picture.radiance.iter().all(|value| value.is_finite()), "a picture");
            });
            let gflop = 2e-3 * shape.multiplications_per_px() * megapixels;
            println!(
                "{name:9} {kind:14} {:12.2} {:17.1} {:15.2}",
                cpu / megapixels,
                gflop / cpu,
                wall / megapixels
            );
        }
    }
    if words().all(|word| word == "guard") {
        let filtered = Filtered { radiance: vec![0.5; 3 * WIDTH * HEIGHT], own: vec![0.5; WIDTH * HEIGHT] };
        let (cpu, wall) = least_seconds(|| {
            assert!(guard(&noisy, 1.0, filtered.clone()).iter().all(|value| value.is_finite()), "a picture");
        });
        println!("guard {:31.2} {:33.2}", cpu / megapixels, wall / megapixels);
    }
}

/// CPU seconds and wall seconds.
fn least_seconds(mut work: impl FnMut()) -> (f64, f64) {
    let (mut cpu, mut wall) = (f64::INFINITY, f64::INFINITY);
    for _ in 0..ROUNDS {
        let (cpu_before, before) = (cpu_seconds(), Instant::now());
        work();
        cpu = cpu.min(cpu_seconds() - cpu_before);
        wall = wall.min(before.elapsed().as_secs_f64());
    }
    (cpu, wall)
}
