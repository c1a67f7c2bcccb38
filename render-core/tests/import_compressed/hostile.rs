//! Compressed data from strangers: refused with a sentence, or a scene that holds together; never a panic, never memory without bound.

use proptest::prelude::*;
use render_core::import::{Document, ImportError, ImportOptions, Limits};
use serde_json::{Value, json};

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
