//! What is stored, whose it is, and what is to go first. Nothing of where it lies here.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::owner::Owner;
use super::{BlobFault, BlobLimits};
use crate::wire::ObjectName;

/// Least that an object is charged with, so that the number of objects has a bound as well.
const CHARGE_BYTES_MIN: u64 = 64 * 1024;

/// A stored object.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    pub(super) owner: Owner,
    /// Under whose name it lies; another's until the depot has followed.
    pub(super) lies: Owner,
    pub(super) size_bytes: u64,
    /// When it was stored or fetched last, and what of that the depot knows.
    pub(super) used_ms: u64,
    pub(super) marked_ms: u64,
    /// The listing that saw it last, or that had begun when it was stored.
    pub(super) seen: u64,
}

/// All stored objects.
#[derive(Debug, Default)]
pub(super) struct Index {
    objects: HashMap<ObjectName, Entry>,
    /// Spare objects, the one that nobody has used for longest first.
    spares: BTreeSet<(u64, ObjectName)>,
    /// What is being written, and counts already.
    reserved: BTreeMap<Reservation, (Owner, u64)>,
    reservations: u64,
    bytes: u64,
    of_owner: BTreeMap<Owner, u64>,
}

/// Something that is being written.
pub(super) type Reservation = u64;
/// What was taken out and has to go.
pub(super) type Gone = Vec<(ObjectName, Entry)>;

impl Index {
    pub(super) fn entry(&self, name: ObjectName) -> Option<Entry> {
        self.objects.get(&name).copied()
    }

    /// Bytes of all objects.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// How many objects.
    pub(super) fn count_of_all(&self) -> usize {
        self.objects.len()
    }

    /// Somebody has use for an object; whether the depot should know, `None` when it is not stored.
    pub(super) fn used(&mut self, name: ObjectName, now_ms: u64, mark_after_ms: u64) -> Option<bool> {
        let entry = self.objects.get_mut(&name)?;
        let used_ms = entry.used_ms.max(now_ms);
        if entry.owner == Owner::Spare && self.spares.remove(&(entry.used_ms, name)) {
            self.spares.insert((used_ms, name));
        }
        entry.used_ms = used_ms;
        let is_due = now_ms.saturating_sub(entry.marked_ms) > mark_after_ms;
        if is_due {
            entry.marked_ms = now_ms;
        }
        Some(is_due)
    }

    pub(super) fn check(&self, owner: Owner, size_bytes: u64, limits: &BlobLimits) -> Result<(), BlobFault> {
        let charge = charge(size_bytes);
        let (own, spare) = (self.of(owner), self.of(Owner::Spare));
        let is_account = matches!(owner, Owner::Peer(_));
        if is_account && own.saturating_add(charge) > limits.peer_bytes_max {
            return Err(BlobFault::Share { bytes_max: limits.peer_bytes_max });
        }
        // What is spare makes room.
        if (self.bytes - spare).saturating_add(charge) > limits.bytes_max {
            return Err(BlobFault::NoRoom);
        }
        Ok(())
    }

    /// Counts an object that is to be written; with it come spare objects that have to go for it.
    pub(super) fn reserve(
        &mut self,
        owner: Owner,
        size_bytes: u64,
        limits: &BlobLimits,
    ) -> Result<(Reservation, Gone), BlobFault> {
        self.check(owner, size_bytes, limits)?;
        self.count(owner, size_bytes);
        self.reservations += 1;
        self.reserved.insert(self.reservations, (owner, size_bytes));
        let over = self.bytes.saturating_sub(limits.bytes_max);
        Ok((self.reservations, self.take_spares(over)))
    }

    /// What was reserved is written, or is not.
    pub(super) fn settle(&mut self, number: Reservation, name: ObjectName, written: Option<Entry>) {
        if let Some((owner, size_bytes)) = self.reserved.remove(&number) {
            self.uncount(owner, size_bytes);
        }
        if let Some(entry) = written {
            self.insert(name, entry);
        }
    }

    pub(super) fn insert(&mut self, name: ObjectName, entry: Entry) {
        self.take(name);
        self.count(entry.owner, entry.size_bytes);
        if entry.owner == Owner::Spare {
            self.spares.insert((entry.used_ms, name));
        }
        self.objects.insert(name, entry);
    }

    /// An object is somebody else's from now on.
    pub(super) fn pass(&mut self, name: ObjectName, to: Owner) {
        if let Some(entry) = self.take(name) {
            self.insert(name, Entry { owner: to, ..entry });
        }
    }

    /// Takes an object out.
    pub(super) fn take(&mut self, name: ObjectName) -> Option<Entry> {
        let entry = self.objects.remove(&name)?;
        self.uncount(entry.owner, entry.size_bytes);
        if entry.owner == Owner::Spare {
            self.spares.remove(&(entry.used_ms, name));
        }
        Some(entry)
    }

    /// Takes spare objects out, at least so many bytes where there are.
    pub(super) fn take_spares(&mut self, bytes: u64) -> Gone {
        let (mut gone, mut freed) = (Vec::new(), 0);
        while freed < bytes {
            let Some((_, name)) = self.spares.pop_first() else { break };
            let Some(entry) = self.objects.remove(&name) else { continue };
            self.uncount(entry.owner, entry.size_bytes);
            freed += charge(entry.size_bytes);
            gone.push((name, entry));
        }
        gone
    }

    /// Takes out what was last used before a time and is not these owners'.
    pub(super) fn take_old(&mut self, before_ms: u64, needed: &BTreeSet<Owner>) -> Gone {
        self.take_where(|_, entry| entry.used_ms < before_ms && !needed.contains(&entry.owner))
    }

    /// Takes out all objects that are so.
    pub(super) fn take_where(&mut self, is_so: impl Fn(ObjectName, &Entry) -> bool) -> Gone {
        let those = self.objects.iter().filter(|(name, entry)| is_so(**name, entry));
        let gone: Gone = those.map(|(name, entry)| (*name, *entry)).collect();
        for (name, _) in &gone {
            self.take(*name);
        }
        gone
    }

    /// Changes what is noted of an object beside its owner, size and use.
    pub(super) fn note(&mut self, name: ObjectName, change: impl FnOnce(&mut Entry)) {
        if let Some(entry) = self.objects.get_mut(&name) {
            change(entry);
        }
    }

    fn of(&self, owner: Owner) -> u64 {
        self.of_owner.get(&owner).copied().unwrap_or(0)
    }

    fn count(&mut self, owner: Owner, size_bytes: u64) {
        self.bytes += charge(size_bytes);
        *self.of_owner.entry(owner).or_default() += charge(size_bytes);
    }

    fn uncount(&mut self, owner: Owner, size_bytes: u64) {
        self.bytes = self.bytes.saturating_sub(charge(size_bytes));
        if let Some(own) = self.of_owner.get_mut(&owner) {
            *own = own.saturating_sub(charge(size_bytes));
            if *own == 0 {
                self.of_owner.remove(&owner);
            }
        }
    }
}

/// What an object counts as.
pub(super) fn charge(size_bytes: u64) -> u64 {
    size_bytes.max(CHARGE_BYTES_MIN)
}
