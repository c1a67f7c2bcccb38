//! Light: a scene file in, a packed scene out; a packed scene and an order in, planes out.
//!
//! The three verbs: [`import`] a file to a [`scene::Scene`], [`pack`] it to what the kernels read, and render it with a
//! [`GpuRenderer`]. `docs/rendering.md` defines the picture; [`shaders`] holds the kernels.

pub mod albedo;
pub mod alias;
pub mod bvh;
pub mod denoise;
pub mod gpu;
pub mod import;
pub mod lights;
pub mod pack;
pub mod quantiles;
pub mod reference;
pub mod scene;

mod renderer;
mod stage;
mod trace;

pub use gpu::{
    AdapterChoice, AdapterReport, GpuFault, Units, adapter_class, adapters, is_called as is_driver_called,
};
pub use pack::{PackFault, PackedScene, pack};
pub use renderer::{GpuRenderer, RendererOptions};
pub use stage::{MemoryNeed, memory_need};
pub use trace::Tally;
