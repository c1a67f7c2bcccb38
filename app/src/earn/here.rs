//! This computer's senses. What each system tells is listed in `docs/platforms.md`.

mod heat;
mod power;
mod programs;
#[cfg(target_os = "linux")]
mod session_linux;
#[cfg(not(target_os = "linux"))]
mod session_native;

use std::path::PathBuf;

use frame::AdapterCard;

use super::rules::Rules;
use super::senses::Senses;
use super::signals::{AdapterSense, Sensed, Signals};
use crate::output;
#[cfg(target_os = "linux")]
use session_linux::Session;
#[cfg(not(target_os = "linux"))]
use session_native::Session;

pub use programs::running;

/// The senses of the computer that this program runs on.
pub struct Here {
    data: PathBuf,
    adapter: AdapterCard,
    session: Session,
    thermometer: heat::Thermometer,
}

impl Here {
    /// Looks after one adapter, which sits at this place of the bus where that is known, and the disk of the data folder.
    pub fn new(data: PathBuf, adapter: AdapterCard, pci_bus_id: &str) -> Self {
        let thermometer = heat::Thermometer::of(&adapter, pci_bus_id);
        Self { data, adapter, session: Session::default(), thermometer }
    }

    /// The adapter's memory in all, MiB, where it tells.
    pub fn memory_mib(&self) -> Option<u32> {
        self.thermometer.memory().known().map(|memory| memory.total_mib)
    }
}

impl Senses for Here {
    fn glance(&mut self, signals: &mut Signals) {
        signals.idle_s = self.session.idle_s();
        signals.full_screen = self.session.full_screen();
    }

    fn look(&mut self, rules: &Rules, signals: &mut Signals) {
        self.session.refresh();
        signals.power = power::power();
        signals.programs =
            if rules.pause_for_apps.is_empty() { Sensed::Unknown } else { Sensed::Known(running()) };
        signals.disk_free_mib = output::free_bytes(&self.data).map(|bytes| bytes >> 20).into();
        let before = signals.adapters.first().map_or(Sensed::Unknown, |adapter| adapter.memory);
        let memory = if signals.holds_scene { before } else { self.thermometer.memory() };
        let celsius = self.thermometer.celsius();
        signals.adapters = vec![AdapterSense { name: self.adapter.name.clone(), celsius, memory }];
    }
}
