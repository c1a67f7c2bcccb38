//! Tables of how much light microfacet lobes return, by angle and roughness.
//!
//! The shipped numbers lie in `albedo/tables.bin`; [`integrate`] is where they come from and `rewrite_tables` (an ignored
//! test) writes them again. Starting up only reads them.

pub mod integrate;

use std::sync::OnceLock;

/// Nodes along each side of the split tables.
pub const SPLIT_NODES: usize = 64;

/// Nodes along each side of the glass tables.
pub const GLASS_NODES: usize = 32;

/// Nodes along each side of the fibres' table.
pub const SHEEN_NODES: usize = 32;

/// Roughness of fibres where their table begins; rougher ones only are rendered.
pub const SHEEN_LEAST: f32 = 0.1;

/// √α where the tables begin: smoother lobes are sharp, lose nothing and need no table.
pub const ROOT_LEAST: f32 = 0.031_622_78;

/// Single-scattering albedos of GGX with height-correlated Smith, F as named.
///
/// Rows are equidistant in √α from [`ROOT_LEAST`] to 1. Where the columns lie is what decides between a tenth of a
/// percent and several: see [`split_column`] and [`glass_ior_coordinate`].
#[derive(Clone, Debug, PartialEq)]
pub struct AlbedoTables {
    /// Row = √α, column = [`split_column`]: `[E, B/E - (1-μ)^5]`, where reflection with schlick(F0, F90) has albedo
    /// F0·A + F90·B and E = A + B. The subtraction leaves what roughness adds to grazing light, which is small and even.
    pub split: Vec<[f32; 2]>,
    /// Per √α: twice the integral over μ from 0 to 1 of `[A, B, A·(1-E)/E, B·(1-E)/E]`·μ.
    pub split_mean: Vec<[f32; 4]>,
    /// Rough glass seen from its optically thinner side, `[ior][√α][√μ]`: all light that is reflected or refracted once.
    pub glass_enter: Vec<f32>,
    /// The same seen from the denser side.
    pub glass_leave: Vec<f32>,
    /// White fibres on cloth, `[roughness][√μ]`: rows as [`sheen_row`] has them.
    pub sheen: Vec<f32>,
}

/// Where √α lies among `nodes` rows.
pub fn row_coordinate(root: f32, nodes: usize) -> f32 {
    ((root - ROOT_LEAST) / (1.0 - ROOT_LEAST)).clamp(0.0, 1.0) * (nodes - 1) as f32
}

/// Where a cosine lies among the split tables' columns, given √α.
///
/// What shadowing takes depends on α/μ, the faster the smoother the lobe. So columns are even in √μ/(√μ + √α), scaled to
/// end at μ = 1: E is read within 0.05 %. (Evenly in √μ it is off by 0.5 % with as many nodes, in μ by 8 %.)
pub fn split_column(mu: f32, root: f32) -> f32 {
    let side = mu.clamp(0.0, 1.0).sqrt();
    side * (1.0 + root) / (side + root) * (SPLIT_NODES - 1) as f32
}

/// Where a roughness of fibres (√α) lies among their table's rows.
pub fn sheen_row(roughness: f32) -> f32 {
    ((roughness - SHEEN_LEAST) / (1.0 - SHEEN_LEAST)).clamp(0.0, 1.0) * (SHEEN_NODES - 1) as f32
}

/// Where a relative index of refraction (denser over thinner side, at least 1) lies among the glass tables' nodes.
///
/// Nodes are equidistant in √(2(ior - 1)/(ior + 1)), next to proportional to the cosine at which total reflection begins, and end
/// at ior = 3.
pub fn glass_ior_coordinate(ior: f32) -> f32 {
    (2.0 * (ior - 1.0) / (ior + 1.0)).clamp(0.0, 1.0).sqrt() * (GLASS_NODES - 1) as f32
}

/// The shipped tables.
pub fn albedo_tables() -> &'static AlbedoTables {
    static TABLES: OnceLock<AlbedoTables> = OnceLock::new();
    TABLES.get_or_init(|| AlbedoTables::from_bytes(include_bytes!("albedo/tables.bin")))
}

impl AlbedoTables {
    /// Integrates every cell anew: a minute.
    pub fn integrated() -> Self {
        let split = (0..SPLIT_NODES * SPLIT_NODES).map(split_cell).collect();
        let split_mean =
            (0..SPLIT_NODES).map(|row| integrate::split_mean(root_at(row, SPLIT_NODES))).collect();
        let glass = |enters| (0..GLASS_NODES.pow(3)).map(|cell| glass_cell(cell, enters)).collect();
        let sheen = (0..SHEEN_NODES * SHEEN_NODES).map(sheen_cell).collect();
        Self { split, split_mean, glass_enter: glass(true), glass_leave: glass(false), sheen }
    }

    /// All numbers in the order of the fields, f32, little-endian.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.values().flat_map(f32::to_le_bytes).collect()
    }

    /// All numbers in the order of the fields.
    pub fn values(&self) -> impl Iterator<Item = f32> + '_ {
        let split = self.split.iter().flatten().chain(self.split_mean.iter().flatten());
        split.chain(&self.glass_enter).chain(&self.glass_leave).chain(&self.sheen).copied()
    }

    fn from_bytes(bytes: &[u8]) -> Self {
        let mut values =
            bytes.chunks_exact(4).map(|four| f32::from_le_bytes([four[0], four[1], four[2], four[3]]));
        let mut next = || values.next().expect("the file is compiled in and a test checks its length");
        let split = (0..SPLIT_NODES * SPLIT_NODES).map(|_| [next(), next()]).collect();
        let split_mean = (0..SPLIT_NODES).map(|_| [next(), next(), next(), next()]).collect();
        let mut glass = || (0..GLASS_NODES.pow(3)).map(|_| next()).collect();
        let (glass_enter, glass_leave) = (glass(), glass());
        let sheen = (0..SHEEN_NODES * SHEEN_NODES).map(|_| next()).collect();
        Self { split, split_mean, glass_enter, glass_leave, sheen }
    }
}

fn split_cell(cell: usize) -> [f32; 2] {
    let root = root_at(cell / SPLIT_NODES, SPLIT_NODES);
    // The inverse of `split_column`.
    let place = even(cell % SPLIT_NODES, SPLIT_NODES);
    let side = place * root / (1.0 + root - place);
    // Rounding may carry the last column past 1, where there is no angle.
    integrate::split((side * side).min(1.0), root)
}

fn glass_cell(cell: usize, enters: bool) -> f32 {
    let side = even(cell % GLASS_NODES, GLASS_NODES);
    let root = root_at(cell / GLASS_NODES % GLASS_NODES, GLASS_NODES);
    integrate::glass(side * side, root, glass_ior_at(cell / (GLASS_NODES * GLASS_NODES)), enters)
}

fn sheen_cell(cell: usize) -> f32 {
    let least = f64::from(SHEEN_LEAST);
    let roughness = least + (1.0 - least) * even(cell / SHEEN_NODES, SHEEN_NODES);
    let side = even(cell % SHEEN_NODES, SHEEN_NODES);
    integrate::sheen(side * side, roughness)
}

fn even(index: usize, nodes: usize) -> f64 {
    index as f64 / (nodes - 1) as f64
}

/// √α of a row: the inverse of [`row_coordinate`].
fn root_at(row: usize, nodes: usize) -> f64 {
    let least = f64::from(ROOT_LEAST);
    least + (1.0 - least) * even(row, nodes)
}

/// The index of refraction of a node: the inverse of [`glass_ior_coordinate`].
fn glass_ior_at(node: usize) -> f64 {
    let root = even(node, GLASS_NODES).powi(2) / 2.0;
    (1.0 + root) / (1.0 - root)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_file_has_every_number_once() {
        let bytes = include_bytes!("albedo/tables.bin");
        assert_eq!(albedo_tables().to_bytes(), bytes);
        assert_eq!(bytes.len(), 4 * (2 * 64 * 64 + 4 * 64 + 2 * 32 * 32 * 32 + 32 * 32));
    }

    #[test]
    fn every_shipped_number_is_a_share_of_light() {
        let tables = albedo_tables();
        let shares =
            tables.split.iter().map(|pair| pair[0]).chain(tables.split_mean.iter().flatten().copied());
        let all = shares.chain(tables.glass_enter.iter().chain(&tables.glass_leave).copied());
        assert!(all.into_iter().all(|share| (0.0..=1.0 + 1e-6).contains(&share)));
        assert!(tables.split.iter().all(|pair| (-1.0..=1.0).contains(&pair[1])));
        // Fibres next to smooth are the one lobe whose fit gives more than comes: see `bsdf::sheen`.
        assert!(tables.sheen.iter().all(|&share| share >= 0.0 && share.is_finite()));
    }

    #[test]
    fn shipped_cells_are_what_the_integrator_gives() {
        let tables = albedo_tables();
        let close = |shipped: f32, fresh: f32| (shipped - fresh).abs() < 1e-5;
        for cell in (0..SPLIT_NODES * SPLIT_NODES).step_by(37) {
            let fresh = split_cell(cell);
            assert!((0..2).all(|k| close(tables.split[cell][k], fresh[k])), "split cell {cell}");
        }
        for cell in (0..SHEEN_NODES * SHEEN_NODES).step_by(29) {
            assert!(close(tables.sheen[cell], sheen_cell(cell)), "sheen cell {cell}");
        }
        for cell in (0..GLASS_NODES.pow(3)).step_by(373) {
            for (enters, shipped) in [(true, &tables.glass_enter), (false, &tables.glass_leave)] {
                let fresh = glass_cell(cell, enters);
                assert!(close(shipped[cell], fresh), "glass cell {cell}: {} {fresh}", shipped[cell]);
            }
        }
    }

    #[test]
    fn nodes_lie_where_they_are_looked_for() {
        for row in [0, 1, 30, 63] {
            let root = root_at(row, SPLIT_NODES);
            assert!((row_coordinate(root as f32, SPLIT_NODES) - row as f32).abs() < 1e-3);
            for column in [0, 1, 20, 62, 63] {
                let place = even(column, SPLIT_NODES);
                let side = place * root / (1.0 + root - place);
                let found = split_column((side * side) as f32, root as f32);
                assert!((found - column as f32).abs() < 1e-3, "row {row}, column {column}: {found}");
            }
        }
    }

    #[test]
    fn an_index_maps_to_its_node_and_back() {
        for node in 0..GLASS_NODES {
            assert!((glass_ior_coordinate(glass_ior_at(node) as f32) - node as f32).abs() < 1e-3);
        }
        assert_eq!(glass_ior_coordinate(7.0), 31.0);
    }

    #[test]
    #[ignore = "writes the shipped file anew"]
    fn rewrite_tables() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/albedo/tables.bin");
        std::fs::write(path, AlbedoTables::integrated().to_bytes()).expect("the source folder is writable");
    }
}
