//! Runs a network on this machine: on the adapter that renders, or on the processor where that adapter is one.
//!
//! The processor's own loops are several times faster than the same kernels on software Vulkan, and are there without any adapter. An adapter that
//! fails is left alone from then on: a picture is always denoised.

use std::sync::Arc;

use frame::{AdapterClass, DenoiseFault, NetworkId, Noisy, TileDenoiser};
use render_core::denoise::cpu::CpuDenoiser;
use render_core::denoise::{LocalDenoiser, Weights, reach_px};
use render_core::{AdapterChoice, Units, adapter_class};

/// A network on this machine. Opens nothing before the first picture.
pub(super) struct Here {
    id: NetworkId,
    weights: Arc<Weights>,
    adapter: AdapterChoice,
    place: Option<Place>,
}

enum Place {
    Processor(Box<CpuDenoiser>),
    Adapter(Box<LocalDenoiser>),
}

/// Matrix units are for those who ask for them until they were measured on a real GPU: docs/decisions/0026.
fn wanted_units() -> Units {
    let is_set = std::env::var_os("TESSERA_MATRIX_UNITS").is_some_and(|value| value == "1");
    if is_set { Units::Matrix } else { Units::Ordinary }
}

impl Here {
    pub(super) fn new(id: NetworkId, weights: Arc<Weights>, adapter: AdapterChoice) -> Self {
        Self { id, weights, adapter, place: None }
    }

    fn place(&mut self) -> &mut Place {
        self.place.get_or_insert_with(|| {
            // Without any adapter there is the processor, as where the adapter is one.
            if adapter_class(&self.adapter).is_none_or(|class| class == AdapterClass::Cpu) {
                return Place::Processor(Box::new(CpuDenoiser::new(&self.weights)));
            }
            match LocalDenoiser::open(self.adapter.clone(), Arc::clone(&self.weights), wanted_units()) {
                Ok(denoiser) => Place::Adapter(Box::new(denoiser)),
                Err(fault) => {
                    tracing::warn!(%fault, "the adapter cannot denoise, so the processor does");
                    Place::Processor(Box::new(CpuDenoiser::new(&self.weights)))
                }
            }
        })
    }

    fn run(&mut self, noisy: &Noisy, exposure_scale: f32) -> Vec<f32> {
        let fault = match self.place() {
            Place::Processor(denoiser) => return denoiser.denoise(noisy, exposure_scale),
            Place::Adapter(denoiser) => match denoiser.denoise(noisy, exposure_scale) {
                Ok(colours) => return colours,
                Err(fault) => fault,
            },
        };
        tracing::warn!(%fault, "the adapter failed to denoise, so the processor does");
        let denoiser = Box::new(CpuDenoiser::new(&self.weights));
        let colours = denoiser.denoise(noisy, exposure_scale);
        self.place = Some(Place::Processor(denoiser));
        colours
    }
}

impl TileDenoiser for Here {
    fn network(&self) -> NetworkId {
        self.id
    }

    fn reach_px(&self) -> u32 {
        reach_px(self.weights.shape())
    }

    fn denoise(&mut self, noisy: &Noisy, exposure_scale: f32) -> Result<Vec<f32>, DenoiseFault> {
        Ok(self.run(noisy, exposure_scale))
    }
}
