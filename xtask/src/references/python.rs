//! The comparison runs in Python, as the shared folder brings it; its packages live in an own environment in `.cache`.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::process::run_step;

const ENVIRONMENT: &str = ".cache/python";

/// Makes the environment with `packages` if it is not there, and answers its interpreter.
pub(crate) fn prepare(packages: &[&str]) -> Result<PathBuf> {
    let folder = Path::new(ENVIRONMENT);
    let interpreter = if cfg!(windows) {
        folder.join("Scripts").join("python.exe")
    } else {
        folder.join("bin").join("python")
    };
    let probe = "import OpenEXR, numpy, PIL";
    if Command::new(&interpreter).args(["-c", probe]).output().is_ok_and(|output| output.status.success()) {
        return Ok(interpreter);
    }
    let system = if cfg!(windows) { "python" } else { "python3" };
    run_step("python environment in .cache", Command::new(system).args(["-m", "venv", ENVIRONMENT]))
        .context("Debian has this in the package python3-venv")?;
    let mut install = Command::new(&interpreter);
    run_step("python packages", install.args(["-m", "pip", "install", "--quiet"]).args(packages))?;
    Ok(interpreter)
}

/// What the comparison measured; the rest of its report is not needed.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Measured {
    /// Relative offset of each channel's mean.
    pub(crate) bias: [f64; 3],
    /// Mean relative error of 8 × 8 pixel means.
    pub(crate) block: f64,
    /// Pixels that are not numbers.
    pub(crate) bad_pixels: u64,
    /// Pixels below zero.
    pub(crate) negative_pixels: u64,
}

impl Measured {
    /// The channel that is furthest off.
    pub(crate) fn bias_max(&self) -> f64 {
        self.bias.iter().fold(0.0, |most, one| most.max(one.abs()))
    }
}

/// Compares a picture with its reference.
pub(crate) fn compare(python: &Path, shared: &Path, picture: &Path, reference: &Path) -> Result<Measured> {
    let output = Command::new(python)
        .arg(shared.join("tools/compare_exr.py"))
        .args([picture, reference])
        .arg("--no-flip")
        .output()
        .context("could not start the comparison")?;
    let text = String::from_utf8_lossy(&output.stdout);
    if text.trim().is_empty() {
        bail!("comparing {} failed: {}", picture.display(), String::from_utf8_lossy(&output.stderr).trim());
    }
    serde_json::from_str(&text).context("the comparison's report is not what it used to be")
}
