//! Why this computer works or does not: one reason, one code for programs, one sentence for people.

use serde::{Deserialize, Serialize};

use super::rules::{BATTERY_PERCENT_MIN, GPU_MEMORY_MIB_MIN};
use super::signals::ProgramName;

/// What a person sees at a glance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It works for others now.
    Working,
    /// It will by itself, when somebody has gone, an hour has come, or a tile is there.
    Waiting,
    /// It was stopped, by a word or by something that goes on.
    Paused,
}

/// The reason for a state. Its code is the name in lower case with underscores; the values beside it are for other languages' sentences.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Reason {
    /// The person paused it.
    PausedByYou,
    /// The person paused it for an hour.
    PausedForAnHour {
        /// When it ends, as in `15:10`.
        until: String,
    },
    /// The person paused it until they are back.
    PausedUntilBack {
        /// Whether this computer tells when it is used.
        is_seen: bool,
    },
    /// The person paused it until the next morning.
    PausedUntilTomorrow {
        /// When it ends, as in `tomorrow 06:00`.
        until: String,
    },
    /// The person wanted a pause after the last tile.
    PausedAfterTile,
    /// A program fills a screen.
    FullScreen {
        /// Which.
        program: ProgramName,
    },
    /// A program from the owner's list runs.
    AppRunning {
        /// Which.
        program: ProgramName,
    },
    /// The battery is nearly empty.
    BatteryLow {
        /// Its charge.
        percent: u8,
    },
    /// On the battery.
    OnBattery,
    /// Nobody knows where the power comes from.
    PowerUnknown,
    /// Not in these hours.
    OutsideSchedule {
        /// When they begin again, as in `18:00` or `mon 18:00`; `None` = no hour is allowed.
        opens: Option<String>,
    },
    /// Somebody uses this computer.
    InUse {
        /// How long it must be left alone, minutes.
        minutes: u32,
        /// Touched within the last minute.
        is_now: bool,
    },
    /// Nobody knows whether somebody uses this computer.
    IdleUnknown,
    /// An adapter is too hot.
    TooHot {
        /// Which. A standing is written with its reason's fields beside its own, and `adapter` is one of those.
        card: String,
        /// How hot, whole degrees.
        celsius: i32,
        /// Where it has to be again.
        resumes_below_c: u32,
    },
    /// Other programs have taken the adapter's memory.
    GpuMemoryTaken {
        /// What they leave, MiB.
        free_mib: u32,
    },
    /// The disk is nearly full.
    DiskFull {
        /// What is to stay free, GiB.
        keep_gib: u32,
    },
    /// Enough was uploaded today.
    UploadSpent {
        /// The day's limit.
        limit_gb: u32,
    },
    /// No node runs.
    NotRunning,
    /// The coordinator was not reached yet.
    Connecting,
    /// The coordinator cannot be reached.
    Offline,
    /// The coordinator has no room for finished tiles.
    NoRoom,
    /// No tile is there for this computer.
    NoWork {
        /// Whether only some are looked for: those that certain referees judge.
        #[serde(default)]
        is_judged: bool,
    },
    /// A tile is being rendered.
    Rendering,
    /// The last tile before a pause is being rendered.
    Finishing,
    /// What a tile needs is being fetched.
    Fetching,
    /// A finished tile is being sent.
    Delivering,
}

impl Reason {
    /// The name of every reason for programs, in their order.
    pub const CODES: [&str; 26] = [
        "paused_by_you",
        "paused_for_an_hour",
        "paused_until_back",
        "paused_until_tomorrow",
        "paused_after_tile",
        "full_screen",
        "app_running",
        "battery_low",
        "on_battery",
        "power_unknown",
        "outside_schedule",
        "in_use",
        "idle_unknown",
        "too_hot",
        "gpu_memory_taken",
        "disk_full",
        "upload_spent",
        "not_running",
        "connecting",
        "offline",
        "no_room",
        "no_work",
        "rendering",
        "finishing",
        "fetching",
        "delivering",
    ];

    /// The state that goes with it.
    pub fn state(&self) -> State {
        use Reason as R;
        match self {
            R::Rendering | R::Finishing | R::Fetching | R::Delivering => State::Working,
            R::OutsideSchedule { .. }
            | R::InUse { .. }
            | R::IdleUnknown
            | R::PowerUnknown
            | R::NotRunning
            | R::Connecting
            | R::Offline
            | R::NoRoom
            | R::NoWork { .. } => State::Waiting,
            R::PausedByYou
            | R::PausedForAnHour { .. }
            | R::PausedUntilBack { .. }
            | R::PausedUntilTomorrow { .. }
            | R::PausedAfterTile
            | R::FullScreen { .. }
            | R::AppRunning { .. }
            | R::BatteryLow { .. }
            | R::OnBattery
            | R::TooHot { .. }
            | R::GpuMemoryTaken { .. }
            | R::DiskFull { .. }
            | R::UploadSpent { .. } => State::Paused,
        }
    }

    /// Its name for programs; the same as `"code"` in its JSON.
    pub fn code(&self) -> &'static str {
        use Reason as R;
        match self {
            R::PausedByYou => "paused_by_you",
            R::PausedForAnHour { .. } => "paused_for_an_hour",
            R::PausedUntilBack { .. } => "paused_until_back",
            R::PausedUntilTomorrow { .. } => "paused_until_tomorrow",
            R::PausedAfterTile => "paused_after_tile",
            R::FullScreen { .. } => "full_screen",
            R::AppRunning { .. } => "app_running",
            R::BatteryLow { .. } => "battery_low",
            R::OnBattery => "on_battery",
            R::PowerUnknown => "power_unknown",
            R::OutsideSchedule { .. } => "outside_schedule",
            R::InUse { .. } => "in_use",
            R::IdleUnknown => "idle_unknown",
            R::TooHot { .. } => "too_hot",
            R::GpuMemoryTaken { .. } => "gpu_memory_taken",
            R::DiskFull { .. } => "disk_full",
            R::UploadSpent { .. } => "upload_spent",
            R::NotRunning => "not_running",
            R::Connecting => "connecting",
            R::Offline => "offline",
            R::NoRoom => "no_room",
            R::NoWork { .. } => "no_work",
            R::Rendering => "rendering",
            R::Finishing => "finishing",
            R::Fetching => "fetching",
            R::Delivering => "delivering",
        }
    }

    /// The sentence, without a full stop: what `tessera node status`, the window and the tray show in English.
    pub fn sentence(&self) -> String {
        use Reason as R;
        match self {
            R::PausedByYou => "Paused: you asked for it".into(),
            R::PausedForAnHour { until } | R::PausedUntilTomorrow { until } => {
                format!("Paused until {until}")
            }
            R::PausedUntilBack { is_seen: true } => "Paused until you are back".into(),
            R::PausedUntilBack { is_seen: false } => {
                "Paused until you resume: this computer does not tell when it is used".into()
            }
            R::PausedAfterTile => "Paused: you asked for a pause after the last tile".into(),
            R::FullScreen { program } => format!("Paused: {program} is full-screen"),
            R::AppRunning { program } => format!("Paused: {program} is running"),
            R::BatteryLow { percent } => {
                format!("Paused: the battery is at {percent} %, below {BATTERY_PERCENT_MIN} %")
            }
            R::OnBattery => "Paused: this computer runs on its battery".into(),
            R::PowerUnknown => "Waiting: this computer does not tell whether it runs on its battery".into(),
            R::OutsideSchedule { opens: Some(opens) } => {
                format!("Waiting: the schedule begins {}", day_and_clock(opens))
            }
            R::OutsideSchedule { opens: None } => "Waiting: the schedule allows no hour of the week".into(),
            R::InUse { is_now: true, .. } => "Waiting: you are using this computer".into(),
            R::InUse { minutes, .. } => {
                format!("Waiting: this computer was used in the last {minutes} min")
            }
            R::IdleUnknown => "Waiting: this computer does not tell when it is used".into(),
            R::TooHot { card, celsius, resumes_below_c } => {
                format!("Paused: {card} is at {celsius} °C, work goes on below {resumes_below_c} °C")
            }
            R::GpuMemoryTaken { free_mib } => format!(
                "Paused: other programs leave {free_mib} MiB of GPU memory, {GPU_MEMORY_MIB_MIN} are needed"
            ),
            R::DiskFull { keep_gib } => format!("Paused: less than {keep_gib} GiB of disk are free"),
            R::UploadSpent { limit_gb } => format!("Paused: today's {limit_gb} GB of upload are used up"),
            R::NotRunning => "Waiting: the node is not running".into(),
            R::Connecting => "Waiting: connecting to the coordinator".into(),
            R::Offline => "Waiting: the coordinator cannot be reached, trying again".into(),
            R::NoRoom => "Waiting: the coordinator has no room for finished tiles, trying again".into(),
            R::NoWork { is_judged: true } => "Waiting: no tile is there that your referees judge".into(),
            R::NoWork { is_judged: false } => "Waiting: no tile is there to render".into(),
            R::Rendering => "Earning: a tile is being rendered".into(),
            R::Finishing => "Earning: this tile is finished, then there is a pause".into(),
            R::Fetching => "Earning: a scene is being fetched".into(),
            R::Delivering => "Earning: a finished tile is being sent".into(),
        }
    }
}

/// "mon 18:00" as people say it; "at 18:00" is said already.
fn day_and_clock(opens: &str) -> String {
    let Some((short, clock)) = opens.split_once(' ') else { return opens.to_owned() };
    let days = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
    let day = days.into_iter().find(|day| day[..3].eq_ignore_ascii_case(short));
    day.map_or_else(|| opens.to_owned(), |day| format!("on {day} at {clock}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_of_codes_is_what_reasons_are_called() {
        let source = include_str!("reason.rs");
        let (_, named) = source.split_once("pub fn code(").expect("the function is there");
        let (named, _) = named.split_once("pub fn ").expect("another function follows");
        let named: Vec<&str> =
            named.lines().filter_map(|line| line.split_once("=> \"")?.1.strip_suffix("\",")).collect();
        assert_eq!(Reason::CODES.to_vec(), named);
    }
}
