//! Surfaces: glTF's metallic-roughness with the extensions that Tessera renders.

use glam::{Mat3A, Vec3};

/// A surface. Every factor multiplies its texture where there is one.
#[derive(Clone, Debug, PartialEq)]
pub struct Material {
    /// Linear base colour.
    pub base_color: Vec3,
    /// RGB (sRGB-coded) and alpha.
    pub base_color_texture: Option<TextureRef>,
    /// 0 = dielectric, 1 = metal.
    pub metallic: f32,
    /// Perceptual roughness; GGX α = roughness².
    pub roughness: f32,
    /// Blue = metallic, green = roughness.
    pub metallic_roughness_texture: Option<TextureRef>,
    /// Tangent-space normals.
    pub normal_texture: Option<TextureRef>,
    /// Scale of the normal map's x and y.
    pub normal_scale: f32,
    /// Emitted radiance: factor times strength. Emits from the front, and from the back too when double-sided.
    pub emissive: Vec3,
    /// sRGB-coded.
    pub emissive_texture: Option<TextureRef>,
    /// Coverage.
    pub alpha: f32,
    /// What coverage means.
    pub alpha_mode: AlphaMode,
    /// Whether the back is a surface too; otherwise the back is not seen, except where light is transmitted.
    pub double_sided: bool,
    /// Emits its base colour and nothing else (`KHR_materials_unlit`).
    pub unlit: bool,
    /// Shines and is nothing else: it scatters nothing, casts no shadow, and the camera sees it only in and through other surfaces
    /// (`tessera_lamp` in glTF's extras). Its emission is all of it that matters.
    pub lamp: bool,
    /// Index of refraction (`KHR_materials_ior`), 1 to [`Self::DENSEST`]; 0: F0 is the specular colour itself, and glass bends as at 1.5.
    pub ior: f32,
    /// `KHR_materials_specular` strength.
    pub specular: f32,
    /// In its alpha channel.
    pub specular_texture: Option<TextureRef>,
    /// `KHR_materials_specular` colour of F0.
    pub specular_color: Vec3,
    /// sRGB-coded.
    pub specular_color_texture: Option<TextureRef>,
    /// Share of light that passes through instead of being scattered diffusely.
    pub transmission: f32,
    /// In its red channel.
    pub transmission_texture: Option<TextureRef>,
    /// What is inside; `None`: a thin wall (`KHR_materials_volume` absent or thickness 0).
    pub medium: Option<Medium>,
    /// Strength of the clear coat.
    pub clearcoat: f32,
    /// In its red channel.
    pub clearcoat_texture: Option<TextureRef>,
    /// Roughness of the coat.
    pub clearcoat_roughness: f32,
    /// In its green channel.
    pub clearcoat_roughness_texture: Option<TextureRef>,
    /// The coat's own normals.
    pub clearcoat_normal_texture: Option<TextureRef>,
    /// Scale of that normal map's x and y.
    pub clearcoat_normal_scale: f32,
    /// What stretches reflections along the surface (`KHR_materials_anisotropy`).
    pub anisotropy: Anisotropy,
    /// Fibres on top, as on cloth (`KHR_materials_sheen`).
    pub sheen: Sheen,
    /// What scatters diffusely to the other side (`KHR_materials_diffuse_transmission`).
    pub diffuse_transmission: DiffuseTransmission,
    /// A film whose two faces interfere (`KHR_materials_iridescence`).
    pub film: Film,
}

/// Roughness that differs along the surface: α along = α + (1 - α)·strength², α across = α.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Anisotropy {
    /// 0 (none) to 1.
    pub strength: f32,
    /// From the tangent, counter-clockwise seen from the front, radians.
    pub rotation: f32,
    /// Red and green: the direction in tangent space, as -1 to 1; blue: strength.
    pub texture: Option<TextureRef>,
}

/// Fibres that stand on a surface.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sheen {
    /// Reflectance; black: no fibres.
    pub color: Vec3,
    /// sRGB-coded.
    pub color_texture: Option<TextureRef>,
    /// How much they stand about; α is its square.
    pub roughness: f32,
    /// In its alpha channel.
    pub roughness_texture: Option<TextureRef>,
}

/// Light that is scattered diffusely to the other side, as by leaves and paper.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DiffuseTransmission {
    /// Share of the diffuse light.
    pub share: f32,
    /// In its alpha channel.
    pub texture: Option<TextureRef>,
    /// What it is multiplied by.
    pub color: Vec3,
    /// sRGB-coded.
    pub color_texture: Option<TextureRef>,
}

/// A thin film over everything but the coat and the fibres.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Film {
    /// Share of the surface that has it.
    pub share: f32,
    /// In its red channel.
    pub texture: Option<TextureRef>,
    /// Index of refraction, at least 1.
    pub ior: f32,
    /// Thickness where the texture's green channel is 0 and where it is 1, nanometres; without a texture the second counts.
    pub thickness_nm: [f32; 2],
    /// In its green channel.
    pub thickness_texture: Option<TextureRef>,
}

impl Default for DiffuseTransmission {
    fn default() -> Self {
        Self { share: 0.0, texture: None, color: Vec3::ONE, color_texture: None }
    }
}

impl Film {
    /// Thicker than this no colours are left.
    pub const THICKEST_NM: f32 = 1e5;
}

impl Default for Film {
    fn default() -> Self {
        Self { share: 0.0, texture: None, ior: 1.3, thickness_nm: [100.0, 400.0], thickness_texture: None }
    }
}

/// What coverage means.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum AlphaMode {
    /// Nothing.
    Opaque,
    /// Below the cutoff there is a hole.
    Mask {
        /// Where holes begin.
        cutoff: f32,
    },
    /// The share of light that meets the surface; the rest passes straight on.
    Blend,
}

/// An absorbing interior (Beer–Lambert).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Medium {
    /// Colour of white light after [`Self::attenuation_distance`].
    pub attenuation_color: Vec3,
    /// Metres; infinite = clear.
    pub attenuation_distance: f32,
}

/// How a material looks a texture up.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TextureRef {
    /// Index of the texture.
    pub texture: u32,
    /// Which UV set of the mesh.
    pub uv_set: u8,
    /// `KHR_texture_transform`: (u', v', 1) = this · (u, v, 1).
    pub uv_transform: Mat3A,
    /// Behaviour beyond 0..1 along u and v.
    pub wrap: [Wrap; 2],
    /// Whether texels are shown as squares instead of blended.
    pub nearest: bool,
}

/// Behaviour of a texture beyond 0..1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrap {
    /// Starts over.
    Repeat,
    /// Goes back and forth.
    Mirror,
    /// The border goes on.
    Clamp,
}

/// A decoded picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Texture {
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Whether red, green and blue are sRGB-coded (alpha never is).
    pub srgb: bool,
    /// Pixels, row by row from the top.
    pub texels: Texels,
}

/// The pixels of a texture: RGBA, 8 bits a channel.
pub type Texels = Vec<[u8; 4]>;

impl Default for Material {
    /// glTF's default: a white, fully rough metal is what an empty `pbrMetallicRoughness` means, so the importer
    /// sets both factors itself; this default is a plain white diffuse-and-glossy dielectric.
    fn default() -> Self {
        Self {
            base_color: Vec3::ONE,
            base_color_texture: None,
            metallic: 0.0,
            roughness: 1.0,
            metallic_roughness_texture: None,
            normal_texture: None,
            normal_scale: 1.0,
            emissive: Vec3::ZERO,
            emissive_texture: None,
            alpha: 1.0,
            alpha_mode: AlphaMode::Opaque,
            double_sided: false,
            unlit: false,
            lamp: false,
            ior: 1.5,
            specular: 1.0,
            specular_texture: None,
            specular_color: Vec3::ONE,
            specular_color_texture: None,
            transmission: 0.0,
            transmission_texture: None,
            medium: None,
            clearcoat: 0.0,
            clearcoat_texture: None,
            clearcoat_roughness: 0.0,
            clearcoat_roughness_texture: None,
            clearcoat_normal_texture: None,
            clearcoat_normal_scale: 1.0,
            anisotropy: Anisotropy::default(),
            sheen: Sheen::default(),
            diffuse_transmission: DiffuseTransmission::default(),
            film: Film::default(),
        }
    }
}

impl Material {
    /// How many textures a material may have.
    pub const SLOTS: usize = 17;

    /// The highest index of refraction: what glTF-Transform writes for an infinite one, when it turns specular-glossiness into
    /// metallic-roughness.
    pub const DENSEST: f32 = 1000.0;

    /// All texture slots, for checks and packing; those that few materials have come last.
    pub fn texture_refs(&self) -> [Option<TextureRef>; Self::SLOTS] {
        [
            self.base_color_texture,
            self.metallic_roughness_texture,
            self.normal_texture,
            self.emissive_texture,
            self.specular_texture,
            self.specular_color_texture,
            self.transmission_texture,
            self.clearcoat_texture,
            self.clearcoat_roughness_texture,
            self.clearcoat_normal_texture,
            self.anisotropy.texture,
            self.sheen.color_texture,
            self.sheen.roughness_texture,
            self.diffuse_transmission.texture,
            self.diffuse_transmission.color_texture,
            self.film.texture,
            self.film.thickness_texture,
        ]
    }

    pub(super) fn check(&self, textures: usize) -> Result<(), String> {
        for slot in self.texture_refs().into_iter().flatten() {
            if slot.texture as usize >= textures || usize::from(slot.uv_set) >= super::Mesh::UV_SETS_MAX {
                return Err("a texture or UV set does not exist".into());
            }
            if !slot.uv_transform.is_finite() {
                return Err("a texture transform is not finite".into());
            }
        }
        let unit = [self.metallic, self.roughness, self.alpha, self.specular, self.transmission];
        let layers = [self.clearcoat, self.clearcoat_roughness, self.sheen.roughness, self.film.share];
        let shares = [self.anisotropy.strength, self.diffuse_transmission.share];
        let in_unit = unit.iter().chain(&layers).chain(&shares).all(|value| (0.0..=1.0).contains(value));
        let through = self.diffuse_transmission.color;
        let colors = [self.base_color, self.emissive, self.specular_color, self.sheen.color, through];
        let bright = colors.iter().all(|color| color.is_finite() && color.cmpge(Vec3::ZERO).all());
        let scales = [self.normal_scale, self.clearcoat_normal_scale, self.anisotropy.rotation]
            .iter()
            .all(|scale| scale.is_finite());
        let ior = self.ior == 0.0 || (1.0..=Self::DENSEST).contains(&self.ior);
        let film = (1.0..=100.0).contains(&self.film.ior)
            && self.film.thickness_nm.iter().all(|thickness| (0.0..=Film::THICKEST_NM).contains(thickness));
        let medium = self.medium.is_none_or(|medium| {
            medium.attenuation_distance > 0.0
                && medium.attenuation_color.cmpge(Vec3::ZERO).all()
                && medium.attenuation_color.cmple(Vec3::ONE).all()
        });
        if in_unit && bright && scales && ior && film && medium {
            Ok(())
        } else {
            Err("a factor is out of its range".into())
        }
    }
}
