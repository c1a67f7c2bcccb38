//! How a frame is cut into tiles and its samples into passes. Neither changes a bit of the picture.

use frame::{BlockRange, Denoise, FrameSize, blocks};

/// Tiles that a frame should have at least: enough that a dozen nodes are busy to the end and the picture grows evenly.
const TILES_WANTED: u64 = 100;
/// Edges that are chosen: smaller tiles cost more overhead than light, larger ones make results of many MiB.
const EDGE_PX: std::ops::RangeInclusive<u64> = 32..=256;

/// The edge where nodes denoise: with a margin of 16 pixels they trace 1.27 times a tile of 256, and 1.56 times one of 128.
const EDGE_DENOISED_PX: u32 = 256;

/// The tile edge: the one asked for, else a power of two that cuts the frame into some hundred tiles.
///
/// 1920x1080 gives 128 (135 tiles of about 1 MiB of planes each), 3840x2160 gives 256, a thumbnail 32; always 256 where nodes denoise,
/// because each traces what lies around its tile as well.
pub fn edge_px(asked: Option<u32>, size: FrameSize, denoise: Denoise) -> u32 {
    asked.unwrap_or_else(|| {
        if denoise == Denoise::Node {
            return EDGE_DENOISED_PX;
        }
        let largest = (size.pixels() / TILES_WANTED).isqrt().max(1);
        // The largest power of two that is not above it.
        let edge = 1 << largest.ilog2();
        edge.clamp(*EDGE_PX.start(), *EDGE_PX.end()) as u32
    })
}

/// The passes over a frame: one block of each tile first, then as many again as there are, doubling.
///
/// So a first noisy picture of the whole frame is there early, every pass halves the variance everywhere, and each
/// pass is one node of the summation tree, which keeps films small.
pub fn passes(spp: u32) -> Vec<BlockRange> {
    let blocks = blocks::block_count(spp);
    let mut passes = vec![BlockRange { first: 0, count: blocks.min(1) }];
    let mut first = 1;
    while first < blocks {
        let count = first.min(blocks - first);
        passes.push(BlockRange { first, count });
        first += count;
    }
    passes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passes_cover_every_block_once_and_double() {
        let counts = |spp| passes(spp).iter().map(|pass| (pass.first, pass.count)).collect::<Vec<_>>();
        assert_eq!(counts(1), [(0, 1)]);
        assert_eq!(counts(64), [(0, 1), (1, 1), (2, 2)]);
        assert_eq!(counts(16 * 7), [(0, 1), (1, 1), (2, 2), (4, 3)]);
    }

    #[test]
    fn each_pass_is_one_node_of_the_tree_when_the_count_is_a_power_of_two() {
        for pass in passes(16 * 256) {
            assert_eq!(pass.maximal_nodes(256).len(), 1, "{pass:?}");
        }
    }

    #[test]
    fn tiles_are_some_hundred_unless_asked_otherwise() {
        let of =
            |width, height, denoise| edge_px(None, FrameSize::new(width, height).expect("in range"), denoise);
        let edge = |width, height| of(width, height, Denoise::Local);
        assert_eq!((edge(1920, 1080), edge(3840, 2160), edge(64, 64), edge(1, 1)), (128, 256, 32, 32));
        assert_eq!((of(1920, 1080, Denoise::Node), of(64, 64, Denoise::Node)), (256, 256));
        let size = FrameSize::new(64, 64).expect("in range");
        assert_eq!((edge_px(Some(48), size, Denoise::Off), edge_px(Some(48), size, Denoise::Node)), (48, 48));
    }
}
