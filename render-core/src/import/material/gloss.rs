//! `KHR_materials_pbrSpecularGlossiness`: archived by Khronos, and the only look that many older files of the web give.

use gltf::json::extensions::material::Material as JsonExtensions;

use super::layers::Layer;
use super::{Coding, Surface};
use crate::import::fault::ImportError;
use crate::import::picture::Roughness;
use crate::scene::{Material, TextureRef};

const NAME: &str = "KHR_materials_pbrSpecularGlossiness";

impl Surface<'_, '_> {
    /// The body that a material's specular-glossiness describes, in the place of its metallic-roughness, which is then a fallback
    /// for other programs; `None` where it has none. The text leaves open what an unlit one looks like: the base colour is shown,
    /// as `KHR_materials_unlit` has it.
    ///
    /// It is a dielectric whose F0 is `specular` itself (an index of 0), as the text of `KHR_materials_specular` converts it, with
    /// roughness = 1 - glossiness.
    ///
    /// The extension makes the diffuse part `diffuse · (1 - max(specular))`, the same from every side. Here `diffuse` is the base,
    /// and the renderer takes from it what the reflection above it keeps, its largest channel: of smooth surfaces, on average over
    /// all sides, 20/21 of the extension's factor is left, for Fresnel reflects more at grazing angles. The factor is not
    /// multiplied in as well, or reflected light would be missing twice.
    pub(super) fn gloss(&mut self, json: &JsonExtensions) -> Result<Option<Material>, ImportError> {
        let place = self.place.clone();
        let Some(layer) = Layer::find(&json.others, NAME, &place)? else { return Ok(None) };
        if json.unlit.is_some() {
            let text = "its KHR_materials_pbrSpecularGlossiness is not used, because the material is unlit";
            self.warnings.warn(place, text);
            return Ok(None);
        }
        if json.ior.is_some() || json.specular.is_some() {
            let text = "its KHR_materials_ior and KHR_materials_specular are not used, because its KHR_materials_pbrSpecularGlossiness says what they would";
            self.warnings.warn(&place, text);
        }
        let [red, green, blue, alpha] = layer.read("diffuseFactor")?.unwrap_or([1.0; 4]);
        let glossiness = self.unit("glossinessFactor", layer.number("glossinessFactor", 1.0)?)?;
        let specular_texture = self.slot(&layer, "specularGlossinessTexture", Coding::Srgb)?;
        let (roughness, roughness_texture) = self.roughness(glossiness, specular_texture)?;
        Ok(Some(Material {
            base_color: self.color("diffuseFactor", [red, green, blue])?,
            base_color_texture: self.slot(&layer, "diffuseTexture", Coding::Srgb)?,
            alpha: self.unit("diffuseFactor", alpha)?,
            metallic: 0.0,
            roughness,
            metallic_roughness_texture: roughness_texture,
            ior: 0.0,
            specular_color: self.reflectance("specularFactor", layer.color("specularFactor", [1.0; 3])?)?,
            specular_color_texture: specular_texture,
            ..Material::default()
        }))
    }

    /// Factor and texture of a roughness of 1 - `glossiness` · alpha of `source`.
    fn roughness(
        &mut self,
        glossiness: f32,
        source: Option<TextureRef>,
    ) -> Result<(f32, Option<TextureRef>), ImportError> {
        let Some(source) = source else { return Ok((1.0 - glossiness, None)) };
        Ok(match self.pictures.roughness(source.texture, glossiness, &self.place)? {
            Roughness::Even(roughness) => (roughness, None),
            Roughness::Varied(texture) => (1.0, Some(TextureRef { texture, ..source })),
        })
    }
}
