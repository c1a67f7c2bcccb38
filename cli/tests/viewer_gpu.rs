//! The viewer beside a render: what is done to its process does nothing to the render, and it comes back to the same picture.
#![cfg(target_os = "linux")]

#[path = "support/display.rs"]
mod display;
#[path = "support/farm.rs"]
mod farm;
#[path = "support/program.rs"]
mod program;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use display::Display;
use farm::{Running, gpu_is_there, wait_until};
use program::Place;

const PATIENCE: Duration = Duration::from_secs(240);

/// The viewer beside the program; says aloud when it was not built.
fn viewer() -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_BIN_EXE_tessera")).with_file_name("tessera-viewer");
    if path.exists() {
        return Some(path);
    }
    // Past the test runner, which keeps what a passing test prints to itself; a closed standard error is no fault.
    let told = "SKIPPED: the viewer is not built, so it was not killed; `cargo build -p tessera-viewer`";
    let _ = writeln!(std::io::stderr(), "{told}");
    None
}

/// The child of a process that runs this program.
fn child_of(parent: u32, program: &str) -> Option<u32> {
    let all = std::fs::read_dir("/proc").ok()?.flatten();
    let numbers = all.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    numbers.into_iter().find(|process| {
        // "pid (name) state parent …"; a name is cut after 15 letters.
        let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
        let Some((name, rest)) = stat.rsplit_once(')') else { return false };
        name.ends_with(&program[..program.len().min(15)])
            && rest.split_whitespace().nth(1) == Some(&parent.to_string())
    })
}

/// The viewer's settings as they are on disk.
fn settings(place: &Place) -> serde_json::Value {
    let text = std::fs::read_to_string(place.path(".config/tessera/viewer.json")).unwrap_or_default();
    serde_json::from_str(&text).unwrap_or_default()
}

fn on(display: &Display, place: &Place, mut command: Command) -> Command {
    command.env("DISPLAY", &display.name).env_remove("WAYLAND_DISPLAY");
    command.env("XDG_CONFIG_HOME", place.path(".config"));
    command
}

#[test]
fn a_killed_viewer_stops_no_render_and_comes_back_to_it_on_a_gpu() {
    if !gpu_is_there() {
        return;
    }
    let Some((viewer, display)) = viewer().zip(Display::open()) else { return };
    let place = Place::new();
    std::fs::create_dir_all(place.path(".config/tessera")).expect("a temporary folder can be written");
    let looks = r#"{"view": {"ev": 1.5, "transform": "Neutral", "channel": "Green"}, "overlay": "Stages"}"#;
    place.write(".config/tessera/viewer.json", looks.as_bytes());
    let line = ["render", "lamp.gltf", "-o", "out.exr", "--size", "96x64", "--spp", "4096", "--tile", "32"];
    let line = [&line[..], &["--denoise", "off", "--direct", "--viewer", "--json"]].concat();
    let mut command = on(&display, &place, place.command(&line));
    command.stdout(place.log("events")).stderr(place.log("talk"));
    let mut render = Running::start(command);
    let events = || std::fs::read_to_string(place.path("events")).unwrap_or_default();
    let partial = place.path("out.partial.exr");
    wait_until("the viewer knows the growing file", PATIENCE, || {
        assert!(render.0.try_wait().is_ok_and(|ended| ended.is_none()), "it renders: {}", events());
        settings(&place)["files"][0] == serde_json::json!(partial)
    });
    wait_until("tiles are seen", PATIENCE, || events().contains("partial_written"));

    let killed = child_of(render.0.id(), "tessera-viewer").expect("it is a child of the render");
    let status = Command::new("kill").args(["-9", &killed.to_string()]).status().expect("there is a kill");
    assert!(status.success());
    assert!(render.0.try_wait().is_ok_and(|ended| ended.is_none()), "the render goes on");
    let left = settings(&place);
    assert!(left["is_open"] == true && left["view"]["ev"] == 1.5, "{left}");

    // Once more, as a person starts it: nothing is said about files.
    let start = |name: &str| {
        let mut command = on(&display, &place, Command::new(&viewer));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(place.log(name));
        Running::start(command)
    };
    let mut again = start("viewer.log");
    assert_eq!(render.wait(PATIENCE), Some(0), "{}", events());
    let warnings = events().lines().filter(|line| line.contains("\"warning\"")).count();
    assert_eq!(warnings, 1, "that nobody looks on any more is said once: {}", events());
    assert_eq!(place.run(&["exr", "check", "out.exr"]).exit, 0);
    // It had the growing file, and now shows the finished one.
    let out = place.path("out.exr");
    wait_until("the viewer shows the finished file", PATIENCE, || {
        let log = || std::fs::read_to_string(place.path("viewer.log")).unwrap_or_default();
        assert!(again.0.try_wait().is_ok_and(|ended| ended.is_none()), "its window is open: {}", log());
        settings(&place)["files"][0] == serde_json::json!(out)
    });
    let now = settings(&place);
    for (part, value) in [("transform", "Neutral"), ("channel", "Green")] {
        assert_eq!(now["view"][part], value, "{now}");
    }
    assert!(now["view"]["ev"] == 1.5 && now["overlay"] == "Stages" && now["layer"] == "beauty", "{now}");
    again.kill();
}
