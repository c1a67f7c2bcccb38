//! Everything between machines: who somebody is, what is said, how bytes are sealed and travel, who works on
//! what, and who owes whom.
//!
//! This crate never looks at light: it carries scenes and tiles as bytes and meets the renderer only in
//! [`frame::TileRenderer`]. Only [`link`] names the transport, only [`seal`] names ciphers.

pub mod artist;
pub mod audit;
pub mod bundle;
pub mod coordinator;
pub mod histogram;
pub mod identity;
pub mod ledger;
pub mod link;
pub mod market;
pub mod nearby;
pub mod node;
pub mod order;
pub mod receipt;
pub mod referee;
pub mod result;
pub mod seal;
pub mod store;
mod whole_file;
pub mod wire;
