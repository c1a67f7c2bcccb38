//! Keys on their way to a node: sealed to it and signed by the artist, so that nobody between can read or replace them.

use frame::{JobId, NodeId};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{Descriptor, Domain, Identity, Signature, verify};
use crate::seal::{ObjectKey, SealFault, open_secret, seal_secret};

/// Most keys in one envelope.
pub const WRAPPED_KEYS_MAX: usize = 128;

const KEY_BYTES: usize = 32;

/// Keys sealed to one node for one job and signed by the artist.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WrappedKeys {
    sealed: Vec<u8>,
    signature: Signature,
}

/// Seals a job's keys to one node and signs the envelope as the artist. The caller has verified the descriptor and admitted the node.
///
/// # Panics
/// With more than [`WRAPPED_KEYS_MAX`] keys.
pub fn wrap_keys(artist: &Identity, job: JobId, node: &Descriptor, keys: &[ObjectKey]) -> WrappedKeys {
    assert!(keys.len() <= WRAPPED_KEYS_MAX, "at most {WRAPPED_KEYS_MAX} keys in an envelope");
    let info = wrap_info(job, node.id, artist.id());
    let mut plaintext = Zeroizing::new(Vec::with_capacity(keys.len() * KEY_BYTES));
    keys.iter().for_each(|key| plaintext.extend_from_slice(key.expose()));
    let sealed = seal_secret(&node.envelope, &info, &plaintext);
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
    let info = wrap_info(job, node.id(), artist);
    verify(artist, Domain::Envelope, &[&info, sealed].concat(), &wrapped.signature)
        .map_err(|_| SealFault::BadSignature)?;
    let plaintext = open_secret(node.envelope(), &info, sealed, WRAPPED_KEYS_MAX * KEY_BYTES)?;
    let (keys, rest) = plaintext.as_chunks::<KEY_BYTES>();
    if rest.is_empty() {
        Ok(keys.iter().map(|key| ObjectKey::from_bytes(*key)).collect())
    } else {
        Err(SealFault::Format)
    }
}

fn wrap_info(job: JobId, node: NodeId, artist: NodeId) -> Vec<u8> {
    [&b"tessera/1/wrap\0"[..], &job.0, &node.0, &artist.0].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    const JOB: JobId = JobId([4; 16]);

    fn keys() -> Vec<ObjectKey> {
        (0..3).map(|at| ObjectKey::from_bytes([at; 32])).collect()
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
        for at in (0..wrapped.sealed.len()).step_by(97).chain([wrapped.sealed.len() - 1]) {
            let mut changed = wrapped.clone();
            changed.sealed[at] ^= 1;
            assert!(unwrap_keys(&node, JOB, artist.id(), &changed).is_err(), "byte {at}");
        }
    }
}
