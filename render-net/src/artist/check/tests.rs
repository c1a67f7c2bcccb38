use frame::{
    AdapterCard, AdapterClass, BlockRange, Denoise, FrameIndex, FrameSize, JobId, LeaseId, NetworkId, NodeId,
    PlaneSet, SceneId, SettingsDraft, TileIndex,
};
use proptest::prelude::*;

use super::*;
use crate::identity::Identity;
use crate::receipt::Receipt;
use crate::result::encode;
use crate::seal::{JobSecret, seal_to};
use crate::wire::{Bounded, JobShape, ShapeDraft};

/// What is denoised by the node that renders it, if it has all four blocks.
const WHOLE: Piece =
    Piece { frame: FrameIndex(2), tile: TileIndex(1), blocks: BlockRange { first: 0, count: 4 } };
const PIECE: Piece =
    Piece { frame: FrameIndex(2), tile: TileIndex(1), blocks: BlockRange { first: 1, count: 3 } };

/// An artist's reader and one honest node's work.
struct Bench {
    reader: ResultReader,
    node: Identity,
    committed: Committed,
    sealed: Vec<u8>,
}

pub(in crate::artist) fn plan(denoise: Denoise) -> JobPlan {
    let size = FrameSize::new(16, 8).expect("in range");
    let (planes, network) = match denoise {
        Denoise::Off => (PlaneSet::BEAUTY, NetworkId::NONE),
        _ => (PlaneSet::DEFAULT, NetworkId([4; 32])),
    };
    let draft = SettingsDraft { spp: 64, planes, denoise, network, ..SettingsDraft::defaults(size) };
    let settings = frame::RenderSettings::new(draft).expect("valid");
    let frames = Bounded::new(vec![2, 3]).expect("few");
    let shape = ShapeDraft { size, edge_px: 8, spp: 64, frames, whole_tiles: false };
    let scenes = vec![SceneId([5; 32]), SceneId([6; 32])];
    JobPlan {
        job: JobId([1; 16]),
        shape: JobShape::new(shape).expect("valid"),
        settings,
        margin_px: 16,
        scenes,
        exposure_scales: vec![0.5, 2.0],
    }
}

impl Bench {
    fn new() -> Self {
        Self::with(|partials| partials, |_| {})
    }

    /// Work of a node that spoils its partial sums or its receipt before it seals and signs.
    fn with(spoil: impl Fn(Vec<Partial>) -> Vec<Partial>, lie: impl Fn(&mut Receipt)) -> Self {
        Self::of(PIECE, Denoise::Off, spoil, lie)
    }

    /// The same, of this piece.
    fn of(
        piece: Piece,
        denoise: Denoise,
        spoil: impl Fn(Vec<Partial>) -> Vec<Partial>,
        lie: impl Fn(&mut Receipt),
    ) -> Self {
        let secret = JobSecret::generate();
        let (reader, node) =
            (ResultReader { plan: plan(denoise), key: secret.result_key() }, Identity::generate());
        let (plan, shape) = (&reader.plan, reader.shape(&piece).expect("a piece of the job"));
        let blank = |node| Partial { node, planes: TilePlanes::zeroed(shape.rect, shape.planes) };
        let partials = spoil(shape.nodes().into_iter().map(blank).collect());
        let mut committed = Committed {
            lease: LeaseId(7),
            node: node.id(),
            piece,
            result: ObjectName([0; 32]),
            receipt: Bounded::default(),
            link: Bounded::default(),
            amount: 1,
        };
        let bound = reader.binding(&committed, shape.rect).expect("its frame is known");
        let sealed = seal_to(&reader.key.public(), &SealContext::Tile(bound), &encode(&partials));
        committed.result = ObjectName::of(&sealed);
        let mut receipt = Receipt {
            lease: bound.lease,
            job: bound.job,
            scene: bound.scene,
            frame: bound.frame,
            tile: bound.tile,
            rect: bound.rect,
            blocks: bound.blocks,
            samples: plan.shape.samples(piece.tile, piece.blocks),
            settings: settings_hash(&plan.settings_of(piece.frame).expect("one of its frames")),
            commit_root: Commitment::of(&partials).root(),
            result: committed.result,
            adapter: AdapterCard {
                name: "cpu".into(),
                backend: "none".into(),
                driver: "1".into(),
                class: AdapterClass::Cpu,
            },
            started_ms: 1,
            finished_ms: 2,
        };
        lie(&mut receipt);
        let signed = receipt.sign(&node.pseudonym(plan.job));
        committed.receipt = Bounded::new(signed.to_bytes()).expect("short");
        let link = postcard::to_stdvec(&node.pseudonym_link(plan.job)).expect("encodes");
        committed.link = Bounded::new(link).expect("short");
        Self { reader, node, committed, sealed }
    }

    fn verdict(&self) -> Option<Verdict> {
        self.verdict_on(&self.committed, self.sealed.clone())
    }

    fn verdict_on(&self, committed: &Committed, sealed: Vec<u8>) -> Option<Verdict> {
        self.reader.check(committed, sealed).err().map(|unfit| unfit.verdict)
    }
}

#[test]
fn honest_work_passes() {
    let bench = Bench::new();
    assert_eq!(bench.verdict(), None);
    assert!((bench.sealed.len() as u64) <= bench.reader.sealed_bytes_max(&PIECE));
}

#[test]
fn ten_thousand_flipped_bits_are_all_refused() {
    let bench = Bench::new();
    let mut random = blake3::Hasher::new().update(b"flips").finalize_xof();
    let bits = [bench.sealed.len(), bench.committed.receipt.len(), bench.committed.link.len()]
        .map(|bytes| bytes * 8);
    for _ in 0..10_000 {
        let mut bytes = [0; 8];
        random.fill(&mut bytes);
        let bit = u64::from_le_bytes(bytes) as usize % bits.iter().sum::<usize>();
        let (mut committed, mut sealed) = (bench.committed.clone(), bench.sealed.clone());
        let flip = |bytes: &mut Vec<u8>, bit: usize| bytes[bit / 8] ^= 1 << (bit % 8);
        if bit < bits[0] {
            flip(&mut sealed, bit);
            // Whoever changes the bytes changes the name with them; the seal must notice by itself.
            committed.result = ObjectName::of(&sealed);
        } else if bit < bits[0] + bits[1] {
            let mut receipt = committed.receipt.into_vec();
            flip(&mut receipt, bit - bits[0]);
            committed.receipt = Bounded::new(receipt).expect("as long as before");
        } else {
            let mut link = committed.link.into_vec();
            flip(&mut link, bit - bits[0] - bits[1]);
            committed.link = Bounded::new(link).expect("as long as before");
        }
        assert_eq!(bench.verdict_on(&committed, sealed), Some(Verdict::Unreadable), "bit {bit}");
    }
}

#[test]
fn replayed_and_relabelled_work_is_refused() {
    let bench = Bench::new();
    let relabelled: [fn(&mut Committed); 6] = [
        |committed| committed.lease = LeaseId(8),
        |committed| committed.node = NodeId([9; 32]),
        |committed| committed.piece.frame = FrameIndex(3),
        |committed| committed.piece.tile = TileIndex(0),
        |committed| committed.piece.blocks = BlockRange { first: 0, count: 3 },
        |committed| committed.piece.frame = FrameIndex(9),
    ];
    for relabel in relabelled {
        let mut committed = bench.committed.clone();
        relabel(&mut committed);
        assert_eq!(bench.verdict_on(&committed, bench.sealed.clone()), Some(Verdict::Unreadable));
    }
    // Another node takes the ciphertext and signs a receipt of its own for it.
    let thief = Bench::new();
    let receipt = SignedReceipt::from_bytes(&bench.committed.receipt).expect("honest");
    let stolen = receipt.verify().expect("honest").sign(&thief.node.pseudonym(bench.reader.plan.job));
    let link = postcard::to_stdvec(&thief.node.pseudonym_link(bench.reader.plan.job)).expect("encodes");
    let committed = Committed {
        node: thief.node.id(),
        receipt: Bounded::new(stolen.to_bytes()).expect("short"),
        link: Bounded::new(link).expect("short"),
        ..bench.committed.clone()
    };
    assert_eq!(bench.verdict_on(&committed, bench.sealed.clone()), Some(Verdict::Unreadable));
}

#[test]
fn receipts_that_lie_are_refused() {
    let lies: [fn(&mut Receipt); 6] = [
        |receipt| receipt.commit_root = [0; 32],
        |receipt| receipt.settings = [0; 32],
        |receipt| receipt.samples += 1,
        |receipt| receipt.scene = SceneId([0; 32]),
        |receipt| receipt.blocks.count -= 1,
        |receipt| receipt.job = JobId([2; 16]),
    ];
    for lie in lies {
        assert_eq!(Bench::with(|partials| partials, lie).verdict(), Some(Verdict::Unreadable));
    }
}

#[test]
fn impossible_pictures_are_told_apart() {
    for value in [f32::NAN, f32::NEG_INFINITY] {
        let spoil = |mut partials: Vec<Partial>| {
            partials[0].planes.plane_mut(Plane::Radiance).expect("always there")[0] = value;
            partials
        };
        assert_eq!(Bench::with(spoil, |_| {}).verdict(), Some(Verdict::Impossible));
    }
    let short = |mut partials: Vec<Partial>| {
        partials.pop();
        partials
    };
    assert_eq!(Bench::with(short, |_| {}).verdict(), Some(Verdict::Unreadable));
}

#[test]
fn denoised_colours_pass_where_they_were_asked_for_and_only_as_a_picture() {
    let verdict = |piece, denoise, colour: f32| {
        let with_colours = |mut partials: Vec<Partial>| {
            let mut colours = vec![0.5; partials[0].planes.rect().pixels() * 3];
            colours[5] = colour;
            let planes = partials[0].planes.clone();
            partials[0].planes = planes.with_denoised(colours).expect("fits");
            partials
        };
        Bench::of(piece, denoise, with_colours, |_| {}).verdict()
    };
    assert_eq!(verdict(WHOLE, Denoise::Node, 0.5), None);
    for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, -0.5] {
        assert_eq!(verdict(WHOLE, Denoise::Node, value), Some(Verdict::Impossible), "{value}");
    }
    assert_eq!(verdict(PIECE, Denoise::Node, 0.5), Some(Verdict::Unreadable), "not all samples");
    for denoise in [Denoise::Local, Denoise::Off] {
        assert_eq!(verdict(WHOLE, denoise, 0.5), Some(Verdict::Unreadable), "not wanted");
    }
    assert_eq!(Bench::of(WHOLE, Denoise::Node, |noisy| noisy, |_| {}).verdict(), None, "noisy is welcome");
}

#[test]
fn a_frames_exposure_is_in_its_receipts() {
    let other = |receipt: &mut Receipt| {
        let plan = plan(Denoise::Node);
        receipt.settings = settings_hash(&plan.settings_of(FrameIndex(3)).expect("one of its frames"));
    };
    let honest = Bench::of(WHOLE, Denoise::Node, |noisy| noisy, |_| {});
    assert_eq!(honest.verdict(), None);
    assert_eq!(Bench::of(WHOLE, Denoise::Node, |noisy| noisy, other).verdict(), Some(Verdict::Unreadable));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_a_coordinator_invents_is_refused_quietly(
        frame: u32, tile: u32, first: u32, count: u32, bytes in prop::collection::vec(any::<u8>(), 0..500)
    ) {
        let bench = Bench::new();
        let piece = Piece {
            frame: FrameIndex(frame % 5),
            tile: TileIndex(tile % 4),
            blocks: BlockRange { first: first % 6, count },
        };
        let committed = Committed { piece, result: ObjectName::of(&bytes), ..bench.committed.clone() };
        let _ = bench.reader.sealed_bytes_max(&piece);
        prop_assert!(bench.verdict_on(&committed, bytes).is_some());
    }
}
