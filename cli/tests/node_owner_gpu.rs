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

/// The one adapter of a machine without a GPU is two GPUs when its driver is named twice.
fn named_twice(place: &Place) -> Option<std::ffi::OsString> {
    let installed = std::fs::read_dir("/usr/share/vulkan/icd.d").into_iter().flatten().flatten();
    let named = std::env::var_os("VK_DRIVER_FILES").unwrap_or_default();
    let candidates = std::env::split_paths(&named).chain(installed.map(|file| file.path()));
    let driver =
        candidates.into_iter().find(|file| file.to_string_lossy().contains("lvp") && file.is_file())?;
    let mut told: serde_json::Value = serde_json::from_slice(&std::fs::read(&driver).ok()?).ok()?;
    let library = told["ICD"]["library_path"].as_str()?.to_owned();
    if library.contains('/') {
        told["ICD"]["library_path"] = driver.parent()?.join(library).to_string_lossy().into();
    }
    let files = ["one.json", "two.json"].map(|name| {
        place.write(name, told.to_string().as_bytes());
        place.path(name)
    });
    std::env::join_paths(files).ok()
}

#[test]
fn a_rig_runs_a_node_on_each_gpu_and_is_spoken_to_as_one() {
    if !gpu_is_there() {
        return;
    }
    let place = Place::new();
    let Some(drivers) = named_twice(&place) else {
        eprintln!("SKIPPED: no software Vulkan is installed, of which a second GPU could be made");
        return;
    };
    let coordinator = CoordinatorProcess::start(&place, 0);
    let words = ["node", "--coordinator", &coordinator.address, "--data", "rig", "--gpu", "all", "--json"];
    let mut command = place.command(&words);
    command.env("VK_DRIVER_FILES", drivers).env_remove("VK_ICD_FILENAMES");
    command.stdout(place.log("rig.events")).stderr(place.log("rig.log"));
    let mut rig = Running::start(command);
    let states = || -> Vec<(String, String, String)> {
        let told = place.run(&["node", "status", "--data", "rig", "--json"]).data;
        let values = told.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
        let text = |value: &serde_json::Value, name: &str| {
            value["value"][name].as_str().unwrap_or_default().to_owned()
        };
        values.map(|value| (text(&value, "gpu"), text(&value, "state"), text(&value, "code"))).collect()
    };
    wait_until("two nodes wait for tiles", PATIENCE, || {
        states().iter().filter(|(_, _, code)| code == "no_work").count() == 2
    });
    let keys: Vec<String> = states().into_iter().map(|(gpu, ..)| gpu).collect();
    assert_eq!(keys[1], format!("{} #2", keys[0]));
    place.run(&["node", "pause", "--data", "rig"]);
    assert!(states().iter().all(|(_, state, _)| state == "paused"), "{:?}", states());
    place.run(&["node", "resume", "--data", "rig"]);
    let scene = "../assets/scenes/studio.glb";
    let scene = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(scene).display().to_string();
    let submitted = place.run(&[
        "submit",
        &scene,
        "--coordinator",
        &coordinator.address,
        "-o",
        "out.exr",
        "--size",
        "128x128",
        "--spp",
        "64",
        "--tile",
        "32",
        "--denoise",
        "off",
    ]);
    assert_eq!(submitted.exit, 0, "{}", submitted.talk);
    let earned = ["rig", "rig/gpu-2"].map(|folder| {
        let told = place.run(&["statement", "--coordinator", &coordinator.address, "--data", folder]);
        told.data.lines().count() - 1
    });
    assert!(earned.iter().all(|lines| *lines > 0), "both rendered: {earned:?}");
    let events = std::fs::read_to_string(place.path("rig.events")).expect("they were written");
    assert!(keys.iter().all(|key| events.contains(&format!("\"gpu\":\"{key}\""))), "{events}");
    #[cfg(unix)]
    {
        let asked = std::process::Command::new("kill").args(["-INT", &rig.0.id().to_string()]).status();
        assert!(asked.is_ok_and(|asked| asked.success()));
        assert_eq!(rig.wait(PATIENCE), Some(130), "one stop is for all");
        assert_eq!(place.run(&["node", "status", "--data", "rig"]).exit, 1, "none runs any more");
    }
}
