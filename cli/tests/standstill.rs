//! What stands still says why, and what loses its terminal ends as if it were asked to.

#[path = "support/farm.rs"]
mod farm;
#[path = "support/program.rs"]
mod program;

use std::time::Duration;

use farm::{CoordinatorProcess, Running, wait_until};
use program::Place;

const PATIENCE: Duration = Duration::from_secs(60);

#[test]
fn a_job_that_nobody_takes_is_told_with_the_reason() {
    let place = Place::new();
    let coordinator = CoordinatorProcess::start(&place, 0);
    let mut command = place.command(&["submit", "lamp.gltf", "-o", "a.exr", "--size", "8x8", "--spp", "1"]);
    command.args(["--denoise", "off", "--data", "artist", "--coordinator", &coordinator.address]);
    command.stderr(place.log("submit.log"));
    let _submit = Running::start(command);
    let log = || std::fs::read_to_string(place.path("submit.log")).unwrap_or_default();
    let told = "no node works on this job: no node works or waits at this coordinator now";
    wait_until("the reason is told", PATIENCE, || log().contains(told));
}

#[test]
fn a_job_that_nobody_follows_says_that_it_waits() {
    let place = Place::new();
    let coordinator = CoordinatorProcess::start(&place, 0);
    let farm = ["--data", "artist", "--coordinator", &coordinator.address, "--detach"];
    let line = ["submit", "lamp.gltf", "-o", "a.exr", "--size", "8x8", "--spp", "1", "--denoise", "off"];
    let ended = place.run(&[&line[..], &farm].concat());
    assert_eq!((ended.exit, ended.data.trim().len()), (0, 32), "the id alone: {}{}", ended.data, ended.talk);
    assert!(ended.talk.contains("nodes begin when `tessera collect` runs"), "{}", ended.talk);
}

#[cfg(unix)]
fn hang_up(process: &Running) {
    let id = process.0.id().to_string();
    assert!(std::process::Command::new("kill").args(["-HUP", &id]).status().expect("it runs").success());
}

#[cfg(target_os = "linux")]
#[test]
fn a_closed_terminal_ends_a_command_cleanly() {
    // Whoever runs these tests with `nohup` has every program here outlive its terminal.
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux tells");
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:")).expect("it is told");
    if u64::from_str_radix(ignored.trim(), 16).expect("it is a number") & 1 == 1 {
        eprintln!("SKIPPED: hang-ups are ignored here, so no terminal was closed");
        return;
    }
    let place = Place::new();
    let mut coordinator = CoordinatorProcess::start(&place, 0);
    hang_up(&coordinator.process);
    let ended = coordinator.process.wait(PATIENCE);
    assert!(ended.is_some_and(|exit| exit >= 0), "it was not killed, but ended: {ended:?}");
}

#[cfg(unix)]
#[test]
fn what_is_to_outlive_its_terminal_does() {
    let place = Place::new();
    let mut shell = std::process::Command::new("sh");
    let line = "trap '' HUP; exec \"$0\" coordinator --listen 127.0.0.1:0 --data other";
    shell.args(["-c", line, env!("CARGO_BIN_EXE_tessera")]).current_dir(place.folder());
    shell.stdout(std::process::Stdio::piped()).stderr(place.log("other.log"));
    let mut nohup = Running::start(shell);
    assert!(nohup.first_line().starts_with("tessera://"), "it runs");
    hang_up(&nohup);
    assert_eq!(nohup.wait(Duration::from_secs(1)), None, "it goes on");
}
