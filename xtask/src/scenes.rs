//! The bundled scenes, made by this program alone: no scanned mesh, no downloaded picture, so they are ours to give away.
//!
//! The same program always writes the same bytes; a test compares them with what lies in `assets/scenes`.

mod glb;
mod mosaic;
mod shape;
mod studio;
mod tiny;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

const FOLDER: &str = "assets/scenes";

/// Writes every bundled scene into `assets/scenes`.
pub(crate) fn run() -> Result<()> {
    std::fs::create_dir_all(FOLDER).with_context(|| format!("could not make {FOLDER}"))?;
    for (path, bytes) in made(Path::new(FOLDER))? {
        std::fs::write(&path, &bytes).with_context(|| format!("could not write {}", path.display()))?;
        eprintln!("   {} ({} KiB)", path.display(), bytes.len() >> 10);
    }
    Ok(())
}

fn made(folder: &Path) -> Result<Vec<(PathBuf, Vec<u8>)>> {
    Ok(vec![(folder.join("studio.glb"), studio::glb()?), (folder.join("tiny.glb"), tiny::glb()?)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bundled_scenes_are_what_the_generator_writes() {
        let folder = crate::process::repository_root().join(FOLDER);
        for (path, bytes) in made(&folder).expect("the scenes can be made") {
            let stored = std::fs::read(&path).expect("the scene is in the repository");
            assert!(stored == bytes, "{} differs; `cargo xtask scenes` writes it anew", path.display());
        }
    }

    #[test]
    fn demo_scene_stays_small() {
        assert!(studio::glb().expect("the scene can be made").len() < 300 << 10);
    }
}
