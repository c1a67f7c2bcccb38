//! Procedural scenes: a whole glTF file and its sky from a seed.
//!
//! A [`stage::Stage`] gathers what [`kind`] puts there: shapes, materials, lights and cameras. Everything is made here; nothing is
//! read from outside.

mod glb;
mod glyph;
mod kind;
mod material;
mod plant;
mod shape;
mod sight;
mod sky;
mod stage;
mod texture;

use crate::rng::Rng;

/// A scene that was made.
#[derive(Clone, Debug)]
pub struct Made {
    /// The glTF file.
    pub glb: Vec<u8>,
    /// What kind of place it is, for the log.
    pub kind: &'static str,
    /// Names of its cameras in the order in which crops use them; at least one.
    pub cameras: Vec<String>,
    /// What surrounds it; black if there is none.
    pub sky: Option<Sky>,
}

/// Surroundings as an equirectangular picture: row 0 is the zenith, linear RGB row by row.
#[derive(Clone, Debug, PartialEq)]
pub struct Sky {
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Radiance of each texel.
    pub rgb: Vec<[f32; 3]>,
}

/// The scene of a seed: the same bytes for the same seed.
pub fn make(seed: u64) -> Made {
    kind::make(seed, &mut Rng::new(seed))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use render_core::scene::LightKind;
    use serde_json::Value;

    use super::*;
    use crate::crop::import;

    /// The text of a binary glTF file.
    fn json(glb: &[u8]) -> Value {
        let length = u32::from_le_bytes(glb[12..16].try_into().expect("four bytes")) as usize;
        serde_json::from_slice(&glb[20..20 + length]).expect("JSON")
    }

    fn names(list: &Value, key: Option<&str>) -> Vec<String> {
        let parts = list.as_array().map(Vec::as_slice).unwrap_or_default();
        let name = |part: &Value| {
            key.map_or(Some(part), |key| part.get(key)).and_then(Value::as_str).map(str::to_owned)
        };
        parts.iter().filter_map(name).collect()
    }

    #[test]
    fn same_seed_gives_the_same_bytes_and_another_does_not() {
        for seed in 0..4 {
            let (first, again) = (make(seed), make(seed));
            assert_eq!(first.glb, again.glb);
            assert_eq!((first.kind, first.cameras, first.sky), (again.kind, again.cameras, again.sky));
            assert_ne!(first.glb, make(seed + 1000).glb);
        }
    }

    #[test]
    fn forty_seeds_import_from_every_camera_and_hold_everything_between_them() {
        let mut found: BTreeSet<String> = BTreeSet::new();
        for seed in 0..40 {
            let made = make(seed);
            let text = json(&made.glb);
            found.insert(made.kind.to_owned());
            found.extend(names(&text["images"], Some("name")));
            found.extend(names(&text["materials"], Some("alphaMode")));
            found.extend(names(&text["extensionsUsed"], None));
            found.extend(made.sky.is_some().then(|| "sky".to_owned()));
            assert!(!made.cameras.is_empty(), "seed {seed} has no camera");
            for camera in &made.cameras {
                let scene =
                    import(&made, camera).unwrap_or_else(|fault| panic!("seed {seed}, {camera}: {fault}"));
                let triangles: usize = scene.meshes.iter().map(|mesh| mesh.triangles.len()).sum();
                assert!(triangles < 120_000, "seed {seed} has {triangles} triangles");
                found.extend(scene.lights.iter().map(|light| match light.kind {
                    LightKind::Directional => "directional".to_owned(),
                    LightKind::Point => "point".to_owned(),
                    LightKind::Spot { .. } => "spot".to_owned(),
                }));
            }
        }
        let patterns = texture::Pattern::ALL.map(|pattern| format!("{pattern:?}"));
        let kinds = ["room", "still", "glassware", "land", "street", "corridor", "swarm", "hall", "gallery"];
        let parts =
            ["thin", "cloth", "plain", "Leaf", "MASK", "BLEND", "sky", "directional", "point", "spot"];
        let extensions = [
            "EXT_mesh_gpu_instancing",
            "KHR_lights_punctual",
            "KHR_materials_clearcoat",
            "KHR_materials_emissive_strength",
            "KHR_materials_ior",
            "KHR_materials_specular",
            "KHR_materials_transmission",
            "KHR_materials_unlit",
            "KHR_materials_volume",
            "KHR_texture_transform",
        ];
        let wanted = patterns.iter().map(String::as_str).chain(kinds).chain(parts).chain(extensions);
        let missing: Vec<&str> = wanted.filter(|one| !found.contains(*one)).collect();
        assert!(missing.is_empty(), "40 scenes have none of {missing:?}");
    }
}
