//! A node and its owner: rules, states, words through the door, and a picture that loses nothing by any of it.

#[path = "support/farm.rs"]
mod farm;
#[path = "support/program.rs"]
mod program;

use std::time::Duration;

use farm::{CoordinatorProcess, Running, gpu_is_there, node, wait_until};
use program::Place;

const PATIENCE: Duration = Duration::from_secs(120);

fn state(place: &Place, name: &str) -> serde_json::Value {
    let ended = place.run(&["node", "status", "--data", name, "--json"]);
    ended.data.lines().next().and_then(|line| serde_json::from_str(line).ok()).unwrap_or_default()
}

#[test]
fn a_folder_without_a_node_is_told_and_no_word_is_left_there() {
    let place = Place::new();
    for words in [["node", "status"], ["node", "pause"], ["node", "resume"], ["node", "finish"]] {
        let ended = place.run(&[words[0], words[1], "--data", "nobody"]);
        assert_eq!(ended.exit, 1, "{words:?}");
        assert!(
            ended.talk.starts_with("error: no node has run with the data folder \"nobody\""),
            "{}",
            ended.talk
        );
    }
    assert!(!place.path("nobody").exists());
}

#[test]
fn rules_are_printed_checked_and_named_where_they_are_wrong() {
    let place = Place::new();
    let usual = place.run(&["node", "rules"]);
    assert!(usual.exit == 0 && usual.data.contains("idle_minutes = false"), "{}", usual.data);
    let desktop = place.run(&["node", "rules", "--desktop"]);
    assert!(desktop.data.contains("idle_minutes = 3\n"), "{}", desktop.data);
    place.write("usual.toml", usual.data.as_bytes());
    let checked = place.run(&["node", "rules", "usual.toml", "--desktop"]);
    assert_eq!((checked.exit, checked.data), (0, usual.data), "a file says everything");
    place.write("wrong.toml", b"temperature_cap = 70\n");
    for line in [
        vec!["node", "rules", "wrong.toml"],
        vec!["node", "--coordinator", "tessera://127.0.0.1:1#x", "--rules", "wrong.toml"],
    ] {
        let ended = place.run(&line);
        assert_eq!(ended.exit, 2, "{}", ended.talk);
        assert!(
            ended.talk.starts_with("error: \"wrong.toml\": there is no rule \"temperature_cap\""),
            "{}",
            ended.talk
        );
    }
    let missing = place.run(&["node", "rules", "none.toml"]);
    assert!(missing.exit == 1 && missing.talk.contains("it does not exist"), "{}", missing.talk);
}

#[test]
fn pauses_and_a_sudden_death_lose_nothing_and_the_state_is_always_true() {
    if !gpu_is_there() {
        return;
    }
    let place = Place::new();
    let look = ["--size", "96x72", "--spp", "256", "--denoise", "off"];
    let direct = place.run(&[&["render", "lamp.gltf", "--direct", "-o", "direct.exr"], &look[..]].concat());
    assert_eq!(direct.exit, 0, "{}", direct.talk);
    let coordinator = CoordinatorProcess::start(&place, 0);
    let mut owned = node(&place, &coordinator.address, "owned");
    wait_until("the node is there", PATIENCE, || state(&place, "owned")["value"]["code"] == "no_work");
    let submit =
        ["submit", "lamp.gltf", "--coordinator", &coordinator.address, "-o", "net.exr", "--data", "artist"];
    let mut artist = place.command(&[&submit, &look[..]].concat());
    artist.stdout(place.log("artist.out")).stderr(place.log("artist.log"));
    let mut artist = Running::start(artist);
    for (word, code) in [("pause", "paused_by_you"), ("finish", "paused_after_tile")] {
        let before = state(&place, "owned")["value"]["tiles_done"].as_u64().unwrap_or_default();
        wait_until("it earns", PATIENCE, || {
            let now = state(&place, "owned");
            now["value"]["tiles_done"].as_u64() > Some(before)
        });
        let told = place.run(&["node", word, "--data", "owned"]);
        assert_eq!(told.exit, 0, "{}", told.talk);
        wait_until("it rests", PATIENCE, || {
            let now = state(&place, "owned");
            now["value"]["code"] == code && now["value"]["activity"] == "idle"
        });
        let rests = state(&place, "owned")["value"]["tiles_done"].clone();
        std::thread::sleep(Duration::from_millis(500));
        let now = state(&place, "owned");
        assert_eq!(now["value"]["tiles_done"], rests, "nothing is done meanwhile");
        assert!(!now.to_string().contains("Earning"), "{now}");
        assert_eq!(place.run(&["node", "resume", "--data", "owned"]).exit, 0);
    }
    assert_eq!(artist.wait(PATIENCE), Some(0));
    let diff = place.run(&["exr", "diff", "net.exr", "direct.exr"]);
    assert!(diff.exit == 0 && diff.data.contains("every channel has the same bits"), "{}", diff.data);
    owned.kill();
    wait_until("the state is told as old", PATIENCE, || {
        let ended = place.run(&["node", "status", "--data", "owned"]);
        ended.exit == 1 && ended.data.starts_with("Last heard ")
    });
    let told = place.run(&["node", "pause", "--data", "owned"]);
    assert!(told.exit == 1 && told.talk.starts_with("error: the node does not answer, it was last heard "));
}
