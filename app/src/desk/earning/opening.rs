//! Opening a GPU's node: which GPU it is, which folder it has, and the two threads that run it and follow it.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::tz::TimeZone;

use super::diary::Diary;
use super::nodes::{Begun, Nodes};
use crate::desk::bell::Bell;
use crate::desk::shelf::Shelf;
use crate::earn::signals::Activity;
use crate::earn::{Asked, Controls, Door, Standing, Uploads};
use crate::fault::{Exit, Fault};
use crate::gpu;
use crate::places::{self, Part};
use crate::rig::Rig;
use crate::sharing::{self, Share};

/// How often the diary is written while a GPU is at work.
const KEEP_EVERY: Duration = Duration::from_secs(60);

/// What all nodes are opened with.
pub(super) struct Opening {
    nodes: Nodes,
    diary: Arc<Shelf<Diary>>,
    bell: Arc<Bell>,
    uploads: Uploads,
    /// The list of a rig's GPUs is read and written by one at a time.
    turn: Mutex<()>,
}

/// Where a node lives.
struct Seat {
    gpu: gpu::Gpu,
    folder: PathBuf,
    /// Whether its folder is the rig's own, whose GPU has changed over time.
    is_first: bool,
    asked: Option<Asked>,
}

impl Opening {
    pub(super) fn new(nodes: Nodes, diary: Arc<Shelf<Diary>>, bell: Arc<Bell>) -> Self {
        Self { nodes, diary, bell, uploads: Uploads::default(), turn: Mutex::default() }
    }

    /// Opens them, away from the caller: to ask drivers for their GPUs takes a moment.
    pub(super) fn open(self: &Arc<Self>, begun: Vec<Begun>, share: Share) -> Result<(), Fault> {
        let numbers: Vec<u64> = begun.iter().map(|node| node.number).collect();
        let opening = Arc::clone(self);
        let started = thread("earn-open", move || {
            let _turn = opening.turn.lock().unwrap_or_else(PoisonError::into_inner);
            for node in begun {
                let number = node.number;
                if let Err(fault) = opening.open_one(node, share.clone()) {
                    opening.nodes.conclude(number, Err(fault));
                }
            }
        });
        if started.is_err() {
            numbers.into_iter().for_each(|number| self.nodes.conclude(number, Ok(Exit::Done)));
        }
        started
    }

    fn open_one(self: &Arc<Self>, node: Begun, share: Share) -> Result<(), Fault> {
        let seat = self.seat(&node.gpu)?;
        if !self.nodes.name(node.number, &seat.gpu.key) {
            self.nodes.conclude(node.number, Ok(Exit::Done));
            return Ok(());
        }
        self.follow(node.controls, seat.gpu.key, seat.is_first)?;
        let share = Share { data: Some(seat.folder), adapter: Some(seat.gpu.index.to_string()), ..share };
        let owner = node.owner.beside(self.uploads.clone(), seat.asked);
        let (nodes, mut listener) = (self.nodes.clone(), self.nodes.listener(node.number));
        thread("earn", move || {
            let ended = sharing::share_owned(&share, owner, &node.stop, &mut listener);
            nodes.conclude(node.number, ended);
        })
    }

    /// What the person said to the others holds for this one; where there are none, what they said to the one that ran last.
    fn seat(&self, key: &str) -> Result<Seat, Fault> {
        let gpu = gpu::keyed(key)?;
        let data = places::data_folder(Part::Node, None)?;
        let rig = Rig::new(&data);
        let folder = rig.folder_of(&gpu.key)?;
        let before = rig.nodes()?.into_iter().filter_map(|(_, folder)| Door::new(&folder).standing().ok()?);
        let newest = before.max_by_key(|standing| standing.at_unix_ms);
        let asked = self.nodes.asked().or(newest.map(|standing| standing.asked.at_start()));
        let is_first = folder == data;
        Ok(Seat { gpu, folder, is_first, asked })
    }

    /// Rings whenever the node stands differently, and keeps the diary, for as long as it runs.
    fn follow(&self, controls: Controls, gpu: String, is_first: bool) -> Result<(), Fault> {
        let (bell, diary) = (Arc::clone(&self.bell), Arc::clone(&self.diary));
        let runtime =
            tokio::runtime::Builder::new_current_thread().build().map_err(|error| no_thread(&error))?;
        thread("earn-follow", move || {
            let (mut seen, zone) = (controls.follow(), TimeZone::system());
            let (mut before, mut kept) = (None, Instant::now());
            while runtime.block_on(seen.changed()).is_ok() {
                let Some(standing) = seen.borrow_and_update().clone() else { continue };
                let is_rendering = standing.is_running && standing.activity == Activity::Rendering;
                let is_new = diary.touch(|diary| {
                    if is_first && is_rendering {
                        diary.take_turn(&gpu, standing.at_unix_ms);
                    }
                    diary.look(&gpu, is_rendering, standing.at_unix_ms, &zone)
                });
                if is_new && kept.elapsed() >= KEEP_EVERY {
                    kept = Instant::now();
                    keep(&diary);
                }
                // Its clock goes on even where nothing happens.
                let standing = Standing { at_unix_ms: 0, ..standing };
                if before.as_ref() != Some(&standing) {
                    before = Some(standing);
                    bell.ring();
                }
            }
            keep(&diary);
        })
    }
}

fn keep(diary: &Shelf<Diary>) {
    if let Err(fault) = diary.keep() {
        tracing::warn!(%fault, "the time at work could not be written down");
    }
}

fn thread(name: &str, body: impl FnOnce() + Send + 'static) -> Result<(), Fault> {
    std::thread::Builder::new().name(name.into()).spawn(body).map(drop).map_err(|error| no_thread(&error))
}

fn no_thread(error: &std::io::Error) -> Fault {
    Fault::failure(format!("the system gives no thread to earn on: {error}"), "close other programs")
}
