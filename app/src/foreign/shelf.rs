//! What was brought over, kept until the file or anything that it consists of changes.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde::{Deserialize, Serialize};
use tempfile::TempDir;

use super::blender::SCRIPTS;
use super::{Brought, Told};
use crate::fault::Fault;
use crate::places;

/// Scenes that are kept; those that were not asked for the longest go first.
const KEPT_MAX: usize = 8;
const CARD: &str = "card.json";

/// What a kept scene was made of and what is said of it.
#[derive(Serialize, Deserialize)]
struct Card {
    scene: PathBuf,
    told: Told,
    /// The file and all others that it consists of.
    seen: Vec<Seen>,
}

/// A file as it was: two files of one size that were written at the same nanosecond are taken for one.
#[derive(PartialEq, Eq, Serialize, Deserialize)]
struct Seen {
    path: PathBuf,
    bytes: u64,
    modified: SystemTime,
}

impl Seen {
    fn of(path: &Path) -> Option<Self> {
        let about = std::fs::metadata(path).ok()?;
        Some(Self { path: path.to_owned(), bytes: about.len(), modified: about.modified().ok()? })
    }
}

/// The scene that was made of this file, if all of it is as it was.
pub(super) fn find(shelf: &Path, source: &Path) -> Option<Brought> {
    let place = place_of(shelf, source);
    let card: Card = serde_json::from_slice(&std::fs::read(place.join(CARD)).ok()?).ok()?;
    let is_same = card.seen.iter().all(|seen| Seen::of(&seen.path).as_ref() == Some(seen));
    let scene = place.join(&card.scene);
    if !is_same || !scene.is_file() {
        return None;
    }
    // When it was last asked for; without that it only goes earlier.
    let _ = std::fs::File::open(&place).and_then(|folder| folder.set_modified(SystemTime::now()));
    Some(Brought { scene, told: at_home(card.told, &place) })
}

/// A folder for making one, on the shelf's own disk, seen by its owner alone.
pub(super) fn workplace(shelf: &Path) -> Result<TempDir, Fault> {
    places::create_private(shelf)?;
    tempfile::Builder::new()
        .prefix("making-")
        .tempdir_in(shelf)
        .map_err(|error| Fault::file("make a folder in", shelf, &error))
}

/// Puts what was made there into its place, where it is whole or is not.
pub(super) fn put(shelf: &Path, source: &Path, work: TempDir, mut told: Told) -> Result<Brought, Fault> {
    let made = work.path().to_owned();
    // Told by name, for the folder will be called otherwise.
    if let Some(env) = &mut told.env
        && let Ok(own) = env.file.strip_prefix(&made)
    {
        env.file = own.to_owned();
    }
    let scene = PathBuf::from(source.file_name().unwrap_or_default()).with_extension("glb");
    let files = std::iter::once(source).chain(told.used.iter().map(PathBuf::as_path));
    let card = Card { scene, seen: files.filter_map(Seen::of).collect(), told };
    let bytes = serde_json::to_vec(&card).map_err(|error| Fault::failure(error.to_string(), "try again"))?;
    let written = std::fs::write(made.join(CARD), bytes).map_err(|error| Fault::file("write", &made, &error));
    written?;
    let place = place_of(shelf, source);
    // What is there is older, or a second program's, which was as quick.
    let _ = std::fs::remove_dir_all(&place);
    std::fs::rename(&made, &place).map_err(|error| Fault::file("put in place", &place, &error))?;
    // It is no longer where it would be removed from.
    let _ = work.keep();
    tidy(shelf);
    Ok(Brought { scene: place.join(card.scene), told: at_home(card.told, &place) })
}

/// The sky that was made lies beside the scene; one of the person's own stays where it is.
fn at_home(mut told: Told, place: &Path) -> Told {
    if let Some(env) = &mut told.env {
        env.file = place.join(&env.file);
    }
    told
}

fn place_of(shelf: &Path, source: &Path) -> PathBuf {
    let mut hash = blake3::Hasher::new();
    for (name, text) in SCRIPTS {
        hash.update(name.as_bytes()).update(text.as_bytes());
    }
    hash.update(source.as_os_str().as_encoded_bytes());
    shelf.join(&hash.finalize().to_hex()[..24])
}

/// Removes what is more than is kept, and what was left in the making a day ago.
fn tidy(shelf: &Path) {
    let Ok(entries) = std::fs::read_dir(shelf) else { return };
    let age = |path: &Path| {
        let modified = std::fs::metadata(path).and_then(|about| about.modified());
        modified.ok().and_then(|at| at.elapsed().ok()).unwrap_or_default()
    };
    let paths = entries.flatten().map(|entry| entry.path());
    let (left, mut kept): (Vec<PathBuf>, Vec<PathBuf>) = paths
        .partition(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("making-")));
    kept.sort_by_key(|path| age(path));
    let abandoned = left.into_iter().filter(|path| age(path).as_secs() > 24 * 3600);
    for old in kept.into_iter().skip(KEPT_MAX).chain(abandoned) {
        // A reader on Windows keeps it; the next one tries again.
        let _ = std::fs::remove_dir_all(old);
    }
}
