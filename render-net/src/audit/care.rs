//! How closely a node is watched: everything from a stranger, a part of what comes from one that was always right.
//!
//! Source: BOINC's adaptive replication ("Adaptive replication", BOINC documentation): a host is trusted with the number of results in a row that were right.

use std::collections::BTreeMap;

use frame::NodeId;

/// Right results in a row until not every one is looked at.
const STRANGER: u32 = 10;
/// Share of a known node's results that is looked at, whatever it did before.
const SHARE_MIN: f64 = 0.25;

/// What is known of the nodes of a job.
#[derive(Debug, Default)]
pub(super) struct Care {
    right_in_a_row: BTreeMap<NodeId, u32>,
}

impl Care {
    /// Whether a result of this node is to be looked at; `drawn` is a fresh random number from 0 to 1.
    pub(super) fn is_due(&self, node: NodeId, drawn: f64) -> bool {
        let right = self.right_in_a_row.get(&node).copied().unwrap_or(0);
        right < STRANGER || drawn < SHARE_MIN
    }

    /// A result of this node was looked at.
    pub(super) fn found(&mut self, node: NodeId, is_right: bool) {
        let right = self.right_in_a_row.entry(node).or_default();
        *right = if is_right { right.saturating_add(1) } else { 0 };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stranger_is_always_looked_at_and_a_known_node_now_and_then() {
        let (mut care, node, other) = (Care::default(), NodeId([1; 32]), NodeId([2; 32]));
        for _ in 0..STRANGER {
            assert!(care.is_due(node, 0.99));
            care.found(node, true);
        }
        assert!(!care.is_due(node, 0.99) && care.is_due(node, SHARE_MIN / 2.0));
        assert!(care.is_due(other, 0.99));
        care.found(node, false);
        assert!(care.is_due(node, 0.99));
    }
}
