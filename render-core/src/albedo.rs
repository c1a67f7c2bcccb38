//! Tables of how much light microfacet lobes return, by angle and roughness.
//!
//! The shipped numbers lie in `albedo/tables.bin`; [`integrate`] is where they come from and `rewrite_tables` (an ignored
//! test) writes them again. Starting up only reads them.

pub mod integrate;

use std::sync::OnceLock;

/// Nodes along each side of the split tables.
pub const SPLIT_NODES: usize = 32;

/// Nodes along each side of the glass tables.
pub const GLASS_NODES: usize = 16;

/// Single-scattering albedos of GGX with height-correlated Smith, F as named.
///
/// Nodes are equidistant from 0 to 1 in √μ and √α: what a smooth lobe loses, it loses near grazing. (With nodes
/// equidistant in μ, reading between them is off by 8 % at μ = 1/64; so, by 0.9 %.) At α = 0 a lobe is sharp and loses nothing.
#[derive(Clone, Debug, PartialEq)]
pub struct AlbedoTables {
    /// Row = √α, column = √μ: `[A, B]`, so that reflection with schlick(F0, F90) has albedo F0·A + F90·B.
    pub split: Vec<[f32; 2]>,
    /// Per √α: twice the integral of `[A, B]`·μ over μ from 0 to 1.
    pub split_mean: Vec<[f32; 2]>,
    /// Rough glass seen from its optically thinner side, `[ior][√α][√μ]`: all light that is reflected or refracted once.
    pub glass_enter: Vec<f32>,
    /// The same seen from the denser side.
    pub glass_leave: Vec<f32>,
}

/// Where a relative index of refraction (denser over thinner side, at least 1) lies among the glass tables' nodes, 0 to 15.
///
/// Nodes are equidistant in (ior - 1)/(ior + 1), the root of F0, and end at ior = 3, where F0 = 1/4.
pub fn glass_ior_coordinate(ior: f32) -> f32 {
    (30.0 * (ior - 1.0) / (ior + 1.0)).clamp(0.0, (GLASS_NODES - 1) as f32)
}

/// The shipped tables.
pub fn albedo_tables() -> &'static AlbedoTables {
    static TABLES: OnceLock<AlbedoTables> = OnceLock::new();
    TABLES.get_or_init(|| AlbedoTables::from_bytes(include_bytes!("albedo/tables.bin")))
}

impl AlbedoTables {
    /// Integrates every cell anew: some seconds.
    pub fn integrated() -> Self {
        let nodes = |count: usize| move |index: usize| index as f64 / (count - 1) as f64;
        let (split_at, glass_at) = (nodes(SPLIT_NODES), nodes(GLASS_NODES));
        let cells = |count: usize| 0..count;
        let square = |value: f64| value * value;
        let split = cells(SPLIT_NODES * SPLIT_NODES)
            .map(|cell| integrate::split(square(split_at(cell % SPLIT_NODES)), split_at(cell / SPLIT_NODES)))
            .collect();
        let split_mean = cells(SPLIT_NODES).map(|row| integrate::split_mean(split_at(row))).collect();
        let glass = |enters: bool| {
            let plane = GLASS_NODES * GLASS_NODES;
            cells(GLASS_NODES * plane)
                .map(|cell| {
                    let ior = glass_ior_at(cell / plane);
                    let sqrt_alpha = glass_at(cell / GLASS_NODES % GLASS_NODES);
                    integrate::glass(square(glass_at(cell % GLASS_NODES)), sqrt_alpha, ior, enters)
                })
                .collect()
        };
        Self { split, split_mean, glass_enter: glass(true), glass_leave: glass(false) }
    }

    /// All numbers in the order of the fields, f32, little-endian.
    pub fn to_bytes(&self) -> Vec<u8> {
        let pairs = self.split.iter().chain(&self.split_mean).flatten();
        pairs
            .chain(&self.glass_enter)
            .chain(&self.glass_leave)
            .flat_map(|value| value.to_le_bytes())
            .collect()
    }

    fn from_bytes(bytes: &[u8]) -> Self {
        let mut values =
            bytes.chunks_exact(4).map(|four| f32::from_le_bytes([four[0], four[1], four[2], four[3]]));
        let mut next = || values.next().expect("the file is compiled in and a test checks its length");
        let split = (0..SPLIT_NODES * SPLIT_NODES).map(|_| [next(), next()]).collect();
        let split_mean = (0..SPLIT_NODES).map(|_| [next(), next()]).collect();
        let mut glass = || (0..GLASS_NODES.pow(3)).map(|_| next()).collect();
        Self { split, split_mean, glass_enter: glass(), glass_leave: glass() }
    }
}

/// The index of refraction of a node: the inverse of [`glass_ior_coordinate`].
fn glass_ior_at(node: usize) -> f64 {
    let root = node as f64 / 30.0;
    (1.0 + root) / (1.0 - root)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_file_has_every_number_once() {
        let bytes = include_bytes!("albedo/tables.bin");
        assert_eq!(albedo_tables().to_bytes(), bytes);
        assert_eq!(bytes.len(), 4 * (2 * (32 * 32 + 32) + 2 * 16 * 16 * 16));
    }

    #[test]
    fn shipped_cells_are_what_the_integrator_gives() {
        let tables = albedo_tables();
        let close = |shipped: f32, fresh: f32| (shipped - fresh).abs() < 1e-5;
        for cell in (0..SPLIT_NODES * SPLIT_NODES).step_by(37) {
            let at = |index: usize| index as f64 / 31.0;
            let fresh = integrate::split(at(cell % SPLIT_NODES).powi(2), at(cell / SPLIT_NODES));
            assert!((0..2).all(|k| close(tables.split[cell][k], fresh[k])), "split cell {cell}");
        }
        for cell in (0..GLASS_NODES.pow(3)).step_by(173) {
            let at = |index: usize| index as f64 / 15.0;
            let [ior, row, column] = [cell / 256, cell / 16 % 16, cell % 16];
            for (enters, shipped) in [(true, &tables.glass_enter), (false, &tables.glass_leave)] {
                let fresh = integrate::glass(at(column).powi(2), at(row), glass_ior_at(ior), enters);
                assert!(close(shipped[cell], fresh), "glass cell {cell}: {} {fresh}", shipped[cell]);
            }
        }
    }

    #[test]
    fn an_index_maps_to_its_node_and_back() {
        for node in 0..GLASS_NODES {
            assert!((glass_ior_coordinate(glass_ior_at(node) as f32) - node as f32).abs() < 1e-4);
        }
        assert_eq!(glass_ior_coordinate(7.0), 15.0);
    }

    #[test]
    #[ignore = "writes the shipped file anew"]
    fn rewrite_tables() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/albedo/tables.bin");
        std::fs::write(path, AlbedoTables::integrated().to_bytes()).expect("the source folder is writable");
    }
}
