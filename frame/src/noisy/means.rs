//! What a denoiser sees: per-pixel means of a rectangle.

use crate::{Picture, Plane, TileRect};

/// Per-pixel means of a rectangle: all that a denoiser sees of it. Never empty, and every plane has its size.
#[derive(Clone, Debug, PartialEq)]
pub struct Noisy {
    width: u32,
    height: u32,
    planes: NoisyPlanes,
}

/// The planes of a [`Noisy`], row by row, channels interleaved. Values may be anything, also not finite.
#[derive(Clone, Debug, PartialEq)]
pub struct NoisyPlanes {
    /// Mean radiance, linear Rec.709, three a pixel.
    pub radiance: Vec<f32>,
    /// Mean albedo, three a pixel.
    pub albedo: Vec<f32>,
    /// Mean normal, world space, three a pixel, not brought to length 1.
    pub normal: Vec<f32>,
    /// Mean depth of the samples that hit something, metres; means nothing where none did.
    pub depth: Vec<f32>,
    /// Share of the samples that hit something.
    pub hits: Vec<f32>,
    /// Variance of the mean luminance; 0 where fewer than two samples are there.
    pub variance: Vec<f32>,
    /// Number of samples.
    pub samples: Vec<u32>,
}

impl Noisy {
    /// Puts planes together; `None` when there are no pixels, or a plane has another number of them.
    pub fn new(width: u32, height: u32, planes: NoisyPlanes) -> Option<Self> {
        let pixels = (width as usize).checked_mul(height as usize).filter(|&pixels| pixels > 0)?;
        let triple = pixels.checked_mul(3)?;
        let colours = [&planes.radiance, &planes.albedo, &planes.normal];
        let numbers = [&planes.depth, &planes.hits, &planes.variance];
        let fit = colours.iter().all(|plane| plane.len() == triple)
            && numbers.iter().all(|plane| plane.len() == pixels)
            && planes.samples.len() == pixels;
        fit.then_some(Self { width, height, planes })
    }

    /// Columns, at least 1.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Rows, at least 1.
    pub fn height(&self) -> u32 {
        self.height
    }

    /// The pixels of a smaller rectangle; `None` when it reaches outside.
    pub fn cropped(&self, rect: TileRect) -> Option<Self> {
        let whole = TileRect { x: 0, y: 0, width: self.width, height: self.height };
        let planes = NoisyPlanes {
            radiance: whole.crop(&self.radiance, 3, rect)?,
            albedo: whole.crop(&self.albedo, 3, rect)?,
            normal: whole.crop(&self.normal, 3, rect)?,
            depth: whole.crop(&self.depth, 1, rect)?,
            hits: whole.crop(&self.hits, 1, rect)?,
            variance: whole.crop(&self.variance, 1, rect)?,
            samples: whole.crop(&self.samples, 1, rect)?,
        };
        Self::new(rect.width, rect.height, planes)
    }
}

impl std::ops::Deref for Noisy {
    type Target = NoisyPlanes;

    fn deref(&self) -> &NoisyPlanes {
        &self.planes
    }
}

impl Picture {
    /// What a denoiser sees of some pixels; `None` outside the picture or without the planes of [`crate::PlaneSet::DEFAULT`].
    pub fn noisy(&self, rect: TileRect) -> Option<Noisy> {
        let whole = self.rect();
        let plane = |plane: Plane| whole.crop(self.plane(plane)?, plane.channels(), rect);
        let planes = NoisyPlanes {
            radiance: plane(Plane::Radiance)?,
            albedo: plane(Plane::Albedo)?,
            normal: plane(Plane::Normal)?,
            depth: plane(Plane::Depth)?,
            hits: plane(Plane::Hits)?,
            variance: whole.crop(self.variance()?, 1, rect)?,
            samples: whole.crop(self.samples(), 1, rect)?,
        };
        Noisy::new(rect.width, rect.height, planes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{PlaneSet, TilePlanes};

    const RECT: TileRect = TileRect { x: 48, y: 16, width: 2, height: 1 };

    fn of_sums(sums: &TilePlanes, samples: u32) -> Option<Noisy> {
        let picture = Picture::of_tile(sums, samples)?;
        picture.noisy(picture.rect())
    }

    #[test]
    fn sums_of_a_tile_become_means_wherever_it_lies() {
        let mut sums = TilePlanes::zeroed(RECT, PlaneSet::DEFAULT);
        let mut put = |plane, values: &[f32]| {
            sums.plane_mut(plane).expect("in the set").copy_from_slice(values);
        };
        put(Plane::Radiance, &[4.0, 4.0, 4.0, 8.0, 0.0, 0.0]);
        put(Plane::Albedo, &[2.0, 1.0, 0.0, 4.0, 4.0, 4.0]);
        put(Plane::Normal, &[0.0, 4.0, 0.0, 0.0, 0.0, -2.0]);
        put(Plane::Depth, &[6.0, 0.0]);
        put(Plane::Hits, &[3.0, 0.0]);
        put(Plane::LuminanceSquared, &[16.0, 0.0]);
        let noisy = of_sums(&sums, 4).expect("all planes are there");
        assert_eq!((noisy.width(), noisy.height()), (2, 1));
        assert_eq!(noisy.radiance, [1.0, 1.0, 1.0, 2.0, 0.0, 0.0]);
        assert_eq!(noisy.albedo, [0.5, 0.25, 0.0, 1.0, 1.0, 1.0]);
        assert_eq!(noisy.normal, [0.0, 1.0, 0.0, 0.0, 0.0, -0.5]);
        assert_eq!((noisy.depth[0], noisy.hits.as_slice()), (2.0, [0.75, 0.0].as_slice()));
        assert_eq!(noisy.samples, [4, 4]);
        // (16 - 4 · 1²) / 3 / 4
        assert!((noisy.variance[0] - 1.0).abs() < 1e-6, "{:?}", noisy.variance);
        let none = of_sums(&sums, 0).expect("all planes are there");
        assert_eq!(
            (none.samples.as_slice(), none.radiance.as_slice()),
            ([0, 0].as_slice(), [0.0; 6].as_slice())
        );
    }

    #[test]
    fn pictures_without_what_a_denoiser_looks_at_are_refused() {
        assert_eq!(of_sums(&TilePlanes::zeroed(RECT, PlaneSet::BEAUTY), 4), None);
    }

    #[test]
    fn planes_of_other_sizes_are_refused() {
        let planes = |pixels: usize| NoisyPlanes {
            radiance: vec![0.0; 12],
            albedo: vec![0.0; 12],
            normal: vec![0.0; 12],
            depth: vec![0.0; pixels],
            hits: vec![0.0; 4],
            variance: vec![0.0; 4],
            samples: vec![1; 4],
        };
        assert!(Noisy::new(2, 2, planes(4)).is_some());
        for (width, height, pixels) in [(2, 2, 3), (4, 2, 4), (0, 0, 4), (u32::MAX, u32::MAX, 4)] {
            assert_eq!(Noisy::new(width, height, planes(pixels)), None, "{width}x{height}, {pixels}");
        }
    }
}
