//! Names of the files that a render writes, and whether they can be written at all, asked before any work is done.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use frame::FrameIndex;

use crate::fault::{Fault, quoted};

/// An output name: a file `*.exr`, with a run of `#` where the frame number goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputName {
    folder: PathBuf,
    before: String,
    digits: usize,
    after: String,
}

impl OutputName {
    /// Reads an output name; `frames` is how many pictures it must tell apart.
    pub fn parse(path: &Path, frames: usize) -> Result<Self, Fault> {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let Some(stem) = name.strip_suffix(".exr").filter(|stem| !stem.is_empty()) else {
            let advice = "end it in .exr, as in -o picture.exr";
            return Err(Fault::usage(format!("the output name {} is not an EXR file", quoted(path)), advice));
        };
        if cfg!(windows) && is_refused_by_windows(name) {
            return Err(Fault::usage(
                format!("Windows gives no file the name {}", quoted(Path::new(name))),
                "choose another name with -o",
            ));
        }
        let (before, digits, after) = split_at_hashes(stem);
        if frames > 1 && digits == 0 {
            return Err(Fault::usage(
                format!("{frames} frames cannot all be written to {}", quoted(path)),
                format!("put #### where the frame number goes, as in -o {stem}.####.exr"),
            ));
        }
        let folder = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
            _ => PathBuf::from("."),
        };
        Ok(Self { folder, before: before.to_owned(), digits, after: after.to_owned() })
    }

    /// Where the files are.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The finished file of a frame.
    pub fn path(&self, frame: u32) -> PathBuf {
        self.folder.join(format!("{}.exr", self.stem(frame)))
    }

    /// The growing file of a frame.
    pub fn partial(&self, frame: u32) -> PathBuf {
        self.folder.join(format!("{}.partial.exr", self.stem(frame)))
    }

    /// Whether any picture of this name is there, finished or growing.
    pub(crate) fn is_taken(&self) -> bool {
        let is_stem = |stem: &str| {
            let inner = stem.strip_prefix(&self.before).and_then(|rest| rest.strip_suffix(&self.after));
            inner.is_some_and(|digits| {
                digits.is_empty() == (self.digits == 0) && digits.bytes().all(|digit| digit.is_ascii_digit())
            })
        };
        let is_mine = |name: &str| {
            [".exr", ".partial.exr", ".new.exr"]
                .into_iter()
                .filter_map(|end| name.strip_suffix(end))
                .any(is_stem)
        };
        let entries = std::fs::read_dir(&self.folder).into_iter().flatten().flatten();
        entries.into_iter().any(|entry| entry.file_name().to_str().is_some_and(is_mine))
    }

    /// Where a finished frame goes while another program has its own file open.
    pub(crate) fn beside(&self, frame: u32) -> PathBuf {
        self.folder.join(format!("{}.new.exr", self.stem(frame)))
    }

    /// What is there after a stop, in words: so many finished frames, and the unfinished one.
    pub(crate) fn kept_words(&self, finished: usize, unfinished: Option<FrameIndex>) -> String {
        let whole = match finished {
            0 => None,
            1 => Some("one finished frame is kept".to_owned()),
            _ => Some(format!("{finished} finished frames are kept")),
        };
        let part = unfinished.map(|frame| {
            let file = quoted(&self.partial(frame.0));
            match self.digits {
                0 => format!("the picture so far is in {file}"),
                _ => format!("frame {} so far is in {file}", frame.0),
            }
        });
        let words: Vec<String> = whole.into_iter().chain(part).collect();
        if words.is_empty() {
            "no tile was finished yet, so no picture is left".into()
        } else {
            words.join(" and ")
        }
    }

    /// Checks that the folder is there, can be written to, and has `need_bytes` free.
    pub fn check_writable(&self, first_frame: u32, need_bytes: u64) -> Result<(), Fault> {
        let path = self.path(first_frame);
        if !self.folder.is_dir() {
            let what = format!("the output folder {} does not exist", quoted(&self.folder));
            return Err(Fault::failure(what, "make it or choose another place with -o"));
        }
        if path.is_dir() {
            let what = format!("the output {} is a folder", quoted(&path));
            return Err(Fault::failure(what, "choose another name with -o"));
        }
        if let Some(error) = frame::patience::held(&path) {
            return Err(Fault::file("write", &path, &error));
        }
        try_to_write(&self.partial(first_frame), &path)?;
        match free_bytes(&self.folder) {
            Some(free) if free < need_bytes => Err(Fault::failure(
                format!(
                    "the picture needs about {} MiB and {} MiB are free in {}",
                    need_bytes.div_ceil(1 << 20),
                    free >> 20,
                    quoted(&self.folder)
                ),
                "free some space or choose another disk with -o",
            )),
            _ => Ok(()),
        }
    }

    fn stem(&self, frame: u32) -> String {
        match self.digits {
            0 => self.before.clone(),
            digits => format!("{}{frame:0digits$}{}", self.before, self.after),
        }
    }
}

/// Free bytes on the disk that holds `folder`, where the system says so.
pub fn free_bytes(folder: &Path) -> Option<u64> {
    fs4::available_space(folder).ok()
}

fn split_at_hashes(stem: &str) -> (&str, usize, &str) {
    let Some(end) = stem.rfind('#').map(|at| at + 1) else { return (stem, 0, "") };
    let before = stem[..end].trim_end_matches('#');
    (before, end - before.len(), &stem[end..])
}

/// Names that mean devices with whatever ending, hidden streams behind a colon, and letters that no name may have.
///
/// Source: "Naming Files, Paths, and Namespaces", learn.microsoft.com.
fn is_refused_by_windows(name: &str) -> bool {
    const PORTS: [char; 12] = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '¹', '²', '³'];
    const DEVICES: [&str; 6] = ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"];
    let stem = name.split('.').next().unwrap_or_default().trim_end().to_uppercase();
    let port = stem.strip_prefix("COM").or_else(|| stem.strip_prefix("LPT"));
    port.is_some_and(|port| port.chars().count() == 1 && port.contains(PORTS))
        || DEVICES.contains(&stem.as_str())
        || name.chars().any(|letter| letter.is_control() || r#"<>:"|?*"#.contains(letter))
}

/// Makes and removes a file with a name as long as the longest that the render will write.
fn try_to_write(partial: &Path, path: &Path) -> Result<(), Fault> {
    let name = partial.file_name().unwrap_or_default().to_string_lossy();
    let probe = partial.with_file_name(format!(".{name}.{}-0.tmp", std::process::id()));
    let folder = partial.parent().unwrap_or(Path::new("."));
    let made = std::fs::File::create(&probe);
    let written = made.and_then(|file| file.set_len(4096));
    match std::fs::remove_file(&probe) {
        Err(error) if error.kind() != ErrorKind::NotFound && written.is_ok() => {
            return Err(Fault::file("tidy up in", folder, &error));
        }
        _ => {}
    }
    written.map_err(|error| Fault::file("write", path, &error))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str, frames: usize) -> Result<OutputName, Fault> {
        OutputName::parse(Path::new(text), frames)
    }

    #[test]
    fn hashes_become_the_frame_number() {
        let output = name("shots/a_####.v2.exr", 3).expect("it has hashes");
        assert_eq!(output.path(7), Path::new("shots/a_0007.v2.exr"));
        assert_eq!(output.partial(12345), Path::new("shots/a_12345.v2.partial.exr"));
        let still = name("a.exr", 1).expect("one frame needs none");
        assert_eq!(still.path(7), Path::new("./a.exr"));
    }

    #[test]
    fn a_name_is_taken_by_finished_and_by_growing_pictures_of_its_kind() {
        let place = tempfile::tempdir().expect("a temporary folder");
        let is_taken =
            |text: &str| OutputName::parse(&place.path().join(text), 1).expect("a good name").is_taken();
        for file in [
            "vase.exr",
            "film.0007.exr",
            "cut.0001.partial.exr",
            "pot.partial.exr",
            "tree-2.exr",
            "cup.new.exr",
        ] {
            std::fs::write(place.path().join(file), "").expect("it can be written");
        }
        assert!(
            ["vase.exr", "film.####.exr", "cut.####.exr", "pot.exr", "cup.exr", "cup.new.exr"]
                .into_iter()
                .all(is_taken)
        );
        assert!(
            !["vase.####.exr", "film.exr", "cut.exr", "tree.exr", "tree-####.exr.exr"]
                .into_iter()
                .any(is_taken)
        );
        assert!(!OutputName::parse(&place.path().join("gone/vase.exr"), 1).expect("a good name").is_taken());
    }

    #[test]
    fn many_frames_need_hashes_and_the_suffix_is_exr() {
        assert!(name("a.exr", 2).expect_err("no hashes").advice.contains("a.####.exr"));
        for wrong in ["a.png", "a", ".exr", "folder/", ""] {
            assert_eq!(name(wrong, 1).expect_err(wrong).exit, crate::fault::Exit::Usage);
        }
    }

    #[test]
    fn a_missing_folder_or_too_little_room_is_told_before_rendering() {
        let place = tempfile::tempdir().expect("a temporary folder");
        let missing = OutputName::parse(&place.path().join("no/a.exr"), 1).expect("a good name");
        assert!(missing.check_writable(0, 0).expect_err("no folder").what.contains("does not exist"));
        let here = OutputName::parse(&place.path().join("a.exr"), 1).expect("a good name");
        here.check_writable(0, 4096).expect("a temporary folder takes a page");
        assert!(
            here.check_writable(0, u64::MAX)
                .expect_err("no disk is that large")
                .what
                .contains("MiB are free")
        );
        assert_eq!(
            std::fs::read_dir(place.path()).expect("it is there").count(),
            0,
            "nothing is left behind"
        );
    }

    #[test]
    fn a_name_that_the_disk_cannot_take_is_told_before_rendering() {
        let place = tempfile::tempdir().expect("a temporary folder");
        let long = format!("{}.exr", "a".repeat(248));
        let output = OutputName::parse(&place.path().join(long), 1).expect("it ends in .exr");
        let fault = output.check_writable(0, 0).expect_err("its growing copy has too long a name");
        // Wine takes it for a folder that is missing.
        assert!(cfg!(windows) || fault.what.ends_with("no file can have this name here"), "{fault}");
        assert_eq!(std::fs::read_dir(place.path()).expect("it is there").count(), 0);
    }

    #[test]
    fn devices_streams_and_forbidden_letters_are_no_names_on_windows() {
        for name in [
            "CON.exr",
            "nul.exr",
            "aux.0001.exr",
            "Com1.exr",
            "lpt9 .exr",
            "ab:c.exr",
            "why?.exr",
            "COM¹.exr",
        ] {
            assert!(is_refused_by_windows(name), "{name}");
            assert_eq!(OutputName::parse(Path::new(name), 1).is_err(), cfg!(windows), "{name}");
        }
        for name in ["console.exr", "com10.exr", "com.exr", "a.con.exr", "käse ##.exr", "nul_.exr"] {
            assert!(!is_refused_by_windows(name), "{name}");
        }
    }

    #[test]
    fn what_a_stop_left_is_said_as_one_says_it() {
        let output = OutputName::parse(Path::new("a.####.exr"), 4).expect("it tells four apart");
        assert_eq!(output.kept_words(0, None), "no tile was finished yet, so no picture is left");
        assert_eq!(output.kept_words(1, None), "one finished frame is kept");
        let still = OutputName::parse(Path::new("a.exr"), 1).expect("one picture");
        assert_eq!(still.kept_words(0, Some(FrameIndex(0))), "the picture so far is in \"./a.partial.exr\"");
        let both = output.kept_words(2, Some(FrameIndex(3)));
        let partial = quoted(&Path::new(".").join("a.0003.partial.exr"));
        assert_eq!(both, format!("2 finished frames are kept and frame 3 so far is in {partial}"));
    }
}
