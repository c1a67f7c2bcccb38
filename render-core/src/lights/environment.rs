//! The environment as a grid of cells to draw from.

use std::f64::consts::PI;
use std::sync::Arc;

use glam::Vec3;

use super::LUMINANCE;
use crate::alias::{AliasSlot, AliasTable};
use crate::scene::{Environment, EnvironmentMap};

/// Cells are merged until there are at most so many.
const CELLS_MAX: u32 = 1 << 18;

/// Columns and rows of the map that stands for the same radiance from everywhere.
const CONSTANT_MAP: [u32; 2] = [64, 32];

/// Added to every cell's luminance as a share of the mean over the sphere, so that nothing visible is undrawable.
const FLOOR: f64 = 1e-4;

/// The environment's pixels and the probabilities of its cells.
#[derive(Clone, Debug)]
pub struct EnvironmentTable {
    /// Pixels; a map of white where the scene has none.
    pub map: Arc<EnvironmentMap>,
    /// Radiance per unit of the map's pixels.
    pub strength: Vec3,
    /// Turn about +y, radians.
    pub rotation: f32,
    /// Cells in a row; cells divide u evenly.
    pub columns: u32,
    /// Rows of cells; they divide v evenly.
    pub rows: u32,
    /// Alias slots of the cells, row by row.
    pub slots: Vec<AliasSlot>,
    /// Density of each cell per unit of u times v; its mean over the cells is 1.
    pub pdf_uv: Vec<f32>,
    luminance_mean: f64,
}

impl EnvironmentTable {
    /// Makes the grid; `None` when the environment is black.
    pub fn build(environment: &Environment) -> Option<Self> {
        let map = environment.map.clone().unwrap_or_else(|| Arc::new(constant_map()));
        let (mut columns, mut rows) = (map.width, map.height);
        while columns * rows > CELLS_MAX {
            (columns, rows) = (columns.div_ceil(2), rows.div_ceil(2));
        }
        let luminance = cell_luminances(&map, environment.strength, columns, rows);
        let weigh = |floor: f64| -> Vec<f64> {
            let cell = |(index, value): (usize, &f64)| {
                (value + floor) * row_solid_angle(index as u32 / columns, columns, rows)
            };
            luminance.iter().enumerate().map(cell).collect()
        };
        let luminance_mean = weigh(0.0).iter().sum::<f64>() / (4.0 * PI);
        if luminance_mean <= 0.0 {
            return None;
        }
        let weights = weigh(FLOOR * luminance_mean);
        let table = AliasTable::build(&weights)?;
        let cells = f64::from(columns) * f64::from(rows);
        let pdf_uv = weights.iter().map(|weight| (weight / table.total * cells) as f32).collect();
        let Environment { strength, rotation, .. } = *environment;
        Some(Self { map, strength, rotation, columns, rows, slots: table.slots, pdf_uv, luminance_mean })
    }

    /// Mean luminance over the sphere.
    pub fn luminance_mean(&self) -> f64 {
        self.luminance_mean
    }
}

fn constant_map() -> EnvironmentMap {
    let [width, height] = CONSTANT_MAP;
    EnvironmentMap { width, height, pixels: vec![Vec3::ONE; (width * height) as usize] }
}

/// Solid angle of one cell of a row.
fn row_solid_angle(row: u32, columns: u32, rows: u32) -> f64 {
    let cos_at = |edge: u32| (PI * f64::from(edge) / f64::from(rows)).cos();
    2.0 * PI / f64::from(columns) * (cos_at(row) - cos_at(row + 1))
}

/// Mean luminance of the bilinear picture over each cell.
///
/// Over a texel's own square a bilinear picture is 3/4 that texel and 1/8 each neighbour, per axis. Without the
/// neighbours the border of a small sun would shine brightly out of cells that are hardly ever drawn.
fn cell_luminances(map: &EnvironmentMap, strength: Vec3, columns: u32, rows: u32) -> Vec<f64> {
    let (width, height) = (map.width as usize, map.height as usize);
    let weights = strength * LUMINANCE;
    let texels: Vec<f64> = map.pixels.iter().map(|&pixel| f64::from(pixel.dot(weights))).collect();
    let mut wide = vec![0.0; columns as usize * height];
    for y in 0..height {
        let at = |x: usize| texels[y * width + x];
        let smooth = |x: usize| 0.75 * at(x) + 0.125 * (at((x + 1) % width) + at((x + width - 1) % width));
        for column in 0..columns {
            wide[y * columns as usize + column as usize] = mean_over(map.width, columns, column, smooth);
        }
    }
    let mut cells = vec![0.0; columns as usize * rows as usize];
    for column in 0..columns as usize {
        let at = |y: usize| wide[y * columns as usize + column];
        let smooth =
            |y: usize| 0.75 * at(y) + 0.125 * (at((y + 1).min(height - 1)) + at(y.saturating_sub(1)));
        for row in 0..rows {
            cells[row as usize * columns as usize + column] = mean_over(map.height, rows, row, smooth);
        }
    }
    cells
}

/// Mean of `value` over the part `cell` of `cells` equal parts of `texels` texels.
fn mean_over(texels: u32, cells: u32, cell: u32, value: impl Fn(usize) -> f64) -> f64 {
    if texels == cells {
        return value(cell as usize);
    }
    let edge = |index: u32| f64::from(index) * f64::from(texels) / f64::from(cells);
    let (start, end) = (edge(cell), edge(cell + 1));
    let texel_last = (end.ceil() as usize).min(texels as usize);
    let overlap = |texel: usize| (end.min(texel as f64 + 1.0) - start.max(texel as f64)).max(0.0);
    (start as usize..texel_last).map(|texel| overlap(texel) * value(texel)).sum::<f64>() / (end - start)
}
