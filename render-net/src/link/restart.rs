//! What a listener's callers learn when it was killed and started again: that their connection is over, at their next word.
//!
//! A killed listener says goodbye to nobody, and its callers would wait for [`IDLE_TIMEOUT`](super::limits::IDLE_TIMEOUT). QUIC lets
//! the next one answer them with a reset that only the holder of a key can make, so the key must outlive the process: it is derived
//! from the identity. A reset gives away the token of its connection's id, so no id may come twice: they are long and random. Then no
//! id can be told from a stray packet's; an answer to one is smaller than it, and there are at most fifty in a second.
//!
//! Source: stateless reset, RFC 9000, section 10.3.

use std::sync::Arc;
use std::time::Duration;

use quinn::crypto::{CryptoError, HmacKey};
use quinn::{ConnectionId, ConnectionIdGenerator, EndpointConfig};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::identity::Identity;
use crate::seal::{derive, fill_random};

/// The settings of an endpoint on which this identity listens.
pub(super) fn outlived_by(identity: &Identity) -> EndpointConfig {
    let mut config = EndpointConfig::new(Arc::new(ResetKey(identity.reset_secret())));
    config.cid_generator(|| Box::new(NeverTwice));
    config
}

/// Makes the token that ends a connection, from the connection's id.
struct ResetKey(Zeroizing<[u8; 32]>);

impl ResetKey {
    fn token(&self, id: &[u8]) -> Zeroizing<[u8; 32]> {
        derive(&self.0, b"tessera/1/reset token", id)
    }
}

impl HmacKey for ResetKey {
    fn sign(&self, data: &[u8], signature_out: &mut [u8]) {
        signature_out.copy_from_slice(self.token(data).as_ref());
    }

    fn signature_len(&self) -> usize {
        32
    }

    fn verify(&self, data: &[u8], signature: &[u8]) -> Result<(), CryptoError> {
        if self.token(data).ct_eq(signature).into() { Ok(()) } else { Err(CryptoError) }
    }
}

/// Connection ids of random bytes, more than ever come twice.
struct NeverTwice;

const ID_BYTES: usize = 16;

impl ConnectionIdGenerator for NeverTwice {
    fn generate_cid(&mut self) -> ConnectionId {
        let mut bytes = [0; ID_BYTES];
        fill_random(&mut bytes);
        ConnectionId::new(&bytes)
    }

    fn cid_len(&self) -> usize {
        ID_BYTES
    }

    fn cid_lifetime(&self) -> Option<Duration> {
        None
    }
}
