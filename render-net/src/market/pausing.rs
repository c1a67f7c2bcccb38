//! An artist wants no more of a job for now, and wants it again.
//!
//! Pieces that nodes hold are finished and paid; no other is begun. The job keeps its place among the running ones, so that what is
//! stored for it stays, it counts against its artist's limits, and it ends like any other when nobody comes back.

use frame::{JobId, NodeId};

use super::{Effect, Halt, Turn};
use crate::wire::{Event, JobState, Pause, Refusal, Response};

impl Turn<'_> {
    pub(super) fn pause(&mut self, artist: NodeId, pause: Pause) -> Result<Response, Halt> {
        let mut job = self.job_of(artist, pause.job)?;
        let (wanted, event) = match pause.is_paused {
            true => (JobState::Paused, Event::Paused),
            false => (JobState::Active, Event::Resumed),
        };
        if !job.state.is_open() {
            return Err(Refusal::JobEnded.into());
        }
        if job.state == wanted {
            return Ok(Response::Done);
        }
        job.state = wanted;
        if job.is_wanted() {
            // It is not paid back for the time in which nobody wanted it.
            job.stride = job.stride.max(self.level(job.job)?);
            self.wake(Effect::WakeNodes);
        }
        self.tell(&mut job, &event)?;
        self.rows.put_job(&job)?;
        Ok(Response::Done)
    }

    /// Where a job begins that comes now, or comes back: level with the least served of the others that are wanted. Where all others are
    /// paused, with the most served of them, which was the last to be wanted.
    pub(super) fn level(&self, job: JobId) -> Result<u64, Halt> {
        let mut most = 0;
        for id in self.rows.active_jobs(self.terms.jobs_max)? {
            let Some(other) = self.rows.job(id)?.filter(|other| other.job != job) else { continue };
            if other.is_wanted() {
                return Ok(other.stride);
            }
            most = other.stride;
        }
        Ok(most)
    }
}
