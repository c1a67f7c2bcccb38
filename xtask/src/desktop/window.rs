//! Drives the program in a real window, on a screen that nobody sees, and judges what comes of it.
//!
//! Each file of tests has a screen, a session bus and a pointer of its own, so that no file meets what another one left behind. A
//! file that fails is driven once more: windows, drivers and buses have moods that no test of ours can wait out, and one of them must not
//! throw away an hour of other checks. Both outcomes are told; what fails twice fails.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::process::run_step;

/// A screen on which no window of ours is cut off.
const SCREEN: &str = "-screen 0 1920x1080x24";

/// Drives every file of tests in `folder`, in the order of their names.
///
/// # Errors
///
/// Names the files that failed twice, after all have been driven.
pub(super) fn drive(folder: &Path) -> Result<()> {
    let files = tests_in(folder)?;
    let outcomes = files.iter().map(|file| (file, twice(|| drive_file(file))));
    let (late, failed) = judge(outcomes);
    if !late.is_empty() {
        eprintln!(
            "== desktop in its window: REMARK, failed once and passed when driven once more: {}",
            late.join(", ")
        );
    }
    if !failed.is_empty() {
        bail!("desktop in its window failed, twice each: {}", failed.join(", "));
    }
    Ok(())
}

fn drive_file(file: &str) -> Result<()> {
    let mut driven = Command::new("dbus-run-session");
    driven.args(["--", "xvfb-run", "--auto-servernum", "--server-args", SCREEN]);
    driven.args(["node", "--test", "--test-concurrency=1", "--test-reporter=spec", file]);
    run_step(&format!("desktop in its window: {file}"), &mut driven)
}

/// What became of a file.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    Passed,
    /// Only when it was driven once more.
    PassedLate,
    Failed,
}

/// Tries, and tries once more what failed; each failure is told as it happens.
fn twice(mut attempt: impl FnMut() -> Result<()>) -> Outcome {
    for outcome in [Outcome::Passed, Outcome::PassedLate] {
        match attempt() {
            Ok(()) => return outcome,
            Err(error) => eprintln!("== FAILED: {error:#}"),
        }
    }
    Outcome::Failed
}

/// Names of files that passed late, and of those that failed.
fn judge<'a>(outcomes: impl Iterator<Item = (&'a String, Outcome)>) -> (Vec<&'a str>, Vec<&'a str>) {
    let (mut late, mut failed) = (Vec::new(), Vec::new());
    for (file, outcome) in outcomes {
        match outcome {
            Outcome::Passed => {}
            Outcome::PassedLate => late.push(file.as_str()),
            Outcome::Failed => failed.push(file.as_str()),
        }
    }
    (late, failed)
}

fn tests_in(folder: &Path) -> Result<Vec<String>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(|| format!("could not list {}", folder.display()))? {
        let text = entry?.path().to_string_lossy().into_owned();
        if text.ends_with(".test.mjs") {
            files.push(text);
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::{Outcome, judge, twice};
    use anyhow::bail;

    #[test]
    fn what_fails_is_tried_once_more_and_no_oftener() {
        let tried = |failures: usize| {
            let mut attempts = 0;
            let outcome = twice(|| {
                attempts += 1;
                if attempts <= failures { bail!("no window") } else { Ok(()) }
            });
            (outcome, attempts)
        };
        assert_eq!(tried(0), (Outcome::Passed, 1));
        assert_eq!(tried(1), (Outcome::PassedLate, 2));
        assert_eq!(tried(2), (Outcome::Failed, 2));
        assert_eq!(tried(9), (Outcome::Failed, 2));
    }

    #[test]
    fn what_passed_late_is_named_and_only_what_failed_twice_fails() {
        let files = ["a", "b", "c"].map(String::from);
        let outcomes = [Outcome::PassedLate, Outcome::Failed, Outcome::Passed];
        assert_eq!(judge(files.iter().zip(outcomes)), (vec!["a"], vec!["b"]));
    }
}
