//! How a market stands at a moment: sums over what is being worked on, for whoever runs it.
//!
//! Only running jobs and open disputes are read, whose numbers have bounds; ended jobs, of which there may be any number, are not. It costs about as
//! much as one node's question for work.

use super::rows::Rows;
use super::{Market, Terms};
use crate::store::{Store, StoreFault, Table, after};

/// Open disputes that are counted; of more, there are so many.
const DISPUTES_COUNTED_MAX: usize = 1_000;

/// Sums over running jobs. A block is some samples of each pixel of a tile; the counts of a job's blocks add up to all it has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Census {
    /// Jobs that are not over.
    pub jobs: u64,
    /// Those that their artists have paused.
    pub jobs_paused: u64,
    /// Blocks of jobs that nobody works on and nobody delivered, and that nodes may have.
    pub blocks_queued: u64,
    /// The same of paused jobs, which no node gets.
    pub blocks_paused: u64,
    /// Their blocks that nodes work on.
    pub blocks_leased: u64,
    /// Their blocks that were delivered and are not settled.
    pub blocks_delivered: u64,
    /// Their blocks that were accepted.
    pub blocks_accepted: u64,
    /// Leases that run.
    pub leases: u64,
    /// Refused results that wait for a referee.
    pub disputes: u64,
}

impl Market {
    /// Counts a store's running jobs and open disputes.
    ///
    /// # Errors
    /// The store's.
    pub fn census(store: &mut dyn Store) -> Result<Census, StoreFault> {
        let mut transaction = store.begin()?;
        let rows = Rows { records: &mut *transaction };
        let mut census = Census::default();
        // As many as may be posted; an owner who has lowered that since sees at least the usual number.
        for id in rows.active_jobs(Terms::default().jobs_max)? {
            let Some(job) = rows.job(id)? else { continue };
            census.jobs += 1;
            match job.is_wanted() {
                true => census.blocks_queued += job.blocks_free(),
                false => {
                    census.jobs_paused += 1;
                    census.blocks_paused += job.blocks_free();
                }
            }
            census.blocks_leased += job.blocks_leased;
            census.blocks_delivered += job.blocks_committed.saturating_sub(job.blocks_accepted);
            census.blocks_accepted += job.blocks_accepted;
            census.leases += u64::from(job.leases);
        }
        let disputes = rows.records.scan(Table::Dispute, &[], &after(&[]), DISPUTES_COUNTED_MAX)?;
        census.disputes = disputes.len() as u64;
        Ok(census)
    }
}
