//! What a configuration and its files may be before anything reads them: their parser is somebody else's, and some files end the
//! program there instead of being refused.
//!
//! Found by trying (`ocio` 0.3.0): sequences nested 100,000 deep overflow the stack, aliases of aliases fill the memory.

use std::io::Read;
use std::path::Path;

/// The studio configuration of ACES has 72 KB.
const CONFIG_BYTES_MAX: u64 = 4 << 20;
/// A file that a configuration names; the largest table that OCIO reads, 129³ colours as text, has about 60 MB.
const FILE_BYTES_MAX: u64 = 128 << 20;
/// Sequences, maps and groups inside each other.
const DEPTH_MAX: usize = 256;

/// Why something is not read.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refused {
    /// Nothing has that name.
    #[error("there is no such file")]
    Missing,
    /// The system does not give it.
    #[error("it cannot be read: {0}")]
    Unreadable(String),
    /// More than anybody writes.
    #[error("it is larger than {0} MB")]
    Large(u64),
    /// More than anybody writes.
    #[error("its parts lie more than {DEPTH_MAX} deep in each other")]
    Deep,
    /// A few lines of them can be more than all memory.
    #[error("it uses YAML anchors, which no configuration needs")]
    Anchors,
    /// Its parts are not looked for.
    #[error("{0} refers to other files")]
    Refers(String),
}

/// The text of a configuration.
///
/// # Errors
/// [`Refused`].
pub(super) fn text(path: &Path) -> Result<String, Refused> {
    let unreadable = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => Refused::Missing,
        _ => Refused::Unreadable(error.to_string()),
    };
    let file = std::fs::File::open(path).map_err(unreadable)?;
    if !file.metadata().map_err(unreadable)?.is_file() {
        return Err(Refused::Unreadable("it is no file".into()));
    }
    let mut bytes = Vec::new();
    file.take(CONFIG_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > CONFIG_BYTES_MAX {
        return Err(Refused::Large(CONFIG_BYTES_MAX >> 20));
    }
    if bytes.starts_with(b"PK") {
        return Err(Refused::Unreadable("it is an archive (.ocioz)".into()));
    }
    let text = String::from_utf8_lossy(&bytes).into_owned();
    bounded(&text).map(|()| text)
}

/// Checks a file that a configuration names, before it is read.
///
/// # Errors
/// [`Refused`].
pub(super) fn file(path: &Path) -> Result<(), Refused> {
    if std::fs::metadata(path).is_ok_and(|found| found.len() > FILE_BYTES_MAX) {
        return Err(Refused::Large(FILE_BYTES_MAX >> 20));
    }
    let is_ctf = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("ctf"));
    let refers = |bytes: Vec<u8>| bytes.windows(10).any(|window| window == b"<Reference");
    if is_ctf && std::fs::read(path).is_ok_and(refers) {
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
        return Err(Refused::Refers(name.into_owned()));
    }
    Ok(())
}

fn bounded(text: &str) -> Result<(), Refused> {
    if text.lines().any(|line| depth(line) > DEPTH_MAX) || flow_depth(text) > DEPTH_MAX {
        return Err(Refused::Deep);
    }
    let names = |mark: char| {
        let after = text.split(mark).skip(1);
        let before = text.split(mark).map(|part| part.chars().next_back());
        let starts = before.zip(after).filter(|(before, _)| before.is_none_or(|it| " \t\n[{,".contains(it)));
        let word =
            |rest: &'_ str| rest.split(|it: char| " \t\r\n,[]{}".contains(it)).next().map(str::to_owned);
        starts.filter_map(move |(_, rest)| word(rest)).filter(|word| !word.is_empty())
    };
    let anchors: std::collections::HashSet<String> = names('&').collect();
    if names('*').any(|alias| anchors.contains(&alias)) { Err(Refused::Anchors) } else { Ok(()) }
}

/// How deep a line can lie: two columns each, and every dash or question mark of its own.
fn depth(line: &str) -> usize {
    let rest = line.trim_start();
    let marks = rest.split_whitespace().take_while(|word| ["-", "?", ":"].contains(word)).count();
    (line.len() - rest.len()) / 2 + marks
}

/// How deep brackets lie in each other; those in texts count too, which has room.
fn flow_depth(text: &str) -> usize {
    let (mut depth, mut most) = (0usize, 0);
    for it in text.chars() {
        match it {
            '[' | '{' => depth += 1,
            ']' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        most = most.max(depth);
    }
    most
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_overflow_or_fill_the_memory_is_refused() {
        let dashes = format!("colorspaces:\n  {}x", "- ".repeat(100_000));
        let flow = format!("roles: {}", "[".repeat(100_000));
        let block: String = (0..600).map(|level| format!("{}a:\n", "  ".repeat(level))).collect();
        assert_eq!([dashes, flow, block].map(|text| bounded(&text)), [const { Err(Refused::Deep) }; 3]);
        assert_eq!(bounded("a: &a [x, x]\nb: &b [*a, *a]\n"), Err(Refused::Anchors));
        assert_eq!(bounded("a: &a\n- *a"), Err(Refused::Anchors));
    }

    #[test]
    fn what_people_write_is_not() {
        let usual = "file_rules:\n  - !<Rule> {name: A, pattern: \"*\", extension: \"*\"}\ndescription: |\n  R&D's *best* show\n";
        assert_eq!(bounded(usual), Ok(()));
        use ::ocio::builtins::configs;
        for text in [configs::CG_CONFIG_V100_ACES_V13_OCIO_V21, configs::STUDIO_CONFIG_V400_ACES_V20_OCIO_V25]
        {
            assert_eq!(bounded(text), Ok(()));
        }
    }

    #[test]
    fn only_files_of_a_size_are_read() {
        let place = tempfile::tempdir().expect("a temporary folder");
        let path = place.path().join("config.ocio");
        assert_eq!(text(&path), Err(Refused::Missing));
        assert!(matches!(text(place.path()), Err(Refused::Unreadable(_))), "a folder");
        std::fs::write(&path, vec![b'#'; (CONFIG_BYTES_MAX + 1) as usize]).expect("it can be written");
        assert_eq!(text(&path), Err(Refused::Large(4)));
        let table = place.path().join("table.cube");
        let file = std::fs::File::create(&table).expect("it can be made");
        file.set_len(FILE_BYTES_MAX + 1).expect("it can grow");
        assert_eq!(super::file(&table), Err(Refused::Large(128)));
        let ctf = place.path().join("refers.ctf");
        std::fs::write(&ctf, "<ProcessList><Reference path=\"/dev/zero\"/>").expect("it can be written");
        assert_eq!(super::file(&ctf), Err(Refused::Refers("refers.ctf".into())));
    }
}
