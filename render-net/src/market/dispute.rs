//! What an artist refuses in a job with a referee: blocks and pay wait until the referee has spoken, or too long.
//!
//! The coordinator judges nothing and reads nothing. A refusal is an artist's word that settles the work where nobody else was named; where somebody
//! was, it is a claim. The referee is named for good before anything is delivered, so both sides know whom they will have to believe.

use frame::{JobId, LeaseId, NodeId};

use super::row::{JobRow, LeaseRow, LeaseState};
use super::{Count, Effect, Halt, Turn};
use crate::store::{StoreFault, Table};
use crate::wire::{
    Attend, Bounded, Committed, Dispute, Event, Opaque, Referees, Referral, Refusal, Response, Rule, Ruled,
    artist::VERDICT_BYTES_MAX, referee::DISPUTES_MAX,
};

impl Turn<'_> {
    /// Names a job's referee. Naming the same one again changes nothing.
    pub(super) fn refer(&mut self, artist: NodeId, referral: &Referral) -> Result<Response, Halt> {
        let job = self.job_of(artist, referral.job)?;
        match self.rows.referral(job.job)? {
            Some(before) if before == *referral => {}
            // Who worked so far trusted in the one that was named, or in nobody.
            Some(_) => return Err(Refusal::AlreadyDone.into()),
            None if !job.state.is_open() => return Err(Refusal::JobEnded.into()),
            None => {
                self.rows.put_referral(referral)?;
                // Some may have waited for it.
                self.wake(Effect::WakeNodes);
            }
        }
        Ok(Response::Done)
    }

    /// A node will only work where one of these judges. Leases that it has stay its own.
    pub(super) fn demand(&mut self, node: NodeId, referees: &Referees) -> Result<Response, Halt> {
        self.rows.node(node)?.ok_or(Refusal::NotRegistered)?;
        let before = self.rows.demand(node)?;
        self.rows.set_demand(node, referees)?;
        let is_wider = referees.is_empty() || referees.iter().any(|referee| !before.contains(referee));
        if !before.is_empty() && is_wider {
            // It may be waiting, and now there is work for it.
            self.wake(Effect::WakeNodes);
        }
        Ok(Response::Done)
    }

    /// Whether one of these judges what is refused in a job; where nobody is asked for, any job will do.
    pub(super) fn is_judged_by(&self, job: JobId, demand: &Referees) -> Result<bool, Halt> {
        if demand.is_empty() {
            return Ok(true);
        }
        Ok(self.rows.referral(job)?.is_some_and(|referral| demand.contains(&referral.referee)))
    }

    /// How an artist seals something to a referee.
    pub(super) fn referee(&mut self, referee: NodeId) -> Result<Response, Halt> {
        let descriptor = self.rows.referee(referee)?.ok_or(Refusal::NoReferee)?;
        Ok(Response::Referee(descriptor))
    }

    /// A referee asks what there is to judge.
    pub(super) fn attend(&mut self, referee: NodeId, attend: &Attend) -> Result<Response, Halt> {
        if self.rows.referee(referee)?.as_ref() != Some(&attend.descriptor) {
            self.rows.put_referee(referee, &attend.descriptor)?;
        }
        let mut disputes = Vec::new();
        for (lease, words) in self.rows.disputes(referee, attend.after, DISPUTES_MAX)? {
            let lease = self.rows.lease(lease)?.ok_or(StoreFault::Damaged(Table::Dispute))?;
            let job = self.rows.job(lease.job)?.ok_or(StoreFault::Damaged(Table::Job))?;
            let referral = self.rows.referral(job.job)?.ok_or(StoreFault::Damaged(Table::Referral))?;
            let committed = self.rows.evidence(lease.lease)?.ok_or(StoreFault::Damaged(Table::Evidence))?;
            disputes.push(Dispute {
                artist: job.artist,
                job: job.job,
                wrapped: referral.wrapped,
                order: job.order.clone(),
                edge_px: job.edge_px,
                manifest: self.rows.frame(job.job, lease.frame_at)?.manifest,
                committed,
                words,
            });
        }
        Ok(Response::Disputes(Bounded::cut(disputes)))
    }

    /// A referee has spoken. Saying the same again changes nothing.
    pub(super) fn rule(&mut self, referee: NodeId, rule: &Rule) -> Result<Response, Halt> {
        let lease = self.rows.lease(rule.lease)?.ok_or(Refusal::NoSuchLease)?;
        let is_theirs = self.rows.referral(lease.job)?.is_some_and(|named| named.referee == referee);
        if !is_theirs {
            return Err(Refusal::NoSuchLease.into());
        }
        match (&lease.state, rule.for_node) {
            (LeaseState::Disputed { .. }, _) => {}
            (LeaseState::Accepted { .. }, true) | (LeaseState::Refused, false) => return Ok(Response::Done),
            // Too late, or never asked.
            _ => return Err(Refusal::AlreadyDone.into()),
        }
        let mut job = self.rows.job(lease.job)?.ok_or(StoreFault::Damaged(Table::Job))?;
        let Rule { lease: id, for_node, ref ruling } = *rule;
        self.tell(&mut job, &Event::Ruled { lease: id, for_node, ruling: ruling.clone() })?;
        self.rows.put_job(&job)?;
        let ruled = Ruled { job: job.job, lease: id, ruling: ruling.clone() };
        self.rows.put_ruling(lease.node, &ruled)?;
        match rule.for_node {
            true => self.accept(lease, None)?,
            false => self.refuse(lease)?,
        }
        Ok(Response::Done)
    }

    /// Keeps what a referee may have to see; nothing in a job without one.
    pub(super) fn keep_evidence(&mut self, job: JobId, committed: &Committed) -> Result<(), Halt> {
        if self.rows.referral(job)?.is_some() {
            self.rows.put_evidence(committed)?;
        }
        Ok(())
    }

    /// An artist refuses delivered work: asks the job's referee, or does what the artist says where there is none to ask.
    pub(super) fn refuse_or_dispute(
        &mut self,
        mut lease: LeaseRow,
        mut job: JobRow,
        words: &Opaque<VERDICT_BYTES_MAX>,
    ) -> Result<(), Halt> {
        let LeaseState::Committed { result, amount, .. } = lease.state else {
            return Err(Refusal::NoSuchLease.into());
        };
        let referral = self.rows.referral(job.job)?;
        // What was delivered before the referee was named has nothing to be judged by.
        let evidence = self.rows.evidence(lease.lease)?;
        let Some((referral, _)) = referral.zip(evidence) else { return self.refuse(lease) };
        let due_ms = self.now_ms + self.terms.ruling_ms;
        lease.state = LeaseState::Disputed { result, amount, due_ms };
        self.rows.put_lease(&lease)?;
        self.rows.put_dispute(referral.referee, lease.lease, words)?;
        self.tell(&mut job, &Event::Disputed { lease: lease.lease })?;
        self.rows.put_job(&job)?;
        self.counted(Count::ResultDisputed);
        self.wake(Effect::WakeReferees);
        Ok(())
    }

    /// Delivered work was settled: nobody has to judge it any more.
    pub(super) fn forget_evidence(&mut self, job: JobId, lease: LeaseId) -> Result<(), Halt> {
        if let Some(referral) = self.rows.referral(job)? {
            self.rows.drop_dispute(referral.referee, lease)?;
        }
        Ok(())
    }
}
