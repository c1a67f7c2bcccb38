//! Whether a program does its job, as a supervisor reads it.

use serde::Serialize;

/// The answer to `GET /healthz`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Health {
    /// Whether it does its job; what its owner wanted, such as a pause, is its job.
    #[serde(rename = "healthy")]
    pub is_healthy: bool,
    /// Its state in one word, for programs.
    pub state: &'static str,
    /// The same in a sentence.
    pub sentence: String,
}

impl Health {
    /// It does.
    pub(super) fn well(state: &'static str, sentence: impl Into<String>) -> Self {
        Self { is_healthy: true, state, sentence: sentence.into() }
    }

    /// It does not.
    pub(super) fn unwell(state: &'static str, sentence: impl Into<String>) -> Self {
        Self { is_healthy: false, state, sentence: sentence.into() }
    }
}
