//! The viewer: a program of its own beside this one, so that neither can take the other down.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::settings::Language;
use crate::fault::{Fault, quoted};

/// Where it lies, if it does.
pub(super) fn program() -> Option<PathBuf> {
    let name = format!("tessera-viewer{}", std::env::consts::EXE_SUFFIX);
    let beside = std::env::current_exe().ok()?.parent()?.join(name);
    beside.is_file().then_some(beside)
}

/// Opens a picture in it, in the person's language.
pub(super) fn open(picture: &Path, language: Language) -> Result<(), Fault> {
    if !picture.is_file() {
        return Err(Fault::failure(format!("{} is no longer there", quoted(picture)), "render it again"));
    }
    let Some(program) = program() else {
        let what = "the viewer is not installed beside this program";
        return Err(Fault::failure(what, "open the EXR in another program, or install the viewer"));
    };
    let mut viewer = Command::new(&program);
    // Without a word it asks the system itself.
    let code = match language {
        Language::System => None,
        Language::En => Some("en"),
        Language::De => Some("de"),
    };
    viewer.args(code.into_iter().flat_map(|code| ["--language", code]));
    let started = viewer.arg(picture).stdin(Stdio::null()).stdout(Stdio::null()).spawn();
    let mut viewer = started.map_err(|error| Fault::file("start", &program, &error))?;
    // Somebody has to hear that it ended, or its entry stays in the system's table.
    let _ = std::thread::Builder::new().name("viewer".into()).spawn(move || viewer.wait());
    Ok(())
}
