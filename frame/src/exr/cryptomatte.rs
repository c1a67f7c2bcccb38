//! Cryptomatte: mattes of objects and materials by name, in pairs of an id and its coverage.
//!
//! A renderer counts numbers; the artist's machine knows the names behind them and turns each into the hash that compositors look for. Two
//! mattes are written, `CryptoObject` and `CryptoMaterial`, with as many ranks as [`crate::ranks`] keeps, always as 32-bit floats: an id
//! that is off by one bit is another object. Source: "Cryptomatte Specification" 1.2, Friedman & Jones, Psyop.

use std::{collections::BTreeSet, fmt::Write, hash::Hasher};

use hash32::{Hasher as _, Murmur3Hasher};
use serde::{Deserialize, Serialize};

use super::Layout;
use super::layout::VIEW_LAYER;
use crate::{Plane, ranks::RANKS};

/// Names of objects and materials as mattes show them: every number has one, and no two are equal.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MatteNames {
    objects: Vec<String>,
    materials: Vec<String>,
}

/// What a matte tells apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Matte {
    Object,
    Material,
}

impl MatteNames {
    /// From a scene's own names, by id - 1. Where one is missing, `object_N` or `material_N` stands with the number of the
    /// layers `object_id` and `material_id`; a name that was there before gets `.001` and so on, as in Blender.
    pub fn new(objects: &[String], materials: &[String]) -> Self {
        let named = |names, matte| unique(names, |id| stand_in(matte, id));
        Self { objects: named(objects, Matte::Object), materials: named(materials, Matte::Material) }
    }

    fn of(&self, matte: Matte) -> &[String] {
        match matte {
            Matte::Object => &self.objects,
            Matte::Material => &self.materials,
        }
    }

    /// The ids that stand in the picture, by number - 1.
    pub(super) fn hashes(&self, matte: Matte) -> Vec<f32> {
        self.of(matte).iter().map(|name| f32::from_bits(hash_bits(name))).collect()
    }

    /// Header attributes: what they are called and the bytes of their text.
    pub(super) fn attributes(&self, matte: Matte, layout: Layout) -> [(String, Vec<u8>); 4] {
        let name = matte.name(layout);
        let key = format!("cryptomatte/{}", &format!("{:08x}", hash_bits(&name))[..7]);
        [
            (format!("{key}/name"), name.into_bytes()),
            (format!("{key}/hash"), b"MurmurHash3_32".to_vec()),
            (format!("{key}/conversion"), b"uint32_to_float32".to_vec()),
            (format!("{key}/manifest"), self.manifest(matte).into_bytes()),
        ]
    }

    /// JSON of name and id, the id as the eight hexadecimal digits of its float's bits.
    fn manifest(&self, matte: Matte) -> String {
        let mut json = String::from("{");
        for (at, name) in self.of(matte).iter().enumerate() {
            let comma = if at == 0 { "" } else { "," };
            let name = serde_json::Value::from(name.as_str());
            write!(json, "{comma}{name}:\"{:08x}\"", hash_bits(name.as_str().unwrap_or_default()))
                .expect("text takes text");
        }
        json.push('}');
        json
    }
}

impl Matte {
    pub(super) const ALL: [Matte; 2] = [Matte::Object, Matte::Material];

    pub(super) fn plane(self) -> Plane {
        match self {
            Matte::Object => Plane::ObjectRanks,
            Matte::Material => Plane::MaterialRanks,
        }
    }

    /// Full channel names, four to a layer, in the order of the plane's values: id and coverage by rank.
    pub(super) fn channel_names(self, layout: Layout) -> impl Iterator<Item = String> {
        let name = self.name(layout);
        let suffixes = ["r", "g", "b", "a"];
        (0..RANKS / 2).flat_map(move |at| suffixes.map(|suffix| format!("{name}{at:02}.{suffix}")))
    }

    fn name(self, layout: Layout) -> String {
        let prefix = match layout {
            Layout::Comp => "",
            Layout::Blender => VIEW_LAYER,
        };
        let kind = match self {
            Matte::Object => "Object",
            Matte::Material => "Material",
        };
        format!("{prefix}Crypto{kind}")
    }
}

/// The id of a number that may have no name: a node's number is a stranger's.
pub(super) fn id_of(matte: Matte, number: u32, hashes: &[f32]) -> f32 {
    match (number as usize).checked_sub(1) {
        None => 0.0,
        Some(at) => hashes
            .get(at)
            .copied()
            .unwrap_or_else(|| f32::from_bits(hash_bits(&stand_in(matte, number as usize)))),
    }
}

fn stand_in(matte: Matte, number: usize) -> String {
    match matte {
        Matte::Object => format!("object_{number}"),
        Matte::Material => format!("material_{number}"),
    }
}

fn unique(names: &[String], stand_in: impl Fn(usize) -> String) -> Vec<String> {
    // Names of the file go first, so that a made-up one never takes a real one's place.
    let mut taken: BTreeSet<String> = names.iter().filter(|name| !name.is_empty()).cloned().collect();
    let mut seen = BTreeSet::new();
    let mut suffix = std::collections::BTreeMap::new();
    let mut name_of = |(at, name): (usize, &String)| {
        if !name.is_empty() && seen.insert(name.clone()) {
            return name.clone();
        }
        let base = if name.is_empty() { stand_in(at + 1) } else { name.clone() };
        if taken.insert(base.clone()) {
            return base;
        }
        // Counting goes on where it stopped: a thousand nodes of one name are usual.
        let next: &mut u32 = suffix.entry(base.clone()).or_insert(0);
        loop {
            *next += 1;
            let numbered = format!("{base}.{next:03}");
            if taken.insert(numbered.clone()) {
                return numbered;
            }
        }
    };
    names.iter().enumerate().map(&mut name_of).collect()
}

/// A name's hash with an exponent that makes it an ordinary float: never zero, denormal, infinite or NaN.
fn hash_bits(name: &str) -> u32 {
    const EXPONENT_SHIFT: u32 = 23;
    let mut hasher = Murmur3Hasher::default();
    hasher.write(name.as_bytes());
    let hash = hasher.finish32();
    match (hash >> EXPONENT_SHIFT) & 0xff {
        0 | 0xff => hash ^ (1 << EXPONENT_SHIFT),
        _ => hash,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From `mmh3` 5.3 (Python), an implementation that is not the one used here.
    #[test]
    fn hashes_are_murmurs_with_a_usable_exponent() {
        for (name, bits) in KNOWN {
            assert_eq!(hash_bits(name), bits, "{name}");
            assert!(f32::from_bits(bits).is_normal(), "{name}");
        }
    }

    const KNOWN: [(&str, u32); 6] = [
        ("hello", 0x248b_fa47),
        ("bunny", 0x1385_1a76),
        ("塔", 0xbef6_e13d),
        ("CryptoObject", 0x3ae3_9a58),
        // These two have an exponent of 0 and of 255 before it is mended.
        ("leaf_82", 0x80d2_b704),
        ("leaf_148", 0x7f2c_502d),
    ];

    #[test]
    fn every_number_has_one_name_and_no_two_are_equal() {
        let list = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
        let names = MatteNames::new(
            &list(&["Cube", "", "Cube", "object_2", "Cube.001", "Cube", ""]),
            &list(&["", "Gold", "Gold"]),
        );
        assert_eq!(
            names.objects,
            list(&["Cube", "object_2.001", "Cube.002", "object_2", "Cube.001", "Cube.003", "object_7"])
        );
        assert_eq!(names.materials, list(&["material_1", "Gold", "Gold.001"]));
    }

    #[test]
    fn the_manifest_is_json_of_names_and_bits() {
        let names = MatteNames::new(&["a \"b\"".to_owned(), "塔".to_owned()], &[]);
        let manifest: serde_json::Value = serde_json::from_str(&names.manifest(Matte::Object)).expect("JSON");
        assert_eq!(manifest["塔"], format!("{:08x}", hash_bits("塔")));
        assert_eq!(manifest["a \"b\""], format!("{:08x}", hash_bits("a \"b\"")));
        assert_eq!(names.manifest(Matte::Material), "{}");
    }

    #[test]
    fn numbers_without_a_name_still_have_an_id() {
        assert_eq!(id_of(Matte::Object, 0, &[7.0]), 0.0);
        assert_eq!(id_of(Matte::Object, 1, &[7.0]), 7.0);
        assert_eq!(id_of(Matte::Object, 2, &[7.0]).to_bits(), hash_bits("object_2"));
        assert_eq!(id_of(Matte::Material, u32::MAX, &[]).to_bits(), hash_bits("material_4294967295"));
    }
}
