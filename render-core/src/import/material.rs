//! Materials: metallic-roughness and the extensions that Tessera renders, with their textures.

mod gloss;
mod layers;

use glam::{Mat3A, Vec2, Vec3, Vec3A};
use gltf::json::Root;
use gltf::json::extensions::material::Material as JsonExtensions;
use gltf::json::material::{
    AlphaMode as JsonAlphaMode, Material as JsonMaterial, NormalTexture, PbrMetallicRoughness,
};
use gltf::json::texture::{Info, MagFilter, WrappingMode};
use gltf::json::validation::Checked::{self, Valid};
use serde_json::Value;

use super::fault::{ImportError, Warnings, broken, place_of};
use super::notes::Notes;
use super::picture::Pictures;
use crate::scene::{AlphaMode, Material, Medium, Mesh, TextureRef, Wrap};

/// All materials: index 0 is glTF's default, the file's follow, so the file's `n` is `n + 1`.
#[derive(Debug)]
pub(super) struct Materials {
    pub(super) list: Vec<Material>,
    pub(super) names: Vec<String>,
}

impl Materials {
    pub(super) fn read(
        root: &Root,
        pictures: &mut Pictures,
        warnings: &mut Warnings,
    ) -> Result<Self, ImportError> {
        let mut list = vec![Material { metallic: 1.0, roughness: 1.0, ..Material::default() }];
        let mut names = vec![String::new()];
        for (index, json) in root.materials.iter().enumerate() {
            let place = place_of("material", index, json.name.as_deref());
            list.push(Surface { place, pictures, warnings }.read(json)?);
            names.push(json.name.clone().unwrap_or_default());
        }
        Ok(Self { list, names })
    }
}

/// What a material's extras call a lamp: it shines and is nothing else.
const LAMP_NOTE: &str = "tessera_lamp";

/// One material being read.
struct Surface<'a, 'b> {
    place: String,
    pictures: &'a mut Pictures<'b>,
    warnings: &'a mut Warnings,
}

/// How the values of a texture are coded.
#[derive(Clone, Copy)]
enum Coding {
    Srgb,
    Linear,
}

/// A texture slot of any kind, as the file gives it.
struct Slot<'a> {
    texture: usize,
    uv_set: u32,
    transform: Option<&'a Value>,
}

impl Surface<'_, '_> {
    fn read(&mut self, json: &JsonMaterial) -> Result<Material, ImportError> {
        let glossy = json.extensions.as_ref().map(|own| self.gloss(own)).transpose()?.flatten();
        let is_glossy = glossy.is_some();
        let body = match glossy {
            Some(body) => body,
            None => self.metallic_roughness(&json.pbr_metallic_roughness)?,
        };
        let mut material = Material {
            emissive: self.color("emissiveFactor", json.emissive_factor.0)?,
            emissive_texture: self.info(json.emissive_texture.as_ref(), Coding::Srgb)?,
            alpha_mode: self.alpha_mode(json)?,
            double_sided: json.double_sided,
            lamp: Notes::of(&json.extras).is_on(LAMP_NOTE),
            ..body
        };
        (material.normal_texture, material.normal_scale) = self.normal(json.normal_texture.as_ref())?;
        if json.occlusion_texture.is_some() {
            self.warnings
                .notice(&self.place, "its occlusion texture is not used, because real occlusion is traced");
        }
        if let Some(extensions) = &json.extensions {
            if !is_glossy {
                self.reflection(extensions, &mut material)?;
            }
            self.extensions(extensions, &mut material)?;
        }
        Ok(material)
    }

    fn metallic_roughness(&mut self, pbr: &PbrMetallicRoughness) -> Result<Material, ImportError> {
        let [red, green, blue, alpha] = pbr.base_color_factor.0;
        Ok(Material {
            base_color: self.color("baseColorFactor", [red, green, blue])?,
            base_color_texture: self.info(pbr.base_color_texture.as_ref(), Coding::Srgb)?,
            metallic: self.unit("metallicFactor", pbr.metallic_factor.0)?,
            roughness: self.unit("roughnessFactor", pbr.roughness_factor.0)?,
            metallic_roughness_texture: self.info(pbr.metallic_roughness_texture.as_ref(), Coding::Linear)?,
            alpha: self.unit("baseColorFactor", alpha)?,
            ..Material::default()
        })
    }

    /// What dielectrics reflect, where the file says it by these two extensions.
    fn reflection(&mut self, json: &JsonExtensions, material: &mut Material) -> Result<(), ImportError> {
        if let Some(ior) = &json.ior {
            let ior = self.finite("ior", ior.ior.0)?;
            material.ior = if ior == 0.0 { 0.0 } else { self.between("ior", ior, 1.0, Material::DENSEST) };
        }
        if let Some(specular) = &json.specular {
            material.specular = self.unit("specularFactor", specular.specular_factor.0)?;
            material.specular_texture = self.info(specular.specular_texture.as_ref(), Coding::Linear)?;
            material.specular_color = self.color("specularColorFactor", specular.specular_color_factor.0)?;
            material.specular_color_texture =
                self.info(specular.specular_color_texture.as_ref(), Coding::Srgb)?;
        }
        Ok(())
    }

    fn extensions(&mut self, json: &JsonExtensions, material: &mut Material) -> Result<(), ImportError> {
        material.unlit = json.unlit.is_some();
        if let Some(strength) = &json.emissive_strength {
            let strength = self.finite("emissiveStrength", strength.emissive_strength.0)?.max(0.0);
            material.emissive *= strength;
            if !material.emissive.is_finite() {
                return Err(broken(&self.place, "its emission is not finite"));
            }
        }
        if let Some(transmission) = &json.transmission {
            material.transmission = self.unit("transmissionFactor", transmission.transmission_factor.0)?;
            material.transmission_texture =
                self.info(transmission.transmission_texture.as_ref(), Coding::Linear)?;
        }
        if let Some(volume) = &json.volume {
            if volume.thickness_texture.is_some() {
                let text = "its thickness texture is not used: walls are as thick as the mesh is";
                self.warnings.warn(&self.place, text);
            }
            if self.finite("thicknessFactor", volume.thickness_factor.0)? > 0.0 {
                let color = self.color("attenuationColor", volume.attenuation_color.0)?.min(Vec3::ONE);
                let distance = volume.attenuation_distance.0;
                if distance <= 0.0 {
                    self.warnings
                        .warn(&self.place, "its attenuation distance is not above zero and is ignored");
                }
                let distance = if distance > 0.0 { distance } else { f32::INFINITY };
                material.medium = Some(Medium { attenuation_color: color, attenuation_distance: distance });
            }
        }
        self.layers(&json.others, material)
    }

    fn alpha_mode(&mut self, json: &JsonMaterial) -> Result<AlphaMode, ImportError> {
        match json.alpha_mode {
            Valid(JsonAlphaMode::Opaque) => Ok(AlphaMode::Opaque),
            Valid(JsonAlphaMode::Blend) => Ok(AlphaMode::Blend),
            Valid(JsonAlphaMode::Mask) => {
                let cutoff = json.alpha_cutoff.map_or(0.5, |cutoff| cutoff.0);
                Ok(AlphaMode::Mask { cutoff: self.finite("alphaCutoff", cutoff)? })
            }
            Checked::Invalid => {
                self.warnings.warn(&self.place, "its alpha mode is unknown, and it is rendered opaque");
                Ok(AlphaMode::Opaque)
            }
        }
    }

    fn info(&mut self, info: Option<&Info>, coding: Coding) -> Result<Option<TextureRef>, ImportError> {
        let Some(info) = info else { return Ok(None) };
        let typed = info.extensions.as_ref().and_then(|own| own.texture_transform.as_ref());
        let slot = Slot { texture: info.index.value(), uv_set: info.tex_coord, transform: None };
        let Some(typed) = typed else { return self.texture(&slot, coding) };
        let own = Transform {
            offset: typed.offset.0.into(),
            rotation: typed.rotation.0,
            scale: typed.scale.0.into(),
            uv_set: typed.tex_coord,
        };
        self.transformed(&slot, coding, &own)
    }

    fn normal(&mut self, normal: Option<&NormalTexture>) -> Result<(Option<TextureRef>, f32), ImportError> {
        let Some(normal) = normal else { return Ok((None, 1.0)) };
        let transform = normal.extensions.as_ref().and_then(|own| own.others.get("KHR_texture_transform"));
        let slot = Slot { texture: normal.index.value(), uv_set: normal.tex_coord, transform };
        Ok((self.texture(&slot, Coding::Linear)?, self.finite("scale of a normal map", normal.scale)?))
    }

    fn texture(&mut self, slot: &Slot, coding: Coding) -> Result<Option<TextureRef>, ImportError> {
        let transform = match slot.transform {
            None => Transform::NONE,
            Some(json) => Transform::from_json(json)
                .ok_or_else(|| broken(&self.place, "a KHR_texture_transform cannot be read"))?,
        };
        self.transformed(slot, coding, &transform)
    }

    fn transformed(
        &mut self,
        slot: &Slot,
        coding: Coding,
        transform: &Transform,
    ) -> Result<Option<TextureRef>, ImportError> {
        let place = format!("{}, texture {}", self.place, slot.texture);
        let root = self.pictures.root;
        let texture = root.textures.get(slot.texture).ok_or_else(|| broken(&place, "it does not exist"))?;
        let webp = texture.extensions.as_ref().and_then(|own| own.others.get("EXT_texture_webp"));
        let webp = webp.and_then(|own| own.get("source")).and_then(Value::as_u64);
        let plain = Some(texture.source.value()).filter(|&source| source != u32::MAX as usize);
        let Some(image) = webp.and_then(|source| usize::try_from(source).ok()).or(plain) else {
            self.warnings.warn(place, "it has no picture that can be read, and is left out");
            return Ok(None);
        };
        let srgb = matches!(coding, Coding::Srgb);
        let Some(index) = self.pictures.index(image, srgb, self.warnings)? else { return Ok(None) };
        let uv_set = transform.uv_set.unwrap_or(slot.uv_set);
        if uv_set as usize >= Mesh::UV_SETS_MAX {
            self.warnings
                .warn(place, format!("it uses UV set {uv_set}, which is over the four that are read"));
            return Ok(None);
        }
        let uv_transform = transform.matrix();
        if !uv_transform.is_finite() {
            return Err(broken(&place, "its KHR_texture_transform is not finite"));
        }
        let sampler = match texture.sampler {
            None => None,
            Some(index) => {
                let missing = || broken(&place, format!("its sampler {} does not exist", index.value()));
                Some(root.samplers.get(index.value()).ok_or_else(missing)?)
            }
        };
        let wrap = sampler.map_or([Wrap::Repeat; 2], |sampler| [sampler.wrap_s, sampler.wrap_t].map(wrap));
        let nearest = sampler.is_some_and(|sampler| sampler.mag_filter == Some(Valid(MagFilter::Nearest)));
        Ok(Some(TextureRef { texture: index, uv_set: uv_set as u8, uv_transform, wrap, nearest }))
    }

    fn finite(&self, what: &str, number: f32) -> Result<f32, ImportError> {
        if number.is_finite() {
            Ok(number)
        } else {
            Err(broken(&self.place, format!("its {what} is not finite")))
        }
    }

    fn unit(&mut self, what: &str, number: f32) -> Result<f32, ImportError> {
        let number = self.finite(what, number)?;
        Ok(self.between(what, number, 0.0, 1.0))
    }

    fn between(&mut self, what: &str, number: f32, low: f32, high: f32) -> f32 {
        if !(low..=high).contains(&number) {
            let text = format!("its {what} of {number} is outside {low} to {high} and is brought inside");
            self.warnings.warn(&self.place, text);
        }
        number.clamp(low, high)
    }

    fn color(&mut self, what: &str, color: [f32; 3]) -> Result<Vec3, ImportError> {
        let color = Vec3::from(color);
        if !color.is_finite() {
            return Err(broken(&self.place, format!("its {what} is not finite")));
        }
        if color.min_element() < 0.0 {
            self.warnings.warn(&self.place, format!("its {what} is negative and is taken as zero"));
        }
        Ok(color.max(Vec3::ZERO))
    }

    /// A colour whose channels are 0 to 1.
    fn reflectance(&mut self, what: &str, color: [f32; 3]) -> Result<Vec3, ImportError> {
        let color = self.color(what, color)?;
        if color.max_element() > 1.0 {
            self.warnings.warn(&self.place, format!("its {what} is above 1 and is brought down to it"));
        }
        Ok(color.min(Vec3::ONE))
    }
}

fn wrap(mode: Checked<WrappingMode>) -> Wrap {
    match mode {
        Valid(WrappingMode::ClampToEdge) => Wrap::Clamp,
        Valid(WrappingMode::MirroredRepeat) => Wrap::Mirror,
        Valid(WrappingMode::Repeat) | Checked::Invalid => Wrap::Repeat,
    }
}

/// `KHR_texture_transform`.
struct Transform {
    offset: Vec2,
    rotation: f32,
    scale: Vec2,
    uv_set: Option<u32>,
}

impl Transform {
    const NONE: Self = Self { offset: Vec2::ZERO, rotation: 0.0, scale: Vec2::ONE, uv_set: None };

    fn from_json(json: &Value) -> Option<Self> {
        let number = |value: &Value| value.as_f64().map(|number| number as f32);
        let pair = |key: &str, other: Vec2| match json.get(key) {
            None => Some(other),
            Some(value) => match value.as_array()?.as_slice() {
                [x, y] => Some(Vec2::new(number(x)?, number(y)?)),
                _ => None,
            },
        };
        let rotation = json.get("rotation").map_or(Some(0.0), number)?;
        let uv_set = match json.get("texCoord") {
            None => None,
            Some(value) => Some(u32::try_from(value.as_u64()?).ok()?),
        };
        Some(Self { offset: pair("offset", Vec2::ZERO)?, rotation, scale: pair("scale", Vec2::ONE)?, uv_set })
    }

    /// Translation · rotation · scale, where a positive angle turns UV counter-clockwise seen with v down, which is
    /// the extension's own matrix.
    fn matrix(&self) -> Mat3A {
        let (sin, cos) = self.rotation.sin_cos();
        Mat3A::from_cols(
            Vec3A::new(self.scale.x * cos, -self.scale.x * sin, 0.0),
            Vec3A::new(self.scale.y * sin, self.scale.y * cos, 0.0),
            Vec3A::new(self.offset.x, self.offset.y, 1.0),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texture_transform_is_the_extensions_own_matrix() {
        let turn = Transform {
            offset: Vec2::new(0.25, 0.5),
            rotation: std::f32::consts::FRAC_PI_2,
            scale: Vec2::new(2.0, 3.0),
            uv_set: None,
        };
        // By hand: scale (1, 0) to (2, 0); rotated by the extension's matrix (cos, sin; -sin, cos) to (0, -2).
        let moved = turn.matrix() * Vec3A::new(1.0, 0.0, 1.0);
        assert!((moved - Vec3A::new(0.25, -1.5, 1.0)).length() < 1e-6, "{moved}");
    }
}
