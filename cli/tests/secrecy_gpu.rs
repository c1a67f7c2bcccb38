//! Canaries: what is unmistakably the artist's is searched for wherever it must not be.
//!
//! Names, corners, texels and finished pixels of a scene are looked for in the coordinator's folder, memory and log, in the
//! node's folder and log, and in the traffic between them (where `tcpdump` may listen; where it may not, the
//! test says so aloud). The same search must find them in the node's memory while it works, and in plain traffic, or it would prove nothing.

#[path = "support/canaries.rs"]
mod canaries;
#[path = "support/farm.rs"]
mod farm;
#[path = "support/program.rs"]
mod program;

use std::time::Duration;

use canaries::{Canaries, Tap};
use farm::{CoordinatorProcess, Running, gpu_is_there, node, wait_until};
use program::Place;

const PATIENCE: Duration = Duration::from_secs(300);

/// The search of the traffic can fail: what is sent in plain is found, all of it.
#[test]
fn canaries_in_plain_traffic_are_found() {
    let place = Place::new();
    let canaries = Canaries::plant(&place, "secret.gltf");
    let listener = std::net::UdpSocket::bind("127.0.0.1:0").expect("a free port");
    let speaker = std::net::UdpSocket::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("it is bound");
    let tap = Tap::open(&place, address.port());
    for (_, needle) in canaries.needles() {
        let packet = [b"before ", needle, b" after"].concat();
        speaker.send_to(&packet, address).expect("loopback takes it");
    }
    let Some(capture) = tap.close() else { return };
    let names: Vec<&str> = canaries.needles().map(|(name, _)| name).collect();
    assert_eq!(canaries.found_in(&capture), names);
}

#[test]
fn nothing_of_scene_or_picture_is_where_it_must_not_be_on_a_gpu() {
    if !gpu_is_there() {
        return;
    }
    let place = Place::new();
    let mut canaries = Canaries::plant(&place, "secret.gltf");
    let mut coordinator = CoordinatorProcess::start(&place, 0);
    let tap = Tap::open(&place, coordinator.port());
    let mut worker = node(&place, &coordinator.address, "node-0");
    let line = [
        "submit",
        "secret.gltf",
        "-o",
        "CANARY-output.exr",
        "--coordinator",
        &coordinator.address,
        "--size",
        "64x48",
        "--spp",
        "16",
        "--tile",
        "16",
        // Mattes need the names on the artist's side, where the picture is put together, and nowhere else.
        "--layers",
        "beauty,noisy,albedo,normal,depth,cryptomatte",
        "--data",
        "artist",
    ];
    let mut command = place.command(&line);
    command.stderr(place.log("artist.log"));
    let mut artist = Running::start(command);
    let exit = artist.wait(PATIENCE);
    let log = std::fs::read_to_string(place.path("artist.log")).unwrap_or_default();
    assert_eq!(exit, Some(0), "{log}");
    canaries.add_pixels(&place, "CANARY-output.exr");

    let in_node = canaries.found_in_memory(worker.0.id());
    if cfg!(target_os = "linux") {
        assert!(in_node.len() >= canaries.scene_count() / 2, "the search finds what is there: {in_node:?}");
        assert_eq!(canaries.found_in_memory(coordinator.process.0.id()), Vec::<String>::new());
    }
    worker.kill();
    coordinator.process.kill();
    assert_eq!(canaries.found_in_files(&place, &["coordinator", "coordinator.log"]), Vec::<String>::new());
    assert_eq!(
        canaries.found_in_files(&place, &["node-0", "node-0.log", "node-0.events"]),
        Vec::<String>::new()
    );
    if let Some(capture) = tap.close() {
        assert!(capture.len() > 10_000, "scene and tiles have crossed the wire: {} bytes", capture.len());
        assert_eq!(canaries.found_in(&capture), Vec::<String>::new());
    }
    let kept = canaries.found_in_files(&place, &["secret.gltf"]);
    assert!(!kept.is_empty(), "the scene itself holds canaries");
}

#[test]
fn who_looks_on_has_the_picture_and_nothing_of_the_scene_on_a_gpu() {
    if !gpu_is_there() {
        return;
    }
    let place = Place::new();
    let canaries = Canaries::plant(&place, "secret.gltf");
    let coordinator = CoordinatorProcess::start(&place, 0);
    let line = ["submit", "secret.gltf", "-o", "out.exr", "--coordinator", &coordinator.address, "--detach"];
    let looks = ["--size", "64x48", "--spp", "4096", "--tile", "32", "--data", "artist"];
    let posted = place.run(&[&line[..], &looks].concat());
    assert_eq!(posted.exit, 0, "{}", posted.talk);
    let shared = place.run(&["share", posted.data.trim(), "--data", "artist"]);
    assert_eq!(shared.exit, 0, "{}", shared.talk);
    let mut command = place.command(&["watch", shared.data.trim(), "--json"]);
    command.stdout(place.log("watch.events")).stderr(place.log("watch.log"));
    let onlooker = Running::start(command);
    let _artist = Running::start(place.command(&["collect", posted.data.trim(), "--data", "artist"]));
    let worker = node(&place, &coordinator.address, "node-0");
    let seen = || std::fs::read_to_string(place.path("watch.events")).unwrap_or_default();
    wait_until("a tile is seen", PATIENCE, || {
        seen().contains("tile_refined") || seen().contains("tile_done")
    });
    if cfg!(target_os = "linux") {
        assert!(
            canaries.found_in_memory(worker.0.id()).len() >= canaries.scene_count() / 2,
            "the search works"
        );
        assert_eq!(canaries.found_in_memory(onlooker.0.id()), Vec::<String>::new());
    }
    let key = shared.data.split("#k=").nth(1).expect("the link has a key");
    let log = std::fs::read_to_string(place.path("watch.log")).unwrap_or_default();
    assert!(!log.contains(&key[..16]) && !seen().contains(&key[..16]), "the key is in no log");
}
