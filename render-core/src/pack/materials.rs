//! Materials, texture slots and texels.

use glam::Vec3;
use shaders::layout::{
    MATERIAL_SLOTS, MATERIAL_SLOTS_AT, MATERIAL_VEC4S, NONE, SLOT_VEC4S, material_flag, slot_bit,
};

use super::{PackFault, PackedScene};
use crate::scene::{AlphaMode, Film, Material, Scene, TextureRef, Wrap};

pub(super) fn pack(scene: &Scene, packed: &mut PackedScene) -> Result<(), PackFault> {
    let mut offsets = Vec::with_capacity(scene.textures.len());
    for texture in &scene.textures {
        offsets.push(u32::try_from(packed.texels.len()).map_err(|_| PackFault::TooMany("texels"))?);
        packed.texels.extend_from_slice(&texture.texels);
    }
    // The stack of media holds a material in 16 bits, 0 meaning none.
    if scene.materials.len() >= usize::from(u16::MAX) {
        return Err(PackFault::TooMany("materials"));
    }
    let mut slots: Vec<[u32; 4]> = Vec::new();
    let first_slot = scene.materials.len() * MATERIAL_VEC4S;
    for material in &scene.materials {
        let places = material.texture_refs().map(|texture| {
            texture.map_or(NONE, |texture| {
                let place = (first_slot + slots.len()) as u32;
                slots.extend(slot_words(&texture, scene, offsets[texture.texture as usize]));
                place
            })
        });
        packed.materials.extend(material_words(material, places));
    }
    packed.materials.append(&mut slots);
    Ok(())
}

fn material_words(material: &Material, slots: [u32; MATERIAL_SLOTS]) -> [[u32; 4]; MATERIAL_VEC4S] {
    let solid = material.medium.filter(|_| material.transmission > 0.0);
    let (mode, cutoff) = match material.alpha_mode {
        // A lamp's alpha plays no part.
        _ if material.lamp => (material_flag::LAMP, 0.0),
        AlphaMode::Opaque => (0, 0.0),
        AlphaMode::Mask { cutoff } => (material_flag::MASK, cutoff),
        AlphaMode::Blend => (material_flag::BLEND, 0.0),
    };
    let switch = |on: bool, flag: u32| if on { flag } else { 0 };
    let flags = mode
        | switch(material.double_sided, material_flag::DOUBLE_SIDED)
        | switch(material.unlit, material_flag::UNLIT)
        | switch(solid.is_some(), material_flag::SOLID)
        | switch(is_layered(material), material_flag::LAYERED);
    let absorption = solid.map_or(Vec3::ZERO, |medium| {
        // A colour of 0 would absorb infinitely: as good as black after the distance is dark enough.
        -medium.attenuation_color.max(Vec3::splat(1e-6)).map(f32::ln) / medium.attenuation_distance
    });
    let color = |c: Vec3, w: f32| [c.x, c.y, c.z, w].map(f32::to_bits);
    let mut words = [[NONE; 4]; MATERIAL_VEC4S];
    words[..6].copy_from_slice(&[
        color(material.base_color, material.alpha),
        [material.metallic, material.roughness, material.normal_scale, cutoff].map(f32::to_bits),
        [material.emissive.x.to_bits(), material.emissive.y.to_bits(), material.emissive.z.to_bits(), flags],
        [material.ior, material.specular, material.transmission, material.clearcoat].map(f32::to_bits),
        color(material.specular_color, material.clearcoat_roughness),
        color(absorption, material.clearcoat_normal_scale),
    ]);
    words[6..MATERIAL_SLOTS_AT].copy_from_slice(&layer_words(material));
    words[MATERIAL_SLOTS_AT..].as_flattened_mut()[..MATERIAL_SLOTS].copy_from_slice(&slots);
    words
}

/// Whether a material has anything that few materials have.
fn is_layered(material: &Material) -> bool {
    material.sheen.color != Vec3::ZERO
        || material.anisotropy.strength > 0.0
        || material.diffuse_transmission.share > 0.0
        || material.film.share > 0.0
}

fn layer_words(material: &Material) -> [[u32; 4]; MATERIAL_SLOTS_AT - 6] {
    let color = |c: Vec3, w: f32| [c.x, c.y, c.z, w].map(f32::to_bits);
    let Film { share, ior, thickness_nm: [thinnest, thickest], .. } = material.film;
    let (sin, cos) = material.anisotropy.rotation.sin_cos();
    [
        color(material.sheen.color, material.sheen.roughness),
        color(material.diffuse_transmission.color, material.diffuse_transmission.share),
        [share, ior, thinnest, thickest].map(f32::to_bits),
        [material.anisotropy.strength, cos, sin, 0.0].map(f32::to_bits),
    ]
}

fn slot_words(texture: &TextureRef, scene: &Scene, offset: u32) -> [[u32; 4]; SLOT_VEC4S] {
    let picture = &scene.textures[texture.texture as usize];
    let wrap = |wrap: Wrap| match wrap {
        Wrap::Repeat => 0,
        Wrap::Mirror => 1,
        Wrap::Clamp => 2,
    };
    let mut bits = wrap(texture.wrap[0]) | wrap(texture.wrap[1]) << slot_bit::WRAP_V_SHIFT;
    bits |= u32::from(texture.uv_set) << slot_bit::UV_SET_SHIFT;
    if texture.nearest {
        bits |= slot_bit::NEAREST;
    }
    if picture.srgb {
        bits |= slot_bit::SRGB;
    }
    let m = texture.uv_transform;
    let row = |i: usize| [m.x_axis[i], m.y_axis[i], m.z_axis[i], 0.0].map(f32::to_bits);
    [[offset, picture.width, picture.height, bits], row(0), row(1)]
}
