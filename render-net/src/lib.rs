//! Everything between machines: who speaks, what is said, who works on what, and who owes whom.

pub mod wire;
