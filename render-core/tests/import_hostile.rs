//! Files from strangers: each of these is refused with a sentence, and none stops the program.

#[path = "made/scene_file.rs"]
#[allow(dead_code, reason = "other tests use the rest of it")]
mod scene_file;

use proptest::prelude::*;
use render_core::import::{Document, ImportError, ImportOptions, Limits, decode_environment};
use render_core::{PackFault, pack};
use scene_file::{SceneFile, glb_of, png};
use serde_json::json;

fn open(bytes: &[u8]) -> Result<Document, ImportError> {
    Document::open_bytes(bytes, &ImportOptions::default())
}

/// The sentence with which a file is refused.
fn refusal(file: &SceneFile) -> String {
    let error = open(&file.glb()).expect_err("the file is refused");
    assert!(error.help().ends_with('.'), "{error} comes with a sentence of advice");
    error.to_string()
}

fn edited(edit: impl FnOnce(&mut SceneFile)) -> SceneFile {
    let mut file = SceneFile::triangle();
    edit(&mut file);
    file
}

#[test]
fn the_untouched_file_imports() {
    assert_eq!(open(&SceneFile::triangle().glb()).expect("it imports").summary().triangles, 1);
}

#[test]
fn every_truncation_of_a_binary_file_is_refused() {
    let glb = SceneFile::triangle().glb();
    for length in 0..glb.len() {
        assert!(open(&glb[..length]).is_err(), "{length} of {} bytes", glb.len());
    }
}

#[test]
fn text_named_as_a_scene_is_refused() {
    let error = open(b"Dear farm, please render my picture.\n").expect_err("it is refused");
    assert!(error.to_string().contains("neither like a .glb"), "{error}");
}

#[test]
fn another_version_of_the_format_is_refused() {
    assert!(refusal(&edited(|file| file.json["asset"]["version"] = json!("1.0"))).contains("version"));
}

#[test]
fn an_accessor_longer_than_its_view_is_refused_with_its_place() {
    let text = refusal(&edited(|file| file.json["accessors"][0]["count"] = json!(4)));
    assert!(text.starts_with("mesh 0 \"Bottle\", primitive 0, POSITION, accessor 0:"), "{text}");
}

#[test]
fn accessor_arithmetic_cannot_overflow() {
    for count in [u64::MAX, u64::MAX / 12, u64::MAX / 4 + 1, 1 << 62] {
        refusal(&edited(|file| file.json["accessors"][0]["count"] = json!(count)));
    }
    refusal(&edited(|file| file.json["accessors"][0]["byteOffset"] = json!(u64::MAX - 3)));
    refusal(&edited(|file| file.json["bufferViews"][0]["byteOffset"] = json!(u64::MAX - 3)));
    refusal(&edited(|file| file.json["bufferViews"][0]["byteLength"] = json!(u64::MAX)));
    refusal(&edited(|file| file.json["bufferViews"][0]["byteStride"] = json!(u64::MAX / 2)));
    refusal(&edited(|file| file.json["bufferViews"][0]["byteStride"] = json!(0)));
}

#[test]
fn zeros_that_are_not_in_the_file_are_within_the_budget() {
    let mut file = SceneFile::triangle();
    file.json["accessors"][0] =
        json!({ "componentType": 5126, "count": 1_000_000_000_000_u64, "type": "VEC3" });
    assert!(matches!(open(&file.glb()), Err(ImportError::OverLimit { .. })));
}

#[test]
fn a_buffer_shorter_than_it_says_is_refused() {
    let text = refusal(&edited(|file| file.json["buffers"][0]["byteLength"] = json!(1_u64 << 40)));
    assert!(text.starts_with("buffer 0:"), "{text}");
}

#[test]
fn an_index_out_of_range_is_refused() {
    let text = refusal(&edited(|file| *file.binary.last_mut().expect("it has bytes") = 9));
    assert!(text.contains("names corner"), "{text}");
}

#[test]
fn every_reference_to_nothing_is_refused() {
    type Edit = fn(&mut SceneFile);
    let edits: [Edit; 10] = [
        |file| file.json["nodes"][0]["mesh"] = json!(7),
        |file| file.json["nodes"][0]["camera"] = json!(7),
        |file| file.json["nodes"][0]["skin"] = json!(7),
        |file| file.json["nodes"][0]["children"] = json!([7]),
        |file| file.json["scenes"][0]["nodes"] = json!([7]),
        |file| file.json["scene"] = json!(7),
        |file| file.json["meshes"][0]["primitives"][0]["material"] = json!(7),
        |file| file.json["meshes"][0]["primitives"][0]["indices"] = json!(7),
        |file| file.json["accessors"][0]["bufferView"] = json!(7),
        |file| file.json["bufferViews"][0]["buffer"] = json!(7),
    ];
    for edit in edits {
        let text = refusal(&edited(edit));
        assert!(text.contains("does not exist") || text.contains("has no data"), "{text}");
    }
}

#[test]
fn sparse_indices_out_of_range_are_refused() {
    let mut file = SceneFile::triangle();
    let indices = file.add_view(&[3, 0, 0, 0]);
    let values = file.add_view(&[0; 12]);
    file.json["accessors"][0]["sparse"] = json!({
        "count": 1,
        "indices": { "bufferView": indices, "componentType": 5121 },
        "values": { "bufferView": values },
    });
    assert!(refusal(&file).contains("replaces an element that does not exist"));
}

#[test]
fn nodes_that_are_their_own_ancestors_are_refused() {
    let mut file = SceneFile::triangle();
    file.json["nodes"] = json!([{ "mesh": 0 }, { "children": [2] }, { "children": [1] }]);
    assert!(refusal(&file).contains("its own ancestor"));
    file.json["nodes"] = json!([{ "mesh": 0, "children": [0] }]);
    assert!(refusal(&file).contains("its own ancestor"));
    file.json["nodes"] = json!([{ "children": [2] }, { "children": [2] }, { "mesh": 0 }]);
    assert!(refusal(&file).contains("another parent"));
}

#[test]
fn a_chain_of_nodes_deeper_than_the_limit_is_refused() {
    let mut file = SceneFile::triangle();
    file.json["nodes"] = (0..100_000)
        .map(|node| json!({ "children": if node < 99_999 { vec![node + 1] } else { vec![] } }))
        .collect();
    assert!(refusal(&file).contains("depth of the node tree"));
}

#[test]
fn deeply_nested_json_is_refused() {
    let json = format!("{{\"asset\":{{\"version\":\"2.0\"}},\"extras\":{}", "[".repeat(1_000_000));
    assert!(open(&glb_of(json.as_bytes(), &[])).is_err());
}

#[test]
fn numbers_that_are_not_finite_are_refused_with_their_place() {
    for number in [f32::NAN, f32::INFINITY] {
        let text = refusal(&edited(|file| file.binary[12..16].copy_from_slice(&number.to_le_bytes())));
        assert!(text.contains("accessor 0: element 1 is not a finite number"), "{text}");
    }
    let text = refusal(&edited(|file| file.json["nodes"][0]["translation"] = json!([0.0, 1e300, 0.0])));
    assert!(text.starts_with("node 0 \"wall\":"), "{text}");
    let huge = json!([1e30, 1e30, 1e30]);
    let text = refusal(&edited(|file| {
        file.json["nodes"] =
            json!([{ "mesh": 0, "scale": huge, "children": [1] }, { "scale": huge, "name": "far" }]);
    }));
    assert!(text.starts_with("node 1 \"far\":"), "{text}");
    let matrix = [1.0, 0.0, 0.0, 0.5, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0];
    assert!(refusal(&edited(|file| file.json["nodes"][0]["matrix"] = json!(matrix))).contains("last row"));
}

#[test]
fn addresses_outside_the_folder_are_refused() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let inside = folder.path().join("scene");
    std::fs::create_dir(&inside).expect("a folder is made");
    std::fs::write(folder.path().join("secret.bin"), [0; 64]).expect("the secret is written");
    let absolute = folder.path().join("secret.bin").display().to_string();
    for uri in
        ["../secret.bin", "%2e%2e/secret.bin", "file:///etc/passwd", "http://example.org/a.bin", &absolute]
    {
        let mut file = SceneFile::triangle();
        file.json["buffers"][0]["uri"] = json!(uri);
        let path = inside.join("scene.glb");
        std::fs::write(&path, file.glb()).expect("the scene is written");
        let error = Document::open(&path, &ImportOptions::default()).expect_err("the address is refused");
        assert!(matches!(error, ImportError::UnsafeUri { .. }), "{uri}: {error}");
    }
}

#[test]
fn a_picture_that_claims_billions_of_texels_is_refused_before_it_is_decoded() {
    let mut bomb = png(1, 1, [0; 4]);
    bomb[16..20].copy_from_slice(&60_000_u32.to_be_bytes());
    bomb[20..24].copy_from_slice(&60_000_u32.to_be_bytes());
    let header = crc32(&bomb[12..29]).to_be_bytes();
    bomb[29..33].copy_from_slice(&header);
    let mut file = SceneFile::triangle();
    let view = file.add_view(&bomb);
    file.push("images", json!({ "bufferView": view, "mimeType": "image/png" }));
    file.push("textures", json!({ "source": 0 }));
    file.push("materials", json!({ "emissiveTexture": { "index": 0 } }));
    let text = refusal(&file);
    assert!(text.contains("60000 × 60000") && text.contains("limit of 16384"), "{text}");
}

#[test]
fn required_compression_is_refused_by_name() {
    for name in ["KHR_texture_basisu", "EXT_texture_avif"] {
        let text = refusal(&edited(|file| file.json["extensionsRequired"] = json!([name])));
        assert!(text.contains(name), "{text}");
    }
}

#[test]
fn budgets_are_checked_before_memory_is_taken() {
    let tight = |limits: Limits| ImportOptions { limits, ..ImportOptions::default() };
    let glb = SceneFile::triangle().glb();
    let whole = Limits::default();
    let limits = [
        Limits { bytes: 100, ..whole.clone() },
        Limits { json_bytes: 100, ..whole.clone() },
        Limits { nodes: 0, ..whole.clone() },
        Limits { depth: 0, ..whole.clone() },
        Limits { numbers: 8, ..whole.clone() },
        Limits { triangles: 0, ..whole.clone() },
        Limits { instances: 0, ..whole },
    ];
    for limits in limits {
        let error = Document::open_bytes(&glb, &tight(limits)).expect_err("it is over the budget");
        assert!(matches!(error, ImportError::OverLimit { .. }), "{error}");
    }
}

#[test]
fn copies_of_moving_meshes_count_as_triangles() {
    let mut file = SceneFile::triangle();
    file.json["meshes"][0]["primitives"][0]["targets"] = json!([{ "POSITION": 0 }]);
    file.json["nodes"] = vec![json!({ "mesh": 0 }); 100].into();
    file.json["scenes"][0]["nodes"] = (0..100).collect();
    let limits = Limits { triangles: 200, ..Limits::default() };
    let options = ImportOptions { limits, ..ImportOptions::default() };
    assert!(matches!(Document::open_bytes(&file.glb(), &options), Err(ImportError::OverLimit { .. })));
    assert_eq!(open(&file.glb()).expect("it is within the usual budget").summary().meshes, 100);
}

/// A file whose one node shows its mesh in so many places.
fn in_places(count: usize) -> SceneFile {
    let mut file = SceneFile::triangle();
    let places = file.add_floats("VEC3", &vec![0.5; 3 * count]);
    file.json["nodes"][0]["extensions"] =
        json!({ "EXT_mesh_gpu_instancing": { "attributes": { "TRANSLATION": places } } });
    file
}

#[test]
fn triangles_that_shine_count_in_every_place() {
    let limits = Limits { lights: 199, ..Limits::default() };
    let options = |limits| ImportOptions { limits, ..ImportOptions::default() };
    let mut file = in_places(200);
    assert!(Document::open_bytes(&file.glb(), &options(limits.clone())).is_ok(), "nothing shines");
    file.json["materials"] = json!([{ "emissiveFactor": [0, 0, 1] }]);
    file.json["meshes"][0]["primitives"][0]["material"] = json!(0);
    let error = Document::open_bytes(&file.glb(), &options(limits)).expect_err("200 triangles shine");
    assert!(matches!(error, ImportError::OverLimit { limit: 199, .. }), "{error}");
    assert!(Document::open_bytes(&file.glb(), &options(Limits { lights: 200, ..Limits::default() })).is_ok());
    // Two nodes share the budget.
    file.json["nodes"] = vec![file.json["nodes"][0].clone(); 2].into();
    file.json["scenes"][0]["nodes"] = json!([0, 1]);
    let limits = Limits { lights: 399, ..Limits::default() };
    assert!(Document::open_bytes(&file.glb(), &options(limits)).is_err());
}

#[test]
fn places_of_a_mesh_without_triangles_count_and_show_nothing() {
    let mut file = in_places(200);
    file.json["meshes"][0]["primitives"][0]["mode"] = json!(0);
    let opened = |instances: u64| {
        let limits = Limits { instances, ..Limits::default() };
        Document::open_bytes(&file.glb(), &ImportOptions { limits, ..ImportOptions::default() })
    };
    let document = opened(200).expect("it is within the budget");
    let scene = document.scene_at(0.0, 0.0).expect("it is empty");
    assert_eq!((scene.instances.len(), scene.object_names.len()), (0, 0));
    file.json["nodes"] = vec![file.json["nodes"][0].clone(); 2].into();
    file.json["scenes"][0]["nodes"] = json!([0, 1]);
    let limits = Limits { instances: 399, ..Limits::default() };
    let options = ImportOptions { limits, ..ImportOptions::default() };
    assert!(matches!(Document::open_bytes(&file.glb(), &options), Err(ImportError::OverLimit { .. })));
}

#[test]
fn geometry_that_no_tree_can_hold_is_refused_when_it_is_packed() {
    // Far apart in the mesh, and by both the mesh and where it stands.
    for (mesh, node) in [(1e14_f32, 1.0), (1e19, 1.0), (1e37, 1.0), (1e7, 1e8), (1e19, 1e9), (1e30, 1e12)] {
        let mut file = SceneFile::triangle();
        let corners: Vec<f32> = (1..26)
            .map(|i| mesh * i as f32)
            .flat_map(|x| [x, 0.0, 0.0, x + 0.5 * mesh, 0.0, 0.0, x, mesh, x])
            .collect();
        let positions = file.add_floats("VEC3", &corners);
        file.json["meshes"][0]["primitives"][0] = json!({ "attributes": { "POSITION": positions } });
        file.json["nodes"][0]["scale"] = json!([node, node, node]);
        let scene = open(&file.glb()).and_then(|document| document.scene_at(0.0, 0.0));
        let packed = pack(&scene.expect("every number in it is finite"));
        assert!(matches!(packed, Err(PackFault::TooFar(_))), "{mesh:e} × {node:e}: {:?}", packed.err());
    }
}

#[test]
fn environments_that_lie_about_their_size_are_refused() {
    let refused =
        |bytes: &[u8]| decode_environment(bytes, "sky", &Limits::default()).expect_err("it is refused");
    refused(b"");
    refused(b"sky");
    refused(b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y 99999999 +X 99999999\n");
    refused(b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y 30000 +X 30000\n");
    refused(&[0x76, 0x2F, 0x31, 0x01, 2, 0, 0, 0, 0, 0]);
}

/// Small environments of both formats.
fn skies() -> [Vec<u8>; 2] {
    let pixels = image::Rgb32FImage::from_fn(16, 8, |x, y| image::Rgb([x as f32, y as f32, 0.5]));
    [image::ImageFormat::OpenExr, image::ImageFormat::Hdr].map(|format| {
        let mut bytes = std::io::Cursor::new(Vec::new());
        match format {
            image::ImageFormat::Hdr => pixels.write_to(&mut bytes, format).expect("an HDR is written"),
            _ => {
                use exr::prelude::WritableImage;
                let color = |at: exr::prelude::Vec2<usize>| (at.x() as f32, at.y() as f32, 0.5_f32);
                let image =
                    exr::prelude::Image::from_channels((16, 8), exr::prelude::SpecificChannels::rgb(color));
                image.write().non_parallel().to_buffered(&mut bytes).expect("an EXR is written");
            }
        }
        bytes.into_inner()
    })
}

#[test]
fn the_untouched_skies_load() {
    for sky in skies() {
        let map = decode_environment(&sky, "sky", &Limits::default()).expect("it loads");
        assert_eq!((map.width, map.height), (16, 8));
        assert_eq!(map.pixels[16 * 3 + 8], glam::Vec3::new(8.0, 3.0, 0.5));
    }
}

#[test]
fn a_sky_whose_channels_are_sampled_every_zero_pixels_is_refused() {
    let mut sky = skies()[0].clone();
    let list = b"channels\0chlist\0";
    let at = sky.windows(list.len()).position(|window| window == list).expect("it lists its channels");
    // Behind the list's size and the first channel's name "B\0", its type and its flags.
    let sampling = at + list.len() + 4 + 2 + 4 + 4;
    assert_eq!(sky[sampling..sampling + 8], [1, 0, 0, 0, 1, 0, 0, 0]);
    sky[sampling..sampling + 8].fill(0);
    assert!(decode_environment(&sky, "sky", &Limits::default()).is_err());
}

/// A file with everything that has its own reader.
fn rich() -> Vec<u8> {
    let mut file = SceneFile::triangle();
    let joints = file.add_accessor("VEC4", 5121, 3, &[0; 12]);
    let weights = file.add_floats("VEC4", &[1.0, 0.0, 0.0, 0.0].repeat(3));
    let uvs = file.add_accessor("VEC2", 5123, 3, &[0; 12]);
    let colors = file.add_accessor("VEC3", 5121, 3, &[200; 9]);
    let offsets = file.add_floats("VEC3", &[0.1; 9]);
    let times = file.add_floats("SCALAR", &[0.0, 0.5]);
    let turns = file.add_floats("VEC4", &[0.0, 0.0, 0.0, 1.0, 0.0, 1.0, 0.0, 0.0]);
    let places = file.add_floats("VEC3", &[0.0, 0.0, 0.0, 2.0, 0.0, 0.0]);
    let picture = file.add_view(&png(2, 2, [9, 99, 199, 255]));
    file.json["images"] = json!([{ "bufferView": picture, "mimeType": "image/png" }]);
    file.json["textures"] = json!([{ "source": 0, "sampler": 0 }]);
    file.json["samplers"] = json!([{ "wrapS": 33071, "magFilter": 9728 }]);
    file.json["materials"] = json!([{
        "normalTexture": { "index": 0, "extensions": { "KHR_texture_transform": { "scale": [2, 2] } } },
        "extensions": { "KHR_materials_clearcoat": { "clearcoatFactor": 1, "clearcoatTexture": { "index": 0 } } },
    }]);
    file.json["meshes"][0]["primitives"][0] = json!({
        "attributes": { "POSITION": 0, "JOINTS_0": joints, "WEIGHTS_0": weights, "TEXCOORD_0": uvs, "COLOR_0": colors },
        "indices": 1, "material": 0, "targets": [{ "POSITION": offsets }],
    });
    file.json["skins"] = json!([{ "joints": [0] }]);
    file.json["cameras"] = json!([{ "type": "perspective", "perspective": { "yfov": 0.7, "znear": 0.1 } }]);
    file.json["extensions"] =
        json!({ "KHR_lights_punctual": { "lights": [{ "type": "spot", "spot": {} }] } });
    file.json["nodes"] = json!([
        { "mesh": 0, "skin": 0, "weights": [0.5] },
        { "camera": 0, "extensions": { "KHR_lights_punctual": { "light": 0 } } },
        { "mesh": 0, "extensions": { "EXT_mesh_gpu_instancing": { "attributes": { "TRANSLATION": places } } } },
    ]);
    file.json["scenes"] = json!([{ "nodes": [0, 1, 2] }]);
    file.json["animations"] = json!([{
        "channels": [{ "sampler": 0, "target": { "node": 1, "path": "rotation" } }],
        "samplers": [{ "input": times, "output": turns }],
    }]);
    file.glb()
}

#[test]
fn the_rich_file_imports() {
    let document = open(&rich()).expect("it imports");
    assert_eq!(document.summary().instances, 3);
    assert_eq!(document.warnings(), &[], "it has nothing that is not read");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn flipped_bytes_never_panic(flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)) {
        let mut glb = rich();
        for (at, byte) in flips {
            let at = at.index(glb.len());
            glb[at] = byte;
        }
        if let Ok(document) = open(&glb) {
            let _ = document.scene_at(0.3, 0.1);
        }
    }

    #[test]
    fn flipped_bytes_of_skies_never_panic(
        sky in 0..2_usize,
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let mut bytes = skies()[sky].clone();
        for (at, byte) in flips {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Ok(map) = decode_environment(&bytes, "sky", &Limits { texels: 1 << 20, ..Limits::default() }) {
            prop_assert_eq!(map.pixels.len(), map.width as usize * map.height as usize);
        }
    }

    #[test]
    fn numbers_exchanged_in_the_text_never_panic(
        at in any::<prop::sample::Index>(),
        number in prop_oneof![Just("-1"), Just("0"), Just("2"), Just("255"), Just("4294967295"), Just("1e39"), Just("null")],
    ) {
        let glb = rich();
        let length = u32::from_le_bytes([glb[12], glb[13], glb[14], glb[15]]) as usize;
        let text = String::from_utf8(glb[20..20 + length].to_vec()).expect("it is text");
        let digits: Vec<usize> = text.match_indices(|letter: char| letter.is_ascii_digit()).map(|(at, _)| at).collect();
        let at = digits[at.index(digits.len())];
        let changed = format!("{}{number}{}", &text[..at], &text[at + 1..]);
        if let Ok(document) = open(&glb_of(changed.as_bytes(), &glb[28 + length..])) {
            let _ = document.scene_at(0.3, 0.1);
        }
    }
}

/// The checksum of PNG chunks (PNG specification, annex D).
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |sum, &byte| {
        (0..8).fold(
            sum ^ u32::from(byte),
            |sum, _| if sum & 1 == 1 { 0xEDB8_8320 ^ (sum >> 1) } else { sum >> 1 },
        )
    })
}
