//! A referee of the simulation: it sees what is true of a result, and is sometimes gone.

use std::collections::BTreeSet;

use frame::LeaseId;
use render_net::wire::{Attend, Message, Opaque, Request, Response, Rule};

use super::world::{Happening, Peer, World};

/// How often it asks.
const ASK_MS: u64 = 900;

/// A referee, where the plan has one.
#[derive(Default)]
pub(super) struct SimReferee {
    /// Its questions that nobody has answered.
    asked: BTreeSet<u64>,
}

impl SimReferee {
    pub(super) fn start(world: &mut World) {
        if world.plan.referee.is_some() {
            world.after(1, Happening::Attends);
        }
    }

    pub(super) fn attend(&mut self, world: &mut World) {
        world.after(ASK_MS, Happening::Attends);
        let attend = Attend { descriptor: Opaque::default(), after: LeaseId(0), wait_ms: 0 };
        self.asked.insert(world.call(Peer::Referee, &Request::Attend(Box::new(attend))));
    }

    pub(super) fn response(&mut self, world: &mut World, call: u64, bytes: &[u8]) -> Result<(), String> {
        if !self.asked.remove(&call) {
            return Ok(());
        }
        world.note(bytes);
        let Response::Disputes(disputes) = Response::decode(bytes).map_err(|fault| fault.to_string())? else {
            return Ok(());
        };
        for dispute in disputes.iter() {
            let work = &dispute.committed;
            let art = world.objects.get(&work.result).ok_or("committed and not stored")?;
            let for_node = art.good && (art.lease, art.blocks) == (work.lease, work.piece.blocks);
            let rule = Rule { lease: work.lease, for_node, ruling: Opaque::default() };
            world.call(Peer::Referee, &Request::Rule(Box::new(rule)));
        }
        Ok(())
    }

    pub(super) fn timeout(&mut self, call: u64) {
        self.asked.remove(&call);
    }
}
