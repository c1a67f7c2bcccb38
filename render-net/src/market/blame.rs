//! What speaks against a node in a job, or against a job, without anybody having refused a result.
//!
//! A lease that lapses or stalls may be bad luck; three of them with nothing delivered between are not. A node that hands work back has every right to,
//! and yet it may do nothing else. Both are counted, are forgotten with time, and wholly with the next piece that the node delivers.

use frame::{JobId, NodeId};

use super::row::{DoubtRow, JobRow, KeyRow, StumbleRow};
use super::{Halt, Turn};

/// Weights in quarters of a failure.
const FAILURE: u32 = 4;
pub(super) const LAPSED: u32 = FAILURE;
pub(super) const HANDED_BACK: u32 = 1;
/// After this long a quarter is forgotten: longer than a stall takes to be seen, or a node could stall for ever.
const FORGOTTEN_MS: u64 = 15 * 60_000;
/// What happens within this time has one cause: a node that dies holds many leases.
const AT_ONCE_MS: u64 = 10_000;

impl Turn<'_> {
    /// A lease of the node came to nothing.
    pub(super) fn stumbled(&mut self, job: JobId, node: NodeId, weight: u32) -> Result<(), Halt> {
        let before = self.rows.stumbles(job, node)?;
        if before.weight > 0 && self.now_ms.saturating_sub(before.at_ms) < AT_ONCE_MS {
            return Ok(());
        }
        let weight = self.weight_left(before).saturating_add(weight);
        self.rows.put_stumbles(job, node, StumbleRow { weight, at_ms: self.now_ms })?;
        Ok(())
    }

    /// Whether a node gets no more of a job, for now or for good.
    pub(super) fn is_out(&self, job: JobId, node: NodeId, key: &KeyRow) -> Result<bool, Halt> {
        let limit = self.terms.failures_max;
        let stumbles = self.weight_left(self.rows.stumbles(job, node)?);
        Ok(key.failures >= limit || key.refusals >= limit || stumbles >= limit.saturating_mul(FAILURE))
    }

    /// Whether anything is still remembered against the node.
    pub(super) fn has_stumbled(&self, job: JobId, node: NodeId) -> Result<bool, Halt> {
        Ok(self.weight_left(self.rows.stumbles(job, node)?) > 0)
    }

    /// The node delivered something: what it stumbled over is forgotten, and the job can be done.
    pub(super) fn forget_stumbles(&mut self, job: JobId, node: NodeId) -> Result<(), Halt> {
        self.rows.put_stumbles(job, node, StumbleRow::default())?;
        self.rows.put_doubts(job, &DoubtRow::default())?;
        Ok(())
    }

    /// A node says that the job cannot be done; it is stopped when enough of them say so and none has done anything. One alone may be lying.
    pub(super) fn doubted(&mut self, job: &mut JobRow, node: NodeId) -> Result<(), Halt> {
        let mut doubts = self.rows.doubts(job.job)?;
        if !doubts.nodes.contains(&node) {
            doubts.nodes.push(node);
            self.rows.put_doubts(job.job, &doubts)?;
        }
        let nodes = doubts.nodes.len();
        if nodes < self.terms.failures_max as usize {
            return Ok(());
        }
        self.end_early(job, format!("{nodes} nodes say that it cannot be rendered"))
    }

    fn weight_left(&self, row: StumbleRow) -> u32 {
        let forgotten = self.now_ms.saturating_sub(row.at_ms) / FORGOTTEN_MS;
        row.weight.saturating_sub(u32::try_from(forgotten).unwrap_or(u32::MAX))
    }
}
