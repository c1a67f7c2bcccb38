//! A scene rendered by the plain CPU path tracer and, where an adapter can be opened, by the GPU's: facts hold for both.

use frame::{
    BlockRange, Flow, FrameIndex, Partial, Plane, RenderSettings, TileGrid, TileIndex, TileOrder, TilePlanes,
    TileRenderer,
};
use render_core::reference::Reference;
use render_core::scene::Scene;
use render_core::{GpuRenderer, RendererOptions, pack};

use crate::aloud::say_aloud;

/// All samples of the whole frame.
pub(crate) fn order(settings: RenderSettings) -> TileOrder {
    let rect = TileGrid::new(settings.size, 4096, 0).rect(TileIndex(0)).expect("one tile");
    TileOrder { frame: FrameIndex(0), rect, margin_px: 0, blocks: BlockRange::all(settings.spp), settings }
}

/// The strongest adapter; where there is none that is said.
pub(crate) fn gpu() -> Option<GpuRenderer> {
    GpuRenderer::open(RendererOptions::default())
        .map_err(|fault| say_aloud(&format!("NOT CHECKED on a GPU: no adapter could be opened ({fault})")))
        .ok()
}

/// The whole frame's sums, by each program that can be had.
pub(crate) fn sums(scene: &Scene, settings: RenderSettings) -> Vec<(&'static str, TilePlanes)> {
    scene.check().expect("test scenes are whole");
    let order = order(settings);
    let partials = Reference::new(scene).render(order.rect, &settings, order.frame, order.blocks);
    let mut all = vec![("CPU", joined(&settings, &partials))];
    if let Some(mut renderer) = gpu() {
        let blob = pack(scene).expect("packs").to_blob();
        let partials = renderer.render(&blob, &order, &mut |_| Flow::Continue(())).expect("renders");
        all.push(("GPU", joined(&settings, &partials)));
    }
    all
}

/// One tile's partial sums as one.
pub(crate) fn joined(settings: &RenderSettings, partials: &[Partial]) -> TilePlanes {
    let mut sum = TilePlanes::zeroed(partials[0].planes.rect(), settings.planes);
    partials.iter().for_each(|partial| sum.add_right(&partial.planes));
    sum
}

/// A plane that was asked for.
pub(crate) fn plane(planes: &TilePlanes, plane: Plane) -> &[f32] {
    planes.plane(plane).expect("asked for")
}
