//! Names the pixels of a picture, so that receipts can be signed for exactly these.
//!
//! The hash covers every channel's name and the bits of every sample as a reader finds them, and nothing of how they are
//! stored: a picture that is stored again without loss keeps its name.

use ::exr::prelude::{AnyChannels, FlatSamples};
use bytemuck::NoUninit;
use half::f16;

use super::{ExrFile, Samples};

/// One channel's samples, wherever they lie.
enum Bits<'a> {
    Half(&'a [f16]),
    Float(&'a [f32]),
    Uint(&'a [u32]),
}

impl ExrFile {
    /// The name of the pixels of all parts: BLAKE3, derived for this purpose alone.
    pub fn pixels_hash(&self) -> [u8; 32] {
        let mut hasher = hasher();
        for part in &self.parts {
            put_size(&mut hasher, part.info.width, part.info.height);
            for (channel, samples) in part.info.channels.iter().zip(&part.samples) {
                let bits = match samples {
                    Samples::Half(values) => Bits::Half(values),
                    Samples::Float(values) => Bits::Float(values),
                    Samples::Uint(values) => Bits::Uint(values),
                };
                put_channel(&mut hasher, &channel.name, &bits);
            }
        }
        *hasher.finalize().as_bytes()
    }
}

/// The name that a single part will have once it is stored without loss.
pub(super) fn hash_of(size: (u32, u32), channels: &AnyChannels<FlatSamples>) -> [u8; 32] {
    let mut hasher = hasher();
    put_size(&mut hasher, size.0, size.1);
    for channel in &channels.list {
        let bits = match &channel.sample_data {
            FlatSamples::F16(values) => Bits::Half(values),
            FlatSamples::F32(values) => Bits::Float(values),
            FlatSamples::U32(values) => Bits::Uint(values),
        };
        put_channel(&mut hasher, &channel.name.to_string(), &bits);
    }
    *hasher.finalize().as_bytes()
}

fn hasher() -> blake3::Hasher {
    blake3::Hasher::new_derive_key("tessera 1 picture pixels")
}

fn put_size(hasher: &mut blake3::Hasher, width: u32, height: u32) {
    hasher.update(&width.to_le_bytes()).update(&height.to_le_bytes());
}

fn put_channel(hasher: &mut blake3::Hasher, name: &str, bits: &Bits<'_>) {
    hasher.update(&(name.len() as u64).to_le_bytes()).update(name.as_bytes());
    match bits {
        Bits::Half(values) => put_samples(hasher, 0, values, |value| value.to_le_bytes()),
        Bits::Float(values) => put_samples(hasher, 1, values, |value| value.to_le_bytes()),
        Bits::Uint(values) => put_samples(hasher, 2, values, |value| value.to_le_bytes()),
    }
}

fn put_samples<T: NoUninit, const N: usize>(
    hasher: &mut blake3::Hasher,
    kind: u8,
    values: &[T],
    little_endian: impl Fn(&T) -> [u8; N],
) {
    hasher.update(&[kind]).update(&((values.len() * N) as u64).to_le_bytes());
    if cfg!(target_endian = "little") {
        hasher.update(bytemuck::cast_slice(values));
    } else {
        values.iter().for_each(|value| {
            hasher.update(&little_endian(value));
        });
    }
}
