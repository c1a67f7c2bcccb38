//! Finished results that wait to be delivered, on disk, so that neither a lost link nor a killed node loses them.
//!
//! What lies here is ciphertext to the artist and a signed receipt; the node itself cannot open it again.

use std::fs;
use std::path::{Path, PathBuf};

use frame::{LeaseId, NodeId};

use crate::whole_file::write_whole;
use crate::wire::{Commit, Message, ObjectName, Request};

/// Most results kept; when the disk or the coordinator is gone for long, the oldest leases have lapsed anyway.
const KEPT_MAX: usize = 256;

/// A folder of undelivered results for one coordinator.
pub(crate) struct Outbox {
    folder: PathBuf,
    durable: bool,
}

/// One undelivered result.
pub(crate) struct Parcel {
    pub(crate) commit: Commit,
    pub(crate) sealed: Vec<u8>,
}

impl Outbox {
    /// The outbox for this coordinator below a node's data folder; `durable`: what is put here survives a power cut.
    pub(crate) fn open(data: &Path, coordinator: NodeId, durable: bool) -> std::io::Result<Self> {
        let name: String = coordinator.to_string().chars().take(16).collect();
        let folder = data.join("outbox").join(name);
        fs::create_dir_all(&folder)?;
        Ok(Self { folder, durable })
    }

    /// What an earlier run left.
    pub(crate) fn leases(&self) -> Vec<LeaseId> {
        let Ok(entries) = fs::read_dir(&self.folder) else { return Vec::new() };
        let id = |entry: fs::DirEntry| {
            let name = entry.file_name().into_string().ok()?;
            name.strip_suffix(".tile")?.parse().ok().map(LeaseId)
        };
        let mut leases: Vec<LeaseId> = entries.flatten().filter_map(id).collect();
        leases.sort();
        leases.drain(..leases.len().saturating_sub(KEPT_MAX)).for_each(|lease| self.remove(lease));
        leases
    }

    /// Keeps a result; it is on disk whole when this returns.
    pub(crate) fn put(&self, parcel: &Parcel) -> std::io::Result<()> {
        let commit = Request::Commit(Box::new(parcel.commit.clone())).encode();
        let commit = commit.map_err(std::io::Error::other)?;
        let path = self.path(parcel.commit.lease);
        let length = (commit.len() as u32).to_le_bytes();
        write_whole(&path, &[&length, &commit, &parcel.sealed], self.durable)
    }

    /// A kept result; `None` when it is not there, or was damaged and is gone now.
    pub(crate) fn parcel(&self, lease: LeaseId) -> Option<Parcel> {
        let bytes = fs::read(self.path(lease)).ok()?;
        let parcel = opened(lease, &bytes);
        if parcel.is_none() {
            self.remove(lease);
        }
        parcel
    }

    /// Forgets a result.
    pub(crate) fn remove(&self, lease: LeaseId) {
        if let Err(error) = fs::remove_file(self.path(lease)) {
            tracing::debug!(%error, lease = lease.0, "outbox");
        }
    }

    fn path(&self, lease: LeaseId) -> PathBuf {
        self.folder.join(format!("{}.tile", lease.0))
    }
}

/// A result that is whole: what was damaged on the disk no coordinator would ever take.
fn opened(lease: LeaseId, bytes: &[u8]) -> Option<Parcel> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let (commit, sealed) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
    match Request::decode(commit) {
        Ok(Request::Commit(commit)) if commit.lease == lease && commit.result == ObjectName::of(sealed) => {
            Some(Parcel { commit: *commit, sealed: sealed.to_vec() })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use frame::BlockRange;

    use super::*;
    use crate::wire::Bounded;

    fn parcel(lease: u64) -> Parcel {
        let sealed = vec![7; 1000];
        let commit = Commit {
            lease: LeaseId(lease),
            blocks: BlockRange { first: 0, count: 1 },
            result: ObjectName::of(&sealed),
            receipt: Bounded::new(vec![1; 100]).expect("short"),
            link: Bounded::new(vec![2; 100]).expect("short"),
        };
        Parcel { commit, sealed }
    }

    #[test]
    fn a_kept_result_is_there_after_a_restart() {
        let data = tempfile::tempdir().expect("a temporary folder");
        let outbox = Outbox::open(data.path(), NodeId([1; 32]), true).expect("created");
        outbox.put(&parcel(5)).expect("written");
        outbox.put(&parcel(3)).expect("written");
        let again = Outbox::open(data.path(), NodeId([1; 32]), true).expect("opened");
        assert_eq!(again.leases(), [LeaseId(3), LeaseId(5)]);
        let kept = again.parcel(LeaseId(5)).expect("whole");
        assert_eq!((kept.commit, kept.sealed), (parcel(5).commit, parcel(5).sealed));
        again.remove(LeaseId(5));
        assert_eq!(again.leases(), [LeaseId(3)]);
        let other = Outbox::open(data.path(), NodeId([2; 32]), true).expect("created");
        assert!(other.leases().is_empty(), "another coordinator's leases have other meanings");
    }

    #[test]
    fn a_damaged_file_is_no_result() {
        let data = tempfile::tempdir().expect("a temporary folder");
        let outbox = Outbox::open(data.path(), NodeId([1; 32]), true).expect("created");
        for bytes in [&b""[..], b"\xff\xff\xff\xff", b"\x02\0\0\0ab"] {
            fs::write(outbox.path(LeaseId(1)), bytes).expect("written");
            assert!(outbox.parcel(LeaseId(1)).is_none());
            assert!(outbox.leases().is_empty(), "and is not kept for ever");
        }
        outbox.put(&parcel(2)).expect("written");
        let mut bytes = fs::read(outbox.path(LeaseId(2))).expect("read");
        *bytes.last_mut().expect("not empty") ^= 1;
        fs::write(outbox.path(LeaseId(2)), bytes).expect("written");
        assert!(outbox.parcel(LeaseId(2)).is_none(), "its bytes are not those of its name");
    }
}
