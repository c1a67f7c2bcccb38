//! What `KHR_materials_pbrSpecularGlossiness` means, which most older files of the web are written in.

#[path = "made/aloud.rs"]
mod aloud;
#[path = "made/both.rs"]
mod both;
#[path = "made/scene_file.rs"]
mod scene_file;

use both::{plane, sums};
use frame::{FrameSize, Plane, RenderSettings, SettingsDraft};
use glam::{Vec3, Vec3A};
use render_core::import::{Document, ImportError, ImportOptions, Limits};
use render_core::pack;
use render_core::scene::{Material, TextureRef, Wrap};
use scene_file::{SceneFile, png, scene, warnings};
use serde_json::{Value, json};

const NAME: &str = "KHR_materials_pbrSpecularGlossiness";

/// A ball with this material. Texture 0 shows a chart, texture 1 the same picture with another sampler, texture 2 a plain one.
fn with_material(material: Value) -> SceneFile {
    let mut file = SceneFile::triangle();
    put_ball(&mut file);
    for bytes in [chart(), png(2, 1, [10, 20, 30, 255])] {
        let view = file.add_view(&bytes);
        file.push("images", json!({ "bufferView": view }));
    }
    file.push("samplers", json!({ "wrapS": 33071, "wrapT": 33648, "magFilter": 9728 }));
    file.json["textures"] =
        json!([{ "source": 0 }, { "source": 0, "sampler": 0 }, { "source": 1 }, { "source": 0 }]);
    file.push("materials", material);
    file.json["meshes"][0]["primitives"][0]["material"] = json!(0);
    file
}

/// A material with this specular-glossiness and nothing else.
fn glossy(extension: &Value) -> SceneFile {
    with_material(json!({ "name": "Brass", "extensions": { NAME: extension } }))
}

/// The file's own material.
fn material(file: &SceneFile) -> Material {
    scene(file).materials[1].clone()
}

/// 16 × 16 texels whose alpha goes through all bytes.
fn chart() -> Vec<u8> {
    png_of(&image::RgbaImage::from_fn(16, 16, |x, y| {
        let index = (16 * y + x) as u8;
        image::Rgba([index, 255 - index, index / 2, index])
    }))
}

fn png_of(picture: &image::RgbaImage) -> Vec<u8> {
    let mut bytes = Vec::new();
    picture
        .write_to(&mut std::io::Cursor::new(&mut bytes), image::ImageFormat::Png)
        .expect("a PNG is written");
    bytes
}

/// Makes the file's triangle a ball with smooth normals and UVs.
fn put_ball(file: &mut SceneFile) {
    let (columns, rows) = (16_u16, 8_u16);
    let (mut corners, mut uvs, mut indices) = (Vec::new(), Vec::new(), Vec::new());
    for (row, column) in (0..=rows).flat_map(|row| (0..=columns).map(move |column| (row, column))) {
        let (u, v) = (f32::from(column) / f32::from(columns), f32::from(row) / f32::from(rows));
        let (sin_phi, cos_phi) = (std::f32::consts::TAU * u).sin_cos();
        let (sin, cos) = (std::f32::consts::PI * v).sin_cos();
        corners.extend([sin * cos_phi, cos, -sin * sin_phi]);
        uvs.extend([u, v]);
        if row < rows && column < columns {
            let first = row * (columns + 1) + column;
            let below = first + columns + 1;
            indices.extend([first, below, below + 1, first, below + 1, first + 1]);
        }
    }
    let (positions, normals) = (file.add_floats("VEC3", &corners), file.add_floats("VEC3", &corners));
    let uvs = file.add_floats("VEC2", &uvs);
    let bytes: Vec<u8> = indices.iter().flat_map(|index| index.to_le_bytes()).collect();
    let indices = file.add_accessor("SCALAR", 5123, indices.len(), &bytes);
    file.json["meshes"][0]["primitives"][0] = json!({
        "attributes": { "POSITION": positions, "NORMAL": normals, "TEXCOORD_0": uvs }, "indices": indices,
    });
}

fn settings(spp: u32) -> RenderSettings {
    let size = FrameSize::new(32, 24).expect("in range");
    RenderSettings::new(SettingsDraft { spp, ..SettingsDraft::defaults(size) }).expect("valid")
}

#[test]
fn factors_alone_are_a_dielectric_that_reflects_the_specular_colour() {
    let file = glossy(&json!({
        "diffuseFactor": [0.1, 0.2, 0.3, 0.4], "specularFactor": [0.5, 0.6, 0.7], "glossinessFactor": 0.75,
    }));
    let meant = Material {
        base_color: Vec3::new(0.1, 0.2, 0.3),
        alpha: 0.4,
        metallic: 0.0,
        roughness: 0.25,
        ior: 0.0,
        specular: 1.0,
        specular_color: Vec3::new(0.5, 0.6, 0.7),
        ..Material::default()
    };
    assert_eq!(material(&file), meant);
    assert!(!warnings(&file).contains(NAME), "{}", warnings(&file));
}

#[test]
fn an_empty_extension_is_a_white_mirror_and_may_be_required() {
    let mut file = glossy(&json!({}));
    file.json["extensionsUsed"] = json!([NAME]);
    file.json["extensionsRequired"] = json!([NAME]);
    let material = material(&file);
    assert_eq!((material.base_color, material.specular_color), (Vec3::ONE, Vec3::ONE));
    assert_eq!((material.roughness, material.alpha, material.ior), (0.0, 1.0, 0.0));
    assert!(!warnings(&file).contains(NAME), "{}", warnings(&file));
}

#[test]
fn textures_keep_their_sampler_transform_and_coding() {
    let transform = json!({ "offset": [0.5, 0], "scale": [2, 2], "texCoord": 1 });
    let file = glossy(&json!({
        "diffuseTexture": { "index": 2, "texCoord": 2 },
        "specularGlossinessTexture": { "index": 1, "extensions": { "KHR_texture_transform": transform } },
    }));
    let scene = scene(&file);
    let material = &scene.materials[1];
    let diffuse = material.base_color_texture.expect("it has one");
    let specular = material.specular_color_texture.expect("it has one");
    let rough = material.metallic_roughness_texture.expect("it has one");
    assert_eq!((diffuse.uv_set, diffuse.wrap), (2, [Wrap::Repeat; 2]));
    assert_eq!((specular.uv_set, specular.wrap, specular.nearest), (1, [Wrap::Clamp, Wrap::Mirror], true));
    assert_eq!(specular.uv_transform * Vec3A::new(0.25, 0.25, 1.0), Vec3A::new(1.0, 0.5, 1.0));
    assert_eq!(rough, TextureRef { texture: rough.texture, ..specular });
    let srgb = [diffuse, specular, rough].map(|slot| scene.textures[slot.texture as usize].srgb);
    assert_eq!(srgb, [true, true, false]);
    assert_eq!(scene.textures[diffuse.texture as usize].texels, [[10, 20, 30, 255]; 2]);
    assert_eq!(scene.textures[specular.texture as usize].texels[3], [3, 252, 1, 3]);
}

#[test]
fn roughness_is_what_glossiness_leaves_rounded_to_the_nearest_byte() {
    for factor in [1.0, 0.5, 0.3, 1e-3] {
        let file =
            glossy(&json!({ "glossinessFactor": factor, "specularGlossinessTexture": { "index": 0 } }));
        let scene = scene(&file);
        let slot = scene.materials[1].metallic_roughness_texture.expect("it has one");
        assert_eq!(scene.materials[1].roughness, 1.0, "the picture says it all");
        let texels = &scene.textures[slot.texture as usize].texels;
        assert_eq!(texels.len(), 256);
        for (alpha, &[_, rough, ..]) in texels.iter().enumerate() {
            let meant = 255.0 - factor * alpha as f64;
            assert!((f64::from(rough) - meant).abs() <= 0.5 + 1e-6, "{factor}, {alpha}: {rough}");
        }
        let known = [(1.0, 0, 255), (1.0, 255, 0), (1.0, 100, 155), (0.5, 10, 250), (0.3, 255, 179)];
        for (_, alpha, rough) in known.into_iter().filter(|known| known.0 == factor) {
            assert_eq!(texels[alpha][1], rough, "{factor}, {alpha}");
        }
    }
}

#[test]
fn pictures_of_roughness_are_made_once_for_each_picture_and_factor() {
    let of = |texture: usize, factor: f64| {
        let extension = json!({
            "glossinessFactor": factor, "specularGlossinessTexture": { "index": texture },
        });
        json!({ "extensions": { NAME: extension } })
    };
    let mut file = with_material(of(0, 0.5));
    for again in [of(3, 0.5), of(0, 0.5), of(0, 0.25)] {
        file.push("materials", again);
    }
    let scene = scene(&file);
    let rough: Vec<_> =
        scene.materials[1..].iter().map(|m| m.metallic_roughness_texture.expect("it has one")).collect();
    assert_eq!((rough[0], rough[0]), (rough[1], rough[2]));
    assert_ne!(rough[0].texture, rough[3].texture);
    assert_eq!(scene.textures.len(), 3, "the chart and two of roughness");
}

#[test]
fn glossiness_that_is_the_same_everywhere_takes_no_picture() {
    let file = glossy(&json!({ "glossinessFactor": 0.25, "specularGlossinessTexture": { "index": 2 } }));
    let scene = scene(&file);
    assert_eq!(scene.materials[1].metallic_roughness_texture, None);
    assert_eq!(scene.materials[1].roughness, 0.75);
    assert!(scene.materials[1].specular_color_texture.is_some());
    assert_eq!(scene.textures.len(), 1);
}

#[test]
fn pictures_of_roughness_count_as_texels() {
    let file = glossy(&json!({ "specularGlossinessTexture": { "index": 0 } }));
    let open = |texels: u64| {
        let limits = Limits { texels, ..Limits::default() };
        Document::open_bytes(&file.glb(), &ImportOptions { limits, ..ImportOptions::default() })
    };
    assert!(open(512).is_ok());
    let Err(ImportError::OverLimit { place, what, .. }) = open(511) else { panic!("it is over the limit") };
    assert_eq!(what, "texels of all pictures");
    assert_eq!(place, "material 0 \"Brass\"");
}

#[test]
fn it_wins_over_metal_and_roughness_whose_pictures_are_not_read() {
    let fallback = json!({
        "baseColorFactor": [1, 0, 0, 1], "metallicFactor": 0.5, "roughnessFactor": 0.5,
        "baseColorTexture": { "index": 0 }, "metallicRoughnessTexture": { "index": 0 },
    });
    let extension = json!({ "diffuseFactor": [0, 1, 0, 1], "glossinessFactor": 0.9 });
    let both = with_material(json!({ "pbrMetallicRoughness": fallback, "extensions": { NAME: extension } }));
    let alone = with_material(json!({ "extensions": { NAME: extension } }));
    assert_eq!(material(&both), material(&alone));
    assert_eq!(scene(&both).textures.len(), 0);
    assert_eq!(warnings(&both), warnings(&alone));
}

#[test]
fn an_unlit_one_shows_its_base_colour_and_says_so() {
    let file = with_material(json!({
        "pbrMetallicRoughness": { "baseColorFactor": [1, 0.5, 0, 1] },
        "extensions": { NAME: { "diffuseFactor": [0, 0, 1, 1] }, "KHR_materials_unlit": {} },
    }));
    let material = material(&file);
    assert!(material.unlit);
    assert_eq!(material.base_color, Vec3::new(1.0, 0.5, 0.0));
    assert!(warnings(&file).contains(&format!("its {NAME} is not used")), "{}", warnings(&file));
}

#[test]
fn what_else_says_its_reflectance_is_named_and_what_lies_on_it_stays() {
    let file = with_material(json!({ "extensions": {
        NAME: { "specularFactor": [0.5, 0.5, 0.5] },
        "KHR_materials_ior": { "ior": 1.8 },
        "KHR_materials_specular": { "specularFactor": 0.2, "specularTexture": { "index": 0 } },
        "KHR_materials_clearcoat": { "clearcoatFactor": 0.7 },
        "KHR_materials_emissive_strength": { "emissiveStrength": 3 },
    }, "emissiveFactor": [1, 1, 1], "alphaMode": "BLEND", "doubleSided": true }));
    let material = material(&file);
    assert_eq!((material.ior, material.specular, material.specular_texture), (0.0, 1.0, None));
    assert_eq!((material.clearcoat, material.emissive), (0.7, Vec3::splat(3.0)));
    assert!(material.double_sided);
    let said = "its KHR_materials_ior and KHR_materials_specular are not used";
    assert!(warnings(&file).contains(said), "{}", warnings(&file));
}

#[test]
fn a_picture_that_cannot_be_read_is_named_and_the_factors_stay() {
    let mut file = glossy(&json!({ "glossinessFactor": 0.25, "specularGlossinessTexture": { "index": 0 } }));
    let view = file.add_view(b"no picture at all");
    file.json["images"][0]["bufferView"] = json!(view);
    let text = warnings(&file);
    assert!(text.contains("image 0: it is neither PNG, JPEG nor WebP"), "{text}");
    let material = material(&file);
    assert_eq!((material.roughness, material.specular_color_texture), (0.75, None));
}

#[test]
fn broken_ones_are_refused_with_their_place() {
    for (extension, reason) in [
        (json!([1]), format!("its {NAME} is not an object")),
        (json!({ "diffuseFactor": [1, 1, 1] }), "its diffuseFactor cannot be read".into()),
        (json!({ "glossinessFactor": "much" }), "its glossinessFactor is not a number".into()),
        (json!({ "specularFactor": [1, 1, 1e39] }), "its specularFactor is not finite".into()),
        (json!({ "diffuseFactor": [1e39, 1, 1, 1] }), "its diffuseFactor is not finite".into()),
        (json!({ "glossinessFactor": 1e300 }), "its glossinessFactor is not finite".into()),
        (json!({ "diffuseTexture": { "index": 77 } }), "texture 77: it does not exist".into()),
        (json!({ "specularGlossinessTexture": {} }), "its specularGlossinessTexture cannot be read".into()),
    ] {
        let error = Document::open_bytes(&glossy(&extension).glb(), &ImportOptions::default());
        let error = error.expect_err("it is broken").to_string();
        assert!(error.contains("material 0 \"Brass\"") && error.contains(&reason), "{error}");
    }
}

#[test]
fn wild_numbers_are_brought_inside_and_render() {
    let picture = json!({ "index": 0 });
    for wild in [-1e38_f64, -1.0, 2.0, 1e38] {
        let file = glossy(&json!({
            "diffuseFactor": [wild.min(1.0), 0.5, 0.5, wild], "specularFactor": [wild, 0.5, wild],
            "glossinessFactor": wild, "specularGlossinessTexture": picture,
        }));
        let inside = if wild < 0.0 { 0.0 } else { 1.0 };
        let scene = scene(&file);
        let material = &scene.materials[1];
        assert_eq!(material.specular_color, Vec3::new(inside, 0.5, inside), "{wild}");
        assert_eq!(material.alpha, inside);
        let text = warnings(&file);
        assert!(text.contains("its glossinessFactor of") && text.contains("its specularFactor"), "{text}");
        pack(&scene).expect("it packs");
        for (program, planes) in sums(&scene, settings(4)) {
            assert!(
                plane(&planes, Plane::Radiance).iter().all(|value| value.is_finite()),
                "{program}, {wild}"
            );
        }
    }
}

/// glTF-Transform writes an infinite index, which makes F0 the specular colour, as 1000.
#[test]
fn what_gltf_transform_made_of_it_keeps_its_index_and_renders_even_as_glass() {
    let converted = |ior: f64| {
        with_material(json!({ "extensions": {
            "KHR_materials_ior": { "ior": ior },
            "KHR_materials_transmission": { "transmissionFactor": 0.5 },
            "KHR_materials_volume": { "thicknessFactor": 1 },
        } }))
    };
    assert_eq!(material(&converted(1000.0)).ior, 1000.0);
    assert!(!warnings(&converted(1000.0)).contains("is brought inside"));
    assert_eq!(material(&converted(1e38)).ior, 1000.0);
    assert!(warnings(&converted(1e38)).contains("is outside 1 to 1000 and is brought inside"));
    for roughness in [0.0, 0.5] {
        let mut file = converted(1000.0);
        file.json["materials"][0]["pbrMetallicRoughness"] =
            json!({ "metallicFactor": 0, "roughnessFactor": roughness });
        for (program, planes) in sums(&scene(&file), settings(8)) {
            let light = plane(&planes, Plane::Radiance);
            let mean = light.iter().sum::<f32>() / (8 * light.len()) as f32;
            assert!(light.iter().all(|value| (0.0..20.0).contains(value)), "{program}, {roughness}");
            // Under a sky of 1, and nothing is lost.
            assert!((0.95..1.005).contains(&mean), "{program}, {roughness}: {mean}");
        }
    }
}

/// The same look in today's words: `KHR_materials_specular` with an index of 0, and metallic-roughness.
fn twin() -> SceneFile {
    let mut file = with_material(json!({
        "pbrMetallicRoughness": {
            "baseColorFactor": [0.6, 0.5, 0.4, 1], "metallicFactor": 0,
            "baseColorTexture": { "index": 2 }, "metallicRoughnessTexture": { "index": 4 },
        },
        "extensions": {
            "KHR_materials_ior": { "ior": 0 },
            "KHR_materials_specular": {
                "specularColorFactor": [0.9, 0.7, 0.3], "specularColorTexture": { "index": 0 },
            },
        },
    }));
    let picture = image::RgbaImage::from_fn(16, 16, |x, y| {
        image::Rgba([9, (255.0 - 0.8 * f64::from(16 * y + x)).round() as u8, 99, 199])
    });
    let view = file.add_view(&png_of(&picture));
    let image = file.push("images", json!({ "bufferView": view }));
    file.push("textures", json!({ "source": image }));
    file
}

#[test]
fn it_renders_the_same_bits_as_its_twin_in_todays_words() {
    let extension = json!({
        "diffuseFactor": [0.6, 0.5, 0.4, 1], "specularFactor": [0.9, 0.7, 0.3], "glossinessFactor": 0.8,
        "diffuseTexture": { "index": 2 }, "specularGlossinessTexture": { "index": 0 },
    });
    let (old, new) = (sums(&scene(&glossy(&extension)), settings(8)), sums(&scene(&twin()), settings(8)));
    let plain = sums(&scene(&with_material(json!({}))), settings(8));
    for (((program, old), (_, new)), (_, plain)) in old.iter().zip(&new).zip(&plain) {
        assert!(plane(old, Plane::Radiance) == plane(new, Plane::Radiance), "{program}");
        assert!(
            plane(old, Plane::Radiance) != plane(plain, Plane::Radiance),
            "{program} tells materials apart"
        );
    }
}

/// An index of 0 makes F0 the colour itself and F90 1, as metal's are: both renderers, at all angles of a ball.
#[test]
fn without_diffuse_light_it_is_the_metal_of_its_specular_colour() {
    for glossiness in [1.0, 0.6, 0.2] {
        let gold = glossy(&json!({
            "diffuseFactor": [0, 0, 0, 1], "specularFactor": [1, 0.766, 0.336], "glossinessFactor": glossiness,
        }));
        let metal = with_material(json!({ "pbrMetallicRoughness": {
            "baseColorFactor": [1, 0.766, 0.336, 1], "metallicFactor": 1, "roughnessFactor": 1.0 - glossiness,
        } }));
        let (old, new) = (sums(&scene(&gold), settings(16)), sums(&scene(&metal), settings(16)));
        for ((program, old), (_, new)) in old.iter().zip(&new) {
            let (old, new) = (plane(old, Plane::Radiance), plane(new, Plane::Radiance));
            for channel in 0..3 {
                let sum = |plane: &[f32]| plane.iter().skip(channel).step_by(3).sum::<f32>();
                let ratio = sum(old) / sum(new);
                assert!((ratio - 1.0).abs() < 2e-3, "{program}, {glossiness}, channel {channel}: {ratio}");
            }
        }
    }
}
