//! The owner's rules as a form holds them, and the file in which they are kept.
//!
//! The file is the one that `tessera node --rules FILE` reads, so there is one kind of rules to explain and a person may
//! write them by hand. A file that cannot be read is never taken for the usual rules: a lost schedule would be a GPU that
//! works when it should not. Then earning does not start, and says why.

use std::path::PathBuf;

use frame::NodeId;
use render_net::wire::{Referees, TooLong};
use serde::{Deserialize, Serialize};
use specta::Type;

use crate::earn::rules::{APPS_MAX, Within};
use crate::earn::rules_file::FILE_BYTES_MAX;
use crate::earn::schedule::HOURS;
use crate::earn::signals::ProgramName;
use crate::earn::{Rules, Schedule};
use crate::fault::{Exit, Fault, one_line, quoted};
use crate::places;

/// The rules, field by field. What is off keeps the number that it would have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct RulesForm {
    /// Work only when nobody uses the computer.
    pub only_when_idle: bool,
    /// Minutes without input until then, 1 to 1440.
    pub idle_minutes: u32,
    /// Work on the battery too; never below 30 %.
    pub on_battery: bool,
    /// Pause while a program fills a screen.
    pub pause_for_full_screen: bool,
    /// Pause while one of these programs runs.
    pub apps: Vec<String>,
    /// Hours of the week, Monday 00:00 first: 168.
    pub hours: Vec<bool>,
    /// The same hours as text. Only told: the hours are what counts.
    pub schedule: String,
    /// Rest while the GPU is too hot.
    pub limits_heat: bool,
    /// How hot it may be, degrees Celsius, 40 to 100.
    pub temperature_c: u32,
    /// Share of the GPU's memory for scenes, percent, from the next start on.
    pub memory_percent: u32,
    /// Stop for the day when so much was sent.
    pub limits_upload: bool,
    /// How much, gigabytes.
    pub upload_gb: u32,
    /// Send no faster than the line should be used.
    pub limits_rate: bool,
    /// How fast, megabits a second.
    pub upload_mbit: u32,
    /// Disk that stays free, gibibytes.
    pub disk_gib: u32,
    /// Work only where one of these judges, by their keys; none: everywhere.
    pub referees: Vec<String>,
}

impl From<&Rules> for RulesForm {
    fn from(rules: &Rules) -> Self {
        let usual = Rules::desktop();
        let number = |value: Option<u32>, usual: Option<u32>, else_: u32| value.or(usual).unwrap_or(else_);
        let idle = |rules: &Rules| rules.idle_minutes.map(Within::value);
        let heat = |rules: &Rules| rules.temperature_cap_c.map(Within::value);
        Self {
            only_when_idle: rules.idle_minutes.is_some(),
            idle_minutes: number(idle(rules), idle(&usual), 3),
            on_battery: rules.on_battery,
            pause_for_full_screen: rules.pause_for_full_screen,
            apps: rules.pause_for_apps.iter().map(ToString::to_string).collect(),
            hours: rules.schedule.hours().to_vec(),
            schedule: rules.schedule.to_string(),
            limits_heat: rules.temperature_cap_c.is_some(),
            temperature_c: number(heat(rules), heat(&usual), 75),
            memory_percent: rules.vram_share_percent.value(),
            limits_upload: rules.upload_gb_per_day.is_some(),
            upload_gb: number(rules.upload_gb_per_day.map(Within::value), None, 20),
            limits_rate: rules.upload_mbit_per_s.is_some(),
            upload_mbit: number(rules.upload_mbit_per_s.map(Within::value), None, 10),
            disk_gib: rules.disk_free_gib.value(),
            referees: rules.referees.iter().map(ToString::to_string).collect(),
        }
    }
}

impl RulesForm {
    /// The rules that were meant.
    ///
    /// # Errors
    /// The first field that is not right, by name.
    pub fn rules(&self) -> Result<Rules, Fault> {
        let hours: [bool; HOURS] = self.hours.as_slice().try_into().map_err(|_| {
            Fault::usage(
                format!("a week has {HOURS} hours, not {}", self.hours.len()),
                "paint the week again",
            )
        })?;
        let apps: Vec<ProgramName> = self
            .apps
            .iter()
            .filter(|name| !name.trim().is_empty())
            .map(|name| ProgramName::new(name))
            .collect();
        if apps.len() > APPS_MAX {
            return Err(Fault::usage(
                format!("{} programs are listed and {APPS_MAX} can be", apps.len()),
                "take some off the list",
            ));
        }
        let mut listed: Vec<ProgramName> = Vec::new();
        for app in apps {
            if !listed.iter().any(|other| other.is_same(&app)) {
                listed.push(app);
            }
        }
        let rules = Rules {
            idle_minutes: self
                .only_when_idle
                .then(|| within("the minutes without input", self.idle_minutes))
                .transpose()?,
            on_battery: self.on_battery,
            pause_for_full_screen: self.pause_for_full_screen,
            pause_for_apps: listed,
            schedule: Schedule::from_hours(hours),
            temperature_cap_c: self
                .limits_heat
                .then(|| within("the temperature", self.temperature_c))
                .transpose()?,
            vram_share_percent: within("the share of GPU memory", self.memory_percent)?,
            upload_gb_per_day: self
                .limits_upload
                .then(|| within("the day's upload", self.upload_gb))
                .transpose()?,
            upload_mbit_per_s: self
                .limits_rate
                .then(|| within("the speed of sending", self.upload_mbit))
                .transpose()?,
            disk_free_gib: within("the disk that stays free", self.disk_gib)?,
            referees: Referees::default(),
        };
        rules.with_referees(self.referees()?).map_err(|TooLong { count, max }| {
            Fault::usage(format!("{count} referees are listed and {max} can be"), "take some off the list")
        })
    }

    fn referees(&self) -> Result<Vec<NodeId>, Fault> {
        let listed = self.referees.iter().map(|key| key.trim()).filter(|key| !key.is_empty());
        let read = |key: &str| {
            key.parse().map_err(|_| {
                let what = format!("\"{}\" is not the key of a referee", one_line(key));
                Fault::usage(what, "a key has 64 digits, 0 to 9 and a to f; ask the referee for its own")
            })
        };
        listed.map(read).collect()
    }

    /// The hours that a schedule's text means.
    ///
    /// # Errors
    /// A word in it that means nothing.
    pub fn hours_of(text: &str) -> Result<Vec<bool>, Fault> {
        let schedule: Schedule = text.parse().map_err(|fault| {
            Fault::usage(
                format!("the schedule cannot be read: {fault}"),
                "write it as in mon-fri 18:00-08:00; sat-sun",
            )
        })?;
        Ok(schedule.hours().to_vec())
    }
}

fn within<const MIN: u32, const MAX: u32>(name: &str, value: u32) -> Result<Within<MIN, MAX>, Fault> {
    Within::new(value).ok_or_else(|| {
        Fault::usage(format!("{name} cannot be {value}"), format!("choose a number from {MIN} to {MAX}"))
    })
}

/// The file that holds the rules.
#[derive(Clone, Debug)]
pub(super) struct RulesFile {
    path: PathBuf,
}

impl RulesFile {
    /// The file at this path; it need not be there.
    pub(super) fn at(path: PathBuf) -> Self {
        Self { path }
    }

    /// The rules in it; a desktop's usual ones where there is no file.
    ///
    /// # Errors
    /// A file that cannot be read, or that makes no sense.
    pub(super) fn read(&self) -> Result<Rules, Fault> {
        use std::io::Read as _;
        let file = match std::fs::File::open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Rules::desktop()),
            Err(error) => return Err(Fault::file("read", &self.path, &error)),
        };
        let mut text = String::new();
        let bound = FILE_BYTES_MAX as u64 + 1;
        file.take(bound)
            .read_to_string(&mut text)
            .map_err(|error| Fault::file("read", &self.path, &error))?;
        Rules::from_toml(&text, Rules::desktop()).map_err(|fault| {
            Fault::new(
                Exit::Usage,
                format!("the rules in {} cannot be read: {fault}", quoted(&self.path)),
                "mend the file, or set the rules here again",
            )
        })
    }

    /// Writes other rules, whole or not at all. A file that could not be read is set aside before.
    ///
    /// # Errors
    /// The folder cannot be written to.
    pub(super) fn write(&self, rules: &Rules) -> Result<(), Fault> {
        if self.path.exists() && self.read().is_err() {
            std::fs::rename(&self.path, self.path.with_extension("unreadable.toml"))
                .map_err(|error| Fault::file("write", &self.path, &error))?;
        }
        places::put(&self.path, rules.to_toml().as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_gives_back_the_rules_that_it_was_made_from() {
        for rules in [Rules::desktop(), Rules::headless()] {
            assert_eq!(RulesForm::from(&rules).rules(), Ok(rules));
        }
        let form = RulesForm::from(&Rules::desktop());
        assert_eq!((form.idle_minutes, form.on_battery, form.pause_for_full_screen), (3, false, true));
        let off = RulesForm { only_when_idle: false, limits_heat: false, ..form };
        let rules = off.rules().expect("it is right");
        assert_eq!((rules.idle_minutes, rules.temperature_cap_c), (None, None));
    }

    #[test]
    fn a_wrong_field_is_named_and_what_is_off_is_not_looked_at() {
        let form = RulesForm { idle_minutes: 0, ..RulesForm::from(&Rules::desktop()) };
        let fault = form.rules().expect_err("nobody is idle for no minutes");
        assert_eq!(
            fault.to_string(),
            "the minutes without input cannot be 0; choose a number from 1 to 1440"
        );
        assert!(RulesForm { only_when_idle: false, ..form.clone() }.rules().is_ok());
        let short = RulesForm { hours: vec![true; 3], idle_minutes: 3, ..form };
        assert!(short.rules().is_err_and(|fault| fault.what.contains("168")));
    }

    #[test]
    fn a_program_is_listed_once_under_all_its_names() {
        let apps = ["Blender.exe", "  ", "blender", "Krita"].map(str::to_owned).to_vec();
        let rules = RulesForm { apps, ..RulesForm::from(&Rules::desktop()) }.rules().expect("it is right");
        assert_eq!(RulesForm::from(&rules).apps, ["Blender.exe", "Krita"]);
        let apps = (0..=APPS_MAX).map(|number| format!("program {number}")).collect();
        assert!(RulesForm { apps, ..RulesForm::from(&Rules::desktop()) }.rules().is_err());
    }

    #[test]
    fn a_referee_is_listed_once_and_what_is_no_key_is_named() {
        let with = |referees: &[String]| {
            RulesForm { referees: referees.to_vec(), ..RulesForm::from(&Rules::desktop()) }.rules()
        };
        let (one, other) = ("ab".repeat(32), "cd".repeat(32));
        let rules = with(&[one.clone(), " ".into(), one.to_uppercase(), other.clone()]).expect("keys");
        assert_eq!(RulesForm::from(&rules).referees, [one.clone(), other]);
        let fault = with(&[one, "somebody".into()]).expect_err("that is no key");
        assert!(fault.what.contains("\"somebody\""), "{fault}");
        let many: Vec<String> = (0..17).map(|number| format!("{number:064x}")).collect();
        let fault = with(&many).expect_err("there are too many");
        assert!(fault.what.starts_with("17 referees are listed and 16 can be"), "{fault}");
    }

    #[test]
    fn a_schedule_in_words_is_the_same_as_its_hours() {
        let hours = RulesForm::hours_of("mon 18:00-20:00").expect("it is right");
        assert_eq!(hours.iter().filter(|hour| **hour).count(), 2);
        let form = RulesForm { hours, ..RulesForm::from(&Rules::desktop()) };
        assert_eq!(RulesForm::from(&form.rules().expect("it is right")).schedule, "mon 18:00-20:00");
        assert!(RulesForm::hours_of("someday").is_err_and(|fault| fault.what.contains("\"someday\"")));
    }

    #[test]
    fn a_file_that_cannot_be_read_is_told_and_set_aside_by_the_next_rules() {
        let place = tempfile::tempdir().expect("a temporary folder");
        let file = RulesFile::at(place.path().join("rules.toml"));
        assert_eq!(file.read(), Ok(Rules::desktop()), "no file is no rule of its own");
        let rules = Rules { on_battery: true, ..Rules::desktop() };
        file.write(&rules).expect("it can be written");
        assert_eq!(file.read(), Ok(rules.clone()));
        std::fs::write(place.path().join("rules.toml"), "idle_minute = 3").expect("it can be written");
        let fault = file.read().expect_err("there is no such rule");
        assert!(fault.what.contains("idle_minute") && !fault.advice.is_empty(), "{fault}");
        file.write(&rules).expect("it can be written");
        assert_eq!(file.read(), Ok(rules));
        assert!(
            place.path().join("rules.unreadable.toml").exists(),
            "nothing that was written by hand is lost"
        );
    }
}
