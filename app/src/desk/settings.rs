//! What the person chose, kept from one start to the next.

use serde::{Deserialize, Serialize};
use specta::Type;

use super::updates::UpdateChannel;

/// The person's choices.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Type)]
#[serde(default)]
pub struct Settings {
    /// What brought them here; nothing before the first question is answered.
    pub purpose: Option<Purpose>,
    /// Colours.
    pub theme: Theme,
    /// Words.
    pub language: Language,
    /// Coordinator's address for renders on a network; empty before one was used.
    pub coordinator: String,
    /// Coordinator's address for sharing this computer's GPU.
    pub earn_coordinator: String,
    /// Micro-credits asked for a million samples.
    pub earn_price: u32,
    /// What a kilowatt-hour costs the person, in their currency; 0: not entered.
    #[specta(type = u32)]
    pub kwh_price: f64,
    /// Their currency, as they write it.
    pub currency: String,
    /// What the computer takes while it renders, watts; 0: not entered.
    pub watts: u32,
    /// GPUs that earn, by their keys; empty: the strongest.
    pub earn_gpus: Vec<String>,
    /// Adapter for own renders, as `--gpu` takes it; empty: the strongest.
    pub adapter: String,
    /// Whether it was said that closing the window leaves the program in the tray.
    pub told_of_tray: bool,
    /// Whether closing the window ends the program.
    pub close_quits: bool,
    /// Which updates to look for.
    pub updates: UpdateChannel,
    /// Whether an update that had to wait for work asks again before it restarts the program.
    pub updates_ask: bool,
}

/// What somebody wants from this program first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// Render something.
    Render,
    /// Earn while idle.
    Earn,
    /// Watch a production.
    Watch,
}

/// Colours of the window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum Theme {
    /// As the system has it.
    #[default]
    System,
    /// Dark.
    Dark,
    /// Light.
    Light,
}

/// Language of the window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum Language {
    /// As the system has it; English where it is none of these.
    #[default]
    System,
    /// English.
    En,
    /// German.
    De,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            purpose: None,
            theme: Theme::default(),
            language: Language::default(),
            coordinator: String::new(),
            earn_coordinator: String::new(),
            earn_price: crate::sharing::PRICE_USUAL as u32,
            kwh_price: 0.0,
            currency: "€".into(),
            watts: 0,
            earn_gpus: Vec::new(),
            adapter: String::new(),
            told_of_tray: false,
            close_quits: false,
            updates: UpdateChannel::default(),
            updates_ask: true,
        }
    }
}
