//! Whether a file is sound (`exr check`), as a value that prints as text and as JSON.

use std::fmt;

use serde::Serialize;

use super::{ExrFile, Layer, Layers, Layout, Samples, layout::EMPTY_PIXELS_ATTRIBUTE};

const NEGATIVE: f32 = -1e-4;

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
