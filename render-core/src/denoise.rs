//! The denoiser: a network that looks at a noisy picture and says how to average its neighbours.
//!
//! `docs/denoiser.md` is the definition. [`Weights`] come out of a file's bytes, a [`frame::Noisy`] out of what was traced;
//! [`LocalDenoiser`] and [`cpu::CpuDenoiser`] make the denoised radiance of it, network and guard. [`reference`] and [`guard`] are the
//! definition in plain f32 that everything else is compared with. Nothing here reads the disk,
//! names a GPU or knows where weights come from.

pub mod cpu;
pub mod features;
pub mod guard;
pub mod network;
pub mod reference;

#[cfg(test)]
#[path = "../tests/made/aloud.rs"]
mod aloud;
#[cfg(test)]
#[path = "../tests/made/apart.rs"]
mod apart;
mod filtered;
pub(crate) mod gpu;
mod local;
mod pieces;
mod weights;

pub use filtered::Filtered;
pub use gpu::StepTime;
pub use local::LocalDenoiser;
pub use network::Shape;
pub use weights::{Linear, Weights, WeightsError};

/// How far around a pixel its denoised colour looks: as far as the network and then the guard see.
pub fn reach_px(shape: Shape) -> u32 {
    shape.reach_px() + guard::GUARD_REACH_PX
}
