//! What lies in the object folder, whose it is, and what is to go first. No files here.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use frame::NodeId;

use super::{BlobFault, BlobLimits};
use crate::wire::ObjectName;

/// Least that an object is charged with, so that the number of objects has a bound as well.
const CHARGE_BYTES_MIN: u64 = 64 * 1024;

/// Whose an object is, by the first eight bytes of a key: enough for an account, and a file's name stays short.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Owner {
    /// Stored by a program that did not note it.
    Unknown,
    /// Who stored it.
    Peer(u64),
    /// The artist to whom it was delivered.
    Result(u64),
    /// Nobody's any more.
    Spare,
}

/// A stored object.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    pub(super) owner: Owner,
    pub(super) size_bytes: u64,
    /// When it was stored or fetched last, and what of that the disk knows.
    pub(super) used_ms: u64,
    pub(super) marked_ms: u64,
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
type Gone = Vec<(ObjectName, Owner)>;

impl Owner {
    pub(super) fn peer(peer: NodeId) -> Self {
        Owner::Peer(tag(peer))
    }

    pub(super) fn result(artist: NodeId) -> Self {
        Owner::Result(tag(artist))
    }

    pub(super) fn is_result(self) -> bool {
        matches!(self, Owner::Result(_))
    }

    /// The file's name of an object of this owner.
    pub(super) fn file_name(self, name: &str) -> String {
        match self {
            Owner::Unknown => name.to_owned(),
            Owner::Peer(tag) => format!("{name}.{tag:016x}"),
            Owner::Result(tag) => format!("{name}.r{tag:016x}"),
            Owner::Spare => format!("{name}.spare"),
        }
    }

    /// The object and its owner, from a file's name.
    pub(super) fn of_file(file: &str) -> Option<(ObjectName, Self)> {
        let (name, owner) = file.split_once('.').unwrap_or((file, ""));
        let tag = |text| u64::from_str_radix(text, 16).ok();
        let owner = match (owner, owner.strip_prefix('r')) {
            ("", _) => Owner::Unknown,
            ("spare", _) => Owner::Spare,
            (_, Some(artist)) => Owner::Result(tag(artist)?),
            (peer, None) => Owner::Peer(tag(peer)?),
        };
        Some((name.parse().ok()?, owner))
    }
}

fn tag(peer: NodeId) -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = peer.0;
    u64::from_be_bytes([a, b, c, d, e, f, g, h])
}

impl Index {
    pub(super) fn entry(&self, name: ObjectName) -> Option<Entry> {
        self.objects.get(&name).copied()
    }

    /// Bytes of all objects.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Somebody has use for an object; the inner value is there when the disk should know.
    pub(super) fn used(
        &mut self,
        name: ObjectName,
        now_ms: u64,
        mark_after_ms: u64,
    ) -> Option<Option<Entry>> {
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
        Some(is_due.then_some(*entry))
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
            gone.push((name, entry.owner));
        }
        gone
    }

    /// Takes out what was last used before a time and is not these owners'.
    pub(super) fn take_old(&mut self, before_ms: u64, needed: &BTreeSet<Owner>) -> Gone {
        let is_old = |entry: &Entry| entry.used_ms < before_ms && !needed.contains(&entry.owner);
        let old: Gone = self
            .objects
            .iter()
            .filter(|(_, entry)| is_old(entry))
            .map(|(name, entry)| (*name, entry.owner))
            .collect();
        for (name, _) in &old {
            self.take(*name);
        }
        old
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

fn charge(size_bytes: u64) -> u64 {
    size_bytes.max(CHARGE_BYTES_MIN)
}
