//! Rules as a TOML file: read into right values or one sentence, written so that a person can go on from there.
//!
//! A key that is missing keeps the value of the rules one starts from; a key that nobody knows is named, because a misspelt rule that is
//! silently ignored is a GPU that works when it should not.

use frame::NodeId;
use render_net::wire::Referees;
use toml::{Table, Value};

use super::rules::{APPS_MAX, Rules, Within};
use super::schedule::ScheduleFault;
use super::signals::ProgramName;

/// Every key of the file.
pub const KEYS: [&str; 11] = [
    "idle_minutes",
    "on_battery",
    "pause_for_full_screen",
    "pause_for_apps",
    "schedule",
    "temperature_cap_c",
    "vram_share_percent",
    "upload_gb_per_day",
    "upload_mbit_per_s",
    "disk_free_gib",
    "referees",
];

/// Largest file that is read, bytes.
pub const FILE_BYTES_MAX: usize = 256 << 10;

/// Rules that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RulesFault {
    /// No TOML.
    #[error("line {line} is not TOML: {what}")]
    Syntax {
        /// Line, from 1.
        line: usize,
        /// What the parser says.
        what: String,
    },
    /// More than anybody writes by hand.
    #[error("the file is larger than {} KiB", FILE_BYTES_MAX >> 10)]
    TooLarge,
    /// A key that means nothing.
    #[error("there is no rule \"{key}\"; the rules are {}", KEYS.join(", "))]
    Unknown {
        /// As written.
        key: String,
    },
    /// A value that the rule cannot have.
    #[error("{key} must be {wanted}")]
    Wrong {
        /// Which rule.
        key: &'static str,
        /// What it may be.
        wanted: String,
    },
    /// A schedule that cannot be read.
    #[error("schedule: {0}")]
    Schedule(#[from] ScheduleFault),
}

impl Rules {
    /// Reads a rules file over the rules one starts from.
    ///
    /// # Errors
    /// The first thing that is wrong, in one sentence.
    pub fn from_toml(text: &str, base: Self) -> Result<Self, RulesFault> {
        if text.len() > FILE_BYTES_MAX {
            return Err(RulesFault::TooLarge);
        }
        let table: Table = text.parse().map_err(|error: toml::de::Error| {
            let at = error.span().map_or(0, |span| span.start.min(text.len()));
            let line = text.as_bytes()[..at].iter().filter(|byte| **byte == b'\n').count() + 1;
            RulesFault::Syntax { line, what: error.message().lines().collect::<Vec<_>>().join(", ") }
        })?;
        if let Some(key) = table.keys().find(|key| !KEYS.contains(&key.as_str())) {
            return Err(RulesFault::Unknown { key: ProgramName::new(key).to_string() });
        }
        let page = Page(&table);
        let referees = page.keys("referees")?.unwrap_or_else(|| base.referees.to_vec());
        let rules = Self {
            idle_minutes: page.number_or_false("idle_minutes")?.unwrap_or(base.idle_minutes),
            on_battery: page.truth("on_battery")?.unwrap_or(base.on_battery),
            pause_for_full_screen: page.truth("pause_for_full_screen")?.unwrap_or(base.pause_for_full_screen),
            pause_for_apps: page.names("pause_for_apps")?.unwrap_or(base.pause_for_apps),
            schedule: match page.text("schedule")? {
                Some(text) => text.parse()?,
                None => base.schedule,
            },
            temperature_cap_c: page.number_or_false("temperature_cap_c")?.unwrap_or(base.temperature_cap_c),
            vram_share_percent: page.number("vram_share_percent")?.unwrap_or(base.vram_share_percent),
            upload_gb_per_day: page.number_or_false("upload_gb_per_day")?.unwrap_or(base.upload_gb_per_day),
            upload_mbit_per_s: page.number_or_false("upload_mbit_per_s")?.unwrap_or(base.upload_mbit_per_s),
            disk_free_gib: page.number("disk_free_gib")?.unwrap_or(base.disk_free_gib),
            referees: base.referees,
        };
        rules.with_referees(referees).map_err(|_| Page::no_keys("referees"))
    }

    /// The same as a file, with a line of explanation for each rule.
    pub fn to_toml(&self) -> String {
        let number = |value: Option<u32>| value.map_or_else(|| "false".to_owned(), |value| value.to_string());
        let names = self.pause_for_apps.iter().map(|name| Value::String(name.to_string()));
        let apps = Value::Array(names.collect());
        let referees = Value::Array(self.referees.iter().map(|key| Value::String(key.to_string())).collect());
        let schedule = Value::String(self.schedule.to_string());
        format!(
            "# When this computer may render for others. A line that is missing means the usual value.\n\
             # Minutes without mouse and keyboard before work begins, 1 to 1440; false = also while it is used.\n\
             idle_minutes = {}\n\
             # Work on the battery too (never below 30 %).\n\
             on_battery = {}\n\
             # Pause while a program fills a screen.\n\
             pause_for_full_screen = {}\n\
             # Pause while one of these programs runs.\n\
             pause_for_apps = {apps}\n\
             # Hours of the week: always, never, or as in \"mon-fri 18:00-08:00; sat-sun\".\n\
             schedule = {schedule}\n\
             # Rest while a GPU is hotter, 40 to 100 degrees Celsius; false = no limit of ours.\n\
             temperature_cap_c = {}\n\
             # Share of GPU memory for scenes, 1 to 100 percent.\n\
             vram_share_percent = {}\n\
             # Most that is uploaded in a day, gigabytes; false = no limit.\n\
             upload_gb_per_day = {}\n\
             # How fast results are sent, megabits a second; false = as fast as the line is.\n\
             upload_mbit_per_s = {}\n\
             # Disk that stays free, gibibytes.\n\
             disk_free_gib = {}\n\
             # Work only for jobs of which one of these is the referee, by their keys; [] = for all.\n\
             referees = {referees}\n",
            number(self.idle_minutes.map(Within::value)),
            self.on_battery,
            self.pause_for_full_screen,
            number(self.temperature_cap_c.map(Within::value)),
            self.vram_share_percent.value(),
            number(self.upload_gb_per_day.map(Within::value)),
            number(self.upload_mbit_per_s.map(Within::value)),
            self.disk_free_gib.value(),
        )
    }

    /// The same for programs, under the same names.
    pub fn to_json(&self) -> serde_json::Value {
        toml::from_str(&self.to_toml()).expect("it is a table of words and numbers")
    }
}

/// The file's table; every method answers `None` where the key is missing.
struct Page<'a>(&'a Table);

impl Page<'_> {
    fn truth(&self, key: &'static str) -> Result<Option<bool>, RulesFault> {
        let wrong = || RulesFault::Wrong { key, wanted: "true or false".into() };
        self.0.get(key).map(|value| value.as_bool().ok_or_else(wrong)).transpose()
    }

    fn text(&self, key: &'static str) -> Result<Option<&str>, RulesFault> {
        let wrong = || RulesFault::Wrong { key, wanted: "text in quotes".into() };
        self.0.get(key).map(|value| value.as_str().ok_or_else(wrong)).transpose()
    }

    fn number<const MIN: u32, const MAX: u32>(
        &self,
        key: &'static str,
    ) -> Result<Option<Within<MIN, MAX>>, RulesFault> {
        let wrong = || RulesFault::Wrong { key, wanted: format!("a whole number from {MIN} to {MAX}") };
        self.0.get(key).map(|value| within(value).ok_or_else(wrong)).transpose()
    }

    /// `Some(None)` is the rule switched off.
    fn number_or_false<const MIN: u32, const MAX: u32>(
        &self,
        key: &'static str,
    ) -> Result<Option<Option<Within<MIN, MAX>>>, RulesFault> {
        let wrong = || {
            let wanted = format!("a whole number from {MIN} to {MAX}, or false");
            RulesFault::Wrong { key, wanted }
        };
        match self.0.get(key) {
            None => Ok(None),
            Some(Value::Boolean(false)) => Ok(Some(None)),
            Some(value) => within(value).map(|value| Some(Some(value))).ok_or_else(wrong),
        }
    }

    fn names(&self, key: &'static str) -> Result<Option<Vec<ProgramName>>, RulesFault> {
        let wrong = || {
            let wanted = format!("a list of at most {APPS_MAX} program names in quotes");
            RulesFault::Wrong { key, wanted }
        };
        let Some(value) = self.0.get(key) else { return Ok(None) };
        let list = value.as_array().filter(|list| list.len() <= APPS_MAX).ok_or_else(wrong)?;
        let name = |value: &Value| {
            value.as_str().filter(|name| !name.trim().is_empty()).map(ProgramName::new).ok_or_else(wrong)
        };
        list.iter().map(name).collect::<Result<_, _>>().map(Some)
    }

    fn keys(&self, key: &'static str) -> Result<Option<Vec<NodeId>>, RulesFault> {
        let Some(value) = self.0.get(key) else { return Ok(None) };
        let read = |value: &Value| value.as_str()?.parse().ok();
        let list = value.as_array().and_then(|list| list.iter().map(read).collect());
        list.ok_or_else(|| Self::no_keys(key)).map(Some)
    }

    fn no_keys(key: &'static str) -> RulesFault {
        let wanted = format!("a list of at most {} keys of 64 hexadecimal digits, in quotes", Referees::MAX);
        RulesFault::Wrong { key, wanted }
    }
}

fn within<const MIN: u32, const MAX: u32>(value: &Value) -> Option<Within<MIN, MAX>> {
    Within::new(u32::try_from(value.as_integer()?).ok()?)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::earn::schedule::{HOURS, Schedule};

    fn told(text: &str) -> String {
        Rules::from_toml(text, Rules::desktop()).expect_err(text).to_string()
    }

    #[test]
    fn what_is_missing_keeps_its_usual_value() {
        assert_eq!(Rules::from_toml("", Rules::headless()), Ok(Rules::headless()));
        let rules = Rules::from_toml("temperature_cap_c = 70\nidle_minutes = false", Rules::desktop());
        let rules = rules.expect("both are right");
        assert_eq!((rules.idle_minutes, rules.temperature_cap_c.map(Within::value)), (None, Some(70)));
        assert!(rules.pause_for_full_screen && !rules.on_battery);
    }

    #[test]
    fn what_is_wrong_is_one_sentence_that_names_it() {
        assert!(
            told("idle_minute = 3")
                .starts_with("there is no rule \"idle_minute\"; the rules are idle_minutes,")
        );
        assert_eq!(told("idle_minutes = 0"), "idle_minutes must be a whole number from 1 to 1440, or false");
        assert_eq!(
            told("idle_minutes = true"),
            "idle_minutes must be a whole number from 1 to 1440, or false"
        );
        assert_eq!(
            told("temperature_cap_c = -5"),
            "temperature_cap_c must be a whole number from 40 to 100, or false"
        );
        assert_eq!(
            told("vram_share_percent = 101"),
            "vram_share_percent must be a whole number from 1 to 100"
        );
        assert_eq!(told("on_battery = 1"), "on_battery must be true or false");
        assert_eq!(told("schedule = 7"), "schedule must be text in quotes");
        assert!(told("schedule = \"mon 25:00-26:00\"").starts_with("schedule: \"25:00-26:00\" is not"));
        assert!(told("pause_for_apps = [1]").starts_with("pause_for_apps must be a list"));
        let keys = "referees must be a list of at most 16 keys of 64 hexadecimal digits, in quotes";
        let many: Vec<String> = (0..17).map(|number| format!("\"{number:064x}\"")).collect();
        for wrong in ["\"ab\"".to_owned(), "[\"ab\"]".to_owned(), format!("[{}]", many.join(", "))] {
            assert_eq!(told(&format!("referees = {wrong}")), keys);
        }
        assert!(told("on_battery = true\nx ==").starts_with("line 2 is not TOML: "));
        assert!(!told("a = 1\u{1b}").contains('\u{1b}'));
    }

    fn rules() -> impl Strategy<Value = Rules> {
        let hours = proptest::collection::vec(any::<bool>(), HOURS);
        let apps = proptest::collection::vec("[ -~]{1,20}", 0..4);
        let numbers = (0u32..1441, 39u32..101, 1u32..101, 0u32..3, 1u32..9, 0u32..3);
        let keys = proptest::collection::vec(any::<[u8; 32]>().prop_map(NodeId), 0..3);
        let all = (any::<(bool, bool)>(), hours, apps, numbers, keys);
        all.prop_map(|(truths, hours, apps, numbers, keys)| Rules {
            idle_minutes: Within::new(numbers.0),
            on_battery: truths.0,
            pause_for_full_screen: truths.1,
            pause_for_apps: apps.iter().map(|app| ProgramName::new(app)).collect(),
            schedule: Schedule::from_hours(hours.try_into().expect("as many as in a week")),
            temperature_cap_c: Within::new(numbers.1),
            vram_share_percent: Within::new(numbers.2).expect("in range"),
            upload_gb_per_day: Within::new(numbers.3),
            upload_mbit_per_s: Within::new(numbers.5),
            disk_free_gib: Within::new(numbers.4).expect("in range"),
            referees: Referees::cut(keys),
        })
    }

    proptest! {
        #[test]
        fn every_set_of_rules_round_trips_through_its_file(rules in rules()) {
            prop_assert_eq!(Rules::from_toml(&rules.to_toml(), Rules::headless()), Ok(rules));
        }

        #[test]
        fn no_text_panics(text in "\\PC{0,80}") {
            let _ = Rules::from_toml(&text, Rules::desktop());
        }
    }
}
