//! Any bytes as a sealed object: never opens under a key that did not seal it; and any change to a good one is refused.
#![no_main]

use libfuzzer_sys::fuzz_target;
use render_net::seal::{ObjectId, ObjectKey, SealContext, open, seal};

const LIMIT: u64 = 1 << 20;

fuzz_target!(|bytes: &[u8]| {
    let key = ObjectKey::from_bytes([7; 32]);
    let context = SealContext::SceneChunk { object: ObjectId([1; 32]) };
    assert!(open(&key, &context, bytes, LIMIT).is_err());
    let Some((at, change)) = bytes.split_first_chunk::<4>() else { return };
    let mut sealed = seal(&key, [2; 32], &context, change);
    assert_eq!(open(&key, &context, &sealed, LIMIT).expect("just sealed").as_slice(), change);
    let bit = u32::from_le_bytes(*at) as usize % (sealed.len() * 8);
    sealed[bit / 8] ^= 1 << (bit % 8);
    assert!(open(&key, &context, &sealed, LIMIT).is_err());
});
