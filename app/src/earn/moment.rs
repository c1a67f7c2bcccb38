//! A moment as the rules see it: the world's time and the wall's.

use serde::{Deserialize, Serialize};

const DAY_S: i64 = 86_400;
const HOUR_S: i64 = 3_600;
/// "Tomorrow" begins when people get up, not at midnight: who says "until tomorrow" at half past midnight means the coming morning.
pub const DAY_BEGINS_HOUR: i64 = 6;
/// The days as the schedule and sentences write them, Monday first.
pub const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// A moment: seconds since 1970 and what the local clock adds to them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    /// Seconds since 1970, UTC.
    pub unix_s: i64,
    /// Local time minus UTC at this moment, seconds.
    pub offset_s: i32,
}

impl Moment {
    /// What the wall's clock shows, as seconds since 1970-01-01 00:00 on that clock.
    pub fn wall_s(self) -> i64 {
        self.unix_s + i64::from(self.offset_s)
    }

    /// Hours since Monday 00:00 on the wall's clock, 0 to 167.
    pub fn hour_of_week(self) -> usize {
        // 1970-01-01 was a Thursday.
        let since_monday_s = (self.wall_s() + 3 * DAY_S).rem_euclid(7 * DAY_S);
        (since_monday_s / HOUR_S) as usize
    }

    /// When the next day begins, on the wall's clock.
    pub(crate) fn tomorrow_wall_s(self) -> i64 {
        let since_begin = self.wall_s() - DAY_BEGINS_HOUR * HOUR_S;
        (since_begin.div_euclid(DAY_S) + 1) * DAY_S + DAY_BEGINS_HOUR * HOUR_S
    }

    /// The same moment of the wall's clock in words: `15:10` today, `tomorrow 06:00`.
    pub(crate) fn words_for(self, wall_s: i64) -> String {
        let days = wall_s.div_euclid(DAY_S) - self.wall_s().div_euclid(DAY_S);
        let minutes = wall_s.rem_euclid(DAY_S) / 60;
        let clock = format!("{:02}:{:02}", minutes / 60, minutes % 60);
        match days {
            1 => format!("tomorrow {clock}"),
            _ => clock,
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A moment of the week of Monday 2026-11-23 at UTC.
    pub(crate) fn week(day: i64, hour: i64, minute: i64) -> Moment {
        // 2026-11-23 00:00 UTC.
        Moment { unix_s: 1_795_392_000 + day * DAY_S + hour * HOUR_S + minute * 60, offset_s: 0 }
    }

    #[test]
    fn the_week_begins_on_monday() {
        assert_eq!(week(0, 0, 0).hour_of_week(), 0);
        assert_eq!(week(6, 23, 59).hour_of_week(), 167);
        assert_eq!(Moment { unix_s: -1, offset_s: 0 }.hour_of_week(), 2 * 24 + 23, "a Wednesday");
        let east = Moment { offset_s: 3 * 3600, ..week(6, 23, 0) };
        assert_eq!(east.hour_of_week(), 2, "it is Monday two o'clock there");
    }

    #[test]
    fn tomorrow_is_the_next_morning_before_and_after_midnight() {
        let morning = week(1, 6, 0).wall_s();
        for (evening, words) in [
            (week(0, 6, 0), "tomorrow 06:00"),
            (week(0, 23, 59), "tomorrow 06:00"),
            (week(1, 0, 0), "06:00"),
            (week(1, 5, 59), "06:00"),
        ] {
            assert_eq!(evening.tomorrow_wall_s(), morning, "{evening:?}");
            assert_eq!(evening.words_for(morning), words);
        }
        assert_eq!(week(1, 6, 0).tomorrow_wall_s(), week(2, 6, 0).wall_s());
    }
}
