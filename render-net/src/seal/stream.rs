//! The sealed object format TSL1.
//!
//! ```text
//! offset  bytes  header (80)
//!      0      4  "TSL1"
//!      4      1  suite: 1 = HKDF-SHA256, AES-256-GCM
//!      5      1  log2 of the segment size: 16
//!      6      2  zero
//!      8      8  plaintext length, little-endian
//!     16     32  salt
//!     48     32  key commitment
//!     80         segments of 65 536 bytes (the last one shorter, maybe empty), each followed by its 16-byte tag
//! ```
//!
//! HKDF-SHA256(object key, salt) gives a key and a commitment. GCM alone does not commit to its key: somebody could make
//! one blob that opens to two texts under two keys; so the commitment is compared first, in constant time. Segments follow the STREAM
//! construction: the nonce is an 11-byte big-endian counter and a flag that marks the last one, so that cutting, extending and reordering show.
//! One key seals one object (the salt is random, or follows from the exact plaintext), hence nonces never repeat under a key.
//! Header and context are the associated data of every segment.

use aes_gcm::aead::AeadInOut;
use aes_gcm::{Aes256Gcm, KeyInit};
use hkdf::Hkdf;
use sha2::Sha256;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::{ObjectKey, SealContext, SealFault};

const MAGIC: [u8; 4] = *b"TSL1";
const SUITE: u8 = 1;
const SEGMENT_LOG2: u8 = 16;
const SEGMENT_BYTES: usize = 1 << SEGMENT_LOG2;
const HEADER_BYTES: usize = 80;
const TAG_BYTES: usize = 16;

/// What an empty object's seal takes.
pub const OVERHEAD_BYTES_MIN: u64 = (HEADER_BYTES + TAG_BYTES) as u64;

/// Seals `plaintext`. The pair of key and salt must never be used for two different plaintexts or contexts.
pub fn seal(key: &ObjectKey, salt: [u8; 32], context: &SealContext, plaintext: &[u8]) -> Vec<u8> {
    let keys = StreamKeys::derive(key, &salt);
    let header = header(plaintext.len() as u64, &salt, &keys.commitment);
    let data = associated_data(&header, context);
    let mut sealed = Vec::with_capacity(sealed_size_bytes(plaintext.len() as u64) as usize);
    sealed.extend_from_slice(&header);
    for (index, last, segment) in segments(plaintext) {
        let start = sealed.len();
        sealed.extend_from_slice(segment);
        let tag = keys
            .cipher
            .encrypt_inout_detached(&nonce(index, last).into(), &data, (&mut sealed[start..]).into())
            .expect("a segment is far below GCM's limit");
        sealed.extend_from_slice(&tag);
    }
    sealed
}

/// Opens a sealed object of at most `limit` plaintext bytes.
///
/// # Errors
/// Wrong format or length, more than `limit`, another key, another context, any changed bit. Nothing is allocated before the lengths fit.
pub fn open(
    key: &ObjectKey,
    context: &SealContext,
    sealed: &[u8],
    limit: u64,
) -> Result<Zeroizing<Vec<u8>>, SealFault> {
    let (header, body) = sealed.split_at_checked(HEADER_BYTES).ok_or(SealFault::Format)?;
    if header[..8] != [&MAGIC[..], &[SUITE, SEGMENT_LOG2, 0, 0]].concat() {
        return Err(SealFault::Format);
    }
    let length = u64::from_le_bytes(array(&header[8..16]));
    if length > limit {
        return Err(SealFault::TooLarge { claimed: length, limit });
    }
    if sealed_size_bytes(length) != sealed.len() as u64 {
        return Err(SealFault::Format);
    }
    let keys = StreamKeys::derive(key, &array(&header[16..48]));
    if !bool::from(keys.commitment.ct_eq(&header[48..])) {
        return Err(SealFault::Refused);
    }
    let data = associated_data(header, context);
    let mut plaintext = Zeroizing::new(Vec::with_capacity(length as usize));
    let mut pieces = body.chunks(SEGMENT_BYTES + TAG_BYTES).enumerate().peekable();
    while let Some((index, piece)) = pieces.next() {
        let last = pieces.peek().is_none();
        let (segment, tag) =
            piece.split_at_checked(piece.len().saturating_sub(TAG_BYTES)).ok_or(SealFault::Format)?;
        let tag: [u8; TAG_BYTES] = tag.try_into().map_err(|_| SealFault::Format)?;
        let start = plaintext.len();
        plaintext.extend_from_slice(segment);
        keys.cipher
            .decrypt_inout_detached(
                &nonce(index as u64, last).into(),
                &data,
                (&mut plaintext[start..]).into(),
                &tag.into(),
            )
            .map_err(|_| SealFault::Refused)?;
    }
    Ok(plaintext)
}

/// Bytes of a sealed object with this many plaintext bytes.
pub fn sealed_size_bytes(plaintext_bytes: u64) -> u64 {
    let segments = plaintext_bytes.div_ceil(SEGMENT_BYTES as u64).max(1);
    plaintext_bytes.saturating_add(HEADER_BYTES as u64).saturating_add(segments * TAG_BYTES as u64)
}

struct StreamKeys {
    cipher: Aes256Gcm,
    commitment: [u8; 32],
}

impl StreamKeys {
    fn derive(key: &ObjectKey, salt: &[u8; 32]) -> Self {
        let mut both = Zeroizing::new([0; 64]);
        Hkdf::<Sha256>::new(Some(salt), key.expose())
            .expand(b"tessera/1/obj", both.as_mut())
            .expect("64 bytes are within HKDF-SHA256's 8160");
        let (key, commitment) = both.split_at(32);
        let cipher = Aes256Gcm::new_from_slice(key).expect("the key has 32 bytes");
        Self { cipher, commitment: array(commitment) }
    }
}

fn header(length: u64, salt: &[u8; 32], commitment: &[u8; 32]) -> [u8; HEADER_BYTES] {
    let mut header = [0; HEADER_BYTES];
    header[..4].copy_from_slice(&MAGIC);
    header[4] = SUITE;
    header[5] = SEGMENT_LOG2;
    header[8..16].copy_from_slice(&length.to_le_bytes());
    header[16..48].copy_from_slice(salt);
    header[48..].copy_from_slice(commitment);
    header
}

fn associated_data(header: &[u8], context: &SealContext) -> Vec<u8> {
    [header, &context.to_bytes()].concat()
}

/// The plaintext's segments with index and last flag; an empty plaintext is one empty segment.
fn segments(plaintext: &[u8]) -> impl Iterator<Item = (u64, bool, &[u8])> {
    let count = plaintext.len().div_ceil(SEGMENT_BYTES).max(1);
    (0..count).map(move |index| {
        let start = index * SEGMENT_BYTES;
        let end = (start + SEGMENT_BYTES).min(plaintext.len());
        (index as u64, index + 1 == count, &plaintext[start..end])
    })
}

fn nonce(index: u64, last: bool) -> [u8; 12] {
    let mut nonce = [0; 12];
    nonce[3..11].copy_from_slice(&index.to_be_bytes());
    nonce[11] = u8::from(last);
    nonce
}

fn array<const N: usize>(bytes: &[u8]) -> [u8; N] {
    bytes.try_into().expect("the caller cut exactly this length")
}

#[cfg(test)]
mod tests {
    use frame::{BlockRange, FrameIndex, JobId, LeaseId, NodeId, SceneId, TileIndex, TileRect};
    use proptest::prelude::*;

    use super::super::{ObjectId, TileBinding};
    use super::*;

    const CHUNK: SealContext = SealContext::SceneChunk { object: ObjectId([3; 32]) };
    const LIMIT: u64 = 1 << 20;

    fn key() -> ObjectKey {
        ObjectKey::from_bytes([7; 32])
    }

    fn binding() -> TileBinding {
        TileBinding {
            job: JobId([1; 16]),
            frame: FrameIndex(2),
            tile: TileIndex(3),
            rect: TileRect { x: 4, y: 5, width: 6, height: 7 },
            blocks: BlockRange { first: 0, count: 4 },
            lease: LeaseId(9),
            node: NodeId([10; 32]),
            scene: SceneId([11; 32]),
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn what_is_sealed_opens(length in 0usize..200_000, salt: [u8; 32], fill: u8) {
            let plaintext = vec![fill; length];
            let sealed = seal(&key(), salt, &CHUNK, &plaintext);
            prop_assert_eq!(sealed.len() as u64, sealed_size_bytes(length as u64));
            let opened = open(&key(), &CHUNK, &sealed, LIMIT);
            prop_assert_eq!(opened.as_deref(), Ok(&plaintext));
        }

        #[test]
        fn strangers_bytes_are_refused_quietly(bytes in prop::collection::vec(any::<u8>(), 0..300), magic: bool) {
            let mut bytes = bytes;
            if magic && bytes.len() > 16 {
                bytes[..8].copy_from_slice(b"TSL1\x01\x10\0\0");
            }
            prop_assert!(open(&key(), &CHUNK, &bytes, LIMIT).is_err());
        }
    }

    #[test]
    fn segment_borders_open() {
        for length in [0, 1, SEGMENT_BYTES - 1, SEGMENT_BYTES, SEGMENT_BYTES + 1, 2 * SEGMENT_BYTES] {
            let plaintext: Vec<u8> = (0..length).map(|at| at as u8).collect();
            let sealed = seal(&key(), [1; 32], &CHUNK, &plaintext);
            assert_eq!(open(&key(), &CHUNK, &sealed, LIMIT).as_deref(), Ok(&plaintext), "{length}");
        }
    }

    #[test]
    fn every_flipped_bit_is_refused() {
        let sealed = seal(&key(), [1; 32], &CHUNK, b"a small object");
        for bit in 0..sealed.len() * 8 {
            let mut changed = sealed.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert!(open(&key(), &CHUNK, &changed, LIMIT).is_err(), "bit {bit}");
        }
    }

    #[test]
    fn cut_extended_and_reordered_objects_are_refused() {
        let plaintext = vec![5; 3 * SEGMENT_BYTES];
        let sealed = seal(&key(), [1; 32], &CHUNK, &plaintext);
        let piece = SEGMENT_BYTES + TAG_BYTES;
        let refused = |bytes: &[u8]| open(&key(), &CHUNK, bytes, LIMIT).is_err();
        assert!(refused(&sealed[..sealed.len() - 1]) && refused(&sealed[..HEADER_BYTES + piece]));
        assert!(refused(&[&sealed[..], &[0]].concat()));
        let mut swapped = sealed.clone();
        swapped[HEADER_BYTES..HEADER_BYTES + 2 * piece].rotate_left(piece);
        assert!(refused(&swapped));
        // A shorter object with a header to match: the last flag and the length in the associated data both differ.
        let mut shortened = sealed[..HEADER_BYTES + 2 * piece].to_vec();
        shortened[8..16].copy_from_slice(&(2 * SEGMENT_BYTES as u64).to_le_bytes());
        assert_eq!(open(&key(), &CHUNK, &shortened, LIMIT), Err(SealFault::Refused));
    }

    #[test]
    fn each_field_of_the_context_counts() {
        let good = binding();
        let sealed = seal(&key(), [1; 32], &SealContext::Tile(good), b"pixels");
        let relabelled = [
            SealContext::Preview(good),
            SealContext::Tile(TileBinding { job: JobId([9; 16]), ..good }),
            SealContext::Tile(TileBinding { frame: FrameIndex(3), ..good }),
            SealContext::Tile(TileBinding { tile: TileIndex(4), ..good }),
            SealContext::Tile(TileBinding { rect: TileRect { x: 5, ..good.rect }, ..good }),
            SealContext::Tile(TileBinding { blocks: BlockRange { first: 1, count: 4 }, ..good }),
            SealContext::Tile(TileBinding { lease: LeaseId(10), ..good }),
            SealContext::Tile(TileBinding { node: NodeId([0; 32]), ..good }),
            SealContext::Tile(TileBinding { scene: SceneId([0; 32]), ..good }),
            CHUNK,
        ];
        for context in relabelled {
            assert_eq!(open(&key(), &context, &sealed, LIMIT), Err(SealFault::Refused), "{context:?}");
        }
        assert!(open(&key(), &SealContext::Tile(good), &sealed, LIMIT).is_ok());
        assert_eq!(
            open(&ObjectKey::from_bytes([8; 32]), &SealContext::Tile(good), &sealed, LIMIT),
            Err(SealFault::Refused)
        );
    }

    #[test]
    fn a_claimed_length_above_the_limit_is_refused_before_anything_else() {
        let mut sealed = seal(&key(), [1; 32], &CHUNK, b"small");
        sealed[8..16].copy_from_slice(&u64::MAX.to_le_bytes());
        assert_eq!(
            open(&key(), &CHUNK, &sealed, LIMIT),
            Err(SealFault::TooLarge { claimed: u64::MAX, limit: LIMIT })
        );
        assert_eq!(open(&key(), &CHUNK, &sealed, u64::MAX), Err(SealFault::Format));
    }

    #[test]
    fn the_format_is_what_it_was() {
        // Golden: BLAKE3 of two sealed objects, one with one segment and one with two. A change here is a change of the wire format.
        let small = seal(&key(), [1; 32], &CHUNK, b"golden");
        let large = seal(&key(), [2; 32], &SealContext::Tile(binding()), &vec![0x5a; SEGMENT_BYTES + 10]);
        let names = [blake3::hash(&small).to_string(), blake3::hash(&large).to_string()];
        assert_eq!(names, GOLDEN);
    }

    const GOLDEN: [&str; 2] = [
        "0b99abb962cc6a3297245d985c03158854022d71e20c0f031cf2480b1de7d111",
        "e17e81667e344780743e961dcab014c34d47559e09c8f121d6c8c3ef1cc08245",
    ];
}
