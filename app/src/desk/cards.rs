//! What is remembered of one render: what was asked, how far it came, where its pictures are.

use serde::{Deserialize, Serialize};
use specta::Type;

use super::failure::Failure;
use super::order::Order;

/// Most remarks that are kept of one render.
const NOTES_MAX: usize = 50;

/// One render, running or past.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Type)]
pub struct Card {
    /// Its name here.
    pub id: String,
    /// What was asked; "render again" starts from it.
    pub order: Order,
    /// How it stands.
    pub outcome: Outcome,
    /// When it began, seconds since 1970.
    #[specta(type = u32)]
    pub began_s: f64,
    /// How long it has taken, seconds.
    #[specta(type = u32)]
    pub elapsed_s: f64,
    /// Share that is done, 0 to 1; never falls.
    #[specta(type = u32)]
    pub done: f64,
    /// Seconds to go; nothing while it cannot be told honestly.
    #[specta(type = Option<u32>)]
    pub eta_s: Option<f64>,
    /// Columns; 0 before the scene is open.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Samples per pixel.
    pub spp: u32,
    /// Frames in all.
    pub frames: u32,
    /// Frames that work has begun on.
    pub begun: Vec<u32>,
    /// Frames whose files are in place; of a watched render, those that were whole.
    pub written: Vec<u32>,
    /// Tiles in each frame.
    pub tiles: u32,
    /// Tiles of the frame that is shown which have all their samples.
    pub tiles_done: u32,
    /// What renders; empty when other machines do.
    pub adapter: String,
    /// Nodes that have worked on it.
    pub nodes: u32,
    /// Sealed bytes sent, of a network's render.
    #[specta(type = u32)]
    pub sent_mib: f64,
    /// Results that nodes sent, of a network's render that has ended.
    #[serde(default)]
    pub results: u32,
    /// Those of which some pixels were rendered again here.
    #[serde(default)]
    pub audited: u32,
    /// The job's id, of a network's render.
    pub job: String,
    /// The view-only link by which somebody else's render is watched; empty for one's own.
    #[serde(default)]
    pub link: String,
    /// Whether the artist's program is known not to follow the job that is watched: then nodes wait to be admitted.
    #[serde(default)]
    pub is_artist_away: bool,
    /// Whether this computer keeps what is rendered so far, so that it can go on.
    #[serde(default)]
    pub is_kept: bool,
    /// The frames after which it stops, because the person asked for that; nothing while nobody did. Those in [`Card::written`] are whole.
    #[serde(default)]
    pub finishing: Option<Vec<u32>>,
    /// Whether it pauses, or did when it was stopped: what is in hand is finished, and nothing else is begun. Its artist's word, also where
    /// it is watched.
    #[serde(default)]
    pub is_paused: bool,
    /// How often it was taken up by itself since a person last did.
    #[serde(default)]
    pub taken_up: u32,
    /// The last finished picture.
    pub picture: String,
    /// Its preview as a PNG.
    pub preview: String,
    /// The unfinished picture, where one was kept.
    pub partial: String,
    /// What a person should know.
    pub notes: Vec<Note>,
    /// What went wrong, or what was kept when it was stopped.
    pub failure: Option<Failure>,
}

/// A remark that came up while it was rendered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Note {
    /// One sentence.
    pub text: String,
}

/// How a render stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// At work.
    Running,
    /// All pictures are there.
    Done,
    /// The person stopped it; what was done is kept.
    Stopped,
    /// It went wrong.
    Failed,
    /// The program ended in the middle of it.
    CutOff,
}

impl Card {
    /// A render that begins now.
    pub fn begin(id: String, order: Order, began_s: f64) -> Self {
        Self {
            id,
            order,
            outcome: Outcome::Running,
            began_s,
            elapsed_s: 0.0,
            done: 0.0,
            eta_s: None,
            width: 0,
            height: 0,
            spp: 0,
            frames: 0,
            begun: Vec::new(),
            written: Vec::new(),
            tiles: 0,
            tiles_done: 0,
            adapter: String::new(),
            nodes: 0,
            sent_mib: 0.0,
            results: 0,
            audited: 0,
            job: String::new(),
            link: String::new(),
            is_artist_away: false,
            is_kept: false,
            finishing: None,
            is_paused: false,
            taken_up: 0,
            picture: String::new(),
            preview: String::new(),
            partial: String::new(),
            notes: Vec::new(),
            failure: None,
        }
    }

    /// Somebody else's render that is looked at from now on.
    pub fn watch(id: String, link: String, began_s: f64) -> Self {
        Self { link, ..Self::begin(id, Order::default(), began_s) }
    }

    /// Whether it is somebody else's render.
    pub fn is_watched(&self) -> bool {
        !self.link.is_empty()
    }

    /// The scene's name without folders.
    pub fn name(&self) -> String {
        let name = std::path::Path::new(&self.order.scene).file_name();
        name.map_or_else(|| self.order.scene.clone(), |name| name.to_string_lossy().into_owned())
    }

    /// Keeps a remark, each once and a bounded number of them.
    pub(super) fn note(&mut self, text: &str) {
        if self.notes.len() < NOTES_MAX && self.notes.iter().all(|note| note.text != text) {
            self.notes.push(Note { text: text.to_owned() });
        }
    }
}
