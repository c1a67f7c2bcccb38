//! Crops of a made scene: which pixels of which frame, and their blocks of samples.

use std::ops::ControlFlow;

use frame::{
    BlockRange, FrameIndex, FrameSize, PlaneSet, RenderFault, RenderSettings, SceneBlob, SettingsDraft,
    TileOrder, TilePlanes, TileRect, TileRenderer,
};
use glam::Vec3;
use render_core::import::{Document, ImportError, ImportOptions};
use render_core::scene::{Environment, EnvironmentMap, Scene};

use crate::rng::Rng;
use crate::scene::{Made, Sky};

/// Edge of a crop, pixels.
pub const EDGE_PX: u32 = 128;

/// Samples of the small blocks: what a preview starts from.
const SMALL: [u32; 4] = [1, 2, 4, 8];

/// Which pixels are rendered.
#[derive(Clone, Copy, Debug)]
pub struct Crop {
    /// The whole frame.
    pub frame: FrameSize,
    /// The crop in it.
    pub rect: TileRect,
}

impl Crop {
    /// The crop of a scene's view: anywhere in a frame of any usual size.
    pub fn of(seed: u64, view: u32) -> Self {
        let mut rng = Rng::new(seed.wrapping_mul(0x0100_0193) ^ u64::from(view) << 56);
        let width = rng.log_between(160.0, 640.0) as u32;
        let height = ((width as f32 / rng.between(1.0, 1.9)) as u32).max(EDGE_PX);
        let frame = FrameSize::new(width, height).expect("both sides are in range");
        let mut at = |side: u32| rng.below((side - EDGE_PX) as usize + 1) as u32;
        let rect = TileRect { x: at(width), y: at(height), width: EDGE_PX, height: EDGE_PX };
        Self { frame, rect }
    }
}

/// Imports a made scene as seen by one of its cameras.
pub fn import(made: &Made, camera: &str) -> Result<Scene, ImportError> {
    let options = ImportOptions {
        camera: Some(camera.to_owned()),
        environment: render_core::import::EnvironmentChoice::None,
        ..ImportOptions::default()
    };
    let mut scene = Document::open_bytes(&made.glb, &options)?.scene_at(0.0, 1.0 / 24.0)?;
    if let Some(sky) = &made.sky {
        scene.environment = environment(sky);
    }
    Ok(scene)
}

fn environment(sky: &Sky) -> Environment {
    let pixels = sky.rgb.iter().map(|&rgb| Vec3::from_array(rgb)).collect();
    Environment {
        map: Some(std::sync::Arc::new(EnvironmentMap { width: sky.width, height: sky.height, pixels })),
        strength: Vec3::ONE,
        ..Environment::default()
    }
}

/// Traces all blocks of a crop: 1, 2, 4 and 8 samples, then `large` blocks of 16. Answers samples and sums of each.
pub fn trace(
    renderer: &mut dyn TileRenderer,
    blob: &SceneBlob,
    crop: Crop,
    large: u32,
) -> Result<Vec<(u32, TilePlanes)>, RenderFault> {
    let mut blocks = Vec::new();
    for (seed, spp) in SMALL.into_iter().enumerate() {
        trace_spp(renderer, blob, crop, seed as u32 + 1, spp, &mut blocks)?;
    }
    trace_spp(renderer, blob, crop, 0, large * frame::BLOCK_SPP, &mut blocks)?;
    Ok(blocks)
}

fn trace_spp(
    renderer: &mut dyn TileRenderer,
    blob: &SceneBlob,
    crop: Crop,
    seed: u32,
    spp: u32,
    blocks: &mut Vec<(u32, TilePlanes)>,
) -> Result<(), RenderFault> {
    let draft = SettingsDraft { spp, seed, planes: PlaneSet::DEFAULT, ..SettingsDraft::defaults(crop.frame) };
    let settings = RenderSettings::new(draft).map_err(|fault| RenderFault::BadOrder(fault.to_string()))?;
    let order = TileOrder {
        frame: FrameIndex(0),
        rect: crop.rect,
        margin_px: 0,
        blocks: BlockRange::all(spp),
        settings,
    };
    renderer.render(blob, &order, &mut |partial| {
        blocks.push((spp.min(frame::BLOCK_SPP), partial.planes.clone()));
        ControlFlow::Continue(())
    })?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crops_lie_inside_their_frames_and_differ() {
        for seed in 0..500 {
            let crop = Crop::of(seed, (seed % 3) as u32);
            assert!(crop.rect.fits(crop.frame), "{crop:?}");
        }
        assert_ne!(Crop::of(1, 0).rect, Crop::of(1, 1).rect);
    }
}
