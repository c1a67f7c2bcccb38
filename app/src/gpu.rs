//! Opens this computer's adapters, and says in people's words why one cannot be used.

use render_core::{AdapterChoice, GpuFault, GpuRenderer, RendererOptions};

use crate::fault::Fault;

/// Opens the adapter that a person asked for (its number or part of its name), or the strongest; `memory_limit` bounds what a
/// scene may take on it, bytes.
pub fn open_renderer(asked: Option<&str>, memory_limit: Option<u64>) -> Result<GpuRenderer, Fault> {
    GpuRenderer::open(RendererOptions { adapter: choice(asked), memory_limit })
        .map_err(|fault| gpu_fault(&fault))
}

/// What a person meant: a number, a part of a name, or nothing, which is the strongest.
pub(crate) fn choice(asked: Option<&str>) -> AdapterChoice {
    asked.map_or_else(AdapterChoice::default, |asked| asked.parse().unwrap_or_else(|never| match never {}))
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
