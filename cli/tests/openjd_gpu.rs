//! What a runtime of Open Job Description reads while this program renders for it.

#[path = "support/farm.rs"]
mod farm;
#[path = "support/program.rs"]
mod program;

use std::process::Command;
use std::time::Duration;

use farm::{CoordinatorProcess, Running, gpu_is_there, node, wait_until};
use program::Place;

const PATIENCE: Duration = Duration::from_secs(180);
const SMALL: [&str; 4] = ["--size", "48x32", "--spp", "4"];

/// Reads lines as openjd-sessions does, and gives the progress and the words of the others.
fn read(told: &str) -> (Vec<f64>, Vec<String>) {
    let (mut progress, mut others) = (Vec::new(), Vec::new());
    for line in told.lines() {
        match line.strip_prefix("openjd_").and_then(|rest| rest.split_once(": ")) {
            Some(("progress", share)) => progress.push(share.parse().expect("a float")),
            Some(("status" | "fail", text)) if !text.is_empty() => others.push(line.to_owned()),
            _ => panic!("{line:?} is no line of the standard"),
        }
    }
    assert!(progress.windows(2).all(|pair| pair[0] < pair[1]), "it rises: {progress:?}");
    assert!(progress.iter().all(|share| (0.0..=100.0).contains(share)), "{progress:?}");
    (progress, others)
}

#[test]
fn a_render_tells_a_runtime_how_far_it_is_and_what_it_wrote_on_a_gpu() {
    if !gpu_is_there() {
        return;
    }
    for more in [&[][..], &["--direct"]] {
        let place = Place::new();
        let line =
            ["render", "lamp.gltf", "-o", "shot.####.exr", "--frames", "1-2", "--tile", "16", "--openjd"];
        let ended = place.run(&[&line[..], &SMALL, more].concat());
        assert_eq!(ended.exit, 0, "{}", ended.talk);
        let (progress, others) = read(&ended.data);
        assert!(progress.len() > 1 && progress.last() == Some(&100.0), "{more:?}: {progress:?}");
        assert!(ended.data.ends_with("openjd_progress: 100.0\n"), "{}", ended.data);
        for file in ["shot.0001.exr", "shot.0002.exr"] {
            let tells = |line: &&String| line.starts_with("openjd_status: wrote ") && line.ends_with(file);
            assert_eq!(others.iter().filter(tells).count(), 1, "{}", ended.data);
            assert!(!ended.talk.contains(file), "told once: {}", ended.talk);
        }
        assert!(others.iter().all(|line| line.starts_with("openjd_status: ")), "{others:?}");
    }
}

#[test]
fn a_farm_tells_a_runtime_the_same_on_a_gpu() {
    if !gpu_is_there() {
        return;
    }
    let place = Place::new();
    let coordinator = CoordinatorProcess::start(&place, 0);
    let _node = node(&place, &coordinator.address, "node");
    let line = ["submit", "lamp.gltf", "-o", "a.exr", "--coordinator", &coordinator.address, "--openjd"];
    let ended = place.run(&[&line[..], &SMALL].concat());
    assert_eq!(ended.exit, 0, "{}", ended.talk);
    let (progress, others) = read(&ended.data);
    assert_eq!(progress.last(), Some(&100.0), "{progress:?}");
    let job =
        others.iter().find_map(|line| line.strip_prefix("openjd_status: job ")).expect("its id is told");
    let again = place.run(&["collect", job, "--openjd"]);
    assert_eq!(again.exit, 0, "{}", again.talk);
    assert_eq!(read(&again.data).0.last(), Some(&100.0));
}

#[cfg(unix)]
#[test]
fn a_cancelled_task_ends_orderly_and_says_what_is_kept_on_a_gpu() {
    if !gpu_is_there() {
        return;
    }
    let place = Place::new();
    let line = [
        "render",
        "lamp.gltf",
        "-o",
        "a.exr",
        "--size",
        "256x192",
        "--spp",
        "512",
        "--tile",
        "32",
        "--openjd",
    ];
    let mut command = place.command(&line);
    command.stdout(place.log("told")).stderr(place.log("talk"));
    let mut running = Running::start(command);
    let told = || std::fs::read_to_string(place.path("told")).expect("it is there");
    // Line by line while it works, though standard output is a file.
    wait_until("a tile is done", PATIENCE, || read_whole(&told()).0.last().is_some_and(|share| *share > 0.0));
    let asked = Command::new("kill").args(["-TERM", &running.0.id().to_string()]).status();
    assert!(asked.expect("kill is there").success());
    assert_eq!(running.wait(PATIENCE), Some(130));
    let (progress, others) = read(&told());
    assert!(progress.last().is_some_and(|share| *share < 100.0), "{progress:?}");
    let last = others.last().expect("why it ended");
    assert!(last.starts_with("openjd_fail: ") && last.contains("a.partial.exr"), "{last}");
    assert_eq!(place.run(&["exr", "info", "a.partial.exr"]).exit, 0);
}

#[cfg(unix)]
#[test]
fn a_cancelled_task_cancels_its_job_at_the_coordinator_on_a_gpu() {
    if !gpu_is_there() {
        return;
    }
    let place = Place::new();
    let coordinator = CoordinatorProcess::start(&place, 0);
    let _node = node(&place, &coordinator.address, "node");
    let farm = ["submit", "lamp.gltf", "-o", "a.exr", "--coordinator", &coordinator.address, "--openjd"];
    let looks = ["--size", "256x192", "--spp", "512", "--tile", "32"];
    let mut command = place.command(&[&farm[..], &looks].concat());
    command.stdout(place.log("told")).stderr(place.log("talk"));
    let mut running = Running::start(command);
    let told = || std::fs::read_to_string(place.path("told")).expect("it is there");
    wait_until("a tile is done", PATIENCE, || read_whole(&told()).0.last().is_some_and(|share| *share > 0.0));
    let asked = Command::new("kill").args(["-TERM", &running.0.id().to_string()]).status();
    assert!(asked.expect("kill is there").success());
    assert_eq!(running.wait(PATIENCE), Some(130));
    let (_, others) = read(&told());
    let last = others.last().expect("why it ended");
    assert!(last.starts_with("openjd_fail: stopped, and the job is cancelled at the coordinator"), "{last}");
    assert!(last.contains("a.partial.exr"), "{last}");
    let jobs = place.run(&["jobs", "--json"]).data;
    let job: serde_json::Value = serde_json::from_str(jobs.trim()).expect("one job");
    assert_eq!(job["state"], "cancelled", "{jobs}");
}

/// The lines that are there to their end.
fn read_whole(told: &str) -> (Vec<f64>, Vec<String>) {
    read(&told[..told.rfind('\n').map_or(0, |end| end + 1)])
}
