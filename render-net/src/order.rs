//! The sealed order: how to render a job, as only the artist and admitted nodes can read it.
//!
//! It travels with the job's terms through the coordinator, sealed under the job's admission key and signed by the artist. It also names the
//! artist's result key by its hash, because the coordinator, who hands that key out, could otherwise put its own in its place and read the tiles.

use frame::{JobId, NodeId, RenderSettings};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::identity::{Domain, Identity, Signature, verify};
use crate::seal::{EnvelopePublic, ObjectKey, SealContext, SealFault, fill_random, open, seal};
use crate::wire::job::ORDER_BYTES_MAX;

/// How every tile of a job is rendered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JobOrder {
    /// The settings.
    pub settings: RenderSettings,
    /// Pixels around each tile that the denoiser needs.
    pub margin_px: u32,
    /// Who judges what is refused; the coordinator is told the same, and could say another to each side.
    pub referee: Option<NodeId>,
    /// Hash of the key to which results are sealed.
    result_key: [u8; 32],
}

/// Why an order does not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OrderFault {
    /// Wrong key, other job, or changed bytes.
    #[error("the order does not open: {0}")]
    Seal(#[from] SealFault),
    /// Malformed, or not the artist's.
    #[error("the order is not the artist's")]
    NotTheArtists,
    /// The coordinator handed out another result key.
    #[error("the key for results is not the artist's")]
    ResultKey,
}

#[derive(Serialize, Deserialize)]
struct SignedOrder {
    body: Vec<u8>,
    signature: Signature,
}

impl JobOrder {
    /// An order whose results go to this key, and without a referee.
    pub fn new(settings: RenderSettings, margin_px: u32, result_key: &EnvelopePublic) -> Self {
        Self { settings, margin_px, referee: None, result_key: key_hash(result_key) }
    }

    /// The same, with a referee.
    pub fn judged_by(self, referee: Option<NodeId>) -> Self {
        Self { referee, ..self }
    }

    /// Signs as the artist and seals under the job's admission key.
    pub fn seal(&self, artist: &Identity, admission: &ObjectKey, job: JobId) -> Vec<u8> {
        let body = postcard::to_stdvec(self).expect("plain data of bounded size always encodes");
        let signature = artist.sign(Domain::Order, &signed_bytes(job, &body));
        let signed = postcard::to_stdvec(&SignedOrder { body, signature });
        let signed = Zeroizing::new(signed.expect("plain data of bounded size always encodes"));
        let mut salt = [0; 32];
        fill_random(&mut salt);
        seal(admission, salt, &SealContext::Order { job }, &signed)
    }

    /// Opens an order and checks the artist's signature and the result key that came with it.
    pub fn open(
        sealed: &[u8],
        artist: NodeId,
        admission: &ObjectKey,
        job: JobId,
        result_key: &EnvelopePublic,
    ) -> Result<Self, OrderFault> {
        let signed = open(admission, &SealContext::Order { job }, sealed, ORDER_BYTES_MAX as u64)?;
        let Ok((signed, [])) = postcard::take_from_bytes::<SignedOrder>(&signed) else {
            return Err(OrderFault::NotTheArtists);
        };
        verify(artist, Domain::Order, &signed_bytes(job, &signed.body), &signed.signature)
            .map_err(|_| OrderFault::NotTheArtists)?;
        let order: Self = postcard::from_bytes(&signed.body).map_err(|_| OrderFault::NotTheArtists)?;
        if order.result_key == key_hash(result_key) { Ok(order) } else { Err(OrderFault::ResultKey) }
    }
}

fn signed_bytes(job: JobId, body: &[u8]) -> Vec<u8> {
    [&job.0[..], body].concat()
}

fn key_hash(key: &EnvelopePublic) -> [u8; 32] {
    blake3::derive_key("tessera 1 result key", key.as_bytes())
}

#[cfg(test)]
mod tests {
    use frame::{FrameSize, SettingsDraft};

    use super::*;
    use crate::seal::{EnvelopeSecret, JobSecret};

    #[test]
    fn an_order_opens_for_its_job_artist_and_result_key_only() {
        let (artist, other) = (Identity::generate(), Identity::generate());
        let secret = JobSecret::generate();
        let (job, admission, key) = (JobId([1; 16]), secret.admission_key(), secret.result_key().public());
        let draft = SettingsDraft::defaults(FrameSize::new(40, 30).expect("in range"));
        let order = JobOrder::new(RenderSettings::new(draft).expect("defaults are valid"), 5, &key);
        let sealed = order.seal(&artist, &admission, job);
        assert!(sealed.len() <= ORDER_BYTES_MAX);
        assert_eq!(JobOrder::open(&sealed, artist.id(), &admission, job, &key), Ok(order));
        let swapped = EnvelopeSecret::generate().public();
        assert_eq!(
            JobOrder::open(&sealed, artist.id(), &admission, job, &swapped),
            Err(OrderFault::ResultKey)
        );
        assert_eq!(
            JobOrder::open(&sealed, other.id(), &admission, job, &key),
            Err(OrderFault::NotTheArtists)
        );
        let refused = Err(OrderFault::Seal(SealFault::Refused));
        assert_eq!(JobOrder::open(&sealed, artist.id(), &admission, JobId([2; 16]), &key), refused);
        assert_eq!(JobOrder::open(&sealed, artist.id(), &ObjectKey::generate(), job, &key), refused);
    }
}
