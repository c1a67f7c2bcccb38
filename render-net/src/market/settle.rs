//! Verdicts, and what time does: committed work is paid or refused, silent leases lapse.

use frame::NodeId;

use super::blame::LAPSED;
use super::row::{JobRow, LeaseRow, LeaseState};
use super::{Count, Effect, Halt, Turn};
use crate::ledger::{AccountId, Purpose};
use crate::store::{StoreFault, Table};
use crate::wire::{Event, JobState, ObjectName, Opaque, Refusal, Response, Verdict};

/// What an artist signs.
type Words = Opaque<{ crate::wire::artist::VERDICT_BYTES_MAX }>;

/// Leases and verdicts handled in one tick; the rest wait for the next.
const TICK_MAX: usize = 256;

impl Turn<'_> {
    pub(super) fn verdict(&mut self, artist: NodeId, verdict: &Verdict) -> Result<Response, Halt> {
        let lease = self.rows.lease(verdict.lease)?.ok_or(Refusal::NoSuchLease)?;
        let job = self.rows.job(lease.job)?.filter(|job| job.artist == artist).ok_or(Refusal::NoSuchLease)?;
        self.gave_a_sign(&job)?;
        match (&lease.state, verdict.good) {
            // Also what was refused before: an artist may take that back until the referee has spoken.
            (LeaseState::Committed { .. } | LeaseState::Disputed { .. }, true) => {
                self.accept(lease, Some(&verdict.countersigned))?;
            }
            (LeaseState::Committed { .. }, false) => {
                self.refuse_or_dispute(lease, job, &verdict.countersigned)?;
            }
            (LeaseState::Disputed { .. }, false) => {}
            (LeaseState::Accepted { countersigned, .. }, true)
                if countersigned.is_empty() && !verdict.countersigned.is_empty() =>
            {
                self.acknowledge(lease, &verdict.countersigned)?;
            }
            (LeaseState::Accepted { .. }, true) | (LeaseState::Refused, false) => {}
            (LeaseState::Accepted { .. } | LeaseState::Refused, _) => return Err(Refusal::AlreadyDone.into()),
            (LeaseState::Open | LeaseState::Lost, _) => return Err(Refusal::NoSuchLease.into()),
        }
        Ok(Response::Done)
    }

    pub(super) fn tick(&mut self) -> Result<(), Halt> {
        for lease in self.rows.lapsed(self.now_ms, TICK_MAX)? {
            self.counted(Count::LeaseLapsed);
            self.gave_up(lease, LAPSED)?;
        }
        for lease in self.rows.verdicts_due(self.now_ms, TICK_MAX)? {
            // Where the referee is silent, the artist's word stands.
            match lease.state {
                LeaseState::Disputed { .. } => self.refuse(lease)?,
                _ => self.accept(lease, None)?,
            }
        }
        self.look_for_absent()
    }

    /// Pays for a lease; without the artist's words when the time for them is over.
    pub(super) fn accept(&mut self, mut lease: LeaseRow, countersigned: Option<&Words>) -> Result<(), Halt> {
        let (result, amount) = delivered(&lease)?;
        self.forget_evidence(lease.job, lease.lease)?;
        let mut job = self.rows.job(lease.job)?.ok_or(StoreFault::Damaged(Table::Job))?;
        let mut coverage = self.rows.tile(lease.job, lease.frame_at, lease.tile)?;
        coverage.accept(lease.lease).map_err(|_| StoreFault::Damaged(Table::Tile))?;
        self.rows.put_tile(lease.job, lease.frame_at, lease.tile, &coverage)?;
        self.ledger().post(Purpose::Pay(lease.lease), Purpose::PayAccepted(lease.lease))?;
        job.blocks_accepted += u64::from(lease.blocks.count);
        self.counted(Count::ResultAccepted(amount));
        if let Some(mut key) = self.rows.key(lease.job, lease.node)? {
            key.failures = 0;
            self.rows.put_key(lease.job, lease.node, &key)?;
        }
        let automatic = countersigned.is_none();
        if !automatic {
            self.wake(Effect::Spare(result));
        }
        let countersigned = countersigned.cloned().unwrap_or_default();
        lease.state = LeaseState::Accepted { result, amount, countersigned };
        self.rows.put_lease(&lease)?;
        self.tell(&mut job, &Event::Accepted { lease: lease.lease, automatic })?;
        if job.state.is_open() && job.blocks_accepted == job.blocks() {
            job.state = JobState::Done;
            job.ended_ms = self.now_ms;
            self.counted(Count::JobDone);
            self.tell(&mut job, &Event::Done)?;
        }
        self.return_rest(&job)?;
        self.rows.put_job(&job)?;
        Ok(())
    }

    /// The artist's words on work that was accepted without them: from now on the result is with the artist.
    fn acknowledge(&mut self, mut lease: LeaseRow, words: &Words) -> Result<(), Halt> {
        let LeaseState::Accepted { result, countersigned, .. } = &mut lease.state else { return Ok(()) };
        let result = *result;
        *countersigned = words.clone();
        self.rows.put_lease(&lease)?;
        let mut job = self.rows.job(lease.job)?.ok_or(StoreFault::Damaged(Table::Job))?;
        self.tell(&mut job, &Event::Accepted { lease: lease.lease, automatic: false })?;
        self.rows.put_job(&job)?;
        self.wake(Effect::Spare(result));
        Ok(())
    }

    /// Takes the pay back and opens the blocks for others.
    pub(super) fn refuse(&mut self, mut lease: LeaseRow) -> Result<(), Halt> {
        let (result, amount) = delivered(&lease)?;
        self.forget_evidence(lease.job, lease.lease)?;
        self.wake(Effect::Spare(result));
        let mut job = self.rows.job(lease.job)?.ok_or(StoreFault::Damaged(Table::Job))?;
        let mut coverage = self.rows.tile(lease.job, lease.frame_at, lease.tile)?;
        coverage.reject(lease.lease).map_err(|_| StoreFault::Damaged(Table::Tile))?;
        coverage.shunned = Some((lease.node, self.now_ms + self.terms.shun_ms));
        self.rows.put_tile(lease.job, lease.frame_at, lease.tile, &coverage)?;
        self.ledger().void(Purpose::Pay(lease.lease), Purpose::PayRefused(lease.lease))?;
        self.counted(Count::ResultRefused(amount));
        job.blocks_committed -= u64::from(lease.blocks.count);
        job.cost -= amount;
        lease.state = LeaseState::Refused;
        self.rows.put_lease(&lease)?;
        self.blame(&lease)?;
        self.tell(&mut job, &Event::Rejected { lease: lease.lease })?;
        self.return_rest(&job)?;
        self.rows.put_job(&job)?;
        self.wake(Effect::WakeNodes);
        Ok(())
    }

    fn blame(&mut self, lease: &LeaseRow) -> Result<(), Halt> {
        if let Some(mut key) = self.rows.key(lease.job, lease.node)? {
            key.refusals = key.refusals.saturating_add(1);
            self.rows.put_key(lease.job, lease.node, &key)?;
        }
        Ok(())
    }

    /// Gives an ended job's unspent escrow back; what is still held follows when it is settled.
    pub(super) fn return_rest(&mut self, job: &JobRow) -> Result<(), Halt> {
        if job.state.is_open() {
            return Ok(());
        }
        let (escrow, artist): (AccountId, NodeId) = (AccountId::Escrow(job.job), job.artist);
        let rest = self.ledger().account(escrow)?.available();
        if rest > 0 {
            // The number of events rises with every settlement, so each return has its own id.
            let purpose = Purpose::Rest(job.job, job.events);
            self.ledger().transfer(purpose, escrow, AccountId::Artist(artist), rest)?;
        }
        Ok(())
    }
}

/// The stored result of a lease that was delivered and is not settled, and what is held for it.
fn delivered(lease: &LeaseRow) -> Result<(ObjectName, u64), Halt> {
    match lease.state {
        LeaseState::Committed { result, amount, .. } | LeaseState::Disputed { result, amount, .. } => {
            Ok((result, amount))
        }
        _ => Err(Refusal::NoSuchLease.into()),
    }
}
