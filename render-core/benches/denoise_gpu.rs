//! What denoising costs on the strongest adapter, layer by layer, guard included, with ordinary units and with those for matrices where
//! there are any: `cargo bench -p render-core --bench denoise_gpu`.
//!
//! CPU seconds of all threads where the adapter is a CPU, because a wall clock on a busy machine says little; seconds from
//! submission to completion on a GPU. The least of several rounds. Untrained weights: what a pixel costs does not depend on them.

#![expect(clippy::print_stdout, reason = "a table is what it is for")]

#[path = "made/clock.rs"]
mod clock;
#[path = "made/noisy.rs"]
mod noisy;

use std::sync::Arc;
use std::time::Instant;

use clock::cpu_seconds;
use frame::AdapterClass;
use noisy::made_up;
use render_core::denoise::{LocalDenoiser, Shape, StepTime, Weights};
use render_core::{AdapterChoice, Units};

const ROUNDS: usize = 3;

fn main() {
    for (name, shape, side) in [("small", Shape::SMALL, 512), ("quality", Shape::QUALITY, 512)] {
        for units in [Units::Ordinary, Units::Matrix] {
            let weights = Arc::new(Weights::random(shape, 1));
            match LocalDenoiser::open(AdapterChoice::default(), weights, units) {
                Err(fault) => return println!("no adapter: {fault}"),
                Ok(denoiser) if denoiser.units() != units => {
                    println!("{name}: no matrix units that can be used on {}", denoiser.adapter().name);
                }
                Ok(denoiser) => measure(name, shape, side, denoiser),
            }
        }
    }
}

fn measure(name: &str, shape: Shape, side: u32, mut denoiser: LocalDenoiser) {
    let started = Instant::now();
    let wall = move || started.elapsed().as_secs_f64();
    let on_cpu = denoiser.adapter().class == AdapterClass::Cpu;
    let clock: &dyn Fn() -> f64 = if on_cpu { &cpu_seconds } else { &wall };
    let unit = if on_cpu { "CPU s" } else { "s" };
    println!("{name} on {}, {:?} units, {side}×{side}", denoiser.adapter().name, denoiser.units());
    let noisy = made_up(side, side);
    let mut best: Vec<StepTime> = Vec::new();
    let mut whole = f64::INFINITY;
    for _ in 0..ROUNDS {
        let times = denoiser.step_times(&noisy, clock).expect("runs");
        if best.is_empty() {
            best.clone_from(&times);
        }
        for (best, time) in best.iter_mut().zip(&times) {
            best.seconds = best.seconds.min(time.seconds);
        }
        let before = clock();
        denoiser.denoise(&noisy, 1.0).expect("runs");
        whole = whole.min(clock() - before);
    }
    for StepTime { name, flops, seconds } in best {
        println!("{name:>12} {:9.2} m{unit} {:8.2} GFLOP per {unit}", seconds * 1e3, flops / seconds * 1e-9);
    }
    let megapixels = f64::from(side * side) * 1e-6;
    let gflop = 2e-3 * shape.multiplications_per_px() * megapixels;
    println!(
        "       whole {:9.3} {unit} per megapixel, {:.1} GFLOP per {unit}",
        whole / megapixels,
        gflop / whole
    );
}
