//! Fetches a neighbour's pixels along the motion, and says where they show the same surface.

use std::ops::Range;

use crate::{Picture, Plane};

/// Albedo may differ by so much in each channel.
const ALBEDO_APART: f32 = 0.1;
/// Normals may differ by so much in each coordinate.
const NORMAL_APART: f32 = 0.3;
/// Keeps the quotient of two albedos near 1 where both are dark.
const ALBEDO_MORE: f32 = 0.05;
/// Depths may differ by this share of the frame's own.
const DEPTH_APART: f32 = 0.05;

/// What of a frame says which surface a pixel shows, and how bright it was found.
pub(super) struct Guides<'a> {
    pub(super) width: usize,
    pub(super) height: usize,
    colours: &'a [f32],
    albedo: &'a [f32],
    normal: &'a [f32],
    depth: &'a [f32],
    motion: &'a [f32],
    samples: &'a [u32],
}

/// Some rows of a neighbour as they lie in this frame.
pub(super) struct Fetched {
    /// Denoised radiance with the texture of this frame, three values a pixel; 0 where nothing agrees.
    pub(super) colours: Vec<f32>,
    /// Whether a pixel shows the same surface there.
    pub(super) agrees: Vec<bool>,
}

/// Where between four pixels a value is read.
struct Place {
    /// Upper left, upper right, lower left, lower right.
    pixels: [usize; 4],
    right: f32,
    down: f32,
}

impl<'a> Guides<'a> {
    /// `None` without the planes.
    pub(super) fn of(picture: &'a Picture) -> Option<Self> {
        Some(Self {
            width: picture.size().width() as usize,
            height: picture.size().height() as usize,
            colours: picture.denoised(),
            albedo: picture.plane(Plane::Albedo)?,
            normal: picture.plane(Plane::Normal)?,
            depth: picture.plane(Plane::Depth)?,
            motion: picture.plane(Plane::Motion)?,
            samples: picture.samples(),
        })
    }

    /// What the pixels of some rows were in `other`, `forth` frames later (1 or -1).
    pub(super) fn fetch(&self, other: &Self, forth: f32, rows: Range<usize>) -> Fetched {
        let pixels = rows.len() * self.width;
        let mut fetched = Fetched { colours: vec![0.0; 3 * pixels], agrees: vec![false; pixels] };
        for (at, pixel) in (rows.start * self.width..rows.end * self.width).enumerate() {
            let Some(place) = self.place(pixel, forth) else { continue };
            if self.samples[pixel] == 0 || place.pixels.iter().any(|&from| other.samples[from] == 0) {
                continue;
            }
            let albedo = place.read::<3>(other.albedo);
            if !self.is_alike(pixel, other, &place, albedo) {
                continue;
            }
            let colour = self.retextured(pixel, place.read::<3>(other.colours), albedo);
            let own = &self.colours[3 * pixel..3 * pixel + 3];
            let is_light = colour.iter().all(|value| value.is_finite() && *value >= 0.0);
            if is_light && own.iter().all(|value| value.is_finite()) {
                fetched.agrees[at] = true;
                fetched.colours[3 * at..3 * at + 3].copy_from_slice(&colour);
            }
        }
        fetched
    }

    /// Where a pixel's centre goes; nothing outside of the picture, and where motion is no number.
    fn place(&self, pixel: usize, forth: f32) -> Option<Place> {
        let (x, right) = between(pixel % self.width, forth * self.motion[2 * pixel], self.width)?;
        let (y, down) = between(pixel / self.width, forth * self.motion[2 * pixel + 1], self.height)?;
        let row = |y: usize| y.min(self.height - 1) * self.width;
        let column = |x: usize| x.min(self.width - 1);
        let pixels =
            [row(y) + column(x), row(y) + column(x + 1), row(y + 1) + column(x), row(y + 1) + column(x + 1)];
        Some(Place { pixels, right, down })
    }

    /// Whether both frames show the same surface; never where a guide is not finite.
    fn is_alike(&self, pixel: usize, other: &Self, place: &Place, albedo: [f32; 3]) -> bool {
        let within = |own: &[f32], there: [f32; 3], bound: f32| {
            own[3 * pixel..].iter().zip(there).all(|(own, there)| (there - own).abs() <= bound)
        };
        let depth = self.depth[pixel];
        within(self.albedo, albedo, ALBEDO_APART)
            && within(self.normal, place.read(other.normal), NORMAL_APART)
            && (place.read::<1>(other.depth)[0] - depth).abs() <= DEPTH_APART * depth.abs()
    }
}

impl Guides<'_> {
    /// A neighbour's colour with the texture of this frame: what lies between pixels is blurred, light hardly, textures visibly. Where nothing moves
    /// nothing is blurred, and the colour stays.
    fn retextured(&self, pixel: usize, colour: [f32; 3], albedo: [f32; 3]) -> [f32; 3] {
        let moved_px = self.motion[2 * pixel].abs().max(self.motion[2 * pixel + 1].abs());
        let share = (2.0 * moved_px).min(1.0);
        let more = |albedo: f32| albedo.clamp(0.0, 1.0) + ALBEDO_MORE;
        std::array::from_fn(|channel| {
            let quotient = more(self.albedo[3 * pixel + channel]) / more(albedo[channel]);
            colour[channel] * (1.0 + share * (quotient - 1.0))
        })
    }
}

impl Place {
    /// Bilinear, of planes with so many values a pixel.
    fn read<const N: usize>(&self, plane: &[f32]) -> [f32; N] {
        std::array::from_fn(|channel| {
            let [upper_left, upper_right, lower_left, lower_right] =
                self.pixels.map(|pixel| plane[N * pixel + channel]);
            let upper = upper_left + self.right * (upper_right - upper_left);
            let lower = lower_left + self.right * (lower_right - lower_left);
            upper + self.down * (lower - upper)
        })
    }
}

/// The pixel before a place on one axis, and the share of the next one; nothing outside of 0 … `length`. In the outer half of the
/// first and last pixel the edge repeats.
fn between(index: usize, by: f32, length: usize) -> Option<(usize, f32)> {
    let place = index as f32 + by;
    let last = (length - 1) as f32;
    if !(-0.5..=last + 0.5).contains(&place) {
        return None;
    }
    let place = place.clamp(0.0, last);
    Some((place as usize, place.fract()))
}
