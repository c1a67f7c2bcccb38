//! What PyTorch computed: `training/denoiser/fixture.py` wrote it and says how.

use frame::{Noisy, NoisyPlanes};
use render_core::denoise::Shape;
use render_core::denoise::reference::Layer;
use serde::Deserialize;

/// Everything in the file.
pub(crate) struct Fixture {
    pub(crate) header: Header,
    /// The planes in the order of the header.
    planes: Vec<Vec<f32>>,
    /// One for each network.
    pub(crate) pictures: Vec<Pictures>,
}

/// Three values for each pixel.
pub(crate) struct Pictures {
    /// What the filter gives.
    pub(crate) filtered: Vec<f32>,
    /// How much of each pixel is its own: one value.
    pub(crate) own: Vec<f32>,
    /// The same after the guard.
    pub(crate) guarded: Vec<f32>,
}

#[derive(Deserialize)]
pub(crate) struct Header {
    width: u32,
    height: u32,
    pub(crate) exposure: f32,
    planes: Vec<(String, usize)>,
    pub(crate) features: Summary,
    pub(crate) networks: Vec<Network>,
}

#[derive(Deserialize)]
pub(crate) struct Network {
    pub(crate) name: String,
    widths: [usize; 4],
    taps: usize,
    pub(crate) seed: u64,
    pub(crate) layers: std::collections::BTreeMap<String, Summary>,
}

/// Numbers of a layer that any difference would change.
#[derive(Deserialize)]
pub(crate) struct Summary {
    shape: [usize; 3],
    mean: f64,
    absolute: f64,
    values: Vec<(usize, usize, usize, f32)>,
}

pub(crate) fn fixture() -> Fixture {
    let bytes = include_bytes!("pytorch.bin");
    let (length, rest) = bytes.split_first_chunk::<4>().expect("the file begins with a length");
    let (header, rest) = rest.split_at(u32::from_le_bytes(*length) as usize);
    let header: Header = serde_json::from_slice(header).expect("a header");
    let mut values =
        rest.chunks_exact(4).map(|four| f32::from_le_bytes([four[0], four[1], four[2], four[3]]));
    let pixels = (header.width * header.height) as usize;
    let mut take = |channels: usize| -> Vec<f32> { values.by_ref().take(channels * pixels).collect() };
    let planes = header.planes.iter().map(|&(_, channels)| take(channels)).collect();
    let pictures =
        header.networks.iter().map(|_| Pictures { filtered: take(3), own: take(1), guarded: take(3) });
    let pictures: Vec<_> = pictures.collect();
    assert!(pictures.iter().all(|one| one.guarded.len() == 3 * pixels), "the file is whole");
    Fixture { header, planes, pictures }
}

impl Fixture {
    pub(crate) fn noisy(&self) -> Noisy {
        let plane = |name: &str| -> Vec<f32> {
            let at = self.header.planes.iter().position(|(plane, _)| plane == name);
            self.planes[at.expect("the fixture has all planes")].clone()
        };
        let samples: Vec<u32> = plane("samples").iter().map(|&samples| samples as u32).collect();
        let planes = NoisyPlanes {
            radiance: plane("radiance"),
            albedo: plane("albedo"),
            normal: plane("normal"),
            depth: plane("depth"),
            hits: plane("hits"),
            variance: plane("variance"),
            samples,
        };
        Noisy::new(self.header.width, self.header.height, planes).expect("planes of one size")
    }
}

impl Network {
    pub(crate) fn shape(&self) -> Shape {
        Shape::new(self.widths, self.taps).expect("a shape that can be run")
    }
}

impl Summary {
    /// Largest difference to a layer, relative to the mean of its absolute values.
    pub(crate) fn distance(&self, layer: &Layer) -> f64 {
        assert_eq!(self.shape, [layer.channels, layer.height, layer.width]);
        let count = layer.values.len() as f64;
        let mean = layer.values.iter().map(|&value| f64::from(value)).sum::<f64>() / count;
        let absolute = layer.values.iter().map(|&value| f64::from(value).abs()).sum::<f64>() / count;
        let single = self.values.iter().map(|&(channel, y, x, value)| {
            f64::from(value - layer.clamped(channel, x as isize, y as isize)).abs()
        });
        let sums = [(mean - self.mean).abs(), (absolute - self.absolute).abs()];
        single.chain(sums).fold(0.0, f64::max) / self.absolute
    }
}
