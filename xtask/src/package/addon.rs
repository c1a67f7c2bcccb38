//! The Blender add-on as people install it: an archive of its folder and its licence.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use super::{OUT, needs, version};
use crate::process::run_step;

const FROM: &str = "integrations/blender";

/// Packs what is committed and says where it is.
pub(crate) fn pack() -> Result<()> {
    needs("git", "git")?;
    fs::create_dir_all(OUT)?;
    let file = Path::new(OUT).join(format!("tessera_{}_blender.zip", version()));
    let mut archive = Command::new("git");
    archive.args(["archive", "--format=zip"]).arg("-o").arg(&file);
    archive.arg(format!("--add-file={FROM}/LICENSE")).arg(format!("HEAD:{FROM}/tessera"));
    run_step("add-on", &mut archive).context("only what is committed is packed")?;
    eprintln!("   {}", file.display());
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    /// Blender refuses longer reasons, and tells nobody before the archive is made.
    const REASON_CHARACTERS_MAX: usize = 64;

    fn manifest() -> toml::Table {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("..")
            .join(super::FROM)
            .join("tessera/blender_manifest.toml");
        fs::read_to_string(path).expect("the add-on has a manifest").parse().expect("it is TOML")
    }

    #[test]
    fn the_add_on_has_the_version_of_everything_else() {
        assert_eq!(manifest()["version"].as_str(), Some(super::version().as_str()));
    }

    #[test]
    fn blender_takes_the_reasons_for_its_permissions() {
        for (permission, reason) in manifest()["permissions"].as_table().expect("a table") {
            let reason = reason.as_str().expect("a text");
            assert!(reason.chars().count() <= REASON_CHARACTERS_MAX, "{permission}");
            assert!(!reason.ends_with('.'), "{permission}");
        }
    }
}
