//! Jobs whose artists do not come back: they are stopped, so that nobody renders for nobody and no scene is kept for ever.
//!
//! A sign is whatever an artist does with a job: posting it, following it, giving keys, verdicts, a link to look on. Time without a sign is added up
//! step by step, and only while the coordinator runs: when it was off, nobody could give one. What was delivered is paid as always, and counts as not
//! settled for as long again, so that an artist who comes back late still finds it.

use std::collections::BTreeSet;

use frame::JobId;

use super::row::JobRow;
use super::{Halt, Turn};
use crate::wire::JobState;

/// How often it is looked who is absent.
const STEP_MS: u64 = 3_600_000;
const DAY_MS: u64 = 24 * 3_600_000;

impl Turn<'_> {
    /// Adds the time since the last look to every running job's absence, and stops those of which it is too long.
    pub(super) fn look_for_absent(&mut self) -> Result<(), Halt> {
        let looked_ms = self.rows.absences_looked_ms()?;
        let Some(passed_ms) = looked_ms.map(|looked_ms| self.now_ms.saturating_sub(looked_ms)) else {
            self.rows.set_absences_looked(self.now_ms)?;
            return Ok(());
        };
        if passed_ms < STEP_MS {
            return Ok(());
        }
        self.rows.set_absences_looked(self.now_ms)?;
        // A coordinator that was off looked long ago.
        let counted_ms = passed_ms.min(2 * STEP_MS);
        let mut jobs: BTreeSet<JobId> = self.rows.active_jobs(self.terms.jobs_max)?.into_iter().collect();
        jobs.extend(self.rows.absences(usize::MAX)?);
        for id in jobs {
            let absence_ms = self.rows.absence(id)?.saturating_add(counted_ms);
            self.count(id, absence_ms)?;
        }
        Ok(())
    }

    fn count(&mut self, id: JobId, absence_ms: u64) -> Result<(), Halt> {
        let Some(mut job) = self.rows.job(id)? else { return Ok(()) };
        let limit_ms = self.terms.absence_ms;
        if job.state.is_open() && absence_ms >= limit_ms {
            let days = limit_ms.div_ceil(DAY_MS);
            self.end_early(&mut job, format!("its artist gave no sign for {days} days"))?;
            self.rows.put_job(&job)?;
        }
        let is_over = !job.state.is_open() && absence_ms >= limit_ms.saturating_mul(2);
        Ok(self.rows.set_absence(id, if is_over { 0 } else { absence_ms })?)
    }

    /// The artist of a job did something with it.
    pub(super) fn gave_a_sign(&mut self, job: &JobRow) -> Result<(), Halt> {
        match job.state {
            JobState::Active | JobState::Paused => Ok(self.rows.set_absence(job.job, 0)?),
            // What is left of it is being collected.
            JobState::Done | JobState::Cancelled => Ok(()),
        }
    }
}
