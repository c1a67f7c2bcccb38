//! Where bytes come from: data URIs, and files inside the scene's folder and nowhere else.

use std::borrow::Cow;
use std::cell::Cell;
use std::io::Read;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::fault::{ImportError, broken, quoted};
use super::limits::Limits;

/// Reads what a scene refers to, and counts the bytes.
#[derive(Debug)]
pub(super) struct Source {
    /// The scene's folder with links resolved; `None`: the scene came from memory.
    folder: Option<PathBuf>,
    bytes_left: Cell<u64>,
    bytes_max: u64,
}

/// What a URI led to.
pub(super) enum Found<'a> {
    Bytes(Cow<'a, [u8]>),
    /// An acceptable address with no file behind it.
    Missing(String),
}

impl Source {
    pub(super) fn new(folder: Option<&Path>, limits: &Limits) -> Self {
        let folder = folder.and_then(|folder| folder.canonicalize().ok());
        Self { folder, bytes_left: Cell::new(limits.bytes), bytes_max: limits.bytes }
    }

    /// Bytes taken so far.
    pub(super) fn bytes_read(&self) -> u64 {
        self.bytes_max - self.bytes_left.get()
    }

    /// Takes `bytes` from the budget.
    pub(super) fn spend(&self, bytes: u64, place: &str) -> Result<(), ImportError> {
        match self.bytes_left.get().checked_sub(bytes) {
            Some(left) => {
                self.bytes_left.set(left);
                Ok(())
            }
            None => Err(self.too_much(place)),
        }
    }

    /// Reads a whole regular file within the budget.
    pub(super) fn read_file(&self, path: &Path, name: &str, place: &str) -> Result<Vec<u8>, ImportError> {
        let unreadable = |source| ImportError::Unreadable { file: name.to_owned(), source };
        // Before opening: a pipe or a device would block or never end.
        if !std::fs::metadata(path).map_err(unreadable)?.is_file() {
            return Err(ImportError::WrongFormat {
                file: name.to_owned(),
                reason: "it is not a file".into(),
            });
        }
        let file = std::fs::File::open(path).map_err(unreadable)?;
        if file.metadata().map_err(unreadable)?.len() > self.bytes_left.get() {
            return Err(self.too_much(place));
        }
        let mut bytes = Vec::new();
        file.take(self.bytes_left.get().saturating_add(1)).read_to_end(&mut bytes).map_err(unreadable)?;
        self.spend(bytes.len() as u64, place)?;
        Ok(bytes)
    }

    /// Follows a URI of the file.
    pub(super) fn follow(&self, uri: &str, place: &str) -> Result<Found<'static>, ImportError> {
        if let Some(rest) = uri.strip_prefix("data:") {
            return Ok(Found::Bytes(Cow::Owned(self.data_uri(rest, place)?)));
        }
        let refuse = |reason| ImportError::UnsafeUri { place: place.to_owned(), uri: cut(uri), reason };
        let relative = relative_path(uri).map_err(refuse)?;
        let Some(folder) = &self.folder else {
            return Err(refuse("names another file, but the scene was read from memory"));
        };
        let Ok(path) = folder.join(&relative).canonicalize() else {
            return Ok(Found::Missing(relative));
        };
        if !path.starts_with(folder) {
            return Err(refuse("is a link that leaves the scene's folder"));
        }
        Ok(Found::Bytes(Cow::Owned(self.read_file(&path, &quoted(&relative), place)?)))
    }

    fn data_uri(&self, rest: &str, place: &str) -> Result<Vec<u8>, ImportError> {
        let Some((head, body)) = rest.split_once(',') else {
            return Err(broken(place, "a data URI has no comma"));
        };
        self.spend(body.len() as u64, place)?;
        if head.ends_with(";base64") {
            let body = percent_encoding::percent_decode_str(body).collect::<Vec<u8>>();
            return STANDARD
                .decode(body)
                .map_err(|error| broken(place, format!("a data URI is not base64: {error}")));
        }
        Ok(percent_encoding::percent_decode_str(body).collect())
    }

    fn too_much(&self, place: &str) -> ImportError {
        ImportError::OverLimit { place: place.to_owned(), what: "bytes in all files", limit: self.bytes_max }
    }
}

/// Decodes a URI to a relative path of plain names, or says why it is refused.
fn relative_path(uri: &str) -> Result<String, &'static str> {
    let Ok(path) = percent_encoding::percent_decode_str(uri).decode_utf8() else {
        return Err("is not text");
    };
    if path.is_empty() {
        return Err("is empty");
    }
    if path.chars().any(|letter| letter.is_control()) {
        return Err("holds a control character");
    }
    // A colon is a scheme (http:, file:), a drive letter, or a hidden stream on Windows.
    if path.contains(':') {
        return Err("is not a relative path");
    }
    if path.contains('\\') || path.starts_with('/') {
        return Err("is not a relative path with forward slashes");
    }
    if path.split('/').any(|part| part == "..") {
        return Err("leaves the scene's folder");
    }
    Ok(path.into_owned())
}

fn cut(uri: &str) -> String {
    uri.chars().take(120).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_relative_addresses_inside_the_folder_are_followed() {
        let refused = [
            "../secret.bin",
            "a/../../b",
            "/etc/passwd",
            "C:\\x.bin",
            "C:x.bin",
            "file:///etc/passwd",
            "http://example.org/a.png",
            "%2e%2e/secret.bin",
            "..%2Fsecret",
            "a\\..\\b",
            "%2Fetc/passwd",
            "a%00b",
            "",
        ];
        for uri in refused {
            assert!(relative_path(uri).is_err(), "{uri}");
        }
        assert_eq!(relative_path("my%20maps/a.png").as_deref(), Ok("my maps/a.png"));
    }

    #[cfg(unix)]
    #[test]
    fn a_link_out_of_the_folder_is_refused() {
        let outside = tempfile::tempdir().expect("temporary folder");
        std::fs::write(outside.path().join("secret"), b"secret").expect("written");
        let inside = tempfile::tempdir().expect("temporary folder");
        std::os::unix::fs::symlink(outside.path().join("secret"), inside.path().join("link.bin"))
            .expect("linked");
        let source = Source::new(Some(inside.path()), &Limits::default());
        assert!(matches!(source.follow("link.bin", "buffer 0"), Err(ImportError::UnsafeUri { .. })));
        assert!(matches!(source.follow("nothing.bin", "buffer 0"), Ok(Found::Missing(_))));
    }
}
