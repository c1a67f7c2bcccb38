//! How often a measured value fell into which range, for whoever watches over a program.
//!
//! The ranges are fixed when it is made, so its memory is too. It knows no clock and no unit; its owner does.

/// Counts of values by ranges, each from above the bound before it up to and with its own; the last range has no bound.
#[derive(Clone, Debug, PartialEq)]
pub struct Histogram {
    bounds: &'static [f64],
    counts: Vec<u64>,
    sum: f64,
}

impl Histogram {
    /// An empty one with these upper bounds, which ascend.
    pub fn new(bounds: &'static [f64]) -> Self {
        Self { bounds, counts: vec![0; bounds.len() + 1], sum: 0.0 }
    }

    /// Counts a value.
    pub fn note(&mut self, value: f64) {
        let at = self.bounds.partition_point(|bound| *bound < value);
        self.counts[at] += 1;
        self.sum += value;
    }

    /// How many values were counted.
    pub fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Their sum.
    pub fn sum(&self) -> f64 {
        self.sum
    }

    /// The upper bound of each range with the values in it alone; the last bound is infinite.
    pub fn ranges(&self) -> impl Iterator<Item = (f64, u64)> {
        let bounds = self.bounds.iter().copied().chain([f64::INFINITY]);
        bounds.zip(self.counts.iter().copied())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_on_a_bound_counts_below_it_and_none_is_lost() {
        let mut histogram = Histogram::new(&[0.1, 1.0, 10.0]);
        for value in [0.1, 0.05, 1.0, 1.5, 1e9] {
            histogram.note(value);
        }
        let ranges: Vec<(f64, u64)> = histogram.ranges().collect();
        assert_eq!(ranges, [(0.1, 2), (1.0, 1), (10.0, 1), (f64::INFINITY, 1)]);
        assert_eq!((histogram.count(), histogram.sum()), (5, 0.1 + 0.05 + 1.0 + 1.5 + 1e9));
    }
}
