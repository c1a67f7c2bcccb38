//! Random materials over every slot that the importer reads.
//!
//! Source: glTF 2.0 specification, chapter 3.9, and the texts of the `KHR_materials_*` extensions.

use glam::Vec3;
use serde_json::{Value, json};

use super::glb::Glb;
use super::texture::{Field, Pattern, Picture, color};
use crate::rng::Rng;

/// What a material is meant for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    /// Anything but a light.
    Any,
    /// Walls, floors, ground: never glass.
    Solid,
    /// From brushed to a mirror.
    Metal,
    /// A solid of glass or liquid.
    Glass,
    /// A sheet that light passes, as a window pane.
    Pane,
    /// A texture with holes or soft edges.
    Cutout,
    /// A leaf on a card.
    Leaf,
    /// Lettering.
    Lettered,
    /// Something on a wall: a texture that spans its card once.
    Poster,
}

/// The materials of one scene: a few fields, from which all of its pictures are made.
#[derive(Debug)]
pub(super) struct Palette {
    fields: Vec<Field>,
    fields_most: usize,
    glass_share: f32,
    textured_share: f32,
}

impl Palette {
    pub(super) fn new(rng: &mut Rng) -> Self {
        let glass_share = rng.pick(&[0.0, 0.1, 0.1, 0.3, 0.8]);
        Self {
            fields: Vec::new(),
            fields_most: rng.count(2, 7),
            glass_share,
            textured_share: rng.between(0.2, 1.0),
        }
    }

    /// Adds a material and answers its index.
    pub(super) fn material(&mut self, glb: &mut Glb, rng: &mut Rng, look: Look) -> usize {
        let look = match look {
            Look::Any if rng.chance(self.glass_share) => rng.pick(&[Look::Glass, Look::Glass, Look::Pane]),
            Look::Any if rng.chance(0.2) => Look::Metal,
            Look::Any if rng.chance(0.06) => Look::Cutout,
            Look::Any if rng.chance(0.08) => Look::Lettered,
            Look::Any => Look::Solid,
            look => look,
        };
        let material = match look {
            Look::Glass => self.glass(glb, rng, true),
            Look::Pane => self.glass(glb, rng, false),
            Look::Metal => self.metal(glb, rng),
            Look::Leaf => leaf(glb, rng),
            Look::Cutout => self.cutout(glb, rng),
            _ => self.solid(glb, rng, look),
        };
        glb.add("materials", material)
    }

    fn solid(&mut self, glb: &mut Glb, rng: &mut Rng, look: Look) -> Value {
        let mut material = json!({
            "pbrMetallicRoughness": {
                "baseColorFactor": linear(color(rng)),
                "metallicFactor": if rng.chance(0.1) { rng.unit() } else { 0.0 },
                "roughnessFactor": rng.between(0.0, 1.0).sqrt(),
            },
            "extensions": {},
        });
        let textured = rng.chance(self.textured_share) || matches!(look, Look::Lettered | Look::Poster);
        if textured {
            let lay = if look == Look::Poster { Lay::once() } else { Lay::new(rng) };
            let fresh = (look == Look::Lettered).then_some(Pattern::Letters);
            let field = self.field(rng, fresh);
            let pbr = &mut material["pbrMetallicRoughness"];
            pbr["baseColorTexture"] = slot(glb, &field.colors(rng), &lay);
            pbr["baseColorFactor"] = linear(Vec3::ONE.lerp(color(rng), rng.pick(&[0.0, 0.0, 0.3])));
            if rng.chance(0.35) {
                pbr["roughnessFactor"] = json!(1.0);
                pbr["metallicFactor"] = json!(rng.pick(&[0.0, 0.0, 1.0]));
                pbr["metallicRoughnessTexture"] = slot(glb, &field.roughness(rng), &lay);
            }
        }
        if rng.chance(0.35) {
            self.add_normals(glb, rng, &mut material);
        }
        if rng.chance(0.15) {
            self.add_coat(glb, rng, &mut material);
        }
        if rng.chance(0.15) {
            self.add_specular(glb, rng, &mut material);
        }
        if rng.chance(0.01) {
            material["extensions"]["KHR_materials_unlit"] = json!({});
        }
        material
    }

    fn metal(&mut self, glb: &mut Glb, rng: &mut Rng) -> Value {
        let tint = rng.pick(&[
            Vec3::new(0.96, 0.95, 0.93),
            Vec3::new(1.0, 0.78, 0.34),
            Vec3::new(0.95, 0.64, 0.54),
            Vec3::new(0.55, 0.56, 0.58),
        ]);
        let roughness = match rng.below(3) {
            0 => rng.pick(&[0.0, 0.02, 0.05]),
            _ => rng.between(0.05, 0.7),
        };
        let mut material = json!({
            "pbrMetallicRoughness": {
                "baseColorFactor": [tint.x, tint.y, tint.z, 1.0],
                "metallicFactor": 1.0,
                "roughnessFactor": roughness,
            },
            "extensions": {},
        });
        if rng.chance(0.3) {
            let field = self.field(rng, None);
            let picture = field.roughness(rng);
            material["pbrMetallicRoughness"]["roughnessFactor"] = json!(rng.between(0.3, 1.0));
            material["pbrMetallicRoughness"]["metallicRoughnessTexture"] =
                slot(glb, &picture, &Lay::new(rng));
        }
        if rng.chance(0.3) {
            self.add_normals(glb, rng, &mut material);
        }
        if rng.chance(0.1) {
            self.add_coat(glb, rng, &mut material);
        }
        material
    }

    fn glass(&mut self, glb: &mut Glb, rng: &mut Rng, solid: bool) -> Value {
        let tint = if rng.chance(0.5) { Vec3::ONE } else { Vec3::ONE.lerp(color(rng), 0.4) };
        let roughness = if rng.chance(0.6) { 0.0 } else { rng.between(0.02, 0.5) };
        let ior = if rng.chance(0.2) { rng.between(1.0, 2.4) } else { rng.pick(&[1.33, 1.45, 1.5, 1.52]) };
        let mut material = json!({
            "pbrMetallicRoughness": {
                "baseColorFactor": linear(tint), "metallicFactor": 0.0, "roughnessFactor": roughness,
            },
            "extensions": {
                "KHR_materials_ior": {"ior": ior},
                "KHR_materials_transmission": {"transmissionFactor": rng.pick(&[1.0, 1.0, 1.0, 0.8])},
            },
            "doubleSided": !solid,
        });
        if solid {
            let hue = color(rng).max(Vec3::splat(0.05));
            material["extensions"]["KHR_materials_volume"] = json!({
                "thicknessFactor": 1.0,
                "attenuationColor": if rng.chance(0.3) { [1.0, 1.0, 1.0] } else { hue.to_array() },
                "attenuationDistance": rng.log_between(0.05, 5.0),
            });
        }
        if rng.chance(0.1) {
            let picture = self.field(rng, None).roughness(rng);
            material["extensions"]["KHR_materials_transmission"]["transmissionTexture"] =
                slot(glb, &picture, &Lay::new(rng));
        }
        if rng.chance(0.2) {
            self.add_normals(glb, rng, &mut material);
        }
        material
    }

    fn cutout(&mut self, glb: &mut Glb, rng: &mut Rng) -> Value {
        let picture = self.field(rng, None).cutout(rng);
        let mode = rng.pick(&["MASK", "MASK", "BLEND"]);
        let mut material = json!({
            "pbrMetallicRoughness": {
                "baseColorTexture": slot(glb, &picture, &Lay::new(rng)),
                "metallicFactor": 0.0,
                "roughnessFactor": rng.between(0.3, 1.0),
            },
            "alphaMode": mode,
            "doubleSided": true,
        });
        if mode == "BLEND" && rng.chance(0.5) {
            material["pbrMetallicRoughness"]["baseColorFactor"] =
                json!([1.0, 1.0, 1.0, rng.between(0.2, 1.0)]);
        }
        material
    }

    fn add_normals(&mut self, glb: &mut Glb, rng: &mut Rng, material: &mut Value) {
        let picture = self.field(rng, None).normals(rng);
        material["normalTexture"] = slot(glb, &picture, &Lay::new(rng));
        material["normalTexture"]["scale"] = json!(rng.between(0.2, 1.2));
    }

    fn add_coat(&mut self, glb: &mut Glb, rng: &mut Rng, material: &mut Value) {
        let mut coat = json!({
            "clearcoatFactor": rng.pick(&[1.0, 1.0, 0.5]),
            "clearcoatRoughnessFactor": if rng.chance(0.6) { 0.0 } else { rng.between(0.0, 0.5) },
        });
        if rng.chance(0.3) {
            let picture = self.field(rng, None).roughness(rng);
            coat["clearcoatTexture"] = slot(glb, &picture, &Lay::new(rng));
        }
        if rng.chance(0.2) {
            let picture = self.field(rng, None).normals(rng);
            coat["clearcoatNormalTexture"] = slot(glb, &picture, &Lay::new(rng));
        }
        material["extensions"]["KHR_materials_clearcoat"] = coat;
    }

    fn add_specular(&mut self, glb: &mut Glb, rng: &mut Rng, material: &mut Value) {
        let tint = color(rng);
        let mut specular = json!({"specularFactor": rng.unit(), "specularColorFactor": tint.to_array()});
        if rng.chance(0.3) {
            let picture = self.field(rng, None).colors(rng);
            specular["specularColorTexture"] = slot(glb, &picture, &Lay::new(rng));
        }
        material["extensions"]["KHR_materials_specular"] = specular;
        if rng.chance(0.5) {
            material["extensions"]["KHR_materials_ior"] = json!({"ior": rng.between(1.1, 2.2)});
        }
    }

    /// Adds a material that shines with this radiance, sometimes through a picture.
    pub(super) fn glow(&mut self, glb: &mut Glb, rng: &mut Rng, radiance: Vec3) -> usize {
        let strength = radiance.max_element().max(1e-6);
        let hue = radiance / strength;
        let mut material = json!({
            "pbrMetallicRoughness": {"baseColorFactor": [0.0, 0.0, 0.0, 1.0], "metallicFactor": 0.0},
            "emissiveFactor": hue.to_array(),
            "extensions": {"KHR_materials_emissive_strength": {"emissiveStrength": strength}},
            "doubleSided": rng.chance(0.3),
        });
        if rng.chance(0.3) {
            let picture = self.field(rng, None).colors(rng);
            material["emissiveTexture"] = slot(glb, &picture, &Lay::once());
            material["emissiveFactor"] = json!([1.0, 1.0, 1.0]);
        }
        glb.add("materials", material)
    }

    /// A field to make pictures of: an old one once the scene has enough.
    fn field(&mut self, rng: &mut Rng, pattern: Option<Pattern>) -> Field {
        if pattern.is_none() && self.fields.len() >= self.fields_most {
            return self.fields[rng.below(self.fields.len())].clone();
        }
        let side = rng.pick(&[64, 64, 128, 128, 128, 256, 256, 512]);
        let pattern = pattern.unwrap_or_else(|| rng.pick(&Pattern::ALL));
        let field = Field::new(rng, pattern, side);
        self.fields.push(field.clone());
        field
    }
}

/// The material of leaves on cards.
fn leaf(glb: &mut Glb, rng: &mut Rng) -> Value {
    let side = rng.pick(&[64, 128]);
    let picture = Picture::leaf(rng, side);
    json!({
        "pbrMetallicRoughness": {
            "baseColorTexture": slot(glb, &picture, &Lay::once()),
            "metallicFactor": 0.0,
            "roughnessFactor": rng.between(0.3, 1.0),
        },
        "alphaMode": "MASK",
        "alphaCutoff": 0.5,
        "doubleSided": true,
    })
}

/// How a picture lies on a surface.
#[derive(Debug)]
struct Lay {
    sampler: Value,
    transform: Option<Value>,
}

impl Lay {
    const NEAREST: u32 = 9728;
    const LINEAR: u32 = 9729;
    const REPEAT: u32 = 10497;
    const MIRRORED_REPEAT: u32 = 33648;

    /// As the shape's own texture coordinates say.
    fn once() -> Self {
        let sampler = json!({"magFilter": Self::LINEAR, "wrapS": Self::REPEAT, "wrapT": Self::REPEAT});
        Self { sampler, transform: None }
    }

    /// A random scale, turn and shift for most, and rarely a sampler of another kind.
    fn new(rng: &mut Rng) -> Self {
        let mut lay = Self::once();
        if rng.chance(0.08) {
            lay.sampler["magFilter"] = json!(Self::NEAREST);
        }
        if rng.chance(0.1) {
            lay.sampler["wrapS"] = json!(Self::MIRRORED_REPEAT);
        }
        if rng.chance(0.7) {
            let scale = rng.log_between(0.2, 3.0);
            lay.transform = Some(json!({
                "scale": [scale, scale * rng.pick(&[1.0, 1.0, 1.0, 0.5, 2.0])],
                "rotation": if rng.chance(0.3) { rng.between(0.0, 6.2) } else { 0.0 },
                "offset": [rng.unit(), rng.unit()],
            }));
        }
        lay
    }
}

/// Adds a picture and answers its texture slot.
fn slot(glb: &mut Glb, picture: &Picture, lay: &Lay) -> Value {
    let mut slot = json!({"index": glb.add_picture(picture.name(), &picture.png(), lay.sampler.clone())});
    if let Some(transform) = &lay.transform {
        slot["extensions"] = json!({"KHR_texture_transform": transform});
    }
    slot
}

/// A colour factor of sRGB code values.
fn linear(srgb: Vec3) -> Value {
    let value = srgb.powf(2.2).min(Vec3::ONE);
    json!([value.x, value.y, value.z, 1.0])
}
