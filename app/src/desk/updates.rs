//! Updates of this program: looked for when the person wants it, told in every state, and installed while nothing is rendered.
//!
//! The rules are in [`rules`]; this is their memory and what a window shows of them. It never fetches anything: a shell does, and tells what came
//! of it. Whoever installs asks [`super::Desk::step_update`] until it says so.

mod place;
mod rules;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use specta::Type;

pub use place::Place;
pub(super) use rules::Work;
pub use rules::{Origin, Step, UpdateChannel, UpdateSource};

use super::bell::Bell;
use rules::Consent;

/// How updates stand, as a window shows it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, Type)]
pub struct UpdateState {
    /// Where they come from.
    pub source: UpdateSource,
    /// What is going on.
    pub phase: UpdatePhase,
    /// The version that was found; empty before one was.
    pub version: String,
    /// How much of it is here, 0 to 1.
    #[specta(type = u32)]
    pub fetched: f64,
    /// When it was last looked for, seconds since 1970.
    #[specta(type = Option<u32>)]
    pub looked_s: Option<f64>,
    /// What went wrong, in [`UpdatePhase::Failed`].
    pub trouble: Option<UpdateTrouble>,
}

/// What is going on with updates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum UpdatePhase {
    /// Nothing.
    #[default]
    Resting,
    /// The place is being asked.
    Looking,
    /// There is nothing newer.
    Latest,
    /// The channel offers something older, which is not installed.
    Older,
    /// There is something newer, and the person has not said anything to it.
    Found,
    /// It is being fetched.
    Fetching,
    /// It waits for the person's own renders.
    WaitsForRender,
    /// It waits for a tile.
    WaitsForTile,
    /// It has waited, and asks again.
    Asks,
    /// It is being installed; the program starts again after that.
    Installing,
    /// It did not work.
    Failed,
}

/// Why an update was not found, or not installed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum UpdateTrouble {
    /// The place cannot be reached.
    Offline,
    /// It answers something that is no list of updates.
    Answer,
    /// It has nothing for this system.
    NotForThis,
    /// The package is not signed with the key that this build knows.
    Signature,
    /// The package is signed as another version than it is offered as.
    Version,
    /// The package is larger than any of ours, or comes over an open connection.
    Package,
    /// It could not be written where this program lies.
    Disk,
    /// The installer did not do it.
    Installer,
}

/// What was found at the place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Offer {
    /// Nothing newer.
    Latest,
    /// Something older.
    Older {
        /// Its version.
        version: String,
    },
    /// Something newer.
    Newer {
        /// Its version.
        version: String,
    },
}

/// Updates, from one start of the program to its end.
pub struct Updates {
    now: Mutex<Now>,
    bell: Arc<Bell>,
}

#[derive(Default)]
struct Now {
    state: UpdateState,
    consent: Consent,
    /// Counts what was wanted: who works for an earlier wish finds that it is over.
    errand: u64,
}

impl Updates {
    pub(super) fn new(bell: Arc<Bell>) -> Self {
        Self { now: Mutex::default(), bell }
    }

    /// How they stand.
    pub fn state(&self) -> UpdateState {
        self.lock().state.clone()
    }

    /// Says where this program came from; before that it has no source.
    pub fn know(&self, source: UpdateSource) {
        self.change(|now| now.state.source = source);
    }

    /// Begins a look; `false` when there is no place to look at, or an update is on its way.
    pub fn begin_look(&self) -> bool {
        use UpdatePhase as P;
        self.try_change(|now| {
            let may = matches!(now.state.phase, P::Resting | P::Latest | P::Older | P::Found | P::Failed);
            if may && now.state.source == UpdateSource::Place {
                (now.state.phase, now.state.trouble) = (P::Looking, None);
                return true;
            }
            false
        })
    }

    /// Takes what a look brought.
    pub fn end_look(&self, found: Result<Offer, UpdateTrouble>, now_s: f64) {
        self.change(|now| {
            now.state.looked_s = Some(now_s);
            let (phase, version) = match found {
                Ok(Offer::Latest) => (UpdatePhase::Latest, String::new()),
                Ok(Offer::Older { version }) => (UpdatePhase::Older, version),
                Ok(Offer::Newer { version }) => (UpdatePhase::Found, version),
                Err(trouble) => return fail(now, trouble),
            };
            (now.state.phase, now.state.version) = (phase, version);
        });
    }

    /// The person wants the update that was found, or agrees again; the number of the errand when it has to be fetched now.
    pub fn want(&self) -> Option<u64> {
        let mut now = self.lock();
        let errand = match now.state.phase {
            UpdatePhase::Found => {
                now.consent = Consent::default();
                now.errand += 1;
                (now.state.phase, now.state.fetched) = (UpdatePhase::Fetching, 0.0);
                Some(now.errand)
            }
            UpdatePhase::Asks => {
                now.consent.agreed_again = true;
                now.state.phase = UpdatePhase::WaitsForTile;
                None
            }
            _ => None,
        };
        drop(now);
        self.bell.ring();
        errand
    }

    /// How much of it is here, 0 to 1; whole percents are told.
    pub fn fetched(&self, share: f64) {
        let share = (share.clamp(0.0, 1.0) * 100.0).floor() / 100.0;
        let is_new = self.lock().state.fetched < share;
        if is_new {
            self.change(|now| now.state.fetched = share);
        }
    }

    /// Whether the person still wants what this errand is for.
    pub fn is_wanted(&self, errand: u64) -> bool {
        self.lock().is_wanted(errand)
    }

    /// Whether this very moment a new version takes the place of this one.
    pub fn is_installing(&self) -> bool {
        self.lock().state.phase == UpdatePhase::Installing
    }

    /// Leaves it for later; `true` when the node was told to finish because of it. What is being installed cannot be left.
    pub(super) fn leave(&self) -> bool {
        self.try_change(|now| {
            if now.state.phase == UpdatePhase::Installing {
                return false;
            }
            if !now.state.version.is_empty() {
                now.state.phase = UpdatePhase::Found;
            }
            std::mem::take(&mut now.consent).told_to_finish
        })
    }

    /// It did not work.
    pub(super) fn failed(&self, trouble: UpdateTrouble) {
        self.change(|now| fail(now, trouble));
    }

    /// Decides what follows from the work that goes on, and shows it; says too whether the node may go on, that was told to finish before.
    /// `None`: the person left it for later.
    pub(super) fn step(&self, errand: u64, work: Work, asks_again: bool) -> Option<(Step, bool)> {
        let mut now = self.lock();
        if !now.is_wanted(errand) {
            return None;
        }
        if now.state.phase == UpdatePhase::Asks {
            return Some((Step::Ask, false));
        }
        now.consent.asks_again = asks_again;
        let was_told = now.consent.told_to_finish;
        let step = rules::step(work, now.consent);
        let phase = match step {
            Step::WaitForRender => UpdatePhase::WaitsForRender,
            Step::WaitForTile | Step::Finish => UpdatePhase::WaitsForTile,
            Step::Ask => UpdatePhase::Asks,
            Step::Install => UpdatePhase::Installing,
        };
        match step {
            Step::WaitForRender | Step::WaitForTile => now.consent.has_waited = true,
            Step::Finish => (now.consent.has_waited, now.consent.told_to_finish) = (true, true),
            // The node works on until there is an answer, and is told again then.
            Step::Ask => now.consent.told_to_finish = false,
            Step::Install => {}
        }
        let is_new = std::mem::replace(&mut now.state.phase, phase) != phase;
        drop(now);
        if is_new {
            self.bell.ring();
        }
        Some((step, was_told && step == Step::Ask))
    }

    /// Something was begun in the last moment: it waits on.
    pub(super) fn wait(&self) -> Step {
        self.change(|now| (now.state.phase, now.consent.has_waited) = (UpdatePhase::WaitsForTile, true));
        Step::WaitForTile
    }

    fn change(&self, change: impl FnOnce(&mut Now)) {
        change(&mut self.lock());
        self.bell.ring();
    }

    fn try_change(&self, change: impl FnOnce(&mut Now) -> bool) -> bool {
        let answer = change(&mut self.lock());
        self.bell.ring();
        answer
    }

    fn lock(&self) -> MutexGuard<'_, Now> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Now {
    fn is_wanted(&self, errand: u64) -> bool {
        use UpdatePhase as P;
        let phases = [P::Fetching, P::WaitsForRender, P::WaitsForTile, P::Asks, P::Installing];
        self.errand == errand && phases.contains(&self.state.phase)
    }
}

fn fail(now: &mut Now, trouble: UpdateTrouble) {
    (now.state.phase, now.state.trouble) = (UpdatePhase::Failed, Some(trouble));
    now.consent = Consent::default();
}

#[cfg(test)]
mod tests;
