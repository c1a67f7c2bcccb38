//! Renders the open reference scenes with the built program and holds each picture to its stored tolerance.
//!
//! A picture that is already there at the asked number of samples, from the same program, is not rendered again, so a
//! long run can be cut short and taken up. The scenes and references lie beside the repository in `../shared`.

mod list;
mod python;
mod table;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, bail};

use crate::process::{cargo, program_path, run_step};
pub(crate) use list::Row;
use table::Outcome;

const SHARED: &str = "../shared";
const OUT: &str = "target/references";
const TABLE: &str = "docs/references.md";
const SHEET: &str = "docs/pictures/references.png";

/// What to render and how.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Options {
    spp: u32,
    again: bool,
    /// Only these rows; empty for all.
    only: Vec<String>,
    /// Whether table and contact sheet go into `docs/` (only a full run may do that).
    write_docs: bool,
}

impl Options {
    /// Reads `[--spp N] [--again] [--write-docs] [ROW …]`; `None` when a word makes no sense.
    pub(crate) fn parse(words: &[&str]) -> Option<Self> {
        let mut options = Self { spp: 256, again: false, only: Vec::new(), write_docs: false };
        let mut words = words.iter();
        while let Some(&word) = words.next() {
            match word {
                "--spp" => options.spp = words.next()?.parse().ok().filter(|&spp| spp > 0)?,
                "--again" => options.again = true,
                "--write-docs" => options.write_docs = true,
                row if !row.starts_with('-') => options.only.push(row.to_owned()),
                _ => return None,
            }
        }
        Some(options)
    }
}

/// Renders, compares, prints the table; fails when a row is out of its tolerance or could not be rendered.
pub(crate) fn run(options: &Options) -> Result<()> {
    let shared = Path::new(SHARED);
    if !shared.join("references/references.json").exists() {
        bail!("the reference scenes are not here: put the shared folder beside the repository as {SHARED}");
    }
    let mut rows = list::rows(shared)?;
    if let Some(unknown) = options.only.iter().find(|name| rows.iter().all(|row| row.name != **name)) {
        bail!("there is no reference called {unknown}");
    }
    rows.retain(|row| options.only.is_empty() || options.only.contains(&row.name));
    run_step("build", &mut cargo(["build", "--locked", "--package", "cli", "--bin", "tessera"]))?;
    let python = python::prepare(&["numpy<3", "OpenEXR", "pillow"])?;
    std::fs::create_dir_all(OUT).with_context(|| format!("could not make {OUT}"))?;
    let mut outcomes = Vec::new();
    for row in &rows {
        let outcome = one(row, options, &python, shared)?;
        eprintln!("{}", outcome.line());
        outcomes.push(outcome);
    }
    let text = table::markdown(&outcomes, options.spp);
    eprintln!("\n{text}");
    contact_sheet(&python, &outcomes, options)?;
    if options.write_docs {
        table::write(Path::new(TABLE), &text)?;
    }
    let out = outcomes.iter().filter(|outcome| !outcome.is_within()).count();
    if out > 0 {
        bail!("{out} of {} references are not within their tolerance", outcomes.len());
    }
    Ok(())
}

fn one(row: &Row, options: &Options, python: &Path, shared: &Path) -> Result<Outcome> {
    let picture = PathBuf::from(OUT).join(format!("{}.{}spp.exr", row.name, options.spp));
    let mut seconds = None;
    if options.again || !picture.exists() {
        let started = Instant::now();
        let output = Command::new(program_path())
            .args(["render", "-o"])
            .arg(&picture)
            .args(row.flags(shared, options.spp))
            .output()
            .context("could not start tessera")?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            let last = said.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("it said nothing");
            return Ok(Outcome::failed(row, &picture, format!("{} ({last})", output.status)));
        }
        seconds = Some(started.elapsed().as_secs_f64());
    }
    let measured = python::compare(python, shared, &picture, &row.reference_path(shared))?;
    Ok(Outcome::measured(row, &picture, measured, seconds))
}

fn contact_sheet(python: &Path, outcomes: &[Outcome], options: &Options) -> Result<()> {
    let sheet = if options.write_docs { PathBuf::from(SHEET) } else { PathBuf::from(OUT).join("sheet.png") };
    if let Some(folder) = sheet.parent() {
        std::fs::create_dir_all(folder).with_context(|| format!("could not make {}", folder.display()))?;
    }
    let mut command = Command::new(python);
    command.arg("xtask/src/references/contact_sheet.py").arg(&sheet);
    for outcome in outcomes.iter().filter(|outcome| outcome.picture.exists()) {
        command.arg(&outcome.name).arg(&outcome.picture).arg(Path::new(SHARED).join(&outcome.reference));
    }
    run_step(&format!("contact sheet {}", sheet.display()), &mut command)
}

#[cfg(test)]
mod tests {
    use super::Options;

    #[test]
    fn words_become_options_and_nonsense_does_not() {
        let options =
            Options::parse(&["--spp", "64", "cornell", "--again"]).expect("these are words it knows");
        assert_eq!(
            options,
            Options { spp: 64, again: true, only: vec!["cornell".to_owned()], write_docs: false }
        );
        for nonsense in [&["--spp"][..], &["--spp", "0"], &["--quick"]] {
            assert_eq!(Options::parse(nonsense), None);
        }
    }
}
