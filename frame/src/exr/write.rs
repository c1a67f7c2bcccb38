//! Writing: one part, scan lines, channels in alphabetical order, attributes sorted so that equal pictures are equal files.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, BufWriter, Cursor, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    str::FromStr,
};

use ::exr::prelude as codec;
use codec::{AnyChannel, AnyChannels, AttributeValue, FlatSamples, Text, WritableImage};
use half::f16;

use super::{
    ExrError, Layer, Layers, Layout, MatteNames, ReadLimits, atomic,
    cryptomatte::{Matte, id_of},
    hash::hash_of,
    layer::Source,
    layout::{EMPTY_PIXELS_ATTRIBUTE, NotAnOption, RECEIPTS_ATTRIBUTE},
    read_bytes,
};
use crate::{Denoise, Filter, Microfacet, Picture, RenderSettings};

/// How a picture is to be stored.
#[derive(Clone, Debug, Default)]
pub struct ExrOptions {
    /// Which layers.
    pub layers: Layers,
    /// Names of their channels.
    pub layout: Layout,
    /// Codec.
    pub compression: Compression,
    /// Readable facts, each stored as the text attribute `tessera/KEY`.
    ///
    /// They must not say where, when or by whom the picture was made; characters outside Latin-1 are escaped.
    pub metadata: Vec<(String, String)>,
    /// Names behind the ids of the layer `cryptomatte`.
    pub names: MatteNames,
}

/// The contract's codecs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Compression {
    /// Lossless, blocks of 16 lines.
    #[default]
    Zip,
    /// Lossless, line by line.
    Zips,
    /// Lossy, small, for review; refused beside layers whose values it would change.
    Dwaa,
    /// None.
    None,
}

const PREFIX: &str = "tessera/";
/// OpenEXR's own default.
const DWAA_LEVEL: f32 = 45.0;
/// The suffixes that DWAA takes for colours, whatever the layer.
const DWAA_LOSSY_SUFFIXES: [&str; 6] = ["R", "G", "B", "Y", "RY", "BY"];

/// Writes a picture; it is at `path` whole, or not at all.
///
/// Halves are clamped to ±65 504, so that a bright light never becomes an infinity.
///
/// # Errors
/// [`ExrError`]; what was at `path` before is then still there.
pub fn write(path: &Path, picture: &Picture, options: &ExrOptions) -> Result<(), ExrError> {
    put_in_place(path, &image_of(picture, options)?)
}

/// The same with receipts inside: `seal` makes them from [`super::ExrFile::pixels_hash`] as any reader of the file will find it.
///
/// # Errors
/// As [`write`].
pub fn write_sealed(
    path: &Path,
    picture: &Picture,
    options: &ExrOptions,
    seal: impl FnOnce([u8; 32]) -> Vec<u8>,
) -> Result<(), ExrError> {
    let mut image = image_of(picture, options)?;
    let receipts = seal(stored_hash(&image)?);
    // A type of our own: readers keep unknown types as opaque bytes, and a text attribute would cost a third more.
    let value = AttributeValue::Custom { kind: text("tesseraReceipts"), bytes: receipts.as_slice().into() };
    image.layer_data.attributes.other.insert(text(RECEIPTS_ATTRIBUTE), value);
    put_in_place(path, &image)
}

/// Where the unfinished picture of `path` is: `NAME.partial.exr`.
pub fn partial_path(path: &Path) -> PathBuf {
    let is_exr = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("exr"));
    let mut name = if is_exr { path.file_stem() } else { path.file_name() }.unwrap_or_default().to_owned();
    name.push(".partial.exr");
    path.with_file_name(name)
}

/// The settings in the words of the command line, as metadata for [`ExrOptions::metadata`].
pub fn settings_metadata(settings: &RenderSettings) -> Vec<(String, String)> {
    let filter = match settings.filter {
        Filter::BlackmanHarris => "blackman-harris",
        Filter::Box => "box",
    };
    let microfacet = match settings.microfacet {
        Microfacet::Multi => "multi",
        Microfacet::Single => "single",
    };
    let mut facts = vec![
        ("spp", settings.spp.to_string()),
        ("seed", settings.seed.to_string()),
        ("max_bounces", settings.max_bounces.to_string()),
        ("filter", filter.to_owned()),
        ("microfacet", microfacet.to_owned()),
        ("clamp_indirect", settings.clamp_indirect.to_string()),
        ("denoise", settings.denoise.name().to_owned()),
    ];
    if settings.denoise != Denoise::Off {
        facts.push(("denoiser_weights", settings.network.to_string()));
    }
    if settings.needs_exposure() {
        facts.push(("exposure_scale", settings.exposure_scale.to_string()));
    }
    facts.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

impl FromStr for Compression {
    type Err = NotAnOption;

    fn from_str(text: &str) -> Result<Self, NotAnOption> {
        match text {
            "zip" => Ok(Self::Zip),
            "zips" => Ok(Self::Zips),
            "dwaa" => Ok(Self::Dwaa),
            "none" => Ok(Self::None),
            _ => Err(NotAnOption::among("zip, zips, dwaa, none", text)),
        }
    }
}

type OnePart = codec::Image<codec::Layer<AnyChannels<FlatSamples>>>;

fn put_in_place(path: &Path, image: &OnePart) -> Result<(), ExrError> {
    atomic::replace_file(path, |file| {
        let mut buffered = BufWriter::new(&mut *file);
        image.write().to_buffered(&mut buffered).map_err(encode_fault)?;
        buffered.flush().map_err(atomic::fault)?;
        drop(buffered);
        sort_attributes(file).map_err(atomic::fault)
    })
}

/// The hash of the pixels as they come back from a file: only a lossy codec must be asked what it makes of them.
fn stored_hash(image: &OnePart) -> Result<[u8; 32], ExrError> {
    let layer = &image.layer_data;
    if layer.encoding.compression.may_loose_data() {
        let mut bytes = Cursor::new(Vec::new());
        image.write().to_buffered(&mut bytes).map_err(encode_fault)?;
        return Ok(read_bytes(bytes.get_ref(), &ReadLimits::default())?.pixels_hash());
    }
    Ok(hash_of((layer.size.0 as u32, layer.size.1 as u32), &layer.channel_data))
}

fn image_of(picture: &Picture, options: &ExrOptions) -> Result<OnePart, ExrError> {
    let mut channels = Vec::new();
    refuse_lossy_data(&options.layers, options.layout, options.compression)?;
    let ids = Matte::ALL.map(|matte| options.names.hashes(matte));
    for layer in options.layers.iter() {
        for (name, source) in layer.channels(options.layout) {
            let samples = samples_of(picture, source, &ids).ok_or(ExrError::LayerNotRendered(layer))?;
            // The codec would take only a bare "R" for a colour; lossy codecs go by this.
            let quantize_linearly = layer.is_data() || name.ends_with('A');
            channels.push(AnyChannel { quantize_linearly, ..AnyChannel::new(text(&name), samples) });
        }
    }
    let size = (picture.size().width() as usize, picture.size().height() as usize);
    let encoding = codec::Encoding {
        compression: match options.compression {
            Compression::Zip => codec::Compression::ZIP16,
            Compression::Zips => codec::Compression::ZIP1,
            Compression::Dwaa => codec::Compression::DWAA(Some(DWAA_LEVEL)),
            Compression::None => codec::Compression::Uncompressed,
        },
        blocks: codec::Blocks::ScanLines,
        line_order: codec::LineOrder::Increasing,
    };
    let attributes = attributes_of(picture, options);
    let layer = codec::Layer::new(size, attributes, encoding, AnyChannels::sort(channels.into()));
    let mut image = codec::Image::from_layer(layer);
    image.attributes.chromaticities = Some(::exr::meta::attribute::Chromaticities {
        red: codec::Vec2(0.64, 0.33),
        green: codec::Vec2(0.30, 0.60),
        blue: codec::Vec2(0.15, 0.06),
        white: codec::Vec2(0.3127, 0.3290),
    });
    Ok(image)
}

/// Whether these layers can be stored without changing numbers that are computed with; to be asked before rendering.
///
/// DWAA goes by channel suffix alone, so it would quantise the Y of a normal as if it were luminance, and the
/// codec cannot be told otherwise for single channels of a part.
pub fn refuse_lossy_data(layers: &Layers, layout: Layout, compression: Compression) -> Result<(), ExrError> {
    let lossy = |name: &String| {
        DWAA_LOSSY_SUFFIXES.contains(&name.rsplit('.').next().expect("a split has at least one piece"))
    };
    let is_changed = |layer: Layer| layer.is_data() && layer.channel_names(layout).iter().any(lossy);
    let (changed, rest) = layers.cut(is_changed);
    if compression != Compression::Dwaa || changed.iter().next().is_none() {
        return Ok(());
    }
    // Something to type even where nothing else was asked for.
    let rest = if rest.iter().next().is_some() { rest } else { Layers::beauty() };
    Err(ExrError::LossyData { changed, rest })
}

fn samples_of(picture: &Picture, source: Source, ids: &[Vec<f32>; 2]) -> Option<FlatSamples> {
    let channel = |plane: crate::Plane, channel: usize| {
        let values = picture.plane(plane)?;
        Some(values.iter().copied().skip(channel).step_by(plane.channels()))
    };
    let third = |colours: &[f32], channel: usize| {
        let values = colours.iter().skip(channel).step_by(3);
        FlatSamples::F16(values.map(|&value| clamped_half(value)).collect())
    };
    let numbers = |plane| Some(channel(plane, 0)?.map(f32::to_bits));
    Some(match source {
        Source::Beauty(at) => third(picture.beauty(), at),
        Source::Denoised(at) => third(picture.denoised(), at),
        Source::Half(plane, at) => FlatSamples::F16(channel(plane, at)?.map(clamped_half).collect()),
        Source::Float(plane, at) => FlatSamples::F32(channel(plane, at)?.collect()),
        Source::Id(plane) => FlatSamples::U32(numbers(plane)?.collect()),
        Source::IdAsFloat(plane) => FlatSamples::F32(numbers(plane)?.map(|id| id as f32).collect()),
        Source::Negated(plane, at) => FlatSamples::F32(channel(plane, at)?.map(|value| -value).collect()),
        Source::Rank(matte, at) if at % 2 == 0 => {
            let id = |number: f32| id_of(matte, number.to_bits(), &ids[matte as usize]);
            FlatSamples::F32(channel(matte.plane(), at)?.map(id).collect())
        }
        Source::Rank(matte, at) => FlatSamples::F32(channel(matte.plane(), at)?.collect()),
        Source::Zero => FlatSamples::F32(vec![0.0; picture.samples().len()]),
        Source::Variance => FlatSamples::F32(picture.variance()?.to_vec()),
        Source::Samples => FlatSamples::U32(picture.samples().to_vec()),
        Source::SamplesAsFloat => {
            FlatSamples::F32(picture.samples().iter().map(|&samples| samples as f32).collect())
        }
    })
}

fn clamped_half(value: f32) -> f16 {
    f16::from_f32(value.clamp(f16::MIN.to_f32(), f16::MAX.to_f32()))
}

fn attributes_of(picture: &Picture, options: &ExrOptions) -> codec::LayerAttributes {
    let software = concat!("Tessera ", env!("CARGO_PKG_VERSION"));
    let mut attributes = codec::LayerAttributes { software_name: Some(text(software)), ..Default::default() };
    for (key, value) in &options.metadata {
        attributes.other.insert(text(&format!("{PREFIX}{key}")), AttributeValue::Text(text(value)));
    }
    if options.layers.iter().any(|layer| layer == Layer::Cryptomatte) {
        let facts = Matte::ALL.iter().flat_map(|&matte| options.names.attributes(matte, options.layout));
        for (name, value) in facts {
            // Names stay UTF-8, which is what their ids are hashes of and what compositors expect.
            attributes.other.insert(text(&name), AttributeValue::Text(Text::from_slice_unchecked(&value)));
        }
    }
    let empty = text(&picture.pixels_without_samples().to_string());
    attributes.other.insert(text(EMPTY_PIXELS_ATTRIBUTE), AttributeValue::Text(empty));
    attributes
}

/// OpenEXR's texts are single bytes per character.
fn text(value: &str) -> Text {
    Text::new_or_none(value).unwrap_or_else(|| {
        let escaped: String = value.chars().flat_map(char::escape_default).collect();
        Text::new_or_none(escaped).expect("escaped text is ASCII")
    })
}

fn encode_fault(error: ::exr::error::Error) -> ExrError {
    match error {
        ::exr::error::Error::Io(error) => atomic::fault(error),
        other => ExrError::Encode(other.to_string()),
    }
}

/// Puts the header's attributes in alphabetical order.
///
/// The codec keeps them in a hash map, so without this two writes of one picture would be different files. Only
/// their order changes, so no offset moves.
fn sort_attributes(file: &mut File) -> io::Result<()> {
    const FIRST_ATTRIBUTE: u64 = 8;
    file.seek(SeekFrom::Start(FIRST_ATTRIBUTE))?;
    let mut reader = BufReader::new(&mut *file);
    let mut attributes = Vec::new();
    loop {
        let mut attribute = Vec::new();
        reader.read_until(0, &mut attribute)?;
        if attribute == [0] {
            break;
        }
        reader.read_until(0, &mut attribute)?;
        let mut size = [0; 4];
        reader.read_exact(&mut size)?;
        attribute.extend_from_slice(&size);
        reader.by_ref().take(u64::from(u32::from_le_bytes(size))).read_to_end(&mut attribute)?;
        attributes.push(attribute);
    }
    drop(reader);
    attributes.sort();
    file.seek(SeekFrom::Start(FIRST_ATTRIBUTE))?;
    file.write_all(&attributes.concat())
}
