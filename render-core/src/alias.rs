//! Draws an index with given probabilities in constant time.
//!
//! Vose, "A linear algorithm for generating random numbers with a given distribution", IEEE Trans. Softw. Eng. 1991.
//! Both path tracers read the slots the same way, in whole numbers: `product = word * n` in 64 bits for a random 32-bit
//! `word`, `slot = product >> 32`, `fraction = (product & 0xffff_ffff) >> 8` times 2^-24, and the answer is `slot` when
//! `fraction < threshold`, else `alias`. A float `u * n` would leave a table of 2^18 slots six bits of
//! fraction: too few for the sky around a sun, whose slots all have thresholds near 0.

use bytemuck::{Pod, Zeroable};

/// One slot: itself with probability `threshold`, else another.
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub struct AliasSlot {
    /// Share of this slot that means the slot itself, 0 to 1.
    pub threshold: f32,
    /// Index that the rest of the slot means; the slot's own index when there is no rest.
    pub alias: u32,
}

/// Slots for a list of weights, and the weights' sum.
#[derive(Clone, Debug, PartialEq)]
pub struct AliasTable {
    /// As many as there are weights.
    pub slots: Vec<AliasSlot>,
    /// Sum of the weights.
    pub total: f64,
}

impl AliasTable {
    /// Makes the table for `weights`, each finite and at least 0; `None` when they are empty or all 0.
    pub fn build(weights: &[f64]) -> Option<Self> {
        let total: f64 = weights.iter().sum();
        if weights.is_empty() || !(total > 0.0 && total.is_finite()) {
            return None;
        }
        let mean = total / weights.len() as f64;
        let mut shares: Vec<f64> = weights.iter().map(|weight| weight / mean).collect();
        let mut slots: Vec<AliasSlot> =
            (0..weights.len() as u32).map(|alias| AliasSlot { threshold: 1.0, alias }).collect();
        let (mut small, mut large): (Vec<usize>, Vec<usize>) =
            (0..weights.len()).rev().partition(|&index| shares[index] < 1.0);
        while let (Some(&low), Some(&high)) = (small.last(), large.last()) {
            small.pop();
            slots[low] = AliasSlot { threshold: shares[low] as f32, alias: high as u32 };
            shares[high] -= 1.0 - shares[low];
            if shares[high] < 1.0 {
                large.pop();
                small.push(high);
            }
        }
        // What is left on either list is full but for rounding, and must never name a weightless index.
        for &index in &small {
            if weights[index] == 0.0 {
                let heaviest = (0..weights.len()).max_by(|&a, &b| weights[a].total_cmp(&weights[b]));
                slots[index] = AliasSlot { threshold: 0.0, alias: heaviest.unwrap_or(index) as u32 };
            }
        }
        Some(Self { slots, total })
    }

    /// The index that a random `word` draws.
    pub fn draw(&self, word: u32) -> u32 {
        draw(&self.slots, word)
    }

    /// The probability with which the slots draw `index`, for tests.
    pub fn probability(&self, index: u32) -> f64 {
        let own = |(at, slot): (usize, &AliasSlot)| {
            let threshold = f64::from(slot.threshold);
            let direct = if at as u32 == index { threshold } else { 0.0 };
            let other = if slot.alias == index { 1.0 - threshold } else { 0.0 };
            direct + other
        };
        self.slots.iter().enumerate().map(own).sum::<f64>() / self.slots.len() as f64
    }
}

/// The index that a random `word` draws from `slots`, which are not empty.
pub fn draw(slots: &[AliasSlot], word: u32) -> u32 {
    let product = u64::from(word) * slots.len() as u64;
    let index = (product >> 32) as u32;
    let fraction = ((product as u32) >> 8) as f32 / (1 << 24) as f32;
    let slot = slots[index as usize];
    if fraction < slot.threshold { index } else { slot.alias }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn each_index_is_drawn_as_often_as_it_weighs(weights in prop::collection::vec(0.0f64..100.0, 1..60)) {
            let Some(table) = AliasTable::build(&weights) else { return Ok(()) };
            for (index, weight) in weights.iter().enumerate() {
                let wanted = weight / table.total;
                prop_assert!((table.probability(index as u32) - wanted).abs() < 1e-6);
            }
        }

        #[test]
        fn a_weightless_index_is_never_drawn(
            weights in prop::collection::vec(prop_oneof![Just(0.0f64), 0.0f64..5.0], 1..40),
            word: u32,
        ) {
            let Some(table) = AliasTable::build(&weights) else { return Ok(()) };
            prop_assert!(weights[table.draw(word) as usize] > 0.0);
        }
    }

    #[test]
    fn nothing_to_draw_is_no_table() {
        for weights in [&[][..], &[0.0, 0.0], &[f64::INFINITY]] {
            assert_eq!(AliasTable::build(weights), None, "{weights:?}");
        }
    }
}
