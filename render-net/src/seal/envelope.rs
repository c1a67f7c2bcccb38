//! Envelopes: bytes that only the holder of one key pair can open (HPKE, RFC 9180, base mode).
//!
//! Suite: X-Wing (ML-KEM-768 with X25519, code point 0x647a, draft-connolly-cfrg-xwing-kem), HKDF-SHA256, AES-256-GCM.
//! X-Wing has no sender authentication, so an artist signs the envelopes for nodes; tiles are covered by the node's signed receipt.

use frame::{JobId, NodeId};
use hpke::aead::AesGcm256;
use hpke::kdf::HkdfSha256;
use hpke::kem::XWing;
use hpke::{Deserializable, Kem, OpModeR, OpModeS, Serializable, setup_receiver, setup_sender};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{ObjectKey, SealContext, SealFault, stream};
use crate::identity::{Descriptor, Domain, Identity, Signature, verify};

/// Most keys in one envelope.
pub const WRAPPED_KEYS_MAX: usize = 128;

const ENCAPSULATION_BYTES: usize = 1120;

/// The public half of an envelope key pair.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<u8>", into = "Vec<u8>")]
pub struct EnvelopePublic(Box<[u8]>);

/// The secret half of an envelope key pair; wiped when dropped, not printable.
///
/// ```compile_fail,E0277
/// fn prints<T: std::fmt::Debug>() {}
/// prints::<render_net::seal::EnvelopeSecret>();
/// ```
pub struct EnvelopeSecret {
    secret: <XWing as Kem>::PrivateKey,
    public: EnvelopePublic,
}

/// Keys sealed to one node for one job and signed by the artist.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WrappedKeys {
    sealed: Vec<u8>,
    signature: Signature,
}

impl EnvelopeSecret {
    /// A new random key pair.
    pub fn generate() -> Self {
        let mut ikm = Zeroizing::new([0; 32]);
        super::fill_random(ikm.as_mut());
        Self::derive(&ikm)
    }

    /// The key pair that follows from 32 bytes of secret input.
    pub fn derive(ikm: &[u8; 32]) -> Self {
        let (secret, public) = XWing::derive_keypair(ikm);
        Self { secret, public: EnvelopePublic(public.to_bytes().as_slice().into()) }
    }

    /// The public half.
    pub fn public(&self) -> EnvelopePublic {
        self.public.clone()
    }
}

impl EnvelopePublic {
    /// The encoded key.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    fn key(&self) -> <XWing as Kem>::PublicKey {
        <XWing as Kem>::PublicKey::from_bytes(&self.0).expect("checked when it was made")
    }
}

impl TryFrom<Vec<u8>> for EnvelopePublic {
    type Error = SealFault;

    fn try_from(bytes: Vec<u8>) -> Result<Self, SealFault> {
        <XWing as Kem>::PublicKey::from_bytes(&bytes).map_err(|_| SealFault::BadKey)?;
        Ok(Self(bytes.into()))
    }
}

impl From<EnvelopePublic> for Vec<u8> {
    fn from(public: EnvelopePublic) -> Vec<u8> {
        public.0.into()
    }
}

impl std::fmt::Debug for EnvelopePublic {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "EnvelopePublic({}…)", blake3::hash(&self.0).to_hex().split_at(16).0)
    }
}

/// Seals `plaintext` so that only the holder of `to` can open it, not even the sealer. The result is an encapsulated key and a TSL1 object.
pub fn seal_to(to: &EnvelopePublic, context: &SealContext, plaintext: &[u8]) -> Vec<u8> {
    let info = seal_to_info(context);
    let (encapsulated, sender) =
        setup_sender::<AesGcm256, HkdfSha256, XWing>(&OpModeS::Base, &to.key(), &info)
            .expect("a valid public key can be encapsulated to");
    let mut key = Zeroizing::new([0; 32]);
    sender.export(OBJECT_KEY_LABEL, key.as_mut()).expect("32 bytes are within the exporter's limit");
    let encapsulated = encapsulated.to_bytes();
    let object = stream::seal(&ObjectKey::from_bytes(*key), salt(&encapsulated), context, plaintext);
    [encapsulated.as_slice(), &object].concat()
}

/// Opens what [`seal_to`] made.
///
/// # Errors
/// As [`stream::open`].
pub fn open_from(
    secret: &EnvelopeSecret,
    context: &SealContext,
    sealed: &[u8],
    limit: u64,
) -> Result<Zeroizing<Vec<u8>>, SealFault> {
    let (encapsulated, object) = sealed.split_at_checked(ENCAPSULATION_BYTES).ok_or(SealFault::Format)?;
    let key = <XWing as Kem>::EncappedKey::from_bytes(encapsulated).map_err(|_| SealFault::Format)?;
    let info = seal_to_info(context);
    let receiver =
        setup_receiver::<AesGcm256, HkdfSha256, XWing>(&OpModeR::Base, &secret.secret, &key, &info)
            .map_err(|_| SealFault::Refused)?;
    let mut key = Zeroizing::new([0; 32]);
    receiver.export(OBJECT_KEY_LABEL, key.as_mut()).expect("32 bytes are within the exporter's limit");
    stream::open(&ObjectKey::from_bytes(*key), context, object, limit)
}

/// Seals a job's keys to one node and signs the envelope as the artist. The caller has verified the descriptor and admitted the node.
///
/// # Panics
/// With more than [`WRAPPED_KEYS_MAX`] keys.
pub fn wrap_keys(artist: &Identity, job: JobId, node: &Descriptor, keys: &[ObjectKey]) -> WrappedKeys {
    assert!(keys.len() <= WRAPPED_KEYS_MAX, "at most {WRAPPED_KEYS_MAX} keys in an envelope");
    let info = wrap_info(job, node.id, artist.id());
    let mut plaintext = Zeroizing::new(Vec::with_capacity(keys.len() * 32));
    keys.iter().for_each(|key| plaintext.extend_from_slice(key.expose()));
    let (encapsulated, mut sender) =
        setup_sender::<AesGcm256, HkdfSha256, XWing>(&OpModeS::Base, &node.envelope.key(), &info)
            .expect("a valid public key can be encapsulated to");
    let ciphertext = sender.seal(&plaintext, &[]).expect("the first message of a context can be sealed");
    let sealed = [encapsulated.to_bytes().as_slice(), &ciphertext].concat();
    let signature = artist.sign(Domain::Envelope, &[&info, sealed.as_slice()].concat());
    WrappedKeys { sealed, signature }
}

/// Opens an envelope of keys that `artist` made for this node and job.
///
/// # Errors
/// A foreign or changed envelope.
pub fn unwrap_keys(
    node: &Identity,
    job: JobId,
    artist: NodeId,
    wrapped: &WrappedKeys,
) -> Result<Vec<ObjectKey>, SealFault> {
    let sealed = wrapped.sealed.as_slice();
    if sealed.len() > ENCAPSULATION_BYTES + WRAPPED_KEYS_MAX * 32 + 16 {
        return Err(SealFault::Format);
    }
    let info = wrap_info(job, node.id(), artist);
    verify(artist, Domain::Envelope, &[&info, sealed].concat(), &wrapped.signature)
        .map_err(|_| SealFault::BadSignature)?;
    let (encapsulated, ciphertext) = sealed.split_at_checked(ENCAPSULATION_BYTES).ok_or(SealFault::Format)?;
    let key = <XWing as Kem>::EncappedKey::from_bytes(encapsulated).map_err(|_| SealFault::Format)?;
    let secret = &node.envelope().secret;
    let mut receiver = setup_receiver::<AesGcm256, HkdfSha256, XWing>(&OpModeR::Base, secret, &key, &info)
        .map_err(|_| SealFault::Refused)?;
    let plaintext = Zeroizing::new(receiver.open(ciphertext, &[]).map_err(|_| SealFault::Refused)?);
    let (keys, rest) = plaintext.as_chunks::<32>();
    if rest.is_empty() {
        Ok(keys.iter().map(|key| ObjectKey::from_bytes(*key)).collect())
    } else {
        Err(SealFault::Format)
    }
}

const OBJECT_KEY_LABEL: &[u8] = b"tessera/1/object key";

fn seal_to_info(context: &SealContext) -> Vec<u8> {
    [&b"tessera/1/seal to\0"[..], &context.to_bytes()].concat()
}

fn wrap_info(job: JobId, node: NodeId, artist: NodeId) -> Vec<u8> {
    [&b"tessera/1/wrap\0"[..], &job.0, &node.0, &artist.0].concat()
}

/// The key is fresh with every encapsulation, so any salt does; this one needs no randomness.
fn salt(encapsulated: &[u8]) -> [u8; 32] {
    blake3::derive_key("tessera 1 seal to salt", encapsulated)
}

#[cfg(test)]
mod tests {
    use super::*;

    const JOB: JobId = JobId([4; 16]);
    const CONTEXT: SealContext = SealContext::Manifest { job: JOB };

    fn keys() -> Vec<ObjectKey> {
        (0..3).map(|at| ObjectKey::from_bytes([at; 32])).collect()
    }

    #[test]
    fn only_the_addressee_opens() {
        let (artist, node) = (EnvelopeSecret::generate(), EnvelopeSecret::generate());
        let sealed = seal_to(&artist.public(), &CONTEXT, b"pixels");
        let opened = open_from(&artist, &CONTEXT, &sealed, 100).expect("own envelope");
        assert_eq!(opened.as_slice(), b"pixels");
        assert!(open_from(&node, &CONTEXT, &sealed, 100).is_err());
        let other = SealContext::Order { job: JOB };
        assert!(open_from(&artist, &other, &sealed, 100).is_err());
    }

    #[test]
    fn a_changed_encapsulation_does_not_open() {
        let artist = EnvelopeSecret::generate();
        let sealed = seal_to(&artist.public(), &CONTEXT, b"pixels");
        for bit in (0..sealed.len() * 8).step_by(37) {
            let mut changed = sealed.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert!(open_from(&artist, &CONTEXT, &changed, 100).is_err(), "bit {bit}");
        }
        for length in [0, 5, ENCAPSULATION_BYTES, sealed.len() - 1] {
            assert!(open_from(&artist, &CONTEXT, &sealed[..length], 100).is_err());
        }
    }

    #[test]
    fn wrapped_keys_reach_their_node_only() {
        let (artist, node, thief) = (Identity::generate(), Identity::generate(), Identity::generate());
        let wrapped = wrap_keys(&artist, JOB, &node.descriptor(), &keys());
        let opened = unwrap_keys(&node, JOB, artist.id(), &wrapped).expect("for this node");
        assert!(opened.iter().map(ObjectKey::expose).eq(keys().iter().map(ObjectKey::expose)));
        let fault = |result: Result<Vec<ObjectKey>, SealFault>| result.err().expect("refused");
        assert_eq!(fault(unwrap_keys(&thief, JOB, artist.id(), &wrapped)), SealFault::BadSignature);
        assert_eq!(fault(unwrap_keys(&node, JobId([5; 16]), artist.id(), &wrapped)), SealFault::BadSignature);
        assert_eq!(fault(unwrap_keys(&node, JOB, thief.id(), &wrapped)), SealFault::BadSignature);
    }

    #[test]
    fn a_forged_or_changed_envelope_is_refused() {
        let (artist, node, forger) = (Identity::generate(), Identity::generate(), Identity::generate());
        let forged = wrap_keys(&forger, JOB, &node.descriptor(), &keys());
        assert!(unwrap_keys(&node, JOB, artist.id(), &forged).is_err());
        let wrapped = wrap_keys(&artist, JOB, &node.descriptor(), &keys());
        for at in [0, ENCAPSULATION_BYTES - 1, ENCAPSULATION_BYTES, wrapped.sealed.len() - 1] {
            let mut changed = wrapped.clone();
            changed.sealed[at] ^= 1;
            assert!(unwrap_keys(&node, JOB, artist.id(), &changed).is_err(), "byte {at}");
        }
    }

    #[test]
    fn strangers_keys_are_checked_when_decoded() {
        assert!(EnvelopePublic::try_from(vec![0; 5]).is_err());
        // ML-KEM's encoding check: coefficients at or above the modulus are not valid.
        assert!(EnvelopePublic::try_from(vec![0xff; 1216]).is_err());
    }

    #[test]
    fn a_derived_key_pair_is_what_it_was() {
        let public = EnvelopeSecret::derive(&[9; 32]).public();
        assert_eq!(blake3::hash(public.as_bytes()).to_string(), GOLDEN_PUBLIC);
    }

    const GOLDEN_PUBLIC: &str = "092eee0fb7f041ecaa139f25504c7151898301e5afef5a07ae1f83015329a53a";
}
