//! Nodes come, introduce themselves, and ask what they earned.

use frame::{JobId, NodeId};

use super::row::{KeyState, LeaseState, NodeRow};
use super::{Count, Halt, Turn};
use crate::ledger::{AccountId, Kind, Purpose};
use crate::wire::{
    Bounded, Earnings, JobTerms, ObjectName, Offer, PayState, Referees, Refusal, Response, Statement,
    StatementLine,
};

const STATEMENT_LINES: usize = 1024;

impl Turn<'_> {
    pub(super) fn register(&mut self, node: NodeId, offer: &Offer) -> Result<Response, Halt> {
        let before = self.rows.node(node)?;
        let (speed, last_commit_ms) = before.map_or((0, 0), |row| (row.speed, row.last_commit_ms));
        self.rows.put_node(&NodeRow {
            node,
            descriptor: offer.descriptor.clone(),
            adapter: offer.adapter.clone(),
            memory_mib: offer.memory_mib,
            price: offer.price,
            speed,
            last_commit_ms,
        })?;
        self.rows.set_demand(node, &Referees::default())?;
        Ok(Response::Done)
    }

    pub(super) fn open_job(&mut self, node: NodeId, job: JobId) -> Result<Response, Halt> {
        let row = self.rows.node(node)?.ok_or(Refusal::NotRegistered)?;
        let job = self.rows.job(job)?.ok_or(Refusal::NoSuchJob)?;
        let current = ObjectName::of(&row.descriptor);
        match self.rows.key(job.job, node)?.map(|key| key.state) {
            Some(KeyState::Given { wrapped, descriptor }) if descriptor == current => {
                Ok(Response::Terms(Box::new(JobTerms {
                    artist: job.artist,
                    wrapped,
                    order: job.order,
                    result_key: job.result_key,
                    spp: job.spp,
                })))
            }
            _ => Err(Refusal::NoKey.into()),
        }
    }

    pub(super) fn earnings(&mut self, node: NodeId) -> Result<Response, Halt> {
        let account = self.ledger().account(AccountId::Node(node))?;
        Ok(Response::Earnings(Earnings {
            held: account.credits_held,
            posted: account.available(),
            paid: account.debits_posted,
        }))
    }

    pub(super) fn statement(&mut self, node: NodeId, since: u64) -> Result<Response, Halt> {
        let mut holds = self.ledger().pay_lines(node, since, STATEMENT_LINES + 1)?;
        let next = holds.get(STATEMENT_LINES).map(|hold| hold.index);
        holds.truncate(STATEMENT_LINES);
        let mut lines = Vec::with_capacity(holds.len());
        for hold in holds {
            let Purpose::Pay(lease) = hold.purpose else { continue };
            let state = match self.ledger().settled(hold.purpose)? {
                None => PayState::Held,
                Some(Kind::Void(_)) => PayState::Void,
                Some(_) => PayState::Posted,
            };
            let Some(row) = self.rows.lease(lease)? else { continue };
            let samples = self.rows.job(row.job)?.map_or(0, |job| job.samples(row.tile, row.blocks));
            lines.push(StatementLine {
                index: hold.index,
                committed_ms: hold.at_ms,
                job: row.job,
                lease,
                samples,
                price: row.price,
                amount: hold.amount,
                state,
            });
        }
        Ok(Response::Statement(Statement { lines: Bounded::cut(lines), next }))
    }

    /// A node says goodbye: its leases come back without blame.
    pub(super) fn leave(&mut self, node: NodeId) -> Result<Response, Halt> {
        for lease in self.rows.leases_of_node(node)? {
            debug_assert_eq!(lease.state, LeaseState::Open);
            self.reopen(lease, None)?;
            self.counted(Count::LeaseGivenBack);
        }
        self.rows.set_waiting(node, None)?;
        Ok(Response::Done)
    }
}
