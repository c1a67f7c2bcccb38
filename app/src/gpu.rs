//! Opens this computer's adapters, and says in people's words why one cannot be used.

use render_core::{AdapterChoice, GpuFault, GpuRenderer, RendererOptions};

use crate::fault::Fault;

/// Opens the adapter that a person asked for (its number or part of its name), or the strongest; `memory_limit` bounds what a
/// scene may take on it, bytes.
pub fn open_renderer(asked: Option<&str>, memory_limit: Option<u64>) -> Result<GpuRenderer, Fault> {
    let adapter = asked.map_or_else(AdapterChoice::default, choice);
    GpuRenderer::open(RendererOptions { adapter, memory_limit }).map_err(|fault| gpu_fault(&fault))
}

fn choice(asked: &str) -> AdapterChoice {
    asked.parse().map_or_else(|_| AdapterChoice::Name(asked.to_owned()), AdapterChoice::Index)
}

/// A GPU's fault, for people.
pub(crate) fn gpu_fault(fault: &GpuFault) -> Fault {
    let what = fault.to_string();
    match fault {
        GpuFault::NoAdapter => Fault::failure(
            what,
            "install its Vulkan driver, or software Vulkan (Debian: mesa-vulkan-drivers); see `tessera doctor`",
        ),
        GpuFault::NotFound { .. } => {
            Fault::usage(what, "choose one of these with --gpu, or leave the flag out")
        }
        GpuFault::TooWeak { .. } => {
            Fault::failure(what, "update its driver, or choose another adapter with --gpu")
        }
        GpuFault::OutOfMemory(_) => {
            Fault::failure(what, "close other programs that use it, or choose another adapter with --gpu")
        }
        GpuFault::Lost(_) => Fault::failure(
            what,
            "update its driver, close other programs that use it, or choose another with --gpu",
        ),
    }
}
