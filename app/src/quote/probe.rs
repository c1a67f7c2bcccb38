//! Renders small patches of the real pictures on this computer, to learn what a sample takes and how that differs from place to place.
//!
//! A patch is a part of the real frame at its real size, with its first block of samples, traced by the renderer that would trace all of it. It grows to
//! a tile, or until it takes long enough to be timed. What is rendered first, which compiles kernels and brings the scene to the adapter, is not
//! counted. Places follow the R2 sequence (Roberts, "The unreasonable effectiveness of quasirandom sequences", 2018), which covers a frame evenly
//! wherever it is broken off.

use std::time::{Duration, Instant};

use frame::{
    AdapterClass, BlockRange, FrameIndex, FrameSize, Partial, RenderSettings, SceneBlob, SettingsDraft,
    TileDenoiser, TileOrder, TileRect, TileRenderer,
};

use crate::fault::{Exit, Fault};
use crate::render::render_fault;
use crate::stop::Stop;

/// How long patches are rendered: on a GPU, and where the adapter is the processor.
const LOOKS_FOR: Duration = Duration::from_millis(1500);
const LOOKS_FOR_CPU: Duration = Duration::from_secs(12);
/// A patch that takes this long can be timed; smaller ones would be timed by what surrounds the work.
const PATCH_TAKES: Duration = Duration::from_millis(150);
/// Smallest edge of a patch, pixels. Beneath it the last bounces keep no processor busy.
const EDGE_PX_MIN: u32 = 64;
/// Patches of one frame.
const PATCHES_MAX: usize = 128;
/// Patches of a frame, however long they take.
const PATCHES_MIN: usize = 4;
/// So many are enough where their mean is known this well: its standard error, as a share of it.
const PATCHES_KNOWN: usize = 12;
const KNOWN_WITHIN: f64 = 0.02;
/// Everything that is denoised lies on this grid.
const ALIGN_PX: u32 = frame::noisy::ALIGN_PX;
/// Edge of what is denoised to learn how long that takes.
const DENOISED_PX: u32 = 128;

/// A renderer that looks at pictures.
pub(super) struct Probe<'a> {
    renderer: &'a mut dyn TileRenderer,
    stop: &'a Stop,
    looks_for: Duration,
    edge_px: Option<u32>,
}

/// One frame to be looked at.
#[derive(Clone, Copy)]
pub(super) struct Sitter<'a> {
    pub(super) frame: FrameIndex,
    pub(super) scene: &'a SceneBlob,
    pub(super) settings: &'a RenderSettings,
    /// The tile edge; no patch is larger.
    pub(super) edge_px: u32,
}

impl<'a> Probe<'a> {
    pub(super) fn new(renderer: &'a mut dyn TileRenderer, stop: &'a Stop) -> Self {
        let is_cpu = renderer.adapter().class == AdapterClass::Cpu;
        let looks_for = if is_cpu { LOOKS_FOR_CPU } else { LOOKS_FOR };
        Self { renderer, stop, looks_for, edge_px: None }
    }

    /// Seconds for a sample of a pixel at places of a frame, in `share` of the time that there is.
    pub(super) fn places(&mut self, sitter: Sitter<'_>, share: f64) -> Result<Vec<f64>, Fault> {
        let mut spots = (0u32..).map(spot);
        let mut spot = || spots.next().unwrap_or_default();
        self.patch(sitter, spot(), EDGE_PX_MIN.min(sitter.edge_px))?;
        let mut edge_px = match self.edge_px {
            Some(edge_px) => edge_px.min(sitter.edge_px),
            None => self.grow(sitter, spot())?,
        };
        let began = Instant::now();
        let budget = self.looks_for.mul_f64(share);
        let mut places = Vec::new();
        while places.len() < PATCHES_MIN
            || (places.len() < PATCHES_MAX && began.elapsed() < budget && !is_known(&places))
        {
            let (took, samples, _) = self.patch(sitter, spot(), edge_px)?;
            places.push((took.as_secs_f64() / samples as f64).max(1e-12));
            if began.elapsed() > 2 * budget {
                // Far dearer than where it was grown: smaller from now on.
                edge_px = (edge_px / 2).max(ALIGN_PX.min(edge_px));
            }
        }
        Ok(places)
    }

    /// Seconds for denoising a pixel, once the denoiser is there.
    pub(super) fn denoising(
        &mut self,
        sitter: Sitter<'_>,
        denoiser: &mut dyn TileDenoiser,
    ) -> Result<f64, Fault> {
        let settings = first_block(sitter.settings)?;
        let (_, _, partials) = self.patch(sitter, (0.5, 0.5), DENOISED_PX)?;
        let Some(partial) = partials.first() else { return Ok(0.0) };
        let rect = partial.planes.rect();
        let order = TileOrder {
            frame: sitter.frame,
            rect,
            margin_px: 0,
            blocks: BlockRange::all(settings.spp),
            settings,
        };
        let mut took = Duration::ZERO;
        for _ in 0..2 {
            let began = Instant::now();
            if let Err(fault) = order.denoise(&partial.planes, denoiser) {
                tracing::warn!(%fault, "what denoising takes is not known");
                return Ok(0.0);
            }
            took = began.elapsed();
        }
        Ok(took.as_secs_f64() / rect.pixels() as f64)
    }

    /// The edge at which a patch can be timed.
    fn grow(&mut self, sitter: Sitter<'_>, spot: (f64, f64)) -> Result<u32, Fault> {
        let mut edge_px = EDGE_PX_MIN.min(sitter.edge_px);
        while edge_px < sitter.edge_px && self.patch(sitter, spot, edge_px)?.0 < PATCH_TAKES {
            edge_px = (edge_px * 2).min(sitter.edge_px);
        }
        self.edge_px = Some(edge_px);
        Ok(edge_px)
    }

    /// Renders one patch; says how long it took and how many samples it has.
    fn patch(
        &mut self,
        sitter: Sitter<'_>,
        spot: (f64, f64),
        edge_px: u32,
    ) -> Result<(Duration, u64, Vec<Partial>), Fault> {
        if self.stop.is_asked() {
            return Err(stopped());
        }
        let settings = first_block(sitter.settings)?;
        let rect = around(spot, edge_px, settings.size);
        let blocks = BlockRange::all(settings.spp);
        let order = TileOrder { frame: sitter.frame, rect, margin_px: 0, blocks, settings };
        let stop = self.stop;
        let began = Instant::now();
        let partials = self
            .renderer
            .render(sitter.scene, &order, &mut |_| stop.flow())
            .map_err(|fault| if stop.is_asked() { stopped() } else { render_fault(&fault) })?;
        Ok((began.elapsed(), rect.pixels() as u64 * u64::from(settings.spp), partials))
    }
}

pub(super) fn stopped() -> Fault {
    Fault::new(Exit::Interrupted, "the quote was stopped; nothing was sent", "ask again")
}

/// The same with no more samples than one block has.
fn first_block(settings: &RenderSettings) -> Result<RenderSettings, Fault> {
    let draft = SettingsDraft { spp: settings.spp.min(frame::BLOCK_SPP), ..**settings };
    RenderSettings::new(draft).map_err(|error| Fault::usage(error.to_string(), "correct the flag"))
}

/// Whether more places would change little.
fn is_known(places: &[f64]) -> bool {
    let count = places.len() as f64;
    let mean = places.iter().sum::<f64>() / count;
    let variance = places.iter().map(|place| (place - mean).powi(2)).sum::<f64>() / (count - 1.0).max(1.0);
    places.len() >= PATCHES_KNOWN && (variance / count).sqrt() <= KNOWN_WITHIN * mean
}

/// Where the patch of this number is, as shares of the frame.
fn spot(at: u32) -> (f64, f64) {
    // The plastic number's powers.
    const STEP: (f64, f64) = (0.754_877_666_246_693, 0.569_840_290_998_053_3);
    let along = |step: f64| (0.5 + step * f64::from(at)).fract();
    (along(STEP.0), along(STEP.1))
}

/// A square there, on the denoiser's grid and inside the frame.
fn around(spot: (f64, f64), edge_px: u32, size: FrameSize) -> TileRect {
    let side = |share: f64, all: u32| {
        let edge = edge_px.min(all);
        let first = (share * f64::from(all - edge + 1)) as u32 / ALIGN_PX * ALIGN_PX;
        (first, edge)
    };
    let (x, width) = side(spot.0, size.width());
    let (y, height) = side(spot.1, size.height());
    TileRect { x, y, width, height }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_that_are_alike_are_enough_sooner_than_others() {
        assert!(is_known(&[1.0; 12]) && !is_known(&[1.0; 11]));
        let unlike: Vec<f64> = (0..64).map(|at| f64::from(at % 4 + 1)).collect();
        assert!(!is_known(&unlike));
    }

    #[test]
    fn patches_lie_in_the_frame_and_everywhere_in_it() {
        let size = FrameSize::new(1000, 40).expect("in range");
        let rects: Vec<TileRect> = (0..64).map(|at| around(spot(at), 64, size)).collect();
        assert!(rects.iter().all(|rect| rect.fits(size) && rect.pixels() == 64 * 40));
        for from in [0, 250, 500, 750] {
            assert!(rects.iter().any(|rect| (from..from + 250).contains(&rect.x)), "{from}");
        }
    }
}
