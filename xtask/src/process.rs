//! Running other programs: each step is said before it starts, and a failure names the step and the command.

use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, bail};

/// The folder that holds the workspace's `Cargo.toml`.
pub(crate) fn repository_root() -> PathBuf {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    here.parent().map_or(here.clone(), PathBuf::from)
}

/// Cargo as this process was started by it, with `arguments`.
///
/// What cargo told this process about its own package is taken out again: some build scripts watch those words, and
/// would be run anew whenever somebody changes between `cargo xtask` and plain cargo.
pub(crate) fn cargo<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(is_about_this_package) {
            command.env_remove(name);
        }
    }
    command.args(arguments);
    command
}

/// Whether cargo sets this variable for the package that it runs.
fn is_about_this_package(variable: &str) -> bool {
    const ONE_BY_ONE: [&str; 5] = [
        "CARGO_MANIFEST_DIR",
        "CARGO_MANIFEST_PATH",
        "CARGO_CRATE_NAME",
        "CARGO_BIN_NAME",
        "CARGO_PRIMARY_PACKAGE",
    ];
    variable.starts_with("CARGO_PKG_") || ONE_BY_ONE.contains(&variable)
}

/// Gives this program's file another name. Cargo may build it anew while it runs, with other features for all crates together, and Windows
/// replaces no file that runs; a new name it may have.
#[cfg(windows)]
pub(crate) fn step_aside() {
    const ASIDE: &str = ".running.exe";
    let Ok(own) = std::env::current_exe() else { return };
    let beside =
        own.parent().and_then(|folder| std::fs::read_dir(folder).ok()).into_iter().flatten().flatten();
    for left in beside.filter(|file| file.file_name().to_string_lossy().ends_with(ASIDE)) {
        // One that still runs stays.
        let _ = std::fs::remove_file(left.path());
    }
    // Without it cargo says what it could not replace.
    let _ = std::fs::rename(&own, own.with_extension(format!("{}{ASIDE}", std::process::id())));
}

/// Says `step`, runs `command` with this process's input and output, and fails when it fails.
pub(crate) fn run_step(step: &str, command: &mut Command) -> Result<()> {
    eprintln!("== {step}");
    let started = Instant::now();
    let status = command.status().with_context(|| format!("{step}: could not start {}", said(command)))?;
    if !status.success() {
        bail!("{step} failed ({status}): {}", said(command));
    }
    eprintln!("   done in {:.1} s", started.elapsed().as_secs_f64());
    Ok(())
}

/// Runs `command` and hands back its standard output as text.
pub(crate) fn output_of(command: &mut Command) -> Result<String> {
    let output = command.output().with_context(|| format!("could not start {}", said(command)))?;
    if !output.status.success() {
        bail!(
            "{} failed ({}): {}",
            said(command),
            output.status,
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    String::from_utf8(output.stdout)
        .with_context(|| format!("{} printed something that is not text", said(command)))
}

/// Whether `program --version` can be run.
pub(crate) fn is_installed(program: &str) -> bool {
    Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success())
}

/// Tauri's command line, as npm puts it beside the page.
pub(crate) fn tauri() -> Result<PathBuf> {
    // On Windows a script for shells lies beside it, which the system cannot start.
    let name = if cfg!(windows) { "tauri.cmd" } else { "tauri" };
    let place = std::path::absolute(PathBuf::from("ui/desktop/node_modules/.bin").join(name))?;
    if !place.exists() {
        bail!("{} is missing; run `npm ci` in ui/desktop", place.display());
    }
    Ok(place)
}

/// The program `tessera` as `cargo build` leaves it.
pub(crate) fn program_path() -> PathBuf {
    built("debug", "tessera")
}

/// The program `tessera` as `cargo build --release` leaves it.
pub(crate) fn release_path() -> PathBuf {
    built("release", "tessera")
}

/// What lies under `name` in a profile's folder, as cargo leaves programs there.
pub(crate) fn built(profile: &str, name: &str) -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| PathBuf::from("target"), PathBuf::from);
    target.join(profile).join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
}

/// The command as a person would type it.
fn said(command: &Command) -> String {
    let mut words = vec![command.get_program().to_string_lossy().into_owned()];
    words.extend(command.get_args().map(|word| word.to_string_lossy().into_owned()));
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::cargo;

    #[test]
    fn child_cargo_is_not_told_about_this_package() {
        // Tests run under cargo, so the name is set here.
        assert!(std::env::var_os("CARGO_PKG_NAME").is_some());
        let removed = |name: &str| cargo([]).get_envs().any(|(key, value)| key == name && value.is_none());
        assert!(removed("CARGO_PKG_NAME") && removed("CARGO_MANIFEST_DIR"));
        assert!(!removed("PATH"));
    }
}
