//! What somebody hands over: files and folders that were dropped on the window, chosen, or given with a second start; which of them are
//! scenes, and why the others are not.
//!
//! Names decide here, as in a file manager; what is in a file is looked at when its turn comes. So a single file may be called anything,
//! while of many files those count that are called like scenes: the rest is usually what lies around them.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use specta::Type;

use super::failure::Failure;
use crate::fault::{Fault, one_line, quoted};
use crate::foreign::{FOREIGN, ends_in, is_foreign};

/// Most scenes that are taken at once.
const SCENES_MAX: usize = 100;
/// Most entries of a folder that are looked at.
const ENTRIES_MAX: usize = 10_000;
/// Letters of a web address that are shown.
const ADDRESS_MAX: usize = 120;
const SCENES: [&str; 2] = ["glb", "gltf"];
/// What other scenes than a `.glb` refer to, and people take along with them.
const PARTS: [&str; 10] = ["bin", "png", "jpg", "jpeg", "webp", "ktx2", "mtl", "tga", "tif", "exr"];

/// What scenes are called like: glTF's, and those of other programs, which Blender makes glTF of.
pub fn scene_endings() -> Vec<&'static str> {
    SCENES.into_iter().chain(FOREIGN).collect()
}

/// What was handed over.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Offered {
    /// Scenes, and what may be one, in the order in which they came.
    pub scenes: Vec<String>,
    /// Why something else is not taken.
    pub failures: Vec<Failure>,
}

impl Offered {
    /// Sorts what was handed over: paths, or addresses that are no files.
    pub fn of(handed: &[String]) -> Self {
        let (mut scenes, mut files, mut faults) = (Vec::new(), Vec::new(), Vec::new());
        for path in handed {
            match here(path) {
                Err(fault) => faults.push(fault),
                Ok(path) if path.is_dir() => match inside(&path) {
                    Ok(found) => scenes.extend(found),
                    Err(fault) => faults.push(fault),
                },
                Ok(path) if ends_in(&path, &SCENES) || is_foreign(&path) => scenes.push(path),
                Ok(path) => files.push(path),
            }
        }
        if scenes.is_empty() {
            scenes = files;
        } else {
            faults.extend(left_out(&scenes, &files));
        }
        if scenes.len() > SCENES_MAX {
            let what = format!(
                "of {} scenes the first {SCENES_MAX} are taken: no more can wait at once",
                scenes.len()
            );
            faults.push(Fault::scene(what, "hand over the others when these are rendered"));
            scenes.truncate(SCENES_MAX);
        }
        Self {
            scenes: scenes.iter().map(|path| path.display().to_string()).collect(),
            failures: faults.into_iter().map(Failure::from).collect(),
        }
    }
}

/// The file on this computer that is meant.
fn here(handed: &str) -> Result<PathBuf, Fault> {
    let is_scheme = |text: &str| text.len() > 1 && text.bytes().all(|letter| letter.is_ascii_alphanumeric());
    if handed.split_once(':').is_some_and(|(scheme, rest)| is_scheme(scheme) && rest.starts_with("//")) {
        let address: String = one_line(handed).chars().take(ADDRESS_MAX).collect();
        return Err(Fault::scene(
            format!("\"{address}\" is not a file on this computer"),
            "save the scene on this computer first, and hand over the file",
        ));
    }
    let path = PathBuf::from(handed);
    if cfg!(windows) || path.is_absolute() {
        return Ok(path);
    }
    // What is left of `file://HOST/PATH`: mostly this computer by its name.
    let (host, rest) = handed.split_once('/').unwrap_or(("", handed));
    let local = Path::new("/").join(rest);
    Ok(if host == "localhost" || local.exists() { local } else { path })
}

/// Scenes that lie directly in a folder, by name; those of other programs where there are no others, for a folder often has one scene in
/// several formats.
fn inside(folder: &Path) -> Result<Vec<PathBuf>, Fault> {
    let entries = std::fs::read_dir(folder).map_err(|error| Fault::file("list", folder, &error))?;
    let paths: Vec<PathBuf> = entries.take(ENTRIES_MAX).flatten().map(|entry| entry.path()).collect();
    let called = |endings: &[&str]| -> Vec<PathBuf> {
        paths.iter().filter(|path| ends_in(path, endings) && path.is_file()).cloned().collect()
    };
    let mut found = called(&SCENES);
    if found.is_empty() {
        found = called(&FOREIGN);
    }
    found.sort();
    if found.is_empty() {
        return Err(Fault::scene(
            format!("no scene lies in the folder {}", quoted(folder)),
            "hand over a scene (.glb, .gltf, .blend, .fbx, .obj, .usd), or the folder that it lies in",
        ));
    }
    Ok(found)
}

/// One sentence for all files that came with scenes and are none. What belongs to one of them needs no word.
fn left_out(scenes: &[PathBuf], files: &[PathBuf]) -> Option<Fault> {
    let has_parts = scenes.iter().any(|scene| !ends_in(scene, &["glb"]));
    let is_part = |file: &PathBuf| has_parts && ends_in(file, &PARTS);
    let others: Vec<String> = files.iter().filter(|file| !is_part(file)).map(|file| name(file)).collect();
    let what = match others.as_slice() {
        [] => return None,
        [one] => format!("{one} is left out: it is not called like a scene"),
        [one, two] => format!("{one} and {two} are left out: they are not called like scenes"),
        [one, more @ ..] => {
            format!("{one} and {} more files are left out: they are not called like scenes", more.len())
        }
    };
    Some(Fault::scene(
        what,
        "a scene's name ends in .glb or .gltf, or in what Blender reads (.blend, .fbx, .obj, .usd, .abc, .ply, .stl)",
    ))
}

fn name(path: &Path) -> String {
    quoted(Path::new(path.file_name().unwrap_or(path.as_os_str())))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Place(tempfile::TempDir);

    impl Place {
        fn new(files: &[&str]) -> Self {
            let place = tempfile::tempdir().expect("a temporary folder");
            for file in files {
                let path = place.path().join(file);
                std::fs::create_dir_all(path.parent().expect("it lies in a folder")).expect("it can be made");
                std::fs::write(path, "any").expect("it can be written");
            }
            Self(place)
        }

        fn path(&self, file: &str) -> String {
            self.0.path().join(file).display().to_string()
        }

        fn offer(&self, files: &[&str]) -> (Vec<String>, Vec<String>) {
            let handed: Vec<String> = files.iter().map(|file| self.path(file)).collect();
            let Offered { scenes, failures } = Offered::of(&handed);
            let name = |path: &String| path.trim_start_matches(&self.path("")).to_owned();
            (scenes.iter().map(name).collect(), failures.into_iter().map(|failure| failure.what).collect())
        }
    }

    #[test]
    fn a_file_that_comes_alone_may_be_called_anything() {
        let place = Place::new(&["scene", "b.GLB"]);
        for file in ["scene", "b.GLB", "not there"] {
            assert_eq!(place.offer(&[file]), (vec![file.to_owned()], vec![]));
        }
    }

    #[test]
    fn of_many_files_those_count_that_are_called_like_scenes_and_one_sentence_names_the_rest() {
        let place = Place::new(&[]);
        let (scenes, told) = place.offer(&["notes.txt", "b.glb", "sky.hdr", "a.gltf"]);
        assert_eq!(scenes, ["b.glb", "a.gltf"]);
        assert_eq!(told, ["\"notes.txt\" and \"sky.hdr\" are left out: they are not called like scenes"]);
        assert_eq!(place.offer(&["a.txt", "b.txt"]).0, ["a.txt", "b.txt"], "none is: each is looked at");
    }

    #[test]
    fn what_belongs_to_a_gltf_needs_no_word() {
        let place = Place::new(&[]);
        assert_eq!(place.offer(&["a.gltf", "a.bin", "wood.PNG"]), (vec!["a.gltf".to_owned()], vec![]));
        assert_eq!(place.offer(&["a.glb", "wood.png"]).1.len(), 1, "a .glb holds its own");
    }

    #[test]
    fn a_folder_stands_for_the_scenes_directly_in_it() {
        let place =
            Place::new(&["film/2.glb", "film/1.gltf", "film/1.bin", "film/old/0.glb", "empty/notes.txt"]);
        let (scenes, told) = place.offer(&["film"]);
        assert_eq!((scenes, told), (vec!["film/1.gltf".to_owned(), "film/2.glb".to_owned()], vec![]));
        let (scenes, told) = place.offer(&["empty"]);
        assert!(scenes.is_empty());
        assert_eq!(told, [format!("no scene lies in the folder \"{}\"", place.path("empty"))]);
    }

    #[test]
    fn a_scene_of_another_program_is_one_and_steps_back_in_a_folder_that_has_gltf() {
        let place = Place::new(&["shot/room.glb", "shot/room.blend", "model/car.obj", "model/car.mtl"]);
        let found = place.offer(&["shot", "model"]);
        assert_eq!(found, (vec!["shot/room.glb".into(), "model/car.obj".into()], vec![]));
        let place = Place::new(&["room.blend", "car.obj", "car.mtl", "notes.txt"]);
        let (scenes, told) = place.offer(&["room.blend", "car.obj", "car.mtl", "notes.txt"]);
        assert_eq!((scenes.len(), told.len()), (2, 1));
    }

    #[test]
    fn an_address_that_is_no_file_here_is_told_and_this_computers_own_name_is_not() {
        let told = Offered::of(&["https://example.org/a b.glb".into()]).failures;
        assert_eq!(told[0].what, "\"https://example.org/a b.glb\" is not a file on this computer");
        if cfg!(windows) {
            return;
        }
        let place = Place::new(&["a.glb"]);
        let path = place.path("a.glb");
        for host in ["localhost", "this-computer"] {
            assert_eq!(Offered::of(&[format!("{host}{path}")]).scenes, [path.as_str()]);
        }
    }

    #[test]
    fn more_scenes_than_can_wait_are_told() {
        let many: Vec<String> = (0..=SCENES_MAX).map(|n| format!("/x/{n}.glb")).collect();
        let offered = Offered::of(&many);
        assert_eq!((offered.scenes.len(), offered.failures.len()), (SCENES_MAX, 1));
    }
}
