//! Who would take a job that nobody has sent yet. Nothing is written.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use frame::NodeId;

use super::row::NodeRow;
use super::{Halt, Turn};
use crate::wire::offers::OFFERS_MAX;
use crate::wire::{Bounded, NodeOffer, Offers, OffersWanted, Refusal, Response};

/// How many waiting nodes are looked at.
const WAITING_SEEN: usize = 1024;
/// How many running leases are looked through for nodes at work.
const LEASES_SEEN: usize = 4096;

impl Turn<'_> {
    pub(super) fn offers(&self, wanted: &OffersWanted) -> Result<Response, Halt> {
        // As it would be when the job is sent.
        if let Some(referee) = wanted.referee {
            self.rows.referee(referee)?.ok_or(Refusal::NoReferee)?;
        }
        let mut offers = Offers::default();
        let mut suited: Vec<(NodeRow, bool)> = Vec::new();
        for (node, is_busy) in self.nodes_here()? {
            let allowed = wanted.nodes_allowed.is_empty() || wanted.nodes_allowed.contains(&node);
            let Some(row) = self.rows.node(node)?.filter(|_| allowed) else { continue };
            offers.here += 1;
            if row.memory_mib < wanted.memory_mib {
                continue;
            }
            offers.large_enough += 1;
            let cheapest = if offers.large_enough == 1 { row.price } else { offers.price_min.min(row.price) };
            offers.price_min = cheapest;
            let demand = self.rows.demand(node)?;
            let is_judged =
                demand.is_empty() || wanted.referee.is_some_and(|referee| demand.contains(&referee));
            if row.price <= wanted.price_max && is_judged {
                suited.push((row, is_busy));
            }
        }
        suited.sort_by_key(|(row, _)| (row.price, Reverse(row.speed), row.node));
        suited.truncate(OFFERS_MAX);
        let offer =
            |(row, is_busy): (NodeRow, bool)| NodeOffer { price: row.price, speed: row.speed, is_busy };
        offers.nodes = Bounded::cut(suited.into_iter().map(offer).collect());
        for id in self.rows.active_jobs(self.terms.jobs_max)? {
            offers.jobs +=
                u32::from(self.rows.job(id)?.is_some_and(|job| job.is_wanted() && job.blocks_free() > 0));
        }
        Ok(Response::Offers(Box::new(offers)))
    }

    /// Nodes that wait or work, and whether they work. One whose owner keeps it from working does neither.
    fn nodes_here(&self) -> Result<BTreeMap<NodeId, bool>, Halt> {
        let waiting = self.rows.waiting(WAITING_SEEN)?.into_iter();
        let mut here: BTreeMap<NodeId, bool> =
            waiting.filter(|(_, until_ms)| *until_ms >= self.now_ms).map(|(node, _)| (node, false)).collect();
        here.extend(self.rows.nodes_at_work(LEASES_SEEN)?.into_iter().map(|node| (node, true)));
        Ok(here)
    }
}
