//! The network's shape: which layers there are, what each reads, and how far a pixel sees.
//!
//! `docs/denoiser.md` (sections 2 to 4) defines it; nothing else in this crate lists the layers. Knows no weights and no pixels.

/// How wide a network is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    widths: [usize; 4],
    taps: usize,
}

/// What a convolution reads. Numbers are places in [`CONVOLUTIONS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The unshuffled features.
    Features,
    /// Another layer of the same stride.
    Plain(usize),
    /// The maximum of 2×2 of a finer layer.
    Pooled(usize),
    /// A coarser layer, each value for 2×2, and behind it a layer of the same stride.
    Joined {
        /// The coarser one.
        coarse: usize,
        /// The one of the same stride.
        fine: usize,
    },
}

/// A 3×3 convolution with ReLU.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Convolution {
    /// Its name in the file.
    pub name: &'static str,
    /// What it reads.
    pub source: Source,
    /// Which of the widths it has.
    pub width: usize,
    /// Frame pixels along a side of one of its own: 1 << level.
    pub level: usize,
}

/// A 1×1 convolution whose numbers steer one level of the filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Its name in the file.
    pub name: &'static str,
    /// The convolution that it reads.
    pub source: usize,
}

/// All convolutions in the order of computing.
pub const CONVOLUTIONS: [Convolution; 9] = [
    Convolution { name: "enc0a", source: Source::Features, width: 0, level: 1 },
    Convolution { name: "enc0b", source: Source::Plain(0), width: 0, level: 1 },
    Convolution { name: "enc1", source: Source::Pooled(1), width: 1, level: 2 },
    Convolution { name: "enc2", source: Source::Pooled(2), width: 2, level: 3 },
    Convolution { name: "enc3a", source: Source::Pooled(3), width: 3, level: 4 },
    Convolution { name: "enc3b", source: Source::Plain(4), width: 3, level: 4 },
    Convolution { name: "dec2", source: Source::Joined { coarse: 5, fine: 3 }, width: 2, level: 3 },
    Convolution { name: "dec1", source: Source::Joined { coarse: 6, fine: 2 }, width: 1, level: 2 },
    Convolution { name: "dec0", source: Source::Joined { coarse: 7, fine: 1 }, width: 0, level: 1 },
];

/// The heads, by the level of the filter that they steer.
pub const HEADS: [Head; LEVELS] = [
    Head { name: "head0", source: 8 },
    Head { name: "head1", source: 8 },
    Head { name: "head2", source: 7 },
    Head { name: "head3", source: 6 },
    Head { name: "head4", source: 5 },
];

/// Levels of the filter: full size, and four times halved.
pub const LEVELS: usize = 5;
/// Features of a pixel.
pub const FEATURES: usize = 12;
/// Channels of the unshuffled features: those of 2×2 pixels.
pub const UNSHUFFLED: usize = 4 * FEATURES;
/// Everything is aligned to so many pixels: the coarsest stride.
pub const ALIGNMENT_PX: u32 = 16;
/// Taps of the albedo's kernel.
pub const ALBEDO_TAPS: usize = 9;
/// Widest layer that is accepted.
pub const WIDTH_MAX: usize = 256;

impl Shape {
    /// For devices that are a CPU, and for previews.
    pub const SMALL: Self = Self { widths: [24, 32, 48, 64], taps: 9 };
    /// For the rest.
    pub const QUALITY: Self = Self { widths: [48, 64, 96, 128], taps: 25 };

    /// A network of these widths; `None` when the kernels could not run it (widths go in eights, kernels are 3×3 or 5×5).
    pub fn new(widths: [usize; 4], taps: usize) -> Option<Self> {
        let fits = |width: &usize| (8..=WIDTH_MAX).contains(width) && width.is_multiple_of(8);
        (widths.iter().all(fits) && matches!(taps, 9 | 25)).then_some(Self { widths, taps })
    }

    /// Taps of a kernel of the filter.
    pub fn taps(&self) -> usize {
        self.taps
    }

    /// Pixels from the middle of a kernel to its side.
    pub fn radius(&self) -> usize {
        if self.taps == 9 { 1 } else { 2 }
    }

    /// Channels that come out of a convolution.
    pub fn channels(&self, convolution: usize) -> usize {
        self.widths[CONVOLUTIONS[convolution].width]
    }

    /// Channels that go into a convolution.
    pub fn channels_in(&self, convolution: usize) -> usize {
        match CONVOLUTIONS[convolution].source {
            Source::Features => UNSHUFFLED,
            Source::Plain(from) | Source::Pooled(from) => self.channels(from),
            Source::Joined { coarse, fine } => self.channels(coarse) + self.channels(fine),
        }
    }

    /// Channels that come out of the head of this level.
    pub fn head_channels(&self, level: usize) -> usize {
        match level {
            0 => 4 * self.head0_channels(),
            4 => self.taps,
            _ => self.taps + 1,
        }
    }

    /// Channels of the finest head for each of its four pixels: taps, blend, trust, albedo taps.
    pub fn head0_channels(&self) -> usize {
        self.taps + 2 + ALBEDO_TAPS
    }

    /// Every tensor of the file: name, outputs, inputs, kernel side.
    pub fn tensors(&self) -> Vec<(&'static str, usize, usize, usize)> {
        let convolutions = CONVOLUTIONS.iter().enumerate();
        let convolutions = convolutions.map(|(at, it)| (it.name, self.channels(at), self.channels_in(at), 3));
        let heads = HEADS.iter().enumerate();
        let heads =
            heads.map(|(level, it)| (it.name, self.head_channels(level), self.channels(it.source), 1));
        convolutions.chain(heads).collect()
    }

    /// Multiplications of the network for one pixel of the frame, heads included, kernels of the filter not.
    pub fn multiplications_per_px(&self) -> f64 {
        let convolutions = CONVOLUTIONS.iter().enumerate().map(|(at, it)| {
            (9 * self.channels(at) * self.channels_in(at)) as f64 / f64::from(1 << (2 * it.level))
        });
        let heads = HEADS.iter().enumerate().map(|(level, it)| {
            let stride = CONVOLUTIONS[it.source].level;
            (self.head_channels(level) * self.channels(it.source)) as f64 / f64::from(1 << (2 * stride))
        });
        convolutions.sum::<f64>() + heads.sum::<f64>()
    }

    /// How far outside a rectangle cut at multiples of [`ALIGNMENT_PX`] a pixel may lie and still change something inside, in pixels.
    ///
    /// Follows intervals along one axis from sixteen pixels of the result back to the pixels of the input.
    pub fn reach_px(&self) -> u32 {
        let radius = self.radius() as i32;
        let mut layers = [Span::EMPTY; CONVOLUTIONS.len()];
        let mut input = Span { first: 0, last: ALIGNMENT_PX as i32 - 1 };
        let mut pyramid = [Span::EMPTY; LEVELS];
        let mut filtered = input;
        // The albedo is averaged over 3×3.
        input = input.grown(1);
        for level in 0..LEVELS {
            let blended = filtered.grown(radius);
            // Taps are needed where a value is filtered, blend wherever a value goes in; the coarsest level blends nothing.
            let steered = match level {
                0 => blended.halved(),
                4 => filtered,
                _ => blended,
            };
            layers[HEADS[level].source].cover(steered);
            pyramid[level].cover(blended);
            filtered = blended.halved();
        }
        for level in (1..LEVELS).rev() {
            let finer = pyramid[level].doubled();
            pyramid[level - 1].cover(finer);
        }
        input.cover(pyramid[0]);
        layers[HEADS[0].source].cover(pyramid[0].halved());
        for (at, convolution) in CONVOLUTIONS.iter().enumerate().rev() {
            let read = layers[at].grown(1);
            match convolution.source {
                Source::Features => input.cover(read.doubled()),
                Source::Plain(from) => layers[from].cover(read),
                Source::Pooled(from) => layers[from].cover(read.doubled()),
                Source::Joined { coarse, fine } => {
                    layers[coarse].cover(read.halved());
                    layers[fine].cover(read);
                }
            }
        }
        let last = ALIGNMENT_PX as i32 - 1;
        (-input.first).max(input.last - last).unsigned_abs()
    }
}

/// Places along one axis, both ends included.
#[derive(Clone, Copy)]
struct Span {
    first: i32,
    last: i32,
}

impl Span {
    const EMPTY: Self = Self { first: i32::MAX, last: i32::MIN };

    fn cover(&mut self, other: Self) {
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
    }

    fn grown(self, by: i32) -> Self {
        Self { first: self.first - by, last: self.last + by }
    }

    fn halved(self) -> Self {
        Self { first: self.first.div_euclid(2), last: self.last.div_euclid(2) }
    }

    fn doubled(self) -> Self {
        Self { first: 2 * self.first, last: 2 * self.last + 1 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layers_read_what_was_computed_before_at_the_right_stride() {
        for (at, convolution) in CONVOLUTIONS.iter().enumerate() {
            let level = |from: usize| {
                assert!(from < at, "{}", convolution.name);
                CONVOLUTIONS[from].level
            };
            match convolution.source {
                Source::Features => assert_eq!(convolution.level, 1),
                Source::Plain(from) => assert_eq!(level(from), convolution.level),
                Source::Pooled(from) => assert_eq!(level(from) + 1, convolution.level),
                Source::Joined { coarse, fine } => {
                    assert_eq!(level(coarse), convolution.level + 1);
                    assert_eq!(level(fine), convolution.level);
                }
            }
        }
    }

    #[test]
    fn only_shapes_that_the_kernels_can_run_exist() {
        assert!(Shape::new([24, 32, 48, 64], 9) == Some(Shape::SMALL));
        assert!(Shape::new([24, 32, 48, 64], 16).is_none());
        assert!(Shape::new([24, 32, 44, 64], 9).is_none());
        assert!(Shape::new([0, 32, 48, 64], 9).is_none());
        assert!(Shape::new([24, 32, 48, 264], 9).is_none());
    }
}
