//! The hours of the week in which this computer may earn: a grid of 7 × 24, painted with the mouse or written as text.
//!
//! Text is a list of entries, as in `mon-fri 18:00-08:00; sat,sun`. An entry is days and times, each a list with commas; days without times are whole
//! days; a time that ends before it begins goes on into the next day. `always` and `never` are the two plain cases.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::moment::DAYS;

/// Hours in a week.
pub const HOURS: usize = 7 * 24;

/// The hours in which earning is allowed. Hour 0 is Monday 00:00 to 01:00.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Schedule([bool; HOURS]);

/// A schedule that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScheduleFault {
    /// No such day.
    #[error("\"{0}\" is not a day: days are mon, tue, wed, thu, fri, sat, sun, daily")]
    Day(String),
    /// No such time.
    #[error("\"{0}\" is not a span of whole hours, as in 18:00-08:00")]
    Time(String),
    /// No entry at all.
    #[error("it is empty: write always, never, or days and times, as in mon-fri 18:00-08:00")]
    Empty,
}

impl Schedule {
    /// Every hour.
    pub const ALWAYS: Self = Self([true; HOURS]);
    /// No hour.
    pub const NEVER: Self = Self([false; HOURS]);

    /// A schedule from its hours, Monday 00:00 first.
    pub fn from_hours(hours: [bool; HOURS]) -> Self {
        Self(hours)
    }

    /// Its hours, Monday 00:00 first.
    pub fn hours(&self) -> &[bool; HOURS] {
        &self.0
    }

    /// Whether an hour of the week is allowed; hours past the end are the next week's.
    pub fn allows(&self, hour: usize) -> bool {
        self.0[hour % HOURS]
    }

    /// The next allowed hour of the week after `hour`; `None` when no hour is.
    pub fn next_allowed(&self, hour: usize) -> Option<usize> {
        (1..=HOURS).map(|ahead| (hour + ahead) % HOURS).find(|&hour| self.0[hour])
    }

    /// Allowed spans that begin on each day, as hours from that day's midnight; the end may lie on the next day.
    fn spans(&self) -> [Vec<(usize, usize)>; 7] {
        let mut spans: [Vec<(usize, usize)>; 7] = Default::default();
        for begin in (0..HOURS).filter(|&hour| self.0[hour] && !self.0[(hour + HOURS - 1) % HOURS]) {
            let length = (0..HOURS).take_while(|ahead| self.allows(begin + ahead)).count();
            let mut at = begin;
            let end = begin + length;
            // What fits between two midnights' evenings is one span, anything longer is cut at midnight.
            while at < end {
                let stop = if end - at <= 24 && at == begin { end } else { end.min((at / 24 + 1) * 24) };
                let day = at / 24;
                spans[day % 7].push((at - day * 24, stop - day * 24));
                at = stop;
            }
        }
        spans.iter_mut().for_each(|day| day.sort_unstable());
        spans
    }
}

impl FromStr for Schedule {
    type Err = ScheduleFault;

    fn from_str(text: &str) -> Result<Self, ScheduleFault> {
        let text = text.trim().to_ascii_lowercase();
        match text.as_str() {
            "always" => return Ok(Self::ALWAYS),
            "never" => return Ok(Self::NEVER),
            _ => {}
        }
        let mut schedule = Self::NEVER;
        let entries: Vec<&str> = text.split(';').map(str::trim).filter(|entry| !entry.is_empty()).collect();
        if entries.is_empty() {
            return Err(ScheduleFault::Empty);
        }
        for entry in entries {
            let (days, times) = entry.split_once(char::is_whitespace).unwrap_or((entry, "00:00-24:00"));
            let days: Vec<usize> = days.split(',').map(days_of).collect::<Result<Vec<_>, _>>()?.concat();
            for time in times.split(',') {
                let (begin, end) = span_of(time.trim())?;
                for hour in days.iter().flat_map(|day| day * 24 + begin..day * 24 + end) {
                    schedule.0[hour % HOURS] = true;
                }
            }
        }
        Ok(schedule)
    }
}

/// The days in `mon`, `mon-fri`, `fri-mon` or `daily`.
fn days_of(text: &str) -> Result<Vec<usize>, ScheduleFault> {
    let day = |name: &str| {
        DAYS.iter().position(|day| *day == name.trim()).ok_or_else(|| ScheduleFault::Day(text.trim().into()))
    };
    if text.trim() == "daily" {
        return Ok((0..7).collect());
    }
    let Some((first, last)) = text.split_once('-') else { return Ok(vec![day(text)?]) };
    let (first, last) = (day(first)?, day(last)?);
    Ok((0..=(last + 7 - first) % 7).map(|ahead| (first + ahead) % 7).collect())
}

/// Hours from midnight in `18:00-08:00`; an end at or before the beginning is the next day's.
fn span_of(text: &str) -> Result<(usize, usize), ScheduleFault> {
    let wrong = || ScheduleFault::Time(text.into());
    let hour = |word: &str| -> Option<usize> {
        let (hour, minute) = word.trim().split_once(':')?;
        let digits = |part: &str| part.len() <= 2 && part.bytes().all(|byte| byte.is_ascii_digit());
        (digits(hour) && minute == "00").then(|| hour.parse().ok()).flatten()
    };
    let (begin, end) = text.split_once('-').ok_or_else(wrong)?;
    match (hour(begin), hour(end)) {
        (Some(begin @ 0..24), Some(end @ 0..=24)) if end > begin => Ok((begin, end)),
        (Some(begin @ 0..24), Some(end @ 0..24)) => Ok((begin, end + 24)),
        _ => Err(wrong()),
    }
}

/// The shortest text that means the same hours.
impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::ALWAYS => return f.write_str("always"),
            Self::NEVER => return f.write_str("never"),
            _ => {}
        }
        let spans = self.spans();
        let mut written: Vec<&[(usize, usize)]> = Vec::new();
        for day in spans.iter().filter(|day| !day.is_empty()) {
            if written.contains(&day.as_slice()) {
                continue;
            }
            let alike: Vec<usize> = (0..7).filter(|&other| spans[other] == *day).collect();
            let separator = if written.is_empty() { "" } else { "; " };
            write!(f, "{separator}{}", DayList(&alike))?;
            let whole = [(0, 24)];
            if day.as_slice() != whole {
                let time = |(begin, end): &(usize, usize)| {
                    let end = if *end > 24 { end - 24 } else { *end };
                    format!("{begin:02}:00-{end:02}:00")
                };
                write!(f, " {}", day.iter().map(time).collect::<Vec<_>>().join(","))?;
            }
            written.push(day);
        }
        Ok(())
    }
}

/// Ascending days, neighbours joined: `mon-wed,fri`.
struct DayList<'a>(&'a [usize]);

impl fmt::Display for DayList<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let runs = self.0.chunk_by(|day, next| day + 1 == *next).map(|run| match run {
            [first, .., last] => format!("{}-{}", DAYS[*first], DAYS[*last]),
            [only] => DAYS[*only].to_owned(),
            [] => String::new(),
        });
        f.write_str(&runs.collect::<Vec<_>>().join(","))
    }
}

impl fmt::Debug for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Schedule({self})")
    }
}

impl TryFrom<String> for Schedule {
    type Error = ScheduleFault;

    fn try_from(text: String) -> Result<Self, ScheduleFault> {
        text.parse()
    }
}

impl From<Schedule> for String {
    fn from(schedule: Schedule) -> Self {
        schedule.to_string()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parsed(text: &str) -> Schedule {
        text.parse().unwrap_or_else(|fault| panic!("{text}: {fault}"))
    }

    #[test]
    fn nights_go_on_into_the_next_day() {
        let nights = parsed("mon-fri 18:00-08:00");
        assert!(nights.allows(18) && nights.allows(24) && nights.allows(24 + 7) && !nights.allows(24 + 8));
        assert!(!nights.allows(0), "Sunday's night is not in it");
        assert!(nights.allows(5 * 24 + 7) && !nights.allows(5 * 24 + 8), "Friday's night ends on Saturday");
        assert_eq!(nights.hours().iter().filter(|hour| **hour).count(), 5 * 14);
    }

    #[test]
    fn text_is_the_shortest_that_means_the_same() {
        for (written, shortest) in [
            ("mon-fri 18:00-08:00", "mon-fri 18:00-08:00"),
            ("DAILY 00:00-24:00", "always"),
            ("sat; sun", "sat-sun"),
            ("sun 20:00-04:00", "sun 20:00-04:00"),
            ("mon,wed 1:00-2:00, 12:00-13:00", "mon,wed 01:00-02:00,12:00-13:00"),
            ("fri-mon 00:00-00:00", "mon,fri-sun"),
            ("fri 18:00-24:00; sat-sun; mon 00:00-08:00", "mon 00:00-08:00; fri 18:00-24:00; sat-sun"),
            ("tue 10:00-10:00", "tue 10:00-10:00"),
        ] {
            assert_eq!(parsed(written).to_string(), shortest, "{written}");
        }
    }

    #[test]
    fn a_wrong_schedule_is_told_by_the_word_that_is_wrong() {
        for (text, word) in [
            ("mon-fry 18:00-08:00", "\"mon-fry\""),
            ("mon 18:30-20:00", "\"18:30-20:00\""),
            ("mon 18-20", "\"18-20\""),
            ("mon 24:00-01:00", "\"24:00-01:00\""),
            ("mon +1:00-02:00", "\"+1:00-02:00\""),
            (" ; ", "empty"),
        ] {
            let fault = text.parse::<Schedule>().expect_err(text).to_string();
            assert!(fault.contains(word), "{text}: {fault}");
        }
    }

    #[test]
    fn the_next_hour_is_found_around_the_week() {
        assert_eq!(parsed("tue 18:00-19:00").next_allowed(6 * 24), Some(24 + 18));
        assert_eq!(parsed("tue 18:00-19:00").next_allowed(24 + 18), Some(24 + 18), "a week later");
        assert_eq!(Schedule::NEVER.next_allowed(3), None);
    }

    proptest! {
        #[test]
        fn every_grid_round_trips_through_text(hours in proptest::collection::vec(any::<bool>(), HOURS)) {
            let grid = Schedule::from_hours(hours.try_into().expect("as many as in a week"));
            prop_assert_eq!(parsed(&grid.to_string()), grid);
        }

        #[test]
        fn grids_of_long_spans_round_trip_too(ends in proptest::collection::vec(0usize..HOURS, 0..7)) {
            let mut hours = [false; HOURS];
            for (hour, allowed) in hours.iter_mut().enumerate() {
                *allowed = ends.iter().filter(|end| **end <= hour).count() % 2 == 1;
            }
            let grid = Schedule::from_hours(hours);
            prop_assert_eq!(parsed(&grid.to_string()), grid);
        }

        #[test]
        fn no_text_panics(text in "[a-z0-9:;, -]{0,40}") {
            if let Ok(grid) = text.parse::<Schedule>() {
                prop_assert_eq!(parsed(&grid.to_string()), grid);
            }
        }
    }
}
