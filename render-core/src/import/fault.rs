//! What can be wrong with a scene file: errors that stop the import, and warnings that people must see.

use std::fmt;
use std::io;

use crate::scene::SceneFault;

/// Why a scene or an environment could not be imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The operating system does not hand the file out.
    #[error("{} could not be read: {}", named(file), words(source))]
    Unreadable {
        /// Its name, without folders where it is the scene itself.
        file: String,
        /// What the system said.
        source: io::Error,
    },
    /// Something else than a scene or picture of a known kind.
    #[error("{} is not usable: {reason}", named(file))]
    WrongFormat {
        /// Its name, or what it was to be.
        file: String,
        /// What was seen instead.
        reason: String,
    },
    /// The file contradicts itself or the format.
    #[error("{place}: {reason}")]
    Broken {
        /// Where in the file, such as `mesh 3 "Bottle", primitive 0, accessor 12`.
        place: String,
        /// What is wrong there.
        reason: String,
    },
    /// The file asks for more than [`super::Limits`] allow.
    #[error("{place}: {what} would be more than the limit of {limit}")]
    OverLimit {
        /// Where in the file.
        place: String,
        /// What there is too much of.
        what: &'static str,
        /// How much is allowed.
        limit: u64,
    },
    /// A small file that unfolds to a huge picture.
    #[error(
        "{place}: a file of {file_kib} KiB that unfolds to {pixels_mib} MiB of pixels is empty or a trap"
    )]
    Inflated {
        /// Where in the file.
        place: String,
        /// As it is stored.
        file_kib: u64,
        /// As it would lie in memory.
        pixels_mib: u64,
    },
    /// An address that is absolute, remote, or leaves the scene's folder.
    #[error("{place}: the address {uri:?} {reason}")]
    UnsafeUri {
        /// Where in the file.
        place: String,
        /// The address, cut when long.
        uri: String,
        /// Why it is refused.
        reason: &'static str,
    },
    /// The file insists on something that Tessera cannot read.
    #[error("{place}: {what} is required, and Tessera cannot read it")]
    Unsupported {
        /// Where in the file.
        place: String,
        /// What it insists on.
        what: String,
    },
    /// The camera that was asked for is not there.
    #[error("no camera is named {wanted:?}; the scene has {available}")]
    NoSuchCamera {
        /// What was asked for.
        wanted: String,
        /// What there is, as one phrase.
        available: String,
    },
    /// A lens is asked for, and nobody says at which distance it is sharp.
    #[error("an f-stop needs a distance in focus, and the camera has none")]
    NoFocus,
    /// The parts do not fit together.
    #[error("the scene does not fit together: {0}")]
    Scene(#[from] SceneFault),
}

impl ImportError {
    /// One sentence that says what a person can do about it.
    pub fn help(&self) -> String {
        match self {
            Self::Unreadable { .. } => "Check that the file is there and that you may read it.".into(),
            Self::WrongFormat { .. } => {
                "Give a glTF 2.0 scene (.glb or .gltf), or an .exr or .hdr as environment.".into()
            }
            Self::Broken { .. } => {
                "Copy or export the scene again, and check it with the Khronos glTF validator if this stays."
                    .into()
            }
            Self::OverLimit { .. } => "Make the scene smaller there, or split it.".into(),
            Self::Inflated { .. } => "Put a smaller picture in its place.".into(),
            Self::UnsafeUri { .. } => {
                "Put the file beside the scene and name it by a relative path, or embed it in a .glb.".into()
            }
            Self::Unsupported { .. } => "Export the scene again without this option.".into(),
            Self::NoSuchCamera { .. } => "Choose one of these with --camera, or leave the flag out.".into(),
            Self::NoFocus => "Say how far away it is to be sharp with --focus, in metres.".into(),
            Self::Scene(_) => "Correct the value in the scene and export it again.".into(),
        }
    }
}

/// A file's name as a sentence begins with it: between quotation marks where blanks would let it pass for words of the sentence.
fn named(file: &str) -> String {
    if file.contains(char::is_whitespace) && file.contains('.') { quoted(file) } else { file.to_owned() }
}

/// The system's reasons that people meet most, without its numbers.
fn words(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "it does not exist".into(),
        io::ErrorKind::PermissionDenied => "permission is denied".into(),
        io::ErrorKind::IsADirectory => "it is a folder".into(),
        _ => error.to_string(),
    }
}

/// How much a [`Warning`] matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// A choice was made for the artist.
    Notice,
    /// The picture may differ from what the file describes.
    Warning,
}

/// Something unsupported, missing or chosen, by name.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Warning {
    /// How much it matters.
    pub severity: Severity,
    /// Where in the file; empty: the file as a whole.
    pub place: String,
    /// What it is and what becomes of it, without a full stop.
    pub text: String,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.place.is_empty() {
            write!(f, "{}.", self.text)
        } else {
            write!(f, "{}: {}.", self.place, self.text)
        }
    }
}

/// Warnings as they come up, each once, and a bounded number of them.
#[derive(Debug, Default)]
pub(super) struct Warnings {
    list: Vec<Warning>,
    left_out: usize,
}

impl Warnings {
    const COUNT_MAX: usize = 500;

    pub(super) fn warn(&mut self, place: impl Into<String>, text: impl Into<String>) {
        self.push(Warning { severity: Severity::Warning, place: place.into(), text: text.into() });
    }

    pub(super) fn notice(&mut self, place: impl Into<String>, text: impl Into<String>) {
        self.push(Warning { severity: Severity::Notice, place: place.into(), text: text.into() });
    }

    pub(super) fn into_list(mut self) -> Vec<Warning> {
        if self.left_out > 0 {
            let text = format!("{} more warnings are not shown", self.left_out);
            self.list.push(Warning { severity: Severity::Warning, place: String::new(), text });
        }
        self.list
    }

    fn push(&mut self, warning: Warning) {
        if self.list.len() >= Self::COUNT_MAX {
            self.left_out += 1;
        } else if !self.list.contains(&warning) {
            self.list.push(warning);
        }
    }
}

pub(super) fn broken(place: &str, reason: impl Into<String>) -> ImportError {
    ImportError::Broken { place: place.to_owned(), reason: reason.into() }
}

/// Names a thing of the file for people: `node 3 "Bottle"`. Control characters are escaped and long names cut,
/// because the text goes to terminals and the name comes from a stranger.
pub(super) fn place_of(kind: &str, index: usize, name: Option<&str>) -> String {
    match name {
        Some(name) if !name.is_empty() => format!("{kind} {index} {}", quoted(name)),
        _ => format!("{kind} {index}"),
    }
}

pub(super) fn quoted(name: &str) -> String {
    const LENGTH_MAX: usize = 80;
    if name.chars().count() <= LENGTH_MAX {
        return format!("{name:?}");
    }
    format!("{:?}", name.chars().take(LENGTH_MAX).chain(['…']).collect::<String>())
}
