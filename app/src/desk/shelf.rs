//! One value in one file: read at the start, written whole at every change.

use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::fault::Fault;

/// A value that outlives the program.
#[derive(Debug)]
pub(super) struct Shelf<T> {
    path: PathBuf,
    value: Mutex<T>,
}

impl<T: Default + Serialize + DeserializeOwned> Shelf<T> {
    /// Reads the file; a missing one gives the default, and one that makes no sense is set aside under another name.
    pub(super) fn open(path: PathBuf) -> Self {
        let value = match std::fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes).unwrap_or_else(|error| {
                let aside = path.with_extension("unreadable.json");
                tracing::warn!(%error, "a file of the desktop cannot be read and is set aside");
                // Whether that works or not: the program must start.
                let _ = std::fs::rename(&path, aside);
                T::default()
            }),
            Err(_) => T::default(),
        };
        Self { path, value: Mutex::new(value) }
    }

    /// Looks at the value.
    pub(super) fn read<R>(&self, look: impl FnOnce(&T) -> R) -> R {
        look(&self.lock())
    }

    /// Changes the value without writing it; for what may be lost.
    pub(super) fn touch<R>(&self, change: impl FnOnce(&mut T) -> R) -> R {
        change(&mut self.lock())
    }

    /// Changes the value and writes it: beside the file first, then in its place.
    pub(super) fn change<R>(&self, change: impl FnOnce(&mut T) -> R) -> Result<R, Fault> {
        let mut value = self.lock();
        let answer = change(&mut value);
        let bytes = serde_json::to_vec_pretty(&*value).expect("it holds text, numbers and lists");
        let fault = |error: std::io::Error| Fault::file("write", &self.path, &error);
        let beside = self.path.with_extension("new");
        std::fs::write(&beside, bytes).map_err(fault)?;
        frame::patience::replace(&beside, &self.path).map_err(fault)?;
        Ok(answer)
    }

    fn lock(&self) -> MutexGuard<'_, T> {
        self.value.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_there_again_and_a_damaged_file_is_set_aside() {
        let place = tempfile::tempdir().expect("a temporary folder");
        let path = place.path().join("numbers.json");
        let shelf: Shelf<Vec<u32>> = Shelf::open(path.clone());
        shelf.change(|numbers| numbers.push(7)).expect("it can be written");
        assert_eq!(Shelf::<Vec<u32>>::open(path.clone()).read(Vec::clone), [7]);
        std::fs::write(&path, "{").expect("it can be written");
        assert!(Shelf::<Vec<u32>>::open(path.clone()).read(Vec::is_empty));
        assert!(place.path().join("numbers.unreadable.json").exists());
    }
}
