//! One picture, however it is made: any tile, with or without network, one node or three, one of them killed.

#[path = "support/farm.rs"]
mod farm;
#[path = "support/program.rs"]
mod program;

use std::time::Duration;

use farm::{CoordinatorProcess, Running, gpu_is_there, node, wait_until};
use program::Place;

/// Mattes are merged in another way than sums, and motion, positions and ids travel in planes of their own.
const LAYERS: &str =
    "beauty,noisy,albedo,normal,depth,position,motion,object_id,material_id,variance,samples,cryptomatte";
const LOOKS: [&str; 8] = ["--size", "72x48", "--spp", "96", "--max-bounces", "4", "--layers", LAYERS];
/// Generous, because software Vulkan on a busy machine is slow; a hang is what it guards against.
const PATIENCE: Duration = Duration::from_secs(300);

fn render(place: &Place, out: &str, more: &[&str]) {
    let line: Vec<&str> =
        ["render", "lamp.gltf", "-o", out].iter().chain(&LOOKS).chain(more).copied().collect();
    let ended = place.run(&line);
    assert_eq!(ended.exit, 0, "{line:?}: {}", ended.talk);
    assert!(!place.files().iter().any(|name| name.contains("partial")), "{:?}", place.files());
}

fn assert_same_bits(place: &Place, a: &str, b: &str) {
    let ended = place.run(&["exr", "diff", a, b, "--json"]);
    let line: serde_json::Value = serde_json::from_str(ended.data.trim()).expect("one line of JSON");
    assert_eq!(line["value"]["identical"], true, "{a} and {b}: {}", ended.data);
}

#[test]
fn tiles_and_the_network_change_no_bit_on_a_gpu() {
    if !gpu_is_there() {
        return;
    }
    let place = Place::new();
    // Denoised colours see a margin around each tile, so that they alone depend on the cut; samples do not.
    let traced = |out: &str, more: &[&str]| render(&place, out, &[&["--denoise", "off"], more].concat());
    traced("whole.exr", &["--direct", "--tile", "128"]);
    for (out, more) in [
        ("small.exr", &["--direct", "--tile", "8"][..]),
        ("odd.exr", &["--direct", "--tile", "27"]),
        ("net.exr", &[]),
        ("net_odd.exr", &["--tile", "40"]),
    ] {
        traced(out, more);
        assert_same_bits(&place, out, "whole.exr");
    }
    let verified = place.run(&["verify", "net.exr"]);
    assert_eq!(verified.exit, 0, "{}", verified.talk);
    assert_eq!(place.run(&["verify", "whole.exr"]).exit, 7, "a picture without receipts does not verify");
}

#[test]
fn denoising_nodes_and_one_machine_give_the_same_bits_on_a_gpu() {
    if !gpu_is_there() {
        return;
    }
    let place = Place::new();
    let weights = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/denoiser/tiny.tdn");
    let denoised = |out: &str, more: &[&str]| {
        render(&place, out, &[&["--weights", weights, "--tile", "24", "--denoise"], more].concat());
    };
    denoised("direct.exr", &["node", "--direct"]);
    denoised("net.exr", &["node"]);
    assert_same_bits(&place, "net.exr", "direct.exr");
    assert_eq!(place.run(&["verify", "net.exr"]).exit, 0, "receipts cover what nodes denoised");
    let facts = place.run(&["exr", "info", "net.exr"]).data;
    for fact in ["denoise = node", "denoiser = tiny", "denoiser_weights = ", "exposure_scale = "] {
        assert!(facts.contains(fact), "{fact}: {facts}");
    }
    denoised("local.exr", &["local"]);
    denoised("local_direct.exr", &["local", "--direct"]);
    assert_same_bits(&place, "local.exr", "local_direct.exr");
}

#[test]
fn three_nodes_of_which_one_is_killed_and_replaced_change_no_bit_on_a_gpu() {
    if !gpu_is_there() {
        return;
    }
    let place = Place::new();
    // With the default, which is that nodes denoise: the same cut gives the same bits, whoever did which tile.
    render(&place, "whole.exr", &["--direct", "--tile", "16"]);
    let coordinator = CoordinatorProcess::start(&place, 0);
    let mut victim = node(&place, &coordinator.address, "node-0");
    let others = [1, 2].map(|number| node(&place, &coordinator.address, &format!("node-{number}")));
    let mut line = vec!["submit", "lamp.gltf", "-o", "farm.exr", "--coordinator", &coordinator.address];
    line.extend(LOOKS);
    line.extend(["--tile", "16", "--data", "artist"]);
    let mut submit = place.command(&line);
    submit.stderr(place.log("artist.log"));
    let mut artist = Running::start(submit);
    wait_until("the victim's first work", PATIENCE, || {
        let events = std::fs::read_to_string(place.path("node-0.events")).unwrap_or_default();
        events.contains("\"rendering\"") || artist.0.try_wait().is_ok_and(|ended| ended.is_some())
    });
    victim.kill();
    let replacement = node(&place, &coordinator.address, "node-3");
    let exit = artist.wait(PATIENCE);
    let log = std::fs::read_to_string(place.path("artist.log")).unwrap_or_default();
    assert_eq!(exit, Some(0), "{log}");
    assert_same_bits(&place, "farm.exr", "whole.exr");
    assert_eq!(place.run(&["verify", "farm.exr"]).exit, 0);
    drop((others, replacement));
}
