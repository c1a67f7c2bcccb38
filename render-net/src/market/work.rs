//! Work under way: heartbeats, previews, results, failures.

use frame::{LeaseId, NodeId};

use super::blame::{HANDED_BACK, LAPSED};
use super::row::{KeyRow, LeaseRow, LeaseState};
use super::{Count, Effect, Halt, Turn};
use crate::ledger::{AccountId, Purpose, pay};
use crate::store::{StoreFault, Table};
use crate::wire::{
    Beat, Commit, Committed, Event, Failure, FailureKind, Heartbeat, Preview, Refusal, Response,
};

/// Previews of one job that are passed on; the coordinator drops the rest.
const PREVIEWS_MAX: u32 = 200_000;

impl Turn<'_> {
    pub(super) fn heartbeat(&mut self, node: NodeId, heartbeat: &Heartbeat) -> Result<Response, Halt> {
        let mut lease = self.lease_of(node, heartbeat.lease)?;
        if lease.state != LeaseState::Open {
            return Ok(Response::Beat(Beat::Lost));
        }
        if heartbeat.blocks_begun > lease.blocks_begun {
            lease.blocks_begun = heartbeat.blocks_begun.min(lease.blocks.count);
            lease.progress_ms = self.now_ms;
        }
        let stalls_at_ms = lease.progress_ms + self.terms.stall_ms;
        if self.now_ms >= stalls_at_ms {
            self.counted(Count::LeaseLapsed);
            self.gave_up(lease, LAPSED)?;
            return Ok(Response::Beat(Beat::Lost));
        }
        lease.beat_ms = self.now_ms;
        lease.lapses_at_ms = (self.now_ms + self.terms.lapse_ms).min(stalls_at_ms);
        self.rows.put_lease(&lease)?;
        let lapses_ms = (lease.lapses_at_ms - self.now_ms) as u32;
        Ok(Response::Beat(Beat::GoOn { blocks: lease.blocks, lapses_ms }))
    }

    pub(super) fn preview(&mut self, node: NodeId, preview: &Preview) -> Result<Response, Halt> {
        let lease = self.lease_of(node, preview.lease)?;
        let Some(mut job) = self.rows.job(lease.job)? else { return Err(Refusal::NoSuchJob.into()) };
        let held = lease.blocks;
        let inside = preview.blocks.count > 0
            && preview.blocks.first >= held.first
            && preview.blocks.first.checked_add(preview.blocks.count).is_some_and(|end| end <= held.end());
        if lease.state != LeaseState::Open || !inside || job.previews >= PREVIEWS_MAX {
            return Ok(Response::Done);
        }
        job.previews += 1;
        let piece = crate::wire::Piece { blocks: preview.blocks, ..lease.piece() };
        self.tell(&mut job, &Event::Preview { lease: lease.lease, piece, object: preview.object })?;
        self.rows.put_job(&job)?;
        Ok(Response::Done)
    }

    pub(super) fn commit(&mut self, node: NodeId, commit: &Commit) -> Result<Response, Halt> {
        let mut lease = self.lease_of(node, commit.lease)?;
        let was_open = lease.state == LeaseState::Open;
        match lease.state {
            LeaseState::Open | LeaseState::Lost => {}
            LeaseState::Committed { result, amount, .. }
            | LeaseState::Disputed { result, amount, .. }
            | LeaseState::Accepted { result, amount, .. }
                if result == commit.result =>
            {
                return Ok(Response::Committed { lease: lease.lease, amount });
            }
            _ => return Err(Refusal::AlreadyDone.into()),
        }
        let mut job = self.rows.job(lease.job)?.ok_or(Refusal::NoSuchJob)?;
        if !job.state.is_open() {
            return Err(Refusal::JobEnded.into());
        }
        let leased = lease.blocks.count;
        let mut coverage = self.rows.tile(job.job, lease.frame_at, lease.tile)?;
        if commit.blocks != lease.blocks {
            let starts_alike = commit.blocks.first == lease.blocks.first;
            if !starts_alike || !(1..leased).contains(&commit.blocks.count) {
                return Err(Refusal::Shortened { blocks: lease.blocks }.into());
            }
            // The owner wanted the machine back: what is done counts, the rest is for others.
            let rest = coverage.release(lease.lease, commit.blocks.end());
            if let Some(rest) = rest {
                job.not_served(lease.tile, rest);
            }
            lease.blocks = commit.blocks;
            self.wake(Effect::WakeNodes);
        }
        let losers = coverage.commit(lease.blocks, lease.lease).map_err(|_| Refusal::AlreadyDone)?;
        self.rows.put_tile(job.job, lease.frame_at, lease.tile, &coverage)?;
        for loser in losers {
            let mut other = self.rows.lease(loser)?.ok_or(StoreFault::Damaged(Table::Lease))?;
            other.state = LeaseState::Lost;
            self.rows.put_lease(&other)?;
            job.leases -= 1;
            job.blocks_leased -= u64::from(other.blocks.count);
        }
        if was_open {
            job.leases -= 1;
            job.blocks_leased -= u64::from(leased);
        }
        let samples = job.samples(lease.tile, lease.blocks);
        let amount = pay(samples, lease.price).ok_or(Refusal::Failed)?;
        let (from, to) = (AccountId::Escrow(job.job), AccountId::Node(node));
        self.ledger().hold(Purpose::Pay(lease.lease), from, to, amount)?;
        job.blocks_committed += u64::from(lease.blocks.count);
        job.cost += amount;
        self.measure(&lease, samples)?;
        self.forget_stumbles(job.job, node)?;
        let due_ms = self.now_ms + self.terms.verdict_ms;
        lease.state = LeaseState::Committed { result: commit.result, amount, due_ms };
        self.rows.put_lease(&lease)?;
        let committed = Committed {
            lease: lease.lease,
            node,
            piece: lease.piece(),
            result: commit.result,
            receipt: commit.receipt.clone(),
            link: commit.link.clone(),
            amount,
        };
        self.keep_evidence(job.job, &committed)?;
        self.counted(Count::ResultDelivered(amount));
        self.wake(Effect::Delivered { result: commit.result, node, artist: job.artist });
        self.tell(&mut job, &Event::Committed(Box::new(committed)))?;
        self.rows.put_job(&job)?;
        Ok(Response::Committed { lease: lease.lease, amount })
    }

    pub(super) fn fail(&mut self, node: NodeId, failure: &Failure) -> Result<Response, Halt> {
        let lease = self.lease_of(node, failure.lease)?;
        if lease.state != LeaseState::Open {
            return Ok(Response::Done);
        }
        let (job, id) = (lease.job, lease.lease);
        if failure.kind == FailureKind::Handback {
            self.counted(Count::LeaseGivenBack);
            self.gave_up(lease, HANDED_BACK)?;
            return Ok(Response::Done);
        }
        self.counted(Count::LeaseFailed);
        self.reopen(lease, Some(node))?;
        let mut key = self.rows.key(job, node)?.unwrap_or_else(KeyRow::awaited);
        key.failures = key.failures.saturating_add(1);
        self.rows.put_key(job, node, &key)?;
        let mut job = self.rows.job(job)?.ok_or(Refusal::NoSuchJob)?;
        let reason = failure.reason.clone();
        self.tell(&mut job, &Event::Failed { lease: id, node, kind: failure.kind, reason })?;
        if failure.kind == FailureKind::Job {
            self.doubted(&mut job, node)?;
        }
        self.rows.put_job(&job)?;
        Ok(Response::Done)
    }

    /// A running lease came to nothing, which speaks against its node as much as `weight` says.
    pub(super) fn gave_up(&mut self, lease: LeaseRow, weight: u32) -> Result<(), Halt> {
        let (job, node) = (lease.job, lease.node);
        self.reopen(lease, Some(node))?;
        self.stumbled(job, node, weight)
    }

    /// Ends a running lease without a result: its blocks are open again. `blamed` is asked last for this tile.
    pub(super) fn reopen(&mut self, mut lease: LeaseRow, blamed: Option<NodeId>) -> Result<(), Halt> {
        let piece = lease.piece();
        lease.state = LeaseState::Lost;
        self.rows.put_lease(&lease)?;
        let mut coverage = self.rows.tile(lease.job, lease.frame_at, lease.tile)?;
        coverage.release(lease.lease, 0);
        coverage.shunned = blamed.map(|node| (node, self.now_ms + self.terms.shun_ms));
        self.rows.put_tile(lease.job, lease.frame_at, lease.tile, &coverage)?;
        let mut job = self.rows.job(lease.job)?.ok_or(StoreFault::Damaged(Table::Job))?;
        job.leases -= 1;
        job.blocks_leased -= u64::from(lease.blocks.count);
        job.not_served(lease.tile, lease.blocks);
        self.tell(&mut job, &Event::Reopened { lease: lease.lease, piece })?;
        self.rows.put_job(&job)?;
        self.wake(Effect::WakeNodes);
        Ok(())
    }

    /// Learns a node's speed from a delivered lease: a moving average with weight 1/4 for the new one.
    fn measure(&mut self, lease: &LeaseRow, samples: u64) -> Result<(), Halt> {
        let Some(mut node) = self.rows.node(lease.node)? else { return Ok(()) };
        // A node works on one lease at a time: this one's began when it was granted or the one before was done.
        let took_ms = self.now_ms.saturating_sub(lease.granted_ms.max(node.last_commit_ms)).max(1);
        let speed =
            (u128::from(samples) * 1000 / u128::from(took_ms)).clamp(1, u128::from(u64::MAX / 8)) as u64;
        let moved = |before: u64| if before == 0 { speed } else { (3 * before + speed) / 4 };
        node.speed = moved(node.speed);
        node.last_commit_ms = self.now_ms;
        self.rows.put_node(&node)?;
        if let Some(mut key) = self.rows.key(lease.job, lease.node)? {
            key.speed = moved(key.speed);
            self.rows.put_key(lease.job, lease.node, &key)?;
        }
        Ok(())
    }

    fn lease_of(&self, node: NodeId, lease: LeaseId) -> Result<LeaseRow, Halt> {
        let row = self.rows.lease(lease)?.filter(|row| row.node == node);
        Ok(row.ok_or(Refusal::NoSuchLease)?)
    }
}
