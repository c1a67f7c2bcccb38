//! Reading anybody's file within limits.
//!
//! The header is read and held to the limits before any pixel memory is asked for, a file must be long enough for its
//! own table of blocks, and decoding runs on one thread behind `catch_unwind`: the codec is careful but divides by a
//! stranger's tile size and asserts about block positions, and a damaged picture must not stop a program.

use std::{
    fs::File,
    io::{BufReader, Cursor, Read, Seek},
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
};

use ::exr::{
    block::reader::Reader,
    meta::{
        BlockDescription, MetaData,
        attribute::{AttributeValue, Chromaticities, IntegerBounds, SampleType},
        header::Header,
    },
    prelude as codec,
};
use codec::{FlatSamples, ReadChannels, ReadLayers, Text};
use half::f16;

use super::{
    ChannelInfo, ExrError, ExrInfo, PartInfo, SampleKind, dwa,
    info::{DATA_WINDOW, DISPLAY_WINDOW, PIXEL_ASPECT},
    layout::RECEIPTS_ATTRIBUTE,
};
use crate::{FrameSize, film::Colours};

/// Bytes of a pixel in the layers that are written unless others are asked for, and some more: 36 today.
const USUAL_PIXEL_BYTES_MAX: u64 = 64;

/// How large a picture may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadLimits {
    /// Longest side of any part, pixels.
    pub side_px_max: u64,
    /// Channels of all parts together.
    pub channels_max: u64,
    /// Bytes of all decoded samples together.
    pub samples_bytes_max: u64,
    /// Bytes of the file.
    pub file_bytes_max: u64,
}

/// A file's parts with their samples.
#[derive(Clone, Debug, PartialEq)]
pub struct ExrFile {
    /// The parts, in the file's order.
    pub parts: Vec<ExrPart>,
}

/// One part; only its full resolution is kept.
#[derive(Clone, Debug, PartialEq)]
pub struct ExrPart {
    /// Size, channels, attributes.
    pub info: PartInfo,
    /// One per channel of `info`, row by row.
    pub samples: Vec<Samples>,
    /// The bytes that [`super::write_sealed`] was given.
    pub receipts: Option<Vec<u8>>,
}

/// The samples of one channel.
#[derive(Clone, Debug, PartialEq)]
pub enum Samples {
    /// 16-bit floating point.
    Half(Vec<f16>),
    /// 32-bit floating point.
    Float(Vec<f32>),
    /// 32-bit unsigned.
    Uint(Vec<u32>),
}

/// Reads a whole file.
///
/// # Errors
/// [`ExrError::Read`], [`ExrError::Malformed`] or [`ExrError::TooLarge`]; never a panic.
pub fn read(path: &Path, limits: &ReadLimits) -> Result<ExrFile, ExrError> {
    let (file, file_bytes) = open(path)?;
    guarded(|| decode(file, file_bytes, limits))
}

/// Reads a file's bytes; see [`read`].
pub fn read_bytes(bytes: &[u8], limits: &ReadLimits) -> Result<ExrFile, ExrError> {
    guarded(|| decode(Cursor::new(bytes), bytes.len() as u64, limits))
}

/// Reads the header only; see [`read`].
pub fn read_info(path: &Path, limits: &ReadLimits) -> Result<ExrInfo, ExrError> {
    let (mut file, file_bytes) = open(path)?;
    guarded(|| {
        let (meta, _) = headers(&mut file, file_bytes, limits)?;
        Ok(ExrInfo { parts: meta.headers.iter().map(part_info).collect() })
    })
}

impl Default for ReadLimits {
    /// What any frame that can be rendered takes with its usual layers; before that, the machine's memory is the limit.
    fn default() -> Self {
        let side_px_max = u64::from(FrameSize::SIDE_MAX);
        let bytes_max = side_px_max * side_px_max * USUAL_PIXEL_BYTES_MAX;
        Self { side_px_max, channels_max: 1024, samples_bytes_max: bytes_max, file_bytes_max: bytes_max }
    }
}

impl ExrFile {
    /// What the parts are, without samples.
    pub fn info(&self) -> ExrInfo {
        ExrInfo { parts: self.parts.iter().map(|part| part.info.clone()).collect() }
    }

    /// Receipts that were written into the file.
    pub fn receipts(&self) -> Option<&[u8]> {
        self.parts.iter().find_map(|part| part.receipts.as_deref())
    }

    /// The picture that a viewer would show first: `R G B` at the root or under a usual name, else the first layer that
    /// has them, else `Y` as grey. Alpha is 1 where there is none. `None` when the file has no colours.
    pub fn colours(&self) -> Option<Colours> {
        const USUAL: [&str; 6] =
            ["", "Combined.", "Composite.Combined.", "ViewLayer.Combined.", "rgba.", "beauty."];
        let usual = USUAL.iter().flat_map(|prefix| self.parts.iter().map(move |part| (part, *prefix)));
        let any = self.parts.iter().flat_map(|part| {
            part.info.channels.iter().filter_map(move |channel| Some((part, channel.name.strip_suffix('R')?)))
        });
        usual.chain(any).find_map(|(part, prefix)| part.colours(prefix)).or_else(|| self.grey())
    }

    fn grey(&self) -> Option<Colours> {
        self.parts.iter().find_map(|part| {
            let grey = part.channel("Y")?;
            let rgba =
                (0..grey.len()).flat_map(|at| [grey.number(at), grey.number(at), grey.number(at), 1.0]);
            Some(Colours { width: part.info.width, height: part.info.height, rgba: rgba.collect() })
        })
    }
}

impl ExrPart {
    /// The samples of the channel with this full name.
    pub fn channel(&self, name: &str) -> Option<&Samples> {
        let at = self.info.channels.iter().position(|channel| channel.name == name)?;
        self.samples.get(at)
    }

    fn colours(&self, prefix: &str) -> Option<Colours> {
        let channel = |suffix: &str| self.channel(&format!("{prefix}{suffix}"));
        let (red, green, blue) = (channel("R")?, channel("G")?, channel("B")?);
        let alpha = channel("A");
        let pixel = |at| {
            let alpha = alpha.map_or(1.0, |alpha| alpha.number(at));
            [red.number(at), green.number(at), blue.number(at), alpha]
        };
        let rgba = (0..red.len()).flat_map(pixel).collect();
        Some(Colours { width: self.info.width, height: self.info.height, rgba })
    }
}

impl Samples {
    /// How many.
    pub fn len(&self) -> usize {
        match self {
            Samples::Half(values) => values.len(),
            Samples::Float(values) => values.len(),
            Samples::Uint(values) => values.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// One sample as a number.
    ///
    /// # Panics
    /// Past the end.
    pub fn number(&self, at: usize) -> f32 {
        match self {
            Samples::Half(values) => values[at].to_f32(),
            Samples::Float(values) => values[at],
            Samples::Uint(values) => values[at] as f32,
        }
    }

    /// One sample's bits.
    ///
    /// # Panics
    /// Past the end.
    pub fn bits(&self, at: usize) -> u32 {
        match self {
            Samples::Half(values) => u32::from(values[at].to_bits()),
            Samples::Float(values) => values[at].to_bits(),
            Samples::Uint(values) => values[at],
        }
    }
}

pub(super) fn open(path: &Path) -> Result<(BufReader<File>, u64), ExrError> {
    let file = File::open(path).map_err(ExrError::Read)?;
    let file_bytes = file.metadata().map_err(ExrError::Read)?.len();
    Ok((BufReader::new(file), file_bytes))
}

pub(super) fn guarded<T>(work: impl FnOnce() -> Result<T, ExrError>) -> Result<T, ExrError> {
    // Nothing outlives the closure but its result, so no broken state can be seen afterwards.
    catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|_| Err(ExrError::Malformed("its numbers contradict each other".to_owned())))
}

fn decode(mut source: impl Read + Seek, file_bytes: u64, limits: &ReadLimits) -> Result<ExrFile, ExrError> {
    let (meta, samples_bytes) = headers(&mut source, file_bytes, limits)?;
    ask_memory(samples_bytes)?;
    source.rewind().map_err(ExrError::Read)?;
    dwa::check_blocks(&mut source)?;
    source.rewind().map_err(ExrError::Read)?;
    let reader = codec::read().no_deep_data().largest_resolution_level().all_channels().all_layers();
    let image = reader.all_attributes().non_parallel().from_buffered(source).map_err(ExrError::reading)?;
    let part = |(header, layer): (&Header, codec::Layer<codec::AnyChannels<FlatSamples>>)| ExrPart {
        info: part_info(header),
        samples: layer.channel_data.list.into_iter().map(|channel| channel.sample_data.into()).collect(),
        receipts: receipts_of(header),
    };
    Ok(ExrFile { parts: meta.headers.iter().zip(image.layer_data).map(part).collect() })
}

/// The headers, once they are within the limits, and the bytes of all samples.
pub(super) fn headers(
    source: &mut (impl Read + Seek),
    file_bytes: u64,
    limits: &ReadLimits,
) -> Result<(MetaData, u64), ExrError> {
    within("file size in bytes", file_bytes, limits.file_bytes_max)?;
    let meta = Reader::read_from_buffered(source, false).map_err(ExrError::reading)?.into_meta_data();
    let (mut channels, mut samples_bytes, mut table_bytes) = (0u64, 0u64, 0u64);
    for header in &meta.headers {
        let (width, height) = (header.layer_size.0 as u64, header.layer_size.1 as u64);
        within("width", width, limits.side_px_max)?;
        within("height", height, limits.side_px_max)?;
        if let BlockDescription::Tiles(tiles) = header.blocks {
            within("tile width", tiles.tile_size.0 as u64, limits.side_px_max)?;
            within("tile height", tiles.tile_size.1 as u64, limits.side_px_max)?;
        }
        channels += header.channels.list.len() as u64;
        within("number of channels", channels, limits.channels_max)?;
        samples_bytes = samples_bytes.saturating_add(width * height * header.channels.bytes_per_pixel as u64);
        within("size in bytes", samples_bytes, limits.samples_bytes_max)?;
        table_bytes = table_bytes.saturating_add((header.chunk_count as u64).saturating_mul(8));
    }
    if table_bytes > file_bytes {
        return Err(ExrError::Malformed("the file ends inside its table of blocks".to_owned()));
    }
    Ok((meta, samples_bytes))
}

/// Asks the system whether it gives so much memory at once. Codecs and collections ask for it without a way to be refused, and a
/// refusal there ends the program.
///
/// # Errors
/// [`ExrError::NoMemory`].
pub fn ask_memory(bytes: u64) -> Result<(), ExrError> {
    let refused = ExrError::NoMemory(bytes >> 20);
    let Ok(count) = usize::try_from(bytes) else { return Err(refused) };
    let mut asked: Vec<u8> = Vec::new();
    let answer = asked.try_reserve_exact(count);
    // Memory that nobody looks at need not be asked for, as a compiler sees it.
    std::hint::black_box(&mut asked);
    answer.map_err(|_| refused)
}

fn within(what: &'static str, found: u64, limit: u64) -> Result<(), ExrError> {
    if found <= limit { Ok(()) } else { Err(ExrError::TooLarge { what, found, limit }) }
}

pub(super) fn part_info(header: &Header) -> PartInfo {
    let channel = |channel: &codec::ChannelDescription| ChannelInfo {
        name: text_of(&channel.name),
        kind: match channel.sample_type {
            SampleType::F16 => SampleKind::Half,
            SampleType::F32 => SampleKind::Float,
            SampleType::U32 => SampleKind::Uint,
        },
    };
    let own = &header.own_attributes;
    let others = own.other.iter().chain(&header.shared_attributes.other);
    let mut attributes: Vec<_> =
        others.map(|(name, value)| (name.to_string(), attribute_text(value))).collect();
    attributes.extend(own.software_name.as_ref().map(|name| ("software".to_owned(), name.to_string())));
    attributes.extend(
        header
            .shared_attributes
            .chromaticities
            .map(|primaries| ("chromaticities".to_owned(), numbers(primaries))),
    );
    attributes.extend(windows(header));
    attributes.sort();
    PartInfo {
        name: own.layer_name.as_ref().map(ToString::to_string),
        width: header.layer_size.0 as u32,
        height: header.layer_size.1 as u32,
        compression: header.compression.to_string(),
        channels: header.channels.list.iter().map(channel).collect(),
        attributes,
    }
}

/// Where the pixels lie in the picture and how wide each is, where that is not what everybody takes it for.
fn windows(header: &Header) -> Vec<(String, String)> {
    let corners = |bounds: IntegerBounds| {
        let (first, size) = (bounds.position, bounds.size);
        // Wider than the file's numbers: a hostile header may put the last pixel anywhere.
        let last = |first: i32, size: usize| i64::from(first) + size as i64 - 1;
        format!("{} {} to {} {}", first.0, first.1, last(first.0, size.0), last(first.1, size.1))
    };
    let shared = &header.shared_attributes;
    let (data, display) = (header.own_attributes.layer_position, shared.display_window);
    let data = IntegerBounds::new(data, header.layer_size);
    let mut told = Vec::new();
    if data != display {
        told.extend([(DATA_WINDOW.to_owned(), corners(data)), (DISPLAY_WINDOW.to_owned(), corners(display))]);
    }
    if shared.pixel_aspect != 1.0 {
        told.push((PIXEL_ASPECT.to_owned(), shared.pixel_aspect.to_string()));
    }
    told
}

/// Places of red, green, blue and white, x and y of each.
fn numbers(Chromaticities { red, green, blue, white }: Chromaticities) -> String {
    [red, green, blue, white].map(|place| format!("{} {}", place.0, place.1)).join(" ")
}

fn attribute_text(value: &AttributeValue) -> String {
    match value {
        AttributeValue::Text(text) => text_of(text),
        AttributeValue::F32(number) => number.to_string(),
        AttributeValue::I32(number) => number.to_string(),
        AttributeValue::Custom { kind, bytes } => format!("{} bytes of {kind}", bytes.len()),
        AttributeValue::Bytes { type_hint, bytes } => format!("{} bytes of {type_hint}", bytes.len()),
        other => format!("{other:?}"),
    }
}

/// The format knows bytes only; names are UTF-8, and what is not is Latin-1.
fn text_of(text: &Text) -> String {
    std::str::from_utf8(text.bytes()).map_or_else(|_| text.to_string(), str::to_owned)
}

fn receipts_of(header: &Header) -> Option<Vec<u8>> {
    header.own_attributes.other.iter().find_map(|(name, value)| match value {
        AttributeValue::Custom { bytes, .. } if name.eq(RECEIPTS_ATTRIBUTE) => Some(bytes.to_vec()),
        _ => None,
    })
}

impl From<FlatSamples> for Samples {
    fn from(samples: FlatSamples) -> Self {
        match samples {
            FlatSamples::F16(values) => Samples::Half(values),
            FlatSamples::F32(values) => Samples::Float(values),
            FlatSamples::U32(values) => Samples::Uint(values),
        }
    }
}
