//! Environment pictures: equirectangular OpenEXR or Radiance HDR from a stranger.

use std::io::Cursor;
use std::path::Path;

use frame::exr::{ExrError, ReadLimits};
use glam::Vec3;
use image::ImageDecoder;
use image::codecs::hdr::HdrDecoder;

use super::fault::{ImportError, broken};
use super::limits::Limits;
use super::source::Source;
use crate::scene::EnvironmentMap;

/// Loads an environment; negative and non-finite pixels become black.
///
/// Fails when the file is unreadable, neither OpenEXR nor Radiance HDR, broken, or over a limit.
pub fn load_environment(path: &Path, limits: &Limits) -> Result<EnvironmentMap, ImportError> {
    let name =
        path.file_name().map_or_else(|| "the environment".into(), |name| name.to_string_lossy().into_owned());
    let bytes = Source::new(None, limits).read_file(path, &name, &name)?;
    decode_environment(&bytes, &name, limits)
}

/// The same from memory; `name` stands for the file in errors.
pub fn decode_environment(bytes: &[u8], name: &str, limits: &Limits) -> Result<EnvironmentMap, ImportError> {
    let mut map = if bytes.starts_with(&[0x76, 0x2F, 0x31, 0x01]) {
        decode_exr(bytes, name, limits)?
    } else if bytes.starts_with(b"#?") {
        decode_hdr(bytes, name, limits)?
    } else {
        let reason = "it is neither OpenEXR nor Radiance HDR".to_owned();
        return Err(ImportError::WrongFormat { file: name.to_owned(), reason });
    };
    for pixel in &mut map.pixels {
        *pixel = if pixel.is_finite() { pixel.max(Vec3::ZERO) } else { Vec3::ZERO };
    }
    Ok(map)
}

fn bounded(width: u64, height: u64, name: &str, limits: &Limits) -> Result<(), ImportError> {
    let place = || format!("{name}, {width} × {height}");
    if width == 0 || height == 0 {
        return Err(broken(name, "it has no pixels"));
    }
    // An environment may be wider than a texture: it is one picture for all directions.
    let side = u64::from(limits.picture_side) * 2;
    if width > side || height > side {
        return Err(ImportError::OverLimit {
            place: place(),
            what: "columns or rows of an environment",
            limit: side,
        });
    }
    if width * height > limits.texels {
        return Err(ImportError::OverLimit { place: place(), what: "texels", limit: limits.texels });
    }
    Ok(())
}

fn decode_hdr(bytes: &[u8], name: &str, limits: &Limits) -> Result<EnvironmentMap, ImportError> {
    let unreadable = |error: image::ImageError| broken(name, format!("it cannot be decoded: {error}"));
    let decoder = HdrDecoder::new(Cursor::new(bytes)).map_err(unreadable)?;
    let (width, height) = decoder.dimensions();
    bounded(u64::from(width), u64::from(height), name, limits)?;
    let picture = image::DynamicImage::from_decoder(decoder).map_err(unreadable)?.into_rgb32f();
    let pixels = picture.into_raw().chunks_exact(3).map(Vec3::from_slice).collect();
    Ok(EnvironmentMap { width, height, pixels })
}

fn decode_exr(bytes: &[u8], name: &str, limits: &Limits) -> Result<EnvironmentMap, ImportError> {
    // The frame's own reader, which holds the codec's traps; one reader for all OpenEXR that people hand us.
    let held = ReadLimits {
        side_px_max: u64::from(limits.picture_side) * 2,
        samples_bytes_max: limits.texels.saturating_mul(16),
        file_bytes_max: limits.bytes,
        ..ReadLimits::default()
    };
    let file = frame::exr::read_bytes(bytes, &held).map_err(|error| match error {
        ExrError::TooLarge { what, limit, .. } => {
            ImportError::OverLimit { place: name.to_owned(), what, limit }
        }
        other => broken(name, format!("it cannot be decoded: {other}")),
    })?;
    let colours = file.colours().ok_or_else(|| broken(name, "it has no colours"))?;
    bounded(u64::from(colours.width), u64::from(colours.height), name, limits)?;
    let pixels = colours.rgba.chunks_exact(4).map(Vec3::from_slice).collect();
    Ok(EnvironmentMap { width: colours.width, height: colours.height, pixels })
}
