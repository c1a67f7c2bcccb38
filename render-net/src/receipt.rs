//! Receipts: who rendered what, said by the node, judged by the artist, checkable by anybody without a network.
//!
//! A node signs a [`Receipt`] under its pseudonym for the job ([`crate::identity::Pseudonym`]), over the bytes as they
//! travel; the artist countersigns it with a verdict. A frame's countersigned receipts form a [`book::ReceiptBook`],
//! which travels inside the picture; no node's identity is in it. Before a node learns what will be audited it has committed to every pixel
//! by a Merkle root ([`commit`]). A receipt proves who vouched for a piece of work, never by itself that the work is right.

pub mod book;
pub mod commit;
pub mod ruling;

use frame::{
    AdapterCard, BlockRange, FrameIndex, JobId, LeaseId, NodeId, RenderSettings, SceneId, TileIndex, TileRect,
};
use serde::{Deserialize, Serialize};

use crate::identity::{BadSignature, Domain, Identity, Pseudonym, Signature, verify};
use crate::seal::TileBinding;
use crate::wire::ObjectName;

pub use book::{BookFault, BookSummary, ReceiptBook};
pub use commit::{Commitment, LeafProof};
pub use ruling::{Found, Ruling, SignedRuling};

/// Largest encoded receipt or verdict.
pub const RECEIPT_BYTES_MAX: usize = 2048;
/// Longest text of an adapter card in a receipt, bytes.
const CARD_TEXT_BYTES_MAX: usize = 128;

/// What a node says about a finished piece of work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// Under which lease.
    pub lease: LeaseId,
    /// For which job.
    pub job: JobId,
    /// Which scene.
    pub scene: SceneId,
    /// Which frame.
    pub frame: FrameIndex,
    /// Which tile.
    pub tile: TileIndex,
    /// Its pixels.
    pub rect: TileRect,
    /// Which sample blocks.
    pub blocks: BlockRange,
    /// Pixels times samples.
    pub samples: u64,
    /// [`settings_hash`] of the settings used.
    pub settings: [u8; 32],
    /// Root over every pixel of the result.
    pub commit_root: [u8; 32],
    /// The sealed result.
    pub result: ObjectName,
    /// What it was rendered on.
    pub adapter: AdapterCard,
    /// When rendering began, milliseconds since 1970 by the node's clock.
    pub started_ms: u64,
    /// When it ended.
    pub finished_ms: u64,
}

/// A receipt as it travels: the very bytes that were signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedReceipt {
    bytes: Vec<u8>,
    pseudonym: NodeId,
    signature: Signature,
}

/// The artist's judgement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Verdict {
    /// The work counts.
    Good,
    /// The result did not open, or is not what the receipt says.
    Unreadable,
    /// The result is not a possible picture (not finite, out of range).
    Impossible,
    /// Re-rendered pixels differ.
    Wrong,
    /// Other work has covered the same blocks already.
    Covered,
}

/// A receipt with the artist's verdict.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Countersigned {
    receipt: SignedReceipt,
    verdict: Verdict,
    artist: NodeId,
    signature: Signature,
}

/// Why a receipt does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReceiptFault {
    /// Not a receipt.
    #[error("the receipt cannot be read")]
    Format,
    /// The node's signature does not fit.
    #[error("the node's signature on the receipt does not fit")]
    Node,
    /// The artist's signature does not fit.
    #[error("the artist's signature on the receipt does not fit")]
    Artist,
}

/// A receipt whose signatures were checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// What the node said.
    pub receipt: Receipt,
    /// Under which per-job key.
    pub pseudonym: NodeId,
    /// What the artist said.
    pub verdict: Verdict,
    /// Which artist.
    pub artist: NodeId,
}

impl Receipt {
    /// Signs under the job's pseudonym. Long adapter texts are cut.
    pub fn sign(mut self, pseudonym: &Pseudonym) -> SignedReceipt {
        let card = &mut self.adapter;
        for text in [&mut card.name, &mut card.backend, &mut card.driver] {
            *text = cut(text);
        }
        let bytes = postcard::to_stdvec(&self).expect("plain data of bounded size always encodes");
        let signature = pseudonym.sign(Domain::Receipt, &bytes);
        SignedReceipt { bytes, pseudonym: pseudonym.id(), signature }
    }

    /// Whether this receipt is about this piece of work.
    pub fn is_about(&self, binding: &TileBinding, result: ObjectName) -> bool {
        let TileBinding { job, frame, tile, rect, blocks, lease, node: _, scene } = *binding;
        (self.job, self.frame, self.tile, self.rect) == (job, frame, tile, rect)
            && (self.blocks, self.lease, self.scene, self.result) == (blocks, lease, scene, result)
    }
}

impl SignedReceipt {
    /// Bytes for the wire.
    pub fn to_bytes(&self) -> Vec<u8> {
        postcard::to_stdvec(self).expect("plain data of bounded size always encodes")
    }

    /// Reads bytes from the wire; the signature is not checked yet.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ReceiptFault> {
        decode(bytes)
    }

    /// The per-job key that signed, if it did.
    pub fn pseudonym(&self) -> NodeId {
        self.pseudonym
    }

    /// What the node says, after its signature was checked.
    pub fn verify(&self) -> Result<Receipt, ReceiptFault> {
        verify(self.pseudonym, Domain::Receipt, &self.bytes, &self.signature)
            .map_err(|BadSignature| ReceiptFault::Node)?;
        decode(&self.bytes)
    }

    /// Adds the artist's verdict.
    pub fn countersign(self, artist: &Identity, verdict: Verdict) -> Countersigned {
        let signature = artist.sign(Domain::Verdict, &verdict_bytes(&self, verdict));
        Countersigned { receipt: self, verdict, artist: artist.id(), signature }
    }
}

impl Countersigned {
    /// Bytes for the wire, a file or a book.
    pub fn to_bytes(&self) -> Vec<u8> {
        postcard::to_stdvec(self).expect("plain data of bounded size always encodes")
    }

    /// Checks both signatures.
    pub fn verify(&self) -> Result<Verified, ReceiptFault> {
        let receipt = self.receipt.verify()?;
        verify(self.artist, Domain::Verdict, &verdict_bytes(&self.receipt, self.verdict), &self.signature)
            .map_err(|BadSignature| ReceiptFault::Artist)?;
        let Self { verdict, artist, .. } = *self;
        Ok(Verified { receipt, pseudonym: self.receipt.pseudonym, verdict, artist })
    }
}

/// Checks a countersigned receipt from anywhere, without a network.
pub fn verify_receipt(bytes: &[u8]) -> Result<Verified, ReceiptFault> {
    decode::<Countersigned>(bytes)?.verify()
}

/// Names the settings that a piece of work was rendered with.
pub fn settings_hash(settings: &RenderSettings) -> [u8; 32] {
    let bytes = postcard::to_stdvec(settings).expect("plain data of bounded size always encodes");
    blake3::derive_key("tessera 1 render settings", &bytes)
}

fn decode<T: serde::de::DeserializeOwned>(bytes: &[u8]) -> Result<T, ReceiptFault> {
    if bytes.len() > RECEIPT_BYTES_MAX {
        return Err(ReceiptFault::Format);
    }
    match postcard::take_from_bytes(bytes) {
        Ok((value, [])) => Ok(value),
        _ => Err(ReceiptFault::Format),
    }
}

fn verdict_bytes(receipt: &SignedReceipt, verdict: Verdict) -> Vec<u8> {
    let head = [verdict as u8];
    [&head[..], &receipt.pseudonym.0, &receipt.signature.0, &receipt.bytes].concat()
}

fn cut(text: &str) -> String {
    let end = text.floor_char_boundary(CARD_TEXT_BYTES_MAX);
    text[..end].to_owned()
}

#[cfg(test)]
pub(crate) mod tests {
    use frame::AdapterClass;

    use super::*;

    pub(crate) fn receipt() -> Receipt {
        Receipt {
            lease: LeaseId(1),
            job: JobId([2; 16]),
            scene: SceneId([3; 32]),
            frame: FrameIndex(4),
            tile: TileIndex(0),
            rect: TileRect { x: 0, y: 0, width: 8, height: 8 },
            blocks: BlockRange { first: 0, count: 2 },
            samples: 8 * 8 * 32,
            settings: [5; 32],
            commit_root: [6; 32],
            result: ObjectName([7; 32]),
            adapter: AdapterCard {
                name: "x".repeat(1000),
                backend: "Vulkan".into(),
                driver: "é".repeat(500),
                class: AdapterClass::Cpu,
            },
            started_ms: 8,
            finished_ms: 9,
        }
    }

    #[test]
    fn a_countersigned_receipt_verifies_offline() {
        let (node, artist) = (Identity::generate(), Identity::generate());
        let signed = receipt().sign(&node.pseudonym(JobId([2; 16])));
        assert!(signed.to_bytes().len() <= RECEIPT_BYTES_MAX);
        let bytes = signed.countersign(&artist, Verdict::Good).to_bytes();
        let verified = verify_receipt(&bytes).expect("both signed");
        assert_eq!((verified.verdict, verified.artist), (Verdict::Good, artist.id()));
        assert_eq!(verified.receipt.result, ObjectName([7; 32]));
        let has_identity = bytes.windows(32).any(|window| window == node.id().0);
        assert!(!has_identity, "only the pseudonym is in a receipt");
    }

    #[test]
    fn every_flipped_bit_of_a_receipt_is_noticed() {
        let (node, artist) = (Identity::generate(), Identity::generate());
        let signed = receipt().sign(&node.pseudonym(JobId([2; 16])));
        let bytes = signed.countersign(&artist, Verdict::Good).to_bytes();
        for bit in 0..bytes.len() * 8 {
            let mut changed = bytes.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert!(verify_receipt(&changed).is_err(), "bit {bit}");
        }
        assert_eq!(verify_receipt(&bytes[..bytes.len() - 1]), Err(ReceiptFault::Format));
        assert_eq!(verify_receipt(&[&bytes[..], &[0]].concat()), Err(ReceiptFault::Format));
    }

    #[test]
    fn a_verdict_cannot_be_turned_round() {
        let (node, artist) = (Identity::generate(), Identity::generate());
        let signed = receipt().sign(&node.pseudonym(JobId([2; 16])));
        let mut countersigned = signed.countersign(&artist, Verdict::Wrong);
        countersigned.verdict = Verdict::Good;
        assert_eq!(countersigned.verify(), Err(ReceiptFault::Artist));
    }
}
