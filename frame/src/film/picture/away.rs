//! A picture's numbers somewhere else for a while, so that frames that wait for others do not fill the memory.
//!
//! The bytes have the order of this machine and are read by the process that wrote them; they are no format.

use std::io::{self, Read, Write};

use super::Picture;
use crate::{FrameSize, PlaneSet, TilePlanes};

/// All of a [`Picture`] but its numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PictureShape {
    size: FrameSize,
    planes: PlaneSet,
    has_variance: bool,
    is_denoised: bool,
}

impl Picture {
    /// Writes the numbers of a picture that was not steadied; the result and the same bytes give it back to [`PictureShape::read`].
    ///
    /// # Errors
    /// As `to` has them.
    pub fn put_away(&self, to: &mut impl Write) -> io::Result<PictureShape> {
        for plane in self.means.planes().iter() {
            to.write_all(bytemuck::cast_slice(self.means.plane(plane).unwrap_or_default()))?;
        }
        for numbers in [&self.variance, &self.denoised].into_iter().flatten() {
            to.write_all(bytemuck::cast_slice(numbers))?;
        }
        to.write_all(bytemuck::cast_slice(&self.samples))?;
        Ok(PictureShape {
            size: self.size,
            planes: self.means.planes(),
            has_variance: self.variance.is_some(),
            is_denoised: self.denoised.is_some(),
        })
    }
}

impl PictureShape {
    /// The picture of this shape whose numbers these are.
    ///
    /// # Errors
    /// As `from` has them, also when it ends too soon.
    pub fn read(self, from: &mut impl Read) -> io::Result<Picture> {
        let mut picture = Picture::empty(self.size, self.planes);
        let mut means = TilePlanes::zeroed(picture.rect(), self.planes);
        for plane in self.planes.iter() {
            from.read_exact(bytemuck::cast_slice_mut(means.plane_mut(plane).unwrap_or_default()))?;
        }
        let mut numbers = |is_there: bool, channels: usize| -> io::Result<Option<Vec<f32>>> {
            let mut numbers = vec![0.0; if is_there { picture.samples.len() * channels } else { 0 }];
            from.read_exact(bytemuck::cast_slice_mut(&mut numbers))?;
            Ok(is_there.then_some(numbers))
        };
        let (variance, denoised) = (numbers(self.has_variance, 1)?, numbers(self.is_denoised, 3)?);
        from.read_exact(bytemuck::cast_slice_mut(&mut picture.samples))?;
        Ok(Picture { means, variance, denoised, ..picture })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Plane, TileRect};

    #[test]
    fn a_picture_that_was_away_comes_back_with_every_bit() {
        let rect = TileRect { x: 0, y: 0, width: 3, height: 2 };
        let planes = PlaneSet::DEFAULT.with(Plane::ObjectId).with(Plane::Motion);
        let mut sums = TilePlanes::zeroed(rect, planes);
        for plane in planes.iter() {
            let values = sums.plane_mut(plane).expect("in the set");
            values.iter_mut().enumerate().for_each(|(at, value)| *value = at as f32 + f32::from(plane as u8));
        }
        sums.plane_mut(Plane::ObjectId).expect("in the set")[1] = f32::from_bits(0x7fc0_1234);
        for sums in [sums.clone(), sums.with_denoised(vec![0.5; 18]).expect("it fits")] {
            let picture = Picture::of_tile(&sums, 4).expect("a picture");
            let mut bytes = Vec::new();
            let shape = picture.put_away(&mut bytes).expect("memory takes all");
            let back = shape.read(&mut bytes.as_slice()).expect("as many bytes");
            let ids = |picture: &Picture| picture.plane(Plane::ObjectId).map(|ids| ids[1].to_bits());
            assert_eq!((ids(&back), back.denoised()), (ids(&picture), picture.denoised()));
            let mut again = Vec::new();
            assert_eq!(back.put_away(&mut again).expect("memory takes all"), shape);
            assert_eq!(again, bytes);
            assert!(shape.read(&mut &bytes[1..]).is_err(), "it ends too soon");
        }
    }
}
