//! The colour space that a picture's light is in, as its file says.
//!
//! Sources: Color Interop Forum's identifiers (`colorInteropID`); the EXR attribute `chromaticities`, without which it means Rec. 709.

use crate::picture::Picture;

/// What the attribute with the identifier is called.
const IDENTIFIER: &str = "colorInteropID";
/// What the attribute with primaries is called, eight numbers: x and y of red, green, blue and white.
const PRIMARIES: &str = "chromaticities";
/// Files round their primaries to four digits or less.
const PRIMARIES_APART: f32 = 2e-3;
/// A longer identifier names nothing.
const IDENTIFIER_BYTES_MAX: usize = 128;

/// A space of scene-linear light.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Space {
    /// Its identifier; for primaries that are nobody's, the primaries.
    pub name: String,
}

/// A space that many files are in.
struct Known {
    identifier: &'static str,
    /// Names under which configurations have it: aliases, those of ACES since 1.0.3, those of older ones.
    names: &'static [&'static str],
    primaries: [f32; 8],
}

const D65: [f32; 2] = [0.3127, 0.3290];
const D60: [f32; 2] = [0.32168, 0.33767];

const KNOWN: [Known; 5] = [
    Known {
        identifier: "lin_rec709_scene",
        names: &[
            "lin_rec709",
            "Linear Rec.709 (sRGB)",
            "lin_rec709_srgb",
            "lin_srgb",
            "Utility - Linear - sRGB",
            "Utility - Linear - Rec.709",
            "Linear Rec.709",
            "Linear BT.709",
            "Linear sRGB",
        ],
        primaries: [0.64, 0.33, 0.30, 0.60, 0.15, 0.06, D65[0], D65[1]],
    },
    Known {
        identifier: "lin_ap1_scene",
        names: &["ACEScg", "lin_ap1", "ACES - ACEScg"],
        primaries: [0.713, 0.293, 0.165, 0.830, 0.128, 0.044, D60[0], D60[1]],
    },
    Known {
        identifier: "lin_ap0_scene",
        names: &["ACES2065-1", "lin_ap0", "ACES - ACES2065-1", "aces_interchange"],
        primaries: [0.7347, 0.2653, 0.0, 1.0, 0.0001, -0.077, D60[0], D60[1]],
    },
    Known {
        identifier: "lin_rec2020_scene",
        names: &["lin_rec2020", "Linear Rec.2020", "Utility - Linear - Rec.2020", "Linear BT.2020"],
        primaries: [0.708, 0.292, 0.170, 0.797, 0.131, 0.046, D65[0], D65[1]],
    },
    Known {
        identifier: "lin_p3d65_scene",
        names: &["lin_p3d65", "Linear P3-D65", "lin_displayp3", "Utility - Linear - P3-D65"],
        primaries: [0.680, 0.320, 0.265, 0.690, 0.150, 0.060, D65[0], D65[1]],
    },
];

impl Default for Space {
    fn default() -> Self {
        Self { name: KNOWN[0].identifier.to_owned() }
    }
}

impl Space {
    /// Of a picture: its identifier, else its primaries, else Rec. 709.
    pub fn of(picture: &Picture) -> Self {
        let attribute = |name: &str| {
            let found = picture.attributes.iter().find(|(other, _)| other == name);
            found.map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
        };
        if let Some(name) = attribute(IDENTIFIER).filter(|name| name.len() <= IDENTIFIER_BYTES_MAX) {
            return Self { name: name.to_owned() };
        }
        attribute(PRIMARIES).map_or_else(Self::default, Self::with_primaries)
    }

    fn with_primaries(text: &str) -> Self {
        let numbers: Vec<f32> = text.split_whitespace().filter_map(|number| number.parse().ok()).collect();
        let is_near = |known: &&Known| {
            let mut apart = known.primaries.iter().zip(&numbers).map(|(known, found)| (known - found).abs());
            numbers.len() == known.primaries.len() && apart.all(|apart| apart <= PRIMARIES_APART)
        };
        let name = KNOWN.iter().find(is_near).map_or(text, |known| known.identifier);
        Self { name: name.to_owned() }
    }

    /// Names under which a configuration may have it, the likeliest first.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let known = KNOWN.iter().find(|known| known.identifier == self.name);
        let others = known.map(|known| known.names).unwrap_or_default();
        std::iter::once(self.name.as_str()).chain(others.iter().copied())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picture::tests::made;

    fn of(attributes: &[(&str, &str)]) -> String {
        let mut picture = made(1, 1, &[("beauty", &["R", "G", "B"], |_, _| 0.0)]);
        picture.attributes =
            attributes.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Space::of(&picture).name
    }

    #[test]
    fn a_picture_says_its_space_by_identifier_or_primaries_and_is_rec_709_without() {
        let acescg = ("chromaticities", "0.713 0.293 0.165 0.83 0.128 0.044 0.32168 0.33767");
        assert_eq!(of(&[]), "lin_rec709_scene");
        assert_eq!(of(&[acescg]), "lin_ap1_scene");
        assert_eq!(of(&[acescg, ("colorInteropID", "lin_rec2020_scene")]), "lin_rec2020_scene");
        let ours = ("chromaticities", "0.64 0.33 0.3 0.6 0.15 0.06 0.3127 0.329");
        assert_eq!(of(&[ours]), "lin_rec709_scene");
        assert_eq!(of(&[("chromaticities", "1 0 0 1 0 0 0.3 0.3")]), "1 0 0 1 0 0 0.3 0.3", "nobody's");
        assert_eq!(of(&[("colorInteropID", &"x".repeat(1000))]), "lin_rec709_scene");
    }

    #[test]
    fn a_space_is_looked_for_by_its_own_name_first() {
        let space = Space { name: "lin_ap1_scene".into() };
        assert_eq!(space.names().take(2).collect::<Vec<_>>(), ["lin_ap1_scene", "ACEScg"]);
        assert_eq!(Space { name: "show_log".into() }.names().collect::<Vec<_>>(), ["show_log"]);
    }
}
