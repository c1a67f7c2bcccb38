//! Bits flipped in whatever a coordinator stores, ten thousand of them: scene chunks, manifests, orders, wrapped keys, sealed
//! results. Whoever changes bytes changes their name with them, so no content name helps here: the seal must notice by itself.

use std::convert::Infallible;

use frame::{
    BlockRange, FrameIndex, FrameSize, JobId, LeaseId, NodeId, RenderSettings, SceneBlob, Section,
    SettingsDraft, TileIndex, TileRect,
};
use render_net::bundle::{BundleFault, BundleFor, BundleMaker, Manifest};
use render_net::identity::{Identity, unwrap_keys, wrap_keys};
use render_net::order::JobOrder;
use render_net::seal::{
    EnvelopeSecret, JobSecret, SealContext, TileBinding, WorkspaceSecret, open_from, seal_to,
};
use render_net::wire::ObjectName;

const FLIPS: usize = 10_000;
const JOB: JobId = JobId([1; 16]);
const FRAME: FrameIndex = FrameIndex(3);
const LIMIT: u64 = 1 << 20;

/// One of everything that an artist and a node store with a coordinator, and the keys of those who may open it.
struct Stored {
    artist: Identity,
    node: Identity,
    secret: JobSecret,
    /// Made once, because making it takes far longer than refusing.
    results: EnvelopeSecret,
    scene: SceneBlob,
    chunks: Vec<(ObjectName, Vec<u8>)>,
    manifest: Vec<u8>,
    order: Vec<u8>,
    keys: Vec<u8>,
    result: Vec<u8>,
    preview: Vec<u8>,
}

impl Stored {
    fn new() -> Self {
        let (artist, node, secret) = (Identity::generate(), Identity::generate(), JobSecret::generate());
        let sections = [0usize, 300, 5000, 70_000].iter().enumerate().map(|(at, &length)| Section {
            kind: at as u32,
            bytes: (0..length).map(|byte| (byte * 7 + at) as u8).collect(),
        });
        let scene = SceneBlob::new(sections.collect());
        let workspace = WorkspaceSecret::generate();
        let mut chunks = Vec::new();
        let to = BundleFor { job: JOB, frame: Some(FRAME), exposure_scale: 1.0 };
        let maker = BundleMaker::new(&workspace, &scene).expect("few sections");
        let Ok(draft) = maker.chunks::<Infallible>(to, |name, sealed| {
            chunks.push((name, sealed));
            Ok(())
        });
        let admission = secret.admission_key();
        let manifest = draft.seal(&artist, &admission).expect("few parts");
        let results = secret.result_key();
        let draft = SettingsDraft::defaults(FrameSize::new(64, 48).expect("in range"));
        let settings = RenderSettings::new(draft).expect("valid");
        let order = JobOrder::new(settings, 0, &results.public()).seal(&artist, &admission, JOB);
        let wrapped = wrap_keys(&artist, JOB, &node.descriptor(), &[admission]);
        let keys = postcard::to_stdvec(&wrapped).expect("encodes");
        let binding = binding(&scene, node.id());
        let result = seal_to(&results.public(), &SealContext::Tile(binding), &vec![5; 9000]);
        let preview = seal_to(&results.public(), &SealContext::Preview(binding), &vec![6; 3000]);
        Self { artist, node, secret, results, scene, chunks, manifest, order, keys, result, preview }
    }

    /// The scene, if it opens.
    fn open_scene(&self) -> Result<SceneBlob, BundleFault> {
        let (artist, admission) = (self.artist.id(), self.secret.admission_key());
        let manifest = Manifest::open(&self.manifest, artist, &admission, JOB, FRAME, LIMIT)?;
        let stored = |name| self.chunks.iter().find(|(stored, _)| *stored == name);
        manifest.assemble(|name| {
            stored(name).map(|(_, sealed)| sealed.clone()).ok_or(BundleFault::Manifest("not stored"))
        })
    }

    fn open_order(&self) -> Option<JobOrder> {
        let (admission, results) = (self.secret.admission_key(), self.results.public());
        JobOrder::open(&self.order, self.artist.id(), &admission, JOB, &results).ok()
    }

    /// How many keys come out.
    fn open_keys(&self) -> Option<usize> {
        let wrapped = postcard::from_bytes(&self.keys).ok()?;
        unwrap_keys(&self.node, JOB, self.artist.id(), &wrapped).ok().map(|keys| keys.len())
    }

    fn open_result(&self, sealed: &[u8], context: fn(TileBinding) -> SealContext) -> bool {
        let context = context(binding(&self.scene, self.node.id()));
        open_from(&self.results, &context, sealed, LIMIT).is_ok()
    }
}

fn binding(scene: &SceneBlob, node: NodeId) -> TileBinding {
    TileBinding {
        job: JOB,
        frame: FRAME,
        tile: TileIndex(2),
        rect: TileRect { x: 0, y: 0, width: 8, height: 8 },
        blocks: BlockRange { first: 0, count: 4 },
        lease: LeaseId(7),
        node,
        scene: scene.id(),
    }
}

#[test]
fn ten_thousand_flipped_bits_in_stored_objects_are_all_refused() {
    let mut stored = Stored::new();
    assert_eq!(stored.open_scene().expect("untouched").id(), stored.scene.id());
    assert!(stored.open_order().is_some());
    assert_eq!(stored.open_keys(), Some(1));
    assert!(stored.open_result(&stored.result, SealContext::Tile));
    assert!(stored.open_result(&stored.preview, SealContext::Preview));
    assert_eq!(stored.chunks.len(), 3, "the empty section has none");

    let mut chance = blake3::Hasher::new().update(b"flips in stored objects").finalize_xof();
    let mut bit_of = |bytes: &[u8]| {
        let mut drawn = [0; 8];
        chance.fill(&mut drawn);
        (u64::from_le_bytes(drawn) % (bytes.len() as u64 * 8)) as usize
    };
    let flip = |bytes: &mut Vec<u8>, bit: usize| bytes[bit / 8] ^= 1 << (bit % 8);
    for round in 0..FLIPS {
        // Kind by kind in turn, so that small objects are flipped as often as large ones; and each flip is taken back.
        match round % 8 {
            kind @ 0..3 => {
                let bit = bit_of(&stored.chunks[kind].1);
                flip(&mut stored.chunks[kind].1, bit);
                assert!(matches!(stored.open_scene(), Err(BundleFault::Seal(_))), "chunk {kind}, bit {bit}");
                flip(&mut stored.chunks[kind].1, bit);
            }
            3 => {
                let bit = bit_of(&stored.manifest);
                flip(&mut stored.manifest, bit);
                assert!(stored.open_scene().is_err(), "manifest, bit {bit}");
                flip(&mut stored.manifest, bit);
            }
            4 => {
                let bit = bit_of(&stored.order);
                flip(&mut stored.order, bit);
                assert!(stored.open_order().is_none(), "order, bit {bit}");
                flip(&mut stored.order, bit);
            }
            5 => {
                let bit = bit_of(&stored.keys);
                flip(&mut stored.keys, bit);
                assert_eq!(stored.open_keys(), None, "keys, bit {bit}");
                flip(&mut stored.keys, bit);
            }
            6 => {
                let bit = bit_of(&stored.result);
                flip(&mut stored.result, bit);
                assert!(!stored.open_result(&stored.result, SealContext::Tile), "result, bit {bit}");
                flip(&mut stored.result, bit);
            }
            _ => {
                let bit = bit_of(&stored.preview);
                flip(&mut stored.preview, bit);
                assert!(!stored.open_result(&stored.preview, SealContext::Preview), "preview, bit {bit}");
                flip(&mut stored.preview, bit);
            }
        }
    }
    assert_eq!(stored.open_scene().expect("every flip was taken back").id(), stored.scene.id());
}

#[test]
fn stored_objects_under_another_label_are_refused() {
    let mut stored = Stored::new();
    assert!(!stored.open_result(&stored.result, SealContext::Preview), "a result is no preview");
    assert!(!stored.open_result(&stored.preview, SealContext::Tile), "a preview is no result");
    assert!(!stored.open_result(&stored.manifest, SealContext::Tile));
    std::mem::swap(&mut stored.order, &mut stored.manifest);
    assert!(stored.open_order().is_none(), "a manifest is no order");
    assert!(stored.open_scene().is_err(), "an order is no manifest");
    std::mem::swap(&mut stored.order, &mut stored.manifest);
    let (first, second) = (stored.chunks[0].1.clone(), stored.chunks[1].1.clone());
    (stored.chunks[0].1, stored.chunks[1].1) = (second, first);
    assert!(stored.open_scene().is_err(), "one chunk is not another");
    let elsewhere = Stored::new();
    let keys = std::mem::replace(&mut stored.keys, elsewhere.keys);
    assert_eq!(stored.open_keys(), None, "another artist's keys for another node");
    stored.keys = keys;
    assert_eq!(stored.open_keys(), Some(1));
}
