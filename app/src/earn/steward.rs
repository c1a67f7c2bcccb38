//! The steward: a thread beside a running node that senses, asks the engine, and passes on what the node may do.
//!
//! It looks at the idle time and the screen ten times a second and at everything else every other second; a word from the person and news from
//! the node wake it at once. It writes the state file, and hears words that were left at the door.

use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use render_net::link::Uplink;
use render_net::node::{Allowance, Demand, NodeEvent};
use render_net::wire::Referees;
use tokio::sync::watch;

use super::door::{BEAT, Door, unix_ms};
use super::engine::{Allowed, Engine};
use super::moment::Moment;
use super::rules::Rules;
use super::senses::Senses;
use super::signals::{Activity, Signals};
use super::standing::{Standing, Tracker};
use super::tally::Tally;
use super::uploads::Uploads;
use super::wish::{Asked, Wish};

/// Between two glances at the idle time and the screen: a fifth of the time in which the GPU has to be free.
const GLANCE_EVERY: Duration = Duration::from_millis(100);
/// Between two looks at everything else.
const LOOK_EVERY: Duration = Duration::from_secs(2);
const DAY_S: i64 = 86_400;

/// What the steward is told.
enum Order {
    Wish(Wish),
    Rules(Box<Rules>),
    Heard(NodeEvent),
    End,
}

/// The owner's side of a node that will be started: its rules, and the line to whoever controls it.
pub struct Owner {
    rules: Rules,
    orders: Receiver<Order>,
    line: Sender<Order>,
    standing: watch::Sender<Option<Standing>>,
    tally: watch::Sender<Tally>,
    senses: Option<Box<dyn Senses>>,
    asked: Option<Asked>,
    uploads: Uploads,
    referees: watch::Sender<Referees>,
}

/// Controls a node: from the window, the tray or a test. Clones control the same node.
#[derive(Clone)]
pub struct Controls {
    line: Sender<Order>,
    standing: watch::Receiver<Option<Standing>>,
    tally: watch::Receiver<Tally>,
}

/// A steward at work.
pub(crate) struct Steward {
    line: Sender<Order>,
    thread: JoinHandle<()>,
}

impl Owner {
    /// An owner with these rules, and the controls for the node that is started with it.
    pub fn new(rules: Rules) -> (Self, Controls) {
        let (line, orders) = channel();
        let (standing, seen) = watch::channel(None);
        let (tally, counted) = watch::channel(Tally::default());
        let controls = Controls { line: line.clone(), standing: seen, tally: counted };
        let (asked, uploads) = (None, Uploads::default());
        let referees = watch::Sender::new(rules.referees.clone());
        (Self { rules, orders, line, standing, tally, senses: None, asked, uploads, referees }, controls)
    }

    /// The same with other senses than this computer's.
    pub fn with_senses(mut self, senses: Box<dyn Senses>) -> Self {
        self.senses = Some(senses);
        self
    }

    /// The same for one of several nodes of a computer: what all send counts together, and what the person said to the others holds for this one;
    /// `None` is what its own last run was told.
    pub fn beside(mut self, uploads: Uploads, asked: Option<Asked>) -> Self {
        (self.uploads, self.asked) = (uploads, asked);
        self
    }

    /// The rules that the node starts with.
    pub(crate) fn rules(&self) -> &Rules {
        &self.rules
    }

    /// The line over which the node sends, as fast as the rules allow once its steward is at work.
    pub(crate) fn uplink(&self) -> Uplink {
        self.uploads.line().clone()
    }

    /// Whom the node asks for, now and after its owner has changed the rules.
    pub(crate) fn demand(&self) -> Demand {
        self.referees.subscribe().into()
    }

    /// What is known of the node, from its start on.
    pub(crate) fn follow(&self) -> watch::Receiver<Option<Standing>> {
        self.standing.subscribe()
    }
}

impl Controls {
    /// Says something; the node heeds it within half a second.
    pub fn ask(&self, wish: Wish) {
        // When nobody listens, no node runs, and there is nothing to pause.
        let _ = self.line.send(Order::Wish(wish));
    }

    /// Other rules from now on.
    pub fn set_rules(&self, rules: Rules) {
        let _ = self.line.send(Order::Rules(Box::new(rules)));
    }

    /// How the node stands; `None` before it has started.
    pub fn standing(&self) -> Option<Standing> {
        self.standing.borrow().clone()
    }

    /// What it did since it started.
    pub fn tally(&self) -> Tally {
        self.tally.borrow().clone()
    }

    /// How it stands, to wait for changes.
    pub fn follow(&self) -> watch::Receiver<Option<Standing>> {
        self.standing.clone()
    }
}

impl Steward {
    /// Takes its first look, so that `allowed` is right when this returns, and goes on in a thread.
    pub(crate) fn start(
        owner: Owner,
        here: impl FnOnce() -> Box<dyn Senses>,
        data: &Path,
        adapter: &str,
        allowed: watch::Sender<Allowance>,
    ) -> std::io::Result<Self> {
        let Owner { rules, orders, line, standing, tally, senses, asked, uploads, referees } = owner;
        uploads.line().limit(rules.upload_bytes_per_s());
        let door = Door::new(data);
        let before = door.standing().ok().flatten();
        let asked = asked.or(before.as_ref().map(|before| before.asked.at_start())).unwrap_or_default();
        let mut round = Round {
            engine: Engine::new(rules, asked),
            senses: senses.unwrap_or_else(here),
            signals: Signals { activity: Activity::Connecting, ..Signals::default() },
            tracker: Tracker::default(),
            uploads,
            referees,
            uploaded: before.map_or((0, 0), |before| (before.uploaded_day, before.uploaded_today_bytes)),
            door,
            adapter: adapter.to_owned(),
            heard: 0,
            looked: None,
            shown: None,
            allowed,
            standing,
            tally,
        };
        // A word that an earlier run did not hear is not for this one.
        let _ = round.door.take_word();
        round.turn();
        let thread = std::thread::Builder::new().name("steward".into()).spawn(move || round.run(&orders))?;
        Ok(Self { line, thread })
    }

    /// Passes on what the node tells.
    pub(crate) fn ear(&self) -> impl Fn(NodeEvent) + Send + Sync + 'static {
        let line = self.line.clone();
        move |event| {
            if !matches!(event, NodeEvent::Progress { .. }) {
                let _ = line.send(Order::Heard(event));
            }
        }
    }

    /// Writes that the node has ended.
    pub(crate) fn end(self) {
        let _ = self.line.send(Order::End);
        let _ = self.thread.join();
    }
}

/// Everything that a steward goes round with.
struct Round {
    engine: Engine,
    senses: Box<dyn Senses>,
    signals: Signals,
    tracker: Tracker,
    uploads: Uploads,
    referees: watch::Sender<Referees>,
    /// The local day, and what this node sent on it.
    uploaded: (i64, u64),
    door: Door,
    adapter: String,
    heard: u64,
    looked: Option<Instant>,
    shown: Option<(Instant, Standing)>,
    allowed: watch::Sender<Allowance>,
    standing: watch::Sender<Option<Standing>>,
    tally: watch::Sender<Tally>,
}

impl Round {
    fn run(mut self, orders: &Receiver<Order>) {
        loop {
            match orders.recv_timeout(GLANCE_EVERY) {
                Ok(Order::Wish(wish)) => self.engine.ask(now(), wish),
                Ok(Order::Rules(rules)) => {
                    self.uploads.line().limit(rules.upload_bytes_per_s());
                    self.referees.send_if_modified(|before| {
                        let is_other = *before != rules.referees;
                        before.clone_from(&rules.referees);
                        is_other
                    });
                    self.engine.set_rules(*rules);
                    // Other rules may ask for what was not looked at before.
                    self.looked = None;
                }
                Ok(Order::Heard(event)) => {
                    self.tracker.hear(&event, unix_ms());
                    self.tally.send_replace(self.tracker.tally.clone());
                }
                Err(RecvTimeoutError::Timeout) => {}
                Ok(Order::End) | Err(RecvTimeoutError::Disconnected) => break,
            }
            self.turn();
        }
        self.signals.activity = Activity::Off;
        self.decide(false);
    }

    fn turn(&mut self) {
        self.signals.activity = self.tracker.activity();
        self.signals.holds_scene |= self.signals.activity == Activity::Rendering;
        if self.looked.is_none_or(|looked| looked.elapsed() >= LOOK_EVERY) {
            self.looked = Some(Instant::now());
            self.senses.look(self.engine.rules(), &mut self.signals);
        }
        self.senses.glance(&mut self.signals);
        if let Some(word) = self.door.take_word() {
            self.heard = word.number;
            self.engine.ask(now(), word.wish);
        }
        self.decide(true);
    }

    /// Asks the engine and tells everybody.
    fn decide(&mut self, is_running: bool) {
        let now = now();
        let day = now.wall_s().div_euclid(DAY_S);
        if self.uploaded.0 != day {
            self.uploaded = (day, 0);
        }
        self.uploaded.1 += self.tracker.take_sent_bytes();
        self.signals.uploaded_today_bytes = self.uploads.note(self.door.folder(), self.uploaded);
        let decision = self.engine.handle(now, &self.signals);
        if decision.allowed == Allowed::Hold && self.signals.activity != Activity::Rendering {
            // Only then does a node take its scene off the device; between two tiles it stays.
            self.signals.holds_scene = false;
        }
        let allowance = match decision.allowed {
            Allowed::Work => Allowance::Work,
            Allowed::Finish => Allowance::Finish,
            Allowed::Hold => Allowance::Hold,
        };
        self.allowed.send_if_modified(|before| std::mem::replace(before, allowance) != allowance);
        let standing = Standing {
            decision,
            is_running,
            activity: self.signals.activity,
            adapter: self.adapter.clone(),
            adapter_celsius: self.signals.celsius(),
            tiles_done: self.tracker.tally.tiles_done,
            given_back: self.tracker.tally.given_back,
            failed: self.tracker.tally.failed,
            uploaded_today_bytes: self.uploaded.1,
            uploaded_day: day,
            asked: self.engine.asked(),
            heard: self.heard,
            at_unix_ms: unix_ms(),
            last: self.tracker.last.clone(),
        };
        self.show(standing);
    }

    fn show(&mut self, standing: Standing) {
        let is_due = self.shown.as_ref().is_none_or(|(at, before)| {
            let same = Standing { at_unix_ms: standing.at_unix_ms, ..before.clone() } == standing;
            !same || at.elapsed() >= BEAT
        });
        if !is_due {
            return;
        }
        if let Err(error) = self.door.show(&standing) {
            tracing::warn!(%error, "the node's state could not be written");
        }
        self.shown = Some((Instant::now(), standing.clone()));
        self.standing.send_replace(Some(standing));
    }
}

/// This moment.
pub(crate) fn now() -> Moment {
    let now = jiff::Timestamp::now();
    Moment { unix_s: now.as_second(), offset_s: jiff::tz::TimeZone::system().to_offset(now).seconds() }
}

#[cfg(test)]
mod tests;
