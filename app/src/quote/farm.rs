//! Asks a coordinator who would work for a plan, and says in a sentence why nobody would.

use std::path::PathBuf;

use render_net::artist::ArtistFault;
use render_net::ledger::pay;
use render_net::link::LinkFault;
use render_net::wire::{Balance, Bounded, JobShape, Offers, OffersWanted, Refusal, ShapeDraft};

use super::probe::stopped;
use crate::commission::Terms;
use crate::fault::{Exit, Fault};
use crate::network::{address, artist_fault, link_fault, runtime};
use crate::render::Plan;
use crate::stop::Stop;
use crate::submit::open_artist;

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

/// Nobody would work.
pub(super) fn nobody() -> Fault {
    Fault::network(
        "no node works or waits at this coordinator now",
        "ask again later, or render on this computer",
    )
}

fn suits(offers: &Offers, wanted: &OffersWanted) -> Result<(), Fault> {
    let here = offers.here;
    if here == 0 && !wanted.nodes_allowed.is_empty() {
        return Err(Fault::network(
            "none of the nodes that are named works or waits at this coordinator now",
            "check their keys, start them, or leave --nodes out",
        ));
    }
    if here == 0 {
        return Err(nobody());
    }
    if offers.large_enough == 0 {
        let what = format!(
            "the scene needs {} MiB of GPU memory, and none of the {here} nodes that are there lends so much",
            wanted.memory_mib
        );
        return Err(Fault::network(what, "use smaller textures or fewer triangles, or ask again later"));
    }
    if offers.nodes.is_empty() && offers.price_min <= wanted.price_max {
        return Err(Fault::network(
            "the nodes that are there and cheap enough work only where certain referees judge",
            "name one of those with --referee, offer more with --max-price, or ask again later",
        ));
    }
    if offers.nodes.is_empty() {
        let what = format!(
            "the nodes that are there ask at least {} micro-credits for a million samples, and {} are offered",
            offers.price_min, wanted.price_max
        );
        return Err(Fault::new(Exit::Credit, what, "offer more with --max-price, or ask again later"));
    }
    Ok(())
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
    use render_net::wire::NodeOffer;

    use super::*;

    fn exit_and_word(offers: &Offers, nodes: usize) -> Option<(Exit, String)> {
        let nodes_allowed = Bounded::cut(vec![frame::NodeId([1; 32]); nodes]);
        let wanted = OffersWanted { price_max: 1000, memory_mib: 512, nodes_allowed, referee: None };
        suits(offers, &wanted).err().map(|fault| (fault.exit, fault.what))
    }

    #[test]
    fn nobody_too_small_too_dear_and_too_choosy_have_a_sentence_each() {
        let mut offers = Offers::default();
        let mut told = vec![exit_and_word(&offers, 0), exit_and_word(&offers, 1)];
        offers.here = 3;
        told.push(exit_and_word(&offers, 0));
        (offers.large_enough, offers.price_min) = (2, 1500);
        told.push(exit_and_word(&offers, 0));
        offers.price_min = 900;
        told.push(exit_and_word(&offers, 0));
        let told: Vec<(Exit, String)> = told.into_iter().flatten().collect();
        let exits: Vec<Exit> = told.iter().map(|(exit, _)| *exit).collect();
        assert_eq!(exits, [Exit::Network, Exit::Network, Exit::Network, Exit::Credit, Exit::Network]);
        let words = ["no node", "named", "512 MiB", "1500", "certain referees"];
        assert!(told.iter().zip(words).all(|((_, what), word)| what.contains(word)), "{told:?}");
        offers.nodes = Bounded::cut(vec![NodeOffer { price: 900, speed: 0, is_busy: false }]);
        assert_eq!(exit_and_word(&offers, 0), None);
    }

    #[test]
    fn what_a_job_may_cost_is_held_against_the_credit() {
        let balance = Balance { available: 1000, escrow: 0 };
        assert!(covers(balance, 999_000, 1000).is_ok());
        let fault = covers(balance, 1_000_000, 1000).expect_err("a micro-credit is missing");
        assert_eq!(fault.exit, Exit::Credit);
        assert_eq!(covers(balance, u64::MAX, u64::MAX).expect_err("it overflows").exit, Exit::Credit);
    }
}
