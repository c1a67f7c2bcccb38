//! Rulings: what a referee found of work that its artist refused, signed, so that both sides can show it.

use frame::{JobId, LeaseId, NodeId};
use serde::{Deserialize, Serialize};

use super::Verdict;
use crate::identity::{BadSignature, Domain, Identity, Signature, verify};
use crate::wire::{ObjectName, artist::RULING_BYTES_MAX};

/// What a referee says about one delivered result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ruling {
    /// In which job.
    pub job: JobId,
    /// Under which lease.
    pub lease: LeaseId,
    /// Whose work.
    pub node: NodeId,
    /// The sealed result.
    pub result: ObjectName,
    /// BLAKE3 of the artist's countersigned refusal.
    pub refusal: ObjectName,
    /// What was found.
    pub found: Found,
}

/// What a referee found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Found {
    /// So many pixels were rendered again, and no more of them differ than between honest computers.
    Right {
        /// Rendered again.
        pixels: u32,
    },
    /// More differ, and too few to accuse anybody: in doubt for the node, as artists take it too.
    Unclear {
        /// Those that differ.
        differ: u32,
        /// Rendered again.
        pixels: u32,
    },
    /// It was not rendered as ordered.
    Wrong {
        /// Those that differ.
        differ: u32,
        /// Rendered again.
        pixels: u32,
    },
    /// It does not open, is not what its receipt says, or is no possible picture.
    Unfit(Verdict),
    /// What the artist gave the referee does not belong to the job: whoever keeps the referee from looking cannot refuse.
    NotShown,
}

/// A ruling as it travels: the very bytes that were signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedRuling {
    bytes: Vec<u8>,
    referee: NodeId,
    signature: Signature,
}

/// A ruling does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RulingFault {
    /// Not a ruling.
    #[error("the ruling cannot be read")]
    Format,
    /// The signature does not fit.
    #[error("the referee's signature on the ruling does not fit")]
    Signature,
}

impl Found {
    /// Whether the node is in the right.
    pub fn is_for_node(self) -> bool {
        matches!(self, Found::Right { .. } | Found::Unclear { .. } | Found::NotShown)
    }
}

impl Ruling {
    /// Signs as the referee.
    pub fn sign(&self, referee: &Identity) -> SignedRuling {
        let bytes = postcard::to_stdvec(self).expect("plain data of bounded size always encodes");
        let signature = referee.sign(Domain::Ruling, &bytes);
        SignedRuling { bytes, referee: referee.id(), signature }
    }
}

impl SignedRuling {
    /// Bytes for the wire or a file.
    pub fn to_bytes(&self) -> Vec<u8> {
        postcard::to_stdvec(self).expect("plain data of bounded size always encodes")
    }

    /// Who says it and what, after the signature was checked. Whether that one is the job's referee is not in it.
    ///
    /// # Errors
    /// Bytes that are no ruling, or whose signature does not fit.
    pub fn read(bytes: &[u8]) -> Result<(NodeId, Ruling), RulingFault> {
        let referee = decode::<Self>(bytes)?.referee;
        Ok((referee, Self::open(bytes, referee)?))
    }

    /// What this referee said, after its signature was checked.
    ///
    /// # Errors
    /// Bytes that are no ruling, or one of somebody else.
    pub fn open(bytes: &[u8], referee: NodeId) -> Result<Ruling, RulingFault> {
        let signed: Self = decode(bytes)?;
        if signed.referee != referee {
            return Err(RulingFault::Signature);
        }
        verify(referee, Domain::Ruling, &signed.bytes, &signed.signature)
            .map_err(|BadSignature| RulingFault::Signature)?;
        decode(&signed.bytes)
    }
}

fn decode<T: serde::de::DeserializeOwned>(bytes: &[u8]) -> Result<T, RulingFault> {
    if bytes.len() > RULING_BYTES_MAX {
        return Err(RulingFault::Format);
    }
    match postcard::take_from_bytes(bytes) {
        Ok((value, [])) => Ok(value),
        _ => Err(RulingFault::Format),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ruling(found: Found) -> Ruling {
        let (result, refusal) = (ObjectName([4; 32]), ObjectName([5; 32]));
        Ruling {
            job: JobId([1; 16]),
            lease: LeaseId(u64::MAX),
            node: NodeId([3; 32]),
            result,
            refusal,
            found,
        }
    }

    #[test]
    fn a_ruling_is_its_referees_and_every_flipped_bit_is_noticed() {
        let (referee, other) = (Identity::generate(), Identity::generate());
        let ruling = ruling(Found::Wrong { differ: u32::MAX, pixels: u32::MAX });
        let bytes = ruling.sign(&referee).to_bytes();
        assert!(bytes.len() <= RULING_BYTES_MAX, "{}", bytes.len());
        assert_eq!(SignedRuling::open(&bytes, referee.id()), Ok(ruling));
        assert_eq!(SignedRuling::open(&bytes, other.id()), Err(RulingFault::Signature));
        assert_eq!(SignedRuling::read(&bytes), Ok((referee.id(), ruling)));
        for bit in 0..bytes.len() * 8 {
            let mut changed = bytes.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert!(SignedRuling::open(&changed, referee.id()).is_err(), "bit {bit}");
            assert!(SignedRuling::read(&changed).is_err(), "bit {bit}");
        }
    }

    #[test]
    fn doubt_and_what_the_artist_does_not_show_speak_for_the_node() {
        let node = [Found::Right { pixels: 64 }, Found::Unclear { differ: 20, pixels: 384 }, Found::NotShown];
        let artist = [Found::Wrong { differ: 11, pixels: 16 }, Found::Unfit(Verdict::Unreadable)];
        assert!(node.into_iter().all(Found::is_for_node));
        assert!(!artist.into_iter().any(Found::is_for_node));
    }
}
