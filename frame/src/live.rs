//! Live events: what a person or a program following a job is told, in the order in which it happens.
//!
//! Plain data without secrets, paths or clock times. The command line puts `"schema"` ([`SCHEMA`]) beside `"event"` when it
//! prints one as a line of JSON; the names here are that schema, so a change of them is a new number.

use serde::{Deserialize, Serialize};

use crate::{FrameIndex, JobId, NodeId, TileIndex};

/// Number of the schema that these events follow.
pub const SCHEMA: u32 = 1;

/// How far a tile is, as somebody who looks on is told; the numbers travel to windows and viewers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum TileStage {
    /// Nobody works on it.
    Queued = 0,
    /// Somebody does.
    InFlight = 1,
    /// It has samples.
    Noisy = 2,
    /// It has all samples and is denoised.
    Denoised = 3,
    /// It is as it is in the finished picture.
    Done = 4,
}

impl TileStage {
    /// All, in the order in which they follow each other.
    pub const ALL: [Self; 5] = [Self::Queued, Self::InFlight, Self::Noisy, Self::Denoised, Self::Done];
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum LiveEvent {
    /// The coordinator has taken the job.
    JobAccepted {
        /// Its name, as hexadecimal digits.
        #[serde(with = "as_text")]
        job: JobId,
        /// Frames in it.
        frames: u32,
        /// Tiles in each frame.
        tiles_per_frame: u32,
    },
    /// Work on a frame began.
    FrameStarted {
        /// Which.
        frame: FrameIndex,
    },
    /// A node holds a tile.
    TileLeased {
        /// Of which frame.
        frame: FrameIndex,
        /// Which tile.
        tile: TileIndex,
        /// Who.
        #[serde(with = "as_text")]
        node: NodeId,
    },
    /// A tile got more samples.
    TileRefined {
        /// Of which frame.
        frame: FrameIndex,
        /// Which tile.
        tile: TileIndex,
        /// Samples per pixel so far.
        samples: u32,
    },
    /// A tile has all its samples.
    TileDone {
        /// Of which frame.
        frame: FrameIndex,
        /// Which tile.
        tile: TileIndex,
    },
    /// A node began to work on the job.
    NodeJoined {
        /// Who.
        #[serde(with = "as_text")]
        node: NodeId,
    },
    /// A node no longer works on the job.
    NodeLeft {
        /// Who.
        #[serde(with = "as_text")]
        node: NodeId,
    },
    /// How far the job is.
    Progress {
        /// Samples (pixels × samples per pixel) so far.
        done_samples: u64,
        /// Samples when finished.
        total_samples: u64,
        /// Seconds to go; nothing while it cannot be told honestly.
        eta_seconds: Option<f64>,
    },
    /// A frame's file is in place.
    FrameWritten {
        /// Which.
        frame: FrameIndex,
        /// Name of the file as the person gave it.
        file: String,
    },
    /// Something a person should know; the job goes on.
    Warning {
        /// One sentence.
        message: String,
    },
    /// Nothing more will happen.
    Finished {
        /// Frames whose files are complete.
        frames_done: u32,
        /// Frames that failed.
        frames_failed: u32,
    },
}

/// Ids as hexadecimal text: a list of 32 numbers helps nobody who reads a line of JSON.
mod as_text {
    use std::{fmt::Display, str::FromStr};

    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(id: &impl Display, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(id)
    }

    pub(super) fn deserialize<'de, D, T>(deserializer: D) -> Result<T, D::Error>
    where
        D: Deserializer<'de>,
        T: FromStr<Err: Display>,
    {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_names_itself_and_its_ids_in_text() {
        let event =
            LiveEvent::TileLeased { frame: FrameIndex(7), tile: TileIndex(3), node: NodeId([0xab; 32]) };
        let line = serde_json::to_string(&event).expect("plain data");
        let node = "ab".repeat(32);
        assert_eq!(line, format!(r#"{{"event":"tile_leased","frame":7,"tile":3,"node":"{node}"}}"#));
        assert_eq!(serde_json::from_str::<LiveEvent>(&line).expect("just written"), event);
        let unknown = LiveEvent::Progress { done_samples: 1, total_samples: 9, eta_seconds: None };
        let line = serde_json::to_string(&unknown).expect("plain data");
        assert_eq!(line, r#"{"event":"progress","done_samples":1,"total_samples":9,"eta_seconds":null}"#);
    }
}
