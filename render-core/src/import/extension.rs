//! Which extensions a file uses, where, and which of them Tessera reads; the rest is named, never silently dropped.

use std::collections::BTreeMap;

use serde_json::Value;

use super::fault::{ImportError, Warnings, place_of, quoted};

/// Extensions that the importer reads wholly.
const READ: &[&str] = &[
    "EXT_mesh_gpu_instancing",
    "EXT_meshopt_compression",
    "EXT_texture_webp",
    "KHR_draco_mesh_compression",
    "KHR_lights_punctual",
    "KHR_materials_anisotropy",
    "KHR_materials_clearcoat",
    "KHR_materials_diffuse_transmission",
    "KHR_materials_emissive_strength",
    "KHR_materials_ior",
    "KHR_materials_iridescence",
    "KHR_materials_pbrSpecularGlossiness",
    "KHR_materials_sheen",
    "KHR_materials_specular",
    "KHR_materials_transmission",
    "KHR_materials_unlit",
    "KHR_materials_volume",
    "KHR_mesh_quantization",
    "KHR_meshopt_compression",
    "KHR_texture_transform",
];

/// Extensions without which the data cannot be read when the file requires them.
const PACKINGS: &[&str] = &["EXT_texture_avif", "KHR_texture_basisu", "MSFT_texture_dds"];

/// Names every extension that is not read, with the first place where it is used.
///
/// A required packing of meshes or pictures is an error; a required look is a warning, because the rest of the
/// scene is right without it.
pub(super) fn survey(json: &Value, warnings: &mut Warnings) -> Result<(), ImportError> {
    let mut uses: BTreeMap<String, Use> = BTreeMap::new();
    if let Value::Object(top) = json {
        for (key, value) in top {
            match value {
                Value::Array(list) => {
                    for (index, item) in list.iter().enumerate() {
                        let name = item.get("name").and_then(Value::as_str);
                        collect(item, &|| place_of(singular(key), index, name), &mut uses);
                    }
                }
                Value::Object(_) if key == "extensions" => note(value, &String::new, &mut uses),
                _ => {}
            }
        }
    }
    let listed = |key: &str| -> Vec<String> {
        let names = json.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        names.iter().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let required = listed("extensionsRequired");
    for name in &required {
        if PACKINGS.contains(&name.as_str()) {
            let place = uses.get(name).map_or_else(String::new, |found| found.place.clone());
            let place = if place.is_empty() { "the file".into() } else { place };
            return Err(ImportError::Unsupported { place, what: format!("the extension {name}") });
        }
    }
    for name in listed("extensionsUsed").into_iter().chain(required) {
        uses.entry(name).or_default();
    }
    for (name, found) in uses {
        if !READ.contains(&name.as_str()) {
            let more = if found.count > 1 {
                format!(", here and in {} more places", found.count - 1)
            } else {
                String::new()
            };
            let text = format!("the extension {} is not supported; {}{more}", shown(&name), effect(&name));
            warnings.warn(found.place, text);
        }
    }
    Ok(())
}

/// Removes animation channels that move no node, which the typed reader would refuse the whole file for.
pub(super) fn drop_loose_channels(json: &mut Value, warnings: &mut Warnings) {
    let Some(animations) = json.get_mut("animations").and_then(Value::as_array_mut) else { return };
    for (index, animation) in animations.iter_mut().enumerate() {
        let name = animation.get("name").and_then(Value::as_str).map(str::to_owned);
        let Some(channels) = animation.get_mut("channels").and_then(Value::as_array_mut) else { continue };
        let before = channels.len();
        channels.retain(|channel| channel.get("target").is_none_or(|target| target.get("node").is_some()));
        if channels.len() < before {
            let place = place_of("animation", index, name.as_deref());
            warnings
                .warn(place, format!("channels that move no node are ignored ({})", before - channels.len()));
        }
    }
}

#[derive(Default)]
struct Use {
    place: String,
    count: usize,
}

/// The parser bounds the depth of the value at 128, so this recursion is bounded too.
fn collect(value: &Value, place: &dyn Fn() -> String, uses: &mut BTreeMap<String, Use>) {
    match value {
        Value::Object(map) => {
            for (key, inner) in map {
                match key.as_str() {
                    "extras" => {}
                    "extensions" => note(inner, place, uses),
                    _ => collect(inner, place, uses),
                }
            }
        }
        Value::Array(list) => list.iter().for_each(|inner| collect(inner, place, uses)),
        _ => {}
    }
}

fn note(extensions: &Value, place: &dyn Fn() -> String, uses: &mut BTreeMap<String, Use>) {
    let Value::Object(map) = extensions else { return };
    for (name, inner) in map {
        let found = uses.entry(name.clone()).or_default();
        if found.count == 0 {
            found.place = place();
        }
        found.count += 1;
        collect(inner, place, uses);
    }
}

fn effect(name: &str) -> &'static str {
    match name {
        "KHR_materials_dispersion" => "glass bends all colours alike",
        "KHR_materials_variants" => "the default variant is rendered",
        "KHR_animation_pointer" => "what it animates stays still",
        "KHR_node_visibility" => "hidden nodes are rendered",
        "KHR_xmp_json_ld" | "KHR_xmp" => "it holds notes only, and the picture is the same",
        "KHR_texture_basisu" | "EXT_texture_avif" | "MSFT_texture_dds" => {
            "the plain copy of the picture is used"
        }
        _ => "it is ignored",
    }
}

fn shown(name: &str) -> String {
    let plain =
        name.len() <= 64 && name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
    if plain { name.to_owned() } else { quoted(name) }
}

fn singular(key: &str) -> &str {
    match key {
        "meshes" => "mesh",
        "bufferViews" => "buffer view",
        _ => key.strip_suffix('s').unwrap_or(key),
    }
}
