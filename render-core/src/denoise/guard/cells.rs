//! Sums over cells of 16×16 pixels, and values of cells as pixels see them.

use rayon::prelude::*;

/// Edge of a cell, pixels.
pub(super) const CELL_PX: usize = 16;

/// One value for each cell of a picture; cells at its right and lower edge may be smaller.
pub(super) struct Cells {
    columns: usize,
    rows: usize,
    values: Vec<f32>,
}

impl Cells {
    /// The sum of `plane`, which has `width` columns, over each cell.
    pub(super) fn sums(plane: &[f32], width: usize) -> Self {
        let columns = width.div_ceil(CELL_PX);
        let bands = plane.par_chunks(width * CELL_PX);
        let rows = bands.len();
        let mut values = vec![0.0; columns * rows];
        bands.zip(values.par_chunks_exact_mut(columns)).for_each(|(band, sums)| {
            for row in band.chunks_exact(width) {
                for (sum, part) in sums.iter_mut().zip(row.chunks(CELL_PX)) {
                    *sum += part.iter().sum::<f32>();
                }
            }
        });
        Self { columns, rows, values }
    }

    /// Each cell with the eight around it, edges repeated.
    pub(super) fn with_neighbours(&self) -> Self {
        let near = |at: usize, count: usize| [at.saturating_sub(1), at, (at + 1).min(count - 1)];
        let sum = |column: usize, row: usize| -> f32 {
            let rows = near(row, self.rows).into_iter();
            rows.map(|y| {
                near(column, self.columns).map(|x| self.values[y * self.columns + x]).iter().sum::<f32>()
            })
            .sum()
        };
        let places = (0..self.rows).flat_map(|row| (0..self.columns).map(move |column| (column, row)));
        Self { values: places.map(|(column, row)| sum(column, row)).collect(), ..*self }
    }

    /// Joins the values of two pictures of one size.
    pub(super) fn joined(&self, other: &Self, join: impl Fn(f32, f32) -> f32) -> Self {
        let values = self.values.iter().zip(&other.values).map(|(&own, &other)| join(own, other)).collect();
        Self { values, ..*self }
    }

    /// What each pixel of the picture sees, row by row.
    pub(super) fn seen(&self, width: usize, height: usize) -> Vec<f32> {
        let mut seen = vec![0.0; width * height];
        seen.par_chunks_exact_mut(width).enumerate().for_each(|(y, row)| self.seen_from_row(y, row));
        seen
    }

    /// What a row of `out.len()` pixels sees: linear between the centres of cells, edges repeated.
    pub(super) fn seen_from_row(&self, y: usize, out: &mut [f32]) {
        let (upper, lower, share) = between(y, self.rows);
        let row = |row: usize| &self.values[row * self.columns..(row + 1) * self.columns];
        let (upper, lower) = (row(upper), row(lower));
        for (x, out) in out.iter_mut().enumerate() {
            let (left, right, across) = between(x, self.columns);
            let value = |row: &[f32]| row[left] + across * (row[right] - row[left]);
            *out = value(upper) + share * (value(lower) - value(upper));
        }
    }
}

/// The two cells between whose centres a pixel lies, and how far it is on the way to the second.
fn between(at: usize, count: usize) -> (usize, usize, f32) {
    let place = ((at as f32 + 0.5) / CELL_PX as f32 - 0.5).max(0.0);
    let first = (place as usize).min(count - 1);
    (first, (first + 1).min(count - 1), place - first as f32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_at_the_edge_hold_what_is_inside() {
        let cells = Cells::sums(&vec![1.0; 40 * 18], 40);
        assert_eq!((cells.columns, cells.rows), (3, 2));
        assert_eq!(cells.values, [256.0, 256.0, 128.0, 32.0, 32.0, 16.0]);
    }

    #[test]
    fn a_pixel_sees_the_mean_of_two_cells_between_them_and_one_at_the_edge() {
        let cells = Cells { columns: 2, rows: 1, values: vec![1.0, 3.0] };
        let mut row = [0.0; 32];
        cells.seen_from_row(9, &mut row);
        assert_eq!((row[0], row[7], row[31]), (1.0, 1.0, 3.0));
        assert!((0.5 * (row[15] + row[16]) - 2.0).abs() < 1e-6);
        assert!(row.windows(2).all(|pair| pair[0] <= pair[1]));
    }
}
