//! What single parts of a file mean: nodes, cameras, materials, textures, lights, warnings.

#[path = "made/scene_file.rs"]
mod scene_file;

use glam::{Mat3A, Quat, Vec2, Vec3, Vec3A, Vec4};
use render_core::import::{Document, EnvironmentChoice, ImportOptions, Severity};
use render_core::scene::{AlphaMode, Lens, LightKind, Medium, Projection, Scene, Wrap};
use scene_file::{SceneFile, png};
use serde_json::{Value, json};

fn document(file: &SceneFile) -> Document {
    Document::open_bytes(&file.glb(), &ImportOptions::default()).expect("the file imports")
}

fn scene(file: &SceneFile) -> Scene {
    document(file).scene_at(0.0, 0.0).expect("the scene stands")
}

fn warnings(file: &SceneFile) -> String {
    document(file).warnings().iter().map(|warning| format!("{warning}\n")).collect()
}

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
fn a_mesh_without_material_has_the_formats_default() {
    let scene = scene(&SceneFile::triangle());
    let material = &scene.materials[scene.meshes[0].material as usize];
    assert_eq!((material.metallic, material.roughness, material.base_color), (1.0, 1.0, Vec3::ONE));
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
fn a_mesh_without_normals_is_flat() {
    let scene = scene(&SceneFile::triangle());
    assert!(scene.meshes[0].normals.is_empty());
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
fn vertex_colors_of_every_encoding_are_fractions() {
    let cases: [(&str, u32, Vec<u8>); 4] = [
        ("VEC3", 5121, [255, 0, 51].repeat(3)),
        ("VEC4", 5123, [65535_u16, 0, 13107, 65535].map(u16::to_le_bytes).concat().repeat(3)),
        ("VEC3", 5126, [1.0_f32, 0.0, 0.2].map(f32::to_le_bytes).concat().repeat(3)),
        ("VEC4", 5126, [1.0_f32, 0.0, 0.2, 1.0].map(f32::to_le_bytes).concat().repeat(3)),
    ];
    for (kind, component, bytes) in cases {
        let mut file = SceneFile::triangle();
        let colors = file.add_accessor(kind, component, 3, &bytes);
        file.json["meshes"][0]["primitives"][0]["attributes"]["COLOR_0"] = json!(colors);
        let scene = scene(&file);
        assert_eq!(scene.meshes[0].colors.len(), 3);
        for color in &scene.meshes[0].colors {
            assert!(color.distance(Vec4::new(1.0, 0.0, 0.2, 1.0)) < 1e-6, "{kind} {component}: {color}");
        }
    }
}

#[test]
fn sparse_values_replace_zeros_too() {
    let mut file = SceneFile::triangle();
    let indices = file.add_view(&[1, 2]);
    let values: Vec<u8> =
        [3.0_f32, 0.0, 0.0, 0.0, 4.0, 0.0].iter().flat_map(|number| number.to_le_bytes()).collect();
    let values = file.add_view(&values);
    file.json["accessors"][0] = json!({
        "componentType": 5126, "count": 3, "type": "VEC3",
        "sparse": {
            "count": 2, "indices": { "bufferView": indices, "componentType": 5121 }, "values": { "bufferView": values },
        },
    });
    assert_eq!(scene(&file).meshes[0].positions, [Vec3::ZERO, 3.0 * Vec3::X, 4.0 * Vec3::Y]);
}

#[test]
fn gpu_instancing_places_copies_relative_to_the_node() {
    let mut file = SceneFile::triangle();
    let places = file.add_floats("VEC3", &[0.0, 0.0, 0.0, 1.0, 2.0, 3.0]);
    let half = std::f32::consts::FRAC_1_SQRT_2;
    let turns = file.add_floats("VEC4", &[0.0, 0.0, 0.0, 1.0, 0.0, 0.0, half, half]);
    let sizes = file.add_floats("VEC3", &[1.0, 1.0, 1.0, 2.0, 2.0, 2.0]);
    let attributes = json!({ "TRANSLATION": places, "ROTATION": turns, "SCALE": sizes });
    file.json["nodes"][0]["extensions"] = json!({ "EXT_mesh_gpu_instancing": { "attributes": attributes } });
    file.json["nodes"][0]["translation"] = json!([10, 0, 0]);
    let scene = scene(&file);
    assert_eq!((scene.instances.len(), scene.meshes.len()), (2, 1));
    assert_eq!(scene.instances[0].object_id, scene.instances[1].object_id);
    // (1, 0, 0) doubled, turned a quarter about z to (0, 2, 0), moved by (1, 2, 3) and by the node's 10.
    let point = scene.instances[1].world_from_object.transform_point3(Vec3::X);
    assert!(point.distance(Vec3::new(11.0, 4.0, 3.0)) < 1e-5, "{point}");
}

#[test]
fn what_is_pressed_flat_is_there_and_what_is_pressed_to_nothing_is_left_out_by_name() {
    let mut file = SceneFile::triangle();
    file.json["nodes"][0]["scale"] = json!([3, 4, 0]);
    let flat = scene(&file);
    assert!(!flat.instances[0].is_flat() && !warnings(&file).contains("flattens"));
    let corner = flat.instances[0].world_from_object.transform_point3(Vec3::new(1.0, 1.0, 1.0));
    assert!(corner.distance(Vec3::new(3.0, 4.0, 0.0)) < 1e-4, "{corner}");
    file.json["nodes"][0]["scale"] = json!([1, 0, 0]);
    assert!(scene(&file).instances.is_empty());
    assert!(warnings(&file).contains("node 0 \"wall\": its transform flattens it"));
}

#[test]
fn a_scene_without_triangles_imports_with_a_warning() {
    let mut file = SceneFile::triangle();
    file.json["nodes"] = json!([{ "name": "empty" }]);
    assert_eq!(scene(&file).triangles_instanced(), 0);
    assert!(warnings(&file).contains("no triangles"));
    let mut flat = SceneFile::triangle();
    flat.binary[24..36].fill(0);
    assert!(warnings(&flat).contains("mesh 0 \"Bottle\", primitive 0: it has no triangle of any size"));
}

#[test]
fn points_and_lines_are_named_and_left_out() {
    let mut file = SceneFile::triangle();
    file.json["meshes"][0]["primitives"][0]["mode"] = json!(1);
    assert!(warnings(&file).contains("points or lines"));
}

#[test]
fn cameras_are_rigid_and_the_first_is_depth_first() {
    let mut file = SceneFile::triangle();
    file.json["cameras"] = json!([
        { "type": "orthographic", "orthographic": { "xmag": 4, "ymag": 2, "znear": 0, "zfar": 9 } },
        { "type": "perspective", "name": "Second", "perspective": { "yfov": 0.5, "znear": 1, "aspectRatio": 1.5 } },
    ]);
    file.json["nodes"] = json!([
        { "mesh": 0 }, { "children": [3], "scale": [3, 3, -3] }, { "camera": 1 },
        { "camera": 0, "name": "deep", "translation": [1, 2, 3] },
    ]);
    file.json["scenes"][0]["nodes"] = json!([0, 1, 2]);
    let document = document(&file);
    assert_eq!(document.cameras(), ["deep", "Second"]);
    let camera = document.scene_at(0.0, 0.0).expect("it stands").camera;
    assert_eq!(camera.projection, Projection::Orthographic { half_height: 2.0 });
    assert_eq!(camera.aspect, Some(2.0));
    assert!(Vec3::from(camera.world_from_camera.translation).distance(Vec3::new(3.0, 6.0, -9.0)) < 1e-5);
    assert!((camera.world_from_camera.matrix3.determinant() - 1.0).abs() < 1e-5, "scale and mirror are out");
    let looks = camera.world_from_camera.transform_vector3(Vec3::NEG_Z);
    assert!(looks.distance(Vec3::Z) < 1e-6, "the mirrored camera looks back: {looks}");
}

#[test]
fn a_scene_without_camera_is_framed_and_without_light_has_a_sky() {
    let document = document(&SceneFile::triangle());
    let scene = document.scene_at(0.0, 0.0).expect("it stands");
    let notices: Vec<_> =
        document.warnings().iter().map(|warning| (warning.severity, warning.to_string())).collect();
    assert_eq!(notices.len(), 2, "{notices:?}");
    assert!(notices.iter().all(|(severity, _)| *severity == Severity::Notice));
    assert_eq!((scene.environment.map, scene.environment.strength), (None, Vec3::ONE));
    let Projection::Perspective { fov_y } = scene.camera.projection else { panic!("it is perspective") };
    let camera_from_world = scene.camera.world_from_camera.inverse();
    for &corner in &scene.meshes[0].positions {
        let seen = camera_from_world.transform_point3(corner);
        let bound = -seen.z * (fov_y * 0.5).tan();
        assert!(seen.z < 0.0 && seen.x.abs() <= bound && seen.y.abs() <= bound, "{corner} is in the picture");
    }
    let black = ImportOptions { environment: EnvironmentChoice::None, ..ImportOptions::default() };
    let dark = Document::open_bytes(&SceneFile::triangle().glb(), &black).expect("it imports");
    assert_eq!(dark.scene_at(0.0, 0.0).expect("it stands").environment.strength, Vec3::ZERO);
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
fn skinned_meshes_ignore_their_node() {
    let mut file = SceneFile::triangle();
    let joints = file.add_accessor("VEC4", 5123, 3, &[0; 24]);
    let weights = file.add_accessor("VEC4", 5121, 3, &[255, 0, 0, 0].repeat(3));
    let attributes = &mut file.json["meshes"][0]["primitives"][0]["attributes"];
    attributes["JOINTS_0"] = json!(joints);
    attributes["WEIGHTS_0"] = json!(weights);
    file.json["skins"] = json!([{ "joints": [1] }]);
    file.json["nodes"] = json!([{ "mesh": 0, "skin": 0, "translation": [50, 0, 0] }, { "translation": [0, 5, 0], "scale": [2, 2, 2] }]);
    let scene = scene(&file);
    assert_eq!(scene.instances[0].world_from_object, glam::Affine3A::IDENTITY);
    assert_eq!(scene.meshes[0].positions[1], Vec3::new(2.0, 5.0, 0.0));
}

#[test]
fn an_unknown_extension_is_named_with_its_place_even_when_required() {
    let mut file = with_material(json!({ "name": "Silk", "extensions": { "KHR_materials_sheen": {} } }));
    file.json["extensionsUsed"] = json!(["KHR_materials_sheen", "VENDOR_magic"]);
    file.json["extensionsRequired"] = json!(["VENDOR_magic"]);
    let text = warnings(&file);
    assert!(
        text.contains("material 0 \"Silk\": the extension KHR_materials_sheen is not supported"),
        "{text}"
    );
    assert!(text.contains("the extension VENDOR_magic is not supported"), "{text}");
}

#[test]
fn names_from_the_file_cannot_steer_a_terminal() {
    let mut file = SceneFile::triangle();
    file.json["nodes"][0]["name"] = json!("\u{1b}[2Jgone");
    file.json["nodes"][0]["scale"] = json!([0, 0, 0]);
    let text = warnings(&file);
    assert!(text.contains("\\u{1b}[2Jgone") && !text.contains('\u{1b}'), "{text}");
}

#[test]
fn the_rotation_between_keys_takes_the_shorter_way() {
    let mut file = SceneFile::triangle();
    let times = file.add_floats("SCALAR", &[0.0, 1.0]);
    let turn = Quat::from_rotation_y(1.0);
    let turns = file.add_floats("VEC4", &[0.0, 0.0, 0.0, 1.0, -turn.x, -turn.y, -turn.z, -turn.w]);
    file.json["animations"] = json!([{
        "channels": [
            { "sampler": 0, "target": { "node": 0, "path": "rotation" } },
            { "sampler": 0, "target": { "path": "pointer" } },
        ],
        "samplers": [{ "input": times, "output": turns }],
    }]);
    let document = document(&file);
    let scene = document.scene_at(0.25, 0.0).expect("it stands");
    let rotation = Quat::from_mat3a(&scene.instances[0].world_from_object.matrix3);
    assert!(rotation.dot(Quat::from_rotation_y(0.25)).abs() > 0.999_999, "{rotation}");
    assert!(warnings(&file).contains("animation 0: channels that move no node are ignored (1)"));
}

/// A file with one camera, one light and these notes on them.
fn with_notes(camera: &Value, light: &Value) -> SceneFile {
    let mut file = SceneFile::triangle();
    let eye = json!({ "type": "perspective", "name": "Eye", "perspective": { "yfov": 0.5, "znear": 1 }, "extras": camera });
    file.json["cameras"] = json!([eye]);
    file.json["extensions"] = json!({ "KHR_lights_punctual": { "lights": [light] } });
    file.json["extensionsUsed"] = json!(["KHR_lights_punctual"]);
    file.json["nodes"] =
        json!([{ "mesh": 0 }, { "camera": 0 }, { "extensions": { "KHR_lights_punctual": { "light": 0 } } }]);
    file.json["scenes"][0]["nodes"] = json!([0, 1, 2]);
    file
}

#[test]
fn a_cameras_extras_give_it_a_lens_and_a_shift() {
    let lens =
        json!({ "radius": 0.02, "focus_distance": 3.5, "blades": 6, "rotation": 0.25, "squeeze": 0.5 });
    let lamp = json!({ "type": "spot", "extras": { "tessera_radius": 0.25 } });
    let file = with_notes(&json!({ "tessera_lens": lens, "tessera_shift": [0.5, -0.25] }), &lamp);
    assert_eq!(warnings(&file), "");
    let scene = scene(&file);
    let wanted = Lens { radius: 0.02, focus_distance: 3.5, blades: 6, rotation: 0.25, squeeze: 0.5 };
    assert_eq!((scene.camera.lens, scene.camera.shift), (wanted, Vec2::new(0.5, -0.25)));
    assert_eq!(scene.lights[0].size, 0.25);
    let sun = json!({ "type": "directional", "extras": { "tessera_angle": 0.5, "tessera_radius": 9 } });
    assert_eq!(self::scene(&with_notes(&json!(null), &sun)).lights[0].size, 0.25);
}

#[test]
fn notes_that_mean_nothing_are_named_and_left_out() {
    let lens =
        json!({ "radius": "wide", "focus_distance": 0, "blades": 1000, "rotation": [1], "squeeze": -1 });
    let lamp = json!({ "type": "point", "extras": { "tessera_radius": -1 } });
    let file = with_notes(&json!({ "tessera_lens": lens, "tessera_shift": [1] }), &lamp);
    let told = warnings(&file);
    for word in
        ["radius", "focus_distance", "blades", "rotation", "squeeze", "tessera_shift", "tessera_radius"]
    {
        assert!(told.contains(&format!("its {word} is not")), "{word}: {told}");
    }
    let no_object = with_notes(&json!({ "tessera_lens": 2.8 }), &json!({ "type": "point" }));
    assert!(warnings(&no_object).contains("its tessera_lens is not an object"), "{}", warnings(&no_object));
    let scene = scene(&file);
    assert_eq!(
        (scene.camera.lens, scene.camera.shift, scene.lights[0].size),
        (Lens::default(), Vec2::ZERO, 0.0)
    );
}

#[test]
fn what_is_asked_of_the_lens_takes_the_place_of_the_files() {
    let asked = |file: &SceneFile, f_stop: Option<f32>, focus_distance: Option<f32>| {
        Document::open_bytes(
            &file.glb(),
            &ImportOptions { f_stop, focus_distance, ..ImportOptions::default() },
        )
    };
    let lens = |document: &Document| document.scene_at(0.0, 0.0).expect("it stands").camera.lens;
    let point = json!({ "type": "point" });
    let open =
        with_notes(&json!({ "tessera_lens": { "radius": 0.1, "focus_distance": 3, "blades": 5 } }), &point);
    let plain = with_notes(&json!(null), &point);
    let both = asked(&plain, Some(2.0), Some(4.0)).expect("it has both");
    assert_eq!(
        lens(&both),
        Lens { radius: Lens::radius_at(2.0, 0.5), focus_distance: 4.0, ..Lens::default() }
    );
    let stop = lens(&asked(&open, Some(2.0), None).expect("the file has the distance"));
    assert_eq!((stop.radius, stop.focus_distance, stop.blades), (Lens::radius_at(2.0, 0.5), 3.0, 5));
    let focus = lens(&asked(&open, None, Some(7.0)).expect("the file has the hole"));
    assert_eq!((focus.radius, focus.focus_distance), (0.1, 7.0));
    let refused = asked(&plain, Some(2.0), None).expect_err("nobody says what is sharp");
    assert_eq!(refused.to_string(), "an f-stop needs a distance in focus, and the camera has none");
    let vain = asked(&plain, None, Some(4.0)).expect("it renders");
    assert!(vain.warnings().iter().any(|warning| warning.to_string().contains("pinhole")));
}
