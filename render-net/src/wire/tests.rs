use proptest::prelude::*;

use super::*;
use frame::{AdapterCard, AdapterClass, BlockRange, FrameIndex, FrameSize, NodeId, TileIndex, TileRect};

fn post() -> JobPost {
    let draft = ShapeDraft {
        size: FrameSize::new(640, 360).expect("in range"),
        edge_px: 64,
        spp: 64,
        frames: Bounded::new(vec![1, 2, 5]).expect("few"),
        whole_tiles: true,
    };
    JobPost {
        job: JobId([7; 16]),
        shape: JobShape::new(draft).expect("valid"),
        result_key: Bounded::new(vec![1, 2, 3]).expect("short"),
        order: Bounded::new(vec![4, 5]).expect("short"),
        manifests: Bounded::new(vec![ObjectName([9; 32])]).expect("few"),
        price_max: 2000,
        memory_mib: 512,
        nodes_allowed: Bounded::default(),
    }
}

fn lease() -> Lease {
    Lease {
        lease: LeaseId(300),
        job: JobId([7; 16]),
        frame: FrameIndex(5),
        tile: TileIndex(3),
        rect: TileRect { x: 192, y: 0, width: 64, height: 64 },
        blocks: BlockRange { first: 1, count: 3 },
        lapses_ms: 20_000,
        heartbeat_ms: 2000,
        manifest: ObjectName([9; 32]),
    }
}

fn referral() -> Referral {
    Referral { job: JobId([7; 16]), referee: NodeId([5; 32]), wrapped: Bounded::cut(vec![1, 2, 3]) }
}

fn attend() -> Attend {
    Attend { descriptor: Bounded::cut(vec![1, 2]), after: LeaseId(7), wait_ms: 5000 }
}

fn rule() -> Rule {
    Rule { lease: LeaseId(300), for_node: true, ruling: Bounded::cut(vec![4, 5]) }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The bytes as they were when this version was fixed. A change here is a new protocol version.
#[test]
fn messages_have_their_golden_bytes() {
    let requests = [
        (Request::Ping, "0901000100000000"),
        (Request::Pull(Pull { capacity: 2, wait_ms: 5000 }), "0901000400000002028827"),
        (Request::Heartbeat(Heartbeat { lease: LeaseId(300), blocks_begun: 2 }), "0901000400000004ac0202"),
        (
            Request::PostJob(Box::new(post())),
            "090100490000000b070707070707070707070707070707078005e8024040030102050103010203020405010909090909090909090909090909090909090909090909090909090909090909d00f800400",
        ),
        (
            Request::Offers(Box::new(OffersWanted {
                price_max: 2000,
                memory_mib: 512,
                nodes_allowed: Bounded::default(),
                referee: None,
            })),
            "090100070000001ad00f80040000",
        ),
        (
            Request::Offers(Box::new(OffersWanted {
                price_max: 2000,
                memory_mib: 512,
                nodes_allowed: Bounded::default(),
                referee: Some(NodeId([5; 32])),
            })),
            "090100270000001ad00f800400010505050505050505050505050505050505050505050505050505050505050505",
        ),
        (
            Request::Refer(Box::new(referral())),
            "090100350000001b07070707070707070707070707070707050505050505050505050505050505050505050505050505050505050505050503010203",
        ),
        (
            Request::Referee(NodeId([5; 32])),
            "090100210000001c0505050505050505050505050505050505050505050505050505050505050505",
        ),
        (Request::Attend(Box::new(attend())), "090100070000001d020102078827"),
        (Request::Rule(Box::new(rule())), "090100070000001eac0201020405"),
        (
            Request::Demand(Bounded::cut(vec![NodeId([5; 32])])),
            "090100220000001f010505050505050505050505050505050505050505050505050505050505050505",
        ),
        (Request::Rulings(Bounded::cut(vec![LeaseId(300)])), "090100040000002001ac02"),
        (
            Request::Pause(Pause { job: JobId([7; 16]), is_paused: true }),
            "09010012000000210707070707070707070707070707070701",
        ),
    ];
    for (request, golden) in requests {
        assert_eq!(hex(&request.encode().expect("encodes")), golden, "{}", request.name());
    }
    let leases = Response::Leases(Bounded::new(vec![lease()]).expect("few"));
    assert_eq!(
        hex(&leases.encode().expect("encodes")),
        "090200420000000201ac02070707070707070707070707070707070503c0010040400103a09c01d00f0909090909090909090909090909090909090909090909090909090909090909"
    );
    let offer = NodeOffer { price: 1000, speed: 200_000, is_busy: true };
    let offers =
        Offers { nodes: Bounded::cut(vec![offer]), here: 3, large_enough: 2, price_min: 900, jobs: 1 };
    assert_eq!(
        hex(&Response::Offers(Box::new(offers)).encode().expect("encodes")),
        "0902000d0000001001e807c09a0c010302840701"
    );
    let ruled = Ruled { job: JobId([7; 16]), lease: LeaseId(300), ruling: Bounded::cut(vec![4, 5]) };
    assert_eq!(
        hex(&Response::Rulings(Bounded::cut(vec![ruled])).encode().expect("encodes")),
        "09020017000000130107070707070707070707070707070707ac02020405"
    );
    let shortened = Refusal::Shortened { blocks: BlockRange { first: 1, count: 2 } };
    assert_eq!(hex(&Response::Refused(shortened).encode().expect("encodes")), "0902000400000001090102");
}

/// What the fuzzer of messages begins with: some of every kind that carries something.
fn seeds() -> Vec<(&'static str, Vec<u8>)> {
    let request = |request: Request| request.encode().expect("encodes");
    let response = |response: Response| response.encode().expect("encodes");
    vec![
        ("attend", request(Request::Attend(Box::new(attend())))),
        ("leases", response(Response::Leases(Bounded::cut(vec![lease()])))),
        ("ping", request(Request::Ping)),
        ("post", request(Request::PostJob(Box::new(post())))),
        ("pull", request(Request::Pull(Pull { capacity: 2, wait_ms: 5000 }))),
        ("refer", request(Request::Refer(Box::new(referral())))),
        ("rule", request(Request::Rule(Box::new(rule())))),
    ]
}

/// Seeds of an older version are refused at their first byte, and a fuzzer that begins with them learns nothing. With
/// `TESSERA_WRITE_SEEDS=1` this test writes them.
#[test]
fn seeds_of_the_fuzzer_are_messages_of_this_version() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/seeds/wire");
    if std::env::var_os("TESSERA_WRITE_SEEDS").is_some() {
        for (name, bytes) in seeds() {
            std::fs::write(folder.join(name), bytes).expect("the folder can be written");
        }
    }
    let mut found: Vec<(String, Vec<u8>)> = std::fs::read_dir(&folder)
        .expect("the seeds are there")
        .map(|entry| {
            let entry = entry.expect("it can be listed");
            let bytes = std::fs::read(entry.path()).expect("it can be read");
            (entry.file_name().to_string_lossy().into_owned(), bytes)
        })
        .collect();
    found.sort();
    let wanted: Vec<_> = seeds().into_iter().map(|(name, bytes)| (name.to_owned(), bytes)).collect();
    assert!(wanted.iter().all(|(_, bytes)| bytes[0] == VERSION));
    assert_eq!(found, wanted, "run this test with TESSERA_WRITE_SEEDS=1 to write them anew");
}

#[test]
fn messages_survive_their_bytes() {
    let offer = Offer {
        descriptor: Bounded::new(vec![1; 100]).expect("short"),
        adapter: AdapterCard {
            name: "llvmpipe".into(),
            backend: "Vulkan".into(),
            driver: "Mesa".into(),
            class: AdapterClass::Cpu,
        },
        memory_mib: 4096,
        price: 1000,
        version: "0.1.0".into(),
    };
    for request in [
        Request::Ping,
        Request::Register(Box::new(offer)),
        Request::PostJob(Box::new(post())),
        Request::Put { name: ObjectName([1; 32]), size_bytes: OBJECT_BYTES_MAX },
    ] {
        let bytes = request.encode().expect("encodes");
        assert_eq!(Request::decode(&bytes), Ok(request));
    }
    let leases = Response::Leases(Bounded::new(vec![lease(), lease()]).expect("few"));
    assert_eq!(Response::decode(&leases.encode().expect("encodes")), Ok(leases));
}

#[test]
fn another_version_is_told_apart_from_damage() {
    let mut bytes = Request::Ping.encode().expect("encodes");
    bytes[0] = VERSION + 1;
    assert_eq!(Request::decode(&bytes), Err(WireFault::Version { theirs: VERSION + 1 }));
    let response = Response::Done.encode().expect("encodes");
    assert_eq!(Request::decode(&response), Err(WireFault::Kind(KIND_RESPONSE)));
}

#[test]
fn a_body_is_refused_before_it_is_allocated() {
    let mut head = [0; HEADER_BYTES];
    head[0] = VERSION;
    head[3..].copy_from_slice(&u32::MAX.to_le_bytes());
    assert_eq!(Header::read(head), Err(WireFault::TooLarge(u32::MAX as usize)));
}

#[test]
fn the_largest_answers_fit_one_message() {
    let committed = Committed {
        lease: LeaseId(u64::MAX),
        node: NodeId([255; 32]),
        piece: Piece {
            frame: FrameIndex(u32::MAX),
            tile: TileIndex(u32::MAX),
            blocks: BlockRange { first: u32::MAX, count: u32::MAX },
        },
        result: ObjectName([255; 32]),
        receipt: Bounded::new(vec![255; node::RECEIPT_BYTES_MAX]).expect("at the limit"),
        link: Bounded::new(vec![255; node::LINK_BYTES_MAX]).expect("at the limit"),
        amount: u64::MAX,
    };
    let dispute = Dispute {
        artist: NodeId([255; 32]),
        job: JobId([255; 16]),
        wrapped: Bounded::new(vec![255; node::WRAPPED_BYTES_MAX]).expect("at the limit"),
        order: Bounded::new(vec![255; job::ORDER_BYTES_MAX]).expect("at the limit"),
        edge_px: u32::MAX,
        manifest: ObjectName([255; 32]),
        committed: committed.clone(),
        words: Bounded::new(vec![255; artist::VERDICT_BYTES_MAX]).expect("at the limit"),
    };
    let disputes = Bounded::new(vec![dispute; referee::DISPUTES_MAX]).expect("at the limit");
    assert!(Response::Disputes(disputes).encode().is_ok());
    let events = vec![Event::Committed(Box::new(committed)); artist::EVENTS_MAX];
    let job = JobCard {
        job: JobId([255; 16]),
        state: JobState::Active,
        posted_ms: u64::MAX,
        blocks: u64::MAX,
        blocks_committed: u64::MAX,
        blocks_accepted: u64::MAX,
        cost: u64::MAX,
        events: u64::MAX,
    };
    let events = Events { first: u64::MAX, events: Bounded::new(events).expect("at the limit"), job };
    assert!(Response::Events(Box::new(events)).encode().is_ok());
}

#[test]
fn shapes_that_cannot_be_worked_on_are_refused() {
    let good = post().shape;
    let with = |change: fn(&mut ShapeDraft)| {
        let mut draft = ShapeDraft::from(good.clone());
        change(&mut draft);
        JobShape::new(draft)
    };
    assert_eq!(with(|draft| draft.edge_px = 0), Err(ShapeFault::Edge(0)));
    assert_eq!(with(|draft| draft.spp = 0), Err(ShapeFault::Spp(0)));
    assert_eq!(with(|draft| draft.frames = Bounded::cut(vec![2, 2])), Err(ShapeFault::Frames));
    let size = |draft: &mut ShapeDraft| {
        draft.size = FrameSize::new(65_536, 65_536).expect("in range");
        draft.edge_px = 8;
    };
    assert_eq!(with(size), Err(ShapeFault::FrameTiles(1 << 26)), "the coordinator sorts them");
    let many = |draft: &mut ShapeDraft| {
        draft.size = FrameSize::new(32_768, 32_768).expect("in range");
        draft.edge_px = 64;
        draft.frames = Bounded::cut((0..65).collect());
    };
    assert_eq!(with(many), Err(ShapeFault::Tiles(65 << 18)));
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = Request::decode(&bytes);
        let mut framed = vec![VERSION, 1, 0];
        framed.extend((bytes.len() as u32).to_le_bytes());
        framed.extend(&bytes);
        if let Ok(request) = Request::decode(&framed) {
            prop_assert!(request.encode().is_ok());
        }
        framed[1] = 2;
        let _ = Response::decode(&framed);
    }

    #[test]
    fn a_cut_message_is_refused(cut in 0usize..200) {
        let bytes = Request::PostJob(Box::new(post())).encode().expect("encodes");
        let cut = cut % bytes.len();
        prop_assert!(Request::decode(&bytes[..cut]).is_err());
    }
}
