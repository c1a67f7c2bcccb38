//! Checks receipts without any network: those inside a picture, against the picture's own pixels, or a file of them.

use std::fmt;
use std::path::Path;

use render_net::receipt::book::verify_book;
use render_net::receipt::{BookSummary, Verdict, verify_receipt};
use serde::Serialize;

use crate::fault::{Exit, Fault, one_line, quoted};
use crate::pictures;

/// What verified.
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

/// Checks a picture or a receipt file.
///
/// # Errors
/// Exit code 7 when anything does not verify, 1 when the file cannot be read.
pub fn verify(path: &Path) -> Result<VerifyReport, Fault> {
    let bytes = head(path)?;
    if bytes.starts_with(&EXR_MAGIC) {
        return verify_picture(path);
    }
    let bytes = std::fs::read(path).map_err(|error| Fault::file("read", path, &error))?;
    if let Ok(summary) = verify_book(&bytes) {
        return Ok(report(&summary, false));
    }
    let verified = verify_receipt(&bytes).map_err(|fault| not_verified(path, &fault))?;
    if verified.verdict != Verdict::Good {
        return Err(not_verified(path, &"the artist refused this work"));
    }
    let receipt = verified.receipt;
    Ok(VerifyReport {
        job: receipt.job.to_string(),
        frame: receipt.frame.0,
        artist: verified.artist.to_string(),
        receipts: 1,
        nodes: 1,
        adapters: vec![one_line(&receipt.adapter.name)],
        samples: receipt.samples,
        pixels_checked: false,
    })
}

fn verify_picture(path: &Path) -> Result<VerifyReport, Fault> {
    let file = pictures::read(path)?;
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

impl fmt::Display for VerifyReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "frame {} of job {}, signed by artist {}", self.frame, self.job, self.artist)?;
        writeln!(f, "{} receipts of {} nodes cover {} samples", self.receipts, self.nodes, self.samples)?;
        writeln!(f, "rendered with {}", self.adapters.join(", "))?;
        let pixels =
            if self.pixels_checked { "the pixels are the signed ones" } else { "no pixels were compared" };
        write!(f, "every signature verifies; {pixels}")
    }
}
