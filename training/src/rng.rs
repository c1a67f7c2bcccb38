//! Random numbers of a scene: a counter behind a hash, so that a seed alone decides them on every machine.
//!
//! The hash is the finaliser of SplitMix64 (Steele, Lea & Flood, "Fast splittable pseudorandom number generators", 2014).

use std::f32::consts::TAU;

use glam::{Quat, Vec3};

/// A stream of random numbers.
#[derive(Clone, Debug)]
pub struct Rng {
    key: u64,
    counter: u64,
}

/// 2^64 divided by the golden ratio.
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// Spreads every bit of `x` over all bits.
pub fn mix(x: u64) -> u64 {
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

impl Rng {
    /// The stream of a seed.
    pub fn new(seed: u64) -> Self {
        Self { key: mix(seed.wrapping_add(STEP)), counter: 0 }
    }

    /// A stream of its own, so that what is drawn from it does not move what this one gives later.
    pub fn fork(&mut self) -> Self {
        Self::new(self.bits())
    }

    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.counter = self.counter.wrapping_add(STEP);
        mix(self.key ^ mix(self.counter))
    }

    /// Uniform in [0, 1).
    pub fn unit(&mut self) -> f32 {
        (self.bits() >> 40) as f32 / (1 << 24) as f32
    }

    /// Uniform in [low, high).
    pub fn between(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.unit()
    }

    /// Uniform in its logarithm; both ends above 0.
    pub fn log_between(&mut self, low: f32, high: f32) -> f32 {
        (self.between(low.ln(), high.ln())).exp()
    }

    /// An index below `count`, which is above 0.
    pub fn below(&mut self, count: usize) -> usize {
        (((self.bits() >> 32) * count as u64) >> 32) as usize
    }

    /// A whole number from `low` to `high`, both included.
    pub fn count(&mut self, low: usize, high: usize) -> usize {
        low + self.below(high - low + 1)
    }

    /// True with probability `p`.
    pub fn chance(&mut self, p: f32) -> bool {
        self.unit() < p
    }

    /// One of the choices.
    pub fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }

    /// An index by weight; the weights' sum is above 0.
    pub fn weighted(&mut self, weights: impl Iterator<Item = f32> + Clone) -> usize {
        let mut left = self.unit() * weights.clone().sum::<f32>();
        let mut last = 0;
        for (index, weight) in weights.enumerate().filter(|(_, weight)| *weight > 0.0) {
            last = index;
            left -= weight;
            if left < 0.0 {
                break;
            }
        }
        last
    }

    /// Uniform over the unit sphere.
    pub fn direction(&mut self) -> Vec3 {
        let (y, around) = (self.between(-1.0, 1.0), self.between(0.0, TAU));
        let flat = (1.0 - y * y).max(0.0).sqrt();
        Vec3::new(flat * around.cos(), y, flat * around.sin())
    }

    /// Uniform in a box.
    pub fn inside(&mut self, low: Vec3, high: Vec3) -> Vec3 {
        low + (high - low) * Vec3::new(self.unit(), self.unit(), self.unit())
    }

    /// A turn about +y.
    pub fn heading(&mut self) -> Quat {
        Quat::from_rotation_y(self.between(0.0, TAU))
    }

    /// Any turn.
    pub fn rotation(&mut self) -> Quat {
        let axis = self.direction();
        Quat::from_axis_angle(axis, self.between(0.0, TAU))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_even_and_streams_differ() {
        let mut rng = Rng::new(7);
        let mean = (0..4096).map(|_| rng.unit()).sum::<f32>() / 4096.0;
        // Five standard deviations of a mean of 4096 even numbers.
        assert!((mean - 0.5).abs() < 5.0 * 0.2887 / 64.0, "{mean}");
        assert_ne!(Rng::new(1).bits(), Rng::new(2).bits());
        let mut parent = Rng::new(1);
        assert_ne!(parent.fork().bits(), parent.fork().bits());
    }

    #[test]
    fn weights_of_zero_are_never_drawn() {
        let mut rng = Rng::new(3);
        let drawn: Vec<usize> = (0..200).map(|_| rng.weighted([0.0, 1.0, 0.0, 3.0].into_iter())).collect();
        assert!(drawn.iter().all(|index| [1, 3].contains(index)));
        assert!(drawn.contains(&1) && drawn.contains(&3));
    }
}
