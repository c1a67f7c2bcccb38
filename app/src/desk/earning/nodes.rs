//! The nodes of this computer's GPUs while the program runs: each begins and ends alone, and all are told the same words.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use frame::LiveEvent;

use super::state::{EarnPhase, EarnState};
use crate::desk::bell::Bell;
use crate::earn::signals::Activity;
use crate::earn::{Asked, Controls, Owner, Rules, Wish, steward};
use crate::event::{Audience, Event};
use crate::fault::{Exit, Fault};
use crate::stop::Stop;

/// All of them. Clones are the same nodes.
#[derive(Clone)]
pub(super) struct Nodes {
    list: Arc<Mutex<List>>,
    bell: Arc<Bell>,
}

#[derive(Default)]
struct List {
    nodes: Vec<Node>,
    begun: u64,
}

/// One GPU's node: at work, or ended by itself and not started again yet.
struct Node {
    number: u64,
    /// The GPU's key; empty until it is known which is the strongest.
    gpu: String,
    run: Option<Run>,
    id: String,
    trouble: String,
    fault: Option<Fault>,
}

/// A node that was started and has not ended.
struct Run {
    controls: Controls,
    stop: Stop,
}

/// A node that is to be opened.
pub(super) struct Begun {
    pub(super) number: u64,
    pub(super) gpu: String,
    pub(super) owner: Owner,
    pub(super) controls: Controls,
    pub(super) stop: Stop,
}

impl Nodes {
    pub(super) fn new(bell: Arc<Bell>) -> Self {
        Self { list: Arc::default(), bell }
    }

    /// A node for each of these GPUs that has none; one empty key is "the strongest, unless any is at work".
    pub(super) fn begin(
        &self,
        gpus: &[String],
        rules: &Rules,
        word: Option<Wish>,
    ) -> Result<Vec<Begun>, Fault> {
        let mut list = self.lock();
        let is_meant = |node: &Node| gpus.iter().any(|gpu| gpu.is_empty() || *gpu == node.gpu);
        let ends = |node: &Node| node.run.as_ref().is_some_and(|run| run.stop.is_asked());
        if list.nodes.iter().any(|node| is_meant(node) && ends(node)) {
            return Err(Fault::failure("the node is still being ended", "try again in a moment"));
        }
        list.nodes.retain(|node| node.run.is_some());
        let mut begun = Vec::new();
        for gpu in gpus {
            let is_there = if gpu.is_empty() {
                !list.nodes.is_empty()
            } else {
                list.nodes.iter().any(|node| node.gpu == *gpu)
            };
            if is_there {
                continue;
            }
            let (owner, controls) = Owner::new(rules.clone());
            if let Some(word) = word {
                controls.ask(word);
            }
            list.begun += 1;
            let (number, stop, gpu) = (list.begun, Stop::new(), gpu.clone());
            let run = Some(Run { controls: controls.clone(), stop: stop.clone() });
            let (id, trouble) = (String::new(), String::new());
            list.nodes.push(Node { number, gpu: gpu.clone(), run, id, trouble, fault: None });
            begun.push(Begun { number, gpu, owner, controls, stop });
        }
        drop(list);
        self.bell.ring();
        Ok(begun)
    }

    /// It is known now which GPU a node has; `false` when another has it already.
    pub(super) fn name(&self, number: u64, gpu: &str) -> bool {
        let mut list = self.lock();
        if list.nodes.iter().any(|node| node.number != number && node.gpu == gpu) {
            return false;
        }
        if let Some(node) = list.nodes.iter_mut().find(|node| node.number == number) {
            gpu.clone_into(&mut node.gpu);
        }
        true
    }

    /// A node has ended; one that did not end by itself is forgotten.
    pub(super) fn conclude(&self, number: u64, ended: Result<Exit, Fault>) {
        let fault = ended.err().filter(|fault| fault.exit != Exit::Interrupted);
        let mut list = self.lock();
        if let Some(node) = list.nodes.iter_mut().find(|node| node.number == number) {
            (node.run, node.fault) = (None, fault);
        }
        list.nodes.retain(|node| node.run.is_some() || node.fault.is_some());
        drop(list);
        self.bell.ring();
    }

    /// How each stands.
    pub(super) fn states(&self) -> Vec<(String, EarnState)> {
        self.lock().nodes.iter().map(|node| (node.gpu.clone(), node.state())).collect()
    }

    /// Whether there is one that has not ended.
    pub(super) fn has_any(&self) -> bool {
        self.lock().nodes.iter().any(|node| node.run.is_some())
    }

    /// Whether there is one that nobody asked to end.
    pub(super) fn has_lasting(&self) -> bool {
        self.lock().runs().any(|run| !run.stop.is_asked())
    }

    /// Whether a tile is in hand at any, be it fetched, rendered or sent, and whether any takes others.
    pub(super) fn tile(&self) -> (bool, bool) {
        let at_tile = [Activity::Fetching, Activity::Rendering, Activity::Delivering];
        let list = self.lock();
        list.runs().fold((false, false), |(tile, takes), run| match run.controls.standing() {
            None => (tile, true),
            Some(now) => (tile || at_tile.contains(&now.activity), takes || now.asked == Asked::Earn),
        })
    }

    /// Where the person's last word stands, as a node that is started beside the others takes it over.
    pub(super) fn asked(&self) -> Option<Asked> {
        let list = self.lock();
        list.runs().find_map(|run| Some(run.controls.standing()?.asked.for_another()))
    }

    pub(super) fn ask(&self, wish: Wish) {
        self.lock().runs().for_each(|run| run.controls.ask(wish));
    }

    pub(super) fn set_rules(&self, rules: &Rules) {
        self.lock().runs().for_each(|run| run.controls.set_rules(rules.clone()));
    }

    /// Ends those whose GPU is not to be kept.
    pub(super) fn end(&self, keeps: impl Fn(&str) -> bool) {
        let list = self.lock();
        let ending = list.nodes.iter().filter(|node| !keeps(&node.gpu));
        ending.filter_map(|node| node.run.as_ref()).for_each(|run| run.stop.ask());
        drop(list);
        self.bell.ring();
    }

    /// Hears what a node tells beside its standing.
    pub(super) fn listener(&self, number: u64) -> Listener {
        Listener { nodes: self.clone(), number }
    }

    fn lock(&self) -> MutexGuard<'_, List> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl List {
    fn runs(&self) -> impl Iterator<Item = &Run> {
        self.nodes.iter().filter_map(|node| node.run.as_ref())
    }
}

impl Node {
    fn state(&self) -> EarnState {
        let Some(run) = &self.run else {
            let failure = self.fault.clone().map(Into::into);
            return EarnState { failure, ..EarnState::without_node(EarnPhase::Failed) };
        };
        let standing = run.controls.standing().filter(|standing| standing.is_running);
        let told = match standing {
            _ if run.stop.is_asked() => EarnState::without_node(EarnPhase::Stopping),
            Some(standing) => EarnState::of(&standing, steward::now()),
            None => EarnState::without_node(EarnPhase::Starting),
        };
        EarnState { node: self.id.clone(), trouble: self.trouble.clone(), ..told }
    }
}

/// See [`Nodes::listener`].
pub(super) struct Listener {
    nodes: Nodes,
    number: u64,
}

impl Listener {
    fn change(&self, change: impl FnOnce(&mut Node)) {
        if let Some(node) = self.nodes.lock().nodes.iter_mut().find(|node| node.number == self.number) {
            change(node);
        }
        self.nodes.bell.ring();
    }
}

impl Audience for Listener {
    fn hear(&mut self, event: &Event) {
        match event {
            Event::NodeReady { node: id, .. } => self.change(|node| {
                node.id.clone_from(id);
                node.trouble.clear();
            }),
            // A tile's failure is in the standing; what else is warned of is the connection.
            Event::Live(LiveEvent::Warning { message }) if !message.starts_with("a tile") => {
                self.change(|node| node.trouble.clone_from(message));
            }
            _ => {}
        }
    }
}
