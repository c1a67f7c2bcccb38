//! The rules engine: what was said, what was sensed and the time, in; one decision, out.
//!
//! Reasons have an order, and the first that holds is told: the person's own word; then what they would notice most (a full-screen program, a
//! listed program, the battery); then the hours, the idle rule, heat, memory, disk and upload; last what the node itself is
//! doing. What cannot be sensed forbids work where a mistake would be felt at once (somebody at the keyboard, a draining battery); elsewhere it is
//! said beside "Earning".

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::moment::{DAYS, Moment};
use super::reason::{Reason, State};
use super::rules::{BATTERY_PERCENT_MIN, COOL_DOWN_C, GPU_MEMORY_MIB_MIN, Rules};
use super::signals::{Activity, Power, ProgramName, Sensed, Signals};
use super::wish::{Asked, Wish};

/// Idle time below which somebody "is using" the computer, seconds.
const IN_USE_S: u32 = 60;

/// What the node may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Allowed {
    /// Take tiles and render them.
    Work,
    /// Render the tile in hand and take no other.
    Finish,
    /// Leave the GPU alone, at once.
    Hold,
}

/// The engine's answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// What the node may do.
    pub allowed: Allowed,
    /// What a person sees at a glance; never [`State::Working`] while the node may not work.
    pub state: State,
    /// Why.
    #[serde(flatten)]
    pub reason: Reason,
    /// The one true sentence, in English.
    pub sentence: String,
    /// Everything else that forbids work now, in the order in which it would be told.
    pub also: Vec<Reason>,
    /// Rules that are on and cannot be watched here.
    pub unseen: Vec<Unseen>,
}

/// A rule that depends on something that this system does not tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unseen {
    /// Full-screen programs.
    FullScreen,
    /// Running programs.
    Programs,
    /// An adapter's temperature.
    Temperature,
    /// Free space on the disk.
    Disk,
}

/// The rules and what has to be remembered between two looks.
#[derive(Clone, Debug)]
pub struct Engine {
    rules: Rules,
    asked: Asked,
    hot: BTreeSet<String>,
}

impl Engine {
    /// An engine with these rules, where the person's last word stands so.
    pub fn new(rules: Rules, asked: Asked) -> Self {
        Self { rules, asked, hot: BTreeSet::new() }
    }

    /// The rules.
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// Other rules from now on.
    pub fn set_rules(&mut self, rules: Rules) {
        self.rules = rules;
    }

    /// Where the person's last word stands, to be kept over a restart.
    pub fn asked(&self) -> Asked {
        self.asked
    }

    /// The person says something.
    pub fn ask(&mut self, now: Moment, wish: Wish) {
        self.asked = self.asked.after(wish, now);
    }

    /// Decides.
    pub fn handle(&mut self, now: Moment, signals: &Signals) -> Decision {
        self.asked = self.asked.at(now, signals.idle_s, self.rules.away_s());
        self.note_heat(signals);
        let mut forbidding = self.forbidding(now, signals);
        if self.asked == Asked::Finishing
            && (signals.activity != Activity::Rendering || !forbidding.is_empty())
        {
            // There is no tile to finish, or a rule wants the GPU back before it is finished.
            self.asked = Asked::Finished;
        }
        if let Some(word) = self.persons_word(now, signals) {
            forbidding.insert(0, word);
        }
        let mut forbidding = forbidding.into_iter();
        let finishing = self.asked == Asked::Finishing;
        let (allowed, reason) = match forbidding.next() {
            Some(reason) => (Allowed::Hold, reason),
            None if finishing => (Allowed::Finish, Reason::Finishing),
            None => (Allowed::Work, self.at_work(signals.activity)),
        };
        let unseen = self.unseen(signals);
        let state = reason.state();
        let mut sentence = reason.sentence();
        if let (State::Working, Some(unseen)) = (state, unseen.first()) {
            sentence = format!("{sentence}, but {}", unseen.words());
        }
        Decision { allowed, state, reason, sentence, also: forbidding.collect(), unseen }
    }

    fn persons_word(&self, now: Moment, signals: &Signals) -> Option<Reason> {
        Some(match self.asked {
            Asked::Earn | Asked::Finishing => return None,
            Asked::Pause => Reason::PausedByYou,
            Asked::Finished => Reason::PausedAfterTile,
            Asked::PauseUntil { unix_s } => {
                Reason::PausedForAnHour { until: now.words_for(unix_s + i64::from(now.offset_s)) }
            }
            Asked::PauseUntilTomorrow { wall_s } => {
                Reason::PausedUntilTomorrow { until: now.words_for(wall_s) }
            }
            Asked::PauseUntilBack { .. } => {
                Reason::PausedUntilBack { is_seen: signals.idle_s.known().is_some() }
            }
        })
    }

    /// Every enabled rule that forbids work now, the one to be told first.
    fn forbidding(&self, now: Moment, signals: &Signals) -> Vec<Reason> {
        [
            self.full_screen(signals),
            self.app(signals),
            self.power(signals),
            self.hours(now),
            self.in_use(signals),
            self.heat(signals),
            gpu_memory(signals),
            self.disk(signals),
            self.upload(signals),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    fn full_screen(&self, signals: &Signals) -> Option<Reason> {
        let program = signals.full_screen.known()?.clone()?;
        self.rules.pause_for_full_screen.then_some(Reason::FullScreen { program })
    }

    fn app(&self, signals: &Signals) -> Option<Reason> {
        let running = signals.programs.known()?;
        let runs = |listed: &&ProgramName| running.iter().any(|program| program.is_same(listed));
        let program = self.rules.pause_for_apps.iter().find(runs)?.clone();
        Some(Reason::AppRunning { program })
    }

    fn power(&self, signals: &Signals) -> Option<Reason> {
        match signals.power {
            Sensed::Known(Power::Mains) => None,
            Sensed::Known(Power::Battery { percent }) if percent < BATTERY_PERCENT_MIN => {
                Some(Reason::BatteryLow { percent })
            }
            Sensed::Known(Power::Battery { .. }) => (!self.rules.on_battery).then_some(Reason::OnBattery),
            // Even a computer that may work on its battery has a charge below which it may not.
            Sensed::Unknown => Some(Reason::PowerUnknown),
        }
    }

    fn hours(&self, now: Moment) -> Option<Reason> {
        let hour = now.hour_of_week();
        if self.rules.schedule.allows(hour) {
            return None;
        }
        let words = |next: usize| {
            let (today, day) = (hour / 24, next / 24);
            let clock = format!("{:02}:00", next % 24);
            if day == today && next > hour { format!("at {clock}") } else { format!("{} {clock}", DAYS[day]) }
        };
        Some(Reason::OutsideSchedule { opens: self.rules.schedule.next_allowed(hour).map(words) })
    }

    fn in_use(&self, signals: &Signals) -> Option<Reason> {
        let minutes = self.rules.idle_minutes?.value();
        match signals.idle_s {
            Sensed::Known(idle_s) if idle_s >= minutes * 60 => None,
            Sensed::Known(idle_s) => Some(Reason::InUse { minutes, is_now: idle_s < IN_USE_S }),
            Sensed::Unknown => Some(Reason::IdleUnknown),
        }
    }

    /// Remembers which adapters got too hot and have not cooled down yet.
    fn note_heat(&mut self, signals: &Signals) {
        let Some(cap) = self.rules.temperature_cap_c.map(|cap| cap.value() as f32) else {
            self.hot.clear();
            return;
        };
        for adapter in &signals.adapters {
            match adapter.celsius.known() {
                Some(celsius) if *celsius > cap => drop(self.hot.insert(adapter.name.clone())),
                Some(celsius) if *celsius >= cap - COOL_DOWN_C as f32 => {}
                // Cool again, or its thermometer is gone: then nothing is known against it.
                _ => drop(self.hot.remove(&adapter.name)),
            }
        }
        self.hot.retain(|name| signals.adapters.iter().any(|adapter| adapter.name == *name));
    }

    fn heat(&self, signals: &Signals) -> Option<Reason> {
        let cap = self.rules.temperature_cap_c?.value();
        let hot = signals.adapters.iter().filter(|adapter| self.hot.contains(&adapter.name));
        let (card, celsius) = hot
            .filter_map(|adapter| Some((adapter.name.clone(), *adapter.celsius.known()?)))
            .max_by(|a, b| a.1.total_cmp(&b.1))?;
        let celsius = celsius.round() as i32;
        Some(Reason::TooHot { card, celsius, resumes_below_c: cap - COOL_DOWN_C })
    }

    fn disk(&self, signals: &Signals) -> Option<Reason> {
        let keep_gib = self.rules.disk_free_gib.value();
        let is_full = *signals.disk_free_mib.known()? < u64::from(keep_gib) << 10;
        is_full.then_some(Reason::DiskFull { keep_gib })
    }

    fn upload(&self, signals: &Signals) -> Option<Reason> {
        let limit_gb = self.rules.upload_gb_per_day?.value();
        let is_spent = signals.uploaded_today_bytes >= u64::from(limit_gb) * 1_000_000_000;
        is_spent.then_some(Reason::UploadSpent { limit_gb })
    }

    /// What is told when nothing forbids work.
    fn at_work(&self, activity: Activity) -> Reason {
        match activity {
            Activity::Off => Reason::NotRunning,
            Activity::Connecting => Reason::Connecting,
            Activity::Offline => Reason::Offline,
            Activity::Idle => Reason::NoWork { is_judged: !self.rules.referees.is_empty() },
            Activity::Fetching => Reason::Fetching,
            Activity::Rendering => Reason::Rendering,
            Activity::Delivering => Reason::Delivering,
            Activity::NoRoom => Reason::NoRoom,
        }
    }

    fn unseen(&self, signals: &Signals) -> Vec<Unseen> {
        let blind = |is_on: bool, is_unknown: bool, unseen| (is_on && is_unknown).then_some(unseen);
        let rules = &self.rules;
        let no_heat = signals.adapters.iter().any(|adapter| adapter.celsius == Sensed::Unknown);
        [
            blind(rules.pause_for_full_screen, signals.full_screen == Sensed::Unknown, Unseen::FullScreen),
            blind(!rules.pause_for_apps.is_empty(), signals.programs == Sensed::Unknown, Unseen::Programs),
            blind(rules.temperature_cap_c.is_some(), no_heat, Unseen::Temperature),
            blind(true, signals.disk_free_mib == Sensed::Unknown, Unseen::Disk),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

impl Unseen {
    /// What follows "…, but".
    fn words(self) -> &'static str {
        match self {
            Unseen::FullScreen => "full-screen programs cannot be seen here",
            Unseen::Programs => "running programs cannot be seen here",
            Unseen::Temperature => "the GPU's temperature cannot be seen here",
            Unseen::Disk => "free disk space cannot be seen here",
        }
    }
}

fn gpu_memory(signals: &Signals) -> Option<Reason> {
    let free = signals.adapters.iter().filter_map(|adapter| Some(adapter.memory.known()?.free_mib));
    let free_mib = free.min()?;
    (free_mib < GPU_MEMORY_MIB_MIN).then_some(Reason::GpuMemoryTaken { free_mib })
}

#[cfg(test)]
mod tests;
