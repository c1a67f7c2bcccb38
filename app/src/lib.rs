//! The application without a window: what the program `tessera` and the desktop do, as functions.
//!
//! Import, light and network meet here and nowhere else. Nothing here prints: whatever happens is told to an
//! [`Audience`], and whatever fails is a [`Fault`] with an exit code, a sentence and an advice.

pub mod bench;
pub mod doctor;
pub mod event;
pub mod fault;
pub mod gpu;
pub mod output;
pub mod pace;
pub mod pictures;
pub mod places;
pub mod print;
pub mod render;
pub mod request;
pub mod scene;
pub mod stop;
pub mod tiling;

pub use event::{Audience, Event};
pub use fault::{Exit, Fault};
pub use stop::Stop;
