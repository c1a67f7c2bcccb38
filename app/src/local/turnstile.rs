//! Holds a renderer of this process where its person wants it held: before a frame that is not to be begun any more, and anywhere while the render
//! is paused.
//!
//! The coordinator hands out the next frame while the last tiles of one are rendered; who collects them can only say later that it
//! is whole. Held back here, the next frame costs nothing and leaves no trace. A pause is felt after the samples in hand, and loses none of them.

use std::time::Duration;

use frame::{AdapterCard, Brake, Flow, Partial, RenderFault, SceneBlob, TileOrder, TileRenderer};

use crate::stop::Stop;

/// How long a frame is held back: what is left of the others is collected and put in place meanwhile. A tile of theirs that came back
/// unfinished would wait behind it.
const PATIENCE: Duration = Duration::from_secs(30);

/// The renderer behind a turnstile.
pub(super) fn before(renderer: Box<dyn TileRenderer>, stop: Stop) -> Box<dyn TileRenderer> {
    Box::new(Turnstile { renderer, stop })
}

struct Turnstile {
    renderer: Box<dyn TileRenderer>,
    stop: Stop,
}

impl TileRenderer for Turnstile {
    fn adapter(&self) -> AdapterCard {
        self.renderer.adapter()
    }

    fn render(
        &mut self,
        scene: &SceneBlob,
        order: &TileOrder,
        progress: &mut dyn FnMut(&Partial) -> Flow,
    ) -> Result<Vec<Partial>, RenderFault> {
        let stop = &self.stop;
        // When the stop has come, the node is told right after, and blames nobody.
        stop.wait_to_begin(order.frame, PATIENCE);
        stop.rest();
        self.renderer.render(scene, order, &mut |partial| {
            stop.rest();
            progress(partial)
        })
    }

    fn heed(&mut self, brake: &Brake) {
        self.renderer.heed(brake);
    }

    fn rest(&mut self) {
        self.renderer.rest();
    }
}
