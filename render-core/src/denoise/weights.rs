//! Weights out of a `.tdn` file: hostile bytes are refused, and weights that exist are whole, finite and of a known shape.
//!
//! `docs/denoiser.md`, section 5, defines the file. Never reads the disk; never says where weights come from (their card does).

use half::f16;
use serde::Deserialize;

use super::network::{CONVOLUTIONS, HEADS, Shape};

/// The trained numbers of one network.
#[derive(Clone, Debug)]
pub struct Weights {
    name: String,
    shape: Shape,
    /// In the order of [`CONVOLUTIONS`].
    convolutions: Vec<Linear>,
    /// By level.
    heads: Vec<Linear>,
}

/// Numbers of one layer: out × in × side × side, and a bias for each output.
#[derive(Clone, Debug, PartialEq)]
pub struct Linear {
    /// Channels that come out.
    pub outputs: usize,
    /// Channels that go in.
    pub inputs: usize,
    /// Side of the kernel.
    pub side: usize,
    /// Outputs outermost, columns of the kernel innermost.
    pub weights: Vec<f32>,
    /// One for each output.
    pub biases: Vec<f32>,
}

impl Linear {
    /// What an input channel counts for an output channel at a tap, row by row; 0 beyond the channels there are.
    pub(super) fn at(&self, output: usize, input: usize, tap: usize) -> f32 {
        if output < self.outputs && input < self.inputs {
            self.weights[(output * self.inputs + input) * self.side * self.side + tap]
        } else {
            0.0
        }
    }
}

/// Why bytes are not weights.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WeightsError {
    /// Not this kind of file.
    #[error("this is not a file of denoiser weights")]
    NotWeights,
    /// Larger than any that we make.
    #[error("the weights are too large: {0} bytes, at most {FILE_BYTES_MAX} are accepted")]
    TooLarge(usize),
    /// The checksum at the end disagrees.
    #[error("the weights are damaged: their checksum is another")]
    Damaged,
    /// The header cannot be read.
    #[error("the header of the weights cannot be read: {0}")]
    Header(String),
    /// A network that the kernels cannot run.
    #[error("a network of widths {0:?} with {1} taps cannot be run")]
    Shape([usize; 4], usize),
    /// A tensor is missing, of another shape, outside the file, or not finite.
    #[error("the tensor {0} {1}")]
    Tensor(String, &'static str),
}

#[derive(Deserialize)]
struct Header {
    name: String,
    widths: [usize; 4],
    taps: usize,
    tensors: Vec<Place>,
}

#[derive(Deserialize)]
struct Place {
    name: String,
    shape: Vec<usize>,
    offset: usize,
}

const MAGIC: &[u8; 8] = b"TESSNET1";
const HASH_BYTES: usize = 32;
const FILE_BYTES_MAX: usize = 32 << 20;
const HEADER_BYTES_MAX: usize = 256 << 10;
const NAME_BYTES_MAX: usize = 64;

impl Weights {
    /// Reads a file's bytes.
    ///
    /// # Errors
    /// [`WeightsError`] for anything but a whole file of a network that can be run.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, WeightsError> {
        if bytes.len() > FILE_BYTES_MAX {
            return Err(WeightsError::TooLarge(bytes.len()));
        }
        let content = bytes.strip_prefix(MAGIC).ok_or(WeightsError::NotWeights)?;
        let (content, _) = content.split_last_chunk::<HASH_BYTES>().ok_or(WeightsError::NotWeights)?;
        let (hashed, hash) = bytes.split_at(bytes.len() - HASH_BYTES);
        if blake3::hash(hashed).as_bytes() != hash {
            return Err(WeightsError::Damaged);
        }
        let unreadable = |what: &str| WeightsError::Header(what.to_owned());
        let (length, content) = content.split_first_chunk::<4>().ok_or(WeightsError::NotWeights)?;
        let length = u32::from_le_bytes(*length) as usize;
        if length > HEADER_BYTES_MAX {
            return Err(unreadable("it is too long"));
        }
        let (header, data) =
            content.split_at_checked(length).ok_or_else(|| unreadable("it is longer than the file"))?;
        let header: Header =
            serde_json::from_slice(header).map_err(|fault| WeightsError::Header(fault.to_string()))?;
        if header.name.len() > NAME_BYTES_MAX {
            return Err(unreadable("the name is too long"));
        }
        let shape =
            Shape::new(header.widths, header.taps).ok_or(WeightsError::Shape(header.widths, header.taps))?;
        let wanted = shape.tensors();
        if header.tensors.len() != 2 * wanted.len() {
            return Err(unreadable("it lists too few or too many tensors"));
        }
        let mut layers = wanted
            .iter()
            .map(|&layer| read_layer(&header.tensors, data, layer))
            .collect::<Result<Vec<_>, _>>()?;
        let heads = layers.split_off(CONVOLUTIONS.len());
        Ok(Self { name: header.name, shape, convolutions: layers, heads })
    }

    /// Numbers as an untrained network has them, for tests and timings.
    ///
    /// Every number is `(2 u - 1) · scale` rounded to f16, u the upper 24 bits of the SplitMix64 outputs of `seed`, in the order
    /// of [`Shape::tensors`], weights before biases. The scale is √(6 / (inputs · side²)) for convolutions, 1/√inputs for
    /// heads and 0.1 for biases. `training/denoiser/fixture.py` makes the same ones.
    pub fn random(shape: Shape, seed: u64) -> Self {
        let mut state = seed;
        let mut draw = |count: usize, scale: f32| -> Vec<f32> {
            let number = |_| {
                let unit = (splitmix(&mut state) >> 40) as f32 / (1u32 << 24) as f32;
                f16::from_f32((2.0 * unit - 1.0) * scale).to_f32()
            };
            (0..count).map(number).collect()
        };
        let layer = |(_, outputs, inputs, side): (&str, usize, usize, usize)| {
            let fan_in = (inputs * side * side) as f32;
            let scale = if side == 1 { 1.0 / fan_in.sqrt() } else { (6.0 / fan_in).sqrt() };
            let weights = draw(outputs * inputs * side * side, scale);
            Linear { outputs, inputs, side, weights, biases: draw(outputs, 0.1) }
        };
        let mut layers: Vec<Linear> = shape.tensors().into_iter().map(layer).collect();
        let heads = layers.split_off(CONVOLUTIONS.len());
        Self { name: "random".to_owned(), shape, convolutions: layers, heads }
    }

    /// How far outside a rectangle cut at multiples of 16 a pixel may lie and still change something inside, in pixels.
    pub fn reach_px(&self) -> u32 {
        self.shape.reach_px()
    }

    /// What the training called it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How wide the network is.
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// Numbers of a convolution, by its place in [`CONVOLUTIONS`].
    pub fn convolution(&self, at: usize) -> &Linear {
        &self.convolutions[at]
    }

    /// Numbers of the head of a level.
    pub fn head(&self, level: usize) -> &Linear {
        debug_assert_eq!(self.heads.len(), HEADS.len(), "from_bytes read them all");
        &self.heads[level]
    }
}

/// Steele, Lea, Flood 2014, "Fast splittable pseudorandom number generators".
fn splitmix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

fn read_layer(
    places: &[Place],
    data: &[u8],
    (name, outputs, inputs, side): (&'static str, usize, usize, usize),
) -> Result<Linear, WeightsError> {
    let weights = read_tensor(places, data, &format!("{name}.weight"), &[outputs, inputs, side, side])?;
    let biases = read_tensor(places, data, &format!("{name}.bias"), &[outputs])?;
    Ok(Linear { outputs, inputs, side, weights, biases })
}

fn read_tensor(places: &[Place], data: &[u8], name: &str, shape: &[usize]) -> Result<Vec<f32>, WeightsError> {
    let wrong = |what| WeightsError::Tensor(name.to_owned(), what);
    let place = places.iter().find(|place| place.name == name).ok_or_else(|| wrong("is missing"))?;
    if place.shape != shape {
        return Err(wrong("has another shape than the network"));
    }
    let size = 2 * shape.iter().product::<usize>();
    let end = place.offset.checked_add(size);
    let bytes = end.and_then(|end| data.get(place.offset..end)).ok_or_else(|| wrong("lies outside"))?;
    let number = |two: &[u8]| f16::from_le_bytes([two[0], two[1]]).to_f32();
    let values: Vec<f32> = bytes.chunks_exact(2).map(number).collect();
    if values.iter().all(|value| value.is_finite()) {
        Ok(values)
    } else {
        Err(wrong("holds a value that is not a finite number"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    /// By the program that writes the real ones: `training/denoiser/fixture.py`.
    const TINY: &[u8] = include_bytes!("../../tests/denoise/tiny.tdn");
    const TINY_SEED: u64 = 3;

    /// The same file with another header, and a checksum that fits.
    fn with_header(change: impl FnOnce(&mut Value)) -> Vec<u8> {
        let length = u32::from_le_bytes(TINY[8..12].try_into().expect("four bytes")) as usize;
        let mut header: Value = serde_json::from_slice(&TINY[12..12 + length]).expect("a header");
        change(&mut header);
        let header = header.to_string();
        let content = &TINY[12 + length..TINY.len() - HASH_BYTES];
        let length = (header.len() as u32).to_le_bytes();
        sealed([MAGIC.as_slice(), &length, header.as_bytes(), content].concat())
    }

    fn sealed(mut bytes: Vec<u8>) -> Vec<u8> {
        let hash = blake3::hash(&bytes);
        bytes.extend_from_slice(hash.as_bytes());
        bytes
    }

    #[test]
    fn file_of_the_training_is_read_number_by_number() {
        let read = Weights::from_bytes(TINY).expect("a sound file");
        let made = Weights::random(read.shape(), TINY_SEED);
        assert_eq!(read.name(), "tiny");
        assert_eq!(read.convolutions, made.convolutions);
        assert_eq!(read.heads, made.heads);
    }

    #[test]
    fn every_changed_byte_is_noticed() {
        let mut bytes = TINY.to_vec();
        for at in 0..bytes.len() {
            let flip = 1 << (at % 8);
            bytes[at] ^= flip;
            assert!(Weights::from_bytes(&bytes).is_err(), "byte {at}");
            bytes[at] ^= flip;
        }
    }

    #[test]
    fn every_shorter_file_is_refused_with_or_without_a_checksum_that_fits() {
        for length in 0..TINY.len() {
            assert!(Weights::from_bytes(&TINY[..length]).is_err(), "{length} bytes");
        }
        for length in (0..TINY.len() - HASH_BYTES).step_by(7) {
            assert!(Weights::from_bytes(&sealed(TINY[..length].to_vec())).is_err(), "{length} bytes");
        }
    }

    #[test]
    fn unchanged_header_is_read_and_wrong_ones_are_refused() {
        assert!(Weights::from_bytes(&with_header(|_| ())).is_ok());
        type Change = fn(&mut Value);
        let changes: [(&str, Change); 12] = [
            ("another width", |header| header["widths"][0] = json!(16)),
            ("width 0", |header| header["widths"] = json!([0, 0, 0, 0])),
            ("a width that cannot be multiplied", |header| header["widths"][1] = json!(usize::MAX)),
            ("three widths", |header| header["widths"] = json!([8, 8, 8])),
            ("other taps", |header| header["taps"] = json!(25)),
            ("unknown taps", |header| header["taps"] = json!(10)),
            ("a missing tensor", |header| header["tensors"].as_array_mut().expect("a list").truncate(27)),
            ("the wrong tensor", |header| header["tensors"][3]["name"] = json!("enc9.bias")),
            ("another shape", |header| header["tensors"][0]["shape"] = json!([48, 8, 3, 3])),
            ("an offset past the end", |header| header["tensors"][0]["offset"] = json!(1 << 20)),
            ("an offset that overflows", |header| header["tensors"][0]["offset"] = json!(usize::MAX)),
            ("a long name", |header| header["name"] = json!("x".repeat(NAME_BYTES_MAX + 1))),
        ];
        for (what, change) in changes {
            assert!(Weights::from_bytes(&with_header(change)).is_err(), "{what}");
        }
    }

    #[test]
    fn numbers_that_are_not_finite_are_refused() {
        for number in [f16::NAN, f16::INFINITY, f16::NEG_INFINITY] {
            let mut bytes = TINY[..TINY.len() - HASH_BYTES].to_vec();
            let last = bytes.len() - 2;
            bytes[last..].copy_from_slice(&number.to_le_bytes());
            let found = Weights::from_bytes(&sealed(bytes));
            assert!(matches!(found, Err(WeightsError::Tensor(_, _))), "{number}: {found:?}");
        }
    }

    #[test]
    fn length_of_the_header_takes_no_memory() {
        let mut bytes = TINY[..TINY.len() - HASH_BYTES].to_vec();
        bytes[8..12].copy_from_slice(&u32::MAX.to_le_bytes());
        assert!(matches!(Weights::from_bytes(&sealed(bytes)), Err(WeightsError::Header(_))));
    }

    proptest! {
        #[test]
        fn nothing_in_the_header_makes_it_panic(at in 8usize..3000, bytes in prop::collection::vec(any::<u8>(), 1..20)) {
            let mut file = TINY[..TINY.len() - HASH_BYTES].to_vec();
            file[at..at + bytes.len()].copy_from_slice(&bytes);
            let _ = Weights::from_bytes(&sealed(file));
        }
    }
}
