//! What lies on a surface or under it, by extensions that the typed reader does not know: clear coat, fibres, brushed metal, thin films, and light that passes.

use gltf::json::material::NormalTexture;
use gltf::json::texture::Info;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::{Coding, Surface};
use crate::import::fault::{ImportError, broken};
use crate::scene::{Anisotropy, DiffuseTransmission, Film, Material, Sheen, TextureRef};

/// An extension's own object.
pub(super) struct Layer<'a> {
    json: &'a Map<String, Value>,
    place: &'a str,
}

impl<'a> Layer<'a> {
    /// One of a material's extensions; `None` where it is not among them.
    pub(super) fn find(
        extensions: &'a Map<String, Value>,
        name: &str,
        place: &'a str,
    ) -> Result<Option<Self>, ImportError> {
        match extensions.get(name) {
            None => Ok(None),
            Some(Value::Object(json)) => Ok(Some(Self { json, place })),
            Some(_) => Err(broken(place, format!("its {name} is not an object"))),
        }
    }

    pub(super) fn number(&self, key: &str, otherwise: f32) -> Result<f32, ImportError> {
        let Some(value) = self.json.get(key) else { return Ok(otherwise) };
        let number = value.as_f64().map(|number| number as f32);
        number.ok_or_else(|| broken(self.place, format!("its {key} is not a number")))
    }

    pub(super) fn color(&self, key: &str, otherwise: [f32; 3]) -> Result<[f32; 3], ImportError> {
        Ok(self.read(key)?.unwrap_or(otherwise))
    }

    pub(super) fn read<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, ImportError> {
        let value = self.json.get(key).map(|value| serde_json::from_value(value.clone()));
        value.transpose().map_err(|error| broken(self.place, format!("its {key} cannot be read: {error}")))
    }
}

impl Surface<'_, '_> {
    /// Reads all of them from a material's extensions.
    pub(super) fn layers(
        &mut self,
        extensions: &Map<String, Value>,
        material: &mut Material,
    ) -> Result<(), ImportError> {
        let place = self.place.clone();
        let layer = |extension: &str| Layer::find(extensions, extension, &place);
        if let Some(layer) = layer("KHR_materials_clearcoat")? {
            self.clearcoat(&layer, material)?;
        }
        if let Some(layer) = layer("KHR_materials_sheen")? {
            material.sheen = self.sheen(&layer)?;
        }
        if let Some(layer) = layer("KHR_materials_anisotropy")? {
            material.anisotropy = self.anisotropy(&layer)?;
        }
        if let Some(layer) = layer("KHR_materials_diffuse_transmission")? {
            material.diffuse_transmission = self.diffuse_transmission(&layer)?;
        }
        if let Some(layer) = layer("KHR_materials_iridescence")? {
            material.film = self.film(&layer)?;
        }
        Ok(())
    }

    fn clearcoat(&mut self, layer: &Layer<'_>, material: &mut Material) -> Result<(), ImportError> {
        material.clearcoat = self.share(layer, "clearcoatFactor")?;
        material.clearcoat_roughness = self.share(layer, "clearcoatRoughnessFactor")?;
        material.clearcoat_texture = self.slot(layer, "clearcoatTexture", Coding::Linear)?;
        material.clearcoat_roughness_texture =
            self.slot(layer, "clearcoatRoughnessTexture", Coding::Linear)?;
        let normal: Option<NormalTexture> = layer.read("clearcoatNormalTexture")?;
        (material.clearcoat_normal_texture, material.clearcoat_normal_scale) =
            self.normal(normal.as_ref())?;
        Ok(())
    }

    fn sheen(&mut self, layer: &Layer<'_>) -> Result<Sheen, ImportError> {
        Ok(Sheen {
            color: self.reflectance("sheenColorFactor", layer.color("sheenColorFactor", [0.0; 3])?)?,
            color_texture: self.slot(layer, "sheenColorTexture", Coding::Srgb)?,
            roughness: self.share(layer, "sheenRoughnessFactor")?,
            roughness_texture: self.slot(layer, "sheenRoughnessTexture", Coding::Linear)?,
        })
    }

    fn anisotropy(&mut self, layer: &Layer<'_>) -> Result<Anisotropy, ImportError> {
        let rotation = self.finite("anisotropyRotation", layer.number("anisotropyRotation", 0.0)?)?;
        Ok(Anisotropy {
            strength: self.share(layer, "anisotropyStrength")?,
            rotation,
            texture: self.slot(layer, "anisotropyTexture", Coding::Linear)?,
        })
    }

    fn diffuse_transmission(&mut self, layer: &Layer<'_>) -> Result<DiffuseTransmission, ImportError> {
        let key = "diffuseTransmissionColorFactor";
        Ok(DiffuseTransmission {
            share: self.share(layer, "diffuseTransmissionFactor")?,
            texture: self.slot(layer, "diffuseTransmissionTexture", Coding::Linear)?,
            color: self.color(key, layer.color(key, [1.0; 3])?)?,
            color_texture: self.slot(layer, "diffuseTransmissionColorTexture", Coding::Srgb)?,
        })
    }

    fn film(&mut self, layer: &Layer<'_>) -> Result<Film, ImportError> {
        let usual = Film::default();
        let mut thickness = |key, otherwise| {
            let number = self.finite(key, layer.number(key, otherwise)?)?;
            Ok::<f32, ImportError>(self.between(key, number, 0.0, Film::THICKEST_NM))
        };
        let [thinnest, thickest] = usual.thickness_nm;
        let thickness_nm = [
            thickness("iridescenceThicknessMinimum", thinnest)?,
            thickness("iridescenceThicknessMaximum", thickest)?,
        ];
        let ior = self.finite("iridescenceIor", layer.number("iridescenceIor", usual.ior)?)?;
        Ok(Film {
            share: self.share(layer, "iridescenceFactor")?,
            texture: self.slot(layer, "iridescenceTexture", Coding::Linear)?,
            ior: self.between("iridescenceIor", ior, 1.0, 100.0),
            thickness_nm,
            thickness_texture: self.slot(layer, "iridescenceThicknessTexture", Coding::Linear)?,
        })
    }

    /// A number from 0 to 1 that is 0 where the file gives none.
    fn share(&mut self, layer: &Layer<'_>, key: &str) -> Result<f32, ImportError> {
        self.unit(key, layer.number(key, 0.0)?)
    }

    pub(super) fn slot(
        &mut self,
        layer: &Layer<'_>,
        key: &str,
        coding: Coding,
    ) -> Result<Option<TextureRef>, ImportError> {
        let info: Option<Info> = layer.read(key)?;
        self.info(info.as_ref(), coding)
    }
}
