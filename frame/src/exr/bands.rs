//! Reading a file band by band, so that pictures of any size are looked through in little memory.
//!
//! The same limits and guards as [`super::read()`]; each band is decoded anew from the blocks that lie in it.

use std::{
    fs::File,
    io::{BufReader, Read, Seek},
    ops::Range,
    path::Path,
};

use ::exr::{
    block::{
        BlockIndex, UncompressedBlock,
        lines::LineRef,
        reader::{ChunksReader, Reader},
    },
    error::UnitResult,
    meta::{MetaData, attribute::SampleType, header::Header},
};
use half::f16;

use super::{
    ExrError, ExrFile, ExrInfo, ExrPart, ReadLimits, Samples, ask_memory, dwa,
    read::{guarded, headers, open, part_info},
};
use crate::FrameSize;

/// Decoded bytes of a band of one file; what is made of them takes a few times as much.
const BAND_BYTES: u64 = 32 << 20;
/// Rows that codecs other than DWAB code together.
const CODEC_ROWS: u32 = 32;
/// The fewest rows of a band, whatever their bytes: whole blocks of eight pixels.
const ROWS_MIN: u32 = 8;

/// A file whose rows are read when they are asked for.
pub struct Bands<R = BufReader<File>> {
    source: R,
    info: ExrInfo,
    row_bytes: u64,
    /// Rows of a band of [`Self::each`].
    rows: u32,
}

impl Bands {
    /// Opens a file and holds its header to the limits.
    ///
    /// # Errors
    /// As [`super::read()`].
    pub fn open(path: &Path, limits: &ReadLimits) -> Result<Self, ExrError> {
        let (file, file_bytes) = open(path)?;
        Self::of(file, file_bytes, limits)
    }
}

impl<R: Read + Seek> Bands<R> {
    /// The same for a file's bytes, of which there are so many.
    ///
    /// # Errors
    /// As [`super::read()`].
    pub fn of(mut source: R, file_bytes: u64, limits: &ReadLimits) -> Result<Self, ExrError> {
        guarded(move || {
            let (meta, _) = headers(&mut source, file_bytes, limits)?;
            source.rewind().map_err(ExrError::Read)?;
            dwa::check_blocks(&mut source)?;
            let row = |header: &Header| (header.layer_size.0 * header.channels.bytes_per_pixel) as u64;
            let row_bytes = meta.headers.iter().map(row).sum();
            let info = ExrInfo { parts: meta.headers.iter().map(part_info).collect() };
            Ok(Self { source, info, row_bytes, rows: band_rows(row_bytes).max(CODEC_ROWS) })
        })
    }

    /// What the parts are.
    pub fn info(&self) -> &ExrInfo {
        &self.info
    }

    /// Bytes of a row of all parts.
    pub fn row_bytes(&self) -> u64 {
        self.row_bytes
    }

    /// Rows of the highest part.
    pub fn height(&self) -> u32 {
        self.info.parts.iter().map(|part| part.height).max().unwrap_or(0)
    }

    /// Hands every row to `look`, band after band from the top, no block decoded twice by most codecs.
    ///
    /// # Errors
    /// As [`super::read()`].
    pub(super) fn each(&mut self, mut look: impl FnMut(&ExrFile)) -> Result<(), ExrError> {
        let mut top = 0;
        while top < self.height() {
            let end = self.height().min(top + self.rows);
            look(&self.read(top..end)?);
            top = end;
        }
        Ok(())
    }

    /// With bands of so many rows.
    #[cfg(test)]
    pub(super) fn by(self, rows: u32) -> Self {
        Self { rows, ..self }
    }

    /// These rows of every part, as far as it has them: a file whose parts are as high as they are and have samples of these rows alone.
    ///
    /// # Errors
    /// As [`super::read()`].
    pub fn read(&mut self, rows: Range<u32>) -> Result<ExrFile, ExrError> {
        let (source, info) = (&mut self.source, &self.info);
        ask_memory(self.row_bytes * u64::from(rows.end - rows.start))?;
        guarded(move || {
            source.rewind().map_err(ExrError::Read)?;
            let reader = Reader::read_from_buffered(source, false).map_err(ExrError::reading)?;
            let mut band = Band::of(reader.meta_data(), &rows);
            if rows.is_empty() {
                return Ok(band.into_file(info));
            }
            let rows = rows.start as usize..rows.end as usize;
            let lies_in = |_: &MetaData, _, block: BlockIndex| {
                let (top, height) = (block.pixel_position.1, block.pixel_size.1);
                block.level.0 == 0 && block.level.1 == 0 && top < rows.end && top + height > rows.start
            };
            let chunks = reader.filter_chunks(false, lies_in).map_err(ExrError::reading)?;
            chunks
                .decompress_sequential(false, |meta, block| band.take(meta, &block))
                .map_err(ExrError::reading)?;
            match band.is_whole() {
                true => Ok(band.into_file(info)),
                false => Err(ExrError::Malformed("its blocks are not where its table says".to_owned())),
            }
        })
    }
}

/// Rows of a band of rows with so many bytes: eight or a multiple, and whole blocks of most codecs where there is room.
pub(crate) fn band_rows(row_bytes: u64) -> u32 {
    let most = u64::from(FrameSize::SIDE_MAX);
    let rows = (BAND_BYTES / row_bytes.max(1)).clamp(u64::from(ROWS_MIN), most) as u32;
    let step = if rows < CODEC_ROWS { ROWS_MIN } else { CODEC_ROWS };
    rows / step * step
}

/// A band while it is filled.
struct Band {
    parts: Vec<BandPart>,
}

struct BandPart {
    rows: Range<usize>,
    width: usize,
    channels: Vec<Samples>,
    filled: usize,
}

impl Band {
    fn of(meta: &MetaData, rows: &Range<u32>) -> Self {
        let part = |header: &Header| {
            let (width, height) = (header.layer_size.0, header.layer_size.1);
            let rows = (rows.start as usize).min(height)..(rows.end as usize).min(height);
            let count = width * rows.len();
            let samples = |kind| match kind {
                SampleType::F16 => Samples::Half(vec![f16::ZERO; count]),
                SampleType::F32 => Samples::Float(vec![0.0; count]),
                SampleType::U32 => Samples::Uint(vec![0; count]),
            };
            let channels = header.channels.list.iter().map(|channel| samples(channel.sample_type)).collect();
            BandPart { rows, width, channels, filled: 0 }
        };
        Self { parts: meta.headers.iter().map(part).collect() }
    }

    fn take(&mut self, meta: &MetaData, block: &UncompressedBlock) -> UnitResult {
        // Part and channel are the header's own; where the lines lie is a stranger's word.
        let channels = &meta.headers[block.index.layer].channels;
        block.lines(channels).try_for_each(|line| self.parts[block.index.layer].take(&line))
    }

    fn is_whole(&self) -> bool {
        self.parts.iter().all(|part| part.filled == part.width * part.rows.len() * part.channels.len())
    }

    fn into_file(self, info: &ExrInfo) -> ExrFile {
        let parts = self.parts.into_iter().zip(&info.parts);
        let part = |(part, info): (BandPart, _)| ExrPart {
            info: super::PartInfo::clone(info),
            samples: part.channels,
            receipts: None,
        };
        ExrFile { parts: parts.map(part).collect() }
    }
}

impl BandPart {
    fn take(&mut self, line: &LineRef<'_>) -> UnitResult {
        let (x, y) = (line.location.position.0, line.location.position.1);
        if !self.rows.contains(&y) {
            return Ok(());
        }
        let first = (y - self.rows.start) * self.width + x;
        let place = first..first + line.location.sample_count;
        self.filled += place.len();
        match &mut self.channels[line.location.channel] {
            Samples::Half(values) => line.read_samples_into_slice(&mut values[place]),
            Samples::Float(values) => line.read_samples_into_slice(&mut values[place]),
            Samples::Uint(values) => line.read_samples_into_slice(&mut values[place]),
        }
    }
}
