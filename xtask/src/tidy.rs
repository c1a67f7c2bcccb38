//! The house rules that a program can check; `CONVENTIONS.md` gives their reasons.
//!
//! Every rule is a pure function from text to findings. This file only collects the tracked and new files and hands
//! them out. Function length in Rust is left to clippy (`clippy.toml`).

mod assets;
mod circles;
mod length;
mod lock;
mod names;
mod ranks;
mod words;

use std::fmt;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::process::{cargo, output_of};

/// A tracked file larger than this needs a very good reason to be in git at all.
const FILE_BYTES_MAX: u64 = 4 << 20;

/// One broken rule, or one remark.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Finding {
    weight: Weight,
    path: String,
    line: usize,
    said: String,
}

/// Whether a finding fails the check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Weight {
    Remark,
    Broken,
}

impl Finding {
    fn broken(path: &str, line: usize, said: impl Into<String>) -> Self {
        Self { weight: Weight::Broken, path: path.to_owned(), line, said: said.into() }
    }

    fn remark(path: &str, line: usize, said: impl Into<String>) -> Self {
        Self { weight: Weight::Remark, path: path.to_owned(), line, said: said.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match self.weight {
            Weight::Remark => "remark",
            Weight::Broken => "broken",
        };
        write!(out, "   {word}  {}:{}  {}", self.path, self.line, self.said)
    }
}

/// Checks every rule on the work tree and fails when one is broken.
pub(crate) fn run() -> Result<()> {
    eprintln!("== house rules");
    let files = listed_files()?;
    let mut findings = Vec::new();
    for file in &files {
        findings.extend(names::check(&file.path));
        if file.bytes > FILE_BYTES_MAX {
            findings.push(Finding::broken(
                &file.path,
                0,
                format!("{} MiB in git; 4 is the limit", file.bytes >> 20),
            ));
        }
        let Some(text) = &file.text else { continue };
        findings.extend(length::check(&file.path, text));
        findings.extend(words::check(&file.path, text));
    }
    findings.extend(assets::check(&files));
    findings.extend(circles::check(&files));
    findings.extend(lock::check(&files));
    let metadata = output_of(&mut cargo(["metadata", "--no-deps", "--format-version", "1", "--locked"]))?;
    let map = std::fs::read_to_string("ARCHITECTURE.md")
        .context("ARCHITECTURE.md gives the ranks and cannot be read")?;
    findings.extend(ranks::check(&map, &metadata)?);
    findings.sort();
    for finding in &findings {
        eprintln!("{finding}");
    }
    let broken = findings.iter().filter(|finding| finding.weight == Weight::Broken).count();
    if broken > 0 {
        bail!("{broken} house rules are broken; CONVENTIONS.md gives the reasons");
    }
    eprintln!("   {} files are tidy", files.len());
    Ok(())
}

/// A file that git tracks or would track; text only where it is UTF-8.
pub(crate) struct ListedFile {
    path: String,
    bytes: u64,
    text: Option<String>,
}

fn listed_files() -> Result<Vec<ListedFile>> {
    let listing =
        output_of(Command::new("git").args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]))
            .context("tidy asks git which files belong to the project")?;
    let mut files = Vec::new();
    for path in listing.split('\0').filter(|path| !path.is_empty()) {
        // A file that is deleted but not yet committed is still listed.
        let Ok(bytes) = std::fs::read(path) else { continue };
        files.push(ListedFile {
            path: path.to_owned(),
            bytes: bytes.len() as u64,
            text: String::from_utf8(bytes).ok(),
        });
    }
    Ok(files)
}
