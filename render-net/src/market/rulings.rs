//! What a node hears of rulings on its work: each is kept for it, signed as the referee sent it, until the node has it too.

use frame::{LeaseId, NodeId};

use super::rows::Rows;
use super::{Halt, Turn};
use crate::store::row::{decode, write};
use crate::store::{Key, StoreFault, Table, after};
use crate::wire::referee::RULINGS_MAX;
use crate::wire::{Bounded, Response, Ruled};

impl Turn<'_> {
    /// A node has these, and asks what else there is. Saying the same again changes nothing.
    pub(super) fn rulings(&mut self, node: NodeId, taken: &[LeaseId]) -> Result<Response, Halt> {
        for lease in taken {
            self.rows.drop_ruling(node, *lease)?;
        }
        Ok(Response::Rulings(Bounded::cut(self.rows.rulings(node, RULINGS_MAX)?)))
    }
}

impl Rows<'_> {
    pub(super) fn put_ruling(&mut self, node: NodeId, ruled: &Ruled) -> Result<(), StoreFault> {
        write(self.records, Table::Ruling, &Key::new().peer(node).lease(ruled.lease), ruled)
    }

    fn drop_ruling(&mut self, node: NodeId, lease: LeaseId) -> Result<(), StoreFault> {
        self.records.remove(Table::Ruling, &Key::new().peer(node).lease(lease))
    }

    /// The oldest leases first.
    fn rulings(&self, node: NodeId, max: usize) -> Result<Vec<Ruled>, StoreFault> {
        let found = self.records.scan(Table::Ruling, &node.0, &after(&node.0), max)?;
        found.iter().map(|(_, body)| decode(Table::Ruling, body)).collect()
    }
}
