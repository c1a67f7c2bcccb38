//! The words of the tray and of notifications, from the same catalogues as the page's.

use std::collections::BTreeMap;

use app::desk::{Language, Settings};

const ENGLISH: &str = include_str!("../../ui/desktop/src/words/en.json");
const GERMAN: &str = include_str!("../../ui/desktop/src/words/de.json");

/// One language's words by key.
pub(crate) struct Words(BTreeMap<String, String>);

impl Words {
    /// The person's language, else the system's where there is a catalogue for it, else English.
    pub(crate) fn of(settings: &Settings) -> Self {
        let german = match settings.language {
            Language::De => true,
            Language::En => false,
            Language::System => system_is_german(),
        };
        Self::read(if german { GERMAN } else { ENGLISH })
    }

    fn read(catalogue: &str) -> Self {
        Self(serde_json::from_str(catalogue).expect("a test reads both catalogues"))
    }

    /// A sentence, with `{name}`s filled in.
    pub(crate) fn say(&self, key: &str, values: &[(&str, &str)]) -> String {
        let sentence = self.0.get(key).cloned().unwrap_or_else(|| key.to_owned());
        values.iter().fold(sentence, |said, (name, value)| said.replace(&format!("{{{name}}}"), value))
    }
}

fn system_is_german() -> bool {
    ["LC_ALL", "LC_MESSAGES", "LANG"]
        .into_iter()
        .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
        .is_some_and(|value| value.starts_with("de"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_that_the_shell_says_is_in_both_catalogues() {
        let (english, german) = (Words::read(ENGLISH), Words::read(GERMAN));
        let sources = [include_str!("tray.rs"), include_str!("herald.rs")].join("");
        let spoken = |word: &&str| word.starts_with("tray.") || word.starts_with("notice.");
        let keys: Vec<&str> = sources.split('"').filter(spoken).collect();
        assert!(keys.len() > 5, "they are found");
        for key in keys {
            assert!(english.0.contains_key(key) && german.0.contains_key(key), "{key}");
        }
        assert!(english.say("tray.rendering", &[("name", "vase"), ("percent", "7")]).contains("vase"));
    }
}
