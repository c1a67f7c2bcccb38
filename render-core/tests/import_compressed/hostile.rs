//! Compressed data from strangers: refused with a sentence, or a scene that holds together; never a panic, never memory without bound.

use proptest::prelude::*;
use render_core::import::{Document, ImportError, ImportOptions, Limits};
use serde_json::{Value, json};

use crate::draco::CODINGS;
use crate::draco_writer::file as draco;
use crate::meshopt::{NAMES, sheets_packings};
use crate::meshopt_writer::packed;
use crate::scene_file::SceneFile;
use crate::sheet::sheet;

fn open(file: &SceneFile) -> Result<Document, ImportError> {
    let limits = Limits { unpacked_bytes: 1 << 20, ..Limits::default() };
    Document::open_bytes(&file.glb(), &ImportOptions { limits, ..ImportOptions::default() })
}

fn refusal(file: &SceneFile) -> String {
    let error = open(file).expect_err("the file is refused");
    assert!(error.help().ends_with('.'), "{error} comes with a sentence of advice");
    error.to_string()
}

fn meshopt(version: i32) -> SceneFile {
    packed(&sheet(), &sheets_packings("TRIANGLES"), NAMES[0], version)
}

fn own(file: &mut SceneFile, view: usize) -> &mut Value {
    &mut file.json["bufferViews"][view]["extensions"][NAMES[0]]
}

#[test]
fn every_truncation_of_compressed_views_is_refused() {
    for (version, view) in [(0, 0), (1, 0), (0, 2), (1, 2), (0, 3)] {
        let whole = meshopt(version);
        let length = whole.json["bufferViews"][view]["extensions"][NAMES[0]]["byteLength"].as_u64();
        for length in 0..length.expect("a length") {
            let mut file = meshopt(version);
            own(&mut file, view)["byteLength"] = json!(length);
            let text = refusal(&file);
            assert!(text.contains("damaged") || text.contains("cannot be in"), "{text}");
        }
    }
}

#[test]
fn what_compressed_views_say_of_themselves_is_checked_before_the_decoder_sees_it() {
    let changes = [
        ("buffer", json!(7), "does not exist"),
        ("buffer", json!(1), "has no data"),
        ("buffer", json!(u64::MAX), "does not exist"),
        ("buffer", json!(-1), "its buffer is missing or is not a whole number"),
        ("byteOffset", json!(u64::MAX), "do not fit buffer 0"),
        ("byteOffset", json!(0.5), "its byteOffset is missing"),
        ("byteLength", json!(u64::MAX), "do not fit buffer 0"),
        ("byteStride", json!(0), "stride of 0 bytes does not go with its mode"),
        ("byteStride", json!(6), "stride of 6 bytes"),
        ("byteStride", json!(260), "stride of 260 bytes"),
        ("byteStride", json!(u64::MAX - 3), "does not go with its mode"),
        ("byteStride", json!(4), "do not fit a buffer view"),
        ("count", json!(436), "do not fit a buffer view"),
        ("count", json!(u64::MAX / 12 + 1), "do not fit a buffer view"),
        ("count", Value::Null, "its count is missing"),
        ("mode", json!("VERTICES"), "its mode is unknown"),
        ("mode", json!("TRIANGLES"), "stride of 12 bytes does not go with its mode"),
        ("filter", json!("GAUSS"), "its filter is unknown"),
        ("filter", json!("OCTAHEDRAL"), "stride of 12 bytes"),
        ("filter", json!("QUATERNION"), "stride of 12 bytes"),
        ("filter", json!("COLOR"), "stride of 12 bytes"),
    ];
    for (key, value, reason) in changes {
        let mut file = meshopt(0);
        own(&mut file, 0)[key] = value.clone();
        let text = refusal(&file);
        assert!(text.contains("buffer view 0") && text.contains(reason), "{key} {value}: {text}");
    }
    let mut file = meshopt(0);
    own(&mut file, 3)["filter"] = json!("EXPONENTIAL");
    assert!(refusal(&file).contains("indices have no filter"));
    let mut file = meshopt(0);
    file.json["bufferViews"][3]["byteLength"] = json!(8);
    own(&mut file, 3)["count"] = json!(4);
    assert!(refusal(&file).contains("no whole triangles"));
}

#[test]
fn codings_of_another_version_are_named() {
    for (view, header) in [(0, 0xAF), (3, 0xEF)] {
        let mut file = meshopt(0);
        let at = own(&mut file, view)["byteOffset"].as_u64().expect("an offset") as usize;
        file.binary[at] = header;
        assert!(refusal(&file).contains("this version of meshoptimizer's coding is required"));
    }
}

#[test]
fn a_few_bytes_that_claim_billions_of_elements_take_no_memory() {
    for (view, count, stride) in [(0, 1_u64 << 33, 12), (3, 3 << 32, 2)] {
        let mut file = meshopt(1);
        file.json["bufferViews"][view]["byteLength"] = json!(count * stride);
        own(&mut file, view)["count"] = json!(count);
        assert!(refusal(&file).contains("cannot be in"));
    }
    let file = meshopt(1);
    let limits = Limits { unpacked_bytes: 5_000, ..Limits::default() };
    let options = ImportOptions { limits, ..ImportOptions::default() };
    let error = Document::open_bytes(&file.glb(), &options).expect_err("it unfolds to more");
    assert!(matches!(error, ImportError::OverLimit { limit: 5_000, .. }), "{error}");
}

#[test]
fn a_view_that_many_accessors_name_is_unpacked_once() {
    let mut file = meshopt(0);
    let accessor = file.json["accessors"][0].clone();
    let primitive = file.json["meshes"][0]["primitives"][0].clone();
    let mut primitives = Vec::new();
    for _ in 0..100 {
        let copy = file.push("accessors", accessor.clone());
        let mut primitive = primitive.clone();
        primitive["attributes"]["POSITION"] = json!(copy);
        primitives.push(primitive);
    }
    file.json["meshes"][0]["primitives"] = json!(primitives);
    assert_eq!(open(&file).expect("it is within the budget").summary().meshes, 100);
}

#[test]
fn every_truncation_of_a_draco_stream_is_refused() {
    for coding in CODINGS {
        let whole = draco(coding);
        let length = whole.json["bufferViews"][0]["byteLength"].as_u64().expect("a length");
        for length in (0..length.min(400)).chain((400..length).step_by(17)) {
            let mut file = draco(coding);
            file.json["bufferViews"][0]["byteLength"] = json!(length);
            refusal(&file);
        }
    }
}

#[test]
fn what_a_draco_primitive_says_of_itself_has_to_agree_with_what_is_in_it() {
    type Edit = fn(&mut SceneFile);
    fn own(file: &mut SceneFile) -> &mut Value {
        &mut file.json["meshes"][0]["primitives"][0]["extensions"]["KHR_draco_mesh_compression"]
    }
    let edits: [(Edit, &str); 13] = [
        (|file| own(file)["bufferView"] = json!(7), "does not exist"),
        (|file| own(file)["bufferView"] = json!(-1), "its bufferView is missing"),
        (|file| own(file)["attributes"] = json!(7), "it has no attributes"),
        (|file| own(file)["attributes"] = json!({}), "it names no attribute"),
        (|file| own(file)["attributes"]["NORMAL"] = json!(7), "attribute 7 is not in"),
        (|file| own(file)["attributes"]["NORMAL"] = json!("1"), "the id of an attribute"),
        (|file| own(file)["attributes"]["NORMAL"] = json!(2), "it has 4 numbers an element where 3"),
        (|file| own(file)["attributes"]["COLOR_0"] = json!(3), "are of another kind"),
        (|file| file.json["accessors"][1]["count"] = json!(436), "it has not 437 elements"),
        (|file| file.json["accessors"][0]["count"] = json!(436), "it unfolds to 437 corners"),
        (|file| file.json["accessors"][0]["count"] = json!(u64::MAX), "it unfolds to 437 corners"),
        (|file| file.json["accessors"][0]["count"] = json!(3), "more than its accessors say"),
        (|file| file.json["accessors"][4]["count"] = json!(300), "more than its accessors say"),
    ];
    for (edit, reason) in edits {
        let mut file = draco(CODINGS[3]);
        edit(&mut file);
        let text = refusal(&file);
        assert!(text.starts_with("mesh 0 \"Bottle\", primitive 0") && text.contains(reason), "{text}");
    }
}

#[test]
fn a_draco_mesh_stays_within_the_budgets() {
    for limits in [
        Limits { triangles: 700, ..Limits::default() },
        Limits { unpacked_bytes: 9_000, ..Limits::default() },
        Limits { numbers: 2_000, ..Limits::default() },
    ] {
        let options = ImportOptions { limits, ..ImportOptions::default() };
        assert!(Document::open_bytes(&draco(CODINGS[3]).glb(), &options).is_err());
    }
}

#[test]
fn a_draco_stream_that_many_primitives_name_counts_each_time() {
    let mut file = draco(CODINGS[3]);
    let stream = file.json["bufferViews"][0]["byteLength"].as_u64().expect("a length");
    let primitive = file.json["meshes"][0]["primitives"][0].clone();
    file.json["meshes"][0]["primitives"] = json!(vec![primitive; 10]);
    let opened = |unpacked_bytes: u64| {
        let limits = Limits { unpacked_bytes, ..Limits::default() };
        Document::open_bytes(&file.glb(), &ImportOptions { limits, ..ImportOptions::default() })
    };
    // Positions, normals, colours and joints of 437 corners.
    let each = stream + 437 * (12 + 12 + 4 + 8);
    assert_eq!(opened(10 * each).expect("it is within the budget").summary().meshes, 10);
    assert!(matches!(opened(10 * each - 1), Err(ImportError::OverLimit { .. } | ImportError::Broken { .. })));
}

type Flips = Vec<(prop::sample::Index, u8)>;

fn flips() -> impl Strategy<Value = Flips> {
    prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)
}

/// The file with bytes of its compressed data exchanged.
fn flipped(mut file: SceneFile, flips: Flips) -> SceneFile {
    for (at, byte) in flips {
        let at = at.index(file.binary.len());
        file.binary[at] = byte;
    }
    file
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn flipped_bytes_of_draco_streams_never_panic(flips in flips(), coding in 0..CODINGS.len(), head in any::<bool>()) {
        let mut file = draco(CODINGS[coding]);
        let end = if head { 80 } else { file.binary.len() };
        for (at, byte) in flips {
            file.binary[at.index(end)] = byte;
        }
        if let Ok(document) = open(&file) {
            let _ = document.scene_at(0.3, 0.1);
        }
    }

    #[test]
    fn flipped_bytes_of_meshopt_data_never_panic(flips in flips(), version in 0..2, filtered in any::<bool>()) {
        let mut file = flipped(meshopt(version), flips);
        if filtered {
            // Over elements that no encoder prepared for it.
            own(&mut file, 0)["filter"] = json!("EXPONENTIAL");
            own(&mut file, 2)["filter"] = json!(["OCTAHEDRAL", "COLOR"][version as usize]);
        }
        if let Ok(document) = open(&file) {
            let _ = document.scene_at(0.3, 0.1);
        }
    }
}
