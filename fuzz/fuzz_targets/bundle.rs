//! Any bytes as a manifest that even carries the artist's signature, and any bytes as its chunks: refused, or a scene
//! within the limit. The signature and the seal are made here, because no fuzzer would ever guess them.
#![no_main]

use std::sync::LazyLock;

use frame::{FrameIndex, JobId};
use libfuzzer_sys::fuzz_target;
use render_net::bundle::{BundleFault, Manifest};
use render_net::identity::{Domain, Identity};
use render_net::seal::{ObjectKey, SealContext, seal};

static ARTIST: LazyLock<Identity> = LazyLock::new(Identity::generate);
const JOB: JobId = JobId([0; 16]);
const LIMIT: u64 = 1 << 20;

fuzz_target!(|bytes: &[u8]| {
    let admission = ObjectKey::from_bytes([7; 32]);
    let open = |plaintext: &[u8]| {
        let sealed = seal(&admission, [1; 32], &SealContext::Manifest { job: JOB }, plaintext);
        Manifest::open(&sealed, ARTIST.id(), &admission, JOB, FrameIndex(1), LIMIT)
    };
    assert!(open(bytes).is_err(), "not signed");
    let signature = ARTIST.sign(Domain::Manifest, bytes);
    let signed = postcard::to_stdvec(&(bytes, signature)).expect("encodes");
    if let Ok(manifest) = open(&signed) {
        assert!(manifest.size_bytes() <= LIMIT);
        if let Ok(scene) = manifest.assemble(|_| Ok::<_, BundleFault>(bytes.to_vec())) {
            assert_eq!(scene.id(), manifest.scene());
        }
    }
});
