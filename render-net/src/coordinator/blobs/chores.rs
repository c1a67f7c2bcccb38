//! What the depot has yet to do so that it is as the index says: remove, pass on, mark.
//!
//! Only what is to be is noted, by object: so nothing comes out of order, what is overtaken is never done, and all of it is bounded by the objects
//! that are stored. Nothing of it outlives a crash, and need not: an object only stays longer, or stays with whom it was.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::index::{Entry, Index, charge};
use super::owner::Owner;
use crate::wire::ObjectName;

/// What others did is looked up for at most so many objects; the rest stay with whom they are until they are swept.
const LOOKS_MAX: usize = 65_536;

/// One step of an object's way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// It is this artist's result now. Only whoever stored it can deliver it: otherwise a node could have a scene removed by naming a chunk of it.
    Deliver { node: Owner, artist: Owner },
    /// Its artist has it: nobody is charged for it any more.
    Spare,
}

/// Something for the depot to do, with one object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Chore {
    /// Remove it.
    Remove(ObjectName, Owner),
    /// Make it somebody else's.
    Pass { name: ObjectName, from: Owner, to: Owner },
    /// Note that it is in use.
    Mark(ObjectName, Owner),
    /// Find out where it is on its way, because another coordinator moves it too, and go on from there.
    Look(ObjectName, Step),
}

/// All that is to do.
#[derive(Debug, Default)]
pub(super) struct Chores {
    /// Files that have to go, and what they count as until they are gone.
    leaving: BTreeMap<(ObjectName, Owner), u64>,
    leaving_bytes: u64,
    moves: BTreeSet<ObjectName>,
    looks: VecDeque<(ObjectName, Step)>,
    marks: BTreeSet<ObjectName>,
    /// Objects with which somebody does something now.
    held: BTreeSet<ObjectName>,
    under_way: usize,
    is_marking: bool,
    turn: usize,
}

impl Step {
    pub(super) fn goes_from(self, owner: Owner) -> bool {
        match self {
            Step::Deliver { node, .. } => owner == node || owner == Owner::Unknown,
            Step::Spare => owner.is_result(),
        }
    }

    pub(super) fn to(self) -> Owner {
        match self {
            Step::Deliver { artist, .. } => artist,
            Step::Spare => Owner::Spare,
        }
    }
}

impl Chore {
    pub(super) fn name(self) -> ObjectName {
        match self {
            Chore::Remove(name, _)
            | Chore::Pass { name, .. }
            | Chore::Mark(name, _)
            | Chore::Look(name, _) => name,
        }
    }
}

impl Chores {
    /// Bytes that are in no account any more and lie there still.
    pub(super) fn leaving_bytes(&self) -> u64 {
        self.leaving_bytes
    }

    /// What was taken out of the index has to go.
    pub(super) fn leave(&mut self, gone: &[(ObjectName, Entry)]) {
        gone.iter().for_each(|(name, entry)| self.leave_one(*name, entry.lies, entry.size_bytes));
    }

    pub(super) fn leave_one(&mut self, name: ObjectName, lies: Owner, size_bytes: u64) {
        if self.leaving.insert((name, lies), charge(size_bytes)).is_none() {
            self.leaving_bytes += charge(size_bytes);
        }
    }

    pub(super) fn is_leaving(&self, name: ObjectName, lies: Owner) -> bool {
        self.leaving.contains_key(&(name, lies))
    }

    /// It is gone, or may stay.
    pub(super) fn left(&mut self, name: ObjectName, lies: Owner) {
        self.leaving_bytes -= self.leaving.remove(&(name, lies)).unwrap_or(0);
    }

    pub(super) fn pass(&mut self, name: ObjectName) {
        self.moves.insert(name);
    }

    pub(super) fn mark(&mut self, name: ObjectName) {
        self.marks.insert(name);
    }

    pub(super) fn look(&mut self, name: ObjectName, step: Step) {
        if self.looks.len() < LOOKS_MAX {
            self.looks.push_back((name, step));
        }
    }

    /// Takes an object, so that nobody else does anything with it; false when somebody does.
    pub(super) fn hold(&mut self, name: ObjectName) -> bool {
        self.held.insert(name)
    }

    pub(super) fn let_go(&mut self, name: ObjectName) {
        self.held.remove(&name);
    }

    pub(super) fn is_held(&self, name: ObjectName) -> bool {
        self.held.contains(&name)
    }

    /// Whether nothing is to do and nothing is being done.
    pub(super) fn is_idle(&self) -> bool {
        let waiting = self.leaving.len() + self.moves.len() + self.looks.len() + self.marks.len();
        waiting + self.under_way == 0
    }

    /// What to do next; its object is held until [`Self::ended`]. Each kind has its turn, so that one that fails does not keep the others.
    pub(super) fn next(&mut self, index: &Index) -> Option<Chore> {
        self.turn += 1;
        let chore = (self.turn..self.turn + 4).find_map(|kind| match kind % 4 {
            0 => self.next_leaving(),
            1 => self.next_move(index),
            2 => self.next_look(),
            _ => self.next_mark(index),
        })?;
        self.held.insert(chore.name());
        self.under_way += 1;
        Some(chore)
    }

    /// A chore is done, or is to be tried again.
    pub(super) fn ended(&mut self, chore: Chore) {
        self.held.remove(&chore.name());
        self.under_way -= 1;
        self.is_marking &= !matches!(chore, Chore::Mark(..));
    }

    fn next_leaving(&mut self) -> Option<Chore> {
        let ((name, lies), _) = self.leaving.iter().find(|((name, _), _)| !self.held.contains(name))?;
        Some(Chore::Remove(*name, *lies))
    }

    fn next_move(&mut self, index: &Index) -> Option<Chore> {
        loop {
            let name = *self.moves.iter().find(|name| !self.held.contains(name))?;
            match index.entry(name) {
                Some(entry) if entry.lies != entry.owner => {
                    return Some(Chore::Pass { name, from: entry.lies, to: entry.owner });
                }
                _ => drop(self.moves.remove(&name)),
            }
        }
    }

    fn next_look(&mut self) -> Option<Chore> {
        let at = self.looks.iter().position(|(name, _)| !self.held.contains(name))?;
        self.looks.remove(at).map(|(name, step)| Chore::Look(name, step))
    }

    /// One at a time: where a mark is a copy through this machine, it takes an object's memory.
    fn next_mark(&mut self, index: &Index) -> Option<Chore> {
        if self.is_marking {
            return None;
        }
        loop {
            let name = *self.marks.iter().find(|name| !self.held.contains(name))?;
            self.marks.remove(&name);
            if let Some(entry) = index.entry(name) {
                self.is_marking = true;
                return Some(Chore::Mark(name, entry.lies));
            }
        }
    }
}
