//! What is denoised: per-pixel means, from a picture or from a tile's sums.

use std::borrow::Cow;

use frame::{Picture, Plane, TilePlanes};

/// The means of one picture or part of one, row by row, borrowed where the source has them already.
///
/// Values may be anything, also not finite: whoever reads them goes through [`super::features::pixel`].
#[derive(Clone, Debug)]
pub struct NoisyPicture<'a> {
    width: usize,
    height: usize,
    radiance: Cow<'a, [f32]>,
    albedo: Cow<'a, [f32]>,
    normal: Cow<'a, [f32]>,
    depth: Cow<'a, [f32]>,
    hits: Cow<'a, [f32]>,
    variance: Cow<'a, [f32]>,
    samples: Cow<'a, [u32]>,
}

/// The planes of a [`NoisyPicture`] before they are checked.
#[derive(Clone, Debug)]
pub struct NoisyPlanes<'a> {
    /// Linear Rec.709, three for each pixel.
    pub radiance: Cow<'a, [f32]>,
    /// Three for each pixel.
    pub albedo: Cow<'a, [f32]>,
    /// World space, not brought back to length 1, three for each pixel.
    pub normal: Cow<'a, [f32]>,
    /// Mean over the samples that hit something, metres.
    pub depth: Cow<'a, [f32]>,
    /// Share of the samples that hit something.
    pub hits: Cow<'a, [f32]>,
    /// Variance of the mean luminance; 0 where it is unknown.
    pub variance: Cow<'a, [f32]>,
    /// How many samples there are.
    pub samples: Cow<'a, [u32]>,
}

/// Why something cannot be denoised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoisyFault {
    /// The renderer was not asked for a plane that the network looks at.
    #[error("the picture has no plane {0:?}, which the denoiser looks at")]
    MissingPlane(Plane),
    /// A plane has more or fewer values than the picture has pixels.
    #[error("the planes do not belong to a picture of {0} by {1} pixels")]
    WrongSize(usize, usize),
}

impl<'a> NoisyPicture<'a> {
    /// Puts planes together.
    ///
    /// # Errors
    /// [`NoisyFault::WrongSize`] when there are no pixels, or a plane has another number of them.
    pub fn new(width: usize, height: usize, planes: NoisyPlanes<'a>) -> Result<Self, NoisyFault> {
        let pixels = width.checked_mul(height).filter(|&pixels| pixels > 0);
        let triple = pixels.and_then(|pixels| pixels.checked_mul(3));
        let NoisyPlanes { radiance, albedo, normal, depth, hits, variance, samples } = planes;
        let colours = [&radiance, &albedo, &normal].iter().all(|plane| Some(plane.len()) == triple);
        let numbers = [&depth, &hits, &variance].iter().all(|plane| Some(plane.len()) == pixels);
        if colours && numbers && Some(samples.len()) == pixels {
            Ok(Self { width, height, radiance, albedo, normal, depth, hits, variance, samples })
        } else {
            Err(NoisyFault::WrongSize(width, height))
        }
    }

    /// A picture's means, without copying them.
    ///
    /// # Errors
    /// [`NoisyFault::MissingPlane`] when the picture was rendered without what the network looks at.
    pub fn from_picture(picture: &'a Picture) -> Result<Self, NoisyFault> {
        let plane = |plane| picture.plane(plane).map(Cow::Borrowed).ok_or(NoisyFault::MissingPlane(plane));
        let planes = NoisyPlanes {
            radiance: plane(Plane::Radiance)?,
            albedo: plane(Plane::Albedo)?,
            normal: plane(Plane::Normal)?,
            depth: plane(Plane::Depth)?,
            hits: plane(Plane::Hits)?,
            variance: picture
                .variance()
                .map(Cow::Borrowed)
                .ok_or(NoisyFault::MissingPlane(Plane::LuminanceSquared))?,
            samples: Cow::Borrowed(picture.samples()),
        };
        Self::new(picture.size().width() as usize, picture.size().height() as usize, planes)
    }

    /// The means of one tile's sums of `samples` samples for each pixel.
    ///
    /// # Errors
    /// [`NoisyFault`] when planes are missing or the tile is no picture.
    pub fn from_sums(sums: &TilePlanes, samples: u32) -> Result<NoisyPicture<'static>, NoisyFault> {
        let rect = sums.rect();
        let wrong = NoisyFault::WrongSize(rect.width as usize, rect.height as usize);
        let picture = Picture::of_tile(sums, samples).ok_or(wrong)?;
        Ok(NoisyPicture::from_picture(&picture)?.into_owned())
    }

    /// The same with planes of its own.
    pub fn into_owned(self) -> NoisyPicture<'static> {
        let owned = |plane: Cow<'_, [f32]>| Cow::Owned(plane.into_owned());
        NoisyPicture {
            width: self.width,
            height: self.height,
            radiance: owned(self.radiance),
            albedo: owned(self.albedo),
            normal: owned(self.normal),
            depth: owned(self.depth),
            hits: owned(self.hits),
            variance: owned(self.variance),
            samples: Cow::Owned(self.samples.into_owned()),
        }
    }

    /// Columns, at least 1.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Rows, at least 1.
    pub fn height(&self) -> usize {
        self.height
    }

    /// Three for each pixel.
    pub fn radiance(&self) -> &[f32] {
        &self.radiance
    }

    /// Three for each pixel.
    pub fn albedo(&self) -> &[f32] {
        &self.albedo
    }

    /// Three for each pixel.
    pub fn normal(&self) -> &[f32] {
        &self.normal
    }

    /// Metres, mean over the samples that hit something.
    pub fn depth(&self) -> &[f32] {
        &self.depth
    }

    /// Share of the samples that hit something.
    pub fn hits(&self) -> &[f32] {
        &self.hits
    }

    /// Variance of the mean luminance.
    pub fn variance(&self) -> &[f32] {
        &self.variance
    }

    /// Samples of each pixel.
    pub fn samples(&self) -> &[u32] {
        &self.samples
    }
}
