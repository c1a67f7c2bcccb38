//! Checking the whole market from its rows: every block once, every accepted block paid once, every sum equal.

use std::collections::BTreeMap;

use frame::{JobId, LeaseId};

use super::coverage::{Coverage, Holder};
use super::row::{JobRow, LeaseRow, LeaseState};
use crate::ledger::{self, AccountId, Imbalance, Kind, Ledger, Purpose};
use crate::store::row::decode;
use crate::store::{Records, StoreFault, Table, after};
use crate::wire::JobState;

/// What a healthy market holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Health {
    /// Jobs, ended ones included.
    pub jobs: u64,
    /// Jobs with every block accepted.
    pub jobs_done: u64,
    /// Accepted tile blocks.
    pub blocks_accepted: u64,
    /// Lines of the ledger.
    pub ledger_lines: u64,
}

/// The market's rows contradict each other.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// Money does not add up.
    #[error(transparent)]
    Ledger(#[from] Imbalance),
    /// A lease and the ledger, or a lease and its tile, disagree.
    #[error("lease {0:?}: {1}")]
    Lease(LeaseId, &'static str),
    /// A job's counts are not those of its tiles, or its escrow is wrong.
    #[error("job {0:?}: {1}")]
    Job(JobId, &'static str),
    /// The records failed.
    #[error(transparent)]
    Store(#[from] StoreFault),
}

/// Blocks of a job by what its tiles say.
#[derive(Default)]
struct Counts {
    leased: u64,
    committed: u64,
    accepted: u64,
    leases: u32,
}

/// Reads everything and checks every invariant.
pub fn audit(records: &mut dyn Records) -> Result<Health, Fault> {
    let mut health = Health { ledger_lines: ledger::audit(records)?, ..Health::default() };
    let leases = rows::<LeaseRow>(records, Table::Lease)?;
    let leases: BTreeMap<LeaseId, LeaseRow> = leases.into_iter().map(|(_, row)| (row.lease, row)).collect();
    let mut counts: BTreeMap<JobId, Counts> = BTreeMap::new();
    let mut seen = BTreeMap::new();
    for (key, coverage) in rows::<Coverage>(records, Table::Tile)? {
        let job = JobId(*key.first_chunk().ok_or(StoreFault::Damaged(Table::Tile))?);
        count_tile(&coverage, &leases, counts.entry(job).or_default(), &mut seen)?;
    }
    for lease in leases.values() {
        let on_tile = seen.get(&lease.lease).copied().unwrap_or(0);
        check_lease(records, lease, on_tile)?;
    }
    for (_, job) in rows::<JobRow>(records, Table::Job)? {
        let counts = counts.remove(&job.job).unwrap_or_default();
        check_job(records, &job, &counts)?;
        health.jobs += 1;
        health.jobs_done += u64::from(job.state == JobState::Done);
        health.blocks_accepted += counts.accepted;
    }
    Ok(health)
}

fn count_tile(
    coverage: &Coverage,
    leases: &BTreeMap<LeaseId, LeaseRow>,
    counts: &mut Counts,
    seen: &mut BTreeMap<LeaseId, u32>,
) -> Result<(), Fault> {
    let mut end = 0;
    for run in coverage.runs() {
        if run.blocks.first < end || run.blocks.count == 0 {
            return Err(StoreFault::Damaged(Table::Tile).into());
        }
        end = run.blocks.end();
        let blocks = u64::from(run.blocks.count);
        let (id, fits) = match run.holder {
            Holder::Open => continue,
            Holder::Leased(id) => {
                counts.leased += blocks;
                counts.leases += 1;
                (id, leases.get(&id).is_some_and(|lease| lease.state == LeaseState::Open))
            }
            Holder::Committed(id) => {
                counts.committed += blocks;
                (id, leases.get(&id).is_some_and(|lease| lease.is_waiting()))
            }
            Holder::Accepted(id) => {
                counts.committed += blocks;
                counts.accepted += blocks;
                (id, leases.get(&id).is_some_and(|lease| matches!(lease.state, LeaseState::Accepted { .. })))
            }
        };
        if !fits || leases.get(&id).is_none_or(|lease| lease.blocks != run.blocks) {
            return Err(Fault::Lease(id, "its tile says otherwise"));
        }
        *seen.entry(id).or_default() += 1;
    }
    Ok(())
}

fn check_lease(records: &mut dyn Records, lease: &LeaseRow, on_tile: u32) -> Result<(), Fault> {
    let ledger = Ledger::new(records, 0);
    let hold = ledger.transfer_for(Purpose::Pay(lease.lease))?;
    let settled = ledger.settled(Purpose::Pay(lease.lease))?;
    let held = hold.map(|hold| hold.amount);
    let (places, paid) = match &lease.state {
        LeaseState::Open => (1, held.is_none()),
        LeaseState::Lost => (0, held.is_none()),
        LeaseState::Committed { amount, .. } | LeaseState::Disputed { amount, .. } => {
            (1, held == Some(*amount) && settled.is_none())
        }
        LeaseState::Accepted { amount, .. } => {
            (1, held == Some(*amount) && matches!(settled, Some(Kind::Post(_))))
        }
        LeaseState::Refused => (0, held.is_some() && matches!(settled, Some(Kind::Void(_)))),
    };
    if on_tile != places {
        return Err(Fault::Lease(lease.lease, "it is not where its state says"));
    }
    if !paid {
        return Err(Fault::Lease(lease.lease, "its pay does not fit its state"));
    }
    Ok(())
}

fn check_job(records: &mut dyn Records, job: &JobRow, counts: &Counts) -> Result<(), Fault> {
    let same = (job.blocks_leased, job.blocks_committed, job.blocks_accepted, job.leases)
        == (counts.leased, counts.committed, counts.accepted, counts.leases);
    if !same {
        return Err(Fault::Job(job.job, "its counts are not those of its tiles"));
    }
    let all = counts.accepted == job.blocks();
    if (job.state == JobState::Done && !all) || (job.state.is_open() && all) {
        return Err(Fault::Job(job.job, "it is done and not done"));
    }
    let escrow = Ledger::new(records, 0).account(AccountId::Escrow(job.job))?;
    if escrow.debits_posted + escrow.debits_held + escrow.available() != escrow.credits_posted {
        return Err(Fault::Job(job.job, "its escrow is overdrawn"));
    }
    if !job.state.is_open() && escrow.available() != 0 {
        return Err(Fault::Job(job.job, "its unspent escrow was not returned"));
    }
    Ok(())
}

fn rows<T: serde::de::DeserializeOwned>(
    records: &dyn Records,
    table: Table,
) -> Result<Vec<(Vec<u8>, T)>, StoreFault> {
    let found = records.scan(table, &[], &after(&[]), usize::MAX)?;
    found.into_iter().map(|(key, body)| Ok((key, decode(table, &body)?))).collect()
}
