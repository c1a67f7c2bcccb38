//! Mains or battery.

use starship_battery::units::ratio::percent;
use starship_battery::{Manager, State};

use crate::earn::signals::{Power, Sensed};

/// Where the power comes from now.
pub(super) fn power() -> Sensed<Power> {
    // A Linux machine that lists no power supplies has no battery; the crate would call that an error.
    if cfg!(target_os = "linux") && !std::path::Path::new("/sys/class/power_supply").is_dir() {
        return Sensed::Known(Power::Mains);
    }
    let Ok(batteries) = Manager::new().and_then(|manager| manager.batteries()) else {
        return Sensed::Unknown;
    };
    let mut charges = Vec::new();
    let mut draining = false;
    for battery in batteries {
        let Ok(battery) = battery else { return Sensed::Unknown };
        draining |= battery.state() == State::Discharging;
        charges.push(battery.state_of_charge().get::<percent>());
    }
    Sensed::Known(if draining {
        let mean = charges.iter().sum::<f32>() / charges.len() as f32;
        Power::Battery { percent: mean.clamp(0.0, 100.0) as u8 }
    } else {
        Power::Mains
    })
}
