//! Looks over the blocks of a DWAA or DWAB file before they are decoded.
//!
//! A block of these codecs begins with eleven numbers, five of which say how many bytes or values its sections
//! become, and the codec asks for that much memory at once: one flipped bit aborts the whole program, which no
//! `catch_unwind` stops. So every block is read once, without decoding, and its numbers are held to what its pixels can need.
//! Source: OpenEXR, `internal_dwa_compressor.h`, `DataSizesSingle`.

use std::io::{Read, Seek};

use ::exr::{
    block::{
        chunk::{Chunk, CompressedBlock},
        reader::Reader,
    },
    compression::Compression,
    error::Result as CodecResult,
    meta::header::Header,
};

use super::ExrError;

/// Position of a counter among the eleven, and the bytes that one of it takes.
const SIZES: [(usize, u64); 5] = [(1, 1), (6, 1), (7, 1), (8, 2), (9, 2)];

/// Reads every block of a file whose header is within limits; the source stands at the file's beginning.
pub(super) fn check_blocks(source: impl Read + Seek) -> Result<(), ExrError> {
    let reader = Reader::read_from_buffered(source, false).map_err(ExrError::reading)?;
    let is_dwa = |header: &Header| matches!(header.compression, Compression::DWAA(_) | Compression::DWAB(_));
    if !reader.headers().iter().any(is_dwa) {
        return Ok(());
    }
    let headers = reader.headers().to_vec();
    for chunk in reader.filter_chunks(false, |_, _, _| true).map_err(ExrError::reading)? {
        let chunk = chunk.map_err(ExrError::reading)?;
        let header = headers.get(chunk.layer_index).filter(|header| is_dwa(header));
        let believable = match header {
            Some(header) => is_believable(&chunk, header).map_err(ExrError::reading)?,
            None => true,
        };
        if !believable {
            return Err(ExrError::Malformed("a block claims more than its pixels need".to_owned()));
        }
    }
    Ok(())
}

fn is_believable(chunk: &Chunk, header: &Header) -> CodecResult<bool> {
    let bytes = match &chunk.compressed_block {
        CompressedBlock::ScanLine(block) => &block.compressed_pixels_le,
        CompressedBlock::Tile(block) => &block.compressed_pixels_le,
        // Deep data; the decoder says so itself.
        _ => return Ok(true),
    };
    let tile = header.get_block_data_indices(&chunk.compressed_block)?;
    let size = header.get_absolute_block_pixel_coordinates(tile)?.size;
    let pixel_bytes = header.channels.bytes_per_pixel;
    if bytes.len() == size.area() * pixel_bytes {
        return Ok(true); // Stored as it is, without the numbers.
    }
    // Cosine blocks are 8 × 8 even where the picture is narrower; run lengths may grow incompressible bytes, at most twofold.
    let padded = size.0.next_multiple_of(8) as u64 * size.1.next_multiple_of(8) as u64;
    let bytes_max = padded.saturating_mul(pixel_bytes as u64).saturating_mul(2);
    Ok(SIZES.iter().all(|&(at, unit_bytes)| {
        let counter = bytes.get(at * 8..).and_then(|rest| rest.first_chunk::<8>());
        let count = counter.map(|bytes| u64::from_le_bytes(*bytes));
        // Too short for its numbers: the decoder refuses it before it asks for memory.
        count.is_none_or(|count| count.saturating_mul(unit_bytes) <= bytes_max)
    }))
}
