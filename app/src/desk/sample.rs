//! The sample scene: carried in the program, laid out as a file when somebody wants to try it.

use std::path::{Path, PathBuf};

use crate::fault::Fault;

const STUDIO: &[u8] = include_bytes!("../../../assets/scenes/studio.glb");
const NAME: &str = "studio.glb";

/// Puts the sample scene into a folder of `folder`, once; says where.
pub(super) fn laid_out(folder: &Path) -> Result<PathBuf, Fault> {
    let place = folder.join("samples");
    std::fs::create_dir_all(&place).map_err(|error| Fault::file("make the folder", &place, &error))?;
    let path = place.join(NAME);
    let is_there = std::fs::metadata(&path).is_ok_and(|file| file.len() == STUDIO.len() as u64);
    if !is_there {
        std::fs::write(&path, STUDIO).map_err(|error| Fault::file("write", &path, &error))?;
    }
    Ok(path)
}

/// Where pictures of the sample go: a folder of the person's pictures, or of `folder` where the system has none.
pub(super) fn pictures_folder(folder: &Path) -> PathBuf {
    let user = directories::UserDirs::new();
    let pictures = user.as_ref().and_then(directories::UserDirs::picture_dir).filter(|place| place.is_dir());
    pictures.unwrap_or(folder).join("Tessera")
}
