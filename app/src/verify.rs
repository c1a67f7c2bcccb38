//! Checks receipts without any network: those inside a picture, against the picture's own pixels, or a file of them; and rulings that a node keeps.

use std::fmt;
use std::path::Path;

use frame::exr::{self, ExrError, ReadLimits};
use render_net::receipt::book::verify_book;
use render_net::receipt::{BookSummary, SignedRuling, Verdict, verify_receipt};
use serde::Serialize;

use crate::counted::counted;
use crate::fault::{Exit, Fault, one_line, quoted};
use crate::print::exr_fault;
use crate::ruling;

/// What verified.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub enum Verified {
    /// Finished work.
    Work(VerifyReport),
    /// A referee's word on work that was refused.
    Ruling(RulingReport),
}

/// A ruling that verified.
#[derive(Clone, Debug, Serialize)]
pub struct RulingReport {
    /// The job.
    pub job: String,
    /// The lease.
    pub lease: u64,
    /// Whose work.
    pub node: String,
    /// Who judged. Whether the job had named this one is in its order, and not in the ruling.
    pub referee: String,
    /// Whether the node is in the right.
    pub for_node: bool,
    /// What was found, in a sentence.
    pub why: String,
}

/// Finished work that verified.
#[derive(Clone, Debug, Serialize)]
pub struct VerifyReport {
    /// The job.
    pub job: String,
    /// The frame.
    pub frame: u32,
    /// The artist who signed.
    pub artist: String,
    /// Receipts that were checked.
    pub receipts: usize,
    /// Different nodes, by their names for this job alone.
    pub nodes: usize,
    /// What they rendered with.
    pub adapters: Vec<String>,
    /// Pixels × samples that the receipts cover.
    pub samples: u64,
    /// Whether the pixels themselves were compared with the signed hash.
    pub pixels_checked: bool,
}

/// Largest receipt file that is read.
const FILE_BYTES_MAX: u64 = 1 << 30;
const EXR_MAGIC: [u8; 4] = [0x76, 0x2f, 0x31, 0x01];

/// Checks a picture, a receipt file or a ruling.
///
/// # Errors
/// Exit code 7 when anything does not verify, 1 when the file cannot be read.
pub fn verify(path: &Path) -> Result<Verified, Fault> {
    let bytes = head(path)?;
    if bytes.starts_with(&EXR_MAGIC) {
        return verify_picture(path).map(Verified::Work);
    }
    let bytes = std::fs::read(path).map_err(|error| Fault::file("read", path, &error))?;
    if let Ok(summary) = verify_book(&bytes) {
        return Ok(Verified::Work(report(&summary, false)));
    }
    if let Ok((referee, ruling)) = SignedRuling::read(&bytes) {
        return Ok(Verified::Ruling(RulingReport {
            job: ruling.job.to_string(),
            lease: ruling.lease.0,
            node: ruling.node.to_string(),
            referee: referee.to_string(),
            for_node: ruling.found.is_for_node(),
            why: ruling::why(ruling.found),
        }));
    }
    let verified = verify_receipt(&bytes).map_err(|fault| not_verified(path, &fault))?;
    if verified.verdict != Verdict::Good {
        return Err(not_verified(path, &"the artist refused this work"));
    }
    let receipt = verified.receipt;
    Ok(Verified::Work(VerifyReport {
        job: receipt.job.to_string(),
        frame: receipt.frame.0,
        artist: verified.artist.to_string(),
        receipts: 1,
        nodes: 1,
        adapters: vec![one_line(&receipt.adapter.name)],
        samples: receipt.samples,
        pixels_checked: false,
    }))
}

fn verify_picture(path: &Path) -> Result<VerifyReport, Fault> {
    let file = exr::read(path, &ReadLimits::default()).map_err(|error| match error {
        // Whatever changed it, it is not what was signed.
        ExrError::Malformed(_) | ExrError::Unsupported(_) => not_verified(path, &error),
        error => exr_fault("read", path, &error),
    })?;
    let receipts = file.receipts().ok_or_else(|| {
        let what = format!("{} holds no receipts", quoted(path));
        Fault::new(Exit::Verification, what, "pictures get receipts when they are rendered without --direct")
    })?;
    let summary = verify_book(receipts).map_err(|fault| not_verified(path, &fault))?;
    let size = summary.title.size;
    let same_size =
        file.parts.iter().all(|part| (part.info.width, part.info.height) == (size.width(), size.height()));
    if !same_size || summary.picture != file.pixels_hash() {
        return Err(not_verified(path, &"the pixels are not the ones that the artist signed"));
    }
    Ok(report(&summary, true))
}

fn report(summary: &BookSummary, pixels_checked: bool) -> VerifyReport {
    VerifyReport {
        job: summary.title.job.to_string(),
        frame: summary.title.frame.0,
        artist: summary.artist.to_string(),
        receipts: summary.receipts,
        nodes: summary.nodes,
        adapters: summary.adapters.iter().map(|name| one_line(name)).collect(),
        samples: summary.samples,
        pixels_checked,
    }
}

fn not_verified(path: &Path, why: &dyn fmt::Display) -> Fault {
    let what = format!("{} does not verify: {why}", quoted(path));
    Fault::new(
        Exit::Verification,
        what,
        "do not trust it; ask whoever sent it for the original, or render it again",
    )
}

/// The first bytes of a file that is not too large to be a receipt book.
fn head(path: &Path) -> Result<Vec<u8>, Fault> {
    use std::io::Read;
    let told = |error: std::io::Error| Fault::file("read", path, &error);
    let file = std::fs::File::open(path).map_err(told)?;
    let mut head = Vec::new();
    file.take(4).read_to_end(&mut head).map_err(told)?;
    let size = std::fs::metadata(path).map_err(told)?.len();
    if !head.starts_with(&EXR_MAGIC) && size > FILE_BYTES_MAX {
        return Err(not_verified(path, &"it is neither a picture nor a receipt file"));
    }
    Ok(head)
}

impl fmt::Display for Verified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Work(report) => report.fmt(f),
            Self::Ruling(report) => report.fmt(f),
        }
    }
}

impl fmt::Display for RulingReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let side = if self.for_node { "for" } else { "against" };
        writeln!(f, "referee {} decided {side} node {}", self.referee, self.node)?;
        writeln!(f, "about lease {} of job {}: {}", self.lease, self.job, self.why)?;
        write!(
            f,
            "the referee's signature verifies; whether the job had named this referee was not looked at"
        )
    }
}

impl fmt::Display for VerifyReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "frame {} of job {}, signed by artist {}", self.frame, self.job, self.artist)?;
        let (receipts, nodes) =
            (counted(self.receipts as u64, "receipt"), counted(self.nodes as u64, "node"));
        let cover = if self.receipts == 1 { "covers" } else { "cover" };
        writeln!(f, "{receipts} of {nodes} {cover} {}", counted(self.samples, "sample"))?;
        writeln!(f, "rendered with {}", self.adapters.join(", "))?;
        let pixels =
            if self.pixels_checked { "the pixels are the signed ones" } else { "no pixels were compared" };
        write!(f, "every signature verifies; {pixels}")
    }
}

#[cfg(test)]
mod tests {
    use frame::{JobId, LeaseId, NodeId};
    use render_net::identity::Identity;
    use render_net::receipt::{Found, Ruling};
    use render_net::wire::ObjectName;

    use super::*;

    #[test]
    fn a_picture_that_cannot_be_decoded_does_not_verify_and_one_that_is_not_there_cannot_be_read() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("a.exr");
        assert_eq!(verify(&file).expect_err("there is none").exit, Exit::Failure);
        std::fs::write(&file, [&EXR_MAGIC[..], &[2; 40]].concat()).expect("written");
        assert_eq!(verify(&file).expect_err("it is damaged").exit, Exit::Verification);
    }

    #[test]
    fn a_kept_ruling_verifies_anywhere_and_a_changed_one_nowhere() {
        let referee = Identity::generate();
        let (result, refusal) = (ObjectName([4; 32]), ObjectName([5; 32]));
        let (job, lease, node) = (JobId([1; 16]), LeaseId(7), NodeId([3; 32]));
        let found = Found::Wrong { differ: 15, pixels: 16 };
        let mut bytes = Ruling { job, lease, node, result, refusal, found }.sign(&referee).to_bytes();
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("7.ruling");
        std::fs::write(&file, &bytes).expect("written");
        let told = verify(&file).expect("it is signed").to_string();
        assert!(told.starts_with(&format!("referee {} decided against node {node}", referee.id())), "{told}");
        assert!(told.contains("lease 7") && told.contains("15 of 16 pixels"), "{told}");
        bytes[40] ^= 1;
        std::fs::write(&file, &bytes).expect("written");
        assert_eq!(verify(&file).expect_err("it was changed").exit, Exit::Verification);
    }
}
