//! What the desk itself remembers of earning: whether it was on, which GPU rendered when, and for how long.
//!
//! The ledger at the coordinator says which node earned what and when, and nothing of GPUs. Every GPU is a node, so that each line finds its own;
//! but the first node's folder may have had others before, and from the times at which its GPU changed it is known which.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

/// Changes of the adapter that are remembered.
const TURNS_MAX: usize = 1_000;
/// Days whose working time is remembered.
const DAYS_MAX: usize = 400;
/// A longer silence between two looks is a computer that slept, or a clock that was set.
const SILENCE_MS_MAX: u64 = 5_000;

/// The desk's memory of earning.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Diary {
    /// Whether the person wants this computer to earn when the program starts.
    pub(super) is_on: bool,
    /// Which GPU the first node rendered with from when on, oldest first.
    turns: Vec<Turn>,
    /// Milliseconds at work on each local day, as in 2026-11-28.
    worked_ms: BTreeMap<String, u64>,
    /// GPUs at work at the last look, and when that was; no time where none was.
    #[serde(skip)]
    at_work: BTreeSet<String>,
    #[serde(skip)]
    looked_ms: Option<u64>,
}

/// An adapter's turn: it lasts until the next one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Turn {
    from_ms: u64,
    adapter: String,
}

impl Diary {
    /// The first node renders with this GPU from now on.
    pub(super) fn take_turn(&mut self, adapter: &str, now_ms: u64) {
        if self.turns.last().is_some_and(|turn| turn.adapter == adapter) {
            return;
        }
        self.turns.push(Turn { from_ms: now_ms, adapter: adapter.to_owned() });
        let too_many = self.turns.len().saturating_sub(TURNS_MAX);
        self.turns.drain(..too_many);
    }

    /// Looks whether a GPU is at work, about once a second each; says whether there is something new to keep. An hour in which two work is an hour.
    pub(super) fn look(&mut self, gpu: &str, is_rendering: bool, now_ms: u64, zone: &TimeZone) -> bool {
        if is_rendering {
            self.at_work.insert(gpu.to_owned());
        } else {
            self.at_work.remove(gpu);
        }
        let looked_ms = (!self.at_work.is_empty()).then_some(now_ms);
        let before = std::mem::replace(&mut self.looked_ms, looked_ms);
        let passed_ms = before.and_then(|before| now_ms.checked_sub(before));
        let Some(passed_ms) = passed_ms.filter(|passed_ms| (1..=SILENCE_MS_MAX).contains(passed_ms)) else {
            return false;
        };
        *self.worked_ms.entry(day(now_ms, zone).to_string()).or_default() += passed_ms;
        while self.worked_ms.len() > DAYS_MAX {
            self.worked_ms.pop_first();
        }
        true
    }

    /// The GPU that the first node rendered with at a moment, where that is remembered.
    pub(super) fn adapter_at(&self, at_ms: u64) -> Option<&str> {
        let turn = self.turns.iter().rev().find(|turn| turn.from_ms <= at_ms)?;
        Some(&turn.adapter)
    }

    /// How long any GPU was at work on a day, seconds.
    pub(super) fn worked_s(&self, day: Date) -> f64 {
        self.worked_ms.get(&day.to_string()).copied().unwrap_or_default() as f64 / 1000.0
    }
}

/// The local day of a moment, milliseconds since 1970. Moments outside all calendars are on the first day of ours.
pub(super) fn day(at_ms: u64, zone: &TimeZone) -> Date {
    let at = i64::try_from(at_ms).ok().and_then(|at_ms| Timestamp::from_millisecond(at_ms).ok());
    zone.to_datetime(at.unwrap_or(Timestamp::UNIX_EPOCH)).date()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-23 23:59:58 UTC.
    const LATE_MS: u64 = 1_795_478_398_000;

    #[test]
    fn only_time_at_work_counts_and_it_counts_for_its_day() {
        let mut diary = Diary::default();
        let zone = TimeZone::UTC;
        assert!(!diary.look("card", true, LATE_MS, &zone), "nothing has passed yet");
        assert!(diary.look("card", true, LATE_MS + 1_000, &zone));
        assert!(diary.look("card", true, LATE_MS + 3_000, &zone), "after midnight");
        assert!(diary.look("card", false, LATE_MS + 4_000, &zone), "until it ended");
        assert!(!diary.look("card", true, LATE_MS + 9_000, &zone), "the pause does not count");
        assert!(!diary.look("card", true, LATE_MS + 3_600_000, &zone), "nor does an hour asleep");
        assert!(!diary.look("card", true, LATE_MS, &zone), "nor a clock that is set back");
        let (monday, tuesday) = (day(LATE_MS, &zone), day(LATE_MS + 3_000, &zone));
        assert_eq!((diary.worked_s(monday), diary.worked_s(tuesday)), (1.0, 3.0));
    }

    #[test]
    fn a_second_in_which_two_work_is_a_second() {
        let mut diary = Diary::default();
        let mut look = |gpu: &str, is_rendering, after_ms| {
            diary.look(gpu, is_rendering, LATE_MS - 60_000 + after_ms, &TimeZone::UTC)
        };
        look("card", true, 0);
        look("chip", true, 400);
        look("card", true, 1_000);
        look("chip", true, 1_400);
        look("card", false, 2_000);
        look("chip", false, 2_400);
        look("card", false, 3_000);
        assert_eq!(diary.worked_s(day(LATE_MS, &TimeZone::UTC)), 2.4);
    }

    #[test]
    fn a_moment_belongs_to_the_adapter_whose_turn_it_was() {
        let mut diary = Diary::default();
        diary.take_turn("first", 100);
        diary.take_turn("first", 200);
        diary.take_turn("second", 300);
        assert_eq!(diary.turns.len(), 2);
        assert_eq!(
            [99, 100, 299, 300].map(|at| diary.adapter_at(at)),
            [None, Some("first"), Some("first"), Some("second")]
        );
        for turn in 0..3_000 {
            diary.take_turn(&format!("{}", turn % 2), 400 + turn);
        }
        assert_eq!(diary.turns.len(), TURNS_MAX);
    }

    #[test]
    fn a_diary_is_the_same_after_a_restart() {
        let mut diary = Diary { is_on: true, ..Diary::default() };
        diary.take_turn("card", 5);
        diary.look("card", true, LATE_MS, &TimeZone::UTC);
        diary.look("card", false, LATE_MS + 500, &TimeZone::UTC);
        let kept = serde_json::to_string(&diary).expect("plain data");
        let again: Diary = serde_json::from_str(&kept).expect("it was just written");
        assert_eq!(again, diary);
        assert!(serde_json::from_str::<Diary>("{}").is_ok_and(|empty| empty == Diary::default()));
    }
}
