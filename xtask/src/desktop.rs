//! The desktop program: its page, and the tests that drive it in a real window.
//!
//! Its crate needs the system's web view, and its page needs Node.js. A machine that lacks them checks everything else, and
//! says aloud what it did not check.

mod window;

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::Result;

use crate::process::{is_installed, run_step};

const PACKAGE: &str = "tessera-desktop";
const PAGE: &str = "ui/desktop";
/// What npm writes last, when all packages are in place.
const INSTALLED: &str = "ui/desktop/node_modules/.package-lock.json";
const LOCK: &str = "ui/desktop/package-lock.json";

/// Whether this machine can build the desktop program.
pub(crate) struct Desktop {
    is_buildable: bool,
}

impl Desktop {
    /// Checks and builds the page, without which the crate does not compile.
    pub(crate) fn prepare() -> Result<Self> {
        let missing = missing_to_build();
        if !missing.is_empty() {
            eprintln!("== desktop: NOT CHECKED, this machine lacks {}", missing.join(" and "));
            return Ok(Self { is_buildable: false });
        }
        if is_older(INSTALLED, LOCK) {
            run_step("desktop: packages of the page", &mut npm(["ci", "--no-audit", "--no-fund"]))?;
        }
        run_step("desktop: types of the page", &mut npm(["run", "--silent", "check"]))?;
        run_step("desktop: tests of the page", &mut npm(["run", "--silent", "test"]))?;
        run_step("desktop: the page", &mut npm(["run", "--silent", "build"]))?;
        Ok(Self { is_buildable: true })
    }

    /// Which crates cargo shall work on.
    pub(crate) fn crates(&self) -> &'static [&'static str] {
        if self.is_buildable { &["--workspace"] } else { &["--workspace", "--exclude", PACKAGE] }
    }

    /// Drives the program as the tests have built it, window and all, on a screen that nobody sees.
    pub(crate) fn drive(&self) -> Result<()> {
        if !self.is_buildable {
            return Ok(());
        }
        let missing = missing_to_drive();
        if !missing.is_empty() {
            eprintln!("== desktop in its window: NOT CHECKED, this machine lacks {}", missing.join(" and "));
            return Ok(());
        }
        window::drive(&Path::new(PAGE).join("e2e"))
    }
}

fn missing_to_build() -> Vec<&'static str> {
    let mut missing = Vec::new();
    if !is_installed(npm_program()) {
        missing.push("Node.js with npm");
    }
    if cfg!(target_os = "linux") && !has_library("webkit2gtk-4.1") {
        missing.push("WebKitGTK 4.1 (Debian: libwebkit2gtk-4.1-dev)");
    }
    missing
}

fn missing_to_drive() -> Vec<&'static str> {
    // WebKit's driver exists for Linux alone.
    let needed = [
        ("WebKitWebDriver", "WebKit's driver (Debian: webkit2gtk-driver)"),
        ("Xvfb", "a screen that nobody sees (Debian: xvfb)"),
        ("dbus-run-session", "a session bus (Debian: dbus)"),
        ("openbox", "a window manager (Debian: openbox)"),
        ("xdotool", "a hand on the pointer (Debian: xdotool)"),
        ("import", "a camera for the screen (Debian: imagemagick)"),
    ];
    needed.into_iter().filter(|(program, _)| !can_start(program)).map(|(_, said)| said).collect()
}

fn has_library(name: &str) -> bool {
    Command::new("pkg-config").args(["--exists", name]).status().is_ok_and(|status| status.success())
}

/// Whether there is such a program; some answer no question about their version without a screen.
fn can_start(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

/// Whether `made` is missing or older than `source`.
fn is_older(made: &str, source: &str) -> bool {
    let changed = |path: &str| std::fs::metadata(path).and_then(|about| about.modified()).ok();
    changed(made).is_none_or(|made| changed(source).is_none_or(|source| made < source))
}

fn npm_program() -> &'static str {
    if cfg!(windows) { "npm.cmd" } else { "npm" }
}

fn npm<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Command {
    let mut command = Command::new(npm_program());
    command.args(arguments).current_dir(PAGE).stdin(Stdio::null());
    command
}
