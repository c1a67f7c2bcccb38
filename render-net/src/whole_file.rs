//! Files that are there whole or not at all: written beside their place, flushed, renamed.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

/// Puts the parts, one after another, into the file at `path`; `durable`: it survives a power cut once this returns.
///
/// # Errors
/// The system's first one; what was at `path` before is then still there, and nothing else is left.
pub(crate) fn write_whole(path: &Path, parts: &[&[u8]], durable: bool) -> io::Result<()> {
    let temporary = path.with_extension("new");
    let written = (|| {
        let mut file = File::create(&temporary)?;
        parts.iter().try_for_each(|part| file.write_all(part))?;
        if durable {
            file.sync_data()?;
        }
        frame::patience::replace(&temporary, path)
    })();
    if written.is_err() {
        // A full disk is not made fuller by what nobody will read; the first error is the one to tell.
        let _ = fs::remove_file(&temporary);
    }
    written
}
