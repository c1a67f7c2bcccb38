//! What a node keeps of judgements on its work: who judges in which job, and what was found, signed.
//!
//! A referee's key is the one in the order that the artist signed and this node opened; it is written down before the work is begun, so that a ruling
//! that comes after a restart is still held against it. A ruling lies here as the referee signed it: `tessera verify` reads it, anywhere.

use std::fs;
use std::path::{Path, PathBuf};

use frame::{JobId, NodeId};

use crate::receipt::{Ruling, SignedRuling};
use crate::whole_file::write_whole;
use crate::wire::Ruled;

/// Jobs whose referee is remembered; the oldest are forgotten when a node starts.
const JOBS_KEPT_MAX: usize = 4096;
/// Rulings that are kept; the oldest are forgotten when a node starts.
const RULINGS_KEPT_MAX: usize = 4096;

/// Ends of the names of the files.
const REFEREE: &str = "referee";
const RULING: &str = "ruling";

/// A folder for one coordinator.
pub(super) struct Docket {
    folder: PathBuf,
    durable: bool,
}

impl Docket {
    /// The folder for this coordinator below a node's data folder; `durable`: what is put here survives a power cut.
    pub(super) fn open(data: &Path, coordinator: NodeId, durable: bool) -> std::io::Result<Self> {
        let name: String = coordinator.to_string().chars().take(16).collect();
        let folder = data.join("rulings").join(name);
        fs::create_dir_all(&folder)?;
        for (ending, max) in [(REFEREE, JOBS_KEPT_MAX), (RULING, RULINGS_KEPT_MAX)] {
            forget_oldest(&folder, ending, max);
        }
        Ok(Self { folder, durable })
    }

    /// Writes down who judges in a job.
    pub(super) fn note(&self, job: JobId, referee: NodeId) -> std::io::Result<()> {
        if self.referee(job) == Some(referee) {
            return Ok(());
        }
        write_whole(&self.path(&job.to_string(), REFEREE), &[referee.to_string().as_bytes()], self.durable)
    }

    /// What the job's referee said about this node's work; nothing when it is not the referee's word, or about something else.
    pub(super) fn read(&self, node: NodeId, ruled: &Ruled) -> Option<Ruling> {
        let ruling = SignedRuling::open(&ruled.ruling, self.referee(ruled.job)?).ok()?;
        let is_about_it = (ruling.job, ruling.lease, ruling.node) == (ruled.job, ruled.lease, node);
        is_about_it.then_some(ruling)
    }

    /// Keeps a ruling that was read.
    pub(super) fn keep(&self, ruled: &Ruled) -> std::io::Result<()> {
        write_whole(&self.path(&ruled.lease.0.to_string(), RULING), &[&ruled.ruling], self.durable)
    }

    fn referee(&self, job: JobId) -> Option<NodeId> {
        fs::read_to_string(self.path(&job.to_string(), REFEREE)).ok()?.parse().ok()
    }

    fn path(&self, name: &str, ending: &str) -> PathBuf {
        self.folder.join(format!("{name}.{ending}"))
    }
}

fn forget_oldest(folder: &Path, ending: &str, max: usize) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    let paths = entries.flatten().map(|entry| entry.path());
    let ours = paths.filter(|path| path.extension().is_some_and(|end| end == ending));
    let mut files: Vec<_> =
        ours.map(|path| (path.metadata().and_then(|about| about.modified()).ok(), path)).collect();
    files.sort();
    let too_many = files.len().saturating_sub(max);
    for (_, path) in files.drain(..too_many) {
        if let Err(error) = fs::remove_file(path) {
            tracing::debug!(%error, "docket");
        }
    }
}

#[cfg(test)]
mod tests {
    use frame::LeaseId;

    use super::*;
    use crate::identity::Identity;
    use crate::receipt::Found;
    use crate::wire::{Bounded, ObjectName};

    fn ruled(by: &Identity, node: NodeId, job: JobId) -> Ruled {
        let (lease, result, refusal) = (LeaseId(7), ObjectName([4; 32]), ObjectName([5; 32]));
        let found = Found::Right { pixels: 64 };
        let ruling = Ruling { job, lease, node, result, refusal, found }.sign(by);
        Ruled { job, lease, ruling: Bounded::cut(ruling.to_bytes()) }
    }

    #[test]
    fn only_the_word_of_the_referee_in_the_order_about_this_nodes_work_is_a_ruling() {
        let (data, coordinator) = (tempfile::tempdir().expect("a temporary folder"), NodeId([1; 32]));
        let (referee, other) = (Identity::generate(), Identity::generate());
        let (node, job) = (NodeId([2; 32]), JobId([3; 16]));
        let docket = Docket::open(data.path(), coordinator, true).expect("made");
        let ruling = ruled(&referee, node, job);
        assert_eq!(docket.read(node, &ruling), None, "nothing is known of such a job");
        docket.note(job, referee.id()).expect("written");
        let docket = Docket::open(data.path(), coordinator, true).expect("there");
        assert_eq!(docket.read(node, &ruling).map(|read| read.found), Some(Found::Right { pixels: 64 }));
        assert_eq!(docket.read(node, &ruled(&other, node, job)), None);
        assert_eq!(docket.read(NodeId([9; 32]), &ruling), None, "somebody else's work");
        assert_eq!(docket.read(node, &Ruled { lease: LeaseId(8), ..ruling.clone() }), None);
        docket.keep(&ruling).expect("written");
        let kept = fs::read(docket.path("7", RULING)).expect("there");
        assert!(SignedRuling::open(&kept, referee.id()).is_ok());
    }

    #[test]
    fn the_oldest_are_forgotten_first() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for (name, age_s) in [("1.ruling", 30), ("2.ruling", 10), ("3.ruling", 20), ("x.referee", 90)] {
            let file = fs::File::create(folder.path().join(name)).expect("made");
            let at = std::time::SystemTime::now() - std::time::Duration::from_secs(age_s);
            file.set_modified(at).expect("set");
        }
        forget_oldest(folder.path(), RULING, 2);
        let left = |name: &str| folder.path().join(name).exists();
        assert_eq!(["1.ruling", "2.ruling", "3.ruling", "x.referee"].map(left), [false, true, true, true]);
    }
}
