//! Environment pictures: equirectangular OpenEXR or Radiance HDR from a stranger.

use std::io::Cursor;
use std::path::Path;

use exr::prelude::{ReadChannels, ReadLayers};
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
    let unreadable = |error: exr::error::Error| broken(name, format!("it cannot be decoded: {error}"));
    let headers =
        exr::meta::MetaData::read_from_buffered(Cursor::new(bytes), true).map_err(unreadable)?.headers;
    for header in &headers {
        let (width, height) = (header.layer_size.width() as u64, header.layer_size.height() as u64);
        bounded(width, height, name, limits)?;
        if header.deep {
            return Err(broken(name, "it holds deep pixels"));
        }
        let bytes_max = limits.texels.saturating_mul(16);
        if header.total_pixel_bytes() as u64 > bytes_max {
            let place = name.to_owned();
            return Err(ImportError::OverLimit { place, what: "bytes of all channels", limit: bytes_max });
        }
    }
    let image = exr::prelude::read()
        .no_deep_data()
        .largest_resolution_level()
        .rgb_channels(
            |size, _| EnvironmentMap {
                width: size.width() as u32,
                height: size.height() as u32,
                pixels: vec![Vec3::ZERO; size.area()],
            },
            |map: &mut EnvironmentMap, at, (red, green, blue): (f32, f32, f32)| {
                let slot = at.y() * map.width as usize + at.x();
                if let Some(pixel) = map.pixels.get_mut(slot) {
                    *pixel = Vec3::new(red, green, blue);
                }
            },
        )
        .first_valid_layer()
        .all_attributes()
        .non_parallel()
        .from_buffered(Cursor::new(bytes))
        .map_err(unreadable)?;
    Ok(image.layer_data.channel_data.pixels)
}
