//! What is drawn over the picture, one at a time.

use serde::{Deserialize, Serialize};

use crate::words::say;

/// What is drawn over the picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Overlay {
    /// Outlines of tiles as they arrive, while the picture grows.
    #[default]
    Growing,
    /// How far each tile is.
    #[serde(alias = "Tiles")]
    Stages,
    /// Samples of each tile.
    Samples,
    /// Seconds of work on each tile.
    Seconds,
    /// Nothing.
    Nothing,
}

impl Overlay {
    /// All, in the order in which they follow each other.
    pub const ALL: [Self; 5] = [Self::Growing, Self::Stages, Self::Samples, Self::Seconds, Self::Nothing];

    /// As people call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Growing => say("overlay.growing"),
            Self::Stages => say("overlay.stages"),
            Self::Samples => say("overlay.samples"),
            Self::Seconds => say("overlay.seconds"),
            Self::Nothing => say("overlay.nothing"),
        }
    }

    /// The one after it.
    pub fn next(self) -> Self {
        Self::ALL[(self as usize + 1) % Self::ALL.len()]
    }
}
