//! A tile's planes with their values: per-pixel sums, added up, cropped, and as bytes.

use crate::plane::Merge;
use crate::{Plane, PlaneSet, TileRect, ranks};

/// The planes of one rectangle of pixels, row by row, channels interleaved.
#[derive(Clone, Debug, PartialEq)]
pub struct TilePlanes {
    rect: TileRect,
    planes: PlaneSet,
    values: Vec<Vec<f32>>,
}

impl TilePlanes {
    /// All zero.
    pub fn zeroed(rect: TileRect, planes: PlaneSet) -> Self {
        let values = planes.iter().map(|plane| vec![0.0; rect.pixels() * plane.channels()]).collect();
        Self { rect, planes, values }
    }

    /// From the planes' arrays in the order of [`PlaneSet::iter`]; `None` when a length is wrong.
    pub fn from_values(rect: TileRect, planes: PlaneSet, values: Vec<Vec<f32>>) -> Option<Self> {
        let lengths = planes.iter().map(|plane| rect.pixels() * plane.channels());
        lengths.eq(values.iter().map(Vec::len)).then_some(Self { rect, planes, values })
    }

    /// The pixels covered.
    pub fn rect(&self) -> TileRect {
        self.rect
    }

    /// Which planes there are.
    pub fn planes(&self) -> PlaneSet {
        self.planes
    }

    /// The same with the denoised colours beside the sums, three per pixel; `None` when there are not as many, or some already.
    pub fn with_denoised(mut self, colours: Vec<f32>) -> Option<Self> {
        let is_new = !self.planes.contains(Plane::Denoised);
        let fits = colours.len() == self.rect.pixels() * Plane::Denoised.channels();
        (is_new && fits).then(|| {
            // It has the highest number and so comes last.
            self.planes = self.planes.with(Plane::Denoised);
            self.values.push(colours);
            self
        })
    }

    /// The pixels of a smaller rectangle; `None` when it reaches outside.
    pub fn cropped(&self, rect: TileRect) -> Option<Self> {
        if rect == self.rect {
            return Some(self.clone());
        }
        let values = self.planes.iter().zip(&self.values);
        let values = values.map(|(plane, values)| self.rect.crop(values, plane.channels(), rect));
        Some(Self { rect, planes: self.planes, values: values.collect::<Option<_>>()? })
    }

    /// One plane's values, `channels` per pixel, row by row.
    pub fn plane(&self, plane: Plane) -> Option<&[f32]> {
        let at = self.planes.iter().position(|candidate| candidate == plane)?;
        Some(&self.values[at])
    }

    /// One plane's values, to be written.
    pub fn plane_mut(&mut self, plane: Plane) -> Option<&mut [f32]> {
        let at = self.planes.iter().position(|candidate| candidate == plane)?;
        Some(&mut self.values[at])
    }

    /// Adds the right neighbour in the summation tree to this one.
    ///
    /// # Panics
    /// When the two do not cover the same pixels and planes.
    pub fn add_right(&mut self, right: &Self) {
        assert_eq!((self.rect, self.planes), (right.rect, right.planes), "partials of one tile");
        for (at, plane) in self.planes.iter().enumerate() {
            let (left, right) = (&mut self.values[at], &right.values[at]);
            match plane.merge() {
                Merge::Add => left.iter_mut().zip(right).for_each(|(left, right)| *left += right),
                Merge::KeepLeft | Merge::Whole => {}
                Merge::Rank => {
                    let pixels = left.chunks_exact_mut(ranks::RANK_VALUES);
                    pixels.zip(right.chunks_exact(ranks::RANK_VALUES)).for_each(|(l, r)| ranks::merge(l, r));
                }
            }
        }
    }

    /// Whether every number is finite (ids are bits, any value is fine).
    pub fn is_finite(&self) -> bool {
        let finite = |(plane, values): (Plane, &Vec<f32>)| match plane.merge() {
            Merge::Add | Merge::Whole => values.iter().all(|value| value.is_finite()),
            Merge::KeepLeft => true,
            Merge::Rank => values.iter().skip(1).step_by(2).all(|count| count.is_finite()),
        };
        self.planes.iter().zip(&self.values).all(finite)
    }

    /// Little-endian bytes of all planes in order: what is hashed, sealed and sent.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.rect.pixels() * self.planes.channels() * size_of::<f32>());
        self.put_bytes(0..self.rect.pixels(), &mut bytes);
        bytes
    }

    /// Appends the little-endian bytes of some pixels, counted row by row: plane by plane in order, as in [`Self::to_bytes`].
    ///
    /// # Panics
    /// When there are no such pixels.
    pub fn put_bytes(&self, pixels: std::ops::Range<usize>, bytes: &mut Vec<u8>) {
        for (plane, values) in self.planes.iter().zip(&self.values) {
            let channels = plane.channels();
            let values = &values[pixels.start * channels..pixels.end * channels];
            // Every tile passes here several times, so its bytes are copied whole where memory has their order.
            if cfg!(target_endian = "little") {
                bytes.extend_from_slice(bytemuck::cast_slice(values));
            } else {
                bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
            }
        }
    }

    /// The reverse of [`Self::to_bytes`]; `None` when the length is not exactly right.
    pub fn from_bytes(rect: TileRect, planes: PlaneSet, bytes: &[u8]) -> Option<Self> {
        if rect.pixels().checked_mul(planes.channels() * 4)? != bytes.len() {
            return None;
        }
        let number = |four: &[u8]| f32::from_le_bytes([four[0], four[1], four[2], four[3]]);
        let mut rest = bytes;
        let mut next = |plane: Plane| {
            let (values, after) = rest.split_at(rect.pixels() * plane.channels() * size_of::<f32>());
            rest = after;
            values.chunks_exact(4).map(number).collect()
        };
        let values = planes.iter().map(&mut next).collect();
        Self::from_values(rect, planes, values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECT: TileRect = TileRect { x: 1, y: 2, width: 3, height: 2 };

    #[test]
    fn planes_survive_their_bytes() {
        let mut tile = TilePlanes::zeroed(RECT, PlaneSet::DEFAULT.with(Plane::ObjectId));
        tile.plane_mut(Plane::Normal).expect("present")[7] = -0.25;
        tile.plane_mut(Plane::ObjectId).expect("present")[2] = f32::from_bits(0x7fc0_1234);
        let bytes = tile.to_bytes();
        let back = TilePlanes::from_bytes(RECT, tile.planes(), &bytes).expect("same length");
        assert_eq!(back.to_bytes(), bytes);
        assert_eq!(TilePlanes::from_bytes(RECT, tile.planes(), &bytes[1..]), None);
        assert!(back.is_finite());
    }

    #[test]
    fn ids_keep_the_lower_sample_and_sums_add() {
        let planes = PlaneSet::BEAUTY.with(Plane::ObjectId);
        let mut left = TilePlanes::zeroed(RECT, planes);
        let mut right = left.clone();
        left.plane_mut(Plane::ObjectId).expect("present")[0] = f32::from_bits(7);
        right.plane_mut(Plane::ObjectId).expect("present")[0] = f32::from_bits(9);
        right.plane_mut(Plane::Radiance).expect("present")[0] = 2.0;
        left.add_right(&right);
        assert_eq!(left.plane(Plane::ObjectId).expect("present")[0].to_bits(), 7);
        assert_eq!(left.plane(Plane::Radiance).expect("present")[0], 2.0);
    }

    #[test]
    fn ranked_ids_add_pixel_by_pixel_and_their_counts_are_numbers() {
        let planes = PlaneSet::BEAUTY.with(Plane::MaterialRanks);
        let with = |pixel: usize, ids: &[u32]| {
            let mut tile = TilePlanes::zeroed(RECT, planes);
            let values = tile.plane_mut(Plane::MaterialRanks).expect("present");
            values[pixel * ranks::RANK_VALUES..][..ranks::RANK_VALUES]
                .copy_from_slice(&ranks::rank(ids.iter().copied()));
            tile
        };
        let mut left = with(1, &[0x7fc0_1234, 3]);
        left.add_right(&with(1, &[3, 3, 8]));
        left.add_right(&with(2, &[1]));
        let values = left.plane(Plane::MaterialRanks).expect("present");
        let pixel = |at: usize| ranks::pairs(&values[at * ranks::RANK_VALUES..]).collect::<Vec<_>>();
        assert_eq!(pixel(1)[..3], [(3, 3.0), (8, 1.0), (0x7fc0_1234, 1.0)]);
        assert_eq!((pixel(0).len(), pixel(2)[0]), (0, (1, 1.0)));
        assert!(left.is_finite(), "an id may look like a NaN");
        left.plane_mut(Plane::MaterialRanks).expect("present")[1] = f32::NAN;
        assert!(!left.is_finite(), "a count may not");
    }
}
