//! A tiny network without training, for tests of everything around the denoiser; and files that are no network.

use std::path::PathBuf;

use render_core::denoise::{Linear, Shape};

use super::*;

/// The file of the tiny network.
pub(crate) fn tiny() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/denoiser/tiny.tdn")
}

/// A network of eight channels everywhere, its numbers from [`Weights::random`], as `docs/denoiser.md` wants files.
fn tiny_bytes() -> Vec<u8> {
    let shape = Shape::new([8; 4], 9).expect("the smallest there is");
    let weights = Weights::random(shape, 3);
    let names: Vec<&str> = shape.tensors().iter().map(|&(name, ..)| name).collect();
    let convolutions =
        (0..names.len()).map_while(|at| (!names[at].starts_with("head")).then(|| weights.convolution(at)));
    let layers: Vec<&Linear> = convolutions.collect();
    let heads = (0..names.len() - layers.len()).map(|level| weights.head(level));
    let (mut data, mut tensors) = (Vec::new(), Vec::new());
    let mut put = |name: String, shape: Vec<usize>, values: &[f32]| {
        tensors.push(serde_json::json!({ "name": name, "shape": shape, "offset": data.len() }));
        data.extend(values.iter().flat_map(|&value| half::f16::from_f32(value).to_le_bytes()));
    };
    for (name, layer) in names.iter().zip(layers.iter().copied().chain(heads)) {
        let sides = vec![layer.outputs, layer.inputs, layer.side, layer.side];
        put(format!("{name}.weight"), sides, &layer.weights);
        put(format!("{name}.bias"), vec![layer.outputs], &layer.biases);
    }
    let header = serde_json::json!({ "name": "tiny", "widths": [8, 8, 8, 8], "taps": 9, "tensors": tensors });
    let header = header.to_string().into_bytes();
    let mut bytes = [b"TESSNET1".as_slice(), &(header.len() as u32).to_le_bytes(), &header, &data].concat();
    let hash = blake3::hash(&bytes);
    bytes.extend_from_slice(hash.as_bytes());
    bytes
}

#[test]
fn the_tiny_network_is_what_it_says() {
    let there = std::fs::read(tiny()).unwrap_or_default();
    let bytes = tiny_bytes();
    if there != bytes {
        std::fs::write(tiny(), &bytes).expect("it can be written");
        panic!("tests/denoiser/tiny.tdn was another one and is written anew: look at it and commit it");
    }
    let network = Network::choose(Some(&NetworkChoice::File(tiny())), Carried::Small).expect("a network");
    assert_eq!(network.name(), "tiny");
    assert_eq!(network.id(), NetworkId(*bytes.last_chunk().expect("a hash")));
    assert_eq!(Network::all(Some(&tiny())).expect("a network")[0].id(), network.id());
}

#[test]
fn files_that_are_no_network_have_a_sentence() {
    let place = tempfile::tempdir().expect("a temporary folder");
    let file = |name: &str, bytes: &[u8]| {
        let path = place.path().join(name);
        std::fs::write(&path, bytes).expect("it can be written");
        path
    };
    let mut damaged = tiny_bytes();
    damaged[1000] ^= 1;
    for path in [file("text.tdn", b"weights"), file("damaged.tdn", &damaged), place.path().join("none.tdn")] {
        let choice = NetworkChoice::File(path.clone());
        let fault = Network::choose(Some(&choice), Carried::Small).expect_err("no network");
        assert!(
            fault.what.contains(path.file_name().and_then(|it| it.to_str()).expect("a name")),
            "{}",
            fault.what
        );
        assert!(!fault.advice.is_empty() && Network::all(Some(&path)).is_err());
    }
}

#[test]
fn what_the_program_carries_can_be_run_and_is_called_by_its_name() {
    for carried in Carried::ALL {
        let network = Network::carried(carried);
        assert_eq!(network.name(), carried.name());
        assert_eq!(Network::choose(None, carried).expect("it is carried").id(), network.id());
        let named = NetworkChoice::Carried(carried);
        assert_eq!(Network::choose(Some(&named), Carried::Small).expect("it is carried").id(), network.id());
    }
    let ids: std::collections::HashSet<_> = Carried::ALL.map(|it| Network::carried(it).id()).into();
    assert_eq!(ids.len(), Carried::ALL.len(), "each is another network");
}
