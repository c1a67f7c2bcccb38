//! The contract's layers: their names, the planes they need and the channels they become.

use std::{fmt, str::FromStr};

use super::Layout;
use super::cryptomatte::Matte;
use crate::{Plane, PlaneSet};

/// One layer of a picture, by the contract's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Layer {
    /// The picture itself, with alpha.
    Beauty,
    /// The picture before denoising; equal to the beauty where nobody denoises.
    Noisy,
    /// Denoising albedo.
    Albedo,
    /// Denoising normal, world space.
    Normal,
    /// Distance along the viewing axis, metres.
    Depth,
    /// World position, metres.
    Position,
    /// Screen motion from the previous frame, pixels.
    Motion,
    /// Object id, 1-based.
    ObjectId,
    /// Material id, 1-based.
    MaterialId,
    /// Variance of the mean luminance.
    Variance,
    /// Samples per pixel.
    Samples,
    /// Mattes of objects and materials by name.
    Cryptomatte,
    /// The picture after denoising, before frames were averaged with their neighbours; else equal to the beauty.
    Denoised,
}

/// A list of layers, each once, in the contract's order; parsed from `beauty,depth`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layers(Vec<Layer>);

/// A list of layers that cannot be rendered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LayersError {
    /// No such layer.
    #[error("there is no layer \"{0}\"; choose from {names}", names = Layers::names())]
    Unknown(String),
}

/// Where a channel's values come from, and how they are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// One channel of the beauty as half.
    Beauty(usize),
    /// One channel of a plane as half: for eyes.
    Half(Plane, usize),
    /// One channel of what the frame alone shows, denoised, as half.
    Denoised(usize),
    /// One channel of a plane as float: for computing.
    Float(Plane, usize),
    /// An id as unsigned integer.
    Id(Plane),
    /// An id as float, because Blender's own id passes are floats. Exact up to 16 777 216.
    IdAsFloat(Plane),
    /// One channel of a plane as float with the other sign, because Blender counts motion backwards.
    Negated(Plane, usize),
    /// Zero, where a pass has more channels than we know.
    Zero,
    /// One value of a matte's ranks: ids at even places, coverage at odd ones.
    Rank(Matte, usize),
    /// Variance of the mean.
    Variance,
    /// Samples per pixel.
    Samples,
    /// Samples per pixel as float, as Blender's own pass is.
    SamplesAsFloat,
}

impl Layer {
    /// All layers, in the contract's order.
    pub const ALL: [Layer; 13] = [
        Layer::Beauty,
        Layer::Noisy,
        Layer::Albedo,
        Layer::Normal,
        Layer::Depth,
        Layer::Position,
        Layer::Motion,
        Layer::ObjectId,
        Layer::MaterialId,
        Layer::Variance,
        Layer::Samples,
        Layer::Cryptomatte,
        Layer::Denoised,
    ];

    /// The contract's name.
    pub fn name(self) -> &'static str {
        match self {
            Layer::Beauty => "beauty",
            Layer::Noisy => "noisy",
            Layer::Albedo => "albedo",
            Layer::Normal => "normal",
            Layer::Depth => "depth",
            Layer::Position => "position",
            Layer::Motion => "motion",
            Layer::ObjectId => "object_id",
            Layer::MaterialId => "material_id",
            Layer::Variance => "variance",
            Layer::Samples => "samples",
            Layer::Cryptomatte => "cryptomatte",
            Layer::Denoised => "denoised",
        }
    }

    /// The planes that must be rendered for this layer.
    pub fn planes(self) -> PlaneSet {
        let planes: &[Plane] = match self {
            Layer::Beauty | Layer::Noisy | Layer::Samples | Layer::Denoised => &[],
            Layer::Albedo => &[Plane::Albedo],
            Layer::Normal => &[Plane::Normal],
            Layer::Depth => &[Plane::Depth, Plane::Hits],
            Layer::Position => &[Plane::Position, Plane::Hits],
            Layer::Motion => &[Plane::Motion],
            Layer::ObjectId => &[Plane::ObjectId],
            Layer::MaterialId => &[Plane::MaterialId],
            Layer::Variance => &[Plane::LuminanceSquared],
            Layer::Cryptomatte => &[Plane::ObjectRanks, Plane::MaterialRanks],
        };
        planes.iter().fold(PlaneSet::BEAUTY, |set, &plane| set.with(plane))
    }

    /// Whether the values are data to compute with rather than colours to look at.
    pub fn is_data(self) -> bool {
        !matches!(self, Layer::Beauty | Layer::Noisy | Layer::Albedo | Layer::Denoised)
    }

    /// The names of this layer's channels.
    pub fn channel_names(self, layout: Layout) -> Vec<String> {
        self.channels(layout).into_iter().map(|(name, _)| name).collect()
    }

    /// The channels with their full names and sources.
    pub(super) fn channels(self, layout: Layout) -> Vec<(String, Source)> {
        if self == Layer::Cryptomatte {
            let sources = |matte: Matte| (0..).map(move |at| Source::Rank(matte, at));
            return Matte::ALL
                .iter()
                .flat_map(|&matte| matte.channel_names(layout).zip(sources(matte)))
                .collect();
        }
        let (prefix, suffixes): (&str, &[&str]) = match layout {
            Layout::Comp => self.comp_names(),
            Layout::Blender => self.blender_names(),
        };
        let named = suffixes.iter().enumerate();
        named.map(|(at, suffix)| (format!("{prefix}{suffix}"), self.source(at, layout))).collect()
    }

    fn comp_names(self) -> (&'static str, &'static [&'static str]) {
        match self {
            Layer::Beauty => ("", &["R", "G", "B", "A"]),
            Layer::Noisy => ("noisy.", &["R", "G", "B"]),
            Layer::Albedo => ("albedo.", &["R", "G", "B"]),
            Layer::Normal => ("normal.", &["X", "Y", "Z"]),
            Layer::Depth => ("depth.", &["Z"]),
            Layer::Position => ("position.", &["X", "Y", "Z"]),
            Layer::Motion => ("motion.", &["X", "Y"]),
            Layer::ObjectId => ("object_id.", &["I"]),
            Layer::MaterialId => ("material_id.", &["I"]),
            Layer::Variance => ("variance.", &["V"]),
            Layer::Samples => ("samples.", &["N"]),
            Layer::Denoised => ("denoised.", &["R", "G", "B"]),
            Layer::Cryptomatte => ("", &[]),
        }
    }

    fn blender_names(self) -> (&'static str, &'static [&'static str]) {
        match self {
            Layer::Beauty => ("ViewLayer.Combined.", &["R", "G", "B", "A"]),
            Layer::Noisy => ("ViewLayer.Noisy Image.", &["R", "G", "B"]),
            Layer::Albedo => ("ViewLayer.Denoising Albedo.", &["R", "G", "B"]),
            Layer::Normal => ("ViewLayer.Denoising Normal.", &["X", "Y", "Z"]),
            Layer::Depth => ("ViewLayer.Depth.", &["Z"]),
            Layer::Position => ("ViewLayer.Position.", &["X", "Y", "Z"]),
            // Blender's pass holds where the point was, and where it will be, which is not known, y upwards.
            Layer::Motion => ("ViewLayer.Vector.", &["X", "Y", "Z", "W"]),
            Layer::ObjectId => ("ViewLayer.IndexOB.", &["X"]),
            Layer::MaterialId => ("ViewLayer.IndexMA.", &["X"]),
            Layer::Variance => ("ViewLayer.Variance.", &["X"]),
            Layer::Samples => ("ViewLayer.Debug Sample Count.", &["X"]),
            Layer::Denoised => ("ViewLayer.Denoised.", &["R", "G", "B"]),
            Layer::Cryptomatte => ("", &[]),
        }
    }

    fn source(self, channel: usize, layout: Layout) -> Source {
        let id = |plane| match layout {
            Layout::Comp => Source::Id(plane),
            Layout::Blender => Source::IdAsFloat(plane),
        };
        match self {
            Layer::Beauty if channel == 3 => Source::Half(Plane::Alpha, 0),
            Layer::Beauty => Source::Beauty(channel),
            Layer::Noisy => Source::Half(Plane::Radiance, channel),
            Layer::Denoised => Source::Denoised(channel),
            Layer::Albedo => Source::Half(Plane::Albedo, channel),
            Layer::Normal => Source::Float(Plane::Normal, channel),
            Layer::Depth => Source::Float(Plane::Depth, 0),
            Layer::Position => Source::Float(Plane::Position, channel),
            Layer::Motion if channel >= 2 => Source::Zero,
            Layer::Motion if channel == 0 && layout == Layout::Blender => Source::Negated(Plane::Motion, 0),
            Layer::Motion => Source::Float(Plane::Motion, channel),
            Layer::ObjectId => id(Plane::ObjectId),
            Layer::MaterialId => id(Plane::MaterialId),
            Layer::Variance => Source::Variance,
            Layer::Samples if layout == Layout::Blender => Source::SamplesAsFloat,
            Layer::Samples => Source::Samples,
            Layer::Cryptomatte => unreachable!("its channels have sources of their own"),
        }
    }
}

impl Layers {
    /// The layers, each once, in the contract's order.
    pub fn iter(&self) -> impl Iterator<Item = Layer> {
        self.0.iter().copied()
    }

    /// The planes that must be rendered for these layers.
    pub fn planes(&self) -> PlaneSet {
        let planes = self.iter().flat_map(|layer| layer.planes().iter());
        planes.fold(PlaneSet::BEAUTY, PlaneSet::with)
    }

    /// The picture alone.
    pub(super) fn beauty() -> Self {
        Self(vec![Layer::Beauty])
    }

    /// Those for which it is so, and the rest.
    pub(super) fn cut(&self, is_so: impl Fn(Layer) -> bool) -> (Self, Self) {
        let (so, rest) = self.iter().partition(|&layer| is_so(layer));
        (Self(so), Self(rest))
    }

    fn names() -> String {
        Layer::ALL.map(Layer::name).join(", ")
    }
}

impl Default for Layers {
    fn default() -> Self {
        Self(vec![Layer::Beauty, Layer::Noisy, Layer::Albedo, Layer::Normal, Layer::Depth])
    }
}

impl FromStr for Layers {
    type Err = LayersError;

    fn from_str(text: &str) -> Result<Self, LayersError> {
        let parse = |name: &str| {
            let found = Layer::ALL.into_iter().find(|layer| layer.name() == name);
            found.ok_or_else(|| LayersError::Unknown(name.to_owned()))
        };
        let mut layers = text.split(',').map(|name| parse(name.trim())).collect::<Result<Vec<_>, _>>()?;
        layers.sort_unstable();
        layers.dedup();
        Ok(Self(layers))
    }
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for Layers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.iter().map(Layer::name).collect();
        f.write_str(&names.join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layer_names_equal_the_contract() {
        let names = "beauty,noisy,albedo,normal,depth,position,motion,object_id,material_id,variance,samples,cryptomatte,denoised";
        assert_eq!(names.parse::<Layers>().expect("all known").to_string(), names);
        assert_eq!(Layers::default().to_string(), "beauty,noisy,albedo,normal,depth");
        assert_eq!("depth, beauty,depth".parse::<Layers>().expect("known").to_string(), "beauty,depth");
        assert_eq!("beaty".parse::<Layers>(), Err(LayersError::Unknown("beaty".to_owned())));
        assert_eq!(
            Layers::default().planes(),
            PlaneSet::BEAUTY.with(Plane::Albedo).with(Plane::Normal).with(Plane::Depth).with(Plane::Hits)
        );
    }
}
