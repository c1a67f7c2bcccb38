//! Packages of the desktop program, made by Tauri's own bundler from programs that are already built, and a trial of the deb.
//!
//! What goes in stands in `installers/app/bundle.json`, apart from the program's own settings, so that building the program needs no
//! finished viewer beside it. A system makes its own kinds alone; what was not made is said, and why.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use memchr::memmem;
use serde_json::{Value, json};

use super::trial::{Running, left_over, until};
use super::{Profile, place};
use crate::process::{built, output_of, run_step, tauri};

const BUNDLE: &str = "installers/app/bundle.json";
/// Stands in a program that lies in no package yet; updates depend on what is written over it.
const UNMARKED: &[u8] = b"__TAURI_BUNDLE_TYPE_VAR_UNK";
/// Where the bundler looks for programs beside the main one.
const BESIDE: &str = "target/package/app";
/// Those programs. Linux has the command line in a place of its own, because the node's package brings `/usr/bin/tessera`.
const OTHERS: [&str; 2] = ["tessera-viewer", "tessera"];
const NAME: &str = "tessera";
/// What the deb brings.
const FILES: [&str; 6] = [
    "/usr/bin/tessera-desktop",
    "/usr/bin/tessera-viewer",
    "/usr/lib/tessera/tessera",
    "/usr/share/applications/Tessera.desktop",
    "/usr/share/applications/tessera-viewer.desktop",
    "/usr/share/doc/tessera/copyright",
];

/// What the bundler itself reads. The key of updates is not among them: it signs in one place, `cargo xtask release`, and no machine that builds has it.
const SECRETS: [&str; 7] = [
    "APPLE_CERTIFICATE",
    "APPLE_CERTIFICATE_PASSWORD",
    "APPLE_SIGNING_IDENTITY",
    "APPLE_ID",
    "APPLE_PASSWORD",
    "APPLE_TEAM_ID",
    "APPLE_API_KEY",
];

/// Kinds of packages that are made together, and the system that makes them. A disk image takes the program in that is made with it.
const KINDS: [(&str, &str); 6] = [
    ("deb", "linux"),
    ("rpm", "linux"),
    ("appimage", "linux"),
    ("nsis", "windows"),
    ("msi", "windows"),
    ("app,dmg", "macos"),
];

/// Packs every kind that this system can make, and says of each other one why it was not made.
///
/// # Errors
/// A kind that was not made although its system is this one. The AppImage alone may be missing: its tools are fetched while it is made.
pub(crate) fn pack_all(profile: Profile) -> Result<()> {
    let mut missing = Vec::new();
    for (kind, system) in KINDS {
        if system != std::env::consts::OS {
            missing.push(format!("{kind}: made on {system} only"));
        } else if let Err(error) = pack(profile, kind) {
            if kind != "appimage" {
                return Err(error);
            }
            missing.push(format!("{kind}: its tools could not be fetched, or did not work ({error:#})"));
        }
    }
    for why in missing {
        eprintln!("== NOT MADE: {why}");
    }
    if cfg!(target_os = "macos") { archive(profile) } else { Ok(()) }
}

/// Packs the program once more, signed as it is by now, the way the updater wants it.
fn archive(profile: Profile) -> Result<()> {
    let folder = built(profile.folder(), "bundle/macos");
    let processor = if cfg!(target_arch = "aarch64") { "aarch64" } else { "x64" };
    let name = format!("Tessera_{}_{processor}.app.tar.gz", super::version());
    // Without the system's own notes on each file, which would break the signature elsewhere.
    let mut tar = Command::new("tar");
    tar.env("COPYFILE_DISABLE", "1")
        .arg("-czf")
        .arg(folder.join(name))
        .arg("-C")
        .arg(&folder)
        .arg("Tessera.app");
    run_step("archive for the updater", &mut tar)
}

/// Packs one kind.
fn pack(profile: Profile, kind: &str) -> Result<()> {
    let folder = profile.folder();
    for program in OTHERS.into_iter().chain(["tessera-desktop"]) {
        let path = built(folder, program);
        if !path.is_file() {
            bail!("there is no {}; build it first, see installers/README.md", path.display());
        }
    }
    let mut bundler = Command::new(tauri()?);
    // The bundler wants the machine's name in the file's, and takes it off again.
    let machine = output_of(Command::new("rustc").arg("-vV"))?;
    let machine =
        machine.lines().find_map(|line| line.strip_prefix("host: ")).context("rustc names no host")?;
    for program in OTHERS {
        let name = format!("{program}-{machine}{}", std::env::consts::EXE_SUFFIX);
        place(&built(folder, program), &Path::new(BESIDE).join(name), 0o755)?;
    }
    place(&built(folder, "tessera"), &Path::new(BESIDE).join("tessera"), 0o755)?;
    fs::write(Path::new(BESIDE).join("LICENSE.txt"), licence()?)?;
    bundler.args(["bundle", "--config", BUNDLE, "--bundles", kind, "--config"]);
    let given = |name: &str| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
    bundler.arg(surroundings(std::env::consts::OS, given).to_string());
    // A secret that continuous integration does not have comes as an empty word, which the bundler would take for one.
    for name in SECRETS.into_iter().filter(|name| given(name).is_none()) {
        bundler.env_remove(name);
    }
    if profile == Profile::Debug {
        bundler.arg("--debug");
    }
    let program = built(folder, "tessera-desktop");
    let unmarked = fs::read(&program)?;
    if memmem::find(&unmarked, UNMARKED).is_none() {
        bail!("{} carries the mark of a package that was not finished; build it again", program.display());
    }
    let packed = run_step(kind, &mut bundler);
    // The bundler writes into the program which kind of package it lies in, and where it fails, leaves it so: the next kind would lie.
    if fs::read(&program)? != unmarked {
        fs::write(&program, unmarked)?;
    }
    packed
}

/// Both licences, one after the other.
fn licence() -> Result<String> {
    let (mit, apache) = (fs::read_to_string("LICENSE-MIT")?, fs::read_to_string("LICENSE-APACHE")?);
    Ok(format!("Tessera is licensed under MIT OR Apache-2.0, at your choice.\n\n{mit}\n\n{apache}"))
}

/// What the surroundings add to the bundler's settings: keys and certificates are never in the tree.
fn surroundings(system: &str, given: impl Fn(&str) -> Option<String>) -> Value {
    let mut settings = json!({});
    // Signs each program and installer on Windows: a command with %1 in the place of the file.
    if let Some(command) = given("TESSERA_WINDOWS_SIGN") {
        settings["bundle"]["windows"]["signCommand"] = command.into();
    }
    if system != "linux" {
        settings["bundle"]["externalBin"] =
            OTHERS.map(|program| format!("../{BESIDE}/{program}")).to_vec().into();
    }
    // There the file lies in the program's folder; a disk image would ask everybody to agree before it opens.
    if system == "macos" {
        settings["bundle"]["licenseFile"] = Value::Null;
    }
    settings
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
    // Each mark stands once in a program that tells them apart, and the one that is meant once more.
    let program = fs::read(FILES[0])?;
    let marks = |kind: &str| memmem::find_iter(&program, format!("TYPE_VAR_{kind}").as_bytes()).count();
    if marks("DEB") <= marks("RPM") {
        bail!("the program does not know that it came with a deb, and would look for updates itself");
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_signed_without_a_command_and_only_macos_shows_no_licence() {
        let with = |names: &'static [&'static str]| {
            surroundings("linux", move |name| names.contains(&name).then(|| format!("the {name}")))
        };
        assert_eq!(with(&[]), json!({}));
        let windows = with(&["TESSERA_WINDOWS_SIGN"]);
        assert_eq!(windows["bundle"]["windows"]["signCommand"], "the TESSERA_WINDOWS_SIGN");
        assert_eq!(surroundings("macos", |_| None)["bundle"]["licenseFile"], Value::Null);
    }

    #[test]
    fn every_desktop_package_but_the_appimage_brings_the_command_line() {
        for system in ["windows", "macos"] {
            let beside = &surroundings(system, |_| None)["bundle"]["externalBin"];
            assert_eq!(
                beside,
                &json!(["../target/package/app/tessera-viewer", "../target/package/app/tessera"])
            );
        }
        let bundle = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(BUNDLE))
            .expect("it is there");
        let bundle: Value = serde_json::from_str(&bundle).expect("it is JSON");
        for kind in ["deb", "rpm"] {
            assert_eq!(
                bundle["bundle"]["linux"][kind]["files"]["/usr/lib/tessera/tessera"],
                "../target/package/app/tessera"
            );
        }
    }

    #[test]
    fn a_system_makes_its_own_kinds() {
        for system in ["linux", "windows", "macos"] {
            assert!(KINDS.iter().any(|(_, of)| *of == system), "{system}");
        }
    }
}
