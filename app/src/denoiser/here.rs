//! Runs a network on this machine: on the adapter that renders, or on the processor where that adapter is one.
//!
//! The processor's own loops are several times faster than the same kernels on software Vulkan, and are there without any adapter. An adapter that
//! fails is left alone from then on: a picture is always denoised.

use std::borrow::Cow;
use std::sync::Arc;

use frame::{AdapterClass, DenoiseFault, NetworkId, Noisy, TileDenoiser};
use render_core::denoise::cpu::CpuDenoiser;
use render_core::denoise::guard::{GUARD_REACH_PX, guard};
use render_core::denoise::{LocalDenoiser, NoisyPicture, NoisyPlanes, Weights};
use render_core::{AdapterChoice, adapters};

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

impl Here {
    pub(super) fn new(id: NetworkId, weights: Arc<Weights>, adapter: AdapterChoice) -> Self {
        Self { id, weights, adapter, place: None }
    }

    fn place(&mut self) -> &mut Place {
        self.place.get_or_insert_with(|| {
            if is_processor(&self.adapter) {
                return Place::Processor(Box::new(CpuDenoiser::new(&self.weights)));
            }
            match LocalDenoiser::open(self.adapter.clone(), Arc::clone(&self.weights)) {
                Ok(denoiser) => Place::Adapter(Box::new(denoiser)),
                Err(fault) => {
                    tracing::warn!(%fault, "the adapter cannot denoise, so the processor does");
                    Place::Processor(Box::new(CpuDenoiser::new(&self.weights)))
                }
            }
        })
    }

    fn run(&mut self, picture: &NoisyPicture<'_>, exposure_scale: f32) -> Vec<f32> {
        let fault = match self.place() {
            Place::Processor(denoiser) => return denoiser.denoise(picture, exposure_scale),
            Place::Adapter(denoiser) => match denoiser.denoise(picture, exposure_scale) {
                Ok(colours) => return colours,
                Err(fault) => fault,
            },
        };
        tracing::warn!(%fault, "the adapter failed to denoise, so the processor does");
        let denoiser = Box::new(CpuDenoiser::new(&self.weights));
        let colours = denoiser.denoise(picture, exposure_scale);
        self.place = Some(Place::Processor(denoiser));
        colours
    }
}

impl TileDenoiser for Here {
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
        let mut colours = self.run(&picture, exposure_scale);
        guard(&picture, exposure_scale, &mut colours);
        Ok(colours)
    }
}

/// Whether there is nothing but a processor to denoise on.
fn is_processor(choice: &AdapterChoice) -> bool {
    let adapters = adapters();
    let chosen = match choice {
        AdapterChoice::Strongest => adapters.iter().find(|adapter| adapter.refused.is_none()),
        AdapterChoice::Index(number) => adapters.get(*number),
        AdapterChoice::Name(part) => {
            let part = part.to_lowercase();
            adapters.iter().find(|adapter| adapter.card.name.to_lowercase().contains(&part))
        }
    };
    chosen.is_none_or(|adapter| adapter.card.class == AdapterClass::Cpu)
}
