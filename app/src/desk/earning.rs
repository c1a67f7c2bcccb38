//! This computer as a node, seen from a window: on or off, what it does, and the last tiles.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use frame::LiveEvent;
use serde::{Deserialize, Serialize};
use specta::Type;

use super::bell::Bell;
use super::failure::Failure;
use super::settings::Settings;
use crate::bench;
use crate::event::{Audience, Event};
use crate::fault::{Exit, Fault};
use crate::sharing::{self, Share};
use crate::statement;
use crate::stop::Stop;

/// Tiles that are shown.
const LAST_MAX: usize = 20;
/// Seconds that each scene of the benchmark is measured.
const BENCH_S: f64 = 2.0;

/// How earning stands.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, Type)]
pub struct EarnState {
    /// What it does.
    pub phase: EarnPhase,
    /// The node's identity; empty before it was connected.
    pub node: String,
    /// What it renders with.
    pub adapter: String,
    /// Tiles that were accepted since it started.
    pub tiles_done: u32,
    /// How the last tiles ended, newest last.
    pub last: Vec<TileEnd>,
    /// What keeps it from working, as the network or the renderer said it; empty: nothing.
    pub trouble: String,
    /// Why it ended, where it did not end by being paused.
    pub failure: Option<Failure>,
}

/// What earning does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum EarnPhase {
    /// Nobody asked for it.
    #[default]
    Off,
    /// The adapter is opened and the coordinator called.
    Starting,
    /// Connected, and there is no work.
    Waiting,
    /// At a tile.
    Working,
    /// The person paused it.
    Paused,
    /// It ended by itself.
    Failed,
}

/// How a tile ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct TileEnd {
    /// Whether it was delivered and accepted.
    pub good: bool,
    /// Why not, in one sentence.
    pub why: String,
}

/// What a node earned, in credits as text, to the last digit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Earnings {
    /// Delivered and not yet accepted.
    pub held: String,
    /// Accepted and not yet paid out.
    pub posted: String,
    /// Paid out.
    pub paid: String,
}

/// What a benchmark found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Type)]
pub struct Benchmark {
    /// What was measured.
    pub adapter: String,
    /// Million samples a second, the geometric mean of the scenes × 1000.
    #[specta(type = u32)]
    pub score: f64,
    /// Credits an hour at the price that is asked, from the slowest to the fastest scene.
    #[specta(type = (u32, u32))]
    pub credits_hour: (f64, f64),
    /// One line a scene: its name and million samples a second.
    #[specta(type = Vec<(String, u32)>)]
    pub scenes: Vec<(String, f64)>,
}

/// Earning, from one start of the program to its end.
pub struct Earning {
    state: Arc<Mutex<EarnState>>,
    stop: Mutex<Stop>,
    bell: Arc<Bell>,
}

impl EarnState {
    /// Whether the node is on, with or without work.
    pub fn is_on(&self) -> bool {
        matches!(self.phase, EarnPhase::Starting | EarnPhase::Waiting | EarnPhase::Working)
    }
}

impl Earning {
    pub(super) fn new(bell: Arc<Bell>) -> Self {
        Self { state: Arc::default(), stop: Mutex::new(Stop::new()), bell }
    }

    /// How it stands.
    pub fn state(&self) -> EarnState {
        lock(&self.state).clone()
    }

    /// Starts the node with the person's settings; a second start changes nothing.
    pub(super) fn start(&self, settings: &Settings) -> Result<(), Fault> {
        let adapter = Some(settings.adapter.trim()).filter(|name| !name.is_empty()).map(str::to_owned);
        let share = Share {
            coordinator: settings.earn_coordinator.clone(),
            data: None,
            adapter,
            price: u64::from(settings.earn_price),
            memory_mib: None,
            weights: None,
            once: false,
        };
        // Said before a thread starts, so that it is shown beside the field.
        crate::network::address(&share.coordinator)?;
        let mut state = lock(&self.state);
        if state.is_on() {
            return Ok(());
        }
        *state = EarnState { phase: EarnPhase::Starting, ..EarnState::default() };
        drop(state);
        let stop = Stop::new();
        *self.stop.lock().unwrap_or_else(PoisonError::into_inner) = stop.clone();
        let mut ledger = Follower { state: Arc::clone(&self.state), bell: Arc::clone(&self.bell) };
        let body = move || {
            let ended = sharing::share(&share, &stop, &mut ledger);
            ledger.change(|state| conclude(state, ended));
        };
        self.bell.ring();
        std::thread::Builder::new().name("earn".into()).spawn(body).map(drop).map_err(|error| {
            Fault::failure(format!("the system gives no thread to earn on: {error}"), "close other programs")
        })
    }

    /// Pauses: the node leaves; finished tiles that are not delivered yet are kept, sealed.
    pub fn pause(&self) {
        self.stop.lock().unwrap_or_else(PoisonError::into_inner).ask();
    }

    /// Measures an adapter by rendering on it.
    pub(super) fn benchmark(&self, adapter: &str, price: u32) -> Result<Benchmark, Fault> {
        let adapter = Some(adapter.trim()).filter(|name| !name.is_empty());
        let report = bench::run(adapter, BENCH_S, &Stop::new(), &mut |_| {})?;
        // A price is micro-credits for a million samples.
        let hour = |speed: f64| speed * f64::from(price) * 3600.0 / 1e6;
        let speeds: Vec<f64> = report.scenes.iter().map(|scene| scene.msamples_per_s).collect();
        let slowest = speeds.iter().copied().fold(f64::INFINITY, f64::min);
        let fastest = speeds.iter().copied().fold(0.0, f64::max);
        Ok(Benchmark {
            adapter: report.adapter,
            score: report.score,
            credits_hour: (hour(slowest), hour(fastest)),
            scenes: report.scenes.iter().map(|one| (one.scene.to_owned(), one.msamples_per_s)).collect(),
        })
    }
}

impl Earnings {
    /// Asks a coordinator what this computer's node earned there.
    pub(super) fn ask(coordinator: &str) -> Result<Self, Fault> {
        let sums = statement::earned(coordinator, None)?;
        let words = statement::credits;
        Ok(Self { held: words(sums.held), posted: words(sums.posted), paid: words(sums.paid) })
    }
}

/// Writes down what the node tells.
struct Follower {
    state: Arc<Mutex<EarnState>>,
    bell: Arc<Bell>,
}

impl Follower {
    fn change(&self, change: impl FnOnce(&mut EarnState)) {
        change(&mut lock(&self.state));
        self.bell.ring();
    }
}

impl Audience for Follower {
    fn hear(&mut self, event: &Event) {
        self.change(|state| note(state, event));
    }
}

fn note(state: &mut EarnState, event: &Event) {
    match event {
        Event::NodeReady { node, adapter } => {
            (state.node, state.adapter) = (node.clone(), adapter.clone());
            state.phase = EarnPhase::Waiting;
            state.trouble.clear();
        }
        Event::NodeStatus { state: doing, tiles_done } => {
            state.tiles_done = u32::try_from(*tiles_done).unwrap_or(u32::MAX);
            state.trouble.clear();
            state.phase = if doing == "delivered" { EarnPhase::Waiting } else { EarnPhase::Working };
            if doing == "delivered" {
                end(state, TileEnd { good: true, why: String::new() });
            }
        }
        Event::Live(LiveEvent::Warning { message }) => {
            if message.starts_with("a tile") {
                end(state, TileEnd { good: false, why: message.clone() });
            } else {
                state.trouble.clone_from(message);
                state.phase = EarnPhase::Starting;
            }
        }
        _ => {}
    }
}

fn end(state: &mut EarnState, tile: TileEnd) {
    state.last.push(tile);
    if state.last.len() > LAST_MAX {
        state.last.remove(0);
    }
}

fn conclude(state: &mut EarnState, ended: Result<Exit, Fault>) {
    match ended {
        Ok(_) => state.phase = EarnPhase::Off,
        Err(fault) if fault.exit == Exit::Interrupted => state.phase = EarnPhase::Paused,
        Err(fault) => {
            state.phase = EarnPhase::Failed;
            state.failure = Some(fault.into());
        }
    }
}

fn lock(state: &Mutex<EarnState>) -> MutexGuard<'_, EarnState> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(doing: &str, tiles_done: u64) -> Event {
        Event::NodeStatus { state: doing.into(), tiles_done }
    }

    #[test]
    fn tiles_are_counted_and_the_last_are_shown() {
        let mut state = EarnState::default();
        note(&mut state, &Event::NodeReady { node: "ab".into(), adapter: "card".into() });
        assert_eq!(state.phase, EarnPhase::Waiting);
        for tile in 1..=25 {
            note(&mut state, &status("rendering", tile - 1));
            assert_eq!(state.phase, EarnPhase::Working);
            note(&mut state, &status("delivered", tile));
        }
        assert_eq!((state.tiles_done, state.last.len()), (25, LAST_MAX));
        let message = "a tile could not be rendered: no memory".to_owned();
        note(&mut state, &LiveEvent::Warning { message }.into());
        assert!(state.last.last().is_some_and(|tile| !tile.good && tile.why.contains("no memory")));
    }

    #[test]
    fn a_coordinator_that_is_away_is_trouble_and_not_the_end() {
        let mut state = EarnState::default();
        let message = "not connected, trying again: timeout".to_owned();
        note(&mut state, &LiveEvent::Warning { message }.into());
        assert_eq!(state.phase, EarnPhase::Starting);
        assert!(state.is_on() && state.trouble.contains("timeout"));
        conclude(&mut state, Err(Fault::new(Exit::Interrupted, "the node was stopped", "start it again")));
        assert_eq!((state.phase, state.failure), (EarnPhase::Paused, None));
    }
}
