//! A quick look: scene-linear colours as an 8-bit sRGB PNG.

use std::{
    io::{Read, Seek, Write},
    path::Path,
};

use image::{ExtendedColorType, ImageEncoder, codecs::png::PngEncoder};

use super::{Bands, ExrError, ask_memory, atomic};
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

/// A picture as a screen shows it, row by row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScreenPicture {
    width: u32,
    height: u32,
    /// 8-bit sRGB, three bytes a pixel.
    rgb: Vec<u8>,
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
    let mut screen = ScreenPicture { width: colours.width, height: colours.height, rgb: Vec::new() };
    screen.rgb.reserve_exact(colours.rgba.len() / 4 * 3);
    screen.show(&colours.rgba, exposure_ev, tone_map);
    screen.write_png(path)
}

impl ScreenPicture {
    /// The colours of a file (see [`super::ExrFile::colours`]) × 2^`exposure_ev`, of which a few rows are in memory at a time; `None` when it
    /// has none.
    ///
    /// # Errors
    /// As [`super::read()`].
    pub fn of_bands<R: Read + Seek>(
        bands: &mut Bands<R>,
        exposure_ev: f32,
        tone_map: ToneMap,
    ) -> Result<Option<Self>, ExrError> {
        let mut screen = match bands.read(0..0)?.colours() {
            Some(Colours { width, height, .. }) => {
                let bytes = u64::from(width) * u64::from(height) * 3;
                ask_memory(bytes)?;
                Some(Self { width, height, rgb: Vec::with_capacity(bytes as usize) })
            }
            None => None,
        };
        // Rows that show nothing are read as well: a damaged file is none that can be shown.
        bands.each(|band| {
            if let (Some(screen), Some(colours)) = (&mut screen, band.colours()) {
                screen.show(&colours.rgba, exposure_ev, tone_map);
            }
        })?;
        Ok(screen)
    }

    /// Writes it as a PNG; it is at `path` whole, or not at all.
    ///
    /// # Errors
    /// [`ExrError`]; what was at `path` before is then still there.
    pub fn write_png(&self, path: &Path) -> Result<(), ExrError> {
        if self.rgb.len() as u64 != u64::from(self.width) * u64::from(self.height) * 3 {
            return Err(ExrError::Encode("the colours do not fill the picture".to_owned()));
        }
        // Into memory first: an encoder that writes to a file does not say what the disk said.
        let mut bytes = Vec::new();
        PngEncoder::new(&mut bytes)
            .write_image(&self.rgb, self.width, self.height, ExtendedColorType::Rgb8)
            .map_err(|error| ExrError::Encode(error.to_string()))?;
        atomic::replace_file(path, |file| file.write_all(&bytes).map_err(atomic::fault))
    }

    /// The next pixels, `RGBA` each.
    fn show(&mut self, rgba: &[f32], exposure_ev: f32, tone_map: ToneMap) {
        let pixels = rgba.chunks_exact(4);
        self.rgb.extend(pixels.flat_map(|rgba| tone_map.to_srgb([rgba[0], rgba[1], rgba[2]], exposure_ev)));
    }
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
