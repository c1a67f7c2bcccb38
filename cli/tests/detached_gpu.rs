//! A job that is handed in and left.

#[path = "support/farm.rs"]
mod farm;
#[path = "support/program.rs"]
mod program;

use std::time::Duration;

use farm::{CoordinatorProcess, gpu_is_there, node, wait_until};
use program::Place;

const PATIENCE: Duration = Duration::from_secs(180);
const LOOKS: [&str; 8] = ["--size", "48x32", "--spp", "4", "--tile", "16", "--denoise", "off"];

#[test]
fn nodes_that_are_there_render_a_job_that_nobody_follows() {
    if !gpu_is_there() {
        return;
    }
    let place = Place::new();
    let coordinator = CoordinatorProcess::start(&place, 0);
    let farm = ["--data", "artist", "--coordinator", &coordinator.address];
    let _node = node(&place, &coordinator.address, "node-0");
    let events = || std::fs::read_to_string(place.path("node-0.events")).unwrap_or_default();
    wait_until("the node waits for work", PATIENCE, || events().contains("no tile is there"));
    let line = ["submit", "lamp.gltf", "-o", "shot.####.exr", "--frames", "1-2", "--detach"];
    let posted = place.run(&[&line[..], &LOOKS, &farm].concat());
    assert_eq!(posted.exit, 0, "{}", posted.talk);
    assert!(posted.talk.contains("1 node is let in"), "{}", posted.talk);
    // Two frames of 3×2 tiles; nobody but the coordinator is there to take them.
    wait_until("all tiles are rendered", PATIENCE, || events().contains("\"tiles_done\":12"));
    let collected = place.run(&["collect", posted.data.trim(), "--data", "artist"]);
    assert_eq!(collected.exit, 0, "{}", collected.talk);
    assert!(place.path("shot.0001.exr").is_file() && place.path("shot.0002.exr").is_file());
}
