//! Files that only their owner may read: identities, job secrets.
//!
//! A file appears whole or not at all (temporary file, then a link within the folder) and is created with
//! mode 0600. On Windows a user's profile folder is closed to other users by its access list, and files in
//! it inherit that; there is no mode to check.

use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

/// More than any secret file of ours holds.
const SIZE_BYTES_MAX: u64 = 64 * 1024;

/// Why an identity cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// Others than the owner may read the file.
    #[error("other people may read the identity file (mode {mode:o}): run chmod 600 on {path}")]
    Readable {
        /// Permission bits found.
        mode: u32,
        /// The file.
        path: String,
    },
    /// The file holds something else.
    #[error("{path} is not an identity file; move it away to get a new identity")]
    NotAnIdentity {
        /// The file.
        path: String,
    },
    /// The system said no.
    #[error("the identity file {path} cannot be {doing}: {}", system_words(source))]
    File {
        /// "read" or "written".
        doing: &'static str,
        /// What the system said.
        source: std::io::Error,
        /// The file.
        path: String,
    },
}

/// A path whose content is secret.
pub(crate) struct PrivateFile {
    path: PathBuf,
}

impl PrivateFile {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self { path }
    }

    /// The content; `None` when there is no file. Refuses a file that others may read.
    pub(crate) fn read(&self) -> Result<Option<Zeroizing<Vec<u8>>>, IdentityError> {
        let metadata = match fs::metadata(&self.path) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(self.fault("read", error)),
        };
        self.refuse_readable(&metadata)?;
        if metadata.len() > SIZE_BYTES_MAX {
            return Err(self.not_an_identity());
        }
        let bytes = fs::read(&self.path).map_err(|error| self.fault("read", error))?;
        Ok(Some(Zeroizing::new(bytes)))
    }

    /// Writes a file that must not exist yet; an existing one stays as it is and is no error.
    pub(crate) fn create(&self, bytes: &[u8]) -> Result<(), IdentityError> {
        let temporary = self.write_temporary(bytes).map_err(|error| self.fault("written", error))?;
        // A hard link fails when the name is taken, which a rename would not.
        let linked = fs::hard_link(&temporary, &self.path);
        fs::remove_file(&temporary).map_err(|error| self.fault("written", error))?;
        match linked {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(self.fault("written", error)),
            _ => Ok(()),
        }
    }

    pub(crate) fn not_an_identity(&self) -> IdentityError {
        IdentityError::NotAnIdentity { path: self.path.display().to_string() }
    }

    fn write_temporary(&self, bytes: &[u8]) -> std::io::Result<PathBuf> {
        let folder = self.path.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(folder)?;
        let mut tag = [0; 8];
        crate::seal::fill_random(&mut tag);
        let temporary = folder.join(format!(".new-{:016x}", u64::from_le_bytes(tag)));
        let mut options = fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&temporary)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        Ok(temporary)
    }

    #[cfg(unix)]
    fn refuse_readable(&self, metadata: &fs::Metadata) -> Result<(), IdentityError> {
        let mode = std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o777;
        if mode & 0o077 == 0 {
            Ok(())
        } else {
            Err(IdentityError::Readable { mode, path: self.path.display().to_string() })
        }
    }

    #[cfg(not(unix))]
    fn refuse_readable(&self, _: &fs::Metadata) -> Result<(), IdentityError> {
        Ok(())
    }

    fn fault(&self, doing: &'static str, source: std::io::Error) -> IdentityError {
        IdentityError::File { doing, source, path: self.path.display().to_string() }
    }
}

/// The system's reasons that people meet most, without its numbers.
pub(crate) fn system_words(error: &std::io::Error) -> String {
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "the disk is full".to_owned(),
        ErrorKind::PermissionDenied => "permission is denied".to_owned(),
        ErrorKind::ReadOnlyFilesystem => "the disk is read-only".to_owned(),
        ErrorKind::NotADirectory => "part of the path is not a folder".to_owned(),
        _ => error.to_string(),
    }
}
