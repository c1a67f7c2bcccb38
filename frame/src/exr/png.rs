//! A quick look: scene-linear colours as an 8-bit sRGB PNG.

use std::{io::Write, path::Path};

use super::{ExrError, atomic};
use crate::film::Colours;

/// How radiance above 1 becomes something a screen can show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ToneMap {
    /// Cut off at 1.
    #[default]
    Clip,
    /// x / (1 + luminance): keeps detail in bright places (Reinhard et al. 2002, equation 3).
    Reinhard,
}

/// Writes `colours` × 2^`exposure_ev` as a PNG; it is at `path` whole, or not at all.
///
/// Colours are premultiplied, so they are shown over black as they are.
///
/// # Errors
/// [`ExrError`]; what was at `path` before is then still there.
pub fn write_png(
    path: &Path,
    colours: &Colours,
    exposure_ev: f32,
    tone_map: ToneMap,
) -> Result<(), ExrError> {
    let pixels = colours.rgba.chunks_exact(4);
    let rgb = pixels.flat_map(|rgba| tone_map.to_srgb([rgba[0], rgba[1], rgba[2]], exposure_ev)).collect();
    let encode = |error: image::ImageError| ExrError::Encode(error.to_string());
    let image = image::RgbImage::from_raw(colours.width, colours.height, rgb)
        .ok_or_else(|| ExrError::Encode("the colours do not fill the picture".to_owned()))?;
    let mut bytes = std::io::Cursor::new(Vec::new());
    image.write_to(&mut bytes, image::ImageFormat::Png).map_err(encode)?;
    atomic::replace_file(path, |file| file.write_all(bytes.get_ref()).map_err(atomic::fault))
}

impl ToneMap {
    /// Scene-linear Rec.709 × 2^`exposure_ev` as 8-bit sRGB.
    pub fn to_srgb(self, rgb: [f32; 3], exposure_ev: f32) -> [u8; 3] {
        let exposed = rgb.map(|value| (value * exposure_ev.exp2()).clamp(0.0, f32::MAX));
        let divisor = match self {
            ToneMap::Clip => 1.0,
            ToneMap::Reinhard => 1.0 + 0.2126 * exposed[0] + 0.7152 * exposed[1] + 0.0722 * exposed[2],
        };
        // NaN passes `clamp` and is cast to 0: black.
        exposed.map(|value| (srgb_from_linear((value / divisor).clamp(0.0, 1.0)) * 255.0).round() as u8)
    }
}

/// IEC 61966-2-1.
fn srgb_from_linear(value: f32) -> f32 {
    if value <= 0.003_130_8 { 12.92 * value } else { 1.055 * value.powf(1.0 / 2.4) - 0.055 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn middle_grey_is_where_screens_expect_it() {
        assert_eq!(ToneMap::Clip.to_srgb([0.18, 0.0, f32::NAN], 0.0), [118, 0, 0]);
        assert_eq!(ToneMap::Clip.to_srgb([0.09, 4.0, f32::INFINITY], 1.0), [118, 255, 255]);
        assert_eq!(ToneMap::Reinhard.to_srgb([1.0; 3], 0.0), [188; 3]);
    }
}
