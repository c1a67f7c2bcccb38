//! A renderer that denoises what another one traces.
//!
//! Of an order for a whole tile of a `node` job it has the pixels around the tile traced as well, shows the tile to a denoiser, and returns the
//! tile's sums with its denoised colours beside them. Everything else, and everything that cannot be denoised, it returns as it was traced: the
//! artist's machine denoises the rest.

use super::{DenoiseFault, TileDenoiser};
use crate::{AdapterCard, Brake, Flow, Partial, RenderFault, SceneBlob, TileOrder, TileRenderer};

/// Hears why a tile was returned without denoised colours.
pub type DenoiseFaults = Box<dyn FnMut(&DenoiseFault) + Send>;

/// A renderer and the denoisers behind it.
pub struct DenoisingRenderer {
    tracer: Box<dyn TileRenderer>,
    denoisers: Vec<Box<dyn TileDenoiser>>,
    faults: DenoiseFaults,
    brake: Brake,
}

impl DenoisingRenderer {
    /// Has `tracer` trace; denoises with the one of `denoisers` that runs the order's network.
    pub fn new(
        tracer: Box<dyn TileRenderer>,
        denoisers: Vec<Box<dyn TileDenoiser>>,
        faults: DenoiseFaults,
    ) -> Self {
        Self { tracer, denoisers, faults, brake: Brake::default() }
    }
}

impl TileRenderer for DenoisingRenderer {
    fn adapter(&self) -> AdapterCard {
        self.tracer.adapter()
    }

    fn render(
        &mut self,
        scene: &SceneBlob,
        order: &TileOrder,
        progress: &mut dyn FnMut(&Partial) -> Flow,
    ) -> Result<Vec<Partial>, RenderFault> {
        let is_wanted =
            order.settings.may_come_denoised(order.blocks) && order.rect.fits(order.settings.size);
        let network = order.settings.network;
        let denoiser = self.denoisers.iter_mut().find(|denoiser| denoiser.network() == network);
        let Some(denoiser) = denoiser.filter(|_| is_wanted) else {
            return self.tracer.render(scene, order, progress);
        };
        let rect = order.rect;
        let cropped = |traced: &Partial| {
            let planes =
                traced.planes.cropped(rect).ok_or_else(|| no_tile("other pixels than those asked for"))?;
            Ok(Partial { node: traced.node, planes })
        };
        let seen = TileOrder { rect: order.seen_rect(), margin_px: 0, ..*order };
        // A block that does not hold the tile is found below, where it can be said.
        let mut shown = |block: &Partial| cropped(block).map_or(Flow::Continue(()), |block| progress(&block));
        let traced = self.tracer.render(scene, &seen, &mut shown)?;
        if self.brake.is_pulled() {
            // All blocks were shown; who wants the GPU back does not wait for the denoiser.
            return Err(RenderFault::Stopped);
        }
        let [traced] = traced.as_slice() else { return Err(no_tile("not one sum over all samples")) };
        let mut partial = cropped(traced)?;
        match order.denoise(&traced.planes, denoiser.as_mut()) {
            Ok(colours) => {
                let denoised = partial.planes.with_denoised(colours);
                partial.planes = denoised.ok_or_else(|| no_tile("denoised colours of its own"))?;
            }
            Err(fault) => (self.faults)(&fault),
        }
        Ok(vec![partial])
    }

    fn heed(&mut self, brake: &Brake) {
        self.brake = brake.clone();
        self.tracer.heed(brake);
    }

    fn rest(&mut self) {
        self.tracer.rest();
    }
}

fn no_tile(what: &str) -> RenderFault {
    RenderFault::BadOrder(format!("the tracer gave {what}"))
}
