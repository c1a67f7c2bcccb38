//! The application without a window: what the program `tessera` and the desktop do, as functions.
//!
//! Import, light and network meet here and nowhere else. Nothing here prints: whatever happens is told to an
//! [`Audience`], and whatever fails is a [`Fault`] with an exit code, a sentence and an advice.

mod auditing;
mod before_each;
pub mod bench;
pub mod commission;
pub mod coordinate;
pub mod counted;
mod courtesy;
pub mod demo;
pub mod denoiser;
pub mod desk;
pub mod doctor;
pub mod earn;
pub mod event;
pub mod fault;
pub mod foreign;
mod gather;
pub mod gpu;
pub mod jobs;
pub mod local;
pub mod metrics;
pub mod nearby;
mod network;
pub mod onlooking;
pub mod output;
pub mod pace;
pub mod pictures;
pub mod places;
pub mod print;
pub mod quote;
pub mod referee;
pub mod render;
pub mod request;
pub mod rig;
mod ruling;
pub mod scene;
pub mod sharing;
pub mod sight;
pub mod statement;
pub mod stop;
mod stopwatch;
pub mod submit;
mod takers;
pub mod tev;
pub mod tiling;
pub mod verify;

pub use event::{Audience, Event};
pub use fault::{Exit, Fault};
pub use sight::{Sight, Stage, Work};
pub use stop::Stop;
