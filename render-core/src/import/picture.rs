//! Pictures: PNG, JPEG and WebP from a stranger, decoded within a budget that is checked on the header first.

use std::collections::HashMap;
use std::io::Cursor;
use std::sync::Arc;

use gltf::json::Root;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader};

use super::buffers::Buffers;
use super::fault::{ImportError, Warnings, broken, place_of, quoted};
use super::limits::Limits;
use super::source::{Found, Source};
use crate::scene::Texture;

/// A roughness that was stored as glossiness.
pub(super) enum Roughness {
    /// Everywhere the same, 0 to 1.
    Even(f32),
    /// In the green channel of this picture.
    Varied(u32),
}

/// Decodes the pictures that materials use, each once for each coding of its colours.
pub(super) struct Pictures<'a> {
    pub(super) root: &'a Root,
    buffers: &'a Buffers<'a>,
    source: &'a Source,
    limits: &'a Limits,
    texels_left: u64,
    by_use: HashMap<(usize, bool), Option<u32>>,
    /// The one alpha that a decoded picture has everywhere, where it has one.
    even_alphas: HashMap<u32, Option<u8>>,
    /// Pictures of roughness, by the picture and the bits of the factor that they were made of.
    rough: HashMap<(u32, u32), u32>,
    pub(super) textures: Vec<Arc<Texture>>,
}

impl<'a> Pictures<'a> {
    pub(super) fn new(
        root: &'a Root,
        buffers: &'a Buffers<'a>,
        source: &'a Source,
        limits: &'a Limits,
    ) -> Self {
        Self {
            root,
            buffers,
            source,
            limits,
            texels_left: limits.texels,
            by_use: HashMap::new(),
            even_alphas: HashMap::new(),
            rough: HashMap::new(),
            textures: Vec::new(),
        }
    }

    /// The index of the decoded picture; `None` (and a warning) when its file is missing.
    pub(super) fn index(
        &mut self,
        image: usize,
        srgb: bool,
        warnings: &mut Warnings,
    ) -> Result<Option<u32>, ImportError> {
        if let Some(&known) = self.by_use.get(&(image, srgb)) {
            return Ok(known);
        }
        let known = match self.by_use.get(&(image, !srgb)).copied() {
            Some(None) => None,
            Some(Some(twin)) => {
                let twin = Arc::clone(&self.textures[twin as usize]);
                self.spend(twin.width, twin.height, &place_of("image", image, None))?;
                Some(self.push(Texture { srgb, ..Texture::clone(&twin) }))
            }
            None => self.decode(image, srgb, warnings)?.map(|texture| self.push(texture)),
        };
        self.by_use.insert((image, srgb), known);
        Ok(known)
    }

    /// 1 - `factor` · alpha of a decoded picture; a new picture, made once for each factor, where alpha differs from place to place.
    pub(super) fn roughness(
        &mut self,
        picture: u32,
        factor: f32,
        place: &str,
    ) -> Result<Roughness, ImportError> {
        let source = Arc::clone(&self.textures[picture as usize]);
        // Asked once a picture: thousands of materials may share a large one.
        let even = *self.even_alphas.entry(picture).or_insert_with(|| even_alpha(&source));
        if let Some(alpha) = even {
            return Ok(Roughness::Even(1.0 - factor * (f32::from(alpha) / 255.0)));
        }
        if let Some(&known) = self.rough.get(&(picture, factor.to_bits())) {
            return Ok(Roughness::Varied(known));
        }
        self.spend(source.width, source.height, place)?;
        let rough = |alpha: u8| (255.0 - factor * f32::from(alpha)).round() as u8;
        let texels = source.texels.iter().map(|&[.., alpha]| [0, rough(alpha), 0, 255]).collect();
        let made = self.push(Texture { width: source.width, height: source.height, srgb: false, texels });
        self.rough.insert((picture, factor.to_bits()), made);
        Ok(Roughness::Varied(made))
    }

    fn push(&mut self, texture: Texture) -> u32 {
        self.textures.push(Arc::new(texture));
        self.textures.len() as u32 - 1
    }

    fn spend(&mut self, width: u32, height: u32, place: &str) -> Result<(), ImportError> {
        let side = self.limits.picture_side;
        if width > side || height > side {
            let (place, limit) = (format!("{place}, {width} × {height}"), u64::from(side));
            return Err(ImportError::OverLimit { place, what: "columns or rows of a picture", limit });
        }
        let texels = u64::from(width) * u64::from(height);
        let over = ImportError::OverLimit {
            place: place.to_owned(),
            what: "texels of all pictures",
            limit: self.limits.texels,
        };
        self.texels_left = self.texels_left.checked_sub(texels).ok_or(over)?;
        Ok(())
    }

    fn decode(
        &mut self,
        index: usize,
        srgb: bool,
        warnings: &mut Warnings,
    ) -> Result<Option<Texture>, ImportError> {
        let Some(image) = self.root.images.get(index) else {
            return Err(broken(&place_of("image", index, None), "it does not exist"));
        };
        let place = place_of("image", index, image.name.as_deref());
        let found = match (&image.uri, image.buffer_view) {
            (Some(uri), _) => self.source.follow(uri, &place)?,
            (None, Some(view)) => Found::Bytes(self.buffers.view(self.root, view.value(), &place)?.0.into()),
            (None, None) => return Err(broken(&place, "it has neither an address nor a buffer view")),
        };
        let bytes = match found {
            Found::Bytes(bytes) => bytes,
            Found::Missing(file) => {
                let text =
                    format!("its file {} is missing, and materials are rendered without it", quoted(&file));
                warnings.warn(&place, text);
                return Ok(None);
            }
        };
        self.decode_bytes(&bytes, srgb, &place, warnings)
    }

    fn decode_bytes(
        &mut self,
        bytes: &[u8],
        srgb: bool,
        place: &str,
        warnings: &mut Warnings,
    ) -> Result<Option<Texture>, ImportError> {
        // By content, not by the declared type: the two often disagree, and only the content decides.
        let format = match image::guess_format(bytes) {
            Ok(format @ (ImageFormat::Png | ImageFormat::Jpeg | ImageFormat::WebP)) => format,
            _ => {
                warnings
                    .warn(place, "it is neither PNG, JPEG nor WebP, and materials are rendered without it");
                return Ok(None);
            }
        };
        let unreadable = |error: image::ImageError| broken(place, format!("it cannot be decoded: {error}"));
        let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
        // Decoders that allocate while they read headers are held by this; the rest is checked right below.
        let mut bounds = image::Limits::no_limits();
        bounds.max_alloc = Some(self.limits.texels.saturating_mul(16).saturating_add(1 << 20));
        reader.limits(bounds);
        let decoder = reader.into_decoder().map_err(unreadable)?;
        let (width, height) = decoder.dimensions();
        self.spend(width, height, place)?;
        refuse_bomb(bytes.len() as u64, width, height, place)?;
        if width == 0 || height == 0 {
            return Err(broken(place, "it has no pixels"));
        }
        if decoder.color_type().bytes_per_pixel() / decoder.color_type().channel_count() > 1 {
            warnings.notice(place, "its 16 bits a channel are reduced to 8");
        }
        let picture = DynamicImage::from_decoder(decoder).map_err(unreadable)?.into_rgba8();
        let texels = picture
            .into_raw()
            .chunks_exact(4)
            .map(|texel| [texel[0], texel[1], texel[2], texel[3]])
            .collect();
        Ok(Some(Texture { width, height, srgb, texels }))
    }
}

/// The alpha of all texels, where they have the same.
fn even_alpha(texture: &Texture) -> Option<u8> {
    let [.., first] = *texture.texels.first()?;
    texture.texels.iter().all(|&[.., alpha]| alpha == first).then_some(first)
}

/// No picture of anything is packed so well: deflate ends at 1 : 1032, and only emptiness comes near that. Small ones are let through, because
/// flat textures are common and cost little.
fn refuse_bomb(file_bytes: u64, width: u32, height: u32, place: &str) -> Result<(), ImportError> {
    const HARMLESS_BYTES: u64 = 256 << 20;
    const RATIO_MAX: u64 = 400;
    let pixels_bytes = u64::from(width) * u64::from(height) * 4;
    if pixels_bytes <= HARMLESS_BYTES || pixels_bytes / file_bytes.max(1) <= RATIO_MAX {
        return Ok(());
    }
    let place = format!("{place}, {width} × {height}");
    Err(ImportError::Inflated { place, file_kib: file_bytes.div_ceil(1024), pixels_mib: pixels_bytes >> 20 })
}
