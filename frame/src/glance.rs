//! Sums small enough to be looked at while they grow: their means, as half-precision numbers.
//!
//! Half the bytes of the sums, and three digits of each value: enough for an eye and for a denoiser that works for an eye, never for finished work.

use half::f16;

use crate::plane::Merge;
use crate::{PlaneSet, TilePlanes, TileRect};

impl TilePlanes {
    /// Bytes of [`Self::to_glance`].
    pub fn glance_bytes(rect: TileRect, planes: PlaneSet) -> usize {
        rect.pixels() * planes.channels() * size_of::<f16>()
    }

    /// The means of these sums over so many samples, plane by plane in order, little-endian; what is brighter than the largest half is that.
    /// `None` without samples, or when planes are not sums.
    pub fn to_glance(&self, samples: u32) -> Option<Vec<u8>> {
        if samples == 0 || !are_sums(self.planes()) {
            return None;
        }
        let (largest, scale) = (f16::MAX.to_f32(), 1.0 / samples as f32);
        let half = |sum: &f32| f16::from_f32((sum * scale).clamp(-largest, largest)).to_le_bytes();
        let mut bytes = Vec::with_capacity(Self::glance_bytes(self.rect(), self.planes()));
        for plane in self.planes().iter() {
            bytes.extend(self.plane(plane)?.iter().flat_map(half));
        }
        Some(bytes)
    }

    /// The sums that somebody's [`Self::to_glance`] shows; `None` when the length is not exactly right.
    pub fn from_glance(rect: TileRect, planes: PlaneSet, samples: u32, bytes: &[u8]) -> Option<Self> {
        if bytes.len() != Self::glance_bytes(rect, planes) || samples == 0 || !are_sums(planes) {
            return None;
        }
        let mut sums =
            bytes.chunks_exact(2).map(|two| f16::from_le_bytes([two[0], two[1]]).to_f32() * samples as f32);
        let plane = |channels: usize| sums.by_ref().take(rect.pixels() * channels).collect();
        let values = planes.iter().map(|plane| plane.channels()).map(plane).collect();
        Self::from_values(rect, planes, values)
    }
}

fn are_sums(planes: PlaneSet) -> bool {
    planes.iter().all(|plane| plane.merge() == Merge::Add)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Plane;

    const RECT: TileRect = TileRect { x: 1, y: 2, width: 3, height: 2 };

    #[test]
    fn a_glance_has_half_the_bytes_and_three_digits() {
        let mut sums = TilePlanes::zeroed(RECT, PlaneSet::DEFAULT);
        let values = [0.0, 16.0, 4.8, -1.6, 1e9, 3.2e-3];
        for (at, value) in values.iter().enumerate() {
            sums.plane_mut(Plane::Depth).expect("present")[at] = *value;
        }
        sums.plane_mut(Plane::LuminanceSquared).expect("the last one")[5] = 160.0;
        let bytes = sums.to_glance(16).expect("sums over samples");
        assert_eq!(bytes.len() * 2, sums.to_bytes().len());
        let seen = TilePlanes::from_glance(RECT, PlaneSet::DEFAULT, 16, &bytes).expect("the same planes");
        assert!(seen.is_finite());
        assert_eq!(seen.plane(Plane::LuminanceSquared).expect("present")[5], 160.0);
        for (at, value) in values.iter().enumerate() {
            let wanted = value.min(65_504.0 * 16.0);
            let got = seen.plane(Plane::Depth).expect("present")[at];
            assert!((got - wanted).abs() <= wanted.abs() * 5e-4, "{got} for {value}");
        }
    }

    #[test]
    fn a_glance_of_another_length_or_of_names_is_none() {
        let sums = TilePlanes::zeroed(RECT, PlaneSet::BEAUTY);
        let bytes = sums.to_glance(1).expect("sums");
        assert_eq!(TilePlanes::from_glance(RECT, PlaneSet::BEAUTY, 1, &bytes[1..]), None);
        assert_eq!(TilePlanes::from_glance(RECT, PlaneSet::DEFAULT, 1, &bytes), None);
        assert_eq!(
            (sums.to_glance(0), TilePlanes::from_glance(RECT, PlaneSet::BEAUTY, 0, &bytes)),
            (None, None)
        );
        let named = TilePlanes::zeroed(RECT, PlaneSet::BEAUTY.with(Plane::ObjectId));
        assert_eq!(named.to_glance(1), None);
    }
}
