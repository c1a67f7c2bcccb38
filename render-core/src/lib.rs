//! Light: a scene file in, a packed scene out; a packed scene and an order in, planes out.

pub mod albedo;
pub mod alias;
pub mod import;
pub mod lights;
pub mod quantiles;
pub mod reference;
pub mod scene;
pub mod bvh;
pub mod pack;

pub use pack::{PackFault, PackedScene, pack};
pub mod gpu;
mod renderer;
mod stage;
mod trace;

pub use gpu::{AdapterChoice, AdapterReport, GpuFault, adapters};
pub use renderer::{GpuRenderer, RendererOptions};
pub use stage::{MemoryNeed, memory_need};
pub use trace::Tally;
