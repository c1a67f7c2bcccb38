//! Planes: the named arrays of per-pixel sums that a rendered tile consists of.

use serde::{Deserialize, Serialize};

use crate::ranks;

/// One named array of a tile. Every value is a *sum over samples* unless [`Plane::merge`] says otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[repr(u8)]
pub enum Plane {
    /// Radiance, linear Rec.709, three channels, premultiplied by coverage.
    Radiance = 0,
    /// Coverage: 1 for a sample that is not pure background.
    Alpha = 1,
    /// Denoising albedo, three channels, seen through mirrors and glass.
    Albedo = 2,
    /// Denoising shading normal, world space, three channels, seen through mirrors and glass.
    Normal = 3,
    /// Distance along the camera's viewing axis of the first hit, metres; samples that hit nothing add 0.
    Depth = 4,
    /// Number of samples that hit something (the divisor of `Depth` and `Position`).
    Hits = 5,
    /// Square of the sample's luminance, for the variance.
    LuminanceSquared = 6,
    /// World position of the first hit, metres, three channels.
    Position = 7,
    /// Screen motion of the first hit from the previous frame, pixels, two channels.
    Motion = 8,
    /// Object id (1-based; 0 = nothing) of the lowest sample index, bits of a u32.
    ObjectId = 9,
    /// Material id (1-based; 0 = nothing) of the lowest sample index, bits of a u32.
    MaterialId = 10,
    /// Object ids by the number of samples that they are in; see [`ranks`].
    ObjectRanks = 11,
    /// Material ids by the number of samples that they are in; see [`ranks`].
    MaterialRanks = 12,
    /// Radiance after denoising: a mean over all samples, three channels. Never ordered; a node that denoises sends it
    /// beside the sums of a whole tile.
    Denoised = 13,
}

/// How two partial sums of one plane become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Merge {
    /// left + right
    Add,
    /// The left one, which has the lower sample indices.
    KeepLeft,
    /// Counts of equal ids add, and the highest stay; see [`ranks`].
    Rank,
    /// Never: it belongs to the sum over all samples, which has no sibling.
    Whole,
}

/// A set of planes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "u16", into = "u16")]
pub struct PlaneSet(u16);

impl Plane {
    /// All planes that can be ordered, in the order of their numbers.
    pub const ALL: [Plane; 13] = [
        Plane::Radiance,
        Plane::Alpha,
        Plane::Albedo,
        Plane::Normal,
        Plane::Depth,
        Plane::Hits,
        Plane::LuminanceSquared,
        Plane::Position,
        Plane::Motion,
        Plane::ObjectId,
        Plane::MaterialId,
        Plane::ObjectRanks,
        Plane::MaterialRanks,
    ];

    /// Values per pixel.
    pub fn channels(self) -> usize {
        match self {
            Plane::Radiance | Plane::Albedo | Plane::Normal | Plane::Position | Plane::Denoised => 3,
            Plane::Motion => 2,
            Plane::ObjectRanks | Plane::MaterialRanks => ranks::RANK_VALUES,
            _ => 1,
        }
    }

    /// How partial sums combine.
    pub fn merge(self) -> Merge {
        match self {
            Plane::ObjectId | Plane::MaterialId => Merge::KeepLeft,
            Plane::ObjectRanks | Plane::MaterialRanks => Merge::Rank,
            Plane::Denoised => Merge::Whole,
            _ => Merge::Add,
        }
    }

    /// Whether the values are bits of integers rather than numbers.
    pub fn is_id(self) -> bool {
        matches!(self, Plane::ObjectId | Plane::MaterialId)
    }

    /// Whether the values are pairs of an id's bits and its count.
    pub fn is_ranked(self) -> bool {
        self.merge() == Merge::Rank
    }
}

impl PlaneSet {
    /// What every render returns, and what a denoiser looks at.
    pub const DEFAULT: PlaneSet = PlaneSet(0b111_1111);

    /// Nothing but radiance and coverage.
    pub const BEAUTY: PlaneSet = PlaneSet(0b11);

    /// This set and one more.
    pub const fn with(self, plane: Plane) -> Self {
        Self(self.0 | 1 << plane as u8)
    }

    /// Whether all planes of the other set are in this one.
    pub fn covers(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether the plane is in the set.
    pub fn contains(self, plane: Plane) -> bool {
        self.0 & 1 << plane as u8 != 0
    }

    /// The planes of the set, in order.
    pub fn iter(self) -> impl Iterator<Item = Plane> {
        Plane::ALL.into_iter().chain([Plane::Denoised]).filter(move |&plane| self.contains(plane))
    }

    /// Values per pixel in all planes together.
    pub fn channels(self) -> usize {
        self.iter().map(Plane::channels).sum()
    }
}

impl TryFrom<u16> for PlaneSet {
    type Error = &'static str;

    fn try_from(bits: u16) -> Result<Self, Self::Error> {
        let known = (1u16 << Plane::ALL.len()) - 1;
        let base = Self::BEAUTY.0;
        if bits & !known == 0 && bits & base == base {
            Ok(Self(bits))
        } else {
            Err("unknown or missing planes")
        }
    }
}

impl From<PlaneSet> for u16 {
    fn from(planes: PlaneSet) -> u16 {
        planes.0
    }
}
