//! What a file's materials and textures mean.

#[path = "made/scene_file.rs"]
mod scene_file;

use glam::{Mat3A, Vec2, Vec3, Vec3A, Vec4};
use render_core::import::{Document, ImportOptions, Severity};
use render_core::scene::{AlphaMode, LightKind, Material, Medium, TextureRef, Wrap};
use scene_file::{SceneFile, png, scene, warnings};
use serde_json::{Value, json};

/// A triangle with UVs, a normal and this material; texture 0 exists.
fn with_material(material: Value) -> SceneFile {
    let mut file = SceneFile::triangle();
    let uvs = file.add_floats("VEC2", &[0.0, 1.0, 1.0, 1.0, 0.0, 0.0]);
    let normals = file.add_floats("VEC3", &[0.0, 0.0, 2.0].repeat(3));
    let view = file.add_view(&png(2, 1, [10, 20, 30, 40]));
    file.push("images", json!({ "bufferView": view }));
    file.push("samplers", json!({ "wrapS": 33071, "wrapT": 33648, "magFilter": 9728 }));
    file.push("textures", json!({ "source": 0, "sampler": 0 }));
    file.push("materials", material);
    let primitive = &mut file.json["meshes"][0]["primitives"][0];
    primitive["attributes"]["TEXCOORD_0"] = json!(uvs);
    primitive["attributes"]["NORMAL"] = json!(normals);
    primitive["material"] = json!(0);
    file
}

#[test]
fn a_materials_extras_make_it_a_lamp() {
    let untold = warnings(&with_material(json!({ "emissiveFactor": [1.0, 0.5, 0.0] })));
    let told = |extras: Value| {
        let file = with_material(json!({ "emissiveFactor": [1.0, 0.5, 0.0], "extras": extras }));
        assert_eq!(warnings(&file), untold, "{extras}");
        let scene = scene(&file);
        scene.materials[scene.meshes[0].material as usize].lamp
    };
    for yes in [json!(true), json!(1), json!(1.0), json!(-0.5)] {
        assert!(told(json!({ "other": { "a": [] }, "tessera_lamp": yes })), "{yes}");
    }
    for no in [json!(false), json!(0), json!(0.0), json!("true"), json!(null), json!([1])] {
        assert!(!told(json!({ "tessera_lamp": no })), "{no}");
    }
    assert!(!told(json!({})) && !told(json!("tessera_lamp")) && !told(json!(null)));
}

#[test]
fn a_flat_mesh_with_a_normal_map_has_face_normals_and_tangents() {
    let mut file = with_material(json!({ "normalTexture": { "index": 0, "scale": 0.5 } }));
    let attributes =
        file.json["meshes"][0]["primitives"][0]["attributes"].as_object_mut().expect("attributes");
    attributes.remove("NORMAL");
    let scene = scene(&file);
    assert_eq!(scene.meshes[0].normals, [Vec3::Z; 3]);
    assert_eq!(scene.meshes[0].tangents, [Vec4::new(1.0, 0.0, 0.0, 1.0); 3]);
    assert_eq!(scene.materials[1].normal_scale, 0.5);
}

#[test]
fn every_material_factor_arrives() {
    let file = with_material(json!({
        "pbrMetallicRoughness": { "baseColorFactor": [0.1, 0.2, 0.3, 0.4], "metallicFactor": 0.5, "roughnessFactor": 0.6 },
        "emissiveFactor": [1, 0.5, 0], "alphaMode": "MASK", "alphaCutoff": 0.25, "doubleSided": true,
        "extensions": {
            "KHR_materials_emissive_strength": { "emissiveStrength": 8 },
            "KHR_materials_ior": { "ior": 1.33 },
            "KHR_materials_specular": { "specularFactor": 0.7, "specularColorFactor": [2, 1, 0] },
            "KHR_materials_transmission": { "transmissionFactor": 0.8 },
            "KHR_materials_volume": { "thicknessFactor": 1, "attenuationDistance": 3, "attenuationColor": [0.9, 0.8, 0.7] },
            "KHR_materials_clearcoat": {
                "clearcoatFactor": 0.9, "clearcoatRoughnessFactor": 0.1,
                "clearcoatNormalTexture": { "index": 0, "scale": 2 },
            },
        },
    }));
    let material = scene(&file).materials[1].clone();
    assert_eq!((material.base_color, material.alpha), (Vec3::new(0.1, 0.2, 0.3), 0.4));
    assert_eq!((material.metallic, material.roughness), (0.5, 0.6));
    assert_eq!(material.emissive, Vec3::new(8.0, 4.0, 0.0));
    assert_eq!((material.alpha_mode, material.double_sided), (AlphaMode::Mask { cutoff: 0.25 }, true));
    assert_eq!((material.ior, material.specular, material.transmission), (1.33, 0.7, 0.8));
    assert_eq!(material.specular_color, Vec3::new(2.0, 1.0, 0.0));
    let medium = Medium { attenuation_color: Vec3::new(0.9, 0.8, 0.7), attenuation_distance: 3.0 };
    assert_eq!(material.medium, Some(medium));
    assert_eq!(
        (material.clearcoat, material.clearcoat_roughness, material.clearcoat_normal_scale),
        (0.9, 0.1, 2.0)
    );
    assert!(material.clearcoat_normal_texture.is_some());
}

#[test]
fn a_volume_without_thickness_is_a_thin_wall_and_one_without_distance_is_clear() {
    let thin = json!({ "extensions": { "KHR_materials_volume": { "attenuationDistance": 2 } } });
    assert_eq!(scene(&with_material(thin)).materials[1].medium, None);
    let clear = json!({ "extensions": { "KHR_materials_volume": { "thicknessFactor": 0.5 } } });
    let medium = scene(&with_material(clear)).materials[1].medium.expect("it is solid");
    assert_eq!(medium.attenuation_distance, f32::INFINITY);
}

#[test]
fn textures_keep_their_sampler_transform_and_coding() {
    let transform = json!({ "offset": [0.5, 0], "scale": [2, 2], "texCoord": 1 });
    let file = with_material(json!({
        "pbrMetallicRoughness": {
            "baseColorTexture": { "index": 0, "extensions": { "KHR_texture_transform": transform } },
            "metallicRoughnessTexture": { "index": 0 },
        },
    }));
    let scene = scene(&file);
    let material = &scene.materials[1];
    let color = material.base_color_texture.expect("it has one");
    assert_eq!((color.uv_set, color.wrap, color.nearest), (1, [Wrap::Clamp, Wrap::Mirror], true));
    assert_eq!(color.uv_transform * Vec3A::new(0.25, 0.25, 1.0), Vec3A::new(1.0, 0.5, 1.0));
    let numbers = material.metallic_roughness_texture.expect("it has one");
    assert_eq!(numbers.uv_transform, Mat3A::IDENTITY);
    assert!(scene.textures[color.texture as usize].srgb && !scene.textures[numbers.texture as usize].srgb);
    assert_eq!(scene.textures[0].texels, [[10, 20, 30, 40]; 2]);
    assert_eq!(scene.meshes[0].uv_sets[1], [Vec2::ZERO; 3], "the set that the mesh lacks is filled in");
    assert!(warnings(&file).contains("UV set 1, which it lacks"));
}

#[test]
fn webp_is_read_in_place_of_no_source() {
    let mut bytes = Vec::new();
    image::RgbaImage::from_pixel(3, 2, image::Rgba([1, 2, 3, 255]))
        .write_to(&mut std::io::Cursor::new(&mut bytes), image::ImageFormat::WebP)
        .expect("a WebP is written");
    let mut file = with_material(json!({ "emissiveFactor": [1, 1, 1], "emissiveTexture": { "index": 0 } }));
    let view = file.add_view(&bytes);
    let image = file.push("images", json!({ "bufferView": view }));
    file.json["textures"] = json!([{ "extensions": { "EXT_texture_webp": { "source": image } } }]);
    file.json["extensionsRequired"] = json!(["EXT_texture_webp"]);
    let scene = scene(&file);
    assert_eq!((scene.textures[0].width, scene.textures[0].height), (3, 2));
    assert_eq!(scene.textures[0].texels[5], [1, 2, 3, 255]);
}

#[test]
fn data_addresses_and_files_beside_the_scene_are_followed_and_a_missing_picture_is_named() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut file = with_material(json!({
        "pbrMetallicRoughness": { "baseColorTexture": { "index": 0 } }, "emissiveTexture": { "index": 1 },
    }));
    std::fs::write(folder.path().join("a b.png"), png(1, 1, [7; 4])).expect("it is written");
    std::fs::write(folder.path().join("scene.bin"), &file.binary).expect("it is written");
    file.json["images"] = json!([{ "uri": "a%20b.png" }, { "uri": "lost.png", "name": "lamp" }]);
    file.push("textures", json!({ "source": 1 }));
    file.json["buffers"][0]["uri"] = json!("scene.bin");
    let path = folder.path().join("scene.gltf");
    std::fs::write(&path, file.json.to_string()).expect("it is written");
    let document = Document::open(&path, &ImportOptions::default()).expect("it imports");
    let scene = document.scene_at(0.0, 0.0).expect("it stands");
    assert_eq!(scene.textures[0].texels, [[7; 4]]);
    assert_eq!(scene.materials[1].emissive_texture, None);
    let named = document.warnings().iter().any(|warning| {
        warning.severity == Severity::Warning
            && warning.to_string().starts_with("image 1 \"lamp\": its file \"lost.png\"")
    });
    assert!(named, "{:?}", document.warnings());
}

#[test]
fn a_lit_scene_has_no_neutral_sky() {
    let glowing = with_material(json!({ "emissiveFactor": [0, 0.1, 0] }));
    assert_eq!(scene(&glowing).environment.strength, Vec3::ZERO);
    let mut lamp = SceneFile::triangle();
    lamp.json["extensions"] =
        json!({ "KHR_lights_punctual": { "lights": [{ "type": "spot", "intensity": 3 }] } });
    lamp.json["nodes"][0]["extensions"] = json!({ "KHR_lights_punctual": { "light": 0 } });
    let scene = scene(&lamp);
    assert_eq!(scene.environment.strength, Vec3::ZERO);
    let LightKind::Spot { cos_inner, cos_outer } = scene.lights[0].kind else { panic!("it is a spot") };
    assert!(cos_inner == 1.0 && (cos_outer - std::f32::consts::FRAC_1_SQRT_2).abs() < 1e-6);
    assert_eq!((scene.lights[0].color, scene.lights[0].direction), (Vec3::splat(3.0), Vec3::NEG_Z));
}

#[test]
fn an_unknown_extension_is_named_with_its_place_even_when_required() {
    let mut file =
        with_material(json!({ "name": "Prism", "extensions": { "KHR_materials_dispersion": {} } }));
    file.json["extensionsUsed"] = json!(["KHR_materials_dispersion", "VENDOR_magic"]);
    file.json["extensionsRequired"] = json!(["VENDOR_magic"]);
    let text = warnings(&file);
    assert!(
        text.contains("material 0 \"Prism\": the extension KHR_materials_dispersion is not supported"),
        "{text}"
    );
    assert!(text.contains("the extension VENDOR_magic is not supported"), "{text}");
}

#[test]
fn cloth_brushed_metal_leaves_and_films_arrive() {
    let picture = json!({ "index": 0 });
    let file = with_material(json!({ "extensions": {
        "KHR_materials_sheen": {
            "sheenColorFactor": [0.1, 0.2, 0.3], "sheenRoughnessFactor": 0.4,
            "sheenColorTexture": picture, "sheenRoughnessTexture": picture,
        },
        "KHR_materials_anisotropy": {
            "anisotropyStrength": 0.6, "anisotropyRotation": 1.5, "anisotropyTexture": picture,
        },
        "KHR_materials_diffuse_transmission": {
            "diffuseTransmissionFactor": 0.7, "diffuseTransmissionColorFactor": [0.9, 0.8, 0.7],
            "diffuseTransmissionTexture": picture, "diffuseTransmissionColorTexture": picture,
        },
        "KHR_materials_iridescence": {
            "iridescenceFactor": 0.8, "iridescenceIor": 1.4, "iridescenceThicknessMinimum": 50,
            "iridescenceThicknessMaximum": 500, "iridescenceTexture": picture, "iridescenceThicknessTexture": picture,
        },
    } }));
    assert_eq!(warnings(&file), warnings(&with_material(json!({}))));
    let scene = scene(&file);
    let Material { sheen, anisotropy, diffuse_transmission: passing, film, .. } = &scene.materials[1];
    assert_eq!((sheen.color, sheen.roughness), (Vec3::new(0.1, 0.2, 0.3), 0.4));
    assert_eq!((anisotropy.strength, anisotropy.rotation), (0.6, 1.5));
    assert_eq!((passing.share, passing.color), (0.7, Vec3::new(0.9, 0.8, 0.7)));
    assert_eq!((film.share, film.ior, film.thickness_nm), (0.8, 1.4, [50.0, 500.0]));
    let is_srgb = |slot: Option<TextureRef>| scene.textures[slot.expect("a texture").texture as usize].srgb;
    assert!(is_srgb(sheen.color_texture) && is_srgb(passing.color_texture));
    let values =
        [sheen.roughness_texture, anisotropy.texture, passing.texture, film.texture, film.thickness_texture];
    assert!(!values.into_iter().any(is_srgb));
    assert!(!scene.meshes[0].tangents.is_empty(), "what is stretched needs to know where along");
}

#[test]
fn layers_that_a_file_names_without_numbers_change_nothing() {
    let names = ["sheen", "anisotropy", "diffuse_transmission", "iridescence", "clearcoat"];
    let extensions: Value = names.iter().map(|name| (format!("KHR_materials_{name}"), json!({}))).collect();
    let (with, without) = (with_material(json!({ "extensions": extensions })), with_material(json!({})));
    assert_eq!(scene(&with).materials, scene(&without).materials);
    assert_eq!(scene(&with).meshes, scene(&without).meshes);
}

#[test]
fn layers_out_of_their_range_are_brought_inside_or_refused() {
    let layered = |name: &str, json: Value| {
        with_material(json!({ "name": "Silk", "extensions": { format!("KHR_materials_{name}"): json } }))
    };
    let bright = layered("sheen", json!({ "sheenColorFactor": [2, 0.5, -1] }));
    assert_eq!(scene(&bright).materials[1].sheen.color, Vec3::new(1.0, 0.5, 0.0));
    assert!(warnings(&bright).contains("its sheenColorFactor is above 1 and is brought down to it"));
    let thick = layered("iridescence", json!({ "iridescenceThicknessMaximum": 1e30, "iridescenceIor": 0.2 }));
    let film = scene(&thick).materials[1].film;
    assert_eq!((film.thickness_nm[1], film.ior), (1e5, 1.0));
    for (name, json, reason) in [
        ("sheen", json!([1]), "its KHR_materials_sheen is not an object"),
        ("anisotropy", json!({ "anisotropyStrength": "much" }), "its anisotropyStrength is not a number"),
        ("diffuse_transmission", json!({ "diffuseTransmissionColorFactor": [1] }), "cannot be read"),
        ("iridescence", json!({ "iridescenceTexture": { "index": -1 } }), "cannot be read"),
    ] {
        let error = Document::open_bytes(&layered(name, json).glb(), &ImportOptions::default());
        let error = error.expect_err("it is broken").to_string();
        assert!(error.contains("material 0 \"Silk\"") && error.contains(reason), "{error}");
    }
}

#[test]
fn reflections_stay_round_where_nothing_says_where_along() {
    let mut file =
        with_material(json!({ "extensions": { "KHR_materials_anisotropy": { "anisotropyStrength": 1 } } }));
    let attributes =
        file.json["meshes"][0]["primitives"][0]["attributes"].as_object_mut().expect("attributes");
    attributes.remove("TEXCOORD_0");
    assert!(scene(&file).meshes[0].tangents.is_empty());
    assert!(warnings(&file).contains("they are rendered round"), "{}", warnings(&file));
}
