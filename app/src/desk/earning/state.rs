//! How earning stands, as a window and a tray show it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::desk::failure::Failure;
use crate::earn::moment::{DAYS, Moment};
use crate::earn::signals::Activity;
use crate::earn::{Asked, Reason, Standing, State, WorkEnd, WorkOutcome};
use crate::statement;

/// How earning stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Type)]
pub struct EarnState {
    /// What it does.
    pub phase: EarnPhase,
    /// The one true reason.
    pub because: Because,
    /// Everything else that forbids work now.
    pub also: Vec<Because>,
    /// Rules that are on and cannot be watched here: `full_screen`, `programs`, `temperature`.
    pub unseen: Vec<String>,
    /// What the person said last.
    pub asked: AskedWord,
    /// When the pause that they asked for ends, seconds since 1970.
    #[specta(type = Option<u32>)]
    pub until_s: Option<f64>,
    /// The node's identity; empty before it was connected.
    pub node: String,
    /// What it renders with; empty before it was opened.
    pub adapter: String,
    /// How hot that is, degrees Celsius, where it tells.
    pub celsius: Option<i32>,
    /// Whether the GPU is at a tile now.
    pub is_rendering: bool,
    /// Results that the coordinator took since earning was started.
    pub tiles_done: u32,
    /// How the last pieces of work ended, oldest first.
    pub last: Vec<TileEnd>,
    /// Why the coordinator cannot be reached, as the network said it; empty: nothing is wrong.
    pub trouble: String,
    /// Why earning ended, where it ended by itself.
    pub failure: Option<Failure>,
    /// Each GPU's own node.
    pub gpus: Vec<GpuState>,
}

/// How the node of one GPU stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Type)]
pub struct GpuState {
    /// The GPU's key; empty until it is known which is the strongest.
    pub gpu: String,
    /// What a person sees at a glance.
    pub phase: EarnPhase,
    /// Why.
    pub because: Because,
    /// Rules that are on and cannot be watched here, by name.
    pub unseen: Vec<String>,
    /// The node's identity; empty before it was connected.
    pub node: String,
    /// How hot the GPU is, degrees Celsius, where it tells.
    pub celsius: Option<i32>,
    /// Tiles accepted since it started.
    pub tiles_done: u32,
    /// Why it failed, until the next start.
    pub failure: Option<Failure>,
}

/// What earning does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum EarnPhase {
    /// Nobody asked for it.
    #[default]
    Off,
    /// The adapter is opened.
    Starting,
    /// It works for others.
    Working,
    /// It will by itself, when somebody has gone, an hour has come, or a tile is there.
    Waiting,
    /// It was stopped, by a word or by something that goes on.
    Paused,
    /// It is being ended.
    Stopping,
    /// It ended by itself.
    Failed,
}

/// A reason, so that it can be told in any language: a sentence's name in the catalogues, and what is filled in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Because {
    /// The reason's name, as `tessera node status --json` tells it.
    pub code: String,
    /// The sentence's name: `reason.` goes before it.
    pub key: String,
    /// What stands in its braces.
    pub values: BTreeMap<String, String>,
}

/// What the person said last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum AskedWord {
    /// Work whenever the rules allow.
    #[default]
    Earn,
    /// Pause until told otherwise.
    Pause,
    /// Pause for an hour.
    PauseHour,
    /// Pause until they are back.
    PauseUntilBack,
    /// Pause until the next morning.
    PauseUntilTomorrow,
    /// Finish the tile, then pause.
    Finishing,
    /// Paused, because the tile is finished.
    Finished,
}

/// How a piece of work ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Type)]
pub struct TileEnd {
    /// How.
    pub outcome: TileOutcome,
    /// When, seconds since 1970.
    #[specta(type = u32)]
    pub at_s: f64,
    /// Credits held for it; empty unless it was delivered.
    pub credits: String,
    /// Why it was dropped, failed or judged so, in one sentence.
    pub why: String,
}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum TileOutcome {
    /// The coordinator took the result.
    Delivered,
    /// The artist refused it, and the referee found it right.
    JudgedRight,
    /// The artist refused it, and the referee found it wrong.
    JudgedWrong,
    /// Handed back unfinished, without blame.
    GivenBack,
    /// Nobody needed it any more.
    Dropped,
    /// It could not be rendered.
    Failed,
}

impl Default for EarnState {
    fn default() -> Self {
        Self::without_node(EarnPhase::Off)
    }
}

impl EarnState {
    /// The state while no node tells anything.
    pub(super) fn without_node(phase: EarnPhase) -> Self {
        let code = match phase {
            EarnPhase::Starting => "starting",
            EarnPhase::Stopping => "stopping",
            EarnPhase::Failed => "failed",
            _ => "off",
        };
        let because = Because { code: code.into(), key: code.into(), values: BTreeMap::new() };
        Self {
            phase,
            because,
            also: Vec::new(),
            unseen: Vec::new(),
            asked: AskedWord::Earn,
            until_s: None,
            node: String::new(),
            adapter: String::new(),
            celsius: None,
            is_rendering: false,
            tiles_done: 0,
            last: Vec::new(),
            trouble: String::new(),
            failure: None,
            gpus: Vec::new(),
        }
    }

    /// The state that a running node tells.
    pub(super) fn of(standing: &Standing, now: Moment) -> Self {
        let decision = &standing.decision;
        let phase = match decision.state {
            State::Working => EarnPhase::Working,
            State::Waiting => EarnPhase::Waiting,
            State::Paused => EarnPhase::Paused,
        };
        let unseen = decision.unseen.iter().map(|unseen| {
            let name = serde_json::to_value(unseen).unwrap_or_default();
            name.as_str().unwrap_or_default().to_owned()
        });
        Self {
            because: Because::of(&decision.reason),
            also: decision.also.iter().map(Because::of).collect(),
            unseen: unseen.collect(),
            asked: AskedWord::of(standing.asked),
            until_s: end_of_pause(standing.asked, now).map(|end_s| end_s as f64),
            adapter: standing.adapter.clone(),
            celsius: standing.adapter_celsius,
            is_rendering: standing.activity == Activity::Rendering,
            tiles_done: u32::try_from(standing.tiles_done).unwrap_or(u32::MAX),
            last: standing.last.iter().map(TileEnd::of).collect(),
            ..Self::without_node(phase)
        }
    }

    /// Whether the node is on, with or without work.
    pub fn is_on(&self) -> bool {
        !matches!(self.phase, EarnPhase::Off | EarnPhase::Failed)
    }
}

impl GpuState {
    pub(super) fn of(gpu: &str, state: &EarnState) -> Self {
        Self {
            gpu: gpu.to_owned(),
            phase: state.phase,
            because: state.because.clone(),
            unseen: state.unseen.clone(),
            node: state.node.clone(),
            celsius: state.celsius,
            tiles_done: state.tiles_done,
            failure: state.failure.clone(),
        }
    }
}

impl Because {
    /// The sentence for a reason.
    pub fn of(reason: &Reason) -> Self {
        let code = reason.code().to_owned();
        // A reason is written as its code and its values, one beside the other.
        let written = serde_json::to_value(reason).unwrap_or_default();
        let mut values: BTreeMap<String, String> = written
            .as_object()
            .into_iter()
            .flatten()
            .filter(|(name, _)| *name != "code")
            .map(|(name, value)| {
                (name.clone(), value.as_str().map_or_else(|| value.to_string(), str::to_owned))
            })
            .collect();
        // What is said differently is a sentence of its own, because only a whole sentence can be put into another language.
        let key = match reason {
            Reason::PausedForAnHour { until } | Reason::PausedUntilTomorrow { until } => {
                values.clear();
                let (day, clock) = until.split_once(' ').unwrap_or(("today", until));
                values.insert("clock".into(), clock.into());
                format!("paused_until.{day}")
            }
            Reason::OutsideSchedule { opens } => {
                values.clear();
                let Some(opens) = opens else { return Self { key: format!("{code}.never"), code, values } };
                let (day, clock) = opens.split_once(' ').unwrap_or(("at", opens));
                values.insert("clock".into(), clock.into());
                let day = if DAYS.contains(&day) { day } else { "today" };
                format!("{code}.{day}")
            }
            Reason::PausedUntilBack { is_seen: false } => format!("{code}.blind"),
            Reason::InUse { is_now: true, .. } => format!("{code}.now"),
            Reason::NoWork { is_judged: true } => format!("{code}.judged"),
            _ => code.clone(),
        };
        Self { code, key, values }
    }
}

impl AskedWord {
    fn of(asked: Asked) -> Self {
        match asked {
            Asked::Earn => Self::Earn,
            Asked::Pause => Self::Pause,
            Asked::PauseUntil { .. } => Self::PauseHour,
            Asked::PauseUntilBack { .. } => Self::PauseUntilBack,
            Asked::PauseUntilTomorrow { .. } => Self::PauseUntilTomorrow,
            Asked::Finishing => Self::Finishing,
            Asked::Finished => Self::Finished,
        }
    }
}

impl TileEnd {
    fn of(end: &WorkEnd) -> Self {
        let (outcome, credits, why) = match &end.outcome {
            WorkOutcome::Delivered { amount } => {
                (TileOutcome::Delivered, statement::credits(*amount), String::new())
            }
            WorkOutcome::JudgedRight { why } => (TileOutcome::JudgedRight, String::new(), why.clone()),
            WorkOutcome::JudgedWrong { why } => (TileOutcome::JudgedWrong, String::new(), why.clone()),
            WorkOutcome::GivenBack => (TileOutcome::GivenBack, String::new(), String::new()),
            WorkOutcome::Dropped { why } => (TileOutcome::Dropped, String::new(), why.clone()),
            WorkOutcome::Failed { why } => (TileOutcome::Failed, String::new(), why.clone()),
        };
        Self { outcome, at_s: end.at_unix_ms as f64 / 1000.0, credits, why }
    }
}

/// When a pause ends by the clock, seconds since 1970.
fn end_of_pause(asked: Asked, now: Moment) -> Option<i64> {
    match asked {
        Asked::PauseUntil { unix_s } => Some(unix_s),
        Asked::PauseUntilTomorrow { wall_s } => Some(wall_s - i64::from(now.offset_s)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(reason: &Reason) -> (String, BTreeMap<String, String>) {
        let because = Because::of(reason);
        assert_eq!(because.code, reason.code());
        (because.key, because.values)
    }

    fn values<const N: usize>(pairs: [(&str, &str); N]) -> BTreeMap<String, String> {
        pairs.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    #[test]
    fn times_in_a_reason_become_sentences_that_can_be_translated() {
        let until = |until: &str| key(&Reason::PausedForAnHour { until: until.into() });
        assert_eq!(until("15:10"), ("paused_until.today".into(), values([("clock", "15:10")])));
        assert_eq!(until("tomorrow 00:20"), ("paused_until.tomorrow".into(), values([("clock", "00:20")])));
        let opens = |opens: Option<&str>| key(&Reason::OutsideSchedule { opens: opens.map(str::to_owned) });
        assert_eq!(opens(Some("at 18:00")), ("outside_schedule.today".into(), values([("clock", "18:00")])));
        assert_eq!(opens(Some("mon 18:00")), ("outside_schedule.mon".into(), values([("clock", "18:00")])));
        assert_eq!(opens(None), ("outside_schedule.never".into(), values([])));
    }

    #[test]
    fn numbers_and_names_are_filled_in_as_they_are() {
        let hot = Reason::TooHot { card: "Card".into(), celsius: 81, resumes_below_c: 70 };
        let expected = values([("card", "Card"), ("celsius", "81"), ("resumes_below_c", "70")]);
        assert_eq!(key(&hot), ("too_hot".into(), expected));
        assert_eq!(key(&Reason::InUse { minutes: 3, is_now: true }).0, "in_use.now");
        assert_eq!(key(&Reason::InUse { minutes: 3, is_now: false }).0, "in_use");
        let no_work = |is_judged| key(&Reason::NoWork { is_judged }).0;
        assert_eq!([no_work(true), no_work(false)], ["no_work.judged", "no_work"]);
    }

    #[test]
    fn a_pause_until_tomorrow_is_counted_down_on_the_walls_clock() {
        let now = Moment { unix_s: 1_000_000, offset_s: 3_600 };
        let asked = Asked::PauseUntilTomorrow { wall_s: now.wall_s() + 500 };
        assert_eq!(end_of_pause(asked, now), Some(now.unix_s + 500));
        assert_eq!(end_of_pause(Asked::Pause, now), None);
    }
}
