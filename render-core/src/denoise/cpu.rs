//! The denoiser on processors: for adapters that are one, and for machines without any adapter.
//!
//! The same result as [`super::reference`] within rounding, by loops that keep the processor's arithmetic busy: rows of
//! all channels, blocks of outputs and pixels in registers, several threads, the widest instructions that there are. Large
//! pictures are cut into pieces that overlap by the network's reach, which costs time and saves memory, and changes no bit.

mod average;
mod convolve;
mod filter;
mod grid;
mod lanes;
mod passes;
mod surface;

use convolve::Packed;
use frame::Noisy;
use grid::Grid;
use passes::{convolve, convolved, double_into, pooled};
use surface::surface;

use super::features::exposure_used;
use super::guard::guard;
use super::network::{ALBEDO_TAPS, ALIGNMENT_PX, CONVOLUTIONS, HEADS, LEVELS};
use super::pieces::{Extent, Piece, pieces};
use super::{Filtered, Weights};

pub use lanes::Instructions;

/// Pixels that are denoised at once, overlap included: about 180 bytes of memory each with the small network, 330 with the quality one.
const PIECE_PIXELS_MAX: u64 = 1 << 22;

/// A network made ready for this processor.
pub struct CpuDenoiser {
    instructions: Instructions,
    piece_pixels_max: u64,
    reach_px: u32,
    taps: usize,
    /// In the order of [`CONVOLUTIONS`].
    convolutions: Vec<Packed>,
    /// Trust, then blend of the four pixels of the finest head.
    steer: Packed,
    /// For each of the four: taps, albedo taps.
    finest: Packed,
    /// Of levels 1 to 4.
    heads: Vec<Packed>,
}

/// What the network makes of a picture, before the guard.
pub fn filtered(weights: &Weights, noisy: &Noisy, exposure_scale: f32) -> Filtered {
    CpuDenoiser::new(weights).filtered(noisy, exposure_scale)
}

impl CpuDenoiser {
    /// Puts the numbers into the order in which they are used.
    pub fn new(weights: &Weights) -> Self {
        let shape = weights.shape();
        let (taps, each) = (shape.taps(), shape.head0_channels());
        let of_four = |channel: usize| (0..4).map(move |pixel| pixel * each + channel);
        let steer: Vec<usize> = of_four(taps + 1).chain(of_four(taps)).collect();
        let finest = (0..4).flat_map(|pixel| {
            let first = pixel * each;
            (first..first + taps).chain(first + taps + 2..first + taps + 2 + ALBEDO_TAPS)
        });
        let whole = |level: usize| {
            let head = weights.head(level);
            Packed::head(head, &(0..head.outputs).collect::<Vec<_>>())
        };
        Self {
            instructions: Instructions::Detected,
            piece_pixels_max: PIECE_PIXELS_MAX,
            reach_px: weights.reach_px(),
            taps,
            convolutions: (0..CONVOLUTIONS.len())
                .map(|at| Packed::convolution(weights.convolution(at)))
                .collect(),
            steer: Packed::head(weights.head(0), &steer),
            finest: Packed::head(weights.head(0), &finest.collect::<Vec<_>>()),
            heads: (1..HEADS.len()).map(whole).collect(),
        }
    }

    /// Uses other instructions than the widest, to measure or to check them.
    pub fn with_instructions(mut self, instructions: Instructions) -> Self {
        self.instructions = instructions;
        self
    }

    /// Denoises no more pixels than this at once, overlap included; a piece has at least 16×16 without it.
    pub fn with_piece_pixels_max(mut self, pixels: u64) -> Self {
        self.piece_pixels_max = pixels;
        self
    }

    /// The denoised radiance of a picture, three values for each pixel; `exposure_scale` is the frame's one scale.
    pub fn denoise(&self, noisy: &Noisy, exposure_scale: f32) -> Vec<f32> {
        guard(noisy, exposure_scale, self.filtered(noisy, exposure_scale))
    }

    /// What the network makes of a picture, before the guard.
    pub fn filtered(&self, noisy: &Noisy, exposure_scale: f32) -> Filtered {
        let exposure = exposure_used(exposure_scale);
        let (width, height) = (noisy.width() as usize, noisy.height() as usize);
        let mut picture = Filtered::zeroed(width * height);
        for piece in self.pieces(noisy) {
            let filtered = self.denoise_extent(noisy, exposure, piece.region);
            picture.take(width, &piece, &filtered);
        }
        picture
    }

    fn pieces(&self, noisy: &Noisy) -> Vec<Piece> {
        let smallest = ALIGNMENT_PX + 2 * self.reach_px.next_multiple_of(ALIGNMENT_PX);
        let most = self.piece_pixels_max.max(u64::from(smallest).pow(2));
        let pieces = pieces(noisy.width(), noisy.height(), self.reach_px, most);
        pieces.expect("there is room for 16 by 16 pixels and what is around them")
    }

    /// A rectangle aligned to 16 pixels, as if it were a picture.
    fn denoise_extent(&self, noisy: &Noisy, exposure: f32, extent: Extent) -> Filtered {
        let (features, mut surface) = surface(noisy, exposure, extent);
        let instructions = self.instructions;
        let (deep, heads) = self.network(features);
        let steer = convolved(instructions, &self.steer, &deep);
        let mut pyramid = vec![filter::weighted(instructions, &mut surface, &steer)];
        for level in 1..LEVELS - 1 {
            pyramid.push(filter::halved(&pyramid[level - 1]));
        }
        let mut scales = pyramid.into_iter().zip(&heads).rev();
        let (coarsest, head) = scales.next().expect("there are four scales below full size");
        let mut light = filter::averaged(instructions, &coarsest, head, self.taps);
        for (mut weighted, head) in scales {
            filter::blend(instructions, &mut weighted, &light, head, self.taps);
            light = filter::averaged(instructions, &weighted, head, self.taps);
        }
        filter::blend_surface(instructions, &mut surface, &light, &steer);
        filter::coloured(instructions, &surface, &deep, &self.finest, self.taps)
    }

    /// From features to the finest layer, and what the heads of levels 1 to 4 say.
    fn network(&self, features: Grid) -> (Grid, Vec<Grid>) {
        let instructions = self.instructions;
        let [enc0a, enc0b, enc1, enc2, enc3a, enc3b, dec2, dec1, dec0] = &self.convolutions[..] else {
            unreachable!("new packs them all");
        };
        let first = convolved(instructions, enc0a, &features);
        drop(features);
        // Where a coarser layer is joined with a finer one, the finer one is written behind its place at once.
        let joined = |coarse: &Packed, fine: &Packed, from: &Grid| {
            let mut joined = Grid::zeroed(coarse.outputs + fine.outputs, from.width, from.height);
            convolve(instructions, fine, from, &mut joined, coarse.outputs);
            joined
        };
        let mut joined0 = joined(dec1, enc0b, &first);
        drop(first);
        let mut joined1 = joined(dec2, enc1, &pooled(&joined0, dec1.outputs));
        let mut joined2 = joined(enc3b, enc2, &pooled(&joined1, dec2.outputs));
        let coarsest = convolved(instructions, enc3a, &pooled(&joined2, enc3b.outputs));
        let coarsest = convolved(instructions, enc3b, &coarsest);
        double_into(&coarsest, &mut joined2);
        let coarser = convolved(instructions, dec2, &joined2);
        double_into(&coarser, &mut joined1);
        let finer = convolved(instructions, dec1, &joined1);
        double_into(&finer, &mut joined0);
        let finest = convolved(instructions, dec0, &joined0);
        let layers = [&finest, &finer, &coarser, &coarsest];
        let heads = self.heads.iter().zip(layers);
        let heads = heads.map(|(head, layer)| convolved(instructions, head, layer)).collect();
        (finest, heads)
    }
}
