//! The denoiser's programs against each other, and what any denoised picture must keep.

#[path = "made/apart.rs"]
mod apart;
#[path = "denoise/fixture.rs"]
mod fixture;
#[path = "denoise/guarded.rs"]
mod guarded;
#[path = "denoise/kept.rs"]
mod kept;
#[path = "denoise/made.rs"]
mod made;

use apart::distance;
use fixture::fixture;
use render_core::denoise::cpu::{CpuDenoiser, Instructions};
use render_core::denoise::guard::guard;
use render_core::denoise::network::{CONVOLUTIONS, HEADS};
use render_core::denoise::{Weights, reference};

/// The bound between PyTorch and plain f32, relative to a layer's mean magnitude.
const LAYER_TOLERANCE: f64 = 1e-5;

/// The bound between the fast path and plain f32, relative to the larger of a value and the mean.
const FAST_TOLERANCE: f64 = 1e-5;

#[test]
fn plain_f32_computes_what_pytorch_computes_layer_by_layer() {
    let fixture = fixture();
    for (network, expected) in fixture.header.networks.iter().zip(&fixture.pictures) {
        let weights = Weights::random(network.shape(), network.seed);
        let trace = reference::trace(&weights, &fixture.noisy(), fixture.header.exposure);
        let mut distances = vec![("features", fixture.header.features.distance(&trace.features))];
        let convolutions = CONVOLUTIONS.iter().map(|it| it.name).zip(&trace.convolutions);
        let heads = HEADS.iter().map(|it| it.name).zip(&trace.heads);
        distances.extend(
            convolutions.chain(heads).map(|(name, layer)| (name, network.layers[name].distance(layer))),
        );
        distances.push(("picture", distance(&trace.picture.radiance, &expected.filtered)));
        distances.push(("own shares", distance(&trace.picture.own, &expected.own)));
        let guarded = guard(&fixture.noisy(), fixture.header.exposure, trace.picture);
        distances.push(("guarded picture", distance(&guarded, &expected.guarded)));
        for (name, distance) in distances {
            assert!(distance <= LAYER_TOLERANCE, "{} {name}: {distance:e}", network.name);
        }
    }
}

#[test]
fn fast_path_computes_what_plain_f32_computes_with_any_instructions() {
    let fixture = fixture();
    for network in &fixture.header.networks {
        let weights = Weights::random(network.shape(), network.seed);
        let expected = reference::filtered(&weights, &fixture.noisy(), fixture.header.exposure);
        for instructions in [Instructions::Detected, Instructions::Avx2, Instructions::Baseline] {
            let denoiser = CpuDenoiser::new(&weights).with_instructions(instructions);
            let found = denoiser.filtered(&fixture.noisy(), fixture.header.exposure);
            let distance = [(&found.radiance, &expected.radiance), (&found.own, &expected.own)]
                .map(|(found, expected)| distance(found, expected))
                .into_iter()
                .fold(0.0, f64::max);
            assert!(distance <= FAST_TOLERANCE, "{} {instructions:?}: {distance:e}", network.name);
        }
    }
}
