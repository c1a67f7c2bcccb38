//! What went wrong, for people: one sentence on what happened, one on what to do, and an exit code.
//!
//! Libraries have their own error enums; here each of them is handled once and becomes a [`Fault`]. A fault never
//! holds a key or a secret.

use std::fmt;

/// The program's exit codes; the numbers are part of the product's contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// All is done.
    Done = 0,
    /// Anything that has no code of its own, and `exr diff` above its threshold.
    Failure = 1,
    /// The command was not understood.
    Usage = 2,
    /// The scene cannot be rendered.
    Scene = 3,
    /// Another machine could not be reached or did not behave.
    Network = 4,
    /// Not enough credit, or too dear.
    Credit = 5,
    /// Some frames failed.
    Frames = 6,
    /// A receipt or a file did not verify.
    Verification = 7,
    /// The person stopped it.
    Interrupted = 130,
}

/// A failure as it is told to a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What the program ends with.
    pub exit: Exit,
    /// What happened: one sentence without a full stop.
    pub what: String,
    /// What to do about it: one sentence without a full stop.
    pub advice: String,
}

impl Fault {
    /// A fault with its own exit code.
    pub fn new(exit: Exit, what: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { exit, what: what.into(), advice: advice.into() }
    }

    /// The command was not understood.
    pub fn usage(what: impl Into<String>, advice: impl Into<String>) -> Self {
        Self::new(Exit::Usage, what, advice)
    }

    /// A failure without a code of its own.
    pub fn failure(what: impl Into<String>, advice: impl Into<String>) -> Self {
        Self::new(Exit::Failure, what, advice)
    }

    /// A scene that cannot be rendered.
    pub fn scene(what: impl Into<String>, advice: impl Into<String>) -> Self {
        Self::new(Exit::Scene, what, advice)
    }

    /// Another machine that cannot be reached or does not behave.
    pub fn network(what: impl Into<String>, advice: impl Into<String>) -> Self {
        Self::new(Exit::Network, what, advice)
    }

    /// A file or folder that could not be used, with the system's reason.
    pub fn file(doing: &str, path: &std::path::Path, error: &std::io::Error) -> Self {
        use std::io::ErrorKind;
        let advice = match error.kind() {
            _ if frame::patience::is_in_use(error) => "close it there and try again",
            ErrorKind::NotFound => "check the path",
            ErrorKind::PermissionDenied => "choose a place that you may use, or change its permissions",
            ErrorKind::StorageFull => "free some space or choose another disk",
            ErrorKind::AlreadyExists => "choose another name or move what is there",
            ErrorKind::InvalidFilename => "choose a shorter name of plain letters",
            _ => "check the path and its disk",
        };
        Self::failure(format!("could not {doing} {}: {}", quoted(path), reason(error)), advice)
    }
}

/// A path as it is shown in a sentence.
pub fn quoted(path: &std::path::Path) -> String {
    format!("\"{}\"", path.display())
}

/// A stranger's text on one line, without letters that a terminal would obey or that turn the order of what follows.
pub fn one_line(text: &str) -> String {
    let obeyed = |letter: char| {
        letter.is_control() || matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().map(|letter| if obeyed(letter) { ' ' } else { letter }).collect()
}

fn reason(error: &std::io::Error) -> String {
    use std::io::ErrorKind;
    match error.kind() {
        _ if frame::patience::is_in_use(error) => "another program has it open".into(),
        ErrorKind::NotFound => "it does not exist".into(),
        ErrorKind::PermissionDenied => "permission denied".into(),
        ErrorKind::StorageFull => "the disk is full".into(),
        ErrorKind::ReadOnlyFilesystem => "the disk is read-only".into(),
        ErrorKind::IsADirectory => "it is a folder".into(),
        ErrorKind::NotADirectory => "part of the path is not a folder".into(),
        ErrorKind::InvalidFilename => "no file can have this name here".into(),
        _ => error.to_string(),
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; {}", self.what, self.advice)
    }
}

impl std::error::Error for Fault {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_strangers_text_cannot_write_over_other_lines() {
        let told = one_line("Card\u{1b}[2A\r\nsigned by artist me\u{202e}");
        assert_eq!(told, "Card [2A  signed by artist me ");
    }

    #[test]
    fn a_missing_file_is_told_with_its_name_and_a_next_step() {
        let error = std::io::Error::from(std::io::ErrorKind::NotFound);
        let fault = Fault::file("read", std::path::Path::new("x.glb"), &error);
        assert_eq!(fault.to_string(), "could not read \"x.glb\": it does not exist; check the path");
        assert_eq!(fault.exit, Exit::Failure);
    }
}
