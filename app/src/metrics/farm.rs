//! A coordinator's numbers and health.

use std::fmt;

use render_net::coordinator::{Look, Reading};

use super::health::Health;
use super::page::{Numbered, Page, one};
use super::process;
use crate::statement::MICRO_PER_CREDIT;

/// Whether a coordinator can serve anybody. What its database or its bucket say of themselves is not passed on.
pub(super) fn health(look: Look) -> Health {
    match look {
        Look { census: None, .. } => {
            Health::unwell("store_away", "what keeps jobs and ledger does not answer")
        }
        Look { has_objects: false, .. } => {
            Health::unwell("objects_away", "the place of sealed data does not answer")
        }
        _ => Health::well("serving", "nodes and artists are served"),
    }
}

/// Everything that is told of a coordinator.
#[derive(Clone, Debug)]
pub(super) struct Numbers {
    pub(super) reading: Reading,
    pub(super) look: Look,
}

impl Numbered for Numbers {
    fn write(&self, page: &mut Page<'_>) -> fmt::Result {
        process::write(page)?;
        self.standing(page)?;
        self.market(page)?;
        self.objects(page)
    }
}

impl Numbers {
    fn standing(&self, page: &mut Page<'_>) -> fmt::Result {
        let up = |answers: bool| f64::from(u8::from(answers));
        page.gauge(
            "tessera_coordinator_store_up",
            "1 while what keeps jobs and ledger answers.",
            up(self.look.census.is_some()),
        )?;
        page.gauge(
            "tessera_coordinator_objects_up",
            "1 while the place of sealed data answers.",
            up(self.look.has_objects),
        )?;
        let peers = &self.reading.peers;
        page.gauges(
            "tessera_coordinator_peers",
            "Who is connected now, by what they asked for last.",
            [
                one("role", "node", peers.nodes),
                one("role", "artist", peers.artists),
                one("role", "referee", peers.referees),
                one("role", "other", peers.others),
            ],
        )?;
        let Some(census) = self.look.census else { return Ok(()) };
        let (jobs, paused) = (census.jobs as f64, census.jobs_paused as f64);
        page.gauge("tessera_coordinator_active_jobs", "Jobs that are not over.", jobs)?;
        page.gauge("tessera_coordinator_paused_jobs", "Those that their artists have paused.", paused)?;
        page.gauges(
            "tessera_coordinator_active_blocks",
            "Blocks of these jobs; a block is some samples of each pixel of a tile.",
            [
                one("state", "queued", census.blocks_queued),
                one("state", "paused", census.blocks_paused),
                one("state", "leased", census.blocks_leased),
                one("state", "delivered", census.blocks_delivered),
                one("state", "accepted", census.blocks_accepted),
            ],
        )?;
        let (leases, disputes) = (census.leases as f64, census.disputes as f64);
        page.gauge("tessera_coordinator_running_leases", "Leases that nodes work on.", leases)?;
        page.gauge("tessera_coordinator_open_disputes", "Refused results that wait for a referee.", disputes)
    }

    fn market(&self, page: &mut Page<'_>) -> fmt::Result {
        let metered = &self.reading.metered;
        let counts = &metered.counts;
        page.counters(
            "tessera_coordinator_jobs",
            "Jobs that were posted, done, or stopped before they were.",
            [
                one("event", "posted", counts.jobs_posted),
                one("event", "done", counts.jobs_done),
                one("event", "stopped", counts.jobs_stopped),
            ],
        )?;
        page.counters(
            "tessera_coordinator_leases",
            "Leases that were granted, and that came to nothing because their node was silent, gave them back, or failed.",
            [
                one("event", "granted", counts.leases_granted),
                one("event", "lapsed", counts.leases_lapsed),
                one("event", "given_back", counts.leases_given_back),
                one("event", "failed", counts.leases_failed),
            ],
        )?;
        page.counters(
            "tessera_coordinator_results",
            "Results (tiles, or blocks of them) that were delivered, accepted, refused, or went to a referee.",
            [
                one("event", "delivered", counts.results_delivered),
                one("event", "accepted", counts.results_accepted),
                one("event", "refused", counts.results_refused),
                one("event", "disputed", counts.results_disputed),
            ],
        )?;
        let credits = |step, micro: u64| {
            let (labels, micro) = one("step", step, micro);
            (labels, micro / MICRO_PER_CREDIT as f64)
        };
        page.counters(
            "tessera_coordinator_pay_credits",
            "Pay that was held for delivered results, posted for accepted ones, or voided for refused ones.",
            [
                credits("held", counts.held),
                credits("posted", counts.posted),
                credits("voided", counts.voided),
            ],
        )?;
        let requests = metered.requests as f64;
        page.counter("tessera_coordinator_requests", "Requests of nodes, artists and referees.", requests)?;
        page.histograms(
            "tessera_coordinator_store_turn_seconds",
            "How long turns of the store took, each one transaction.",
            [(Vec::new(), &metered.turn_seconds)],
        )?;
        let failed = metered.turns_failed as f64;
        page.counter("tessera_coordinator_store_turns_failed", "Turns that the store failed.", failed)
    }

    fn objects(&self, page: &mut Page<'_>) -> fmt::Result {
        let reading = &self.reading;
        page.counter(
            "tessera_coordinator_received_bytes",
            "Sealed data that was received.",
            reading.metered.received_bytes as f64,
        )?;
        page.counter(
            "tessera_coordinator_sent_bytes",
            "Sealed data that was sent.",
            reading.metered.sent_bytes as f64,
        )?;
        page.gauge(
            "tessera_coordinator_stored_objects",
            "Sealed objects that are stored.",
            reading.objects as f64,
        )?;
        page.gauge(
            "tessera_coordinator_stored_bytes",
            "Sealed data that is stored, as it counts against the limit: 64 KiB at least for each object.",
            reading.objects_bytes as f64,
        )?;
        page.gauge(
            "tessera_coordinator_stored_limit_bytes",
            "Most sealed data that may be stored.",
            reading.objects_bytes_max as f64,
        )
    }
}
