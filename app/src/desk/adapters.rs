//! This computer's adapters with a plain verdict each, and what the computer tells the rules of Earn.

use std::path::Path;

use frame::AdapterClass;
use serde::{Deserialize, Serialize};
use specta::Type;

use crate::earn::here::Here;
use crate::earn::{Rules, Sensed, Senses, Signals};
use crate::gpu::Gpu;

/// All of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Adapters {
    /// The strongest first.
    pub rows: Vec<Adapter>,
    /// Whether this computer tells when it was last used.
    pub tells_idle: bool,
    /// Whether it tells where its power comes from.
    pub tells_power: bool,
    /// Whether it tells which program fills a screen.
    pub tells_full_screen: bool,
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Adapter {
    /// Its name, by which the settings know it: the second of a name has its number.
    pub key: String,
    /// Its number, as `--gpu` takes it.
    pub index: u32,
    /// Vulkan, Metal or DX12, and the driver's version.
    pub driver: String,
    /// Whether it can render, and how well.
    pub verdict: Verdict,
    /// Why it cannot; empty where it can.
    pub why: String,
    /// How hot it was at that look, degrees Celsius, where it tells; a node that runs on it tells it anew.
    pub celsius: Option<i32>,
    /// Its memory in all, MiB, where it tells.
    pub memory_mib: Option<u32>,
}

/// What to expect of an adapter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// A graphics processor.
    Good,
    /// The processor does a graphics card's work: slow.
    Software,
    /// It cannot render.
    Unfit,
}

impl Adapters {
    /// Looks at this computer; `folder` is a place on the disk that nodes use.
    pub fn look(folder: &Path) -> Self {
        let mut told = Signals::default();
        let rows = crate::gpu::all().into_iter().map(|gpu| row(gpu, folder, &mut told)).collect();
        Self {
            rows,
            tells_idle: told.idle_s != Sensed::Unknown,
            tells_power: told.power != Sensed::Unknown,
            tells_full_screen: told.full_screen != Sensed::Unknown,
        }
    }
}

/// One adapter, looked at as a node's steward does it.
fn row(gpu: Gpu, folder: &Path, told: &mut Signals) -> Adapter {
    let Gpu { key, index, report } = gpu;
    let verdict = match (&report.refused, report.card.class) {
        (Some(_), _) => Verdict::Unfit,
        (None, AdapterClass::Cpu) => Verdict::Software,
        (None, _) => Verdict::Good,
    };
    let driver = format!("{}, {}", report.card.backend, report.card.driver);
    let mut here = Here::new(folder.to_owned(), report.card.clone(), &report.pci_bus_id);
    here.look(&Rules::desktop(), told);
    here.glance(told);
    let celsius = told.celsius();
    let sense = told.adapters.first();
    Adapter {
        key,
        index: index as u32,
        driver,
        verdict,
        why: report.refused.unwrap_or_default(),
        celsius,
        memory_mib: sense.and_then(|sense| sense.memory.known()).map(|memory| memory.total_mib),
    }
}
