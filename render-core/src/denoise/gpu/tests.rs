//! The kernels against the plain reference, and against themselves cut into pieces.
//!
//! Needs any adapter (software Vulkan will do); says so loudly and passes where there is none. Networks are narrow here, so that
//! two cores are done soon; the kernels' texts do not depend on widths but for the groups of a workgroup.

mod guard;
mod parts;

use std::rc::Rc;

use frame::NoisyPlanes;
use shaders::denoise::Matrices;

use super::room::Room;
use super::*;
use crate::denoise::aloud::say_aloud;
use crate::denoise::apart::distance;
use crate::denoise::guard::guard as plain_guard;
use crate::denoise::network::{CONVOLUTIONS, FEATURES, HEADS, LEVELS, Source, UNSHUFFLED};
use crate::denoise::reference::{self, Layer, Trace};
use crate::{AdapterChoice, Units};

/// Bounds of `docs/denoiser.md` and the issue, set before anything ran.
const FULL_TOLERANCE: f64 = 1e-4;
const HALF_TOLERANCE: f64 = 2e-3;
const HALF_PSNR_DB: f64 = 60.0;

fn opened() -> Option<Gpu> {
    match Gpu::open(&AdapterChoice::default(), Units::Ordinary) {
        Ok(gpu) => Some(gpu),
        Err(fault) => {
            say_aloud(&format!(
                "NOT CHECKED: no adapter could be opened ({fault}); install mesa-vulkan-drivers"
            ));
            None
        }
    }
}

/// Every layout of work that the adapter has, on a device opened for it, with one of the filter's numbers of taps: the filter's
/// text does not depend on the layout, and compiling is what takes time on software Vulkan.
fn ways() -> Vec<(Rc<Gpu>, Way, usize)> {
    let Some(ordinary) = opened().map(Rc::new) else { return Vec::new() };
    let usual = Way::of(&ordinary);
    let mut ways = vec![(Rc::clone(&ordinary), Way::Tiles, 9), (ordinary, usual, 25)];
    match Gpu::open(&AdapterChoice::default(), Units::Matrix) {
        Ok(gpu) => {
            let way = Way::of(&gpu);
            ways.push((Rc::new(gpu), way, 25));
        }
        Err(fault) => say_aloud(&format!("NOT CHECKED: kernels for matrix units ({fault})")),
    }
    ways
}

/// A network whose layers fill workgroups of one, two, three and four groups of channels.
fn narrow(taps: usize) -> Weights {
    Weights::random(Shape::new([8, 16, 24, 32], taps).expect("widths go in eights"), 3)
}

/// One whose layers all fill workgroups alike, so that fewer kernels are compiled.
fn even(taps: usize) -> Weights {
    Weights::random(Shape::new([16; 4], taps).expect("widths go in eights"), 3)
}

fn denoiser(gpu: &Gpu, weights: &Weights, stored: Stored, way: Way) -> GpuDenoiser {
    let form = Form { shape: weights.shape(), stored, way };
    GpuDenoiser::with(gpu, weights, form, 1 << 20).expect("there is memory")
}

/// Numbers in [0, 1) by place: smooth in part, so that neither flat nor noisy places are missing.
fn number(at: usize, seed: u32) -> f32 {
    let mixed = (at as u32 ^ seed.wrapping_mul(0x9e37_79b9)).wrapping_mul(0x85eb_ca6b);
    let mixed = (mixed ^ (mixed >> 13)).wrapping_mul(0xc2b2_ae35);
    let noise = (mixed >> 8) as f32 / (1u32 << 24) as f32;
    0.5 * noise + 0.25 * ((at as f32 * 0.01 + seed as f32).sin() + 1.0)
}

fn made(width: usize, height: usize) -> NoisyPlanes {
    let pixels = width * height;
    let plane = |count: usize, seed, low: f32, high: f32| -> Vec<f32> {
        (0..count * pixels).map(|at| low + (high - low) * number(at, seed)).collect()
    };
    NoisyPlanes {
        radiance: plane(3, 1, 0.0, 2.0),
        albedo: plane(3, 2, 0.0, 1.0),
        normal: plane(3, 3, -1.0, 1.0),
        depth: plane(1, 4, 0.1, 20.0),
        hits: plane(1, 5, 0.0, 1.0),
        variance: plane(1, 6, 0.0, 0.5),
        samples: (0..pixels).map(|at| 1 + at as u32 % 16).collect(),
    }
}

fn picture(width: usize, height: usize) -> Noisy {
    Noisy::new(width as u32, height as u32, made(width, height)).expect("sizes agree")
}

/// A picture in which everything is wrong that can be.
fn hostile(width: usize, height: usize) -> Noisy {
    let mut planes = made(width, height);
    let evil = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, -1.0, 3e38, 1e-42, 1e30];
    let floats = [
        &mut planes.radiance,
        &mut planes.albedo,
        &mut planes.normal,
        &mut planes.depth,
        &mut planes.hits,
        &mut planes.variance,
    ];
    for (plane, values) in floats.into_iter().enumerate() {
        for (at, value) in values.iter_mut().enumerate().skip(plane).step_by(11) {
            *value = evil[at % evil.len()];
        }
    }
    planes.samples.iter_mut().step_by(5).for_each(|samples| *samples = 0);
    // A whole corner without samples.
    for y in 0..height / 2 {
        planes.samples[y * width..y * width + width / 2].fill(0);
    }
    Noisy::new(width as u32, height as u32, planes).expect("sizes agree")
}

/// Peak signal to noise of pictures whose values were brought into [0, 1) by x / (1 + x).
fn psnr(found: &[f32], expected: &[f32]) -> f64 {
    let shown = |value: f32| f64::from(value) / (1.0 + f64::from(value));
    let squares = found.iter().zip(expected).map(|(&a, &b)| (shown(a) - shown(b)).powi(2)).sum::<f64>();
    -10.0 * (squares / expected.len() as f64).log10()
}

impl Room {
    /// A buffer of blocks as a layer.
    fn layer(&self, gpu: &Gpu, stored: Stored, buffer: &Buffer, like: &Layer) -> Vec<f32> {
        let area = like.width * like.height;
        let size = stored.block_size() * (like.channels.div_ceil(4) * area) as u64;
        let readback = gpu.readback("layer", size);
        let mut work = gpu.record();
        work.copy((buffer, 0), (&readback, 0), size);
        let bytes = gpu.run(work, &readback, size).expect("runs");
        let values: Vec<f32> = match stored {
            Stored::Full => bytemuck::pod_collect_to_vec(&bytes),
            Stored::Half => {
                bytemuck::pod_collect_to_vec::<u8, half::f16>(&bytes).into_iter().map(f32::from).collect()
            }
        };
        let places = (0..like.channels).flat_map(|channel| (0..area).map(move |at| (channel, at)));
        places.map(|(channel, at)| values[(channel / 4 * area + at) * 4 + channel % 4]).collect()
    }
}

/// What the kernels left of each layer, by name, beside what the reference has there.
fn layers_left(gpu: &Gpu, denoiser: &GpuDenoiser, trace: &Trace) -> Vec<(&'static str, Layer, Layer)> {
    let room = denoiser.room.as_ref().expect("it ran");
    let left = |name, buffer, like: &Layer| {
        let values = room.layer(gpu, denoiser.form.stored, buffer, like);
        (name, Layer { values, ..*like }, like.clone())
    };
    let mut list = vec![left("features", &room.features, &unshuffled(&trace.features))];
    list.extend(
        CONVOLUTIONS
            .iter()
            .enumerate()
            .map(|(at, convolution)| left(convolution.name, &room.layers[at], &trace.convolutions[at])),
    );
    list.extend((0..LEVELS).map(|level| left(HEADS[level].name, &room.heads[level], &trace.heads[level])));
    list
}

/// Distance of each layer and of the picture from the reference.
fn distances(
    gpu: &Gpu,
    denoiser: &mut GpuDenoiser,
    noisy: &Noisy,
    trace: &Trace,
) -> Vec<(&'static str, f64)> {
    let found = denoiser.filtered(gpu, noisy, 0.7);
    assert!(found.radiance.iter().chain(&found.own).all(|value| value.is_finite()));
    let layers = layers_left(gpu, denoiser, trace);
    let layers = layers.iter().map(|(name, found, like)| (*name, distance(&found.values, &like.values)));
    let picture = distance(&found.radiance, &trace.picture.radiance);
    let own = distance(&found.own, &trace.picture.own);
    let mut distances: Vec<_> = layers.chain([("picture", picture), ("own shares", own)]).collect();
    let guarded = denoiser.denoise(gpu, noisy, 0.7).expect("runs");
    distances.push(("guarded picture", guard::distance_of_guarded(&guarded, noisy, &found, 0.7)));
    distances
}

/// Distance of each layer from what the reference makes of that layer's own inputs as the kernels left them.
fn distances_alone(
    gpu: &Gpu,
    denoiser: &GpuDenoiser,
    weights: &Weights,
    trace: &Trace,
) -> Vec<(&'static str, f64)> {
    let layers = layers_left(gpu, denoiser, trace);
    let (features, rest) = layers.split_first().expect("features come first");
    let convolutions: Vec<Layer> =
        rest[..CONVOLUTIONS.len()].iter().map(|(_, found, _)| found.clone()).collect();
    let made = |at: usize| match CONVOLUTIONS[at].source {
        Source::Features => reference::convolved(&features.1, weights.convolution(at)),
        other => reference::convolved(
            &reference::input(other, &trace.features, &convolutions),
            weights.convolution(at),
        ),
    };
    let heads =
        (0..LEVELS).map(|level| reference::mixed(&convolutions[HEADS[level].source], weights.head(level)));
    let made = (0..CONVOLUTIONS.len()).map(made).chain(heads);
    rest.iter()
        .zip(made)
        .map(|((name, found, _), made)| (*name, distance(&found.values, &made.values)))
        .collect()
}

/// Root of the mean square difference relative to that of the values.
fn rms_distance(found: &[f32], expected: &[f32]) -> f64 {
    let apart = found.iter().zip(expected).map(|(&a, &b)| (f64::from(a) - f64::from(b)).powi(2)).sum::<f64>();
    let whole = expected.iter().map(|&value| f64::from(value).powi(2)).sum::<f64>();
    (apart / whole).sqrt()
}

fn unshuffled(features: &Layer) -> Layer {
    assert_eq!(features.channels, FEATURES);
    let mut out = Layer::zeroed(UNSHUFFLED, features.width / 2, features.height / 2);
    let (width, area) = (out.width, out.width * out.height);
    for (at, value) in out.values.iter_mut().enumerate() {
        let (channel, x, y) = (at / area, at % width, at % area / width);
        *value = features.row(channel / 4, 2 * y + channel / 2 % 2)[2 * x + channel % 2];
    }
    out
}

fn hold(what: &str, distances: &[(&str, f64)], tolerance: f64) {
    let told: Vec<String> =
        distances.iter().map(|(name, distance)| format!("{name} {distance:.0e}")).collect();
    eprintln!("{what}: {}", told.join(", "));
    for (name, distance) in distances {
        assert!(*distance <= tolerance, "{what}, {name}: {distance:e}");
    }
}

#[test]
fn full_precision_computes_what_the_reference_computes_layer_by_layer() {
    for (gpu, way, taps) in ways() {
        if matches!(way, Way::Matrices(Matrices { factors: Stored::Half, .. })) {
            say_aloud("NOT CHECKED in full precision: matrix units, which multiply halves alone");
            continue;
        }
        let weights = narrow(taps);
        let mut denoiser = denoiser(&gpu, &weights, Stored::Full, way);
        for (width, height) in [(97, 61), (17, 5), (1, 1)] {
            for noisy in [picture(width, height), hostile(width, height)] {
                let trace = reference::trace(&weights, &noisy, 0.7);
                let what = format!("{width}x{height}, {taps} taps, {way:?}");
                hold(&what, &distances(&gpu, &mut denoiser, &noisy, &trace), FULL_TOLERANCE);
            }
        }
    }
}

#[test]
fn half_precision_stays_near_the_reference() {
    let noisy = picture(97, 61);
    for (gpu, way, taps) in ways() {
        let weights = match way {
            // Layers that do not fill their groups and chunks.
            Way::Matrices(_) => narrow(taps),
            Way::Tiles | Way::Lanes => even(taps),
        };
        let trace = reference::trace(&weights, &noisy, 0.7);
        let mut denoiser = denoiser(&gpu, &weights, Stored::Half, way);
        let found = denoiser.filtered(&gpu, &noisy, 0.7);
        let what = format!("{taps} taps, {way:?}");
        let alone = distances_alone(&gpu, &denoiser, &weights, &trace);
        hold(&format!("{what}, largest of a layer alone"), &alone, HALF_TOLERANCE);
        let layers = layers_left(&gpu, &denoiser, &trace);
        let rms = |(name, found, like): &(&'static str, Layer, Layer)| {
            (*name, rms_distance(&found.values, &like.values))
        };
        let added: Vec<_> = layers.iter().map(rms).collect();
        hold(&format!("{what}, root mean square of all up to a layer"), &added, HALF_TOLERANCE);
        let psnr = psnr(&found.radiance, &trace.picture.radiance);
        eprintln!("{psnr:.1} dB");
        assert!(psnr >= HALF_PSNR_DB, "{psnr} dB");
    }
}

#[test]
fn half_precision_shows_the_same_picture_with_the_weights_that_are_shipped() {
    let Some(gpu) = opened() else { return };
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../assets/denoiser/small.tdn");
    let weights =
        Weights::from_bytes(&std::fs::read(path).expect("it is in the repository")).expect("it is whole");
    let mut denoiser = denoiser(&gpu, &weights, Stored::Half, Way::of(&gpu));
    for noisy in [picture(97, 61), hostile(97, 61)] {
        let trace = reference::trace(&weights, &noisy, 0.7);
        let found = denoiser.filtered(&gpu, &noisy, 0.7);
        let layers = layers_left(&gpu, &denoiser, &trace);
        let rms = |(name, found, like): &(&'static str, Layer, Layer)| {
            (*name, rms_distance(&found.values, &like.values))
        };
        hold("shipped, root mean square", &layers.iter().map(rms).collect::<Vec<_>>(), HALF_TOLERANCE);
        let guarded = denoiser.denoise(&gpu, &noisy, 0.7).expect("runs");
        let expected = plain_guard(&noisy, 0.7, trace.picture.clone());
        for (found, expected) in [(found.radiance, trace.picture.radiance), (guarded, expected)] {
            let psnr = psnr(&found, &expected);
            eprintln!("{psnr:.1} dB");
            assert!(psnr >= HALF_PSNR_DB, "{psnr} dB");
        }
    }
}

#[test]
fn pieces_give_the_bits_of_the_whole() {
    for (gpu, way, taps) in ways() {
        let weights = even(taps);
        let form = Form { shape: weights.shape(), stored: Stored::Half, way };
        let mut whole = GpuDenoiser::with(&gpu, &weights, form, 1 << 20).expect("there is memory");
        let mut cut = GpuDenoiser::with(&gpu, &weights, form, 400 * 240).expect("there is memory");
        for noisy in [hostile(463, 234), picture(234, 463)] {
            let count = cut.pieces(&noisy).map(|pieces| pieces.len());
            assert!(count.is_some_and(|count| count >= 2), "{count:?} pieces");
            let whole = whole.denoise(&gpu, &noisy, 1.0).expect("runs");
            let same = whole == cut.denoise(&gpu, &noisy, 1.0).expect("runs");
            assert!(same, "{}x{}, {taps} taps, {way:?}", noisy.width(), noisy.height());
        }
    }
}

#[test]
fn short_submissions_give_the_same_bits() {
    let Some(gpu) = opened() else { return };
    let noisy = picture(97, 61);
    let weights = even(25);
    let mut denoiser = denoiser(&gpu, &weights, Stored::Half, Way::of(&gpu));
    let long = denoiser.denoise(&gpu, &noisy, 1.0).expect("runs");
    denoiser.pace.limit(1.0);
    assert!(long == denoiser.denoise(&gpu, &noisy, 1.0).expect("runs"));
}

#[test]
fn what_is_constant_stays_what_it_is() {
    let Some(gpu) = opened() else { return };
    let (width, height) = (70, 45);
    let pixels = width * height;
    let triple = |[r, g, b]: [f32; 3]| -> Vec<f32> { (0..pixels).flat_map(|_| [r, g, b]).collect() };
    let planes = NoisyPlanes {
        radiance: triple([0.3, 40.0, 0.002]),
        albedo: triple([0.9, 0.5, 0.0]),
        normal: triple([0.0, 0.6, 0.8]),
        depth: vec![3.0; pixels],
        hits: vec![1.0; pixels],
        variance: vec![0.0; pixels],
        samples: vec![16; pixels],
    };
    let noisy = Noisy::new(width as u32, height as u32, planes).expect("sizes agree");
    let mut denoiser = denoiser(&gpu, &even(25), Stored::Half, Way::of(&gpu));
    let found = denoiser.denoise(&gpu, &noisy, 1.0).expect("runs");
    for (found, expected) in found.iter().zip(&noisy.radiance) {
        assert!((found - expected).abs() <= 1e-5 * expected, "{found} is not {expected}");
    }
}

#[test]
fn the_largest_frames_fit_the_smallest_bindings_for_less_than_twice_the_work() {
    for shape in [Shape::SMALL, Shape::QUALITY] {
        for (memory, bindings) in
            [(MEMORY_BYTES, 128 << 20), (MEMORY_BYTES, 1 << 30), (MEMORY_BYTES_CPU, 128 << 20)]
        {
            let form = Form {
                shape,
                stored: Stored::Half,
                way: if memory == MEMORY_BYTES_CPU { Way::Lanes } else { Way::Tiles },
            };
            let most = form.pixels_max(bindings, memory);
            for (width, height) in [(1920, 1080), (3840, 2160), (16_384, 16_384)] {
                let pieces = pieces(width, height, apron_px(shape), most).expect("it fits");
                let work = |piece: &Piece| f64::from(piece.region.width) * f64::from(piece.region.height);
                let times = pieces.iter().map(work).sum::<f64>() / f64::from(width) / f64::from(height);
                eprintln!(
                    "{shape:?}, {width}×{height}: {} pieces of {most} pixels, {times:.2} times the work",
                    pieces.len()
                );
                assert!(times < 2.0, "{times}");
            }
        }
    }
}
