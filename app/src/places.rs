//! Where things lie on this computer: the data folders of artist, node, coordinator and referee.

use std::io::Write;
use std::path::{Path, PathBuf};

use directories::ProjectDirs;
use tempfile::NamedTempFile;

use crate::fault::Fault;

/// Whom a data folder belongs to. Each keeps its own identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Who submits scenes.
    Artist,
    /// Who renders them.
    Node,
    /// Who matches the two.
    Coordinator,
    /// Who judges what the one refuses of the other.
    Referee,
}

impl Part {
    /// The folder's name.
    pub fn name(self) -> &'static str {
        match self {
            Part::Artist => "artist",
            Part::Node => "node",
            Part::Coordinator => "coordinator",
            Part::Referee => "referee",
        }
    }
}

/// The data folder: the one asked for, else the system's usual place for a program's data.
pub fn data_folder(part: Part, asked: Option<&Path>) -> Result<PathBuf, Fault> {
    if let Some(folder) = asked {
        return Ok(folder.to_owned());
    }
    let usual = ProjectDirs::from("", "", "tessera").ok_or_else(|| {
        Fault::usage("this account has no home folder to keep data in", "name a folder with --data DIR")
    })?;
    // Of this computer alone: on Windows the other one travels with the account, and a node's key and objects must not.
    Ok(usual.data_local_dir().join(part.name()))
}

/// Makes the data folder, readable by its owner alone.
pub fn create_private(folder: &Path) -> Result<(), Fault> {
    std::fs::create_dir_all(folder).map_err(|error| Fault::file("make the folder", folder, &error))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let private = std::fs::Permissions::from_mode(0o700);
        std::fs::set_permissions(folder, private)
            .map_err(|error| Fault::file("protect the folder", folder, &error))?;
    }
    Ok(())
}

/// Writes a private file whole: beside it first, on the disk before it takes its place, so that a computer that ends in between leaves the old one or the new one.
pub(crate) fn put(path: &Path, bytes: &[u8]) -> Result<(), Fault> {
    let folder = path.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."));
    let written = NamedTempFile::new_in(folder).and_then(|mut file| {
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        put_in_place(file, path)
    });
    written.map_err(|error| Fault::file("write", path, &error))
}

/// Puts a private temporary file into its place, over what is there; a reader who has that open just now is waited for.
pub(crate) fn put_in_place(file: NamedTempFile, path: &Path) -> std::io::Result<()> {
    let mut waiting = Some(file);
    frame::patience::patiently(|| {
        let file = waiting.take().expect("a try that fails gives it back");
        file.persist(path).map(drop).map_err(|failed| {
            waiting = Some(failed.file);
            failed.error
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_put_over_one_that_is_being_read() {
        let place = tempfile::tempdir().expect("a temporary folder");
        let path = place.path().join("state");
        std::fs::write(&path, "old").expect("it can be written");
        let reading = std::fs::File::open(&path).expect("it is there");
        let reader = std::thread::spawn(move || {
            std::thread::sleep(std::time::Duration::from_millis(100));
            drop(reading);
        });
        let file = NamedTempFile::new_in(place.path()).expect("it can be made");
        std::fs::write(file.path(), "new").expect("it can be written");
        put_in_place(file, &path).expect("the reader has gone in time");
        assert_eq!(std::fs::read(&path).expect("it is there"), b"new");
        reader.join().expect("it only waits");
    }

    #[test]
    fn a_named_folder_wins() {
        let asked = Path::new("somewhere");
        assert_eq!(data_folder(Part::Node, Some(asked)).expect("it is named"), asked);
    }

    #[test]
    fn data_stays_on_this_computer() {
        let folder = data_folder(Part::Node, None).expect("this account has a home");
        assert!(folder.ends_with("node") && !folder.display().to_string().contains("Roaming"), "{folder:?}");
    }

    #[cfg(unix)]
    #[test]
    fn a_data_folder_is_closed_to_others() {
        use std::os::unix::fs::PermissionsExt;
        let place = tempfile::tempdir().expect("a temporary folder");
        let folder = place.path().join("a/b");
        create_private(&folder).expect("it can be made");
        let mode = std::fs::metadata(&folder).expect("it is there").permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
    }
}
