//! The jobs of this computer's artist as rows of a list, asked from their coordinators.

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::event::Event;
use crate::fault::Fault;
use crate::jobs;

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
    /// One of: open, done, cancelled, unknown.
    pub state: String,
    /// Share of its samples that is verified, 0 to 1.
    #[specta(type = u32)]
    pub done: f64,
    /// Frames in all.
    pub frames: u32,
    /// Where its pictures go.
    pub output: String,
}

impl Jobs {
    /// Asks every coordinator that this artist has jobs at. Takes as long as they do to answer.
    pub fn ask() -> Result<Self, Fault> {
        let mut jobs = Self::default();
        jobs::list(None, &mut |event: &Event| jobs.hear(event))?;
        Ok(jobs)
    }

    /// Stops a job; what is done is kept and can be collected.
    pub fn cancel(job: &str) -> Result<(), Fault> {
        let job = job
            .parse()
            .map_err(|_| Fault::usage("this is not the name of a job", "choose one from the list"))?;
        jobs::cancel(job, None, &mut |_: &Event| {}).map(drop)
    }

    fn hear(&mut self, event: &Event) {
        match event {
            Event::Job { job, state, done, frames, output } => self.rows.push(JobRow {
                job: job.clone(),
                state: state.clone(),
                done: *done,
                frames: *frames,
                output: output.clone(),
            }),
            Event::Live(frame::LiveEvent::Warning { message }) => self.silent.push(message.clone()),
            _ => {}
        }
    }
}
