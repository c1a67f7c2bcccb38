//! What a file is (`exr info`), as values that print as text and as JSON.

use std::fmt;

use serde::Serialize;

use super::layout::VIEW_LAYER;
use super::{Layer, Layout};

/// Longer texts are for programs: a matte's list of names can have a million characters.
const TEXT_BYTES_SHOWN: usize = 160;

/// What a file holds, from its header.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ExrInfo {
    /// The parts, in the file's order.
    pub parts: Vec<PartInfo>,
}

/// What one part holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PartInfo {
    /// Its name; files of one part often have none.
    pub name: Option<String>,
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Codec in words.
    pub compression: String,
    /// Channels, alphabetically.
    pub channels: Vec<ChannelInfo>,
    /// Attributes beyond what is needed to read the file, as text, by name.
    pub attributes: Vec<(String, String)>,
}

/// Where a part's pixels lie; an attribute that is told where they do not fill the picture.
pub(super) const DATA_WINDOW: &str = "dataWindow";
/// The whole picture; told with [`DATA_WINDOW`].
pub(super) const DISPLAY_WINDOW: &str = "displayWindow";
/// How wide a pixel is for its height; told where it is no square.
pub(super) const PIXEL_ASPECT: &str = "pixelAspectRatio";

/// One channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ChannelInfo {
    /// Full name, layer and all.
    pub name: String,
    /// How samples are stored.
    pub kind: SampleKind,
}

/// How samples are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SampleKind {
    /// 16-bit floating point.
    Half,
    /// 32-bit floating point.
    Float,
    /// 32-bit unsigned.
    Uint,
}

impl ExrInfo {
    /// Whether all channels of the layer are there, in either layout; in Blender's, under any view layer's name.
    pub fn has(&self, layer: Layer) -> bool {
        let (comp, blender) = (layer.channel_names(Layout::Comp), layer.channel_names(Layout::Blender));
        let tails: Vec<&str> = blender.iter().filter_map(|name| name.strip_prefix(VIEW_LAYER)).collect();
        self.parts.iter().any(|part| {
            part.has_all("", &comp) || part.view_layers(&tails).any(|of| part.has_all(of, &tails))
        })
    }

    /// The contract's layers that are in the file.
    pub fn layers(&self) -> Vec<Layer> {
        Layer::ALL.into_iter().filter(|&layer| self.has(layer)).collect()
    }
}

impl PartInfo {
    /// What is told of where its pixels lie and of their shape; nothing where that is as everybody takes it.
    pub fn placement(&self) -> impl Iterator<Item = (&str, &str)> {
        let told = self.attributes.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        told.filter(|(name, _)| [DATA_WINDOW, DISPLAY_WINDOW, PIXEL_ASPECT].contains(name))
    }

    fn has_all(&self, prefix: &str, names: &[impl AsRef<str>]) -> bool {
        let is_there = |name: &str| {
            let mut channels = self.channels.iter();
            channels.any(|channel| channel.name.strip_prefix(prefix) == Some(name))
        };
        names.iter().all(|name| is_there(name.as_ref()))
    }

    /// What stands before the first of these names wherever it is found.
    fn view_layers(&self, tails: &[&str]) -> impl Iterator<Item = &str> {
        let first = tails.first().copied().unwrap_or_default();
        self.channels.iter().filter_map(move |channel| channel.name.strip_suffix(first))
    }
}

impl fmt::Display for SampleKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            SampleKind::Half => "half",
            SampleKind::Float => "float",
            SampleKind::Uint => "uint",
        })
    }
}

impl fmt::Display for ExrInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in &self.parts {
            let name = part.name.as_deref().map(|name| format!("{name}: ")).unwrap_or_default();
            writeln!(f, "{name}{} x {} px, {}", part.width, part.height, part.compression)?;
            for channel in &part.channels {
                writeln!(f, "  {:5}  {}", channel.kind.to_string(), channel.name)?;
            }
            for (name, value) in &part.attributes {
                match value.len() {
                    0..=TEXT_BYTES_SHOWN => writeln!(f, "  {name} = {value}")?,
                    bytes => writeln!(f, "  {name} = {bytes} bytes of text")?,
                }
            }
        }
        let layers: Vec<_> = self.layers().into_iter().map(Layer::name).collect();
        write!(f, "layers: {}", layers.join(","))
    }
}
