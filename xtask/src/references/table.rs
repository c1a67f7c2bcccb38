//! The table of a reference run, as text that reads well in a terminal and in Markdown.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::list::{Row, Tolerance};
use super::python::Measured;

/// What came of one reference.
pub(crate) struct Outcome {
    pub(crate) name: String,
    pub(crate) picture: PathBuf,
    /// Below the shared folder.
    pub(crate) reference: PathBuf,
    tolerance: Tolerance,
    result: Result<Measured, String>,
    /// Absent when the picture was already there.
    seconds: Option<f64>,
}

impl Outcome {
    pub(crate) fn measured(row: &Row, picture: &Path, measured: Measured, seconds: Option<f64>) -> Self {
        Self { seconds, ..Self::new(row, picture, Ok(measured)) }
    }

    pub(crate) fn failed(row: &Row, picture: &Path, said: String) -> Self {
        Self::new(row, picture, Err(said))
    }

    fn new(row: &Row, picture: &Path, result: Result<Measured, String>) -> Self {
        Self {
            name: row.name.clone(),
            picture: picture.to_owned(),
            reference: row.reference_file(),
            tolerance: row.tolerance,
            result,
            seconds: None,
        }
    }

    /// Whether the picture was made, is made of numbers, and is close enough.
    pub(crate) fn is_within(&self) -> bool {
        self.result.as_ref().is_ok_and(|measured| {
            measured.bad_pixels == 0
                && measured.negative_pixels == 0
                && measured.bias_max() <= self.tolerance.max_bias
                && measured.block <= self.tolerance.max_block
        })
    }

    /// One row, with the name in front.
    pub(crate) fn line(&self) -> String {
        let Tolerance { max_bias, max_block } = self.tolerance;
        let name = &self.name;
        let said = if self.is_within() { "yes" } else { "**no**" };
        match &self.result {
            Err(failure) => {
                format!("| {name} | – | {max_bias:.4} | – | {max_block:.4} | **not rendered**: {failure} |")
            }
            Ok(measured) => {
                let (bias, block) = (measured.bias_max(), measured.block);
                let bad = measured.bad_pixels + measured.negative_pixels;
                let bad = if bad > 0 { format!(", {bad} bad pixels") } else { String::new() };
                let time = self.seconds.map_or_else(String::new, |seconds| format!(", {seconds:.0} s"));
                format!(
                    "| {name} | {bias:.4} | {max_bias:.4} | {block:.4} | {max_block:.4} | {said}{bad}{time} |"
                )
            }
        }
    }
}

/// The whole table with its heading.
pub(crate) fn markdown(outcomes: &[Outcome], spp: u32) -> String {
    let within = outcomes.iter().filter(|outcome| outcome.is_within()).count();
    let mut text =
        format!("{within} of {} within their tolerance at {spp} samples per pixel.\n\n", outcomes.len());
    text.push_str("| reference | bias | at most | block | at most | within |\n|---|---|---|---|---|---|\n");
    for outcome in outcomes {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{}", outcome.line());
    }
    text
}

/// Puts the table into the documentation, with the words around it.
pub(crate) fn write(path: &Path, table: &str) -> Result<()> {
    let page = format!(
        "# Reference scenes\n\nMade by `cargo xtask references --write-docs`; not edited by hand. *Bias* is the largest relative offset of a\n\
         channel's mean, *block* the mean relative error of 8 × 8 pixel means; the reference's own noise is in both.\n\n{table}\n\
         Ours, the reference, and the relative error (black 0, white 1) of each:\n\n![all references](pictures/references.png)\n"
    );
    std::fs::write(path, page).with_context(|| format!("could not write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(bias: f64, block: f64, bad_pixels: u64) -> Outcome {
        Outcome {
            name: "a".to_owned(),
            picture: PathBuf::new(),
            reference: PathBuf::new(),
            tolerance: Tolerance { max_bias: 0.01, max_block: 0.02 },
            result: Ok(Measured { bias: [0.0, -bias, 0.0], block, bad_pixels, negative_pixels: 0 }),
            seconds: None,
        }
    }

    #[test]
    fn each_bound_alone_can_break_a_row() {
        assert!(outcome(0.01, 0.02, 0).is_within());
        assert!(!outcome(0.011, 0.02, 0).is_within());
        assert!(!outcome(0.01, 0.021, 0).is_within());
        assert!(!outcome(0.01, 0.02, 1).is_within());
    }

    #[test]
    fn table_counts_the_rows_within() {
        let text = markdown(&[outcome(0.0, 0.0, 0), outcome(1.0, 0.0, 0)], 8);
        assert!(text.starts_with("1 of 2 within their tolerance at 8 samples"));
    }
}
