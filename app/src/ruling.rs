//! What a referee found, as people and programs are told it: by the referee itself and by the artist.

use frame::NodeId;
use render_net::receipt::{Found, Verdict};
use render_net::wire::Piece;

use crate::event::Event;

/// The event that tells a ruling on a node's work.
pub(crate) fn ruled(node: NodeId, piece: Piece, found: Found) -> Event {
    let (frame, tile, node) = (piece.frame.0, piece.tile.0, node.to_string());
    Event::Ruled { frame, tile, node, for_node: found.is_for_node(), why: why(found) }
}

/// The reason in a sentence.
pub(crate) fn why(found: Found) -> String {
    match found {
        Found::Right { pixels } => {
            format!("{pixels} pixels that were rendered again are what they have to be")
        }
        Found::Unclear { differ, pixels } => format!(
            "{differ} of {pixels} pixels that were rendered again came out otherwise, too few to accuse anybody"
        ),
        Found::Wrong { differ, pixels } => {
            format!("{differ} of {pixels} pixels that were rendered again came out otherwise")
        }
        Found::Unfit(Verdict::Impossible) => "it holds values that no picture has".into(),
        Found::Unfit(_) => "it does not open, or is not what its receipt says".into(),
        Found::NotShown => "the artist's keys for the referee do not belong to the job".into(),
    }
}

#[cfg(test)]
mod tests {
    use frame::{BlockRange, FrameIndex, TileIndex};

    use super::*;

    #[test]
    fn a_ruling_names_the_work_the_side_and_the_reason() {
        let piece =
            Piece { frame: FrameIndex(7), tile: TileIndex(3), blocks: BlockRange { first: 0, count: 1 } };
        let told = |found| match ruled(NodeId([0xab; 32]), piece, found) {
            Event::Ruled { frame: 7, tile: 3, node, for_node, why } if node == "ab".repeat(32) => {
                (for_node, why)
            }
            other => panic!("{other:?}"),
        };
        let (for_node, why) = told(Found::Right { pixels: 64 });
        assert!(for_node && why.starts_with("64 pixels"), "{why}");
        let (for_node, why) = told(Found::Unclear { differ: 12, pixels: 384 });
        assert!(for_node && why.starts_with("12 of 384 pixels") && why.ends_with("accuse anybody"), "{why}");
        let (for_node, why) = told(Found::Wrong { differ: 30, pixels: 34 });
        assert!(!for_node && why.starts_with("30 of 34 pixels") && why.ends_with("otherwise"), "{why}");
        assert!(!told(Found::Unfit(Verdict::Unreadable)).0);
        assert!(told(Found::NotShown).0, "who shows nothing cannot refuse");
    }
}
