//! Runs a network on the processor.

use std::borrow::Cow;
use std::sync::Arc;

use frame::{DenoiseFault, NetworkId, Noisy, TileDenoiser};
use render_core::denoise::guard::{GUARD_REACH_PX, guard};
use render_core::denoise::{NoisyPicture, NoisyPlanes, Weights, reference};

/// A network on the processor.
pub(super) struct CpuDenoiser {
    id: NetworkId,
    weights: Arc<Weights>,
}

impl CpuDenoiser {
    pub(super) fn new(id: NetworkId, weights: Arc<Weights>) -> Self {
        Self { id, weights }
    }
}

impl TileDenoiser for CpuDenoiser {
    fn network(&self) -> NetworkId {
        self.id
    }

    fn reach_px(&self) -> u32 {
        self.weights.reach_px() + GUARD_REACH_PX
    }

    fn denoise(&mut self, noisy: &Noisy, exposure_scale: f32) -> Result<Vec<f32>, DenoiseFault> {
        let planes = NoisyPlanes {
            radiance: Cow::Borrowed(&noisy.radiance),
            albedo: Cow::Borrowed(&noisy.albedo),
            normal: Cow::Borrowed(&noisy.normal),
            depth: Cow::Borrowed(&noisy.depth),
            hits: Cow::Borrowed(&noisy.hits),
            variance: Cow::Borrowed(&noisy.variance),
            samples: Cow::Borrowed(&noisy.samples),
        };
        let picture = NoisyPicture::new(noisy.width as usize, noisy.height as usize, planes);
        let picture = picture.map_err(|fault| DenoiseFault(fault.to_string()))?;
        let mut colours = reference::denoise(&self.weights, &picture, exposure_scale);
        guard(&picture, exposure_scale, &mut colours);
        Ok(colours)
    }
}
