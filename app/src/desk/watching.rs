//! The jobs of this computer's artist as rows of a list, asked from their coordinators.

use frame::JobId;
use serde::{Deserialize, Serialize};
use specta::Type;

use crate::event::Event;
use crate::fault::Fault;
use crate::{jobs, onlooking};

/// The jobs, and what could not be asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, Type)]
pub struct Jobs {
    /// One row a job.
    pub rows: Vec<JobRow>,
    /// Coordinators that did not answer, and tickets that make no sense, in sentences.
    pub silent: Vec<String>,
}

/// One job.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Type)]
pub struct JobRow {
    /// Its id.
    pub job: String,
    /// One of: open, paused, done, cancelled, unknown.
    pub state: String,
    /// Share of its samples that is verified, 0 to 1.
    #[specta(type = u32)]
    pub done: f64,
    /// Frames in all.
    pub frames: u32,
    /// Where its pictures go.
    pub output: String,
    /// Whether there is a view-only link to it.
    pub is_shared: bool,
    /// Credits paid or held for it so far.
    #[specta(type = u32)]
    pub cost: f64,
}

impl Jobs {
    /// Asks every coordinator that this artist has jobs at. Takes as long as they do to answer.
    pub fn ask() -> Result<Self, Fault> {
        let mut jobs = Self::default();
        jobs::list(None, &mut |event: &Event| jobs.hear(event))?;
        Ok(jobs)
    }

    /// Has nodes begin no more of a job, or go on with it.
    pub fn pause(job: &str, is_paused: bool) -> Result<(), Fault> {
        jobs::pause(named(job)?, is_paused, None, &mut |_: &Event| {}).map(drop)
    }

    /// Stops a job; what is done is kept and can be collected.
    pub fn cancel(job: &str) -> Result<(), Fault> {
        jobs::cancel(named(job)?, None, &mut |_: &Event| {}).map(drop)
    }

    /// A view-only link to a job, as text that is to be given away; the same as before where there is one.
    pub fn share(job: &str) -> Result<String, Fault> {
        let mut made = String::new();
        onlooking::share(named(job)?, None, &mut |event: &Event| {
            if let Event::JobShared { link, .. } = event {
                made.clone_from(link);
            }
        })?;
        Ok(made)
    }

    /// Withdraws the link to a job.
    pub fn unshare(job: &str) -> Result<(), Fault> {
        onlooking::unshare(named(job)?, None, &mut |_: &Event| {}).map(drop)
    }

    fn hear(&mut self, event: &Event) {
        match event {
            Event::Job { job, state, done, frames, output, shared, cost } => self.rows.push(JobRow {
                job: job.clone(),
                state: state.clone(),
                done: *done,
                frames: *frames,
                output: output.clone(),
                is_shared: *shared,
                cost: *cost as f64 / 1e6,
            }),
            Event::Live(frame::LiveEvent::Warning { message }) => self.silent.push(message.clone()),
            _ => {}
        }
    }
}

fn named(job: &str) -> Result<JobId, Fault> {
    job.parse().map_err(|_| Fault::usage("this is not the name of a job", "choose one from the list"))
}
