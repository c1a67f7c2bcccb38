//! The manual's pictures: taken by the tests that drive the program, put into the manual by this verb.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

const PAGES: &str = "docs/manual/src";
/// Where tests leave their pictures, below the target folder.
const TAKEN: [&str; 2] = ["screenshots/desktop", "screenshots/viewer"];

/// What such pictures begin with that a person took, because no test opens that program's window.
const BY_HAND: &str = "blender-";

/// Copies every picture that the manual shows from where the last test run left it.
pub(crate) fn pictures() -> Result<()> {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| PathBuf::from("target"), PathBuf::from);
    let mut missing = Vec::new();
    for name in shown(Path::new(PAGES))?.into_iter().filter(|name| !name.starts_with(BY_HAND)) {
        let taken = TAKEN.iter().map(|folder| target.join(folder).join(&name)).find(|path| path.exists());
        let kept = Path::new(PAGES).join("pictures").join(&name);
        match taken {
            Some(path) => {
                std::fs::copy(&path, &kept).with_context(|| format!("could not copy {name}"))?;
                eprintln!("{}", kept.display());
            }
            None => missing.push(name),
        }
    }
    if !missing.is_empty() {
        bail!("no test has taken {}; run `cargo xtask test` first", missing.join(", "));
    }
    Ok(())
}

/// Names of pictures that the pages show.
fn shown(pages: &Path) -> Result<BTreeSet<String>> {
    let mut names = BTreeSet::new();
    for entry in std::fs::read_dir(pages).with_context(|| format!("could not list {}", pages.display()))? {
        let path = entry?.path();
        if path.extension().is_some_and(|ending| ending == "md") {
            names.extend(pictures_in(&std::fs::read_to_string(&path)?));
        }
    }
    Ok(names)
}

fn pictures_in(page: &str) -> Vec<String> {
    let after = page.split("](pictures/").skip(1);
    after.filter_map(|rest| rest.split_once(')')).map(|(name, _)| name.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_picture_that_the_manual_shows_is_there_and_no_other() {
        let pages = crate::process::repository_root().join(PAGES);
        let kept = std::fs::read_dir(pages.join("pictures")).expect("the manual has pictures");
        let kept: BTreeSet<String> =
            kept.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        assert_eq!(shown(&pages).expect("the pages can be read"), kept);
    }

    #[test]
    fn pictures_are_found_in_a_page() {
        assert_eq!(pictures_in("a ![b](pictures/c.png) d [e](f.md) ![](pictures/g.png)"), ["c.png", "g.png"]);
    }
}
