//! Bits flipped in messages, every kind, both directions: ten thousand of them.
//!
//! Messages travel inside TLS, so nobody between two machines can change them; a coordinator can write whatever it likes.
//! For the decoder "refused" therefore means: it says no, or it hands out a well-formed message within all limits, other than the one that was
//! sent, without a panic and without taking memory out of proportion. That what such a message claims about scene, work and picture is then
//! refused by those who hold the keys is shown in `farm` (a coordinator that lies) and in the artist's own checks.

use std::alloc::System;
use std::collections::BTreeSet;

use cap::Cap;
use frame::{
    AdapterCard, AdapterClass, BlockRange, FrameIndex, FrameSize, JobId, LeaseId, NodeId, TileIndex, TileRect,
};
use render_net::wire::*;

/// Tells how much memory decoding asks for; this file holds a single test, so nobody else asks meanwhile.
#[global_allocator]
static MEMORY: Cap<System> = Cap::new(System, usize::MAX);

const FLIPS: usize = 10_000;
/// Asked of the allocator while decoding, at most: so many times the message, and a little for the words of a fault.
const MEMORY_TIMES: usize = 256;
const MEMORY_BYTES: usize = 4096;

#[test]
fn ten_thousand_flipped_bits_in_messages_are_refused_or_well_formed() {
    let (requests, responses) = (requests(), responses());
    assert_every_kind::<Request>(&requests);
    assert_every_kind::<Response>(&responses);
    let refusals: BTreeSet<u8> =
        responses.iter().filter(|bytes| body(bytes)[0] == 1).map(|bytes| body(bytes)[1]).collect();
    assert_eq!(refusals, (0..refusals.len() as u8).collect(), "every reason to refuse");
    assert!(
        Response::decode(&framed(&responses[0], &[1, refusals.len() as u8])).is_err(),
        "there is no further reason"
    );

    let mut chance = blake3::Hasher::new().update(b"flips in messages").finalize_xof();
    let mut draw = |end: usize| {
        let mut bytes = [0; 8];
        chance.fill(&mut bytes);
        (u64::from_le_bytes(bytes) % end as u64) as usize
    };
    let (mut refused, mut well_formed) = (0, 0);
    for flip in 0..FLIPS {
        // Kind by kind in turn, so that short messages are flipped as often as long ones.
        let is_request = flip % 2 == 0;
        let sent = if is_request {
            &requests[flip / 2 % requests.len()]
        } else {
            &responses[flip / 2 % responses.len()]
        };
        let mut bytes = sent.clone();
        let bit = draw(bytes.len() * 8);
        bytes[bit / 8] ^= 1 << (bit % 8);
        let decoded =
            if is_request { outcome::<Request>(sent, &bytes) } else { outcome::<Response>(sent, &bytes) };
        if decoded { well_formed += 1 } else { refused += 1 }
    }
    eprintln!("{refused} refused by the decoder, {well_formed} well-formed and other than what was sent");
    assert_eq!(refused + well_formed, FLIPS);
    assert!(refused > 0 && well_formed > 0);
}

/// Whether changed bytes decode; checks what must hold then.
fn outcome<M: Message + PartialEq + std::fmt::Debug>(sent: &[u8], changed: &[u8]) -> bool {
    let before = MEMORY.total_allocated();
    let decoded = M::decode(changed);
    let asked = MEMORY.total_allocated() - before;
    assert!(
        asked <= MEMORY_TIMES * changed.len() + MEMORY_BYTES,
        "{asked} bytes for a message of {}",
        changed.len()
    );
    let Ok(message) = decoded else { return false };
    assert_ne!(message, M::decode(sent).expect("as it was sent"));
    let again = message.encode().expect("what was decoded is within the limits");
    assert_eq!(M::decode(&again).as_ref(), Ok(&message));
    true
}

/// The samples have every kind that there is: the kinds are numbered from 0 without a gap, and the next number is none.
fn assert_every_kind<M: Message>(samples: &[Vec<u8>]) {
    let kinds: BTreeSet<u8> = samples.iter().map(|bytes| body(bytes)[0]).collect();
    let count = kinds.len() as u8;
    assert_eq!(kinds, (0..count).collect());
    for length in 1..64 {
        let mut unknown = vec![0; length];
        unknown[0] = count;
        assert!(M::decode(&framed(&samples[0], &unknown)).is_err(), "a kind without sample");
    }
}

fn body(message: &[u8]) -> &[u8] {
    &message[HEADER_BYTES..]
}

/// Other content under a message's header.
fn framed(like: &[u8], content: &[u8]) -> Vec<u8> {
    let mut bytes = like[..3].to_vec();
    bytes.extend((content.len() as u32).to_le_bytes());
    bytes.extend(content);
    bytes
}

const JOB: JobId = JobId([7; 16]);
const NODE: NodeId = NodeId([8; 32]);
const LEASE: LeaseId = LeaseId(300);
const OBJECT: ObjectName = ObjectName([9; 32]);
const BLOCKS: BlockRange = BlockRange { first: 1, count: 3 };
const PIECE: Piece = Piece { frame: FrameIndex(5), tile: TileIndex(3), blocks: BLOCKS };

fn few<T, const MAX: usize>(values: Vec<T>) -> Bounded<T, MAX> {
    Bounded::new(values).expect("few")
}

fn adapter() -> AdapterCard {
    AdapterCard {
        name: "llvmpipe".into(),
        backend: "Vulkan".into(),
        driver: "Mesa".into(),
        class: AdapterClass::Cpu,
    }
}

fn post() -> JobPost {
    let draft = ShapeDraft {
        size: FrameSize::new(640, 360).expect("in range"),
        edge_px: 64,
        spp: 64,
        frames: few(vec![1, 2, 5]),
        whole_tiles: true,
    };
    JobPost {
        job: JOB,
        shape: JobShape::new(draft).expect("valid"),
        result_key: few(vec![3; 120]),
        order: few(vec![4; 90]),
        manifests: few(vec![OBJECT]),
        price_max: 2000,
        memory_mib: 512,
        nodes_allowed: few(vec![NODE]),
    }
}

fn committed() -> Committed {
    Committed {
        lease: LEASE,
        node: NODE,
        piece: PIECE,
        result: OBJECT,
        receipt: few(vec![1; 200]),
        link: few(vec![2; 100]),
        amount: 7,
    }
}

fn card() -> JobCard {
    JobCard {
        job: JOB,
        state: JobState::Active,
        posted_ms: 1_800_000_000_000,
        blocks: 100,
        blocks_committed: 50,
        blocks_accepted: 40,
        cost: 12,
        events: 9,
    }
}

fn requests() -> Vec<Vec<u8>> {
    let offer = Offer {
        descriptor: few(vec![1; 150]),
        adapter: adapter(),
        memory_mib: 4096,
        price: 1000,
        version: "0.1.0".into(),
    };
    let commit = Commit {
        lease: LEASE,
        blocks: BLOCKS,
        result: OBJECT,
        receipt: few(vec![1; 200]),
        link: few(vec![2; 100]),
    };
    let gift = KeyGift { job: JOB, node: NODE, descriptor: OBJECT, wrapped: Some(few(vec![5; 130])) };
    let verdict = Verdict { lease: LEASE, good: true, countersigned: few(vec![6; 150]) };
    let view = View { job: JOB, token: ViewToken([7; 32]) };
    [
        Request::Ping,
        Request::Register(Box::new(offer)),
        Request::Pull(Pull { capacity: 2, wait_ms: 5000 }),
        Request::OpenJob(JOB),
        Request::Heartbeat(Heartbeat { lease: LEASE, blocks_begun: 2 }),
        Request::Preview(Preview { lease: LEASE, blocks: BLOCKS, object: OBJECT }),
        Request::Commit(Box::new(commit)),
        Request::Fail(Failure { lease: LEASE, kind: FailureKind::Node, reason: "no memory".into() }),
        Request::Leave,
        Request::Earnings,
        Request::Statement(12),
        Request::PostJob(Box::new(post())),
        Request::Candidates(JOB),
        Request::GiveKey(Box::new(gift)),
        Request::Follow(Follow { job: JOB, since: 3, wait_ms: 900 }),
        Request::Verdict(Box::new(verdict)),
        Request::Cancel(JOB),
        Request::Jobs,
        Request::Balance,
        Request::Missing(few(vec![OBJECT; 3])),
        Request::Put { name: OBJECT, size_bytes: 100_000 },
        Request::Fetch(OBJECT),
        Request::Share(Share { job: JOB, grant: Some(ViewGrant { token: OBJECT, card: OBJECT }) }),
        Request::OpenView(view),
        Request::FollowView(FollowView { view, since: 300, wait_ms: 9000, knows_away: true }),
        Request::Show {
            preview: Preview { lease: LEASE, blocks: BLOCKS, object: OBJECT },
            size_bytes: 100_000,
        },
        Request::Offers(Box::new(OffersWanted {
            price_max: 2000,
            memory_mib: 512,
            nodes_allowed: few(vec![NODE]),
            referee: Some(NODE),
        })),
        Request::Refer(Box::new(Referral { job: JOB, referee: NODE, wrapped: few(vec![1; 130]) })),
        Request::Referee(NODE),
        Request::Attend(Box::new(Attend { descriptor: few(vec![1; 150]), after: LEASE, wait_ms: 5000 })),
        Request::Demand(few(vec![NODE; 2])),
        Request::Rulings(few(vec![LEASE; 3])),
        Request::Pause(Pause { job: JOB, is_paused: true }),
        Request::Rule(Box::new(Rule { lease: LEASE, for_node: true, ruling: few(vec![5; 200]) })),
    ]
    .iter()
    .map(|request| request.encode().expect("encodes"))
    .collect()
}

fn events() -> Vec<Event> {
    let (lease, node, piece, reason) = (LEASE, NODE, PIECE, "why".to_owned());
    vec![
        Event::NodeAwaitsKey { node },
        Event::NodeLeft { node },
        Event::Leased { lease, node, piece },
        Event::Reopened { lease, piece },
        Event::Preview { lease, piece, object: OBJECT },
        Event::Committed(Box::new(committed())),
        Event::Accepted { lease, automatic: false },
        Event::Rejected { lease },
        Event::Done,
        Event::Cancelled { reason: reason.clone() },
        Event::Failed { lease, node, kind: FailureKind::Job, reason },
        Event::Disputed { lease },
        Event::Ruled { lease, for_node: true, ruling: few(vec![5; 200]) },
        Event::Paused,
        Event::Resumed,
    ]
}

fn happened() -> Events {
    Events { first: 3, events: few(events()), job: card() }
}

fn candidate() -> Candidate {
    Candidate { node: NODE, descriptor: few(vec![1; 150]), adapter: adapter(), price: 1000 }
}

fn offers() -> Offers {
    let offer = NodeOffer { price: 1000, speed: 200_000, is_busy: true };
    Offers { nodes: few(vec![offer; 3]), here: 5, large_enough: 4, price_min: 900, jobs: 1 }
}

fn dispute() -> Dispute {
    Dispute {
        artist: NODE,
        job: JOB,
        wrapped: few(vec![1; 130]),
        order: few(vec![2; 90]),
        edge_px: 64,
        manifest: OBJECT,
        committed: committed(),
        words: few(vec![6; 300]),
    }
}

fn refusals() -> [Refusal; 20] {
    [
        Refusal::Version { ours: 1 },
        Refusal::Malformed,
        Refusal::NotRegistered,
        Refusal::NoSuchJob,
        Refusal::JobTaken,
        Refusal::JobEnded,
        Refusal::NoKey,
        Refusal::NoSuchLease,
        Refusal::AlreadyDone,
        Refusal::Shortened { blocks: BLOCKS },
        Refusal::Credit { needed: 500, available: 20 },
        Refusal::Limit { what: "jobs".into(), max: 9 },
        Refusal::NoSuchObject,
        Refusal::WrongName,
        Refusal::NoRoom,
        Refusal::Busy { again_ms: 500 },
        Refusal::Failed,
        Refusal::BadJob("no tiles".into()),
        Refusal::NoView,
        Refusal::NoReferee,
    ]
}

fn responses() -> Vec<Vec<u8>> {
    let lease = Lease {
        lease: LEASE,
        job: JOB,
        frame: FrameIndex(5),
        tile: TileIndex(3),
        rect: TileRect { x: 192, y: 0, width: 64, height: 64 },
        blocks: BLOCKS,
        lapses_ms: 20_000,
        heartbeat_ms: 2000,
        manifest: OBJECT,
    };
    let terms = JobTerms {
        artist: NODE,
        wrapped: few(vec![1; 130]),
        order: few(vec![2; 90]),
        result_key: few(vec![3; 120]),
        spp: 64,
    };
    let line = StatementLine {
        index: 5,
        committed_ms: 1_800_000_000_000,
        job: JOB,
        lease: LEASE,
        samples: 100_000,
        price: 20,
        amount: 7,
        state: PayState::Posted,
    };
    let others = [
        Response::Done,
        Response::Leases(few(vec![lease])),
        Response::Terms(Box::new(terms)),
        Response::Beat(Beat::GoOn { blocks: BLOCKS, lapses_ms: 20_000 }),
        Response::Beat(Beat::Lost),
        Response::Committed { lease: LEASE, amount: 7 },
        Response::Earnings(Earnings { held: 1, posted: 200, paid: 3 }),
        Response::Statement(Statement { lines: few(vec![line; 3]), next: Some(8) }),
        Response::Candidates(few(vec![candidate()])),
        Response::Events(Box::new(happened())),
        Response::Jobs(few(vec![card(); 2])),
        Response::Balance(Balance { available: 500, escrow: 20 }),
        Response::Missing(few(vec![OBJECT; 3])),
        Response::Object { size_bytes: 100_000 },
        Response::ViewCard(OBJECT),
        Response::Seen(Box::new(ViewEvents { events: happened(), is_artist_away: true })),
        Response::Offers(Box::new(offers())),
        Response::Referee(few(vec![1; 150])),
        Response::Disputes(few(vec![dispute()])),
        Response::Rulings(few(vec![Ruled { job: JOB, lease: LEASE, ruling: few(vec![4; 200]) }])),
    ];
    let all = others.into_iter().chain(refusals().map(Response::Refused));
    all.map(|response| response.encode().expect("encodes")).collect()
}
