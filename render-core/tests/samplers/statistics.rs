//! Pearson's chi-square test of drawn points against a density over the unit square.

use std::f64::consts::PI;

use glam::Vec3;

/// Chance of a false alarm over all tests of a file together.
const SIGNIFICANCE: f64 = 0.01;

/// Points drawn per test.
const DRAWS: u32 = 1_000_000;

/// Cells of the unit square: columns and rows.
const CELLS: [usize; 2] = [80, 160];

/// How often a cell may be quartered while its expected count is integrated.
const DEPTH_MAX: u32 = 5;

/// Independent numbers in [0, 1): a counter through a 64-bit mixer (Steele et al., SplitMix, 2014).
pub(crate) struct Stream(u64);

impl Stream {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    pub(crate) fn word(&mut self) -> u32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 32) as u32
    }

    pub(crate) fn unit(&mut self) -> f32 {
        (self.word() >> 8) as f32 / (1 << 24) as f32
    }

    pub(crate) fn pair(&mut self) -> [f32; 2] {
        [self.unit(), self.unit()]
    }
}

/// A direction as a point of the unit square: turns around z, and half turns from z.
pub(crate) fn square_of(direction: Vec3) -> [f64; 2] {
    let d = direction.as_dvec3();
    let turns = d.y.atan2(d.x) / (2.0 * PI);
    [turns - turns.floor(), d.truncate().length().atan2(d.z) / PI]
}

/// The reverse.
pub(crate) fn direction_of([s, t]: [f64; 2]) -> Vec3 {
    let ((r, z), (sin, cos)) = ((PI * t).sin_cos(), (2.0 * PI * s).sin_cos());
    Vec3::new((r * cos) as f32, (r * sin) as f32, z as f32)
}

/// Solid angle per area of the square.
pub(crate) fn solid_angle([_, t]: [f64; 2]) -> f64 {
    2.0 * PI * PI * (PI * t).sin()
}

/// Draws points (`None`: nothing was drawn), compares them with `density` per unit of the square, and panics when
/// they differ by more than chance, given that `tests` such tests are made.
///
/// Returns the integral of the density.
pub(crate) fn check(
    name: &str,
    tests: u32,
    mut draw: impl FnMut(&mut Stream) -> Option<[f64; 2]>,
    density: impl Fn([f64; 2]) -> f64,
) -> f64 {
    let [columns, rows] = CELLS;
    let mut seen = vec![0u32; columns * rows];
    let mut stream = Stream::new(u64::from(DRAWS) + name.len() as u64);
    for _ in 0..DRAWS {
        if let Some([s, t]) = draw(&mut stream) {
            let column = ((s * columns as f64) as usize).min(columns - 1);
            let row = ((t * rows as f64) as usize).min(rows - 1);
            seen[row * columns + column] += 1;
        }
    }
    let mass: Vec<f64> =
        (0..columns * rows).map(|cell| cell_mass(cell % columns, cell / columns, &density)).collect();
    let whole: f64 = mass.iter().sum();
    assert!(whole < 1.002, "{name}: the density adds up to {whole}");
    let nothing = DRAWS - seen.iter().sum::<u32>();
    let mut counts: Vec<(f64, f64)> =
        mass.iter().zip(&seen).map(|(mass, &seen)| (mass * f64::from(DRAWS), f64::from(seen))).collect();
    counts.push(((1.0 - whole).max(0.0) * f64::from(DRAWS), f64::from(nothing)));
    let p = p_value(name, &mut counts);
    let alpha = 1.0 - (1.0 - SIGNIFICANCE).powf(1.0 / f64::from(tests));
    assert!(p > alpha, "{name}: p = {p:e}, must be above {alpha:e}");
    whole
}

fn cell_mass(column: usize, row: usize, density: &impl Fn([f64; 2]) -> f64) -> f64 {
    let size = CELLS.map(|cells| 1.0 / cells as f64);
    let corner = [column as f64 * size[0], row as f64 * size[1]];
    refined(corner, size, gauss(corner, size, density), density, DEPTH_MAX)
}

/// Quarters a rectangle until its mass no longer changes by what a draw counts.
fn refined(
    corner: [f64; 2],
    size: [f64; 2],
    coarse: f64,
    density: &impl Fn([f64; 2]) -> f64,
    depth: u32,
) -> f64 {
    let half = size.map(|side| 0.5 * side);
    let corners = [0, 1, 2, 3].map(|quarter| {
        let [x, y] = [quarter % 2, quarter / 2].map(f64::from);
        [corner[0] + x * half[0], corner[1] + y * half[1]]
    });
    let quarters = corners.map(|corner| gauss(corner, half, density));
    let fine: f64 = quarters.iter().sum();
    if depth == 0 || (depth < DEPTH_MAX && (fine - coarse).abs() < 0.1 / f64::from(DRAWS)) {
        return fine;
    }
    let finer = corners.iter().zip(quarters);
    finer.map(|(&corner, mass)| refined(corner, half, mass, density, depth - 1)).sum()
}

fn gauss(corner: [f64; 2], size: [f64; 2], density: &impl Fn([f64; 2]) -> f64) -> f64 {
    let nodes = [(-(0.6f64.sqrt()), 5.0 / 18.0), (0.0, 8.0 / 18.0), (0.6f64.sqrt(), 5.0 / 18.0)];
    let mut sum = 0.0;
    for (x, weight_x) in nodes {
        for (y, weight_y) in nodes {
            let place = [corner[0] + size[0] * (0.5 + 0.5 * x), corner[1] + size[1] * (0.5 + 0.5 * y)];
            sum += density(place) * weight_x * weight_y;
        }
    }
    sum * size[0] * size[1]
}

/// Pools the rarest cells until each pool expects 5 draws (Cochran 1954).
fn p_value(name: &str, counts: &mut [(f64, f64)]) -> f64 {
    counts.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut statistic, mut cells, mut pool) = (0.0, 0u32, (0.0, 0.0));
    for &(expected, seen) in counts.iter() {
        assert!(expected > 0.0 || seen < 3.0, "{name}: {seen} draws where the density is 0");
        pool = (pool.0 + expected, pool.1 + seen);
        if pool.0 >= 5.0 {
            statistic += (pool.1 - pool.0) * (pool.1 - pool.0) / pool.0;
            cells += 1;
            pool = (0.0, 0.0);
        }
    }
    upper_gamma(f64::from(cells - 1) / 2.0, statistic / 2.0)
}

/// Regularised upper incomplete gamma function Q(a, x), by series or continued fraction (Abramowitz & Stegun 6.5.29, 6.5.31).
fn upper_gamma(a: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 1.0;
    }
    let front = (a * x.ln() - x - log_gamma(a)).exp();
    if x < a + 1.0 {
        let (mut term, mut sum) = (1.0 / a, 1.0 / a);
        for n in 1..10_000 {
            term *= x / (a + f64::from(n));
            sum += term;
        }
        return 1.0 - front * sum;
    }
    let mut fraction = 0.0;
    for n in (1..2_000).rev() {
        let n = f64::from(n);
        fraction = n * (n - a) / (x + 2.0 * n + 1.0 - a - fraction);
    }
    front / (x + 1.0 - a - fraction)
}

/// Stirling's series after shifting the argument above 10.
fn log_gamma(mut a: f64) -> f64 {
    let mut shift = 0.0;
    while a < 10.0 {
        shift -= a.ln();
        a += 1.0;
    }
    let series = 1.0 / (12.0 * a) - 1.0 / (360.0 * a.powi(3)) + 1.0 / (1260.0 * a.powi(5));
    shift + (a - 0.5) * a.ln() - a + 0.5 * (2.0 * PI).ln() + series
}

#[test]
fn known_quantiles_of_chi_square_are_met() {
    for (degrees, statistic, p) in [(1.0, 3.841, 0.05), (10.0, 18.307, 0.05), (100.0, 135.807, 0.01)] {
        let found = upper_gamma(degrees / 2.0, statistic / 2.0);
        assert!((found - p).abs() < 1e-4, "{degrees}: {found}");
    }
}
