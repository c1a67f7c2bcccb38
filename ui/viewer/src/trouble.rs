//! What a person is told when something goes wrong.

/// What went wrong, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// One sentence.
    pub what: String,
    /// One advice.
    pub advice: String,
}
