//! Everything a long command tells while it works, for people and programs alike.
//!
//! One line of `--json` output is one [`Event`] with the number of the schema beside it. Programs depend on the names and
//! units in here: a field may be added, but renaming or removing one raises [`SCHEMA`]. A test pins every line.

mod quote;

pub use frame::live::SCHEMA;
use frame::{FrameIndex, LiveEvent, TileGrid};
use serde::Serialize;

use crate::sight::Sight;
pub use quote::{Odds, Quote};

/// Something that happened. Times are seconds, sizes bytes unless the name says otherwise.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// A scene was read.
    SceneOpened {
        /// As the person wrote it.
        scene: String,
        /// Triangles, instances counted each.
        triangles: u64,
        /// Camera that is used.
        camera: String,
    },
    /// Rendering begins.
    RenderStarted {
        /// Frames in all.
        frames: u32,
        /// Columns.
        width: u32,
        /// Rows.
        height: u32,
        /// Samples per pixel.
        spp: u32,
        /// Tiles in each frame.
        tiles: u32,
        /// Tile edge in pixels.
        tile_px: u32,
        /// What renders; empty when other machines do.
        adapter: String,
    },
    /// A picture of the unfinished frame was written.
    PartialWritten {
        /// Frame.
        frame: u32,
        /// File.
        file: String,
    },
    /// Pixels of a finished frame were denoised on this computer.
    Denoised {
        /// Frame.
        frame: u32,
        /// How many.
        pixels: u64,
        /// How long it took, seconds.
        elapsed_s: f64,
    },
    /// A finished frame of an animation was averaged with the frames around it where they agree, and its file has that.
    Steadied {
        /// Frame.
        frame: u32,
        /// File.
        file: String,
        /// How long it took, writing not counted, seconds.
        elapsed_s: f64,
    },
    /// Rendering is over, by being done or by being stopped.
    RenderEnded {
        /// Samples (pixels × samples per pixel × frames) that are in the pictures.
        done_samples: u64,
        /// Since rendering began, seconds.
        elapsed_s: f64,
    },
    /// A coordinator takes connections.
    CoordinatorReady {
        /// Its address with its key.
        address: String,
    },
    /// A coordinator tells its network where it is.
    CoordinatorAnnounced {
        /// Under which name.
        name: String,
        /// What people compare: six groups of three digits.
        code: String,
    },
    /// A coordinator or a node serves metrics.
    MetricsReady {
        /// Where, as in `http://127.0.0.1:9464/metrics`.
        address: String,
    },
    /// A coordinator was found on this network. It is the right one only when people compared the code.
    CoordinatorFound {
        /// As it calls itself.
        name: String,
        /// Its address with the key that answered.
        address: String,
        /// What people compare.
        code: String,
    },
    /// A node is connected.
    NodeReady {
        /// Its identity.
        node: String,
        /// What it renders with.
        adapter: String,
        /// Which GPU's, where several of this computer are nodes side by side.
        #[serde(skip_serializing_if = "String::is_empty")]
        gpu: String,
    },
    /// What a node is doing; at most a few a second.
    NodeStatus {
        /// One of: rendering, delivering, delivered, given back.
        state: String,
        /// Tiles accepted since it started.
        tiles_done: u64,
        /// Which GPU's, where several of this computer are nodes side by side.
        #[serde(skip_serializing_if = "String::is_empty")]
        gpu: String,
    },
    /// Why a node works or not; told when that changes.
    NodeState {
        /// One of: working, waiting, paused.
        state: String,
        /// The reason's name, as `node status --json` gives it.
        code: String,
        /// The reason in a sentence.
        sentence: String,
        /// Which GPU's, where several of this computer are nodes side by side.
        #[serde(skip_serializing_if = "String::is_empty")]
        gpu: String,
    },
    /// A referee is connected: artists can name it.
    RefereeReady {
        /// Its key.
        referee: String,
    },
    /// How much of the sealed scenes is at the coordinator.
    Uploaded {
        /// Scenes that are there completely.
        scenes: u32,
        /// Sealed bytes that were sent.
        sent_bytes: u64,
        /// Sealed bytes that were there already.
        known_bytes: u64,
    },
    /// Others may look on at a job.
    JobShared {
        /// Its id.
        job: String,
        /// The link: whoever has it sees the job's pictures.
        link: String,
    },
    /// Nobody may look on at a job any more.
    JobUnshared {
        /// Its id.
        job: String,
    },
    /// What somebody who looks on sees.
    Looking {
        /// How its artist calls the pictures.
        title: String,
    },
    /// The artist of a job that is looked at is away, or is back.
    Artist {
        /// Nobody admits another node for now.
        is_away: bool,
    },
    /// A frame of a job that is looked at is whole.
    FrameSeen {
        /// Frame.
        frame: u32,
    },
    /// What a node sent was refused; others render it.
    Refused {
        /// Frame.
        frame: u32,
        /// Tile.
        tile: u32,
        /// Whose work.
        node: String,
        /// Why, in a sentence.
        why: String,
    },
    /// A referee judged what was refused. Where it decided for the node, the node is paid, and the artist takes its work.
    Ruled {
        /// Frame.
        frame: u32,
        /// Tile.
        tile: u32,
        /// Whose work.
        node: String,
        /// Whether the node is in the right.
        for_node: bool,
        /// Why, in a sentence.
        why: String,
    },
    /// How much of what nodes sent was rendered again here, told at the end.
    Audited {
        /// Results that came and were taken or refused.
        results: u32,
        /// Results of which pixels were rendered again.
        audited: u32,
        /// Those pixels.
        pixels: u64,
        /// Results that were refused.
        refused: u32,
    },
    /// What a render will take and cost.
    Quote(Quote),
    /// A job was handed in.
    JobSubmitted {
        /// Its id.
        job: String,
    },
    /// One job in a list.
    Job {
        /// Its id.
        job: String,
        /// One of: open, paused, done, cancelled, unknown.
        state: String,
        /// Share of its samples that is verified, 0 to 1.
        done: f64,
        /// Frames in all.
        frames: u32,
        /// Where its pictures go.
        output: String,
        /// Whether there is a view-only link to it.
        shared: bool,
        /// Micro-credits paid or held for it so far.
        cost: u64,
    },
    /// A job's artist wants no more of it for now, or wants it again.
    JobPaused {
        /// Its id.
        job: String,
        /// Whether it pauses now: tiles in hand are finished, no other is begun.
        is_paused: bool,
    },
    /// A job was cancelled.
    JobCancelled {
        /// Its id.
        job: String,
    },
    /// A finding of `scene check`, `verify`, `exr` or `doctor`: a name and what was found.
    Finding {
        /// What it is about.
        subject: String,
        /// What was found.
        value: serde_json::Value,
        /// What to do about it, when something is wrong.
        #[serde(skip_serializing_if = "Option::is_none")]
        advice: Option<String>,
    },
    /// The command failed; the last line.
    Error {
        /// Exit code.
        exit: u8,
        /// What happened.
        message: String,
        /// What to do.
        advice: String,
    },
    /// What happens while a render is followed.
    #[serde(untagged)]
    Live(LiveEvent),
}

#[derive(Serialize)]
struct Envelope<'event> {
    schema: u32,
    #[serde(flatten)]
    event: &'event Event,
}

/// Who is told about events: bars, lines or JSON in the program, a list in tests.
pub trait Audience: Send {
    /// Hears one event.
    fn hear(&mut self, event: &Event);

    /// Whether it wants to see the picture grow. Nobody else pays for sights.
    fn watches(&self) -> bool {
        false
    }

    /// Sees a rectangle of the growing picture; only called when it [watches](Self::watches).
    fn see(&mut self, _sight: &Sight<'_>) {}
}

impl Event {
    /// One frame of several that will not be there.
    pub(crate) fn frame_failed(frame: FrameIndex, why: &str) -> Self {
        let message = format!("frame {} failed: {why}", frame.0);
        LiveEvent::Warning { message }.into()
    }

    /// Rendering begins of `frames` frames, cut as `grid`; `adapter` is empty when other machines render.
    pub(crate) fn render_started(frames: usize, spp: u32, grid: TileGrid, adapter: &str) -> Self {
        Self::RenderStarted {
            frames: frames as u32,
            width: grid.frame().width(),
            height: grid.frame().height(),
            spp,
            tiles: grid.len(),
            tile_px: grid.edge_px(),
            adapter: adapter.to_owned(),
        }
    }

    /// The event as one line of JSON, without the line break.
    pub fn to_json(&self) -> String {
        let envelope = Envelope { schema: SCHEMA, event: self };
        serde_json::to_string(&envelope).expect("events hold only text, numbers and JSON")
    }
}

impl From<LiveEvent> for Event {
    fn from(event: LiveEvent) -> Self {
        Event::Live(event)
    }
}

impl<F: FnMut(&Event) + Send> Audience for F {
    fn hear(&mut self, event: &Event) {
        self(event);
    }
}

#[cfg(test)]
mod tests;
