//! What is known of the depot: the index, what is yet to do, and what a listing that runs has seen. Under one lock, and without a wait.

use std::collections::BTreeSet;

use super::BlobFault;
use super::chores::{Chore, Chores, Step};
use super::depot::{Found, Passed};
use super::index::{Entry, Index};
use super::owner::Owner;
use crate::wire::ObjectName;

/// Index and chores, which change together.
#[derive(Debug, Default)]
pub(super) struct Known {
    pub(super) index: Index,
    pub(super) chores: Chores,
    listings: u64,
    /// What was removed since the listing that runs began: it may tell of it all the same.
    gone_since: Option<BTreeSet<(ObjectName, Owner)>>,
}

impl Known {
    /// An object that has been written now.
    pub(super) fn fresh(&self, owner: Owner, size_bytes: u64, now_ms: u64) -> Entry {
        let seen = self.listings;
        Entry { owner, lies: owner, size_bytes, used_ms: now_ms, marked_ms: now_ms, seen }
    }

    /// Whether an object is stored; who asks has use for it.
    pub(super) fn used(&mut self, name: ObjectName, now_ms: u64, mark_after_ms: u64) -> bool {
        let due = self.index.used(name, now_ms, mark_after_ms);
        if due == Some(true) {
            self.chores.mark(name);
        }
        due.is_some()
    }

    /// An object goes a step, in the index at once; false when it is not there or not where the step begins.
    pub(super) fn step(&mut self, name: ObjectName, step: Step, keeps_spares: bool) -> bool {
        let Some(entry) = self.index.entry(name).filter(|entry| step.goes_from(entry.owner)) else {
            return false;
        };
        if step == Step::Spare && !keeps_spares {
            self.index.take(name);
            self.chores.leave(&[(name, entry)]);
        } else {
            self.index.pass(name, step.to());
            self.chores.pass(name);
        }
        true
    }

    /// The depot has this; `younger_ms` is taken from its age. Of two files of one object the newer state counts, and the other has to go.
    pub(super) fn found(&mut self, found: Found, younger_ms: u64) {
        let Found { name, owner, size_bytes, used_ms: marked_ms } = found;
        let is_gone = self.gone_since.as_ref().is_some_and(|gone| gone.contains(&(name, owner)));
        if is_gone || self.chores.is_leaving(name, owner) {
            return;
        }
        let (used_ms, seen) = (marked_ms.saturating_add(younger_ms), self.listings);
        let Some(known) = self.index.entry(name) else {
            let entry = Entry { owner, lies: owner, size_bytes, used_ms, marked_ms, seen };
            return self.index.insert(name, entry);
        };
        if owner < known.lies {
            self.chores.leave_one(name, owner, size_bytes);
        }
        if owner > known.lies {
            self.chores.leave_one(name, known.lies, known.size_bytes);
        }
        let entry = Entry {
            owner: known.owner.max(owner),
            lies: known.lies.max(owner),
            used_ms: known.used_ms.max(used_ms),
            marked_ms: known.marked_ms.max(marked_ms),
            seen,
            ..known
        };
        self.index.insert(name, entry);
        self.chores.pass(name);
    }

    /// From now on what is told by a listing counts.
    pub(super) fn listing_begins(&mut self) {
        self.listings += 1;
        self.gone_since = Some(BTreeSet::new());
    }

    /// All was listed: what was not seen has been removed by others. A listing that broke off tells nothing of what is gone.
    pub(super) fn listing_ends(&mut self, whole: bool) {
        self.gone_since = None;
        if whole {
            let (listings, chores) = (self.listings, &self.chores);
            self.index.take_where(|name, entry| entry.seen < listings && !chores.is_held(name));
        }
    }

    /// An object is not where it should lie: whoever has it may store it again.
    pub(super) fn lost(&mut self, name: ObjectName, lies: Owner) {
        if self.index.entry(name).is_some_and(|entry| entry.lies == lies) {
            self.index.take(name);
        }
    }

    /// A chore that concerns the depot alone is over. What failed is to be tried again, but for a mark: its object only ages.
    pub(super) fn did(&mut self, chore: Chore, done: Result<Passed, &BlobFault>) {
        self.chores.ended(chore);
        match (chore, done) {
            (Chore::Remove(name, lies), Ok(_)) => {
                self.chores.left(name, lies);
                if let Some(gone) = &mut self.gone_since {
                    gone.insert((name, lies));
                }
            }
            (Chore::Pass { name, from, .. }, Ok(Passed::Gone)) => self.lost(name, from),
            (Chore::Pass { name, from, to }, Ok(passed)) => self.passed(name, from, to, passed),
            (Chore::Look(name, step), Err(_)) => self.chores.look(name, step),
            (Chore::Remove(..) | Chore::Pass { .. }, Err(_)) | (Chore::Mark(..) | Chore::Look(..), _) => {}
        }
    }

    fn passed(&mut self, name: ObjectName, from: Owner, to: Owner, passed: Passed) {
        let Some(entry) = self.index.entry(name) else {
            // Taken out meanwhile: it has to go under its new name as well.
            let size_bytes = 0;
            return self.chores.leave_one(name, to, size_bytes);
        };
        if passed == Passed::Copied {
            self.chores.leave_one(name, from, entry.size_bytes);
        }
        // Another coordinator may have taken it further meanwhile, and a listing have told so.
        if entry.lies < to {
            self.index.note(name, |entry| entry.lies = to);
        } else if entry.lies > to {
            self.chores.leave_one(name, to, entry.size_bytes);
        }
    }
}
