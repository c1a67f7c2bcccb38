//! The owner's rules, as values that cannot be wrong.

use frame::NodeId;
use render_net::wire::{Referees, TooLong};
use serde::{Deserialize, Serialize};

use super::schedule::Schedule;
use super::signals::ProgramName;

/// Programs that the owner may list.
pub const APPS_MAX: usize = 200;
/// On its battery a computer never works below this charge, whatever the rules say.
pub const BATTERY_PERCENT_MIN: u8 = 30;
/// An adapter that got too hot rests until it is this much below the cap.
pub const COOL_DOWN_C: u32 = 5;
/// Graphics memory below which no scene is worth taking, MiB.
pub const GPU_MEMORY_MIB_MIN: u32 = 512;

/// A whole number from `MIN` to `MAX`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct Within<const MIN: u32, const MAX: u32>(u32);

/// Minutes without input.
pub type IdleMinutes = Within<1, 1_440>;
/// Degrees Celsius.
pub type TemperatureCap = Within<40, 100>;
/// A share in percent.
pub type Percent = Within<1, 100>;
/// Gigabytes (10⁹ bytes) a day.
pub type GigabytesPerDay = Within<1, 100_000>;
/// Megabits (10⁶ bits) a second.
pub type MegabitsPerSecond = Within<1, 100_000>;
/// Gibibytes of disk.
pub type DiskGib = Within<1, 100_000>;

/// When this computer may work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rules {
    /// Work only after so long without input; `None` = while the computer is used as well.
    pub idle_minutes: Option<IdleMinutes>,
    /// Whether it may work on its battery (never below [`BATTERY_PERCENT_MIN`]).
    pub on_battery: bool,
    /// Pause while a program fills a screen.
    pub pause_for_full_screen: bool,
    /// Pause while one of these programs runs.
    pub pause_for_apps: Vec<ProgramName>,
    /// Hours of the week.
    pub schedule: Schedule,
    /// Rest while an adapter is hotter; `None` = its own protection decides.
    pub temperature_cap_c: Option<TemperatureCap>,
    /// Share of an adapter's memory that scenes may take, where the adapter tells its size; heeded when a node starts.
    pub vram_share_percent: Percent,
    /// Most that is uploaded in a day; `None` = as much as there is.
    pub upload_gb_per_day: Option<GigabytesPerDay>,
    /// How fast results are sent, all nodes of this computer together; `None` = as fast as the line is.
    pub upload_mbit_per_s: Option<MegabitsPerSecond>,
    /// Disk that stays free in the data folder.
    pub disk_free_gib: DiskGib,
    /// Work only for jobs of which one of these is the referee; none = for all. A tile in hand is finished.
    pub referees: Referees,
}

impl Rules {
    /// What a desktop starts with: the owner comes first.
    pub fn desktop() -> Self {
        Self {
            idle_minutes: Some(Within(3)),
            on_battery: false,
            pause_for_full_screen: true,
            pause_for_apps: Vec::new(),
            schedule: Schedule::ALWAYS,
            temperature_cap_c: Some(Within(75)),
            vram_share_percent: Within(80),
            upload_gb_per_day: None,
            upload_mbit_per_s: None,
            disk_free_gib: Within(2),
            referees: Referees::default(),
        }
    }

    /// What a machine without a person in front of it starts with.
    pub fn headless() -> Self {
        Self { idle_minutes: None, pause_for_full_screen: false, ..Self::desktop() }
    }

    /// The same rules with these referees, each of them once.
    ///
    /// # Errors
    /// There are more than [`Referees::MAX`].
    pub fn with_referees(self, referees: impl IntoIterator<Item = NodeId>) -> Result<Self, TooLong> {
        let mut listed: Vec<NodeId> = Vec::new();
        for referee in referees {
            if !listed.contains(&referee) {
                listed.push(referee);
            }
        }
        Ok(Self { referees: Referees::new(listed)?, ..self })
    }

    /// What an adapter with so much memory lends, MiB.
    pub fn lent_mib(&self, total_mib: u32) -> u32 {
        (u64::from(total_mib) * u64::from(self.vram_share_percent.value()) / 100) as u32
    }

    /// How fast results are sent, bytes a second.
    pub(crate) fn upload_bytes_per_s(&self) -> Option<u64> {
        self.upload_mbit_per_s.map(|rate| u64::from(rate.value()) * 1_000_000 / 8)
    }

    /// How long somebody must be away before a "pause until I'm back" can end, seconds.
    pub(super) fn away_s(&self) -> u32 {
        self.idle_minutes.unwrap_or(Within(3)).value() * 60
    }
}

impl<const MIN: u32, const MAX: u32> Within<MIN, MAX> {
    /// A number, if it is in range.
    pub fn new(value: u32) -> Option<Self> {
        (MIN..=MAX).contains(&value).then_some(Self(value))
    }

    /// The number.
    pub fn value(self) -> u32 {
        self.0
    }
}

impl<const MIN: u32, const MAX: u32> TryFrom<u32> for Within<MIN, MAX> {
    type Error = String;

    fn try_from(value: u32) -> Result<Self, String> {
        Self::new(value).ok_or_else(|| format!("{value} is not between {MIN} and {MAX}"))
    }
}

impl<const MIN: u32, const MAX: u32> From<Within<MIN, MAX>> for u32 {
    fn from(within: Within<MIN, MAX>) -> Self {
        within.0
    }
}
