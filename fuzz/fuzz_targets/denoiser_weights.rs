//! Any bytes as a file of denoiser weights: refused, or a network that can be run. The checksum is made here, because it keeps out accidents and not people.
#![no_main]

use libfuzzer_sys::fuzz_target;
use render_core::denoise::network::{CONVOLUTIONS, HEADS};
use render_core::denoise::{Linear, Weights};

fuzz_target!(|bytes: &[u8]| {
    assert!(Weights::from_bytes(bytes).is_err(), "nobody finds a checksum by chance");
    let content = [b"TESSNET1".as_slice(), bytes].concat();
    let file = [content.as_slice(), blake3::hash(&content).as_bytes()].concat();
    let Ok(weights) = Weights::from_bytes(&file) else { return };
    let sound = |layer: &Linear| {
        assert_eq!(layer.weights.len(), layer.outputs * layer.inputs * layer.side * layer.side);
        assert_eq!(layer.biases.len(), layer.outputs);
        assert!(layer.weights.iter().chain(&layer.biases).all(|number| number.is_finite()));
    };
    (0..CONVOLUTIONS.len()).for_each(|at| sound(weights.convolution(at)));
    (0..HEADS.len()).for_each(|level| sound(weights.head(level)));
});
