//! Lets a renderer of this process begin no frame that a person does not want begun any more.
//!
//! The coordinator hands out the next frame while the last tiles of one are rendered; who collects them can only say later that it
//! is whole. Held back here, the next frame costs nothing and leaves no trace.

use std::time::Duration;

use frame::TileRenderer;

use crate::before_each::before_each;
use crate::stop::Stop;

/// How long a frame is held back: what is left of the others is collected and put in place meanwhile. A tile of theirs that came back
/// unfinished would wait behind it.
const PATIENCE: Duration = Duration::from_secs(30);

/// The renderer behind a turnstile.
pub(super) fn before(renderer: Box<dyn TileRenderer>, stop: Stop) -> Box<dyn TileRenderer> {
    // When the stop has come, the node is told right after, and blames nobody.
    before_each(renderer, move |order| stop.wait_to_begin(order.frame, PATIENCE))
}
