//! OpenEXR files: pictures out, pictures in, and what people ask about them.
//!
//! Writing follows the contract's `comp` layout (or Blender's names), always into a temporary file beside the target that
//! is renamed when it is safely on disk. Reading takes anybody's file: limits are checked on the header
//! before pixels are decoded, and whatever the decoder makes of damaged bytes comes back as an error.
//! Only scan-line files of one part are written; deep data is neither written nor read.
//! Source: "OpenEXR File Layout" and "Technical Introduction to OpenEXR", openexr.com.

mod atomic;
mod bands;
mod cryptomatte;
mod dwa;
mod hash;
mod info;
mod layer;
mod layout;
mod png;
mod read;
mod report;
mod write;

use std::io;

pub use bands::Bands;
pub(crate) use bands::band_rows;
pub use cryptomatte::MatteNames;
pub use info::{ChannelInfo, ExrInfo, PartInfo, SampleKind};
pub use layer::{Layer, Layers, LayersError};
pub use layout::{Layout, NotAnOption};
pub use png::{ScreenPicture, ToneMap, write_png};
pub use read::{ExrFile, ExrPart, ReadLimits, Samples, ask_memory, read, read_bytes, read_info};
pub use report::{CheckReport, check, check_bands};
pub use write::{
    Compression, ExrOptions, partial_path, refuse_lossy_data, settings_metadata, write, write_sealed,
};

/// Why a picture could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum ExrError {
    /// A layer was asked for whose planes were not rendered.
    #[error("the layer {0} was asked for but not rendered; render again with it in --layers")]
    LayerNotRendered(Layer),
    /// DWAA decides by the channel's last letters what it may change, and a file's part has one codec for all its channels.
    #[error(
        "DWAA is lossy and would change the numbers in {changed}; use --compression zip, or leave them out with --layers {rest}"
    )]
    LossyData {
        /// The layers that it would change.
        changed: Layers,
        /// The layers that it would not.
        rest: Layers,
    },
    /// The disk has no room for the picture.
    #[error("the disk is full; free some space or choose another folder, nothing half-written was left")]
    DiskFull,
    /// The picture could not be put into its place.
    #[error("the picture could not be written, nothing half-written was left: {0}")]
    Write(#[source] io::Error),
    /// The codec refused.
    #[error("the picture could not be encoded: {0}")]
    Encode(String),
    /// The file could not be opened or read.
    #[error("the picture could not be read: {0}")]
    Read(#[source] io::Error),
    /// Bytes that are not OpenEXR, or damaged.
    #[error("this is not a readable OpenEXR file: {0}")]
    Malformed(String),
    /// A whole file, of a kind that cannot be read: deep pictures.
    #[error("this kind of OpenEXR file cannot be read: {0}")]
    Unsupported(String),
    /// Larger than the caller wants to hold.
    #[error("the picture is too large: {what} is {found}, at most {limit} is accepted")]
    TooLarge {
        /// Which number.
        what: &'static str,
        /// As the file has it.
        found: u64,
        /// As the limits have it.
        limit: u64,
    },
    /// The system does not give so much memory.
    #[error("the picture needs {0} MiB of memory, more than this computer can give")]
    NoMemory(u64),
}

impl ExrError {
    /// What the codec says of a file that is read.
    fn reading(error: ::exr::error::Error) -> Self {
        match error {
            ::exr::error::Error::Io(error) => Self::Read(error),
            // In its own words: "reference to missing bytes".
            ::exr::error::Error::Invalid(why) if why.contains("missing bytes") => {
                Self::Malformed("it ends too soon".to_owned())
            }
            ::exr::error::Error::NotSupported(why) => Self::Unsupported(why.into_owned()),
            other => Self::Malformed(other.to_string()),
        }
    }
}

#[cfg(test)]
mod tests;
