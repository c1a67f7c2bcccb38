//! Random numbers: section 1 of `docs/rendering.md`.
//!
//! Pads of a shuffled, Owen-scrambled (0,2)-sequence (Burley, "Practical Hash-based Owen Scrambling", JCGT 2020).
//! Everything is integer until [`unit`], so any machine gives the same numbers.

const GOLDEN: u32 = 0x9e37_79b9;

/// The source of all random numbers of one sample of one pixel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sampler {
    /// Stands for seed, frame and pixel.
    pub key: u32,
    /// Sample index.
    pub sample: u32,
}

impl Sampler {
    /// For one sample of one pixel of the frame (never of a tile).
    pub fn new(seed: u32, frame: u32, pixel: [u32; 2], sample: u32) -> Self {
        let seeded = mix(seed.wrapping_add(GOLDEN));
        let framed = mix(seeded ^ frame);
        let key = mix(mix(framed ^ pixel[0]).wrapping_add(pixel[1]));
        Self { key, sample }
    }

    /// Both numbers of a dimension as whole words.
    pub fn words(self, dimension: u32) -> [u32; 2] {
        let seed = mix(self.key.wrapping_add(dimension.wrapping_mul(GOLDEN)));
        let index = shuffle(self.sample, seed);
        let first = scramble(index, mix(seed ^ 0xa511_e9b3));
        let second = scramble(sierpinski(index), mix(seed ^ 0x63d8_3595));
        [first.reverse_bits(), second.reverse_bits()]
    }

    /// Both numbers of a dimension in [0, 1).
    pub fn pair(self, dimension: u32) -> [f32; 2] {
        self.words(dimension).map(unit)
    }

    /// A plain hash in [0, 1), for the coverage of segment `number`.
    pub fn single(self, number: u32) -> f32 {
        let own = mix(self.key ^ self.sample.wrapping_mul(GOLDEN));
        unit(mix(own.wrapping_add(number)))
    }
}

/// The upper 24 bits as a fraction in [0, 1).
pub fn unit(word: u32) -> f32 {
    (word >> 8) as f32 / (1 << 24) as f32
}

/// Wellons' lowbias32 (2018).
pub fn mix(mut x: u32) -> u32 {
    x ^= x >> 16;
    x = x.wrapping_mul(0x7feb_352d);
    x ^= x >> 15;
    x = x.wrapping_mul(0x846c_a68b);
    x ^ x >> 16
}

/// Permutes indices so that every aligned power-of-two run stays a run: an Owen scramble of the index itself.
pub fn shuffle(index: u32, seed: u32) -> u32 {
    scramble(index.reverse_bits(), seed).reverse_bits()
}

/// Laine & Karras 2011 with Vegdahl's constants (2021): every bit depends on lower ones only, which is Owen scrambling of
/// the reversed word.
fn scramble(mut x: u32, seed: u32) -> u32 {
    x ^= x.wrapping_mul(0x3d20_adea);
    x = x.wrapping_add(seed);
    x = x.wrapping_mul((seed >> 16) | 1);
    x ^= x.wrapping_mul(0x0552_6c56);
    x ^ x.wrapping_mul(0x53a2_2864)
}

/// The second Sobol dimension's generator, Pascal's triangle mod 2, on a reversed word.
fn sierpinski(mut x: u32) -> u32 {
    for (shift, mask) in
        [(1, 0x5555_5555), (2, 0x3333_3333), (4, 0x0f0f_0f0f), (8, 0x00ff_00ff), (16, 0x0000_ffff)]
    {
        x ^= (x >> shift) & mask;
    }
    x
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_elementary_interval_holds_one_point() {
        for (key, dimension) in [(1, 0), (77, 4), (0xdead_beef, 9)] {
            for bits in [4u32, 8] {
                let count = 1 << bits;
                let points: Vec<[u32; 2]> =
                    (0..count).map(|sample| Sampler { key, sample }.words(dimension)).collect();
                for columns_bits in 0..=bits {
                    let cell = |point: &[u32; 2]| {
                        let column = u64::from(point[0]) >> (32 - columns_bits);
                        let row = u64::from(point[1]) >> (32 - (bits - columns_bits));
                        column << (bits - columns_bits) | row
                    };
                    let cells: std::collections::HashSet<u64> = points.iter().map(cell).collect();
                    assert_eq!(cells.len(), count as usize, "key {key}, {columns_bits} of {bits} bits");
                }
            }
        }
    }

    #[test]
    fn any_aligned_run_of_samples_is_as_even_as_the_first() {
        // The second block of 16 samples must be a (0,2)-net by itself, or splitting work would cost quality.
        for first in [16, 48, 1 << 20] {
            let strip = |sample: u32| Sampler { key: 5, sample }.words(3)[0] >> 28;
            let strips: std::collections::HashSet<u32> = (first..first + 16).map(strip).collect();
            assert_eq!(strips.len(), 16);
        }
    }

    #[test]
    fn shuffling_keeps_runs_together() {
        for seed in [3, 0x1234_5678] {
            for level in 0..10 {
                let run = |index: u32| shuffle(index, seed) >> level;
                for first in (0u32..1024).step_by(1 << level) {
                    assert!((first..first + (1 << level)).all(|index| run(index) == run(first)));
                }
            }
        }
    }
}
