//! A fault as a shell shows it.

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::fault::Fault;

/// What went wrong: one sentence that says what happened, one that says what to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Failure {
    /// The exit code that the command line would end with.
    pub exit: u8,
    /// What happened, without a full stop.
    pub what: String,
    /// What to do, without a full stop.
    pub advice: String,
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        Self { exit: fault.exit as u8, what: fault.what, advice: fault.advice }
    }
}
