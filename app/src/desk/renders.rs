//! The renders of this computer: started, stopped, remembered, and offered again when the program ended in the middle.

mod ending;
mod looks;
mod remains;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use super::bell::Bell;
use super::cards::{Card, Outcome};
use super::contact::{Prints, Sheet};
use super::order::{Order, Place};
use super::reporter::{Reporter, SharedMosaic};
use super::shelf::Shelf;
use crate::courtesy::give_way;
use crate::fault::{Exit, Fault, quoted};
use crate::gpu::Standby;
use crate::stop::Stop;
use crate::submit::{self, Submission};
use crate::{local, onlooking, places};

pub use remains::Standing;

/// Renders that are remembered; older ones are forgotten, their pictures are not touched.
const CARDS_MAX: usize = 200;
/// How often a render is taken up by itself. One that ends the program each time must not do so for ever.
const TAKEN_UP_MAX: u32 = 2;

/// All renders, newest first.
pub struct Renders {
    cards: Arc<Shelf<Vec<Card>>>,
    /// Below it, a folder for each render of this computer that is not complete: sealed, until it is.
    work: PathBuf,
    running: Arc<Mutex<BTreeMap<String, Running>>>,
    /// Held by every render of this computer's person until the last of it is written down.
    at_work: Arc<()>,
    /// Looked at and changed while `running` is held, so that nothing begins in between.
    is_closed: AtomicBool,
    /// Held while a render is begun, so that what was looked at before still holds.
    beginning: Mutex<()>,
    /// What was running when the program ended without a goodbye.
    cut_off: Vec<String>,
    standby: Arc<Standby>,
    /// Small pictures of frames that are in files.
    prints: Prints,
    bell: Arc<Bell>,
}

struct Running {
    stop: Stop,
    mosaic: SharedMosaic,
    /// Small pictures of frames that are not in files.
    sheet: Arc<Mutex<Sheet>>,
    /// Whether something is lost when it ends with the program.
    is_own: bool,
    is_over: bool,
}

impl Renders {
    /// Reads what is remembered; what was running when the program ended is cut off. `standby`: the GPU that somebody else makes ready.
    pub(super) fn open(path: PathBuf, work: PathBuf, bell: Arc<Bell>, standby: Arc<Standby>) -> Self {
        let cards = Arc::new(Shelf::<Vec<Card>>::open(path));
        let cut_off = cards.touch(|cards| {
            let running = cards.iter_mut().filter(|card| card.outcome == Outcome::Running);
            let cut_off = running.map(|card| {
                (card.outcome, card.eta_s, card.finishing) = (Outcome::CutOff, None, None);
                card.is_artist_away = false;
                card.id.clone()
            });
            cut_off.collect()
        });
        let is_closed = AtomicBool::new(false);
        let (running, prints) = (Arc::default(), Prints::default());
        let (at_work, beginning) = (Arc::default(), Mutex::default());
        let renders =
            Self { cards, work, running, at_work, is_closed, beginning, cut_off, standby, prints, bell };
        if renders.cards.is_lost() {
            renders.adopt();
        }
        renders.clear_away();
        renders
    }

    fn folder(&self, id: &str) -> PathBuf {
        self.work.join(id)
    }

    /// Every render, newest first.
    pub fn cards(&self) -> Vec<Card> {
        self.cards.read(Clone::clone)
    }

    /// Starts a render; says its name.
    ///
    /// # Errors
    /// A field that is not right. Whatever goes wrong later is on the card.
    pub fn start(&self, order: Order) -> Result<String, Fault> {
        let _turn = self.turn_to_begin();
        self.start_in_turn(order)
    }

    fn start_in_turn(&self, order: Order) -> Result<String, Fault> {
        let request = order.request()?;
        let terms = order.terms()?;
        if self.writer_of(&request.output).is_some_and(|card| card.outcome == Outcome::Running) {
            return Err(Fault::usage(
                format!("another render is writing {}", quoted(&request.output)),
                "choose another name for the picture, or stop that render first",
            ));
        }
        make_folder(&request.output);
        places::create_private(&self.work)?;
        let began_s = now_s();
        let id = self.free_id(began_s);
        self.remember(Card::begin(id.clone(), order.clone(), began_s))?;
        let folder = self.folder(&id);
        let begun = match order.place {
            Place::Here => {
                let gpu = self.standby.take(order.gpu());
                self.set_off(&id, true, move |stop, reporter| {
                    local::render_kept(&request, gpu, &folder, stop, reporter)
                })
            }
            Place::Network => {
                let submission = Submission {
                    coordinator: order.coordinator,
                    data: None,
                    terms,
                    trusts: false,
                    cancels: false,
                };
                self.set_off(&id, true, move |stop, reporter| {
                    // The person waits for a render on this computer; sealing for others may take its time.
                    give_way();
                    submit::submit(&request, &submission, stop, reporter)
                })
            }
        };
        begun.map(|()| id)
    }

    /// Looks on at somebody else's render; says its name here.
    ///
    /// # Errors
    /// A link that is none. Whatever goes wrong later is on the card.
    pub fn watch(&self, link: &str) -> Result<String, Fault> {
        let link = onlooking::read(link)?.to_text();
        let _turn = self.turn_to_begin();
        let known = self.cards.read(|cards| cards.iter().find(|card| card.link == link).cloned());
        match known {
            Some(card) if card.outcome == Outcome::Running => Ok(card.id),
            Some(card) => self.resume_in_turn(&card.id),
            None => {
                let began_s = now_s();
                let id = self.free_id(began_s);
                self.remember(Card::watch(id.clone(), link.clone(), began_s))?;
                self.look_on(&id, link)?;
                Ok(id)
            }
        }
    }

    /// Goes on with what was running when the program ended without a goodbye: nobody has stopped it. A render that was taken
    /// up twice and ended the program each time waits for a person.
    pub fn take_up(&self) {
        for id in &self.cut_off {
            let Ok(card) = self.card(id) else { continue };
            if card.outcome != Outcome::CutOff || card.taken_up >= TAKEN_UP_MAX {
                continue;
            }
            let taken_up = card.taken_up + 1;
            // What was paused stays so: only a person goes on with it.
            let went_on = self.take_up_one(id).and_then(|id| {
                self.cards.change(|cards| {
                    cards.iter_mut().filter(|card| card.id == id).for_each(|card| card.taken_up = taken_up);
                })
            });
            if let Err(fault) = went_on {
                tracing::warn!(%fault, "a render was not taken up");
            }
        }
    }

    /// Goes on with a render that ended too soon: a network's job is collected, this computer's own goes on where it was, and
    /// one that had not begun is started. One that runs runs on. What was paused goes on as well.
    pub fn resume(&self, id: &str) -> Result<String, Fault> {
        let was_paused = self.card(id)?.is_paused;
        let id = self.take_up_one(id)?;
        if was_paused {
            self.pause(&id, false);
        }
        Ok(id)
    }

    fn take_up_one(&self, id: &str) -> Result<String, Fault> {
        let _turn = self.turn_to_begin();
        self.resume_in_turn(id)
    }

    fn resume_in_turn(&self, id: &str) -> Result<String, Fault> {
        if self.running().get(id).is_some_and(|running| !running.is_over) {
            return Ok(id.to_owned());
        }
        let card = self.card(id)?;
        if card.is_watched() {
            self.reset(id)?;
            self.look_on(id, card.link)?;
            return Ok(id.to_owned());
        }
        let (job, folder) = (card.job.parse().ok(), self.folder(id));
        if job.is_none() && !local::is_kept(&folder) {
            let id = self.start_in_turn(card.order)?;
            self.forget(&card.id)?;
            return Ok(id);
        }
        self.reset(id)?;
        self.set_off(id, true, move |stop, reporter| match job {
            Some(job) => {
                give_way();
                submit::collect(job, None, false, stop, reporter)
            }
            None => local::resume(&folder, card.order.gpu(), stop, reporter),
        })?;
        Ok(id.to_owned())
    }

    /// Whether anything is being rendered for this computer's person.
    pub fn is_busy(&self) -> bool {
        self.running().values().any(|running| running.is_own && !running.is_over)
    }

    /// Begins no render any more, unless one runs: then nothing changes, and this is `false`.
    pub(super) fn close(&self) -> bool {
        let running = self.running();
        let is_free = running.values().all(|running| running.is_over || !running.is_own);
        self.is_closed.store(is_free, Ordering::Relaxed);
        is_free
    }

    /// Begins renders again.
    pub(super) fn open_again(&self) {
        self.is_closed.store(false, Ordering::Relaxed);
    }

    /// Forgets a render that is over; its pictures stay.
    pub fn forget(&self, id: &str) -> Result<(), Fault> {
        self.cards.change(|cards| {
            cards.retain(|card| card.id != id || card.outcome == Outcome::Running);
        })?;
        self.clear_away();
        self.bell.ring();
        Ok(())
    }

    fn remember(&self, card: Card) -> Result<(), Fault> {
        self.cards.change(|cards| {
            cards.insert(0, card);
            cards.truncate(CARDS_MAX);
        })
    }

    fn reset(&self, id: &str) -> Result<(), Fault> {
        self.cards.change(|cards| {
            if let Some(card) = cards.iter_mut().find(|card| card.id == id) {
                (card.outcome, card.failure, card.taken_up) = (Outcome::Running, None, 0);
                // Its coordinator tells what holds now.
                (card.finishing, card.is_paused) = (None, false);
                if card.is_watched() {
                    // Everything is told again.
                    (card.done, card.nodes, card.written, card.begun) = (0.0, 0, Vec::new(), Vec::new());
                }
            }
        })
    }

    fn look_on(&self, id: &str, link: String) -> Result<(), Fault> {
        self.set_off(id, false, move |stop, reporter| {
            give_way();
            onlooking::look_on(&link, stop, reporter)
        })
    }

    fn set_off(
        &self,
        id: &str,
        is_own: bool,
        work: impl FnOnce(&Stop, &mut Reporter) -> Result<Exit, Fault> + Send + 'static,
    ) -> Result<(), Fault> {
        let begun = self.begin(id, is_own, work);
        if let Err(fault) = &begun {
            self.cards.touch(|cards| {
                if let Some(card) = cards.iter_mut().find(|card| card.id == id) {
                    conclude(card, Err(fault.clone()));
                }
            });
            self.cards.keep()?;
        }
        begun
    }

    fn begin(
        &self,
        id: &str,
        is_own: bool,
        work: impl FnOnce(&Stop, &mut Reporter) -> Result<Exit, Fault> + Send + 'static,
    ) -> Result<(), Fault> {
        let (stop, mosaic, sheet) = (Stop::new(), SharedMosaic::default(), Arc::default());
        let mut running = self.running();
        if self.is_closed.load(Ordering::Relaxed) {
            return Err(updating());
        }
        // Pictures of renders that are over are in their files.
        running.retain(|_, running| !running.is_over);
        let (stop_kept, mosaic_kept, sheet_kept) = (stop.clone(), Arc::clone(&mosaic), Arc::clone(&sheet));
        let this =
            Running { stop: stop_kept, mosaic: mosaic_kept, sheet: sheet_kept, is_own, is_over: false };
        running.insert(id.to_owned(), this);
        drop(running);
        let bell = Arc::clone(&self.bell);
        let mut reporter = Reporter::new(id.to_owned(), Arc::clone(&self.cards), (mosaic, sheet), bell);
        let (all, name) = (Arc::clone(&self.running), id.to_owned());
        let at_work = is_own.then(|| Arc::clone(&self.at_work));
        let body = move || {
            let ended = work(&stop, &mut reporter);
            // Over before the card says so: whoever reads that may go on with it at once.
            if let Some(running) = lock(&all).get_mut(&name) {
                running.is_over = true;
            }
            reporter.card(true, |card| conclude(card, ended));
            drop(at_work);
        };
        std::thread::Builder::new().name("render".into()).spawn(body).map(drop).map_err(|error| {
            Fault::failure(
                format!("the system gives no thread to render on: {error}"),
                "close other programs",
            )
        })
    }

    fn card(&self, id: &str) -> Result<Card, Fault> {
        self.cards
            .read(|cards| cards.iter().find(|card| card.id == id).cloned())
            .ok_or_else(|| Fault::failure("this render is no longer remembered", "open its scene again"))
    }

    fn free_id(&self, began_s: f64) -> String {
        let mut number = (began_s * 1000.0) as u64;
        self.cards.read(|cards| {
            while cards.iter().any(|card| card.id == format!("r{number}")) {
                number += 1;
            }
        });
        format!("r{number}")
    }

    fn turn_to_begin(&self) -> MutexGuard<'_, ()> {
        self.beginning.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn running(&self) -> MutexGuard<'_, BTreeMap<String, Running>> {
        lock(&self.running)
    }
}

/// Why nothing can be begun in the seconds in which an update takes this program's place.
pub(super) fn updating() -> Fault {
    Fault::failure("Tessera is being updated", "try again when it has started anew")
}

fn lock(running: &Mutex<BTreeMap<String, Running>>) -> MutexGuard<'_, BTreeMap<String, Running>> {
    running.lock().unwrap_or_else(PoisonError::into_inner)
}

fn now_s() -> f64 {
    seconds(SystemTime::now())
}

fn seconds(since: SystemTime) -> f64 {
    since.duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs_f64()
}

/// Makes the last folder of an output's path where it is missing: the sample's pictures have one of their own.
fn make_folder(output: &Path) {
    if let Some(folder) = output.parent() {
        // When that fails, the render says in its own words that the folder does not exist.
        let _ = std::fs::create_dir(folder);
    }
}

fn conclude(card: &mut Card, ended: Result<Exit, Fault>) {
    (card.eta_s, card.finishing, card.is_artist_away) = (None, None, false);
    match ended {
        Ok(_) => {
            (card.outcome, card.done, card.is_kept) = (Outcome::Done, 1.0, false);
            card.is_paused = false;
        }
        Err(fault) => {
            card.outcome = if fault.exit == Exit::Interrupted { Outcome::Stopped } else { Outcome::Failed };
            card.failure = Some(fault.into());
            // A look at unfinished tiles goes with the render.
            if !Path::new(&card.partial).is_file() {
                card.partial.clear();
            }
        }
    }
}
