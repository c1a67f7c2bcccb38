//! The viewer: a program of its own beside this one, so that neither can take the other down.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::fault::{Fault, quoted};

/// Where it lies, if it does.
pub(super) fn program() -> Option<PathBuf> {
    let name = format!("tessera-viewer{}", std::env::consts::EXE_SUFFIX);
    let beside = std::env::current_exe().ok()?.parent()?.join(name);
    beside.is_file().then_some(beside)
}

/// Opens a picture in it.
pub(super) fn open(picture: &Path) -> Result<(), Fault> {
    if !picture.is_file() {
        return Err(Fault::failure(format!("{} is no longer there", quoted(picture)), "render it again"));
    }
    let Some(program) = program() else {
        let what = "the viewer is not installed beside this program";
        return Err(Fault::failure(what, "open the EXR in another program, or install the viewer"));
    };
    let mut viewer = Command::new(&program);
    let started = viewer.arg(picture).stdin(Stdio::null()).stdout(Stdio::null()).spawn();
    let mut viewer = started.map_err(|error| Fault::file("start", &program, &error))?;
    // Somebody has to hear that it ended, or its entry stays in the system's table.
    let _ = std::thread::Builder::new().name("viewer".into()).spawn(move || viewer.wait());
    Ok(())
}
