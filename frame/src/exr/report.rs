//! Whether a file is sound (`exr check`), as a value that prints as text and as JSON.

use std::fmt;
use std::io::{Read, Seek};

use serde::Serialize;

use super::{
    Bands, ExrError, ExrFile, ExrInfo, Layer, Layers, Layout, PartInfo, Samples,
    layout::EMPTY_PIXELS_ATTRIBUTE,
};

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
    let mut search = Search::of(&file.info());
    search.look(file);
    search.finish(&file.info(), expected)
}

/// The same for a file of any size, of which a few rows are in memory at a time.
///
/// # Errors
/// As [`super::read()`].
pub fn check_bands<R: Read + Seek>(bands: &mut Bands<R>, expected: &Layers) -> Result<CheckReport, ExrError> {
    let mut search = Search::of(bands.info());
    bands.each(|band| search.look(band))?;
    Ok(search.finish(bands.info(), expected))
}

/// A search under way.
struct Search {
    report: CheckReport,
    /// The channels of all parts one after another, and whether anything bad was found in them.
    channels: Vec<(String, bool)>,
}

impl Search {
    fn of(info: &ExrInfo) -> Self {
        let channels = info.parts.iter().flat_map(|part| &part.channels);
        Self {
            report: CheckReport::default(),
            channels: channels.map(|channel| (channel.name.clone(), false)).collect(),
        }
    }

    /// The next rows of the same file.
    fn look(&mut self, file: &ExrFile) {
        let samples = file.parts.iter().flat_map(|part| &part.samples);
        for ((name, is_bad), samples) in self.channels.iter_mut().zip(samples) {
            *is_bad |= self.report.add(name, samples);
        }
    }

    fn finish(self, info: &ExrInfo, expected: &Layers) -> CheckReport {
        let told = |part: &PartInfo| {
            let found = part.attributes.iter().find(|(name, _)| name == EMPTY_PIXELS_ATTRIBUTE);
            found.and_then(|(_, value)| value.parse().ok())
        };
        let bad = self.channels.into_iter().filter(|(_, is_bad)| *is_bad);
        CheckReport {
            bad_channels: bad.map(|(name, _)| name).collect(),
            missing_layers: expected.iter().filter(|&layer| !info.has(layer)).map(Layer::name).collect(),
            pixels_without_samples: info.parts.iter().find_map(told),
            ..self.report
        }
    }
}

impl CheckReport {
    /// Whether nothing is wrong.
    pub fn is_sound(&self) -> bool {
        self.bad_channels.is_empty()
            && self.missing_layers.is_empty()
            && self.pixels_without_samples.unwrap_or(0) == 0
    }

    /// Counts what is bad in these samples of a channel; whether there was anything.
    fn add(&mut self, name: &str, samples: &Samples) -> bool {
        if matches!(samples, Samples::Uint(_)) {
            return false;
        }
        let before = self.nan + self.infinite + self.negative;
        let signed = may_be_negative(name);
        for value in (0..samples.len()).map(|at| samples.number(at)) {
            self.nan += u64::from(value.is_nan());
            self.infinite += u64::from(value.is_infinite());
            self.negative += u64::from(value < NEGATIVE && !signed);
        }
        self.nan + self.infinite + self.negative > before
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
