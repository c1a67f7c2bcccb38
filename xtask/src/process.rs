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
pub(crate) fn cargo<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments);
    command
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

/// The program `tessera` as `cargo build` leaves it.
pub(crate) fn program_path() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| PathBuf::from("target"), PathBuf::from);
    target.join("debug").join(format!("tessera{}", std::env::consts::EXE_SUFFIX))
}

/// The command as a person would type it.
fn said(command: &Command) -> String {
    let mut words = vec![command.get_program().to_string_lossy().into_owned()];
    words.extend(command.get_args().map(|word| word.to_string_lossy().into_owned()));
    words.join(" ")
}
