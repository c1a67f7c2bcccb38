//! One value in one file: read at the start, written whole at every change.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::fault::Fault;
use crate::places;

/// A value that outlives the program.
#[derive(Debug)]
pub(super) struct Shelf<T> {
    path: PathBuf,
    value: Mutex<T>,
    is_lost: bool,
}

impl<T: Clone + Default + Serialize + DeserializeOwned> Shelf<T> {
    /// Reads the file; a missing one gives the default, and so does one that cannot be read, which is set aside under another name.
    pub(super) fn open(path: PathBuf) -> Self {
        let (value, is_lost) = match read(&path) {
            Ok(value) => (value.unwrap_or_default(), false),
            Err(error) => {
                tracing::warn!(%error, "a file of the desktop cannot be read and is set aside");
                // Whether that works or not: the program must start.
                let _ = std::fs::rename(&path, path.with_extension("unreadable.json"));
                (T::default(), true)
            }
        };
        Self { path, value: Mutex::new(value), is_lost }
    }

    /// Whether there was something that could not be read: then the value tells nothing about what was before.
    pub(super) fn is_lost(&self) -> bool {
        self.is_lost
    }

    /// Looks at the value.
    pub(super) fn read<R>(&self, look: impl FnOnce(&T) -> R) -> R {
        look(&self.lock())
    }

    /// Changes the value without writing it; for what may be lost, and for what is true whether it can be written or not.
    pub(super) fn touch<R>(&self, change: impl FnOnce(&mut T) -> R) -> R {
        change(&mut self.lock())
    }

    /// Changes the value and writes it; where that fails, nothing has changed.
    pub(super) fn change<R>(&self, change: impl FnOnce(&mut T) -> R) -> Result<R, Fault> {
        let mut value = self.lock();
        let mut changed = value.clone();
        let answer = change(&mut changed);
        let bytes = serde_json::to_vec_pretty(&changed).expect("it holds text, numbers and lists");
        places::put(&self.path, &bytes)?;
        *value = changed;
        Ok(answer)
    }

    /// Writes the value as it is.
    pub(super) fn keep(&self) -> Result<(), Fault> {
        self.change(|_| ())
    }

    fn lock(&self) -> MutexGuard<'_, T> {
        self.value.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The file's value; nothing where there is no file.
fn read<T: DeserializeOwned>(path: &Path) -> std::io::Result<Option<T>> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(Some(serde_json::from_slice(&bytes)?)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_written_has_not_happened() {
        let place = tempfile::tempdir().expect("a temporary folder");
        let shelf: Shelf<Vec<u32>> = Shelf::open(place.path().join("gone/numbers.json"));
        assert!(shelf.change(|numbers| numbers.push(7)).is_err());
        assert!(shelf.read(Vec::is_empty) && !shelf.is_lost());
    }

    #[test]
    fn a_value_is_there_again_and_a_damaged_file_is_set_aside() {
        let place = tempfile::tempdir().expect("a temporary folder");
        let path = place.path().join("numbers.json");
        let shelf: Shelf<Vec<u32>> = Shelf::open(path.clone());
        shelf.change(|numbers| numbers.push(7)).expect("it can be written");
        assert_eq!(Shelf::<Vec<u32>>::open(path.clone()).read(Vec::clone), [7]);
        std::fs::write(&path, "{").expect("it can be written");
        let anew = Shelf::<Vec<u32>>::open(path.clone());
        assert!(anew.read(Vec::is_empty) && anew.is_lost());
        assert!(place.path().join("numbers.unreadable.json").exists());
    }
}
