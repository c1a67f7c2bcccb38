//! The guard's kernels (section 8 of `docs/denoiser.md`), as the last steps of a piece; the plain text is [`crate::denoise::guard`].

use shaders::denoise::DenoiseKernel;

use crate::denoise::network::ALIGNMENT_PX;
use crate::gpu::{Buffer, Gpu, StepBindings};

/// In the order of running, with multiplications and additions for a pixel, about: windows are averaged for the pixels around a workgroup, too.
pub(super) const GUARD: [(DenoiseKernel, usize); 4] = [
    (DenoiseKernel::GuardNoise, 48),
    (DenoiseKernel::GuardTrust, 256),
    (DenoiseKernel::GuardEnergy, 32),
    (DenoiseKernel::GuardGive, 48),
];

/// What the guard reads and writes that the network has made, and what nobody needs any more by then.
pub(super) struct Made<'a> {
    pub(super) noisy: &'a Buffer,
    pub(super) picture: &'a Buffer,
    /// The light that was averaged: 16 bytes a pixel, and more.
    pub(super) pyramid: &'a Buffer,
}

/// Bindings in the order of [`GUARD`], for regions of up to so many pixels; `bind` binds a kernel to its buffers.
pub(super) fn bound(
    gpu: &Gpu,
    made: &Made<'_>,
    pixels: u64,
    bind: impl Fn(DenoiseKernel, &[(&str, &Buffer)]) -> StepBindings,
) -> [StepBindings; GUARD.len()] {
    let cells = pixels / u64::from(ALIGNMENT_PX).pow(2);
    let noise = gpu.storage("noise of cells", 4 * cells);
    let energy = gpu.storage("energy of cells", 32 * cells);
    let buffers = [
        ("noisy", made.noisy),
        ("picture", made.picture),
        ("noise", &noise),
        // What is averaged is used up when it is, and the filtered picture when its mean with the traced one is there.
        ("mixed", made.pyramid),
        ("energy", &energy),
        ("guarded", made.picture),
    ];
    GUARD.map(|(kernel, _)| bind(kernel, &buffers))
}
