//! This computer's adapters with a plain verdict each.

use frame::AdapterClass;
use serde::{Deserialize, Serialize};
use specta::Type;

/// All of them, numbered as `--gpu` takes them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Adapters {
    /// In that order.
    pub rows: Vec<Adapter>,
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Adapter {
    /// As the driver names it.
    pub name: String,
    /// Vulkan, Metal or DX12, and the driver's version.
    pub driver: String,
    /// Whether it can render, and how well.
    pub verdict: Verdict,
    /// Why it cannot; empty where it can.
    pub why: String,
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
    /// Looks at this computer.
    pub fn look() -> Self {
        let row = |report: render_core::AdapterReport| {
            let verdict = match (&report.refused, report.card.class) {
                (Some(_), _) => Verdict::Unfit,
                (None, AdapterClass::Cpu) => Verdict::Software,
                (None, _) => Verdict::Good,
            };
            let driver = format!("{}, {}", report.card.backend, report.card.driver);
            Adapter { name: report.card.name, driver, verdict, why: report.refused.unwrap_or_default() }
        };
        Self { rows: render_core::adapters().into_iter().map(row).collect() }
    }
}
