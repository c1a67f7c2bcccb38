//! What a file is (`exr info`) and whether it is sound (`exr check`), as values that print as text and as JSON.

use std::fmt;

use serde::Serialize;

use super::{ExrFile, Layer, Layers, Layout, Samples, write::EMPTY_PIXELS_ATTRIBUTE};

const NEGATIVE: f32 = -1e-4;
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

/// What is wrong with a file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct CheckReport {
    /// Samples that are not a number, in all channels.
    pub nan: u64,
    /// Infinite samples, in all channels.
    pub infinite: u64,
    /// Samples below −1e-4 in the channels that cannot be: colours, coverage, depth, variance.
    ///
    /// Lossy codecs ring a little around zero; the reference comparison draws the same line.
    pub negative: u64,
    /// The names of the channels where any of these were found.
    pub bad_channels: Vec<String>,
    /// Layers that were expected and are not there whole.
    pub missing_layers: Vec<&'static str>,
    /// Pixels that never got a sample; 0 in a finished picture, nothing where the file does not tell.
    pub pixels_without_samples: Option<u64>,
}

/// Looks for what a finished picture must not have.
pub fn check(file: &ExrFile, expected: &Layers) -> CheckReport {
    let mut report = CheckReport::default();
    for part in &file.parts {
        for (channel, samples) in part.info.channels.iter().zip(&part.samples) {
            report.add(&channel.name, samples);
        }
        let attribute = part.info.attributes.iter().find(|(name, _)| name == EMPTY_PIXELS_ATTRIBUTE);
        let told = attribute.and_then(|(_, value)| value.parse().ok());
        report.pixels_without_samples = report.pixels_without_samples.or(told);
    }
    let info = file.info();
    report.missing_layers = expected.iter().filter(|&layer| !info.has(layer)).map(Layer::name).collect();
    report
}

impl ExrInfo {
    /// Whether all channels of the layer are there, in either layout.
    pub fn has(&self, layer: Layer) -> bool {
        [Layout::Comp, Layout::Blender].into_iter().any(|layout| {
            let names = layer.channel_names(layout);
            let mut parts = self.parts.iter();
            parts.any(|part| {
                names.iter().all(|name| part.channels.iter().any(|channel| channel.name == *name))
            })
        })
    }

    /// The contract's layers that are in the file.
    pub fn layers(&self) -> Vec<Layer> {
        Layer::ALL.into_iter().filter(|&layer| self.has(layer)).collect()
    }
}

impl CheckReport {
    /// Whether nothing is wrong.
    pub fn is_sound(&self) -> bool {
        self.bad_channels.is_empty()
            && self.missing_layers.is_empty()
            && self.pixels_without_samples.unwrap_or(0) == 0
    }

    fn add(&mut self, name: &str, samples: &Samples) {
        if matches!(samples, Samples::Uint(_)) {
            return;
        }
        let before = self.nan + self.infinite + self.negative;
        let signed = may_be_negative(name);
        for value in (0..samples.len()).map(|at| samples.number(at)) {
            self.nan += u64::from(value.is_nan());
            self.infinite += u64::from(value.is_infinite());
            self.negative += u64::from(value < NEGATIVE && !signed);
        }
        if self.nan + self.infinite + self.negative > before {
            self.bad_channels.push(name.to_owned());
        }
    }
}

fn may_be_negative(name: &str) -> bool {
    let known = |layer: &Layer| {
        [Layout::Comp, Layout::Blender]
            .iter()
            .any(|&layout| layer.channel_names(layout).iter().any(|channel| channel == name))
    };
    match Layer::ALL.iter().find(|layer| known(layer)) {
        Some(layer) => matches!(layer, Layer::Normal | Layer::Position | Layer::Motion | Layer::Cryptomatte),
        None => !matches!(name.rsplit('.').next(), Some("R" | "G" | "B" | "A")),
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

impl fmt::Display for CheckReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_sound() {
            return f.write_str("sound");
        }
        let mut faults = Vec::new();
        if !self.bad_channels.is_empty() {
            let channels = self.bad_channels.join(", ");
            faults.push(format!(
                "{} NaN, {} infinite and {} negative samples in {channels}",
                self.nan, self.infinite, self.negative
            ));
        }
        if !self.missing_layers.is_empty() {
            faults.push(format!("missing layers: {}", self.missing_layers.join(", ")));
        }
        if let Some(pixels @ 1..) = self.pixels_without_samples {
            faults.push(format!("{pixels} pixels without any sample: the render is not finished"));
        }
        f.write_str(&faults.join("; "))
    }
}
