//! Any bytes as what one machine wraps for another (keys, results, orders, node descriptors, pseudonym links): never opens,
//! not even with the artist's signature on it.
#![no_main]

use std::sync::LazyLock;

use frame::JobId;
use libfuzzer_sys::fuzz_target;
use render_net::identity::{Descriptor, Identity, PseudonymLink, WrappedKeys, unwrap_keys};
use render_net::order::JobOrder;
use render_net::seal::{EnvelopePublic, EnvelopeSecret, ObjectKey, SealContext, open_from};

static ARTIST: LazyLock<Identity> = LazyLock::new(Identity::generate);
static NODE: LazyLock<Identity> = LazyLock::new(Identity::generate);
static RESULTS: LazyLock<EnvelopeSecret> = LazyLock::new(EnvelopeSecret::generate);
const JOB: JobId = JobId([0; 16]);
const LIMIT: u64 = 1 << 20;

fuzz_target!(|bytes: &[u8]| {
    assert!(open_from(&RESULTS, &SealContext::Order { job: JOB }, bytes, LIMIT).is_err());
    let admission = ObjectKey::from_bytes([7; 32]);
    assert!(JobOrder::open(bytes, ARTIST.id(), &admission, JOB, &RESULTS.public()).is_err());
    if let Ok(wrapped) = postcard::from_bytes::<WrappedKeys>(bytes) {
        assert!(unwrap_keys(&NODE, JOB, ARTIST.id(), &wrapped).is_err());
    }
    if let Ok(descriptor) = postcard::from_bytes::<Descriptor>(bytes) {
        assert!(descriptor.verify().is_err(), "nobody signed it");
    }
    if let Ok(link) = postcard::from_bytes::<PseudonymLink>(bytes) {
        assert!(link.verify().is_err(), "nobody signed it");
    }
    let _ = EnvelopePublic::try_from(bytes.to_vec());
});
