//! A picture as the viewer knows it: layers of channels, all of one size, with the exact numbers of the file.

use std::path::Path;

use frame::exr::{self, ExrError, ExrFile, ReadLimits, Samples};
use frame::film::Colours;

use crate::trouble::Trouble;
use crate::words::{fill, say};

/// Layers of one size.
#[derive(Clone, Debug)]
pub struct Picture {
    /// How it is called: a file's name, or what a sender says.
    pub name: String,
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// At least one.
    pub layers: Vec<Layer>,
    /// What the file says about itself, by name.
    pub attributes: Vec<(String, String)>,
    /// What of the file cannot be seen as it is.
    pub note: Option<Trouble>,
}

/// Channels that belong together.
#[derive(Clone, Debug)]
pub struct Layer {
    /// `beauty` for the unnamed one.
    pub name: String,
    /// Up to four are seen, in this order.
    pub channels: Vec<Channel>,
    /// Whether they are light rather than numbers: light goes through a view transform.
    pub is_light: bool,
}

/// One number per pixel.
#[derive(Clone, Debug)]
pub struct Channel {
    /// Its name within the layer.
    pub name: String,
    /// The numbers, row by row.
    pub samples: Samples,
}

/// Why there is no picture.
#[derive(Debug, thiserror::Error)]
pub enum PictureError {
    /// The file cannot be read.
    #[error(transparent)]
    Exr(#[from] ExrError),
    /// There is no channel in it.
    #[error("it has no channels")]
    Empty,
}

impl Picture {
    /// Reads an EXR file.
    ///
    /// # Errors
    /// [`PictureError`]; never a panic, whatever the bytes are.
    pub fn open(path: &Path) -> Result<Self, PictureError> {
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        Self::of_file(name, exr::read(path, &ReadLimits::default())?)
    }

    fn of_file(name: String, file: ExrFile) -> Result<Self, PictureError> {
        let parts_all = file.parts.len();
        let has_colours =
            |part: &exr::ExrPart| part.info.channels.iter().any(|channel| channel.name.ends_with('R'));
        let main = file.parts.iter().find(|part| has_colours(part)).or(file.parts.first());
        let (width, height) =
            main.map(|part| (part.info.width, part.info.height)).ok_or(PictureError::Empty)?;
        let attributes = main.map(|part| part.info.attributes.clone()).unwrap_or_default();
        let mut layers: Vec<Layer> = Vec::new();
        let mut parts_shown = 0;
        for part in
            file.parts.into_iter().filter(|part| (part.info.width, part.info.height) == (width, height))
        {
            parts_shown += 1;
            let prefix = part.info.name.filter(|_| parts_all > 1).unwrap_or_default();
            for (channel, samples) in part.info.channels.into_iter().zip(part.samples) {
                add(&mut layers, &prefix, &channel.name, samples);
            }
        }
        layers.iter_mut().for_each(Layer::arrange);
        // The picture itself first, the rest as people look for it: by name.
        layers.sort_by_key(|layer| {
            (layer.name != "beauty" && !layer.name.ends_with("Combined"), layer.name.clone())
        });
        if layers.is_empty() {
            return Err(PictureError::Empty);
        }
        let note = note(&layers, width as usize * height as usize, parts_all - parts_shown);
        Ok(Self { name, width, height, layers, attributes, note })
    }

    /// A picture that is still to come: all its numbers are 0. Channels are named as in a file.
    ///
    /// # Errors
    /// When the system does not give the memory.
    pub fn growing(name: &str, width: u32, height: u32, channels: &[String]) -> Result<Self, PictureError> {
        let pixels = width as usize * height as usize;
        exr::ask_memory((pixels as u64).saturating_mul(4 * channels.len() as u64))?;
        let mut layers = Vec::new();
        channels.iter().for_each(|channel| add(&mut layers, "", channel, Samples::Float(vec![0.0; pixels])));
        layers.iter_mut().for_each(Layer::arrange);
        Ok(Self { name: name.to_owned(), width, height, layers, attributes: Vec::new(), note: None })
    }

    /// Puts new numbers, one per named channel and pixel, into a rectangle; channels that are not there are left out, and so
    /// is a rectangle that reaches outside.
    pub fn paste(&mut self, rect: frame::TileRect, channels: &[String], values: &[f32]) -> bool {
        let whole = frame::TileRect { x: 0, y: 0, width: self.width, height: self.height };
        if !whole.contains(rect) || values.len() != rect.pixels() * channels.len() {
            return false;
        }
        for (at, name) in channels.iter().enumerate() {
            let (layer, channel) = names(name);
            let layer = self.layers.iter_mut().find(|found| found.name == layer);
            let channel =
                layer.and_then(|layer| layer.channels.iter_mut().find(|found| found.name == channel));
            let Some(Channel { samples: Samples::Float(samples), .. }) = channel else { continue };
            let new: Vec<f32> = values.iter().skip(at).step_by(channels.len()).copied().collect();
            whole.paste(samples, 1, rect, &new);
        }
        true
    }

    /// Red, green, blue and alpha of a pixel of a layer, as they are shown.
    ///
    /// # Panics
    /// Outside the picture or its layers.
    pub fn light(&self, layer: usize, x: u32, y: u32) -> [f32; 4] {
        self.layers[layer].light(y as usize * self.width as usize + x as usize)
    }

    /// All of a layer's pixels, for comparing.
    pub fn colours(&self, layer: usize) -> Colours {
        let pixels = self.width as usize * self.height as usize;
        let rgba = (0..pixels).flat_map(|at| self.layers[layer].light(at)).collect();
        Colours { width: self.width, height: self.height, rgba }
    }
}

/// Adds each run of `across` samples to one value.
fn sum<'a, T: Copy>(
    values: impl Iterator<Item = &'a mut f32>,
    samples: &[T],
    across: usize,
    number: impl Fn(T) -> f32,
) {
    for (value, samples) in values.zip(samples.chunks(across)) {
        *value += samples.iter().map(|&sample| number(sample)).sum::<f32>();
    }
}

/// What cannot be seen of a file as it is: light that is no number comes before parts of another size.
fn note(layers: &[Layer], pixels: usize, parts_hidden: usize) -> Option<Trouble> {
    let is_broken = |layer: &Layer, at: usize| layer.light(at).iter().any(|value| !value.is_finite());
    let broken = layers.iter().filter(|layer| layer.is_light).find_map(|layer| {
        let count = (0..pixels).filter(|&at| is_broken(layer, at)).count();
        (count > 0).then_some((count, layer))
    });
    if let Some((count, layer)) = broken {
        let (key, count) = (if count == 1 { "trouble.number" } else { "trouble.numbers" }, count.to_string());
        let what = fill(key, &[("count", &count), ("layer", &layer.name)]);
        return Some(Trouble { what, advice: say("trouble.numbers.advice").into() });
    }
    (parts_hidden > 0).then(|| Trouble {
        what: fill("trouble.parts", &[("count", &parts_hidden.to_string())]),
        advice: say("trouble.parts.advice").into(),
    })
}

/// Layer and channel of a channel's full name.
fn names(full: &str) -> (&str, &str) {
    full.rsplit_once('.').unwrap_or(("beauty", full))
}

/// Adds a channel of a part to the layer that it belongs to.
fn add(layers: &mut Vec<Layer>, part: &str, full: &str, samples: Samples) {
    let (layer, channel) = names(full);
    let name = match (part, full.contains('.')) {
        ("", _) => layer.to_owned(),
        (part, false) => part.to_owned(),
        (part, true) => format!("{part}.{layer}"),
    };
    let channel = Channel { name: channel.to_owned(), samples };
    match layers.iter_mut().find(|layer| layer.name == name) {
        Some(layer) => layer.channels.push(channel),
        None => layers.push(Layer { name, channels: vec![channel], is_light: false }),
    }
}

impl Layer {
    /// Puts channels into the order in which people name them, and knows light by its names.
    fn arrange(&mut self) {
        let place = |name: &str| match name.to_ascii_uppercase().as_str() {
            "R" | "X" => 0,
            "G" | "Y" => 1,
            "B" | "Z" => 2,
            "A" => 3,
            _ => 4,
        };
        self.channels.sort_by_key(|channel| (place(&channel.name), channel.name.clone()));
        let is_coloured =
            ["R", "G", "B"].iter().all(|name| self.channels.iter().any(|channel| channel.name == *name));
        let is_grey = matches!(self.channels.as_slice(), [only] if only.name == "Y");
        let lower = self.name.to_ascii_lowercase();
        self.is_light = (is_coloured || is_grey) && !lower.contains("crypto");
    }

    /// Whether a pixel can be empty: the layer knows its coverage.
    pub fn has_alpha(&self) -> bool {
        self.channels.get(3).is_some_and(|channel| channel.name == "A")
    }

    /// Whether every number of it is exactly a half.
    pub fn is_half(&self) -> bool {
        self.channels.iter().take(4).all(|channel| matches!(channel.samples, Samples::Half(_)))
    }

    fn light(&self, at: usize) -> [f32; 4] {
        let number = |channel: usize| self.channels[channel].samples.number(at);
        match self.channels.len() {
            1 => [number(0), number(0), number(0), 1.0],
            2 => [number(0), number(1), 0.0, 1.0],
            3 => [number(0), number(1), number(2), 1.0],
            _ => [number(0), number(1), number(2), number(3)],
        }
    }

    /// The pixels of a rectangle of a picture `width` wide, four values each.
    pub fn rgba(&self, width: u32, rect: frame::TileRect) -> Vec<f32> {
        self.pixels(width, rect).flat_map(|at| self.light(at)).collect()
    }

    /// Adds the pixels of a rectangle of a picture `width` wide to texels of `texel_px` × `texel_px` of them, four values each.
    pub fn add(&self, width: u32, rect: frame::TileRect, texel_px: u32, texels: &mut [f32]) {
        let columns = rect.width.div_ceil(texel_px) as usize;
        let across = texel_px as usize;
        // As `light` has them: one number is grey, and without a fourth channel all is covered.
        let sources: [Option<usize>; 4] = match self.channels.len() {
            1 => [Some(0), Some(0), Some(0), None],
            2 => [Some(0), Some(1), None, None],
            3 => [Some(0), Some(1), Some(2), None],
            _ => [Some(0), Some(1), Some(2), Some(3)],
        };
        for y in 0..rect.height {
            let start = (rect.y + y) as usize * width as usize + rect.x as usize;
            let row = start..start + rect.width as usize;
            let texels = &mut texels[4 * columns * (y / texel_px) as usize..][..4 * columns];
            for (value, source) in sources.into_iter().enumerate() {
                let values = texels[value..].iter_mut().step_by(4);
                match source.map(|channel| &self.channels[channel].samples) {
                    Some(Samples::Half(samples)) => {
                        sum(values, &samples[row.clone()], across, |half| half.to_f32());
                    }
                    Some(Samples::Float(samples)) => {
                        sum(values, &samples[row.clone()], across, |float| float);
                    }
                    Some(Samples::Uint(samples)) => {
                        sum(values, &samples[row.clone()], across, |whole| whole as f32);
                    }
                    None if value == 3 => {
                        let count = |at: usize| across.min(rect.width as usize - at * across);
                        values.enumerate().for_each(|(at, value)| *value += count(at) as f32);
                    }
                    None => {}
                }
            }
        }
    }

    fn pixels(&self, width: u32, rect: frame::TileRect) -> impl Iterator<Item = usize> {
        let rows = rect.y as usize..(rect.y + rect.height) as usize;
        rows.flat_map(move |row| {
            let start = row * width as usize + rect.x as usize;
            start..start + rect.width as usize
        })
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A layer's name, its channels, and their values by channel and pixel number.
    pub(crate) type Made<'a> = (&'a str, &'a [&'a str], fn(usize, usize) -> f32);

    /// A picture of given layers.
    pub(crate) fn made(width: u32, height: u32, layers: &[Made<'_>]) -> Picture {
        let pixels = width as usize * height as usize;
        let layers = layers.iter().map(|(name, channels, value)| {
            let channels = channels.iter().enumerate().map(|(at, name)| Channel {
                name: (*name).to_owned(),
                samples: Samples::Float((0..pixels).map(|pixel| value(at, pixel)).collect()),
            });
            let mut layer = Layer { name: (*name).to_owned(), channels: channels.collect(), is_light: false };
            layer.arrange();
            layer
        });
        let (layers, attributes) = (layers.collect(), Vec::new());
        Picture { name: "made.exr".into(), width, height, layers, attributes, note: None }
    }

    #[test]
    fn channels_come_in_the_order_in_which_people_name_them() {
        let picture = made(
            1,
            1,
            &[
                ("beauty", &["A", "B", "G", "R"], |at, _| at as f32),
                ("normal", &["X", "Y", "Z"], |at, _| at as f32),
                ("depth", &["Z"], |_, _| 7.0),
                ("motion", &["X", "Y"], |at, _| at as f32),
            ],
        );
        assert_eq!(picture.light(0, 0, 0), [3.0, 2.0, 1.0, 0.0], "R G B A");
        assert_eq!(picture.light(1, 0, 0), [0.0, 1.0, 2.0, 1.0], "X Y Z");
        assert_eq!(picture.light(2, 0, 0), [7.0, 7.0, 7.0, 1.0], "one number is grey");
        assert_eq!(picture.light(3, 0, 0), [0.0, 1.0, 0.0, 1.0]);
        let is_light: Vec<bool> = picture.layers.iter().map(|layer| layer.is_light).collect();
        assert_eq!(is_light, [true, false, false, false]);
    }

    #[test]
    fn a_rectangle_is_cut_out_row_by_row() {
        let picture = made(4, 3, &[("beauty", &["R", "G", "B"], |_, pixel| pixel as f32)]);
        let rect = frame::TileRect { x: 1, y: 1, width: 2, height: 2 };
        let reds: Vec<f32> = picture.layers[0].rgba(4, rect).chunks(4).map(|rgba| rgba[0]).collect();
        assert_eq!(reds, [5.0, 6.0, 9.0, 10.0]);
    }

    #[test]
    fn a_file_that_is_none_is_an_error_and_not_a_panic() {
        let place = tempfile::tempdir().expect("a temporary folder");
        let path = place.path().join("text.exr");
        std::fs::write(&path, "this is no picture").expect("it can be written");
        assert!(matches!(Picture::open(&path), Err(PictureError::Exr(_))));
        assert!(Picture::open(&place.path().join("missing.exr")).is_err());
    }
}
