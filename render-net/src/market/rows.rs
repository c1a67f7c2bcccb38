//! The market's view of a transaction: rows in, rows out, and the index records that find them again.

use std::collections::BTreeSet;

use frame::{FrameIndex, JobId, LeaseId, NodeId, TileIndex};

use super::coverage::Coverage;
use super::row::{DoubtRow, FrameRow, JobRow, KeyRow, KeyState, LeaseRow, LeaseState, NodeRow, StumbleRow};
use crate::store::key::{last_bytes, last_u64};
use crate::store::row::{decode, read, write};
use crate::store::{Key, Records, StoreFault, Table, after};
use crate::wire::{Committed, Event, JobPost, Opaque, Referees, Referral, ViewGrant, artist, node};

/// Typed rows over one transaction's records.
pub(crate) struct Rows<'a> {
    pub(crate) records: &'a mut dyn Records,
}

/// How often the time is written down.
pub(crate) const TIME_STEP_MS: u64 = 10_000;

/// How something is sealed to a referee.
type Descriptor = Opaque<{ node::DESCRIPTOR_BYTES_MAX }>;
/// What an artist signs.
type Words = Opaque<{ artist::VERDICT_BYTES_MAX }>;

type Found<T> = Result<T, StoreFault>;

impl Rows<'_> {
    pub(crate) fn job(&self, job: JobId) -> Found<Option<JobRow>> {
        read(self.records, Table::Job, &job.0)
    }

    /// Writes a job and moves it to its place among the active ones.
    pub(crate) fn put_job(&mut self, row: &JobRow) -> Found<()> {
        let place = |row: &JobRow| Key::new().u64(row.stride).job(row.job);
        let before = self.job(row.job)?.filter(|before| before.state.is_open());
        let moved = before.as_ref().is_none_or(|before| before.stride != row.stride);
        if before.is_some() && !row.state.is_open() {
            self.set_absence(row.job, 0)?;
        }
        if let Some(before) = before.filter(|_| moved || !row.state.is_open()) {
            self.records.remove(Table::Active, &place(&before))?;
        }
        if moved && row.state.is_open() {
            self.records.write(Table::Active, &place(row), &[])?;
        }
        write(self.records, Table::Job, &row.job.0, row)
    }

    pub(crate) fn put_frames(&mut self, post: &JobPost) -> Found<()> {
        for (at, &frame) in post.shape.frames.iter().enumerate() {
            let manifest = post.manifest(at).ok_or(StoreFault::Damaged(Table::Frame))?;
            let key = Key::new().job(post.job).u32(at as u32);
            write(self.records, Table::Frame, &key, &FrameRow { frame: FrameIndex(frame), manifest })?;
        }
        Ok(())
    }

    pub(crate) fn frame(&self, job: JobId, frame_at: u32) -> Found<FrameRow> {
        let key = Key::new().job(job).u32(frame_at);
        read(self.records, Table::Frame, &key)?.ok_or(StoreFault::Damaged(Table::Frame))
    }

    /// Jobs being worked on, least served first.
    pub(crate) fn active_jobs(&self, max: usize) -> Found<Vec<JobId>> {
        let found = self.records.scan(Table::Active, &[], &after(&[]), max)?;
        Ok(found.iter().filter_map(|(key, _)| last_bytes(key)).map(JobId).collect())
    }

    pub(crate) fn list_job(&mut self, row: &JobRow) -> Found<()> {
        let key = Key::new().peer(row.artist).u64(u64::MAX - row.posted_ms).job(row.job);
        self.records.write(Table::ArtistJob, &key, &[])
    }

    /// An artist's jobs, newest first.
    pub(crate) fn jobs_of(&self, artist: NodeId, max: usize) -> Found<Vec<JobId>> {
        let found = self.records.scan(Table::ArtistJob, &artist.0, &after(&artist.0), max)?;
        Ok(found.iter().filter_map(|(key, _)| last_bytes(key)).map(JobId).collect())
    }

    pub(crate) fn view(&self, job: JobId) -> Found<Option<ViewGrant>> {
        read(self.records, Table::View, &job.0)
    }

    pub(crate) fn set_view(&mut self, job: JobId, grant: Option<&ViewGrant>) -> Found<()> {
        match grant {
            Some(grant) => write(self.records, Table::View, &job.0, grant),
            None => self.records.remove(Table::View, &job.0),
        }
    }

    pub(crate) fn referee(&self, referee: NodeId) -> Found<Option<Descriptor>> {
        read(self.records, Table::Referee, &referee.0)
    }

    pub(crate) fn put_referee(&mut self, referee: NodeId, descriptor: &Descriptor) -> Found<()> {
        write(self.records, Table::Referee, &referee.0, descriptor)
    }

    pub(crate) fn referral(&self, job: JobId) -> Found<Option<Referral>> {
        read(self.records, Table::Referral, &job.0)
    }

    pub(crate) fn put_referral(&mut self, referral: &Referral) -> Found<()> {
        write(self.records, Table::Referral, &referral.job.0, referral)
    }

    /// Referees without one of whom a node does not work; none: it works without.
    pub(crate) fn demand(&self, node: NodeId) -> Found<Referees> {
        Ok(read(self.records, Table::Demand, &node.0)?.unwrap_or_default())
    }

    /// Nothing is written where nothing is asked for.
    pub(crate) fn set_demand(&mut self, node: NodeId, referees: &Referees) -> Found<()> {
        match referees.is_empty() {
            true => self.records.remove(Table::Demand, &node.0),
            false => write(self.records, Table::Demand, &node.0, referees),
        }
    }

    pub(crate) fn evidence(&self, lease: LeaseId) -> Found<Option<Committed>> {
        read(self.records, Table::Evidence, &Key::new().lease(lease))
    }

    pub(crate) fn put_evidence(&mut self, committed: &Committed) -> Found<()> {
        write(self.records, Table::Evidence, &Key::new().lease(committed.lease), committed)
    }

    /// What waits for a referee, oldest lease first, with the artist's words; only later leases than `behind`.
    pub(crate) fn disputes(
        &self,
        referee: NodeId,
        behind: LeaseId,
        max: usize,
    ) -> Found<Vec<(LeaseId, Words)>> {
        let from = Key::new().peer(referee).lease(LeaseId(behind.0.saturating_add(1)));
        let found = self.records.scan(Table::Dispute, &from, &after(&referee.0), max)?;
        let pairs = found.iter().filter_map(|(key, body)| {
            let lease = LeaseId(last_u64(key)?);
            Some(decode(Table::Dispute, body).map(|words| (lease, words)))
        });
        pairs.collect()
    }

    pub(crate) fn put_dispute(&mut self, referee: NodeId, lease: LeaseId, words: &Words) -> Found<()> {
        write(self.records, Table::Dispute, &Key::new().peer(referee).lease(lease), words)
    }

    /// Forgets what a referee would have had to see of a lease.
    pub(crate) fn drop_dispute(&mut self, referee: NodeId, lease: LeaseId) -> Found<()> {
        self.records.remove(Table::Evidence, &Key::new().lease(lease))?;
        self.records.remove(Table::Dispute, &Key::new().peer(referee).lease(lease))
    }

    pub(crate) fn node(&self, node: NodeId) -> Found<Option<NodeRow>> {
        read(self.records, Table::Node, &node.0)
    }

    pub(crate) fn put_node(&mut self, row: &NodeRow) -> Found<()> {
        write(self.records, Table::Node, &row.node.0, row)
    }

    /// Notes until when a node waits for work; `None` when it no longer does.
    pub(crate) fn set_waiting(&mut self, node: NodeId, until_ms: Option<u64>) -> Found<()> {
        match until_ms {
            Some(until_ms) => write(self.records, Table::Waiting, &node.0, &until_ms),
            None => self.records.remove(Table::Waiting, &node.0),
        }
    }

    /// Nodes that asked for work and got none, and until when they wait.
    pub(crate) fn waiting(&self, max: usize) -> Found<Vec<(NodeId, u64)>> {
        let found = self.records.scan(Table::Waiting, &[], &after(&[]), max)?;
        let pairs = found.iter().filter_map(|(key, body)| {
            let node = NodeId(last_bytes(key)?);
            Some(decode(Table::Waiting, body).map(|until_ms| (node, until_ms)))
        });
        pairs.collect()
    }

    pub(crate) fn key(&self, job: JobId, node: NodeId) -> Found<Option<KeyRow>> {
        read(self.records, Table::JobKey, &Key::new().job(job).peer(node))
    }

    pub(crate) fn put_key(&mut self, job: JobId, node: NodeId, row: &KeyRow) -> Found<()> {
        let key = Key::new().job(job).peer(node);
        match row.state {
            KeyState::Awaited => self.records.write(Table::Awaiting, &key, &[])?,
            _ => self.records.remove(Table::Awaiting, &key)?,
        }
        write(self.records, Table::JobKey, &key, row)
    }

    pub(crate) fn stumbles(&self, job: JobId, node: NodeId) -> Found<StumbleRow> {
        Ok(read(self.records, Table::Blame, &Key::new().job(job).peer(node))?.unwrap_or_default())
    }

    /// Nothing is written where nothing speaks against the node.
    pub(crate) fn put_stumbles(&mut self, job: JobId, node: NodeId, row: StumbleRow) -> Found<()> {
        let key = Key::new().job(job).peer(node);
        match row.weight {
            0 => self.records.remove(Table::Blame, &key),
            _ => write(self.records, Table::Blame, &key, &row),
        }
    }

    pub(crate) fn doubts(&self, job: JobId) -> Found<DoubtRow> {
        Ok(read(self.records, Table::Blame, &job.0)?.unwrap_or_default())
    }

    pub(crate) fn put_doubts(&mut self, job: JobId, row: &DoubtRow) -> Found<()> {
        match row.nodes.is_empty() {
            true => self.records.remove(Table::Blame, &job.0),
            false => write(self.records, Table::Blame, &job.0, row),
        }
    }

    pub(crate) fn awaiting(&self, job: JobId, max: usize) -> Found<Vec<NodeId>> {
        let found = self.records.scan(Table::Awaiting, &job.0, &after(&job.0), max)?;
        Ok(found.iter().filter_map(|(key, _)| last_bytes(key)).map(NodeId).collect())
    }

    pub(crate) fn tile(&self, job: JobId, frame_at: u32, tile: TileIndex) -> Found<Coverage> {
        let key = Key::new().job(job).u32(frame_at).u32(tile.0);
        Ok(read(self.records, Table::Tile, &key)?.unwrap_or_default())
    }

    /// Writes a tile and lists it among the open ones, in the order in which they are wanted, or takes it off.
    pub(crate) fn put_tile(
        &mut self,
        job: JobId,
        frame_at: u32,
        tile: TileIndex,
        coverage: &Coverage,
    ) -> Found<()> {
        let place = |coverage: &Coverage| {
            let first = coverage.first_open()?.first;
            Some(Key::new().job(job).u32(frame_at).u32(first.min(1)).u32(tile.0))
        };
        let before = place(&self.tile(job, frame_at, tile)?);
        let now = place(coverage);
        if before != now {
            if let Some(before) = before {
                self.records.remove(Table::Open, &before)?;
            }
            if let Some(now) = now {
                self.records.write(Table::Open, &now, &[])?;
            }
        }
        write(self.records, Table::Tile, &Key::new().job(job).u32(frame_at).u32(tile.0), coverage)
    }

    /// Tiles with blocks that came back, most wanted first: position of the frame, and tile.
    pub(crate) fn open_tiles(&self, job: JobId, max: usize) -> Found<Vec<(u32, TileIndex)>> {
        let found = self.records.scan(Table::Open, &job.0, &after(&job.0), max)?;
        let places = found.iter().filter_map(|(key, _)| {
            let [a, b, c, d, _, _, _, _, tile @ ..]: [u8; 12] = last_bytes(key)?;
            Some((u32::from_be_bytes([a, b, c, d]), TileIndex(u32::from_be_bytes(tile))))
        });
        Ok(places.collect())
    }

    pub(crate) fn lease(&self, lease: LeaseId) -> Found<Option<LeaseRow>> {
        read(self.records, Table::Lease, &Key::new().lease(lease))
    }

    /// Writes a lease and lists it under its node, its job and its deadline, as its state asks.
    pub(crate) fn put_lease(&mut self, row: &LeaseRow) -> Found<()> {
        let before = self.lease(row.lease)?.map(|before| listed(&before)).unwrap_or_default();
        let now = listed(row);
        // Only what moves is written: a heartbeat changes the deadline alone.
        for (table, key) in before.iter().filter(|place| !now.contains(place)) {
            self.records.remove(*table, key)?;
        }
        for (table, key) in now.iter().filter(|place| !before.contains(place)) {
            self.records.write(*table, key, &[])?;
        }
        write(self.records, Table::Lease, &Key::new().lease(row.lease), row)
    }

    /// A node's running leases, oldest first.
    pub(crate) fn leases_of_node(&self, node: NodeId) -> Found<Vec<LeaseRow>> {
        self.leases(Table::NodeLease, &node.0, &after(&node.0), usize::MAX)
    }

    /// A job's running leases, oldest first.
    pub(crate) fn leases_of_job(&self, job: JobId) -> Found<Vec<LeaseRow>> {
        self.leases(Table::JobLease, &job.0, &after(&job.0), usize::MAX)
    }

    /// Nodes that have running leases, found in the first `max` of these.
    pub(crate) fn nodes_at_work(&self, max: usize) -> Found<BTreeSet<NodeId>> {
        let found = self.records.scan(Table::NodeLease, &[], &after(&[]), max)?;
        Ok(found.iter().filter_map(|(key, _)| key.first_chunk()).copied().map(NodeId).collect())
    }

    /// Running leases whose deadline is at or before a time.
    pub(crate) fn lapsed(&self, now_ms: u64, max: usize) -> Found<Vec<LeaseRow>> {
        self.leases(Table::Lapse, &[], &Key::new().u64(now_ms.saturating_add(1)), max)
    }

    /// Committed leases whose time for a verdict, or for a ruling on it, is over.
    pub(crate) fn verdicts_due(&self, now_ms: u64, max: usize) -> Found<Vec<LeaseRow>> {
        self.leases(Table::VerdictDue, &[], &Key::new().u64(now_ms.saturating_add(1)), max)
    }

    /// The latest time that was written down, at most [`TIME_STEP_MS`] before the latest that was acted on.
    pub(crate) fn time_ms(&self) -> Found<Option<u64>> {
        read(self.records, Table::Counter, &Key::new().bytes(b"time"))
    }

    /// Writes a time down, not more often than needed: each is a write to the disk. Returns it, or the later one that was written down.
    pub(crate) fn note_time(&mut self, now_ms: u64) -> Found<u64> {
        let noted_ms = self.time_ms()?;
        if noted_ms.is_none_or(|noted_ms| now_ms >= noted_ms.saturating_add(TIME_STEP_MS)) {
            write(self.records, Table::Counter, &Key::new().bytes(b"time"), &now_ms)?;
        }
        Ok(noted_ms.map_or(now_ms, |noted_ms| noted_ms.max(now_ms)))
    }

    /// When it was last looked which artists are absent.
    pub(crate) fn absences_looked_ms(&self) -> Found<Option<u64>> {
        read(self.records, Table::Counter, &Key::new().bytes(b"absences"))
    }

    pub(crate) fn set_absences_looked(&mut self, now_ms: u64) -> Found<()> {
        write(self.records, Table::Counter, &Key::new().bytes(b"absences"), &now_ms)
    }

    /// For how long a job's artist has given no sign, as far as it was counted.
    pub(crate) fn absence(&self, job: JobId) -> Found<u64> {
        Ok(read(self.records, Table::Counter, &Key::new().bytes(b"absence ").job(job))?.unwrap_or(0))
    }

    /// Jobs of which an absence was counted.
    pub(crate) fn absences(&self, max: usize) -> Found<Vec<JobId>> {
        let prefix = Key::new().bytes(b"absence ");
        let found = self.records.scan(Table::Counter, &prefix, &after(&prefix), max)?;
        Ok(found.iter().filter_map(|(key, _)| last_bytes(key)).map(JobId).collect())
    }

    /// Nothing is written where nothing was counted: artists give signs all the time.
    pub(crate) fn set_absence(&mut self, job: JobId, absence_ms: u64) -> Found<()> {
        let key = Key::new().bytes(b"absence ").job(job);
        match absence_ms {
            0 if self.records.read(Table::Counter, &key)?.is_none() => Ok(()),
            0 => self.records.remove(Table::Counter, &key),
            _ => write(self.records, Table::Counter, &key, &absence_ms),
        }
    }

    pub(crate) fn next_lease(&mut self) -> Found<LeaseId> {
        let key = Key::new().bytes(b"lease");
        let next: u64 = read(self.records, Table::Counter, &key)?.unwrap_or(1);
        write(self.records, Table::Counter, &key, &(next + 1))?;
        Ok(LeaseId(next))
    }

    pub(crate) fn put_event(&mut self, job: JobId, index: u64, event: &Event) -> Found<()> {
        write(self.records, Table::Journal, &Key::new().job(job).u64(index), event)
    }

    pub(crate) fn events(&self, job: JobId, since: u64, max: usize) -> Found<Vec<Event>> {
        let from = Key::new().job(job).u64(since);
        let found = self.records.scan(Table::Journal, &from, &after(&job.0), max)?;
        found.iter().map(|(_, body)| decode(Table::Journal, body)).collect()
    }

    fn leases(&self, table: Table, from: &[u8], to: &[u8], max: usize) -> Found<Vec<LeaseRow>> {
        let found = self.records.scan(table, from, to, max)?;
        let ids = found.iter().filter_map(|(key, _)| last_u64(key));
        ids.map(|id| self.lease(LeaseId(id))?.ok_or(StoreFault::Damaged(table))).collect()
    }
}

/// Under which keys a lease is found besides its own.
fn listed(row: &LeaseRow) -> Vec<(Table, Key)> {
    match row.state {
        LeaseState::Open => vec![
            (Table::NodeLease, Key::new().peer(row.node).lease(row.lease)),
            (Table::JobLease, Key::new().job(row.job).lease(row.lease)),
            (Table::Lapse, Key::new().u64(row.lapses_at_ms).lease(row.lease)),
        ],
        LeaseState::Committed { due_ms, .. } | LeaseState::Disputed { due_ms, .. } => {
            vec![(Table::VerdictDue, Key::new().u64(due_ms).lease(row.lease))]
        }
        LeaseState::Lost | LeaseState::Accepted { .. } | LeaseState::Refused => Vec::new(),
    }
}
