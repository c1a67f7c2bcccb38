//! Everything that must hold before a change lands, cheapest first.
//!
//! The tests come last, and the last line adds up what every test binary said, in the words that cargo uses.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use anyhow::{Context, Result, bail};

use crate::desktop::Desktop;
use crate::process::{cargo, is_installed, run_step};
use crate::tidy;

/// Whether the tests belong to the check.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tests {
    /// All of them.
    Run,
    /// None: only format, rules, lints, licences and spelling.
    Skip,
}

/// Runs the whole check and fails at the first step that fails.
pub(crate) fn run(tests: Tests) -> Result<()> {
    run_step("format", &mut cargo(["fmt", "--all", "--check"])).context("`cargo fmt --all` mends this")?;
    tidy::run()?;
    run_if_installed("spelling", "typos", "typos-cli", &[])?;
    run_if_installed("licences and advisories", "cargo-deny", "cargo-deny", &["--all-features", "check"])?;
    let desktop = Desktop::prepare()?;
    let lints = ["--all-targets", "--locked", "--", "-D", "warnings"];
    run_step("lints", cargo(["clippy"]).args(desktop.crates()).args(lints))?;
    if tests == Tests::Run {
        run_tests(&desktop)?;
        desktop.drive()?;
    }
    Ok(())
}

fn run_if_installed(step: &str, program: &str, package: &str, arguments: &[&str]) -> Result<()> {
    if is_installed(program) {
        return run_step(step, std::process::Command::new(program).args(arguments));
    }
    eprintln!("== {step}: NOT CHECKED, {program} is not installed (cargo install --locked {package})");
    Ok(())
}

/// What test binaries said, added up.
#[derive(Clone, Copy, Default, Debug, PartialEq, Eq)]
struct Tally {
    passed: u64,
    failed: u64,
    ignored: u64,
}

impl Tally {
    /// Adds a line such as `test result: ok. 3 passed; 0 failed; 1 ignored; …`; other lines count nothing.
    fn add_line(&mut self, line: &str) {
        let Some((_, counts)) = line.split_once("test result: ").and_then(|(_, rest)| rest.split_once(". "))
        else {
            return;
        };
        for count in counts.split("; ") {
            let Some((number, what)) = count.split_once(' ') else { continue };
            let Ok(number) = number.parse::<u64>() else { continue };
            match what {
                "passed" => self.passed += number,
                "failed" => self.failed += number,
                "ignored" => self.ignored += number,
                _ => {}
            }
        }
    }
}

fn run_tests(desktop: &Desktop) -> Result<()> {
    eprintln!("== tests");
    let started = std::time::Instant::now();
    let mut child = cargo(["test"])
        .args(desktop.crates())
        .args(["--locked", "--no-fail-fast"])
        .stdout(Stdio::piped())
        .spawn()
        .context("could not start cargo test")?;
    let stdout = child.stdout.take().context("cargo test has no standard output")?;
    let mut tally = Tally::default();
    for line in BufReader::new(stdout).lines() {
        let line = line.context("cargo test printed something that is not text")?;
        eprintln!("{line}");
        tally.add_line(&line);
    }
    let status = child.wait().context("cargo test got lost")?;
    let Tally { passed, failed, ignored } = tally;
    let word = if status.success() { "ok" } else { "FAILED" };
    let seconds = started.elapsed().as_secs_f64();
    eprintln!(
        "\ntest result: {word}. {passed} passed; {failed} failed; {ignored} ignored; 0 measured; 0 filtered out; finished in {seconds:.2}s"
    );
    if !status.success() {
        bail!("tests failed; the lines with FAILED above name them");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::Tally;

    #[test]
    fn result_lines_add_up_and_other_lines_count_nothing() {
        let mut tally = Tally::default();
        tally.add_line("running 3 tests");
        tally.add_line(
            "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s",
        );
        tally.add_line("test result: FAILED. 2 passed; 4 failed; 0 ignored; 0 measured; 7 filtered out; finished in 1.0s");
        assert_eq!(tally, Tally { passed: 5, failed: 4, ignored: 1 });
    }
}
