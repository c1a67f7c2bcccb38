//! What this computer's nodes earned at a coordinator: the sums, and the last thirty days by GPU.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use specta::Type;

use super::diary::{Diary, day};
use crate::fault::Fault;
use crate::places::{self, Part};
use crate::rig::Rig;
use crate::statement::{self, Earned, Line};

/// Days that are told, today among them.
const DAYS: usize = 30;

/// What a node earned. Sums are credits as text, to the last digit; days are credits as numbers, to be drawn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Type)]
pub struct Earnings {
    /// Delivered and not yet accepted.
    pub held: String,
    /// Accepted and not yet paid out.
    pub posted: String,
    /// Paid out.
    pub paid: String,
    /// The last thirty local days, the oldest first and today last.
    pub days: Vec<EarnedDay>,
    /// Adapters by what they earned in these days, most first; an empty name: nobody wrote down which.
    pub adapters: Vec<EarnedWith>,
}

/// One day.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Type)]
pub struct EarnedDay {
    /// As in 2026-11-28.
    pub date: String,
    /// Pieces of work that count.
    pub tiles: u32,
    /// Credits of each adapter, in the order of [`Earnings::adapters`].
    #[specta(type = Vec<u32>)]
    pub credits: Vec<f64>,
    /// How long the GPU was at work for this window, seconds.
    #[specta(type = u32)]
    pub worked_s: f64,
}

/// One adapter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Type)]
pub struct EarnedWith {
    /// As its driver names it.
    pub adapter: String,
    /// Pieces of work that count.
    pub tiles: u32,
    /// Credits.
    #[specta(type = u32)]
    pub credits: f64,
}

impl Earnings {
    /// Asks a coordinator what this computer's nodes earned there.
    pub(super) fn ask(coordinator: &str, diary: &Diary) -> Result<Self, Fault> {
        let data = places::data_folder(Part::Node, None)?;
        let mut sums = Earned { held: 0, posted: 0, paid: 0 };
        let mut lines = Vec::new();
        // A computer that never ran a node has no name that a ledger could know.
        for (gpu, folder) in Rig::new(&data).nodes()? {
            let (earned, its_lines) = statement::account(coordinator, Some(&folder))?;
            sums = Earned {
                held: sums.held.saturating_add(earned.held),
                posted: sums.posted.saturating_add(earned.posted),
                paid: sums.paid.saturating_add(earned.paid),
            };
            let is_first = folder == data;
            let with = |line: Line| {
                let turn = diary.adapter_at(line.committed_ms).filter(|_| is_first);
                (turn.unwrap_or(&gpu).to_owned(), line)
            };
            lines.extend(its_lines.into_iter().map(with));
        }
        let zone = TimeZone::system();
        let today = day(crate::earn::door::unix_ms(), &zone);
        Ok(Self::of(sums, &lines, diary, today, &zone))
    }

    /// `lines` have the GPU's name with them.
    fn of(sums: Earned, lines: &[(String, Line)], diary: &Diary, today: Date, zone: &TimeZone) -> Self {
        let dates = last_days(today);
        // What was refused earned nothing.
        let counted = lines.iter().filter(|(_, line)| line.state != "void").filter_map(|(gpu, line)| {
            let at = dates.binary_search(&day(line.committed_ms, zone)).ok()?;
            Some((at, gpu.as_str(), line.amount))
        });
        let counted: Vec<(usize, &str, u64)> = counted.collect();
        let mut adapters: Vec<(&str, u32, u64)> = Vec::new();
        for (_, name, amount) in &counted {
            match adapters.iter_mut().find(|(known, _, _)| known == name) {
                Some((_, tiles, sum)) => (*tiles, *sum) = (*tiles + 1, sum.saturating_add(*amount)),
                None => adapters.push((name, 1, *amount)),
            }
        }
        adapters.sort_by(|a, b| b.2.cmp(&a.2).then(a.0.cmp(b.0)));
        let mut days: Vec<EarnedDay> = dates
            .iter()
            .map(|date| EarnedDay {
                date: date.to_string(),
                tiles: 0,
                credits: vec![0.0; adapters.len()],
                worked_s: diary.worked_s(*date),
            })
            .collect();
        for (at, name, amount) in &counted {
            days[*at].tiles += 1;
            if let Some(which) = adapters.iter().position(|(known, _, _)| known == name) {
                days[*at].credits[which] += credits(*amount);
            }
        }
        let with = |(adapter, tiles, sum): (&str, u32, u64)| EarnedWith {
            adapter: adapter.to_owned(),
            tiles,
            credits: credits(sum),
        };
        Self {
            held: statement::credits(sums.held),
            posted: statement::credits(sums.posted),
            paid: statement::credits(sums.paid),
            days,
            adapters: adapters.into_iter().map(with).collect(),
        }
    }
}

/// The days that are told, oldest first.
fn last_days(today: Date) -> Vec<Date> {
    let mut dates: Vec<Date> =
        std::iter::successors(Some(today), |date| date.yesterday().ok()).take(DAYS).collect();
    dates.reverse();
    dates
}

fn credits(micro: u64) -> f64 {
    micro as f64 / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-23 12:00 UTC.
    const NOON_MS: u64 = 1_795_435_200_000;
    const DAY_MS: u64 = 86_400_000;

    fn line(committed_ms: u64, amount: u64, state: &'static str) -> Line {
        let job = String::new();
        Line { index: 0, committed_ms, job, lease: 0, samples: 1, price: 1, amount, state }
    }

    fn earnings(lines: &[Line], diary: &Diary) -> Earnings {
        let sums = Earned { held: 3, posted: 1_500_000, paid: 0 };
        let zone = TimeZone::UTC;
        let with = |line: &Line| {
            let turn = diary.adapter_at(line.committed_ms).unwrap_or_default();
            (turn.to_owned(), line.clone())
        };
        let lines: Vec<(String, Line)> = lines.iter().map(with).collect();
        Earnings::of(sums, &lines, diary, day(NOON_MS, &zone), &zone)
    }

    #[test]
    fn a_line_is_told_on_its_day_with_its_adapter_and_a_void_one_is_not() {
        let mut diary = Diary::default();
        diary.take_turn("old card", NOON_MS - 3 * DAY_MS);
        diary.take_turn("new card", NOON_MS);
        let lines = [
            line(NOON_MS - 5 * DAY_MS, 250_000, "posted"),
            line(NOON_MS - DAY_MS, 500_000, "posted"),
            line(NOON_MS - DAY_MS, 500_000, "posted"),
            line(NOON_MS + 1, 2_000_000, "held"),
            line(NOON_MS + 2, 9_000_000, "void"),
            line(NOON_MS - 90 * DAY_MS, 7_000_000, "posted"),
        ];
        let told = earnings(&lines, &diary);
        assert_eq!((told.days.len(), told.posted.as_str()), (DAYS, "1.500000"));
        let names: Vec<(&str, u32, f64)> =
            told.adapters.iter().map(|one| (one.adapter.as_str(), one.tiles, one.credits)).collect();
        assert_eq!(names, [("new card", 1, 2.0), ("old card", 2, 1.0), ("", 1, 0.25)]);
        let last: Vec<&Vec<f64>> = told.days.iter().rev().take(6).map(|day| &day.credits).collect();
        assert_eq!(*last[0], [2.0, 0.0, 0.0]);
        assert_eq!(*last[1], [0.0, 1.0, 0.0]);
        assert_eq!(*last[5], [0.0, 0.0, 0.25]);
        assert_eq!(told.days.last().map(|day| day.date.as_str()), Some("2026-11-23"));
    }

    #[test]
    fn days_without_work_are_there_too() {
        let told = earnings(&[], &Diary::default());
        assert_eq!((told.days.len(), told.adapters.len()), (DAYS, 0));
        assert!(told.days.iter().all(|day| day.tiles == 0 && day.credits.is_empty()));
        assert_eq!(told.days[0].date, "2026-10-25");
    }
}
