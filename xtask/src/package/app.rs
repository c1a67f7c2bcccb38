//! Packages of the desktop program, made by Tauri's own bundler from programs that are already built, and a trial of the deb.
//!
//! What goes in stands in `installers/app/bundle.json`, apart from the program's own settings, so that building the program needs no
//! finished viewer beside it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::trial::{Running, left_over, until};
use super::{Profile, place};
use crate::process::{built, output_of, run_step};

const BUNDLE: &str = "installers/app/bundle.json";
/// Tauri's bundler, as npm puts it beside the page.
const BUNDLER: &str = "ui/desktop/node_modules/.bin/tauri";
/// Where the bundler looks for programs beside the main one.
const BESIDE: &str = "target/package/app";
const NAME: &str = "tessera";
/// What the deb brings.
const FILES: [&str; 4] = [
    "/usr/bin/tessera-desktop",
    "/usr/bin/tessera-viewer",
    "/usr/share/applications/Tessera.desktop",
    "/usr/share/applications/tessera-viewer.desktop",
];

/// Packs what this system's bundler can make, or only `kinds`.
pub(crate) fn pack(profile: Profile, kinds: &str) -> Result<()> {
    let folder = profile.folder();
    for program in ["tessera-desktop", "tessera-viewer"] {
        let path = built(folder, program);
        if !path.is_file() {
            bail!("there is no {}; build it first, see installers/README.md", path.display());
        }
    }
    if !Path::new(BUNDLER).exists() {
        bail!("{BUNDLER} is missing; run `npm ci` in ui/desktop");
    }
    // The bundler wants the machine's name in the file's, and takes it off again.
    let machine = output_of(Command::new("rustc").arg("-vV"))?;
    let machine =
        machine.lines().find_map(|line| line.strip_prefix("host: ")).context("rustc names no host")?;
    let name = format!("tessera-viewer-{machine}{}", std::env::consts::EXE_SUFFIX);
    place(&built(folder, "tessera-viewer"), &Path::new(BESIDE).join(name), 0o755)?;
    let mut bundler = Command::new(fs::canonicalize(BUNDLER)?);
    bundler.args(["bundle", "--config", BUNDLE, "--bundles", kinds]);
    if profile == Profile::Debug {
        bundler.arg("--debug");
    }
    run_step("bundle", &mut bundler)
}

/// Installs the deb on this machine, starts the program on a screen that nobody sees, and removes it again; needs root.
pub(crate) fn try_deb(profile: Profile) -> Result<()> {
    if let Some(path) = left_over(&FILES) {
        bail!("{path} is on this machine already; try it on another one");
    }
    pack(profile, "deb")?;
    run_step("install", Command::new("dpkg").arg("--install").arg(newest_deb(profile)?))?;
    let tried = start_and_look();
    run_step("remove", Command::new("dpkg").args(["--purge", NAME]))?;
    tried?;
    if let Some(path) = left_over(&FILES) {
        bail!("{path} is left after a purge");
    }
    eprintln!("== the deb installs, opens its window, and leaves nothing");
    Ok(())
}

fn newest_deb(profile: Profile) -> Result<PathBuf> {
    let folder = built(profile.folder(), "bundle/deb");
    let files = fs::read_dir(&folder).with_context(|| format!("there is no {}", folder.display()))?;
    let debs =
        files.flatten().map(|file| file.path()).filter(|path| path.extension().is_some_and(|e| e == "deb"));
    debs.max_by_key(|path| fs::metadata(path).and_then(|about| about.modified()).ok())
        .with_context(|| format!("the bundler left no deb in {}", folder.display()))
}

fn start_and_look() -> Result<()> {
    if let Some(path) = FILES.iter().find(|path| !Path::new(path).exists()) {
        bail!("the package did not bring {path}");
    }
    let home = super::trial::tempdir()?;
    let screen = "DISPLAY=:77";
    let _screen =
        Running(Command::new("Xvfb").args([":77", "-nolisten", "tcp"]).stderr(Stdio::null()).spawn()?);
    std::thread::sleep(Duration::from_secs(1));
    let mut program = Command::new("env");
    program
        .arg(screen)
        .arg(format!("HOME={}", home.display()))
        .arg(format!("XDG_DATA_HOME={}", home.display()));
    program.args(["dbus-run-session", "--", FILES[0]]).stdout(Stdio::null()).stderr(Stdio::null());
    let _program = Running(program.spawn()?);
    until("the program's window is on the screen", || {
        let found = Command::new("env")
            .arg(screen)
            .args(["xdotool", "search", "--onlyvisible", "--name", "^Tessera$"])
            .output();
        found.ok().filter(|found| !found.stdout.is_empty()).map(drop)
    })?;
    run_step("stop", Command::new("pkill").args(["-x", "tessera-desktop"]))?;
    // A session's helper may have mounted something in it; it lies among temporary files.
    let _ = fs::remove_dir_all(&home);
    Ok(())
}
