//! What was sensed: everything that the rules look at, each part known or not.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Letters of a program's name that are shown.
const NAME_LETTERS_MAX: usize = 60;

/// Something that was looked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sensed<T> {
    /// It was seen.
    Known(T),
    /// This system or this session does not tell.
    #[default]
    Unknown,
}

/// A program's name: one line without anything that a terminal would obey.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct ProgramName(String);

/// Where this computer's power comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Power {
    /// The mains, or there is no battery at all.
    Mains,
    /// Its battery.
    Battery {
        /// Charge, 0 to 100.
        percent: u8,
    },
}

/// An adapter's memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GpuMemory {
    /// Free for us, MiB: what other programs leave.
    pub free_mib: u32,
    /// In all, MiB.
    pub total_mib: u32,
}

/// What was sensed of an adapter that renders.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AdapterSense {
    /// As its driver names it.
    pub name: String,
    /// Temperature of its processor.
    pub celsius: Sensed<f32>,
    /// Its memory.
    pub memory: Sensed<GpuMemory>,
}

/// What the node is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Activity {
    /// No node runs.
    #[default]
    Off,
    /// Not connected to its coordinator yet.
    Connecting,
    /// Not connected to its coordinator: it did not answer, or went.
    Offline,
    /// Connected, and nothing to do.
    Idle,
    /// Fetching what a tile needs.
    Fetching,
    /// Rendering a tile.
    Rendering,
    /// Sending a finished tile.
    Delivering,
    /// Keeping finished tiles, for which the coordinator has no room.
    NoRoom,
}

/// Everything that the rules look at.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Signals {
    /// Since somebody last touched this computer, seconds.
    pub idle_s: Sensed<u32>,
    /// Power.
    pub power: Sensed<Power>,
    /// The program that fills a screen, if one does.
    pub full_screen: Sensed<Option<ProgramName>>,
    /// Programs that run, by name.
    pub programs: Sensed<Vec<ProgramName>>,
    /// Adapters that render.
    pub adapters: Vec<AdapterSense>,
    /// Free on the disk of the data folder, MiB.
    pub disk_free_mib: Sensed<u64>,
    /// Sent by this computer's nodes since local midnight, bytes.
    pub uploaded_today_bytes: u64,
    /// What the node is doing.
    pub activity: Activity,
    /// Whether a scene of ours may lie on the adapters: then what is free of their memory says nothing of other programs.
    #[serde(default)]
    pub holds_scene: bool,
}

impl Signals {
    /// How hot the adapter is, whole degrees, where it tells.
    pub(crate) fn celsius(&self) -> Option<i32> {
        let celsius = self.adapters.first()?.celsius.known()?;
        Some(celsius.round() as i32)
    }
}

impl ProgramName {
    /// A name without control letters and with an end.
    pub fn new(name: &str) -> Self {
        let plain: String = name.chars().filter(|letter| !letter.is_control()).collect();
        let mut shown: String = plain.trim().chars().take(NAME_LETTERS_MAX).collect();
        if shown.is_empty() {
            shown.push_str("a program");
        }
        Self(shown)
    }

    /// Whether both mean the same program: letter case and `.exe` do not matter.
    pub fn is_same(&self, other: &Self) -> bool {
        self.bare() == other.bare()
    }

    fn bare(&self) -> String {
        let lower = self.0.to_lowercase();
        lower.strip_suffix(".exe").unwrap_or(&lower).to_owned()
    }
}

impl fmt::Display for ProgramName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<String> for ProgramName {
    fn from(name: String) -> Self {
        Self::new(&name)
    }
}

impl From<ProgramName> for String {
    fn from(name: ProgramName) -> Self {
        name.0
    }
}

impl<T> Sensed<T> {
    /// The value, if it is known.
    pub fn known(&self) -> Option<&T> {
        match self {
            Sensed::Known(value) => Some(value),
            Sensed::Unknown => None,
        }
    }
}

impl<T> From<Option<T>> for Sensed<T> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Sensed::Unknown, Sensed::Known)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_plain_line() {
        let name = ProgramName::new("  Night\u{1b}[2J\nRace  ");
        assert_eq!(name.to_string(), "Night[2JRace");
        assert_eq!(ProgramName::new("\u{7}").to_string(), "a program");
        assert_eq!(ProgramName::new(&"x".repeat(500)).to_string().len(), NAME_LETTERS_MAX);
    }

    #[test]
    fn the_same_program_is_known_under_both_its_names() {
        assert!(ProgramName::new("Blender.exe").is_same(&ProgramName::new("blender")));
        assert!(!ProgramName::new("blender-launcher").is_same(&ProgramName::new("blender")));
    }
}
