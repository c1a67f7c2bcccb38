//! This computer as a node, seen from a window: started and ended, told what the person wants, and always with one reason.
//!
//! The node runs in this program under the owner's rules ([`crate::earn`]); the desk keeps the [`Controls`] and asks them
//! whenever the window asks. A pause leaves the node connected and its GPU alone; ending gives back everything that it holds.

mod diary;
mod income;
mod measuring;
mod rules_form;
mod state;

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use frame::LiveEvent;
use jiff::tz::TimeZone;

pub use income::{EarnedDay, EarnedWith, Earnings};
pub use measuring::Benchmark;
pub use rules_form::RulesForm;
pub use state::{AskedWord, Because, EarnPhase, EarnState, TileEnd, TileOutcome};

use super::bell::Bell;
use super::settings::Settings;
use super::shelf::Shelf;
use crate::earn::signals::Activity;
use crate::earn::{Asked, Controls, Owner, Standing, Wish, steward};
use crate::event::{Audience, Event};
use crate::fault::{Exit, Fault};
use crate::sharing::{self, Share};
use crate::stop::Stop;
use diary::Diary;
use measuring::Shots;
use rules_form::RulesFile;

/// How often the diary is written while the GPU is at work.
const KEEP_EVERY: Duration = Duration::from_secs(60);

/// Earning, from one start of the program to its end.
pub struct Earning {
    now: Arc<Mutex<Now>>,
    rules: RulesFile,
    diary: Arc<Shelf<Diary>>,
    shots: Shots,
    bell: Arc<Bell>,
}

/// What is known beside what the node itself tells.
#[derive(Default)]
struct Now {
    run: Option<Run>,
    node: String,
    trouble: String,
    fault: Option<Fault>,
}

/// A node that was started and has not ended.
struct Run {
    controls: Controls,
    stop: Stop,
}

impl Earning {
    pub(super) fn open(folder: &Path, bell: Arc<Bell>) -> Self {
        let rules = RulesFile::at(folder.join("rules.toml"));
        let diary = Arc::new(Shelf::open(folder.join("earning.json")));
        Self { now: Arc::default(), rules, diary, shots: Shots::default(), bell }
    }

    /// How it stands.
    pub fn state(&self) -> EarnState {
        let now = lock(&self.now);
        let Some(run) = &now.run else {
            let phase = if now.fault.is_some() { EarnPhase::Failed } else { EarnPhase::Off };
            let failure = now.fault.clone().map(Into::into);
            return EarnState { failure, ..EarnState::without_node(phase) };
        };
        let standing = run.controls.standing().filter(|standing| standing.is_running);
        let told = match standing {
            _ if run.stop.is_asked() => EarnState::without_node(EarnPhase::Stopping),
            Some(standing) => EarnState::of(&standing, steward::now()),
            None => EarnState::without_node(EarnPhase::Starting),
        };
        EarnState { node: now.node.clone(), trouble: now.trouble.clone(), ..told }
    }

    /// Whether a tile of somebody else's is in hand, be it fetched, rendered or sent, and whether the node takes others.
    pub(super) fn tile(&self) -> (bool, bool) {
        let now = lock(&self.now);
        let Some(run) = &now.run else { return (false, false) };
        let Some(standing) = run.controls.standing() else { return (false, true) };
        let at_tile = [Activity::Fetching, Activity::Rendering, Activity::Delivering];
        (at_tile.contains(&standing.activity), standing.asked == Asked::Earn)
    }

    /// Whether there is a node that has not ended.
    pub(super) fn has_node(&self) -> bool {
        lock(&self.now).run.is_some()
    }

    /// Whether the person left it on when the program ended the last time.
    pub(super) fn was_on(&self) -> bool {
        self.diary.read(|diary| diary.is_on)
    }

    /// Starts the node with the person's settings and rules; a second start changes nothing. `word` is what they say with it:
    /// a click on "Earn" ends a pause that an earlier run was left in, the start of the program does not.
    pub(super) fn start(&self, settings: &Settings, word: Option<Wish>) -> Result<(), Fault> {
        let share = share_of(settings);
        // Said before a thread starts, so that it is shown beside the field.
        crate::network::address(&share.coordinator)?;
        let rules = self.rules.read()?;
        let (owner, controls) = Owner::new(rules);
        if let Some(word) = word {
            controls.ask(word);
        }
        let stop = Stop::new();
        let mut now = lock(&self.now);
        match &now.run {
            Some(run) if run.stop.is_asked() => {
                return Err(Fault::failure("the node is still being ended", "try again in a moment"));
            }
            Some(_) => return Ok(()),
            None => {}
        }
        *now = Now { run: Some(Run { controls: controls.clone(), stop: stop.clone() }), ..Now::default() };
        drop(now);
        self.bell.ring();
        let started = self.follow(controls).and_then(|()| self.work(share, owner, stop));
        if let Err(fault) = started {
            lock(&self.now).run = None;
            return Err(fault);
        }
        self.diary.change(|diary| diary.is_on = true)
    }

    /// Says something to the node: pause, go on, finish. Nothing happens where none runs.
    pub fn ask(&self, wish: Wish) {
        if let Some(run) = &lock(&self.now).run {
            run.controls.ask(wish);
        }
    }

    /// Ends the node; finished tiles that are not delivered yet are kept, sealed.
    pub fn end(&self) -> Result<(), Fault> {
        if let Some(run) = &lock(&self.now).run {
            run.stop.ask();
        }
        self.bell.ring();
        self.diary.change(|diary| diary.is_on = false)
    }

    /// Ends the node because the program ends, and waits a little until it has; the next start of the program starts it again.
    pub(super) fn leave(&self, patience: Duration) {
        if let Some(run) = &lock(&self.now).run {
            run.stop.ask();
        }
        let began = Instant::now();
        while lock(&self.now).run.is_some() && began.elapsed() < patience {
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// The owner's rules.
    ///
    /// # Errors
    /// A file of rules that makes no sense.
    pub fn rules(&self) -> Result<RulesForm, Fault> {
        Ok(RulesForm::from(&self.rules.read()?))
    }

    /// The rules that one starts with.
    pub fn usual_rules(&self) -> RulesForm {
        RulesForm::from(&crate::earn::Rules::desktop())
    }

    /// Keeps other rules, and tells them to a node that runs; gives them back as they are kept.
    ///
    /// # Errors
    /// A field that is not right, or a file that cannot be written.
    pub fn set_rules(&self, form: &RulesForm) -> Result<RulesForm, Fault> {
        let rules = form.rules()?;
        self.rules.write(&rules)?;
        let kept = RulesForm::from(&rules);
        if let Some(run) = &lock(&self.now).run {
            run.controls.set_rules(rules);
        }
        self.bell.ring();
        Ok(kept)
    }

    /// What this computer's node earned at a coordinator.
    pub(super) fn earnings(&self, coordinator: &str) -> Result<Earnings, Fault> {
        let diary = self.diary.read(Diary::clone);
        Earnings::ask(coordinator, &diary)
    }

    /// Measures an adapter by rendering on it.
    pub(super) fn benchmark(&self, adapter: &str, price: u32) -> Result<Benchmark, Fault> {
        self.shots.measure(adapter, price)
    }

    /// The benchmark's picture of a scene so far; nothing before it has begun.
    pub fn shot(&self, scene: u32) -> Vec<u8> {
        self.shots.packet(scene as usize)
    }

    /// Runs the node on a thread of its own.
    fn work(&self, share: Share, owner: Owner, stop: Stop) -> Result<(), Fault> {
        let mut listener = Listener { now: Arc::clone(&self.now), bell: Arc::clone(&self.bell) };
        thread("earn", move || {
            let ended = sharing::share_owned(&share, owner, &stop, &mut listener);
            listener.change(|now| conclude(now, ended));
        })
    }

    /// Rings whenever the node stands differently, and keeps the diary, for as long as it runs.
    fn follow(&self, controls: Controls) -> Result<(), Fault> {
        let (bell, diary) = (Arc::clone(&self.bell), Arc::clone(&self.diary));
        let runtime =
            tokio::runtime::Builder::new_current_thread().build().map_err(|error| no_thread(&error))?;
        thread("earn-follow", move || {
            let (mut seen, zone) = (controls.follow(), TimeZone::system());
            let (mut before, mut kept) = (None, Instant::now());
            while runtime.block_on(seen.changed()).is_ok() {
                let Some(standing) = seen.borrow_and_update().clone() else { continue };
                let is_new = diary.touch(|diary| note(diary, &standing, &zone));
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

/// Takes what the diary wants of a standing.
fn note(diary: &mut Diary, standing: &Standing, zone: &TimeZone) -> bool {
    let is_rendering = standing.is_running && standing.activity == Activity::Rendering;
    if is_rendering {
        diary.take_turn(&standing.adapter, standing.at_unix_ms);
    }
    diary.look(is_rendering, standing.at_unix_ms, zone)
}

fn keep(diary: &Shelf<Diary>) {
    if let Err(fault) = diary.change(|_| ()) {
        tracing::warn!(%fault, "the time at work could not be written down");
    }
}

fn share_of(settings: &Settings) -> Share {
    let adapter = Some(settings.adapter.trim()).filter(|name| !name.is_empty()).map(str::to_owned);
    Share {
        coordinator: settings.earn_coordinator.clone(),
        data: None,
        adapter,
        price: u64::from(settings.earn_price),
        memory_mib: None,
        weights: None,
        once: false,
    }
}

fn thread(name: &str, body: impl FnOnce() + Send + 'static) -> Result<(), Fault> {
    std::thread::Builder::new().name(name.into()).spawn(body).map(drop).map_err(|error| no_thread(&error))
}

fn no_thread(error: &std::io::Error) -> Fault {
    Fault::failure(format!("the system gives no thread to earn on: {error}"), "close other programs")
}

/// Hears what the node tells beside its standing.
struct Listener {
    now: Arc<Mutex<Now>>,
    bell: Arc<Bell>,
}

impl Listener {
    fn change(&self, change: impl FnOnce(&mut Now)) {
        change(&mut lock(&self.now));
        self.bell.ring();
    }
}

impl Audience for Listener {
    fn hear(&mut self, event: &Event) {
        match event {
            Event::NodeReady { node, .. } => self.change(|now| {
                now.node.clone_from(node);
                now.trouble.clear();
            }),
            // A tile's failure is in the standing; what else is warned of is the connection.
            Event::Live(LiveEvent::Warning { message }) if !message.starts_with("a tile") => {
                self.change(|now| now.trouble.clone_from(message));
            }
            _ => {}
        }
    }
}

fn conclude(now: &mut Now, ended: Result<Exit, Fault>) {
    let fault = ended.err().filter(|fault| fault.exit != Exit::Interrupted);
    *now = Now { fault, ..Now::default() };
}

fn lock(now: &Mutex<Now>) -> MutexGuard<'_, Now> {
    now.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
