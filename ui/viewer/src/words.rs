//! Every word that people see, in their language: one catalogue each, `words/en.json` and `words/de.json`.
//!
//! Names of programs, formats, channels and units stand in the code. Why a file cannot be read and what the terminal is told are English,
//! as on the command line.

use std::collections::BTreeMap;
use std::sync::OnceLock;

const ENGLISH: &str = include_str!("words/en.json");
const GERMAN: &str = include_str!("words/de.json");

static SPOKEN: OnceLock<BTreeMap<String, String>> = OnceLock::new();

/// A language with a catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// English.
    En,
    /// German.
    De,
}

impl Language {
    /// The system's where there is a catalogue for it, else English.
    pub fn of_system() -> Self {
        let spoken = sys_locale::get_locale();
        if spoken.is_some_and(|tongue| tongue.starts_with("de")) { Self::De } else { Self::En }
    }
}

impl std::str::FromStr for Language {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "en" => Ok(Self::En),
            "de" => Ok(Self::De),
            _ => Err("choose en or de"),
        }
    }
}

/// Chooses the language; before the first word is said, and once. English unless this was called.
pub fn speak(language: Language) {
    SPOKEN.get_or_init(|| read(language));
}

/// A word or sentence.
pub fn say(key: &'static str) -> &'static str {
    SPOKEN.get_or_init(|| read(Language::En)).get(key).map_or(key, String::as_str)
}

/// A sentence with its `{name}`s filled in.
pub fn fill(key: &'static str, values: &[(&str, &str)]) -> String {
    values.iter().fold(say(key).to_owned(), |said, (name, value)| said.replace(&format!("{{{name}}}"), value))
}

fn read(language: Language) -> BTreeMap<String, String> {
    let catalogue = match language {
        Language::En => ENGLISH,
        Language::De => GERMAN,
    };
    serde_json::from_str(catalogue).expect("a test reads both catalogues")
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn places(sentence: &str) -> Vec<&str> {
        let mut names: Vec<&str> =
            sentence.split('{').skip(1).filter_map(|rest| Some(rest.split_once('}')?.0)).collect();
        names.sort_unstable();
        names
    }

    /// The window's own source, without tests and what only the terminal is told.
    fn sources(folder: &Path) -> Vec<(String, String)> {
        let mut found = Vec::new();
        for entry in std::fs::read_dir(folder).expect("the source is there").flatten() {
            let path = entry.path();
            if path.is_dir() {
                found.extend(sources(&path));
            } else if path.extension().is_some_and(|ending| ending == "rs")
                && !path.ends_with("words.rs")
                && !path.ends_with("main.rs")
            {
                let text = std::fs::read_to_string(&path).expect("it can be read");
                let code = text.split("#[cfg(test)]").next().unwrap_or_default().to_owned();
                found.push((path.display().to_string(), code));
            }
        }
        found
    }

    fn all_sources() -> Vec<(String, String)> {
        sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"))
    }

    #[test]
    fn both_languages_say_the_same_things_with_the_same_values() {
        let (english, german) = (read(Language::En), read(Language::De));
        assert_eq!(english.keys().collect::<Vec<_>>(), german.keys().collect::<Vec<_>>());
        for (key, sentence) in &english {
            assert_eq!(places(sentence), places(&german[key]), "{key}");
            assert!(!german[key].trim().is_empty() && !sentence.trim().is_empty(), "{key}");
        }
    }

    #[test]
    fn every_key_is_spoken_and_every_spoken_key_is_there() {
        let english = read(Language::En);
        let code: String = all_sources().into_iter().map(|(_, code)| code).collect();
        let quoted: Vec<&str> = code.split('"').collect();
        for key in english.keys() {
            assert!(quoted.contains(&key.as_str()), "nobody says {key}");
        }
        for part in ["say(", "fill("] {
            for rest in code.split(part).skip(1) {
                let Some(key) = rest.trim_start().strip_prefix('"').and_then(|rest| rest.split('"').next())
                else {
                    continue;
                };
                assert!(english.contains_key(key), "{key} is in no catalogue");
            }
        }
    }

    #[test]
    fn panels_have_no_words_of_their_own() {
        let shows =
            ["RichText::new(", ".label(", ".button(", ".on_hover_text(", "selectable_label(", "labeled("];
        for (path, code) in all_sources().iter().filter(|(path, _)| path.contains("panel")) {
            for rest in shows.iter().flat_map(|shows| code.split(shows).skip(1)) {
                let Some(words) = rest.trim_start().strip_prefix('"').and_then(|rest| rest.split('"').next())
                else {
                    continue;
                };
                // EV, 1:1 and names of metrics are the same in both.
                assert!(["EV", "1:1", "B"].contains(&words), "{path} says {words:?} itself");
            }
        }
    }

    #[test]
    fn what_is_not_known_is_english() {
        assert_eq!((say("state.queued"), "de".parse()), ("queued", Ok(Language::De)));
        assert!("fr".parse::<Language>().is_err());
        assert_eq!(fill("command.zoom", &[("times", "3")]), "Zoom 3:1");
    }
}
