//! This computer as a node, seen from a window: started and ended, told what the person wants, and always with one reason.
//!
//! Each GPU that earns is a node of its own ([`crate::rig`]), run in this program under the owner's rules ([`crate::earn`]); the desk keeps their
//! [`Controls`] and asks them whenever the window asks. A pause leaves a node connected and its GPU alone; ending gives back everything that it
//! holds.

mod diary;
mod income;
mod measuring;
mod nodes;
mod opening;
mod rules_form;
mod state;
mod together;

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

pub use income::{EarnedDay, EarnedWith, Earnings};
pub use measuring::Benchmark;
pub use rules_form::RulesForm;
pub use state::{AskedWord, Because, EarnPhase, EarnState, GpuState, TileEnd, TileOutcome};

use super::bell::Bell;
use super::settings::Settings;
use super::shelf::Shelf;
use crate::earn::Wish;
use crate::fault::Fault;
use crate::sharing::Share;
use diary::Diary;
use measuring::Shots;
use nodes::Nodes;
use opening::Opening;
use rules_form::RulesFile;

/// Earning, from one start of the program to its end.
pub struct Earning {
    nodes: Nodes,
    opening: Arc<Opening>,
    rules: RulesFile,
    diary: Arc<Shelf<Diary>>,
    shots: Shots,
    bell: Arc<Bell>,
}

impl Earning {
    pub(super) fn open(folder: &Path, bell: Arc<Bell>) -> Self {
        let rules = RulesFile::at(folder.join("rules.toml"));
        let diary = Arc::new(Shelf::open(folder.join("earning.json")));
        let nodes = Nodes::new(Arc::clone(&bell));
        let opening = Arc::new(Opening::new(nodes.clone(), Arc::clone(&diary), Arc::clone(&bell)));
        Self { nodes, opening, rules, diary, shots: Shots::default(), bell }
    }

    /// How it stands.
    pub fn state(&self) -> EarnState {
        together::together(&self.nodes.states())
    }

    /// Whether a tile of somebody else's is in hand, be it fetched, rendered or sent, and whether a node takes others.
    pub(super) fn tile(&self) -> (bool, bool) {
        self.nodes.tile()
    }

    /// Whether there is a node that has not ended.
    pub(super) fn has_node(&self) -> bool {
        self.nodes.has_any()
    }

    /// Whether the person left it on when the program ended the last time.
    pub(super) fn was_on(&self) -> bool {
        self.diary.read(|diary| diary.is_on)
    }

    /// Starts a node on each GPU of the person's settings that has none, with their rules. `word` is what they say with it: a click on "Earn" ends
    /// a pause that an earlier run was left in, the start of the program does not.
    pub(super) fn start(&self, settings: &Settings, word: Option<Wish>) -> Result<(), Fault> {
        // Said before a thread starts, so that it is shown beside the field.
        crate::network::address(&settings.earn_coordinator)?;
        let rules = self.rules.read()?;
        let gpus = gpus_of(settings);
        let begun = self.nodes.begin(&gpus, &rules, word)?;
        self.opening.open(begun, share_of(settings, gpus.len()))?;
        self.diary.change(|diary| diary.is_on = true)
    }

    /// Heeds GPUs that were switched on or off while it earns.
    pub(super) fn follow(&self, settings: &Settings) -> Result<(), Fault> {
        if settings.earn_gpus.is_empty() || !self.nodes.has_lasting() {
            return Ok(());
        }
        self.nodes.end(|gpu| settings.earn_gpus.iter().any(|wanted| wanted == gpu));
        self.start(settings, None)
    }

    /// Says something to the nodes: pause, go on, finish. Nothing happens where none runs.
    pub fn ask(&self, wish: Wish) {
        self.nodes.ask(wish);
    }

    /// Ends the nodes; finished tiles that are not delivered yet are kept, sealed.
    pub fn end(&self) -> Result<(), Fault> {
        self.nodes.end(|_| false);
        self.diary.change(|diary| diary.is_on = false)
    }

    /// Ends the nodes because the program ends, and waits a little until they have; the next start of the program starts them again.
    pub(super) fn leave(&self, patience: Duration) {
        self.nodes.end(|_| false);
        let began = Instant::now();
        while self.nodes.has_any() && began.elapsed() < patience {
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

    /// Keeps other rules, and tells them to the nodes that run; gives them back as they are kept.
    ///
    /// # Errors
    /// A field that is not right, or a file that cannot be written.
    pub fn set_rules(&self, form: &RulesForm) -> Result<RulesForm, Fault> {
        let rules = form.rules()?;
        self.rules.write(&rules)?;
        let kept = RulesForm::from(&rules);
        self.nodes.set_rules(&rules);
        self.bell.ring();
        Ok(kept)
    }

    /// What this computer's nodes earned at a coordinator.
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
}

/// The GPUs that earn.
fn gpus_of(settings: &Settings) -> Vec<String> {
    if settings.earn_gpus.is_empty() { vec![String::new()] } else { settings.earn_gpus.clone() }
}

/// What all nodes have in common.
fn share_of(settings: &Settings, nodes_here: usize) -> Share {
    Share {
        coordinator: settings.earn_coordinator.clone(),
        data: None,
        adapter: None,
        price: u64::from(settings.earn_price),
        memory_mib: None,
        weights: None,
        once: false,
        nodes_here: nodes_here as u32,
    }
}

#[cfg(test)]
mod tests;
