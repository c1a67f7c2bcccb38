//! A picture: sums divided by their samples, pixel by pixel, ready to be written or looked at.

mod away;

use crate::{FrameSize, Plane, PlaneSet, TilePlanes, TileRect};

pub use away::PictureShape;

/// Depth where no sample hit anything, metres.
///
/// A large finite number, the one that Blender's Cycles writes: compositors' blur, fog and merge nodes compute with
/// depth, and an infinity would turn into NaN in the first subtraction of two of them.
pub const DEPTH_OF_NOTHING_M: f32 = 1e10;

/// Shares of red, green and blue in luminance.
pub(crate) const LUMINANCE: [f64; 3] = [0.2126, 0.7152, 0.0722];

/// The per-pixel means of a film.
///
/// Pixels without any sample are zero in every plane, depth included; their count of samples is 0 and their alpha 0.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    size: FrameSize,
    means: TilePlanes,
    variance: Option<Vec<f32>>,
    samples: Vec<u32>,
    /// Radiance with the denoised pixels in place of theirs, once there are any.
    denoised: Option<Vec<f32>>,
    /// The same averaged with the frames before and after, once that was done.
    steadied: Option<Vec<f32>>,
}

/// Red, green, blue and alpha of a whole picture, scene-linear, premultiplied, row by row.
#[derive(Clone, Debug, PartialEq)]
pub struct Colours {
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Four values per pixel.
    pub rgba: Vec<f32>,
}

impl Picture {
    /// A picture without samples.
    pub(super) fn empty(size: FrameSize, planes: PlaneSet) -> Self {
        let rect = whole(size);
        let pixels = rect.pixels();
        let variance = planes.contains(Plane::LuminanceSquared).then(|| vec![0.0; pixels]);
        let means = TilePlanes::zeroed(rect, planes);
        Self { size, means, variance, samples: vec![0; pixels], denoised: None, steadied: None }
    }

    /// One tile as a picture of its own: the sums of `samples` samples for each pixel become means.
    ///
    /// `None` when the tile has no pixels, or more of them than a frame may have.
    pub fn of_tile(sums: &TilePlanes, samples: u32) -> Option<Self> {
        let rect = sums.rect();
        let mut picture = Self::empty(FrameSize::new(rect.width, rect.height).ok()?, sums.planes());
        if samples > 0 {
            picture.develop_at((0, 0), sums, samples);
        }
        Some(picture)
    }

    /// Turns the sums of `samples` samples per pixel of one tile into means.
    pub(super) fn develop(&mut self, sums: &TilePlanes, samples: u32) {
        self.develop_at((sums.rect().x, sums.rect().y), sums, samples);
    }

    /// The same where the tile's upper left pixel lies at `x`, `y` of the picture.
    fn develop_at(&mut self, (x, y): (u32, u32), sums: &TilePlanes, samples: u32) {
        let rect = sums.rect();
        let stride = self.size.width() as usize;
        let row_start = |row: usize| (y as usize + row) * stride + x as usize;
        let (columns, rows) = (rect.width as usize, rect.height as usize);
        for plane in self.means.planes().iter() {
            let channels = plane.channels();
            let from = sums.plane(plane).expect("merge checked the planes");
            let hits = hit_counts(sums, plane);
            let to = self.means.plane_mut(plane).expect("a plane of its own set");
            for row in 0..rows {
                let source = row * columns * channels..(row + 1) * columns * channels;
                let target = row_start(row) * channels..(row_start(row) + columns) * channels;
                let (target, source) = (&mut to[target], &from[source]);
                match hits.map(|hits| &hits[row * columns..(row + 1) * columns]) {
                    _ if plane.is_id() => target.copy_from_slice(source),
                    _ if plane.is_ranked() => cover(target, source, samples as f32),
                    Some(hits) => divide_by_hits(target, source, hits, plane),
                    None => divide(target, source, samples as f32),
                }
            }
        }
        self.beautify(TileRect { x, y, ..rect }, sums.plane(Plane::Denoised));
        for row in 0..rows {
            self.samples[row_start(row)..row_start(row) + columns].fill(samples);
            if let Some(variance) = &mut self.variance {
                let target = &mut variance[row_start(row)..row_start(row) + columns];
                for (column, value) in target.iter_mut().enumerate() {
                    *value = variance_of_mean(sums, row * columns + column, samples);
                }
            }
        }
    }

    /// Replaces the colours of a rectangle by denoised ones, three a pixel, where there are samples.
    pub(crate) fn set_denoised(&mut self, rect: TileRect, colours: &[f32]) {
        let mut colours = colours.to_vec();
        let samples = self.rect().crop(&self.samples, 1, rect).unwrap_or_default();
        for (colour, _) in colours.chunks_exact_mut(3).zip(samples).filter(|(_, samples)| *samples == 0) {
            colour.fill(0.0);
        }
        self.beautify(rect, Some(&colours));
    }

    /// Brings the denoised colours up to date with what is known of a rectangle; whatever was steadied is outdated by that.
    fn beautify(&mut self, rect: TileRect, denoised: Option<&[f32]>) {
        if denoised.is_none() && self.denoised.is_none() {
            return;
        }
        self.steadied = None;
        let whole = self.rect();
        let radiance = self.means.plane(Plane::Radiance).expect("every set has radiance");
        let beauty = self.denoised.get_or_insert_with(|| radiance.to_vec());
        match denoised {
            Some(colours) => whole.paste(beauty, 3, rect, colours),
            None => {
                let noisy = whole.crop(radiance, 3, rect).expect("tiles lie inside their frame");
                whole.paste(beauty, 3, rect, &noisy);
            }
        }
    }

    /// Pixels.
    pub fn size(&self) -> FrameSize {
        self.size
    }

    /// The whole picture as a rectangle.
    pub fn rect(&self) -> TileRect {
        whole(self.size)
    }

    /// The colours that people want to see, three a pixel: steadied where that was done, else as [`Self::denoised`].
    pub fn beauty(&self) -> &[f32] {
        self.steadied.as_deref().unwrap_or_else(|| self.denoised())
    }

    /// What this frame alone shows, three a pixel: denoised where that was done, else [`Plane::Radiance`].
    pub fn denoised(&self) -> &[f32] {
        let radiance = self.means.plane(Plane::Radiance).expect("every set has radiance");
        self.denoised.as_deref().unwrap_or(radiance)
    }

    /// Replaces the beauty, and leaves [`Self::denoised`] as it is.
    pub(crate) fn set_steadied(&mut self, colours: Vec<f32>) {
        assert_eq!(colours.len(), self.samples.len() * 3, "as many values as pixels");
        self.steadied = Some(colours);
    }

    /// Which planes there are.
    pub fn planes(&self) -> PlaneSet {
        self.means.planes()
    }

    /// Means of one plane, `channels` per pixel, row by row.
    ///
    /// Depth and position are means over the samples that hit something (see [`DEPTH_OF_NOTHING_M`]; position 0 where
    /// nothing was hit). Normals are averaged and *not* brought back to length 1: the length says how much the normals
    /// inside the pixel agree, and denoisers are trained on exactly that. `Hits` and `LuminanceSquared` are means
    /// like the rest, ids are the bits of the lowest sample's. Ranked ids stand beside their share of the samples.
    pub fn plane(&self, plane: Plane) -> Option<&[f32]> {
        self.means.plane(plane)
    }

    /// Variance of each pixel's mean luminance; `None` without [`Plane::LuminanceSquared`].
    ///
    /// With n samples of luminance Lᵢ and mean m: `max(0, (Σ Lᵢ² − n m²) / (n − 1)) / n`. 0 where n < 2, where it is unknown.
    pub fn variance(&self) -> Option<&[f32]> {
        self.variance.as_deref()
    }

    /// Samples of each pixel.
    pub fn samples(&self) -> &[u32] {
        &self.samples
    }

    /// How many pixels have no sample at all.
    pub fn pixels_without_samples(&self) -> u64 {
        self.samples.iter().filter(|&&samples| samples == 0).count() as u64
    }

    /// Beauty and coverage, as a viewer shows them.
    pub fn colours(&self) -> Colours {
        let alpha = self.plane(Plane::Alpha).expect("every set has coverage");
        let pixels = self.beauty().chunks_exact(3).zip(alpha);
        let rgba = pixels.flat_map(|(rgb, &alpha)| [rgb[0], rgb[1], rgb[2], alpha]).collect();
        Colours { width: self.size.width(), height: self.size.height(), rgba }
    }
}

fn whole(size: FrameSize) -> TileRect {
    TileRect { x: 0, y: 0, width: size.width(), height: size.height() }
}

/// The numbers of hits that divide this plane; `None` when the number of samples does.
fn hit_counts(sums: &TilePlanes, plane: Plane) -> Option<&[f32]> {
    matches!(plane, Plane::Depth | Plane::Position).then(|| sums.plane(Plane::Hits)).flatten()
}

fn divide(means: &mut [f32], sums: &[f32], samples: f32) {
    means.iter_mut().zip(sums).for_each(|(mean, &sum)| *mean = sum / samples);
}

/// Ids stay, counts become shares of the samples.
fn cover(shares: &mut [f32], counts: &[f32], samples: f32) {
    for (to, from) in shares.chunks_exact_mut(2).zip(counts.chunks_exact(2)) {
        to.copy_from_slice(&[from[0], from[1] / samples]);
    }
}

fn divide_by_hits(means: &mut [f32], sums: &[f32], hits: &[f32], plane: Plane) {
    let nothing = if plane == Plane::Depth { DEPTH_OF_NOTHING_M } else { 0.0 };
    let pixels = means.chunks_exact_mut(plane.channels()).zip(sums.chunks_exact(plane.channels()));
    for ((means, sums), &hits) in pixels.zip(hits) {
        if hits > 0.0 { divide(means, sums, hits) } else { means.fill(nothing) }
    }
}

fn variance_of_mean(sums: &TilePlanes, pixel: usize, samples: u32) -> f32 {
    let (Some(squares), Some(radiance)) = (sums.plane(Plane::LuminanceSquared), sums.plane(Plane::Radiance))
    else {
        return 0.0;
    };
    if samples < 2 {
        return 0.0;
    }
    let count = f64::from(samples);
    let rgb = &radiance[3 * pixel..3 * pixel + 3];
    let mean = rgb.iter().zip(LUMINANCE).map(|(&sum, weight)| f64::from(sum) * weight).sum::<f64>() / count;
    let spread = f64::from(squares[pixel]) - count * mean * mean;
    (spread.max(0.0) / (count - 1.0) / count) as f32
}
