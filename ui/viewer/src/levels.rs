//! A picture in squares of texels, coarser the smaller it is shown: what of it has to be on the GPU, and its numbers.
//!
//! A texel of level L stands for 2^L × 2^L pixels: of light their mean, of numbers that are no light (ids, depth) one of them, because
//! the mean of two objects' numbers is no object. So the screen's size bounds what is uploaded, however large the picture is. The
//! difference of two pictures is made here as well, pixel by pixel before the mean: noise does not average out of it.

use frame::TileRect;

use crate::picture::Layer;
use crate::shown::Shown;

/// Edge of a square, texels: 16 MiB of floats.
pub const EDGE: u32 = 1024;
/// Fewer pixels are not worth another thread.
const PIXELS_PER_THREAD: usize = 1 << 18;

/// One square.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    /// Each texel is 2^level × 2^level pixels.
    pub level: u32,
    /// Squares of this level to its left.
    pub column: u32,
    /// Squares of this level above it.
    pub row: u32,
}

/// A layer of a picture, or what lies between two of them.
#[derive(Clone, Copy)]
pub struct Source<'a> {
    /// The layer.
    pub shown: Shown<'a>,
    /// The layer from which its distance is seen.
    pub minus: Option<Shown<'a>>,
}

/// Tells sources apart: stamps and layers.
pub type What = [Option<(u64, usize)>; 2];

/// The level at which so many picture pixels per screen pixel are between one and two texels.
pub fn level(step: f32) -> u32 {
    step.max(1.0).log2().floor() as u32
}

/// Squares of a picture of this size between two of its places, those in the middle first.
pub fn seen(level: u32, start: [f32; 2], end: [f32; 2], size: [u32; 2]) -> Vec<Place> {
    let edge_px = EDGE << level;
    let range = |axis: usize| {
        let count = size[axis].div_ceil(edge_px);
        let square = |place: f32| (place / edge_px as f32).max(0.0);
        (square(start[axis]).floor() as u32).min(count)..(square(end[axis]).ceil() as u32).min(count)
    };
    let (columns, rows) = (range(0), range(1));
    let middle = [columns.start + columns.end, rows.start + rows.end].map(i64::from);
    let mut all: Vec<_> =
        rows.flat_map(|row| columns.clone().map(move |column| Place { level, column, row })).collect();
    let away = |at: u32, middle: i64| (2 * i64::from(at) + 1 - middle).pow(2);
    all.sort_by_key(|place| away(place.column, middle[0]) + away(place.row, middle[1]));
    all
}

impl Place {
    /// Edge of a texel, picture pixels.
    pub fn texel_px(self) -> u32 {
        1 << self.level
    }

    /// The pixels of a picture in it; none where the picture has ended.
    pub fn part(self, size: [u32; 2]) -> TileRect {
        let edge_px = EDGE << self.level;
        let side = |at: u32, size: u32| {
            let start = at.saturating_mul(edge_px);
            (start, size.saturating_sub(start).min(edge_px))
        };
        let ((x, width), (y, height)) = (side(self.column, size[0]), side(self.row, size[1]));
        TileRect { x, y, width, height }
    }
}

/// A rectangle grown to whole texels, within the part of a square.
pub fn whole_texels(rect: TileRect, texel_px: u32, part: TileRect) -> TileRect {
    let rect = rect.intersection(part);
    if rect.pixels() == 0 {
        return rect;
    }
    // Squares begin at multiples of their texels.
    let (x, y) = (rect.x / texel_px * texel_px, rect.y / texel_px * texel_px);
    let end = |end: u32, most: u32| end.next_multiple_of(texel_px).min(most);
    let right = end(rect.x + rect.width, part.x + part.width);
    let bottom = end(rect.y + rect.height, part.y + part.height);
    TileRect { x, y, width: right - x, height: bottom - y }
}

/// The smallest rectangle around two.
pub fn around(one: TileRect, two: TileRect) -> TileRect {
    let (x, y) = (one.x.min(two.x), one.y.min(two.y));
    let right = (one.x + one.width).max(two.x + two.width);
    let bottom = (one.y + one.height).max(two.y + two.height);
    TileRect { x, y, width: right - x, height: bottom - y }
}

impl<'a> Shown<'a> {
    fn layer_seen(&self) -> &'a Layer {
        &self.picture.layers[self.layer]
    }

    fn size(&self) -> [u32; 2] {
        [self.picture.width, self.picture.height]
    }

    /// The pixels of a row from one column to another; nothing, which is 0, where the picture has ended.
    fn row(&self, y: u32, columns: std::ops::Range<u32>) -> Vec<f32> {
        let [width, height] = self.size();
        let mut row = Vec::new();
        if y < height && columns.start < width {
            let count = columns.end.min(width) - columns.start;
            let rect = TileRect { x: columns.start, y, width: count, height: 1 };
            row = self.layer_seen().rgba(width, rect);
        }
        row.resize(4 * columns.len(), 0.0);
        row
    }
}

impl Source<'_> {
    /// Tells it from others.
    pub fn what(&self) -> What {
        [Some(self.shown), self.minus].map(|shown| shown.map(|shown| (shown.stamp, shown.layer)))
    }

    /// Columns and rows, of the larger where there are two.
    pub fn size(&self) -> [u32; 2] {
        let (one, two) = (self.shown.size(), self.minus.map_or([0; 2], |minus| minus.size()));
        [one[0].max(two[0]), one[1].max(two[1])]
    }

    /// Whether halves hold it.
    pub fn is_half(&self) -> bool {
        self.minus.is_none() && self.shown.layer_seen().is_half()
    }

    /// Texels of a rectangle of whole texels, four values each, made on all cores.
    pub fn texels(&self, texel_px: u32, rect: TileRect) -> Vec<f32> {
        let (columns, rows) = (rect.width.div_ceil(texel_px), rect.height.div_ceil(texel_px));
        let mut texels = vec![0.0; 4 * columns as usize * rows as usize];
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let threads = cores.min(rect.pixels() / PIXELS_PER_THREAD).max(1);
        let rows_each = (rows as usize).div_ceil(threads);
        let band = |at: usize, texels: &mut [f32]| {
            let y = rect.y + (at * rows_each) as u32 * texel_px;
            let height = (rows_each as u32 * texel_px).min(rect.y + rect.height - y);
            self.fill(texel_px, TileRect { y, height, ..rect }, texels);
        };
        let mut bands = texels.chunks_mut(4 * columns as usize * rows_each).enumerate();
        std::thread::scope(|scope| {
            let first = bands.next();
            bands.for_each(|(at, texels)| {
                scope.spawn(move || band(at, texels));
            });
            // This thread would only wait.
            if let Some((at, texels)) = first {
                band(at, texels);
            }
        });
        texels
    }

    fn fill(&self, texel_px: u32, rect: TileRect, texels: &mut [f32]) {
        let layer = self.shown.layer_seen();
        match self.minus {
            None if layer.is_light => layer.add(self.shown.picture.width, rect, texel_px, texels),
            None => return self.pick(texel_px, rect, texels),
            Some(minus) => self.add_difference(minus, texel_px, rect, texels),
        }
        if texel_px == 1 {
            return;
        }
        let columns = rect.width.div_ceil(texel_px);
        let pixels = |at: u32, length: u32| texel_px.min(length - at * texel_px);
        for (at, texel) in texels.chunks_exact_mut(4).enumerate() {
            let (column, row) = (at as u32 % columns, at as u32 / columns);
            let count = (pixels(column, rect.width) * pixels(row, rect.height)) as f32;
            texel.iter_mut().for_each(|value| *value /= count);
        }
    }

    /// The pixel in the middle of each texel.
    fn pick(&self, texel_px: u32, rect: TileRect, texels: &mut [f32]) {
        let columns = rect.width.div_ceil(texel_px);
        let middle =
            |start: u32, at: u32, length: u32| start + (at * texel_px + texel_px / 2).min(length - 1);
        for (at, texel) in texels.chunks_exact_mut(4).enumerate() {
            let (column, row) = (at as u32 % columns, at as u32 / columns);
            let (x, y) = (middle(rect.x, column, rect.width), middle(rect.y, row, rect.height));
            texel.copy_from_slice(&self.shown.picture.light(self.shown.layer, x, y));
        }
    }

    fn add_difference(&self, minus: Shown<'_>, texel_px: u32, rect: TileRect, texels: &mut [f32]) {
        let columns = rect.width.div_ceil(texel_px) as usize;
        for y in 0..rect.height {
            let across = rect.x..rect.x + rect.width;
            let one = self.shown.row(rect.y + y, across.clone());
            let two = minus.row(rect.y + y, across);
            let start = 4 * columns * (y / texel_px) as usize;
            for (at, (one, two)) in one.chunks_exact(4).zip(two.chunks_exact(4)).enumerate() {
                let texel = &mut texels[start + at / texel_px as usize * 4..][..4];
                (0..3).for_each(|value| texel[value] += (one[value] - two[value]).abs());
                texel[3] += 1.0;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picture::Picture;
    use crate::picture::tests::made;

    fn source(picture: &Picture, layer: usize) -> Source<'_> {
        Source { shown: Shown { picture, layer, stamp: 1 }, minus: None }
    }

    fn parts(level: u32, size: [u32; 2]) -> Vec<TileRect> {
        seen(level, [-10.0; 2], [1e5; 2], size).into_iter().map(|place| place.part(size)).collect()
    }

    #[test]
    fn squares_cover_the_picture_once_at_each_level() {
        let size = [2500, 1030];
        for (level, count) in [(0, 6), (1, 2), (2, 1), (6, 1)] {
            let parts = parts(level, size);
            assert_eq!(
                (parts.len(), parts.iter().map(|part| part.pixels()).sum::<usize>()),
                (count, 2500 * 1030)
            );
        }
    }

    #[test]
    fn only_what_is_seen_is_drawn_from_the_middle_outwards() {
        let size = [16384, 16384];
        let near = seen(0, [5000.0, 3000.0], [5100.0, 3080.0], size);
        let place = |row| Place { level: 0, column: 4, row };
        assert_eq!(near, [place(2), place(3)]);
        let all = seen(0, [0.0, 0.0], [16384.0, 16384.0], size);
        assert_eq!(all.len(), 256);
        assert!([(7, 7), (7, 8), (8, 7), (8, 8)].contains(&(all[0].column, all[0].row)), "{:?}", all[0]);
        assert!(seen(0, [20000.0, 0.0], [21000.0, 9.0], size).is_empty());
    }

    /// However large a picture is, about a screen of it is on the GPU.
    #[test]
    fn a_whole_picture_takes_few_squares_however_large_it_is() {
        let screen = [1920.0, 1080.0];
        for size in [[8192, 4608], [16384, 16384], [65536, 32768], [65536, 65536]] {
            let step = (size[0] as f32 / screen[0]).max(size[1] as f32 / screen[1]);
            let squares = seen(level(step), [0.0; 2], size.map(|side| side as f32), size).len();
            assert!(squares <= 12, "{size:?}: {squares} squares");
        }
        assert_eq!([0.01, 1.0, 1.99, 2.0, 4.3, 8.0, 100.0].map(level), [0, 0, 0, 1, 2, 3, 6]);
    }

    #[test]
    fn a_texel_of_light_is_the_mean_of_its_pixels_also_at_the_edge() {
        let picture = made(5, 3, &[("beauty", &["R", "G", "B"], |at, pixel| (at + pixel) as f32)]);
        let whole = TileRect { x: 0, y: 0, width: 5, height: 3 };
        let texels = source(&picture, 0).texels(2, whole);
        let reds: Vec<f32> = texels.chunks(4).map(|texel| texel[0]).collect();
        // Pixels 0 1 5 6, 2 3 7 8, 4 9; 10 11, 12 13, 14.
        assert_eq!(reds, [3.0, 5.0, 6.5, 10.5, 12.5, 14.0]);
        assert_eq!(texels[..4], [3.0, 4.0, 5.0, 1.0], "and each value by itself; it is covered everywhere");
        assert_eq!(source(&picture, 0).texels(1, whole).len(), 4 * 15);
    }

    #[test]
    fn a_texel_of_numbers_is_one_of_them() {
        let picture =
            made(8, 8, &[("object_id", &["I"], |_, pixel| if pixel % 2 == 0 { 7.0 } else { 300.0 })]);
        let texels = source(&picture, 0).texels(4, TileRect { x: 0, y: 0, width: 8, height: 8 });
        assert!(texels.chunks(4).all(|texel| [7.0, 300.0].contains(&texel[0])), "{texels:?}");
    }

    #[test]
    fn a_difference_is_the_mean_of_distances_and_outside_of_one_picture_all_of_the_other() {
        let one = made(4, 4, &[("beauty", &["R", "G", "B"], |_, pixel| (pixel % 2) as f32)]);
        let two = made(2, 4, &[("beauty", &["R", "G", "B"], |_, pixel| ((pixel + 1) % 2) as f32)]);
        let difference =
            Source { minus: Some(Shown { picture: &two, layer: 0, stamp: 2 }), ..source(&one, 0) };
        assert_eq!((difference.size(), difference.what()), ([4, 4], [Some((1, 0)), Some((2, 0))]));
        let texels = difference.texels(2, TileRect { x: 0, y: 0, width: 4, height: 4 });
        // Their means are equal everywhere; noise is seen nevertheless.
        assert_eq!(texels[..4], [1.0, 1.0, 1.0, 1.0]);
        assert_eq!(texels[4..8], [0.5, 0.5, 0.5, 1.0], "B has ended");
    }

    #[test]
    fn several_threads_make_the_same_texels_as_one() {
        let picture = made(1024, 700, &[("beauty", &["R", "G", "B"], |at, pixel| (at + pixel % 977) as f32)]);
        let rect = TileRect { x: 0, y: 0, width: 1024, height: 700 };
        let all = source(&picture, 0).texels(8, rect);
        let mut one = vec![0.0; all.len()];
        source(&picture, 0).fill(8, rect, &mut one);
        assert_eq!(all, one);
    }

    #[test]
    fn changed_pixels_change_whole_texels_within_their_square() {
        let part = Place { level: 2, column: 1, row: 0 }.part([6001, 333]);
        assert_eq!(part, TileRect { x: 4096, y: 0, width: 1905, height: 333 });
        let rect = TileRect { x: 4000, y: 330, width: 99, height: 3 };
        let grown = whole_texels(rect, 4, part);
        assert_eq!(grown, TileRect { x: 4096, y: 328, width: 4, height: 5 });
        assert_eq!(whole_texels(TileRect { x: 0, y: 0, width: 9, height: 9 }, 4, part).pixels(), 0);
        assert_eq!(
            around(grown, TileRect { x: 4200, y: 0, width: 4, height: 4 }),
            TileRect { x: 4096, y: 0, width: 108, height: 333 }
        );
    }
}
