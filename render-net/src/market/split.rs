//! The end of a job: when nothing fresh is left, untouched blocks move from slow nodes to idle ones.
//!
//! Samples add up, so a straggler's work is divided rather than repeated. Only a silent node's blocks are given
//! to somebody else while it may still be at work, and then the first commit wins.
//! Source: Zaharia et al., "Improving MapReduce Performance in Heterogeneous Environments" (LATE), 2008, for
//! choosing by time left.

use frame::BlockRange;

use super::claim::{Place, time_ms};
use super::row::{JobRow, KeyRow, LeaseRow, NodeRow};
use super::{Halt, Turn};

/// Less time left than this is not worth a second hand.
const WORTH_MS: u64 = 1_500;
/// The same where a node denoises what it renders: of a divided tile it cannot, and the artist's machine has to.
const WORTH_TILE_MS: u64 = 6_000;

impl Turn<'_> {
    /// Opens blocks of another node's lease for this one; `None` when nobody is slow enough.
    pub(super) fn split_off(
        &mut self,
        job: &mut JobRow,
        node: &NodeRow,
        key: &KeyRow,
    ) -> Result<Option<Place>, Halt> {
        let mut slowest: Option<(u64, LeaseRow, u32)> = None;
        let running = self.rows.leases_of_job(job.job)?;
        for lease in running.iter().filter(|lease| lease.node != node.node) {
            if self.now_ms >= lease.beat_ms + self.terms.silence_ms {
                return self.take(job, lease.clone(), lease.blocks.first);
            }
            let Some((left_ms, keeps)) = self.left(job, lease, &running, key)? else { continue };
            // A lease that keeps nothing moves as it is; any other is divided.
            let worth_ms = if job.whole_tiles && keeps > 0 { WORTH_TILE_MS } else { WORTH_MS };
            if left_ms <= worth_ms {
                continue;
            }
            if slowest.as_ref().is_none_or(|(most, _, _)| left_ms > *most) {
                slowest = Some((left_ms, lease.clone(), keeps));
            }
        }
        match slowest {
            Some((_, lease, keeps)) => {
                let from = lease.blocks.first + keeps;
                self.take(job, lease, from)
            }
            None => Ok(None),
        }
    }

    /// How long a lease's node still needs for it, and how many of its blocks it should keep.
    fn left(
        &self,
        job: &JobRow,
        lease: &LeaseRow,
        running: &[LeaseRow],
        key: &KeyRow,
    ) -> Result<Option<(u64, u32)>, Halt> {
        let age_ms = self.now_ms.saturating_sub(lease.granted_ms);
        let speed = self.rows.key(lease.job, lease.node)?.map_or(0, |key| key.speed);
        let time = |count| {
            let first = lease.blocks.end() - count;
            // A node of unknown speed is judged by the time it has had.
            time_ms(job.samples(lease.tile, BlockRange { first, count }), speed, age_ms)
        };
        let block_ms = time(1).max(1);
        // The oldest lease of a node is the one at work; the others wait for it in the node's hands.
        let oldest = running.iter().find(|other| other.node == lease.node);
        let waits = oldest.is_some_and(|oldest| oldest.lease != lease.lease) && lease.blocks_begun == 0;
        if waits {
            return Ok(Some((age_ms.max(block_ms), 0)));
        }
        let since_beat = self.now_ms.saturating_sub(lease.beat_ms) / block_ms;
        let begun = u64::from(lease.blocks_begun.max(1)) + since_beat;
        let untouched = u64::from(lease.blocks.count).saturating_sub(begun);
        if untouched == 0 {
            return Ok(None);
        }
        // Shared in proportion to the two speeds, so that both finish together.
        let mine = if key.speed == 0 || speed == 0 {
            untouched.div_ceil(2)
        } else {
            (untouched * key.speed / (key.speed + speed)).max(1)
        };
        Ok(Some((untouched * block_ms, lease.blocks.count - mine as u32)))
    }

    /// Takes a lease's blocks from `from` on; all of them when it keeps none.
    fn take(&mut self, job: &mut JobRow, mut lease: LeaseRow, from: u32) -> Result<Option<Place>, Halt> {
        let (frame_at, tile) = (lease.frame_at, lease.tile);
        if from <= lease.blocks.first {
            let blocks = lease.blocks;
            self.reopen(lease, None)?;
            let Some(fresh) = self.rows.job(job.job)? else { return Ok(None) };
            *job = fresh;
            return Ok(Some(Place { frame_at, tile, blocks, fresh: false }));
        }
        let mut coverage = self.rows.tile(job.job, frame_at, tile)?;
        let Some(blocks) = coverage.release(lease.lease, from) else { return Ok(None) };
        self.rows.put_tile(job.job, frame_at, tile, &coverage)?;
        lease.blocks.count -= blocks.count;
        self.rows.put_lease(&lease)?;
        job.blocks_leased -= u64::from(blocks.count);
        job.not_served(tile, blocks);
        self.rows.put_job(job)?;
        Ok(Some(Place { frame_at, tile, blocks, fresh: false }))
    }
}
