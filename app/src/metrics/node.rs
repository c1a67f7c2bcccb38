//! The numbers and the health of this process's nodes: one for each GPU that works.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use super::health::Health;
use super::page::{Labels, Numbered, Page};
use super::process;
use crate::earn::door::{STALE_AFTER, unix_ms};
use crate::earn::{Activity, Controls, Reason, Standing, Tally};
use crate::statement::MICRO_PER_CREDIT;

/// Tiles in a row that a GPU may fail before it is told as broken; one may be unlucky.
const FAILURES_TOLD: u32 = 2;

/// The nodes of a process, in the order in which they were added; clones are the same panel.
#[derive(Clone, Default)]
pub struct Panel(Arc<Mutex<Vec<Controls>>>);

impl Panel {
    /// One more node, which will start or has.
    pub fn add(&self, node: Controls) {
        self.nodes().push(node);
    }

    /// Whether all of them do their job; the first that does not speaks for the rest.
    pub(super) fn health(&self) -> Health {
        let seen = self.numbers().0;
        let is_alone = seen.len() < 2;
        let mut healths = seen.iter().enumerate().map(|(gpu, seen)| {
            let health = seen.health();
            let sentence = if is_alone { health.sentence } else { format!("GPU {gpu}: {}", health.sentence) };
            Health { sentence, ..health }
        });
        let first = healths.next().unwrap_or_else(not_started);
        if first.is_healthy { healths.find(|health| !health.is_healthy).unwrap_or(first) } else { first }
    }

    pub(super) fn numbers(&self) -> Numbers {
        let now_unix_ms = unix_ms();
        let seen = |node: &Controls| Seen { standing: node.standing(), tally: node.tally(), now_unix_ms };
        Numbers(self.nodes().iter().map(seen).collect())
    }

    fn nodes(&self) -> std::sync::MutexGuard<'_, Vec<Controls>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is seen of a node at a moment.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) standing: Option<Standing>,
    pub(super) tally: Tally,
    pub(super) now_unix_ms: u64,
}

impl Seen {
    pub(super) fn health(&self) -> Health {
        let Some(standing) = &self.standing else { return not_started() };
        let reason = &standing.decision.reason;
        let silent_ms = self.now_unix_ms.saturating_sub(standing.at_unix_ms);
        let failed = self.tally.failed_in_a_row;
        if !standing.is_running {
            Health::unwell("not_running", "the node is not running")
        } else if u128::from(silent_ms) > STALE_AFTER.as_millis() {
            Health::unwell("silent", format!("the node has told nothing for {} s", silent_ms / 1000))
        } else if failed >= FAILURES_TOLD {
            Health::unwell("gpu_failing", format!("the GPU failed the last {failed} tiles"))
        } else if matches!(reason, Reason::Connecting) {
            Health::unwell(reason.code(), "the coordinator was not reached yet")
        } else if matches!(reason, Reason::Offline) {
            Health::unwell(reason.code(), "the coordinator cannot be reached")
        } else {
            Health::well(reason.code(), sentence(reason))
        }
    }
}

/// The reason without the names of programs that run: those are the person's.
fn sentence(reason: &Reason) -> String {
    match reason {
        Reason::FullScreen { .. } => "Paused: a program is full-screen".to_owned(),
        Reason::AppRunning { .. } => "Paused: a program from the owner's list is running".to_owned(),
        reason => reason.sentence(),
    }
}

fn not_started() -> Health {
    Health::unwell("starting", "the node has not started yet")
}

/// A number of a node.
type Sum = fn(&Tally) -> f64;

/// All nodes as they are seen at a moment.
#[derive(Clone, Debug)]
pub(super) struct Numbers(pub(super) Vec<Seen>);

impl Numbered for Numbers {
    fn write(&self, page: &mut Page<'_>) -> fmt::Result {
        process::write(page)?;
        self.standings(page)?;
        self.tallies(page)
    }
}

impl Numbers {
    fn standings(&self, page: &mut Page<'_>) -> fmt::Result {
        let started = || self.each().filter_map(|(gpu, seen)| Some((gpu, seen.standing.as_ref()?)));
        page.gauges(
            "tessera_node_adapter_info",
            "1, with the GPU's name as its driver gives it.",
            started().map(|(gpu, standing)| (labels(gpu, [("adapter", standing.adapter.as_str())]), 1.0)),
        )?;
        page.gauges(
            "tessera_node_healthy",
            "1 while the node does its job, a pause that its owner wanted included.",
            self.each().map(|(gpu, seen)| (labels(gpu, []), flag(seen.health().is_healthy))),
        )?;
        page.gauges(
            "tessera_node_connected",
            "1 while the node is connected to its coordinator, or renders.",
            started().map(|(gpu, standing)| {
                let is_away =
                    matches!(standing.activity, Activity::Off | Activity::Connecting | Activity::Offline);
                let is_connected = !is_away;
                (labels(gpu, []), flag(is_connected))
            }),
        )?;
        let states = started().flat_map(|(gpu, standing)| {
            let is = standing.decision.reason.code();
            Reason::CODES.iter().map(move |code| (labels(gpu, [("code", code)]), flag(*code == is)))
        });
        page.gauges(
            "tessera_node_state",
            "1 for the reason why the node works or not, 0 for others.",
            states,
        )?;
        page.gauges(
            "tessera_node_gpu_temperature_celsius",
            "How hot the GPU is, where its driver tells.",
            started()
                .filter_map(|(gpu, standing)| Some((labels(gpu, []), f64::from(standing.adapter_celsius?)))),
        )
    }

    fn tallies(&self, page: &mut Page<'_>) -> fmt::Result {
        let tiles = self.each().flat_map(|(gpu, seen)| {
            let Tally { tiles_done, given_back, failed, dropped, .. } = seen.tally;
            [("delivered", tiles_done), ("given_back", given_back), ("failed", failed), ("dropped", dropped)]
                .map(|(outcome, tiles)| (labels(gpu, [("outcome", outcome)]), tiles as f64))
        });
        page.counters(
            "tessera_node_tiles",
            "Tiles, or blocks of them, that were delivered, given back, failed, or dropped because nobody needed them any more.",
            tiles,
        )?;
        let sums: [(&str, &str, Sum); 4] = [
            ("tessera_node_samples", "Samples that were rendered.", |tally| tally.samples as f64),
            ("tessera_node_sent_bytes", "Sealed data of delivered tiles.", |tally| tally.sent_bytes as f64),
            ("tessera_node_fetched_bytes", "Data of fetched scenes.", |tally| tally.fetched_bytes as f64),
            ("tessera_node_credits", "Credits held for delivered tiles.", |tally| {
                tally.micro_credits as f64 / MICRO_PER_CREDIT as f64
            }),
        ];
        for (name, help, sum) in sums {
            page.counters(name, help, self.each().map(|(gpu, seen)| (labels(gpu, []), sum(&seen.tally))))?;
        }
        page.histograms(
            "tessera_node_tile_seconds",
            "How long tiles, or blocks of them, took to render.",
            self.each().map(|(gpu, seen)| (labels(gpu, []), &seen.tally.tile_seconds)),
        )
    }

    fn each(&self) -> impl Iterator<Item = (usize, &Seen)> {
        self.0.iter().enumerate()
    }
}

fn labels<const N: usize>(gpu: usize, more: [(&'static str, &str); N]) -> Labels {
    let more = more.map(|(label, which)| (label, which.to_owned()));
    [("gpu", gpu.to_string())].into_iter().chain(more).collect()
}

fn flag(is_so: bool) -> f64 {
    f64::from(u8::from(is_so))
}
