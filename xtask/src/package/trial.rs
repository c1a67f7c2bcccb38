//! Tries the deb on this machine: install, start as its own account, remove, purge, and look at what is left.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::{NAME, Profile, deb};
use crate::process::{output_of, run_step};

const DATA: &str = "/var/lib/tessera-node";
const PATIENCE: Duration = Duration::from_secs(60);

/// What the package brings, and what stays when it is removed.
const FILES: [&str; 5] = [
    "/usr/bin/tessera",
    "/usr/lib/systemd/system/tessera-node.service",
    "/usr/share/doc/tessera-node",
    "/usr/share/man/man1/tessera.1.gz",
    "/usr/share/bash-completion/completions/tessera",
];
const SETTINGS: [&str; 2] = ["/etc/tessera/node.env", "/etc/tessera/rules.toml"];

/// A child that does not outlive the trial.
pub(super) struct Running(pub(super) Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Runs the trial; needs root, and a machine that has no Tessera yet.
pub(crate) fn run(profile: Profile) -> Result<()> {
    if output_of(Command::new("id").arg("-u"))?.trim() != "0" {
        bail!("installing needs root; run it in a container or on a machine that is not needed");
    }
    if Path::new(FILES[0]).exists() || Path::new(DATA).exists() {
        bail!("there is a Tessera on this machine already; try it on another one");
    }
    let file = deb(profile)?;
    run_step("install", Command::new("dpkg").arg("--install").arg(&file))?;
    let tried = start_and_ask();
    run_step("remove", Command::new("dpkg").args(["--remove", NAME]))?;
    let left = left_over(&FILES).or_else(|| SETTINGS.iter().find(|path| !Path::new(path).exists()).copied());
    run_step("purge", Command::new("dpkg").args(["--purge", NAME]))?;
    tried?;
    if let Some(path) = left {
        bail!("after removal {path} is not as it should be");
    }
    if let Some(path) = left_over(&FILES).or_else(|| left_over(&SETTINGS)) {
        bail!("{path} is left after a purge");
    }
    if !Path::new(DATA).join("identity.key").exists() {
        bail!("the node's key did not survive the purge");
    }
    fs::remove_dir_all(DATA)?;
    run_step("account", Command::new("userdel").arg(NAME))?;
    eprintln!("== the deb installs, starts, is asked and told, and leaves only its owner's key");
    Ok(())
}

pub(super) fn left_over<'a>(paths: &[&'a str]) -> Option<&'a str> {
    paths.iter().find(|path| Path::new(path).exists()).copied()
}

/// Starts a coordinator, and the installed program as the service's account would run it.
fn start_and_ask() -> Result<()> {
    let place = tempdir()?;
    let told = place.join("address");
    let mut coordinator = Command::new(FILES[0]);
    coordinator.args(["coordinator", "--listen", "127.0.0.1:0", "--data"]).arg(place.join("coordinator"));
    let _coordinator = Running(coordinator.stdout(File::create(&told)?).stderr(Stdio::null()).spawn()?);
    let address = until("the coordinator tells its address", || {
        let told = fs::read_to_string(&told).unwrap_or_default();
        told.lines().next().filter(|line| line.starts_with("tessera://")).map(str::to_owned)
    })?;
    // What StateDirectory= does.
    run_step("folder", Command::new("install").args(["-d", "-m", "0700", "-o", NAME, "-g", NAME, DATA]))?;
    let account = |words: &[&str]| {
        let mut command = Command::new("setpriv");
        command
            .args(["--reuid", NAME, "--regid", NAME, "--clear-groups", "--no-new-privs", FILES[0]])
            .args(words);
        command.env("TESSERA_DATA", DATA).env("TESSERA_RULES", SETTINGS[1]).env("XDG_CACHE_HOME", DATA);
        command.env("TESSERA_COORDINATOR", &address);
        command
    };
    let mut node = account(&["node"]);
    let mut node = Running(node.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?);
    let status = |expected: &str| {
        until(&format!("the node says {expected:?}"), || {
            let told = account(&["node", "status"]).output().ok()?;
            String::from_utf8_lossy(&told.stdout).contains(expected).then_some(())
        })
    };
    status("Waiting: no tile is there to render")?;
    run_step("pause", &mut account(&["node", "pause"]))?;
    status("Paused: you asked for it")?;
    run_step("resume", &mut account(&["node", "resume"]))?;
    run_step("finish", &mut account(&["node", "finish", "--wait", "5"]))?;
    run_step("stop", Command::new("kill").arg(node.0.id().to_string()))?;
    let ended = until("the node leaves", || node.0.try_wait().ok().flatten())?;
    if ended.code() != Some(130) {
        bail!("the stopped node ended with {ended}");
    }
    fs::remove_dir_all(&place)?;
    Ok(())
}

pub(super) fn tempdir() -> Result<std::path::PathBuf> {
    let place = std::env::temp_dir().join(format!("tessera-trial-{}", std::process::id()));
    fs::create_dir_all(&place)?;
    Ok(place)
}

pub(super) fn until<T>(what: &str, mut found: impl FnMut() -> Option<T>) -> Result<T> {
    let began = Instant::now();
    while began.elapsed() < PATIENCE {
        if let Some(found) = found() {
            return Ok(found);
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    Err(anyhow::anyhow!("in vain: {what}")).context("the trial")
}
