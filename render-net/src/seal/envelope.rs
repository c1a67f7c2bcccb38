//! Envelopes: bytes that only the holder of one key pair can open (HPKE, RFC 9180, base mode).
//!
//! Suite: X-Wing (ML-KEM-768 with X25519, code point 0x647a, draft-connolly-cfrg-xwing-kem), HKDF-SHA256, AES-256-GCM.
//! X-Wing has no sender authentication: keys for nodes are signed ([`crate::identity::WrappedKeys`]); tiles are covered by the node's signed receipt.

use hpke::aead::AesGcm256;
use hpke::kdf::HkdfSha256;
use hpke::kem::XWing;
use hpke::{Deserializable, Kem, OpModeR, OpModeS, Serializable, setup_receiver, setup_sender};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{ObjectKey, SealContext, SealFault, stream};

const ENCAPSULATION_BYTES: usize = 1120;
const AEAD_TAG_BYTES: usize = 16;

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

/// Seals a few secret bytes so that only the holder of `to` can open them; `info` says what they are.
pub(crate) fn seal_secret(to: &EnvelopePublic, info: &[u8], secret: &[u8]) -> Vec<u8> {
    let (encapsulated, mut sender) =
        setup_sender::<AesGcm256, HkdfSha256, XWing>(&OpModeS::Base, &to.key(), info)
            .expect("a valid public key can be encapsulated to");
    let ciphertext = sender.seal(secret, &[]).expect("the first message of a context can be sealed");
    [encapsulated.to_bytes().as_slice(), &ciphertext].concat()
}

/// Opens what [`seal_secret`] made, at most `limit` bytes.
pub(crate) fn open_secret(
    own: &EnvelopeSecret,
    info: &[u8],
    sealed: &[u8],
    limit: usize,
) -> Result<Zeroizing<Vec<u8>>, SealFault> {
    let (encapsulated, ciphertext) = sealed.split_at_checked(ENCAPSULATION_BYTES).ok_or(SealFault::Format)?;
    if ciphertext.len() > limit + AEAD_TAG_BYTES {
        return Err(SealFault::Format);
    }
    let key = <XWing as Kem>::EncappedKey::from_bytes(encapsulated).map_err(|_| SealFault::Format)?;
    let mut receiver =
        setup_receiver::<AesGcm256, HkdfSha256, XWing>(&OpModeR::Base, &own.secret, &key, info)
            .map_err(|_| SealFault::Refused)?;
    Ok(Zeroizing::new(receiver.open(ciphertext, &[]).map_err(|_| SealFault::Refused)?))
}

const OBJECT_KEY_LABEL: &[u8] = b"tessera/1/object key";

fn seal_to_info(context: &SealContext) -> Vec<u8> {
    [&b"tessera/1/seal to\0"[..], &context.to_bytes()].concat()
}

/// The key is fresh with every encapsulation, so any salt does; this one needs no randomness.
fn salt(encapsulated: &[u8]) -> [u8; 32] {
    blake3::derive_key("tessera 1 seal to salt", encapsulated)
}

#[cfg(test)]
mod tests {
    use frame::JobId;

    use super::*;

    const JOB: JobId = JobId([4; 16]);
    const CONTEXT: SealContext = SealContext::Manifest { job: JOB };

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
