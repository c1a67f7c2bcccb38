//! A renderer with something to do before each tile.

use frame::{AdapterCard, Brake, Flow, Partial, RenderFault, SceneBlob, TileOrder, TileRenderer};

/// The renderer, which does `first` on its own thread before it renders.
pub(crate) fn before_each(
    renderer: Box<dyn TileRenderer>,
    first: impl FnMut(&TileOrder) + Send + 'static,
) -> Box<dyn TileRenderer> {
    Box::new(BeforeEach { renderer, first })
}

struct BeforeEach<F> {
    renderer: Box<dyn TileRenderer>,
    first: F,
}

impl<F: FnMut(&TileOrder) + Send> TileRenderer for BeforeEach<F> {
    fn adapter(&self) -> AdapterCard {
        self.renderer.adapter()
    }

    fn render(
        &mut self,
        scene: &SceneBlob,
        order: &TileOrder,
        progress: &mut dyn FnMut(&Partial) -> Flow,
    ) -> Result<Vec<Partial>, RenderFault> {
        (self.first)(order);
        self.renderer.render(scene, order, progress)
    }

    fn heed(&mut self, brake: &Brake) {
        self.renderer.heed(brake);
    }

    fn rest(&mut self) {
        self.renderer.rest();
    }
}
