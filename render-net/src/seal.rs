//! Sealing: what leaves a machine of the artist or a node is unreadable and unchangeable to everybody between them.
//!
//! Three things are sealed. *Scene objects* under keys of the artist ([`seal`], [`open`]); the *keys* themselves in
//! envelopes to one node ([`crate::identity::wrap_keys`]); *tiles* to the artist's per-job envelope key ([`seal_to`],
//! [`open_from`]), so that a node cannot read its own earlier results. Each sealed thing is bound to a [`SealContext`]
//! that says what it is: bytes that are replayed or re-labelled do not open. Secrets are newtypes, wiped when dropped, without `Debug`.
//!
//! This module never decides who may have a key, and does no input or output. Only it and its parts name ciphers.
//!
//! Sources: HKDF, RFC 5869; HPKE, RFC 9180; STREAM, Hoang, Reyhanitabar, Rogaway, Vizár, "Online Authenticated-Encryption and
//! its Nonce-Reuse Misuse-Resistance" (CRYPTO 2015); key commitment, Albertini et al., "How to Abuse and Fix Authenticated
//! Encryption Without Key Commitment" (USENIX Security 2022).

mod envelope;
mod stream;

use frame::{BlockRange, FrameIndex, JobId, LeaseId, NodeId, SceneId, TileIndex, TileRect};
use hkdf::Hkdf;
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

pub use envelope::{EnvelopePublic, EnvelopeSecret, open_from, seal_to};
pub(crate) use envelope::{open_secret, seal_secret};
pub use stream::{OVERHEAD_BYTES_MIN, open, seal, sealed_size_bytes};

/// What a sealed object is; authenticated with every segment, so that one thing can never pass for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SealContext {
    /// A piece of a scene. Names no job, because the same chunk serves several jobs of one artist.
    SceneChunk {
        /// Keyed hash of the exact plaintext.
        object: ObjectId,
    },
    /// The list of a scene's pieces.
    Manifest {
        /// For which job.
        job: JobId,
    },
    /// How to render a job.
    Order {
        /// Which job.
        job: JobId,
    },
    /// A finished tile.
    Tile(TileBinding),
    /// A tile's first samples, to look at while it renders.
    Preview(TileBinding),
    /// What somebody with a view-only link needs to read a job's results.
    ViewCard {
        /// Which job.
        job: JobId,
    },
}

/// Everything that a rendered tile belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TileBinding {
    /// The job.
    pub job: JobId,
    /// The frame.
    pub frame: FrameIndex,
    /// The tile's index in the frame's grid.
    pub tile: TileIndex,
    /// The tile's pixels.
    pub rect: TileRect,
    /// The sample blocks.
    pub blocks: BlockRange,
    /// Under which lease it was rendered.
    pub lease: LeaseId,
    /// By whom.
    pub node: NodeId,
    /// The scene that was rendered.
    pub scene: SceneId,
}

/// Keyed BLAKE3 of a scene chunk's exact plaintext; equal chunks of one workspace have equal ids, and nobody else can compute it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct ObjectId(pub [u8; 32]);

/// Why something does not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealFault {
    /// Not in this format, or cut off.
    #[error("the sealed object is cut off or not in the format TSL1")]
    Format,
    /// Larger than the reader allows.
    #[error("the sealed object holds {claimed} bytes and {limit} are allowed")]
    TooLarge {
        /// What its header says.
        claimed: u64,
        /// What the reader allows.
        limit: u64,
    },
    /// Another key, another context, or changed bytes.
    #[error("the sealed object was changed, or belongs to something else")]
    Refused,
    /// The other side's public key is not usable.
    #[error("the envelope key is not valid")]
    BadKey,
    /// The signature on an envelope is not the artist's.
    #[error("the envelope is not signed by the artist")]
    BadSignature,
}

macro_rules! secret {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        ///
        /// Wiped when dropped, not printable:
        ///
        /// ```compile_fail,E0277
        /// fn prints<T: std::fmt::Debug>() {}
        #[doc = concat!("prints::<render_net::seal::", stringify!($name), ">();")]
        /// ```
        #[derive(Clone, Zeroize, ZeroizeOnDrop)]
        pub struct $name([u8; 32]);

        impl $name {
            /// A new random secret.
            pub fn generate() -> Self {
                let mut secret = Self([0; 32]);
                fill_random(&mut secret.0);
                secret
            }

            /// From bytes that were kept by the owner.
            pub fn from_bytes(bytes: [u8; 32]) -> Self {
                Self(bytes)
            }

            /// The bytes, to be kept in a private file or sealed.
            pub fn expose(&self) -> &[u8; 32] {
                &self.0
            }
        }
    };
}

secret! {
    /// The key of one sealed object.
    ObjectKey
}
secret! {
    /// The secret of one job, kept by the artist.
    JobSecret
}
secret! {
    /// The secret behind a job's result key: who has it reads the job's pictures and nothing else of it.
    ResultSecret
}
secret! {
    /// The secret in a view-only link.
    ViewSecret
}
secret! {
    /// The secret of one artist's data folder, from which the keys of scene chunks come.
    WorkspaceSecret
}

impl JobSecret {
    /// What an admitted node receives: the key of the job's order and manifests.
    pub fn admission_key(&self) -> ObjectKey {
        ObjectKey(*derive(&self.0, b"tessera/1/admission", &[]))
    }

    /// The key pair to which nodes seal results; its secret half stays with the artist and those whom he lets look on.
    pub fn result_key(&self) -> EnvelopeSecret {
        self.result_secret().key()
    }

    /// What gives that key pair. Neither the job's secret nor its admission key, with which the scene opens, follow from it.
    pub fn result_secret(&self) -> ResultSecret {
        ResultSecret(*derive(&self.0, b"tessera/1/results", &[]))
    }
}

impl ResultSecret {
    /// The key pair to which nodes seal results.
    pub fn key(&self) -> EnvelopeSecret {
        EnvelopeSecret::derive(&self.0)
    }
}

impl ViewSecret {
    /// What is shown to the coordinator by those who look on. It opens nothing.
    pub fn token(&self) -> [u8; 32] {
        *derive(&self.0, b"tessera/1/view token", &[])
    }

    /// The key of the view card, which the coordinator never has.
    pub fn card_key(&self) -> ObjectKey {
        ObjectKey(*derive(&self.0, b"tessera/1/view card", &[]))
    }
}

impl WorkspaceSecret {
    /// Names a chunk by its exact plaintext. Every byte that is sealed must be in the hash: key and salt follow from the name alone.
    pub fn object_id(&self, plaintext: &[u8]) -> ObjectId {
        let key = derive(&self.0, b"tessera/1/object id", &[]);
        ObjectId(*blake3::keyed_hash(&key, plaintext).as_bytes())
    }

    /// The key of a chunk.
    pub fn object_key(&self, object: ObjectId) -> ObjectKey {
        ObjectKey(*derive(&self.0, b"tessera/1/object key", &object.0))
    }
}

impl ObjectId {
    /// The salt of a chunk: the same bytes seal to the same blob, so that equal chunks are stored once.
    pub fn salt(self) -> [u8; 32] {
        blake3::derive_key("tessera 1 chunk salt", &self.0)
    }
}

impl SealContext {
    /// The authenticated bytes: postcard of the value, which is unambiguous because every field has a fixed type.
    pub(crate) fn to_bytes(self) -> Vec<u8> {
        postcard::to_stdvec(&self).expect("plain data of bounded size always encodes")
    }
}

/// HKDF-SHA256 (RFC 5869) of a 32-byte secret for one purpose and context.
pub(crate) fn derive(secret: &[u8; 32], label: &[u8], context: &[u8]) -> Zeroizing<[u8; 32]> {
    let mut key = Zeroizing::new([0; 32]);
    Hkdf::<Sha256>::new(None, secret)
        .expand_multi_info(&[label, &[0], context], key.as_mut())
        .expect("32 bytes are within HKDF-SHA256's 8160");
    key
}

/// Random bytes from the operating system.
///
/// # Panics
/// When the system has no randomness; nothing secret can be made then.
pub fn fill_random(bytes: &mut [u8]) {
    getrandom::fill(bytes).expect("the operating system gives random bytes");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_jobs_keys_differ_from_its_secret_and_from_other_jobs() {
        let (one, two) = (JobSecret::from_bytes([1; 32]), JobSecret::from_bytes([2; 32]));
        assert_ne!(one.admission_key().0, one.0);
        assert_ne!(one.admission_key().0, two.admission_key().0);
        assert_eq!(one.result_key().public(), one.result_key().public());
        assert_ne!(one.result_key().public(), two.result_key().public());
    }

    #[test]
    fn what_a_view_link_shows_the_coordinator_opens_nothing() {
        let view = ViewSecret::from_bytes([3; 32]);
        assert_ne!(view.token(), view.card_key().0);
        assert_ne!(view.token(), view.0);
        let job = JobSecret::from_bytes([1; 32]);
        assert_eq!(job.result_secret().key().public(), job.result_key().public());
        assert_ne!(job.result_secret().0, job.admission_key().0, "pictures, and not the scene");
    }

    #[test]
    fn a_chunk_id_depends_on_workspace_and_content() {
        let (one, two) = (WorkspaceSecret::from_bytes([1; 32]), WorkspaceSecret::from_bytes([2; 32]));
        assert_eq!(one.object_id(b"x"), one.object_id(b"x"));
        assert_ne!(one.object_id(b"x"), one.object_id(b"y"));
        assert_ne!(one.object_id(b"x"), two.object_id(b"x"));
        assert_ne!(one.object_key(ObjectId([0; 32])).0, one.object_key(ObjectId([1; 32])).0);
    }

    #[test]
    fn hkdf_agrees_with_rfc_5869_in_our_use_of_it() {
        // Test case 3 of RFC 5869: no salt, no info, 22 bytes of 0x0b.
        let mut okm = [0; 42];
        Hkdf::<Sha256>::new(None, &[0x0b; 22]).expand(&[], &mut okm).expect("short");
        assert_eq!(okm[..8], [0x8d, 0xa4, 0xe7, 0x75, 0xa5, 0x63, 0xc1, 0x8f]);
        // And several infos are one concatenated info.
        let whole = {
            let mut key = [0; 32];
            Hkdf::<Sha256>::new(None, &[9; 32]).expand(b"label\0context", &mut key).expect("short");
            key
        };
        assert_eq!(*derive(&[9; 32], b"label", b"context"), whole);
    }
}
