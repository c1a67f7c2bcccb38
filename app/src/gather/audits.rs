//! How much of what nodes sent was rendered again here, and what was refused.

use std::collections::BTreeSet;

use frame::{FrameIndex, NodeId, TileIndex};
use render_net::artist::Progress;
use render_net::audit::Finding;
use render_net::wire::Piece;

use crate::event::{Audience, Event};
use crate::fault::one_line;
use crate::ruling::ruled;

/// What was looked at of a job.
#[derive(Debug, Default)]
pub(super) struct Audits {
    taken: u32,
    audited: u32,
    pixels: u64,
    /// What was refused here, but for what a referee saw otherwise.
    refused: Vec<(NodeId, Piece)>,
    is_unable: bool,
    /// Whether it was told that something waits for the referee.
    is_at_referee: bool,
    wrong: BTreeSet<(FrameIndex, TileIndex)>,
}

impl Audits {
    /// A result was taken.
    pub(super) fn taken(&mut self) {
        self.taken += 1;
    }

    /// Takes note of what was found; tells what was refused and what a referee says to that, and once why nothing is looked at.
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
                self.refused.push((*node, *piece));
                let (frame, tile, node) = (piece.frame.0, piece.tile.0, node.to_string());
                audience.hear(&Event::Refused { frame, tile, node, why: one_line(why) });
            }
            Progress::AwaitsRuling if !self.is_at_referee => {
                self.is_at_referee = true;
                let message = "what was refused waits for the job's referee, for an hour at most".to_owned();
                audience.hear(&frame::LiveEvent::Warning { message }.into());
            }
            Progress::Ruled { node, piece, found } => {
                // Unless an earlier run refused it.
                let refused = self.refused.iter().position(|refused| *refused == (*node, *piece));
                if let (true, Some(at)) = (found.is_for_node(), refused) {
                    self.refused.swap_remove(at);
                }
                audience.hear(&ruled(*node, *piece, *found));
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
        let Self { taken, audited, pixels, .. } = *self;
        let refused = self.refused.len() as u32;
        if audited + refused > 0 {
            audience.hear(&Event::Audited { results: taken + refused, audited, pixels, refused });
        }
    }
}

#[cfg(test)]
mod tests {
    use frame::BlockRange;
    use render_net::receipt::Found;

    use super::*;

    fn counts(heard: &[Progress], taken: u32) -> (u32, u32) {
        let mut audits = Audits::default();
        heard.iter().for_each(|progress| audits.hear(progress, &mut |_: &Event| {}));
        (0..taken).for_each(|_| audits.taken());
        let mut counts = None;
        audits.end(&mut |event: &Event| {
            if let Event::Audited { results, refused, .. } = event {
                counts = Some((*results, *refused));
            }
        });
        counts.expect("something was refused")
    }

    #[test]
    fn what_a_referee_upholds_counts_as_taken_and_not_as_refused() {
        let node = NodeId([1; 32]);
        let piece = |tile| Piece {
            frame: FrameIndex(0),
            tile: TileIndex(tile),
            blocks: BlockRange { first: 0, count: 1 },
        };
        let refused = |tile| Progress::Refused { node, piece: piece(tile), why: "why".into() };
        let ruled = |tile, found| Progress::Ruled { node, piece: piece(tile), found };
        let (right, wrong) = (Found::Right { pixels: 64 }, Found::Wrong { differ: 11, pixels: 16 });
        assert_eq!(counts(&[refused(0), refused(1)], 3), (5, 2));
        assert_eq!(counts(&[refused(0), refused(1), ruled(1, right), ruled(0, wrong)], 4), (5, 1));
        let of_an_earlier_run = ruled(2, right);
        assert_eq!(counts(&[refused(0), of_an_earlier_run], 4), (5, 1));
    }
}
