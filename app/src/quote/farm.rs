//! Asks a coordinator who would work for a plan, and says in a sentence why nobody would.

use std::path::PathBuf;

use render_net::artist::ArtistFault;
use render_net::ledger::pay;
use render_net::link::LinkFault;
use render_net::wire::{Balance, Bounded, JobShape, Offers, OffersWanted, Refusal, ShapeDraft};

use super::probe::stopped;
use crate::commission::Terms;
use crate::fault::Fault;
use crate::network::{address, artist_fault, link_fault, runtime};
use crate::render::Plan;
use crate::stop::Stop;
use crate::submit::open_artist;
use crate::takers::suits;

/// Whose machines are asked about.
#[derive(Clone, Debug)]
pub struct Inquiry {
    /// The coordinator's address.
    pub coordinator: String,
    /// Data folder; `None` is the usual place.
    pub data: Option<PathBuf>,
    /// On what terms.
    pub terms: Terms,
}

/// Who would work for it; at least one node would, and the credit suffices.
pub(super) fn ask(inquiry: &Inquiry, plan: &Plan, memory_mib: u32, stop: &Stop) -> Result<Offers, Fault> {
    let artist = open_artist(inquiry.data.as_deref(), address(&inquiry.coordinator)?)?;
    let samples = shape(plan).map_err(|fault| artist_fault(&fault))?.samples_all();
    let terms = &inquiry.terms;
    let too_many = |_| artist_fault(&ArtistFault::TooMany("nodes"));
    let wanted = OffersWanted {
        price_max: terms.price_max,
        memory_mib,
        nodes_allowed: Bounded::new(terms.nodes.clone()).map_err(too_many)?,
        referee: terms.referee,
    };
    let asked = artist.offers(wanted.clone());
    let (offers, balance) = runtime()?.block_on(async {
        tokio::select! {
            answered = asked => answered.map_err(|fault| artist_fault(&fault)),
            () = stop.asked() => Err(stopped()),
        }
    })?;
    suits(&offers, &wanted)?;
    covers(balance, samples, terms.price_max)?;
    Ok(offers)
}

/// As the market counts it when the job is posted.
fn covers(balance: Balance, samples: u64, price_max: u64) -> Result<(), Fault> {
    let needed = pay(samples, price_max).map_or(u64::MAX, |most| most.saturating_add(1));
    if needed <= balance.available {
        return Ok(());
    }
    let refusal = Refusal::Credit { needed, available: balance.available };
    Err(link_fault(&LinkFault::Refused(refusal)))
}

fn shape(plan: &Plan) -> Result<JobShape, ArtistFault> {
    let frames = plan.frames.iter().map(|frame| frame.0).collect();
    Ok(JobShape::new(ShapeDraft {
        size: plan.settings.size,
        edge_px: plan.grid.edge_px(),
        spp: plan.settings.spp,
        frames: Bounded::new(frames).map_err(|_| ArtistFault::TooMany("frames"))?,
        whole_tiles: plan.settings.denoise == frame::Denoise::Node,
    })?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::Exit;

    #[test]
    fn what_a_job_may_cost_is_held_against_the_credit() {
        let balance = Balance { available: 1000, escrow: 0 };
        assert!(covers(balance, 999_000, 1000).is_ok());
        let fault = covers(balance, 1_000_000, 1000).expect_err("a micro-credit is missing");
        assert_eq!(fault.exit, Exit::Credit);
        assert_eq!(covers(balance, u64::MAX, u64::MAX).expect_err("it overflows").exit, Exit::Credit);
    }
}
