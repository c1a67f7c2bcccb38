//! The words of the tray and of notifications, from the same catalogues as the page's.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use app::desk::{Because, EarnPhase, EarnState, Language, Settings};

type Catalogue = BTreeMap<String, String>;

/// Read once: the tray asks ten times a second while something is rendered.
static ENGLISH: LazyLock<Catalogue> =
    LazyLock::new(|| read(include_str!("../../ui/desktop/src/words/en.json")));
static GERMAN: LazyLock<Catalogue> =
    LazyLock::new(|| read(include_str!("../../ui/desktop/src/words/de.json")));

fn read(catalogue: &str) -> Catalogue {
    serde_json::from_str(catalogue).expect("a test reads both catalogues")
}

/// One language's words by key.
#[derive(Clone, Copy)]
pub(crate) struct Words(&'static Catalogue);

impl Words {
    /// The person's language, else the system's where there is a catalogue for it, else English.
    pub(crate) fn of(settings: &Settings) -> Self {
        let german = match settings.language {
            Language::De => true,
            Language::En => false,
            Language::System => system_is_german(),
        };
        Self(if german { &GERMAN } else { &ENGLISH })
    }

    /// Why this computer earns or not: the sentence that the window shows too.
    pub(crate) fn earning(&self, state: &EarnState) -> String {
        let sentence = self.because(&state.because);
        match state.unseen.first() {
            Some(unseen) if state.phase == EarnPhase::Working => {
                let what = self.say(&format!("unseen.{unseen}"), &[]);
                self.say("reason.but", &[("sentence", &sentence), ("what", &what)])
            }
            _ => sentence,
        }
    }

    fn because(&self, because: &Because) -> String {
        let values: Vec<(&str, &str)> =
            because.values.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        self.say(&format!("reason.{}", because.key), &values)
    }

    /// A sentence, with `{name}`s filled in.
    pub(crate) fn say(&self, key: &str, values: &[(&str, &str)]) -> String {
        let sentence = self.0.get(key).cloned().unwrap_or_else(|| key.to_owned());
        values.iter().fold(sentence, |said, (name, value)| said.replace(&format!("{{{name}}}"), value))
    }
}

fn system_is_german() -> bool {
    sys_locale::get_locale().is_some_and(|tongue| tongue.starts_with("de"))
}

#[cfg(test)]
mod tests {
    use app::earn::{ProgramName, Reason};

    use super::*;

    #[test]
    fn every_word_that_the_shell_says_is_in_both_catalogues() {
        let (english, german) = (Words(&ENGLISH), Words(&GERMAN));
        let sources = [
            include_str!("tray.rs"),
            include_str!("traymenu.rs"),
            include_str!("herald.rs"),
            include_str!("updating.rs"),
        ]
        .join("");
        let spoken = |word: &&str| ["tray.", "notice.", "choose."].iter().any(|kind| word.starts_with(kind));
        let keys: Vec<&str> = sources.split('"').filter(spoken).collect();
        assert!(keys.len() > 5, "they are found");
        for key in keys {
            assert!(english.0.contains_key(key) && german.0.contains_key(key), "{key}");
        }
        assert!(english.say("tray.rendering", &[("name", "vase"), ("percent", "7")]).contains("vase"));
    }

    /// One of each kind, and of each kind that is told differently.
    fn reasons() -> Vec<Reason> {
        use Reason as R;
        let program = || ProgramName::new("Night Race");
        let until = |until: &str| until.to_owned();
        vec![
            R::PausedByYou,
            R::PausedForAnHour { until: until("15:10") },
            R::PausedForAnHour { until: until("tomorrow 00:10") },
            R::PausedUntilTomorrow { until: until("tomorrow 06:00") },
            R::PausedUntilTomorrow { until: until("06:00") },
            R::PausedUntilBack { is_seen: true },
            R::PausedUntilBack { is_seen: false },
            R::PausedAfterTile,
            R::FullScreen { program: program() },
            R::AppRunning { program: program() },
            R::BatteryLow { percent: 12 },
            R::OnBattery,
            R::PowerUnknown,
            R::OutsideSchedule { opens: None },
            R::OutsideSchedule { opens: Some(until("at 18:00")) },
            R::OutsideSchedule { opens: Some(until("mon 18:00")) },
            R::OutsideSchedule { opens: Some(until("sun 08:00")) },
            R::InUse { minutes: 3, is_now: true },
            R::InUse { minutes: 3, is_now: false },
            R::IdleUnknown,
            R::TooHot { card: "Card".into(), celsius: 81, resumes_below_c: 70 },
            R::GpuMemoryTaken { free_mib: 300 },
            R::DiskFull { keep_gib: 2 },
            R::UploadSpent { limit_gb: 20 },
            R::NotRunning,
            R::Connecting,
            R::Offline,
            R::NoRoom,
            R::NoWork { is_judged: false },
            R::NoWork { is_judged: true },
            R::Rendering,
            R::Finishing,
            R::Fetching,
            R::Delivering,
        ]
    }

    #[test]
    fn window_tray_and_command_line_give_the_same_reason_and_german_has_one_for_each() {
        let (english, german) = (Words(&ENGLISH), Words(&GERMAN));
        for reason in reasons() {
            let because = Because::of(&reason);
            assert_eq!(english.because(&because), reason.sentence());
            let said = german.because(&because);
            assert!(!said.starts_with("reason.") && !said.contains('{'), "{said}");
            assert_ne!(said, reason.sentence());
        }
    }

    #[test]
    fn a_rule_that_cannot_be_watched_is_said_while_the_computer_works_and_only_then() {
        let english = Words(&ENGLISH);
        let because = Because::of(&Reason::Rendering);
        let unseen = ["full_screen", "programs", "temperature", "disk"];
        for unseen in unseen {
            let mut state = EarnState { because: because.clone(), ..EarnState::default() };
            (state.phase, state.unseen) = (EarnPhase::Working, vec![unseen.into()]);
            let said = english.earning(&state);
            assert!(said.starts_with("Earning: a tile is being rendered, but "), "{said}");
            state.phase = EarnPhase::Waiting;
            assert_eq!(english.earning(&state), "Earning: a tile is being rendered");
        }
    }
}
