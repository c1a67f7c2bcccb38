//! Denoises an EXR from its layers, for the training's comparisons.
//!
//! The release program does the work (`tessera exr denoise`), so that what is compared is what people get.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use crate::process::{cargo, release_path, run_step};

/// Denoises `input` into `output`; `words` are the program's own options. Relative paths start at `folder`.
pub(crate) fn run(folder: &Path, input: &str, output: &str, words: &[&str]) -> Result<()> {
    run_step("build", &mut cargo(["build", "--release", "--locked", "--package", "cli"]))?;
    let here = |path: &str| -> PathBuf { folder.join(path) };
    let mut denoise = Command::new(release_path());
    denoise.args(["exr", "denoise"]).arg(here(input)).arg("-o").arg(here(output));
    for pair in words.chunks(2) {
        match pair {
            ["--weights", weights] => denoise.arg("--weights").arg(here(weights)),
            other => denoise.args(other),
        };
    }
    run_step("denoise", &mut denoise)
}
