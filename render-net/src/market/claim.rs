//! Giving out work: which job is next, which blocks, and how many.

use std::cmp::Reverse;
use std::collections::{BTreeMap, VecDeque};

use frame::{BlockRange, NodeId, TileGrid, TileIndex};

use super::row::{Cursor, JobRow, KeyRow, KeyState, LeaseRow, LeaseState, NodeRow};
use super::{Count, Halt, Turn};
use crate::wire::{Bounded, Event, JobState, Lease, ObjectName, Pull, Refusal, Response, node};

/// How long a node that got nothing is counted as waiting beyond the time it asked to wait.
const WAITING_GRACE_MS: u64 = 1_000;
/// How many returned tiles are looked through for one that this node may have.
const OPEN_TILES_SEEN: usize = 16;
/// How many waiting nodes are compared with the one that asks.
const WAITING_SEEN: usize = 256;

/// Blocks that can be given out.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) frame_at: u32,
    pub(super) tile: TileIndex,
    pub(super) blocks: BlockRange,
    /// Nobody touched these before: they are the ones at the cursor.
    pub(super) fresh: bool,
}

impl Turn<'_> {
    pub(super) fn pull(&mut self, node: NodeId, pull: &Pull) -> Result<Response, Halt> {
        let row = self.rows.node(node)?.ok_or(Refusal::NotRegistered)?;
        let running = self.rows.leases_of_node(node)?;
        let room = self.terms.node_leases_max.saturating_sub(running.len());
        let most = room.min(pull.capacity as usize).min(node::LEASES_MAX);
        let mut leases = Vec::new();
        // What the node has in hand already, in time; two leases always, so that one is there when one is done.
        let mut in_hand = running.len();
        let mut in_hand_ms = 0u64;
        for lease in &running {
            in_hand_ms = in_hand_ms.saturating_add(self.predicted_ms(lease)?);
        }
        let mut of_artists = if most > 0 { self.leases_of_artists()? } else { BTreeMap::new() };
        while leases.len() < most && (in_hand < 2 || in_hand_ms < self.terms.lease_ms) {
            let Some((lease, predicted_ms)) = self.grant_next(&row, &mut of_artists)? else { break };
            leases.push(lease);
            in_hand += 1;
            in_hand_ms = in_hand_ms.saturating_add(predicted_ms);
        }
        let idle = in_hand == 0 && pull.capacity > 0;
        let until_ms = self.now_ms + u64::from(pull.wait_ms) + WAITING_GRACE_MS;
        self.rows.set_waiting(node, idle.then_some(until_ms))?;
        Ok(Response::Leases(Bounded::cut(leases)))
    }

    /// How many leases the jobs of each artist have together.
    fn leases_of_artists(&self) -> Result<BTreeMap<NodeId, u32>, Halt> {
        let mut of_artists = BTreeMap::new();
        for id in self.rows.active_jobs(self.terms.jobs_max)? {
            let Some(job) = self.rows.job(id)? else { continue };
            *of_artists.entry(job.artist).or_default() += job.leases;
        }
        Ok(of_artists)
    }

    /// The next piece for a node, from the least served job that will have it.
    fn grant_next(
        &mut self,
        node: &NodeRow,
        of_artists: &mut BTreeMap<NodeId, u32>,
    ) -> Result<Option<(Lease, u64)>, Halt> {
        let demand = self.rows.demand(node.node)?;
        for id in self.rows.active_jobs(self.terms.jobs_max)? {
            let Some(mut job) = self.rows.job(id)?.filter(JobRow::is_wanted) else { continue };
            let of_artist = of_artists.entry(job.artist).or_default();
            if !job.suits(node) || *of_artist >= self.terms.artist_leases_max {
                continue;
            }
            if !self.is_judged_by(id, &demand)? {
                continue;
            }
            let Some(key) = self.usable_key(&mut job, node)? else { continue };
            if self.is_left_to_others(&job, node)? {
                continue;
            }
            let place = match self.open_place(&job, node.node)? {
                Some(place) => Some(place),
                None => match self.fresh_place(&job) {
                    Some(place) => Some(place),
                    None => self.split_off(&mut job, node, &key)?,
                },
            };
            if let Some(place) = place {
                *of_artists.entry(job.artist).or_default() += 1;
                return self.grant(job, node, &key, place).map(Some);
            }
        }
        Ok(None)
    }

    /// The key with which the node may work; asks the artist for it when there is none yet.
    fn usable_key(&mut self, job: &mut JobRow, node: &NodeRow) -> Result<Option<KeyRow>, Halt> {
        let Some(key) = self.rows.key(job.job, node.node)? else {
            self.ask_for_key(job, node.node, KeyRow::awaited())?;
            return Ok(None);
        };
        if self.is_out(job.job, node.node, &key)? {
            return Ok(None);
        }
        match &key.state {
            KeyState::Given { descriptor, .. } if *descriptor == ObjectName::of(&node.descriptor) => {
                Ok(Some(key))
            }
            // Wrapped for a descriptor that the node no longer uses.
            KeyState::Given { .. } => {
                self.ask_for_key(job, node.node, key)?;
                Ok(None)
            }
            KeyState::Awaited | KeyState::TurnedAway => Ok(None),
        }
    }

    /// Whether so little is left that idle nodes with a better bid should have it: cheapest, then fastest.
    fn is_left_to_others(&self, job: &JobRow, node: &NodeRow) -> Result<bool, Halt> {
        let left = job.pieces_free();
        if left == 0 || left > WAITING_SEEN as u64 {
            return Ok(false);
        }
        let mut better = 0;
        for (other, until_ms) in self.rows.waiting(WAITING_SEEN)? {
            if other == node.node || until_ms < self.now_ms {
                continue;
            }
            let Some(row) = self.rows.node(other)? else { continue };
            let bid = |row: &NodeRow| (row.price, Reverse(row.speed), row.node);
            if bid(&row) < bid(node) && job.suits(&row) && self.could_work(job, &row)? {
                better += 1;
            }
        }
        Ok(better >= left)
    }

    /// Whether a waiting node is sure to take what it is offered: one with a blemish may be shunned.
    fn could_work(&self, job: &JobRow, node: &NodeRow) -> Result<bool, Halt> {
        let current = ObjectName::of(&node.descriptor);
        let key = self.rows.key(job.job, node.node)?.filter(|key| key.failures == 0 && key.refusals == 0);
        let fits = key.is_some_and(
            |key| matches!(key.state, KeyState::Given { descriptor, .. } if descriptor == current),
        );
        // Admitted to the job, it may since have asked for a referee.
        Ok(fits
            && !self.has_stumbled(job.job, node.node)?
            && self.is_judged_by(job.job, &self.rows.demand(node.node)?)?)
    }

    /// Blocks that came back, unless this node is the one that just gave them up.
    pub(super) fn open_place(&self, job: &JobRow, node: NodeId) -> Result<Option<Place>, Halt> {
        for (frame_at, tile) in self.rows.open_tiles(job.job, OPEN_TILES_SEEN)? {
            let coverage = self.rows.tile(job.job, frame_at, tile)?;
            let shunned = coverage.shunned.is_some_and(|(who, until)| who == node && self.now_ms < until);
            if let Some(blocks) = coverage.first_open().filter(|_| !shunned) {
                return Ok(Some(Place { frame_at, tile, blocks, fresh: false }));
            }
        }
        Ok(None)
    }

    /// The blocks at the cursor; `None` when every block was given out once.
    fn fresh_place(&mut self, job: &JobRow) -> Option<Place> {
        let cursor = job.cursor;
        if cursor.frame_at >= job.frames {
            return None;
        }
        let tile = self.centres.tile(job.grid(), cursor.tile_at)?;
        let blocks = if job.whole_tiles {
            BlockRange { first: 0, count: job.blocks_per_tile }
        } else if cursor.second_pass {
            BlockRange { first: cursor.block, count: job.blocks_per_tile - cursor.block }
        } else {
            BlockRange { first: 0, count: 1 }
        };
        Some(Place { frame_at: cursor.frame_at, tile, blocks, fresh: true })
    }

    fn grant(
        &mut self,
        mut job: JobRow,
        node: &NodeRow,
        key: &KeyRow,
        mut place: Place,
    ) -> Result<(Lease, u64), Halt> {
        place.blocks.count = place.blocks.count.min(self.blocks_for(&job, key, place));
        let (frame_at, tile, blocks) = (place.frame_at, place.tile, place.blocks);
        let lease = self.rows.next_lease()?;
        let mut coverage = self.rows.tile(job.job, frame_at, tile)?;
        coverage.lease(blocks, lease).map_err(|_| Refusal::Failed)?;
        coverage.shunned = None;
        self.rows.put_tile(job.job, frame_at, tile, &coverage)?;
        if place.fresh {
            job.cursor = job.cursor.past(&job, blocks);
        }
        let frame = self.rows.frame(job.job, frame_at)?;
        let row = LeaseRow {
            lease,
            job: job.job,
            node: node.node,
            frame_at,
            frame: frame.frame,
            tile,
            blocks,
            price: node.price,
            granted_ms: self.now_ms,
            lapses_at_ms: self.now_ms + self.terms.lapse_ms,
            beat_ms: self.now_ms,
            progress_ms: self.now_ms,
            blocks_begun: 0,
            state: LeaseState::Open,
        };
        self.rows.put_lease(&row)?;
        job.leases += 1;
        job.blocks_leased += u64::from(blocks.count);
        let samples = job.samples(tile, blocks);
        job.stride = job.stride.saturating_add(samples);
        self.counted(Count::LeaseGranted);
        self.tell(&mut job, &Event::Leased { lease, node: node.node, piece: row.piece() })?;
        self.rows.put_job(&job)?;
        debug_assert_eq!(job.state, JobState::Active);
        let rect = job.grid().rect(tile).ok_or(Refusal::Failed)?;
        let answer = Lease {
            lease,
            job: job.job,
            frame: frame.frame,
            tile,
            rect,
            blocks,
            lapses_ms: self.terms.lapse_ms as u32,
            heartbeat_ms: self.terms.heartbeat_ms as u32,
            manifest: frame.manifest,
        };
        Ok((answer, time_ms(samples, key.speed, self.terms.lease_ms)))
    }

    /// How many blocks fill a lease at the node's speed; one while the speed is not known. Of a whole tile, all.
    fn blocks_for(&self, job: &JobRow, key: &KeyRow, place: Place) -> u32 {
        if job.whole_tiles {
            return place.blocks.count;
        }
        let one = BlockRange { first: place.blocks.first, count: 1 };
        let block_ms = time_ms(job.samples(place.tile, one), key.speed, self.terms.lease_ms).max(1);
        (self.terms.lease_ms / block_ms).clamp(1, u64::from(u32::MAX)) as u32
    }

    /// How long the rest of a running lease should take.
    pub(super) fn predicted_ms(&self, lease: &LeaseRow) -> Result<u64, Halt> {
        let speed = self.rows.key(lease.job, lease.node)?.map_or(0, |key| key.speed);
        let Some(job) = self.rows.job(lease.job)? else { return Ok(0) };
        let left = BlockRange {
            first: lease.blocks.first + lease.blocks_begun,
            count: lease.blocks.count.saturating_sub(lease.blocks_begun),
        };
        Ok(time_ms(job.samples(lease.tile, left), speed, self.terms.lease_ms))
    }
}

/// Milliseconds for some samples at a speed in samples per second; `unknown` when the speed is not known.
pub(super) fn time_ms(samples: u64, speed: u64, unknown: u64) -> u64 {
    if speed == 0 {
        unknown
    } else {
        (u128::from(samples) * 1000 / u128::from(speed)).min(u128::from(u64::MAX)) as u64
    }
}

/// Orders of tiles from the centre, kept because sorting a large grid on every claim would cost more than the claim.
/// The one used last comes first.
#[derive(Debug, Default)]
pub(super) struct Centres {
    orders: VecDeque<(TileGrid, Vec<TileIndex>)>,
}

/// Tiles in all orders that are kept, 64 MiB: those of 64 of the largest frames, or of every job that there may be.
const CENTRES_TILES_MAX: usize = 1 << 24;

impl Centres {
    fn tile(&mut self, grid: TileGrid, at: u32) -> Option<TileIndex> {
        let known = self.orders.iter().position(|(known, _)| *known == grid);
        let order = known.and_then(|known| self.orders.remove(known));
        self.orders.push_front(order.unwrap_or_else(|| (grid, grid.from_centre())));
        while self.tiles() > CENTRES_TILES_MAX && self.orders.len() > 1 {
            self.orders.pop_back();
        }
        self.orders.front()?.1.get(at as usize).copied()
    }

    fn tiles(&self) -> usize {
        self.orders.iter().map(|(_, order)| order.len()).sum()
    }
}

impl Cursor {
    /// The cursor after its blocks were given out.
    fn past(mut self, job: &JobRow, blocks: BlockRange) -> Self {
        if self.second_pass && blocks.end() < job.blocks_per_tile {
            self.block = blocks.end();
            return self;
        }
        self.block = 1;
        self.tile_at += 1;
        if self.tile_at < job.grid().len() {
            return self;
        }
        self.tile_at = 0;
        if self.second_pass || job.whole_tiles || job.blocks_per_tile == 1 {
            self.second_pass = false;
            self.frame_at += 1;
        } else {
            self.second_pass = true;
        }
        self
    }
}
