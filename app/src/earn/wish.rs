//! What the person said: the three verbs, and how long a pause lasts.

use serde::{Deserialize, Serialize};
use specta::Type;

use super::moment::Moment;
use super::signals::Sensed;

/// Longest pause "for an hour", seconds.
const HOUR_S: i64 = 3_600;

/// A word from the person, from the window, the tray or the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum Wish {
    /// Work whenever the rules allow.
    Earn,
    /// Pause until told otherwise.
    Pause,
    /// Pause for an hour.
    PauseHour,
    /// Pause while the person is away: until they have been away and are back.
    PauseUntilBack,
    /// Pause until the next morning.
    PauseUntilTomorrow,
    /// Finish the tile that is being rendered, then pause.
    FinishThenPause,
    /// Take [`Wish::FinishThenPause`] back; any other pause, also one that was said since, stays.
    GoOn,
}

/// Where the person's last word stands; kept over restarts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "asked", rename_all = "snake_case")]
pub enum Asked {
    /// Work whenever the rules allow.
    #[default]
    Earn,
    /// Pause until told otherwise.
    Pause,
    /// Pause until this moment.
    PauseUntil {
        /// Seconds since 1970.
        unix_s: i64,
    },
    /// Pause until the person was away and is back.
    PauseUntilBack {
        /// Whether they have been away since.
        was_away: bool,
    },
    /// Pause until the wall's clock shows this.
    PauseUntilTomorrow {
        /// Seconds since 1970-01-01 00:00 on the wall's clock.
        wall_s: i64,
    },
    /// Finish the tile, then pause.
    Finishing,
    /// Paused because the tile is finished.
    Finished,
}

impl Asked {
    /// What follows from a word said now.
    pub fn after(self, wish: Wish, now: Moment) -> Self {
        match wish {
            Wish::GoOn if matches!(self, Asked::Finishing | Asked::Finished) => Asked::Earn,
            Wish::GoOn => self,
            Wish::Earn => Asked::Earn,
            Wish::Pause => Asked::Pause,
            Wish::PauseHour => Asked::PauseUntil { unix_s: now.unix_s + HOUR_S },
            Wish::PauseUntilBack => Asked::PauseUntilBack { was_away: false },
            Wish::PauseUntilTomorrow => Asked::PauseUntilTomorrow { wall_s: now.tomorrow_wall_s() },
            Wish::FinishThenPause => Asked::Finishing,
        }
    }

    /// The same when a node is started again: a pause goes on, but one that only followed the last tile does not, for starting again is a
    /// newer word. A service is stopped by letting it finish.
    pub fn at_start(self) -> Self {
        match self {
            Asked::Finishing | Asked::Finished => Asked::Earn,
            other => other,
        }
    }

    /// The same for a node that is started beside this one: it joins a pause, and has no tile to finish.
    pub fn for_another(self) -> Self {
        if self == Asked::Finishing { Asked::Finished } else { self }
    }

    /// The same a while later: pauses end, and nothing lasts longer than was said when a clock is set back.
    pub(super) fn at(self, now: Moment, idle_s: Sensed<u32>, away_s: u32) -> Self {
        match self {
            Asked::PauseUntil { unix_s } if now.unix_s >= unix_s => Asked::Earn,
            Asked::PauseUntil { unix_s } => Asked::PauseUntil { unix_s: unix_s.min(now.unix_s + HOUR_S) },
            Asked::PauseUntilTomorrow { wall_s } if now.wall_s() >= wall_s => Asked::Earn,
            Asked::PauseUntilTomorrow { wall_s } => {
                Asked::PauseUntilTomorrow { wall_s: wall_s.min(now.tomorrow_wall_s()) }
            }
            Asked::PauseUntilBack { was_away } => match idle_s {
                Sensed::Known(idle_s) if idle_s >= away_s => Asked::PauseUntilBack { was_away: true },
                Sensed::Known(_) if was_away => Asked::Earn,
                _ => self,
            },
            Asked::Earn | Asked::Pause | Asked::Finishing | Asked::Finished => self,
        }
    }
}
