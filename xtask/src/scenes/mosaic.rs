//! A round mosaic floor, painted by arithmetic: rings of small stones around a star, with joints between them.

use std::f64::consts::TAU;

use anyhow::{Context, Result};
use image::{ExtendedColorType, ImageEncoder};

const EDGE_PX: u32 = 448;
const RINGS: u32 = 15;
const JOINT: f64 = 0.11;

/// Stones by ring, sRGB: warm whites, then accents.
const STONES: [[u8; 3]; 6] =
    [[226, 216, 199], [203, 190, 170], [24, 62, 74], [44, 121, 122], [196, 84, 52], [216, 164, 73]];
const MORTAR: [u8; 3] = [116, 107, 97];

/// Which stone is usual in a ring and which breaks it, from the centre outwards.
const PATTERN: [(usize, usize); RINGS as usize] = [
    (5, 5),
    (4, 4),
    (0, 1),
    (3, 2),
    (3, 3),
    (0, 0),
    (0, 1),
    (4, 5),
    (0, 0),
    (1, 0),
    (2, 2),
    (2, 3),
    (0, 0),
    (0, 1),
    (2, 2),
];

/// The picture as PNG; the mosaic fills the circle inside the square, mortar the corners.
pub(super) fn png() -> Result<Vec<u8>> {
    let mut pixels = Vec::with_capacity((EDGE_PX * EDGE_PX * 3) as usize);
    for y in 0..EDGE_PX {
        for x in 0..EDGE_PX {
            pixels.extend(smoothed(x, y));
        }
    }
    let mut png = Vec::new();
    let compression = image::codecs::png::CompressionType::Best;
    image::codecs::png::PngEncoder::new_with_quality(
        &mut png,
        compression,
        image::codecs::png::FilterType::Adaptive,
    )
    .write_image(&pixels, EDGE_PX, EDGE_PX, ExtendedColorType::Rgb8)
    .context("could not write the mosaic's PNG")?;
    Ok(png)
}

/// Mean of 3 × 3 places in the pixel.
fn smoothed(x: u32, y: u32) -> [u8; 3] {
    let mut sum = [0_u32; 3];
    for step in 0..9_u32 {
        let at = |pixel: u32, part: u32| {
            ((f64::from(pixel) + (f64::from(part) + 0.5) / 3.0) / f64::from(EDGE_PX)).mul_add(2.0, -1.0)
        };
        let colour = colour_at(at(x, step % 3), at(y, step / 3));
        for (channel, value) in sum.iter_mut().zip(colour) {
            *channel += u32::from(value);
        }
    }
    // Five bits a channel are enough for stone and let the file stay small.
    sum.map(|channel| u8::try_from(channel / 9).unwrap_or(u8::MAX) & 0xf8)
}

/// The stone or mortar at a place in the square from -1 to 1.
fn colour_at(x: f64, y: f64) -> [u8; 3] {
    let depth = x.hypot(y) * f64::from(RINGS);
    if depth >= f64::from(RINGS) {
        return MORTAR;
    }
    let ring = whole(depth);
    let stones = (ring * 6).max(1) + ring % 2;
    let turn = (y.atan2(x) / TAU + 0.5 + 0.37 * f64::from(ring)).fract() * f64::from(stones);
    let stone = whole(turn).min(stones - 1);
    let width = TAU * depth / f64::from(stones);
    let from_side = (turn.fract() - 0.5).abs() * width;
    let from_ring = (depth.fract() - 0.5).abs();
    if ring > 0 && (from_side > width / 2.0 - JOINT / 2.0 || from_ring > 0.5 - JOINT / 2.0) {
        return MORTAR;
    }
    let (usual, other) = PATTERN[ring as usize];
    let base = STONES[if stone % 3 == 2 { other } else { usual }];
    // No two stones are quite alike.
    let shade = (i32::try_from(hash(ring * 1009 + stone) % 5).unwrap_or(0) - 2) * 7;
    base.map(|channel| u8::try_from((i32::from(channel) + shade).clamp(0, 255)).unwrap_or(u8::MAX))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "ring and stone numbers are small and positive"
)]
fn whole(value: f64) -> u32 {
    value as u32
}

/// A well mixed number for each stone. Constants: the finaliser of MurmurHash3 (public domain).
pub(super) fn hash(value: u32) -> u32 {
    let mut mixed = value.wrapping_add(0x9e37_79b9);
    mixed = (mixed ^ (mixed >> 16)).wrapping_mul(0x85eb_ca6b);
    mixed = (mixed ^ (mixed >> 13)).wrapping_mul(0xc2b2_ae35);
    mixed ^ (mixed >> 16)
}
