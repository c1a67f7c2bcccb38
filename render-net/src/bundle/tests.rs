use std::collections::BTreeMap;
use std::convert::Infallible;

use proptest::prelude::*;

use super::*;

const TO: BundleFor = BundleFor { job: JobId([1; 16]), frame: Some(FrameIndex(3)), exposure_scale: 0.5 };
const LIMIT: u64 = 64 << 20;

struct Stored {
    artist: Identity,
    admission: ObjectKey,
    manifest: Vec<u8>,
    chunks: BTreeMap<ObjectName, Vec<u8>>,
}

fn scene(lengths: &[usize]) -> SceneBlob {
    let section = |(at, &length): (usize, &usize)| Section {
        kind: at as u32 * 10,
        bytes: (0..length).map(|byte| (byte * 7 + at) as u8).collect(),
    };
    SceneBlob::new(lengths.iter().enumerate().map(section).collect())
}

fn store(scene: &SceneBlob, to: BundleFor) -> Stored {
    let workspace = WorkspaceSecret::from_bytes([5; 32]);
    let artist = Identity::generate();
    let admission = ObjectKey::generate();
    let mut chunks = BTreeMap::new();
    let maker = BundleMaker::new(&workspace, scene).expect("few sections");
    let draft = maker.chunks::<Infallible>(to, |name, sealed| {
        assert_eq!(ObjectName::of(&sealed), name);
        assert!(sealed.len() as u64 <= SEALED_CHUNK_BYTES_MAX);
        chunks.insert(name, sealed);
        Ok(())
    });
    let Ok(draft) = draft;
    let manifest = draft.seal(&artist, &admission).expect("few parts");
    Stored { artist, admission, manifest, chunks }
}

impl Stored {
    fn manifest(&self) -> Result<Manifest, BundleFault> {
        let frame = FrameIndex(3);
        Manifest::open(&self.manifest, self.artist.id(), &self.admission, TO.job, frame, LIMIT)
    }

    fn open(&self) -> Result<SceneBlob, BundleFault> {
        self.manifest()?.assemble(|name| Ok::<_, BundleFault>(self.chunks[&name].clone()))
    }
}

#[test]
fn a_scene_comes_out_as_it_went_in() {
    let lengths = [0, 1, CHUNK_BYTES_MAX, 0, CHUNK_BYTES_MAX + 1, 3 * CHUNK_BYTES_MAX - 5, 0];
    let scene = scene(&lengths);
    let opened = store(&scene, TO).open().expect("own bundle");
    assert_eq!(opened.id(), scene.id());
    assert_eq!(opened.sections(), scene.sections());
    assert!(store(&SceneBlob::new(Vec::new()), TO).open().is_ok());
}

#[test]
fn equal_bytes_are_stored_once() {
    let (one, two) = (scene(&[5000, 300]), scene(&[5000, 301]));
    let (one, two) = (store(&one, TO), store(&two, TO));
    let shared = one.chunks.keys().filter(|name| two.chunks.contains_key(name)).count();
    assert_eq!(shared, 1);
}

#[test]
fn a_manifest_serves_its_job_frame_key_and_artist_only() {
    let stored = store(&scene(&[10]), TO);
    let open = |artist: NodeId, key: &ObjectKey, job, frame, limit| {
        Manifest::open(&stored.manifest, artist, key, job, FrameIndex(frame), limit).err()
    };
    let id = stored.artist.id();
    assert_eq!(open(id, &stored.admission, TO.job, 3, 10), None);
    assert!(open(Identity::generate().id(), &stored.admission, TO.job, 3, 10).is_some());
    assert!(open(id, &ObjectKey::generate(), TO.job, 3, 10).is_some());
    assert!(open(id, &stored.admission, JobId([2; 16]), 3, 10).is_some());
    assert!(open(id, &stored.admission, TO.job, 4, 10).is_some());
    let too_large = BundleFault::TooLarge { claimed: 10, limit: 9 };
    assert_eq!(open(id, &stored.admission, TO.job, 3, 9), Some(too_large));
    let for_all = store(&scene(&[10]), BundleFor { frame: None, ..TO });
    assert!(for_all.open().is_ok());
}

#[test]
fn swapped_and_foreign_chunks_are_refused() {
    let mut stored = store(&scene(&[100, 200]), TO);
    let names: Vec<ObjectName> = stored.chunks.keys().copied().collect();
    let (first, second) = (stored.chunks[&names[0]].clone(), stored.chunks[&names[1]].clone());
    stored.chunks.insert(names[0], second);
    stored.chunks.insert(names[1], first);
    assert!(matches!(stored.open(), Err(BundleFault::Seal(_))));
}

#[test]
fn a_signed_manifest_that_lies_about_lengths_is_refused() {
    let scene = scene(&[100]);
    let workspace = WorkspaceSecret::from_bytes([5; 32]);
    let (artist, admission) = (Identity::generate(), ObjectKey::generate());
    let maker = BundleMaker::new(&workspace, &scene).expect("few sections");
    type Lie = fn(&mut ManifestBody);
    let lies: [(Lie, bool); 4] = [
        (|_| {}, true),
        (|body| body.sections[0].length_bytes = u64::MAX, false),
        (|body| body.sections[0].length_bytes = 97, false),
        (|body| body.scene = SceneId([0; 32]), false),
    ];
    for (lie, good) in lies {
        let mut sealed = Vec::new();
        let Ok(mut draft) = maker.chunks::<Infallible>(TO, |_, bytes| {
            sealed = bytes;
            Ok(())
        });
        lie(&mut draft.0);
        let manifest = draft.seal(&artist, &admission).expect("small");
        let opened = Manifest::open(&manifest, artist.id(), &admission, TO.job, FrameIndex(3), LIMIT)
            .and_then(|manifest| manifest.assemble(|_| Ok::<_, BundleFault>(sealed.clone())));
        assert_eq!(opened.is_ok(), good);
    }
}

proptest! {
    #[test]
    fn padding_costs_at_most_an_eighth(length in 0usize..4 << 20) {
        let padded = padme(length);
        prop_assert!(padded >= length);
        prop_assert!(padded - length <= length / 8, "{length} became {padded}");
        prop_assert!(length > CHUNK_BYTES_MAX || padded <= CHUNK_BYTES_MAX);
    }

    #[test]
    fn a_flipped_bit_never_opens(lengths in prop::collection::vec(0usize..3000, 0..4), at: u32, in_manifest: bool) {
        let mut stored = store(&scene(&lengths), TO);
        let target = if in_manifest || stored.chunks.is_empty() {
            &mut stored.manifest
        } else {
            let nth = at as usize % stored.chunks.len();
            stored.chunks.values_mut().nth(nth).expect("in range")
        };
        let bit = at as usize % (target.len() * 8);
        target[bit / 8] ^= 1 << (bit % 8);
        prop_assert!(stored.open().is_err());
    }
}
