//! How long the networks that the program carries take on an adapter, guard included: what a tile or a frame waits for.

use std::time::Instant;

use frame::{Noisy, NoisyPlanes};
use render_core::{AdapterChoice, adapter_class};
use serde::Serialize;

use super::stopped;
use crate::denoiser::{Carried, Network};
use crate::fault::Fault;
use crate::stop::Stop;

/// Columns and rows of the picture: what a pixel costs hardly depends on how many there are, nor on their values.
const SIZE: (u32, u32) = (1280, 720);
/// Columns and rows of the picture that is not counted: it compiles, and a processor is done with it at once.
const WARM_UP: (u32, u32) = (64, 64);
/// Pictures at least, so that one hiccup is not the figure; of pictures that take long, [`ROUNDS_LONG`] do.
const ROUNDS_MIN: u32 = 3;
const ROUNDS_LONG: u32 = 2;
/// From here on pictures have taken long: a hiccup is little of that.
const LONG_S: f64 = 1.0;

/// How fast one network denoises.
#[derive(Clone, Debug, Serialize)]
pub struct DenoiseSpeed {
    /// The network's name.
    pub network: String,
    /// Whether it is the one that this adapter gets when nobody says.
    pub usual: bool,
    /// Milliseconds for a million pixels, the least of several pictures, copies to the adapter and back included.
    pub ms_per_megapixel: f64,
}

/// Measures every network that the program carries for `seconds` each.
pub(super) fn measure(
    adapter: &AdapterChoice,
    seconds: f64,
    stop: &Stop,
) -> Result<Vec<DenoiseSpeed>, Fault> {
    let usual = Carried::suited_to(adapter_class(adapter));
    let picture = made_up(SIZE);
    let megapixels = f64::from(SIZE.0) * f64::from(SIZE.1) * 1e-6;
    Carried::ALL
        .into_iter()
        .map(|carried| {
            let ms = least_ms(&picture, carried, adapter, seconds, stop)?;
            let network = carried.name().to_owned();
            Ok(DenoiseSpeed { network, usual: carried == usual, ms_per_megapixel: ms / megapixels })
        })
        .collect()
}

/// Of the pictures that are counted the first allocates, and is not the least.
fn least_ms(
    picture: &Noisy,
    carried: Carried,
    adapter: &AdapterChoice,
    seconds: f64,
    stop: &Stop,
) -> Result<f64, Fault> {
    let mut denoiser = Network::carried(carried).on(adapter);
    let mut once = |picture: &Noisy| {
        if stop.is_asked() {
            return Err(stopped());
        }
        let started = Instant::now();
        let made = denoiser.denoise(picture, 1.0);
        made.map_err(|fault| Fault::failure(format!("the denoiser failed: {fault}"), "start it again"))?;
        Ok(started.elapsed().as_secs_f64())
    };
    once(&made_up(WARM_UP))?;
    let (mut least_s, mut spent_s, mut rounds) = (f64::INFINITY, 0.0, 0);
    let rounds_min = |spent_s: f64| if spent_s < LONG_S { ROUNDS_MIN } else { ROUNDS_LONG };
    while spent_s < seconds || rounds < rounds_min(spent_s) {
        let took_s = once(picture)?;
        least_s = least_s.min(took_s);
        spent_s += took_s;
        rounds += 1;
    }
    Ok(1e3 * least_s)
}

/// Light in waves over a wall in waves.
fn made_up((width, height): (u32, u32)) -> Noisy {
    let pixels = width as usize * height as usize;
    let wave = |count: usize, step: f32| (0..count).map(|at| 0.5 + 0.5 * (at as f32 * step).sin()).collect();
    let planes = NoisyPlanes {
        radiance: wave(3 * pixels, 0.37),
        albedo: wave(3 * pixels, 0.011),
        normal: wave(3 * pixels, 0.023),
        depth: wave(pixels, 0.005),
        hits: vec![1.0; pixels],
        variance: wave(pixels, 0.3),
        samples: vec![16; pixels],
    };
    Noisy::new(width, height, planes).expect("every plane has the picture's size")
}
