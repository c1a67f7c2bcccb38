//! A frame's receipts as one book that travels inside the picture.
//!
//! The book says which frame it is for, lists the countersigned receipts, and is signed by the artist together with a hash of the finished picture.
//! Checking it answers: did the artist's program write this picture, and does each tile and sample block of it come from exactly one
//! piece of work that a node vouched for and the artist accepted?

use std::collections::{BTreeSet, HashMap};

use frame::{
    BlockRange, FrameIndex, FrameSize, JobId, NodeId, SceneId, TileGrid, TileIndex, blocks::block_count,
};
use serde::{Deserialize, Serialize};

use super::{Countersigned, ReceiptFault, Verdict, Verified};
use crate::identity::{Domain, Identity, Signature, verify};

/// Most receipts in one book.
pub const RECEIPTS_MAX: usize = 1 << 20;
const MAGIC: [u8; 4] = *b"TRB1";

/// What a book is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BookTitle {
    /// The job.
    pub job: JobId,
    /// The frame.
    pub frame: FrameIndex,
    /// The scene.
    pub scene: SceneId,
    /// Hash of the settings.
    pub settings: [u8; 32],
    /// Pixels of the frame.
    pub size: FrameSize,
    /// Edge of its tiles.
    pub edge_px: u32,
    /// Samples per pixel.
    pub spp: u32,
}

/// The receipts of one frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceiptBook {
    /// What it is about.
    pub title: BookTitle,
    /// In any order.
    pub receipts: Vec<Countersigned>,
}

/// What a checked book says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BookSummary {
    /// What it is about.
    pub title: BookTitle,
    /// Who signed it.
    pub artist: NodeId,
    /// Hash of the picture that it was signed with.
    pub picture: [u8; 32],
    /// Tiles of the frame.
    pub tiles: u32,
    /// Number of receipts.
    pub receipts: usize,
    /// Number of different nodes (by pseudonym).
    pub nodes: usize,
    /// Adapters on which the frame was rendered, each once.
    pub adapters: BTreeSet<String>,
    /// Pixels times samples.
    pub samples: u64,
}

/// Why a book does not verify.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BookFault {
    /// Not a book, or of another version.
    #[error("the receipts cannot be read (another version, or damaged)")]
    Format,
    /// The artist's signature does not fit the book.
    #[error("the artist's signature does not fit: the receipts or the picture were changed")]
    Artist,
    /// One receipt is not valid.
    #[error("receipt {index}: {fault}")]
    Receipt {
        /// Its position.
        index: usize,
        /// What is wrong.
        fault: ReceiptFault,
    },
    /// A receipt for something else, or one that was not accepted.
    #[error("receipt {index} is not an accepted piece of this frame")]
    Foreign {
        /// Its position.
        index: usize,
    },
    /// Work is missing or there twice.
    #[error("tile {} is not covered exactly once by receipts", .tile.0)]
    Coverage {
        /// The first such tile.
        tile: TileIndex,
    },
}

#[derive(Serialize, Deserialize)]
struct BookBody {
    title: BookTitle,
    artist: NodeId,
    picture: [u8; 32],
    receipts: Vec<Countersigned>,
}

impl ReceiptBook {
    /// The book's bytes, signed by the artist together with the hash of the finished picture.
    pub fn seal(self, artist: &Identity, picture: [u8; 32]) -> Vec<u8> {
        let body = BookBody { title: self.title, artist: artist.id(), picture, receipts: self.receipts };
        let body = postcard::to_stdvec(&body).expect("plain data always encodes");
        let signature = artist.sign(Domain::Book, &body);
        [&MAGIC[..], &signature.0, &body].concat()
    }
}

/// Checks a book: the artist's signature, every receipt, and that together they cover the frame exactly once.
pub fn verify_book(bytes: &[u8]) -> Result<BookSummary, BookFault> {
    let rest = bytes.strip_prefix(&MAGIC).ok_or(BookFault::Format)?;
    let (signature, body_bytes) = rest.split_first_chunk::<64>().ok_or(BookFault::Format)?;
    let body = match postcard::take_from_bytes::<BookBody>(body_bytes) {
        Ok((body, [])) if body.receipts.len() <= RECEIPTS_MAX => body,
        _ => return Err(BookFault::Format),
    };
    verify(body.artist, Domain::Book, body_bytes, &Signature(*signature)).map_err(|_| BookFault::Artist)?;
    let grid = body.title.grid().ok_or(BookFault::Format)?;
    let mut nodes = BTreeSet::new();
    let mut adapters = BTreeSet::new();
    let mut samples = 0u64;
    let mut covered: HashMap<TileIndex, Vec<BlockRange>> = HashMap::new();
    for (index, countersigned) in body.receipts.iter().enumerate() {
        let verified = countersigned.verify().map_err(|fault| BookFault::Receipt { index, fault })?;
        if !body.title.holds(&grid, &verified) || verified.artist != body.artist {
            return Err(BookFault::Foreign { index });
        }
        let receipt = verified.receipt;
        covered.entry(receipt.tile).or_default().push(receipt.blocks);
        samples = samples.saturating_add(receipt.samples);
        nodes.insert(verified.pseudonym);
        adapters.insert(format!("{} ({})", receipt.adapter.name, receipt.adapter.backend));
    }
    body.title.check_coverage(&grid, &mut covered)?;
    Ok(BookSummary {
        title: body.title,
        artist: body.artist,
        picture: body.picture,
        tiles: grid.len(),
        receipts: body.receipts.len(),
        nodes: nodes.len(),
        adapters,
        samples,
    })
}

impl BookTitle {
    /// `None` for a shape that no frame has.
    fn grid(&self) -> Option<TileGrid> {
        let edge_fits = TileGrid::EDGE_PX.contains(&self.edge_px);
        (edge_fits && (1..=1 << 20).contains(&self.spp)).then(|| TileGrid::new(self.size, self.edge_px, 0))
    }

    fn holds(&self, grid: &TileGrid, verified: &Verified) -> bool {
        let receipt = &verified.receipt;
        let end = receipt.blocks.first.checked_add(receipt.blocks.count);
        let blocks_fit = receipt.blocks.count > 0 && end.is_some_and(|end| end <= block_count(self.spp));
        blocks_fit
            && verified.verdict == Verdict::Good
            && (receipt.job, receipt.frame, receipt.scene, receipt.settings)
                == (self.job, self.frame, self.scene, self.settings)
            && grid.rect(receipt.tile) == Some(receipt.rect)
            && receipt.samples == receipt.rect.pixels() as u64 * receipt.blocks.samples(self.spp).len() as u64
    }

    /// Looks only as far as there are receipts: a title may claim millions of tiles, and the first without a receipt ends the search.
    fn check_coverage(
        &self,
        grid: &TileGrid,
        covered: &mut HashMap<TileIndex, Vec<BlockRange>>,
    ) -> Result<(), BookFault> {
        let blocks = block_count(self.spp);
        for tile in (0..grid.len()).map(TileIndex) {
            let ranges = covered.get_mut(&tile).ok_or(BookFault::Coverage { tile })?;
            ranges.sort();
            let end = ranges.iter().try_fold(0, |at, range| (range.first == at).then(|| range.end()));
            if end != Some(blocks) {
                return Err(BookFault::Coverage { tile });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::receipt;
    use super::*;
    use crate::receipt::Receipt;

    const JOB: JobId = JobId([2; 16]);

    fn title() -> BookTitle {
        let sample = receipt();
        BookTitle {
            job: JOB,
            frame: sample.frame,
            scene: sample.scene,
            settings: sample.settings,
            size: FrameSize::new(20, 8).expect("in range"),
            edge_px: 8,
            spp: 40,
        }
    }

    fn piece(tile: u32, first: u32, count: u32) -> Receipt {
        let title = title();
        let rect = title.grid().and_then(|grid| grid.rect(TileIndex(tile))).expect("in the grid");
        let blocks = BlockRange { first, count };
        let samples = rect.pixels() as u64 * blocks.samples(title.spp).len() as u64;
        Receipt { tile: TileIndex(tile), rect, blocks, samples, ..receipt() }
    }

    fn whole() -> Vec<Receipt> {
        vec![piece(0, 0, 3), piece(2, 1, 2), piece(1, 0, 3), piece(2, 0, 1)]
    }

    fn book(artist: &Identity, pieces: Vec<Receipt>, verdict: Verdict) -> Vec<u8> {
        let nodes = [Identity::generate(), Identity::generate()];
        let sign = |(at, piece): (usize, Receipt)| {
            piece.sign(&nodes[at % 2].pseudonym(JOB)).countersign(artist, verdict)
        };
        let receipts = pieces.into_iter().enumerate().map(sign).collect();
        ReceiptBook { title: title(), receipts }.seal(artist, [9; 32])
    }

    #[test]
    fn a_whole_frame_verifies() {
        let artist = Identity::generate();
        let summary = verify_book(&book(&artist, whole(), Verdict::Good)).expect("complete");
        assert_eq!((summary.tiles, summary.receipts, summary.nodes), (3, 4, 2));
        assert_eq!((summary.samples, summary.picture), (20 * 8 * 40, [9; 32]));
        assert_eq!(summary.artist, artist.id());
    }

    #[test]
    fn missing_and_double_work_is_noticed() {
        let artist = Identity::generate();
        let mut missing = whole();
        missing.pop();
        let fault = verify_book(&book(&artist, missing, Verdict::Good));
        assert_eq!(fault, Err(BookFault::Coverage { tile: TileIndex(2) }));
        let mut double = whole();
        double.push(piece(0, 1, 1));
        let fault = verify_book(&book(&artist, double, Verdict::Good));
        assert_eq!(fault, Err(BookFault::Coverage { tile: TileIndex(0) }));
    }

    #[test]
    fn foreign_and_refused_work_does_not_count() {
        let artist = Identity::generate();
        let fault = verify_book(&book(&artist, whole(), Verdict::Wrong));
        assert_eq!(fault, Err(BookFault::Foreign { index: 0 }));
        let changes: [fn(&mut Receipt); 6] = [
            |receipt| receipt.job = JobId([0; 16]),
            |receipt| receipt.frame = FrameIndex(9),
            |receipt| receipt.scene = SceneId([0; 32]),
            |receipt| receipt.settings = [0; 32],
            |receipt| receipt.rect.x += 8,
            |receipt| receipt.samples += 1,
        ];
        for change in changes {
            let mut pieces = whole();
            change(&mut pieces[1]);
            let fault = verify_book(&book(&artist, pieces, Verdict::Good));
            assert_eq!(fault, Err(BookFault::Foreign { index: 1 }));
        }
    }

    #[test]
    fn another_artists_receipts_are_foreign() {
        let (artist, other) = (Identity::generate(), Identity::generate());
        let receipts = whole()
            .into_iter()
            .map(|piece| piece.sign(&other.pseudonym(JOB)).countersign(&other, Verdict::Good))
            .collect();
        let bytes = ReceiptBook { title: title(), receipts }.seal(&artist, [9; 32]);
        assert_eq!(verify_book(&bytes), Err(BookFault::Foreign { index: 0 }));
    }

    #[test]
    fn a_changed_book_is_refused_without_panic() {
        let bytes = book(&Identity::generate(), whole(), Verdict::Good);
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 0x10;
            assert!(verify_book(&changed).is_err(), "byte {at}");
            assert!(verify_book(&bytes[..at]).is_err(), "{at} bytes");
        }
    }
}
