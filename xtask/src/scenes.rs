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
            assert!(
                meaning(&stored) == meaning(&bytes),
                "{} differs; `cargo xtask scenes` writes it anew",
                path.display()
            );
        }
    }

    /// A scene file's words and numbers, with pictures as pixels: how small a picture is packed depends on who packs it, and which deflate that is
    /// depends on all that is built with it.
    fn meaning(glb: &[u8]) -> (serde_json::Value, Vec<Vec<u8>>) {
        let length = |at: usize| u32::from_le_bytes(glb[at..at + 4].try_into().expect("four bytes")) as usize;
        let words_end = 20 + length(12);
        let mut words: serde_json::Value = serde_json::from_slice(&glb[20..words_end]).expect("JSON");
        let numbers = &glb[words_end + 8..];
        let pictures: Vec<usize> = words["images"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|image| image["bufferView"].as_u64().expect("embedded") as usize)
            .collect();
        let views = words["bufferViews"].as_array_mut().expect("there are views");
        let mut parts = Vec::new();
        for (at, view) in views.iter_mut().enumerate() {
            let mut take = |word: &str| {
                let number = view.as_object_mut().and_then(|view| view.remove(word));
                number.and_then(|number| number.as_u64()).unwrap_or(0) as usize
            };
            let (offset, length) = (take("byteOffset"), take("byteLength"));
            let part = &numbers[offset..offset + length];
            parts.push(match pictures.contains(&at) {
                true => image::load_from_memory(part).expect("a picture").into_bytes(),
                false => part.to_vec(),
            });
        }
        words["buffers"] = serde_json::Value::Null;
        (words, parts)
    }

    #[test]
    fn a_scene_means_what_its_words_numbers_and_pixels_are() {
        let whole = tiny::glb().expect("the scene can be made");
        let mut other = whole.clone();
        *other.last_mut().expect("it is not empty") ^= 0x10;
        let at = other.len() - 40;
        other[at] ^= 0x10;
        assert!(meaning(&whole) == meaning(&whole) && meaning(&whole) != meaning(&other));
    }

    #[test]
    fn demo_scene_stays_small() {
        assert!(studio::glb().expect("the scene can be made").len() < 300 << 10);
    }
}
