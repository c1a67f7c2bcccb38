//! Who somebody is: an Ed25519 key pair, and what it signs.
//!
//! Artists, nodes and coordinators all have the same kind of identity; its public half ([`NodeId`]) is the name
//! by which others know them. The secret never leaves this module except into the TLS handshake
//! ([`crate::link`]); it is wiped from memory when dropped, has no `Debug`, and lies in one file that only its
//! owner may read. Every signature names what it is for ([`Domain`]), so that one kind of signed message can
//! never pass for another. The key for sealed envelopes (HPKE) is derived from the same secret and published
//! in a signed [`Descriptor`].
//!
//! Sources: Ed25519, RFC 8032; key derivation, RFC 5869; HPKE, RFC 9180.

pub mod address;
mod pairing;
mod private_file;
mod view_link;
mod wrapped_keys;

use std::path::Path;

use ed25519_dalek::{Signer, SigningKey, VerifyingKey};
use frame::{JobId, NodeId};
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, Zeroizing};

pub use address::{AddressFault, CoordinatorAddress};
pub use pairing::PairingCode;
pub use private_file::IdentityError;
pub(crate) use private_file::{PrivateFile, system_words};
pub use view_link::{ViewLink, ViewLinkFault};
pub use wrapped_keys::{WRAPPED_KEYS_MAX, WrappedKeys, unwrap_keys, wrap_keys};

use crate::seal::{EnvelopePublic, EnvelopeSecret, derive};

/// An identity with its secret half. Wiped when dropped and not printable:
///
/// ```compile_fail,E0277
/// fn prints<T: std::fmt::Debug>() {}
/// prints::<render_net::identity::Identity>();
/// ```
pub struct Identity {
    signing: SigningKey,
    envelope: EnvelopeSecret,
}

/// What a signature is for; part of the signed bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Domain {
    /// A [`Descriptor`].
    Descriptor,
    /// An artist's keys wrapped for one node.
    Envelope,
    /// A node's statement about a rendered tile.
    Receipt,
    /// An artist's verdict on a receipt.
    Verdict,
    /// A frame's receipts together with its picture.
    Book,
    /// An identity's statement that a per-job key is its own.
    Pseudonym,
    /// An artist's list of a scene's parts.
    Manifest,
    /// An artist's description of how to render a job.
    Order,
    /// What a referee found.
    Ruling,
}

/// An Ed25519 signature.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Signature(pub [u8; 64]);

/// An identity's envelope key, signed by the identity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Descriptor {
    /// Whose.
    pub id: NodeId,
    /// To what others seal keys and results.
    pub envelope: EnvelopePublic,
    /// By `id` over the envelope key.
    pub signature: Signature,
}

/// An identity's signing key for one job, by which nobody who lacks the [`PseudonymLink`] recognises it.
pub struct Pseudonym {
    signing: SigningKey,
}

/// An identity's statement "this per-job key is mine".
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PseudonymLink {
    /// The job for which it holds.
    pub job: JobId,
    /// Who says so.
    pub id: NodeId,
    /// The per-job public key.
    pub pseudonym: NodeId,
    /// By `id` over job and pseudonym.
    pub signature: Signature,
}

/// A signature that does not fit key, purpose and bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the signature does not fit")]
pub struct BadSignature;

const FILE_NAME: &str = "identity.key";
const FILE_HEADER: &str = "tessera identity 1 ";

impl Identity {
    /// A new random identity that lives only in memory.
    pub fn generate() -> Self {
        let mut secret = Zeroizing::new([0; 32]);
        crate::seal::fill_random(secret.as_mut());
        Self::from_secret(&secret)
    }

    /// The identity kept in `folder`, made now if there is none. The file is created whole or not at all.
    pub fn open_or_create(folder: &Path) -> Result<Self, IdentityError> {
        let file = PrivateFile::new(folder.join(FILE_NAME));
        if let Some(bytes) = file.read()? {
            return Self::from_file(&bytes).ok_or_else(|| file.not_an_identity());
        }
        let fresh = Self::generate();
        file.create(&fresh.to_file())?;
        // Another process may have been faster; what is in the file counts.
        let bytes = file.read()?.ok_or_else(|| file.not_an_identity())?;
        Self::from_file(&bytes).ok_or_else(|| file.not_an_identity())
    }

    /// Whether there is one in `folder`.
    pub fn is_kept_in(folder: &Path) -> bool {
        folder.join(FILE_NAME).is_file()
    }

    /// The public half.
    pub fn id(&self) -> NodeId {
        NodeId(self.signing.verifying_key().to_bytes())
    }

    /// Signs `bytes` for one purpose.
    pub fn sign(&self, domain: Domain, bytes: &[u8]) -> Signature {
        sign(&self.signing, domain, bytes)
    }

    /// The envelope key with which others' envelopes to this identity are opened.
    pub fn envelope(&self) -> &EnvelopeSecret {
        &self.envelope
    }

    /// What others need in order to seal something to this identity.
    pub fn descriptor(&self) -> Descriptor {
        let envelope = self.envelope.public();
        let signature = self.sign(Domain::Descriptor, envelope.as_bytes());
        Descriptor { id: self.id(), envelope, signature }
    }

    /// This identity's signing key for one job.
    pub fn pseudonym(&self, job: JobId) -> Pseudonym {
        let secret = derive(self.signing.as_bytes(), b"tessera/1/pseudonym", &job.0);
        Pseudonym { signing: SigningKey::from_bytes(&secret) }
    }

    /// Proof for those who know this identity that the job's pseudonym is its own.
    pub fn pseudonym_link(&self, job: JobId) -> PseudonymLink {
        let pseudonym = self.pseudonym(job).id();
        let signature = self.sign(Domain::Pseudonym, &pseudonym_bytes(job, pseudonym));
        PseudonymLink { job, id: self.id(), pseudonym, signature }
    }

    /// With which a listener tells those who were linked to an earlier one of this identity that it is gone.
    pub(crate) fn reset_secret(&self) -> Zeroizing<[u8; 32]> {
        derive(self.signing.as_bytes(), b"tessera/1/reset", &[])
    }

    /// The secret as PKCS #8 (RFC 8410, section 7), the form in which the TLS library wants it.
    pub(crate) fn to_pkcs8(&self) -> Zeroizing<Vec<u8>> {
        const PREFIX: [u8; 16] = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
        let mut der = Zeroizing::new(Vec::with_capacity(PREFIX.len() + 32));
        der.extend_from_slice(&PREFIX);
        der.extend_from_slice(self.signing.as_bytes());
        der
    }

    fn from_secret(secret: &[u8; 32]) -> Self {
        let ikm = derive(secret, b"tessera/1/envelope key", &[]);
        Self { signing: SigningKey::from_bytes(secret), envelope: EnvelopeSecret::derive(&ikm) }
    }

    fn to_file(&self) -> Zeroizing<Vec<u8>> {
        let mut text = Zeroizing::new(Vec::with_capacity(FILE_HEADER.len() + 65));
        text.extend_from_slice(FILE_HEADER.as_bytes());
        for byte in self.signing.as_bytes() {
            let digit = |four: u8| char::from_digit(u32::from(four), 16).map_or(0, |digit| digit as u8);
            text.extend_from_slice(&[digit(byte >> 4), digit(byte & 15)]);
        }
        text.push(b'\n');
        text
    }

    fn from_file(bytes: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(bytes).ok()?;
        // The id's parser serves, but the copy it makes must not stay behind.
        let mut parsed: NodeId = text.strip_prefix(FILE_HEADER)?.trim_end().parse().ok()?;
        let identity = Self::from_secret(&parsed.0);
        parsed.0.zeroize();
        Some(identity)
    }
}

impl Descriptor {
    /// Whether the identity really signed this envelope key.
    pub fn verify(&self) -> Result<(), BadSignature> {
        verify(self.id, Domain::Descriptor, self.envelope.as_bytes(), &self.signature)
    }
}

impl Pseudonym {
    /// The per-job public key.
    pub fn id(&self) -> NodeId {
        NodeId(self.signing.verifying_key().to_bytes())
    }

    /// Signs under the pseudonym.
    pub fn sign(&self, domain: Domain, bytes: &[u8]) -> Signature {
        sign(&self.signing, domain, bytes)
    }
}

impl PseudonymLink {
    /// Whether the identity really claimed the pseudonym.
    pub fn verify(&self) -> Result<(), BadSignature> {
        verify(self.id, Domain::Pseudonym, &pseudonym_bytes(self.job, self.pseudonym), &self.signature)
    }
}

impl Domain {
    fn label(self) -> &'static [u8] {
        match self {
            Domain::Descriptor => b"tessera/1/sign/descriptor\0",
            Domain::Envelope => b"tessera/1/sign/envelope\0",
            Domain::Receipt => b"tessera/1/sign/receipt\0",
            Domain::Verdict => b"tessera/1/sign/verdict\0",
            Domain::Book => b"tessera/1/sign/book\0",
            Domain::Pseudonym => b"tessera/1/sign/pseudonym\0",
            Domain::Manifest => b"tessera/1/sign/manifest\0",
            Domain::Order => b"tessera/1/sign/order\0",
            Domain::Ruling => b"tessera/1/sign/ruling\0",
        }
    }
}

/// Checks a signature of `id` over `bytes` for one purpose; weak keys and malleable signatures are refused.
pub fn verify(id: NodeId, domain: Domain, bytes: &[u8], signature: &Signature) -> Result<(), BadSignature> {
    let key = VerifyingKey::from_bytes(&id.0).map_err(|_| BadSignature)?;
    let signature = ed25519_dalek::Signature::from_bytes(&signature.0);
    key.verify_strict(&labelled(domain, bytes), &signature).map_err(|_| BadSignature)
}

fn sign(key: &SigningKey, domain: Domain, bytes: &[u8]) -> Signature {
    Signature(key.sign(&labelled(domain, bytes)).to_bytes())
}

/// Labels end in a zero byte and hold no other, so no label is the start of another.
fn labelled(domain: Domain, bytes: &[u8]) -> Vec<u8> {
    [domain.label(), bytes].concat()
}

fn pseudonym_bytes(job: JobId, pseudonym: NodeId) -> Vec<u8> {
    [job.0.as_slice(), &pseudonym.0].concat()
}

impl Serialize for Signature {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // serde knows arrays up to 32 elements; two halves have the same bytes.
        let mut halves = [[0; 32]; 2];
        halves.as_flattened_mut().copy_from_slice(&self.0);
        halves.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Signature {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let halves = <[[u8; 32]; 2]>::deserialize(deserializer)?;
        let mut bytes = [0; 64];
        bytes.copy_from_slice(halves.as_flattened());
        Ok(Self(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_is_the_same_when_opened_again() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let first = Identity::open_or_create(folder.path()).expect("created");
        let again = Identity::open_or_create(folder.path()).expect("opened");
        assert_eq!(first.descriptor(), again.descriptor());
        let entries = std::fs::read_dir(folder.path()).expect("readable").count();
        assert_eq!(entries, 1, "no temporary file stays behind");
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_others_may_read_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().expect("a temporary folder");
        Identity::open_or_create(folder.path()).expect("created");
        let path = folder.path().join(FILE_NAME);
        let mode = std::fs::metadata(&path).expect("exists").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).expect("own file");
        let fault = Identity::open_or_create(folder.path()).err().expect("refused");
        assert!(fault.to_string().contains("chmod 600"), "{fault}");
    }

    #[test]
    fn a_damaged_file_is_named_not_replaced() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = PrivateFile::new(folder.path().join(FILE_NAME));
        file.create(b"tessera identity 1 abc").expect("written");
        assert!(matches!(Identity::open_or_create(folder.path()), Err(IdentityError::NotAnIdentity { .. })));
    }

    #[test]
    fn a_signature_holds_for_one_purpose_and_one_text() {
        let identity = Identity::generate();
        let signature = identity.sign(Domain::Receipt, b"text");
        assert_eq!(verify(identity.id(), Domain::Receipt, b"text", &signature), Ok(()));
        assert!(verify(identity.id(), Domain::Verdict, b"text", &signature).is_err());
        assert!(verify(identity.id(), Domain::Receipt, b"texts", &signature).is_err());
        assert!(verify(Identity::generate().id(), Domain::Receipt, b"text", &signature).is_err());
    }

    #[test]
    fn a_swapped_envelope_key_is_noticed() {
        let (honest, other) = (Identity::generate(), Identity::generate());
        let mut descriptor = honest.descriptor();
        assert_eq!(descriptor.verify(), Ok(()));
        descriptor.envelope = other.descriptor().envelope;
        assert_eq!(descriptor.verify(), Err(BadSignature));
    }

    #[test]
    fn a_pseudonym_differs_by_job_and_is_claimed_by_its_owner_only() {
        let identity = Identity::generate();
        let (one, two) = (JobId([1; 16]), JobId([2; 16]));
        assert_ne!(identity.pseudonym(one).id(), identity.pseudonym(two).id());
        assert_eq!(identity.pseudonym(one).id(), identity.pseudonym(one).id());
        let mut link = identity.pseudonym_link(one);
        assert_eq!(link.verify(), Ok(()));
        link.job = two;
        assert_eq!(link.verify(), Err(BadSignature));
    }

    #[test]
    fn a_descriptor_survives_the_wire() {
        let descriptor = Identity::generate().descriptor();
        let bytes = postcard::to_stdvec(&descriptor).expect("encodes");
        assert_eq!(postcard::from_bytes::<Descriptor>(&bytes), Ok(descriptor));
    }
}
