//! How much of what nodes sent was rendered again here, and what was refused.

use std::collections::BTreeSet;

use frame::{FrameIndex, TileIndex};
use render_net::artist::Progress;
use render_net::audit::Finding;

use crate::event::{Audience, Event};
use crate::fault::one_line;

/// What was looked at of a job.
#[derive(Debug, Default)]
pub(super) struct Audits {
    results: u32,
    audited: u32,
    pixels: u64,
    refused: u32,
    is_unable: bool,
    wrong: BTreeSet<(FrameIndex, TileIndex)>,
}

impl Audits {
    /// A result was taken.
    pub(super) fn taken(&mut self) {
        self.results += 1;
    }

    /// Takes note of what was found; tells what was refused, and once why nothing is looked at.
    pub(super) fn hear(&mut self, progress: &Progress, audience: &mut dyn Audience) {
        match progress {
            Progress::Looked {
                found: Finding::Right { pixels } | Finding::Unclear { pixels, .. }, ..
            } => {
                self.audited += 1;
                self.pixels += u64::from(*pixels);
            }
            Progress::Looked { found: Finding::Unable(why), .. } if !self.is_unable => {
                self.is_unable = true;
                let message = format!("what nodes send is not rendered again here: {}", one_line(why));
                audience.hear(&frame::LiveEvent::Warning { message }.into());
            }
            Progress::Tainted { tiles, .. } => self.wrong.extend(tiles),
            Progress::Refused { node, piece, why } => {
                self.results += 1;
                self.refused += 1;
                let (frame, tile, node) = (piece.frame.0, piece.tile.0, node.to_string());
                audience.hear(&Event::Refused { frame, tile, node, why: one_line(why) });
            }
            _ => {}
        }
    }

    /// Tiles that were taken and are wrong, in order.
    pub(super) fn wrong(&self) -> Vec<(FrameIndex, TileIndex)> {
        self.wrong.iter().copied().collect()
    }

    /// Tells how much it was, where any was looked at or refused.
    pub(super) fn end(&self, audience: &mut dyn Audience) {
        let Self { results, audited, pixels, refused, .. } = *self;
        if audited + refused > 0 {
            audience.hear(&Event::Audited { results, audited, pixels, refused });
        }
    }
}
