//! What the network's whole path costs: `tessera render` against `tessera render --direct`, in turn, in one run.
//!
//! The release program renders a bundled scene both ways, and the pictures must have the same bits. Times are those of whole
//! processes by the wall, so the machine should have nothing else to do. One small render before the first round
//! compiles the kernels and is not counted.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail};

use crate::process::{cargo, release_path, run_step};

const SCENE: &str = "assets/scenes/studio.glb";
const OUT: &str = "target/network-cost";

/// How large the picture is and how often it is made.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Options {
    size: String,
    spp: u32,
    rounds: u32,
}

impl Options {
    /// Reads `[--size WxH] [--spp N] [--rounds N]`; `None` when a word makes no sense.
    pub(crate) fn parse(words: &[&str]) -> Option<Self> {
        let mut options = Self { size: "1920x1080".to_owned(), spp: 16, rounds: 3 };
        for pair in words.chunks(2) {
            match pair {
                ["--size", size] => options.size = (*size).to_owned(),
                ["--spp", spp] => options.spp = spp.parse().ok().filter(|&spp| spp > 0)?,
                ["--rounds", rounds] => options.rounds = rounds.parse().ok().filter(|&rounds| rounds > 0)?,
                _ => return None,
            }
        }
        Some(options)
    }
}

/// Renders both ways in turn and prints a line a round; fails when the two pictures differ.
pub(crate) fn run(options: &Options) -> Result<()> {
    run_step("build", &mut cargo(["build", "--release", "--locked", "--package", "cli"]))?;
    std::fs::create_dir_all(OUT).with_context(|| format!("could not make {OUT}"))?;
    let (network, direct) = (Path::new(OUT).join("network.exr"), Path::new(OUT).join("direct.exr"));
    let warm = Options { size: "64x36".to_owned(), spp: 1, rounds: 1 };
    seconds(&warm, &direct, &["--direct"])?;
    eprintln!(
        "\n{} at {} spp\n\n| round | network, s | --direct, s | ratio |\n|---|---|---|---|",
        options.size, options.spp
    );
    let mut ratios = Vec::new();
    for round in 1..=options.rounds {
        let through = seconds(options, &network, &[])?;
        let alone = seconds(options, &direct, &["--direct"])?;
        ratios.push(through / alone);
        eprintln!("| {round} | {through:.1} | {alone:.1} | {:.3} |", through / alone);
    }
    ratios.sort_by(f64::total_cmp);
    eprintln!("\nmedian ratio {:.3}", ratios[ratios.len() / 2]);
    same_bits(&network, &direct)
}

fn seconds(options: &Options, out: &Path, way: &[&str]) -> Result<f64> {
    let mut command = Command::new(release_path());
    command.args(["render", SCENE, "--size", &options.size, "--spp", &options.spp.to_string(), "-o"]);
    let started = Instant::now();
    let output =
        command.arg(out).args(way).stdin(Stdio::null()).output().context("could not start tessera")?;
    if !output.status.success() {
        bail!("tessera render failed: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(started.elapsed().as_secs_f64())
}

fn same_bits(network: &Path, direct: &Path) -> Result<()> {
    let mut diff = Command::new(release_path());
    let output =
        diff.args(["exr", "diff"]).arg(network).arg(direct).output().context("could not start tessera")?;
    let said = String::from_utf8_lossy(&output.stdout);
    match said_same(&said) {
        Some(line) => eprintln!("{line}"),
        None => bail!("the two pictures differ:\n{said}"),
    }
    Ok(())
}

fn said_same(said: &str) -> Option<&str> {
    said.lines().find(|line| line.starts_with("every channel has the same bits"))
}

#[cfg(test)]
mod tests {
    use super::{Options, said_same};

    #[test]
    fn different_bits_are_not_taken_for_the_same() {
        assert!(said_same("MSE 0\nnot the same bits\n").is_none());
        assert!(said_same("MSE 0\nevery channel has the same bits\n").is_some());
    }

    #[test]
    fn words_become_options_and_nonsense_does_not() {
        let options = Options::parse(&["--spp", "4", "--size", "640x360"]).expect("these are words it knows");
        assert_eq!(options, Options { size: "640x360".to_owned(), spp: 4, rounds: 3 });
        for nonsense in [&["--spp"][..], &["--rounds", "0"], &["4"]] {
            assert_eq!(Options::parse(nonsense), None);
        }
    }
}
