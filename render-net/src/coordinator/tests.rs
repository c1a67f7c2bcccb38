use std::net::Ipv4Addr;
use std::path::Path;

use frame::{AdapterCard, AdapterClass, FrameSize, JobId};

use super::*;
use crate::link::{Link, Priority};
use crate::wire::{
    Bounded, Commit, Event, Follow, JobPost, JobShape, KeyGift, Lease, ObjectName, Offer, Opaque, Pull,
    Refusal, Request, Response, ShapeDraft, Verdict,
};

const JOB: JobId = JobId([5; 16]);

fn config(data: &Path) -> CoordinatorConfig {
    CoordinatorConfig::new((Ipv4Addr::LOCALHOST, 0).into(), data.to_owned())
}

async fn ask(link: &Link, request: Request) -> Response {
    match link.call(&request).await {
        Err(LinkFault::Refused(refusal)) => Response::Refused(refusal),
        answered => answered.expect("the link works"),
    }
}

async fn register(link: &Link) {
    let adapter = AdapterCard {
        name: "flat".into(),
        backend: "none".into(),
        driver: String::new(),
        class: AdapterClass::Other,
    };
    let descriptor = Bounded::cut(vec![1; 4]);
    let offer = Offer { descriptor, adapter, memory_mib: 1, price: 1000, version: "1".into() };
    assert_eq!(ask(link, Request::Register(Box::new(offer))).await, Response::Done);
}

fn post() -> Request {
    let size = FrameSize::new(32, 32).expect("in range");
    let draft = ShapeDraft { size, edge_px: 32, spp: 16, frames: Bounded::cut(vec![1]), whole_tiles: false };
    Request::PostJob(Box::new(JobPost {
        job: JOB,
        shape: JobShape::new(draft).expect("valid"),
        result_key: Opaque::default(),
        order: Opaque::default(),
        manifests: Bounded::cut(vec![ObjectName([3; 32])]),
        price_max: 2000,
        memory_mib: 0,
        nodes_allowed: Bounded::default(),
    }))
}

async fn pull(link: &Link, wait_ms: u32) -> Vec<Lease> {
    match ask(link, Request::Pull(Pull { capacity: 1, wait_ms })).await {
        Response::Leases(leases) => leases.into_vec(),
        other => panic!("leases expected, not {other:?}"),
    }
}

fn commit(lease: &Lease, result: ObjectName) -> Request {
    let (receipt, link) = (Opaque::default(), Opaque::default());
    Request::Commit(Box::new(Commit { lease: lease.lease, blocks: lease.blocks, result, receipt, link }))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_goes_through_and_survives_a_restart_in_the_middle() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let (node, artist) = (Identity::generate(), Identity::generate());
    let first = Coordinator::start(config(folder.path())).await.expect("starts");
    let to_artist = Link::connect(&artist, first.address()).await.expect("connects");
    let to_node = Link::connect(&node, first.address()).await.expect("connects");
    register(&to_node).await;
    assert_eq!(ask(&to_artist, post()).await, Response::Done);
    // The node's wait is what tells the artist that it is there; the key ends the wait.
    let waiting = tokio::spawn(async move { (pull(&to_node, 10_000).await, to_node) });
    let follow = Request::Follow(Follow { job: JOB, since: 0, wait_ms: 10_000 });
    let Response::Events(events) = ask(&to_artist, follow).await else { panic!("events") };
    assert_eq!(*events.events, [Event::NodeAwaitsKey { node: node.id() }]);
    let gift = KeyGift {
        job: JOB,
        node: node.id(),
        descriptor: ObjectName::of(&[1; 4]),
        wrapped: Some(Opaque::default()),
    };
    assert_eq!(ask(&to_artist, Request::GiveKey(Box::new(gift))).await, Response::Done);
    let (leases, _to_node) = waiting.await.expect("no panic");
    let lease = leases.first().expect("woken by the key").clone();
    let id = first.address().key();
    first.stop().await;

    let second = Coordinator::start(config(folder.path())).await.expect("starts again");
    assert_eq!(second.address().key(), id);
    let to_node = Link::connect(&node, second.address()).await.expect("connects");
    let result = ObjectName::of(b"sealed");
    assert_eq!(ask(&to_node, commit(&lease, result)).await, Response::Refused(Refusal::NoSuchObject));
    to_node.put(b"sealed", Priority::Result).await.expect("stored");
    assert!(matches!(ask(&to_node, commit(&lease, result)).await, Response::Committed { .. }));
    let to_artist = Link::connect(&artist, second.address()).await.expect("connects");
    assert_eq!(to_artist.fetch(result, 100, Priority::Result).await.expect("stored"), b"sealed");
    let verdict = Verdict { lease: lease.lease, good: true, countersigned: Opaque::default() };
    assert_eq!(ask(&to_artist, Request::Verdict(Box::new(verdict))).await, Response::Done);
    let Response::Earnings(earnings) = ask(&to_node, Request::Earnings).await else { panic!("earnings") };
    assert_eq!((earnings.held, earnings.posted), (0, 32 * 32 * 16 * 1000 / 1_000_000));
    second.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_taken_port_and_a_taken_folder_are_said_so() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let first = Coordinator::start(config(folder.path())).await.expect("starts");
    let same_folder = Coordinator::start(config(folder.path())).await;
    assert!(matches!(same_folder, Err(CoordinatorFault::Store(StoreFault::InUse))));
    let other = tempfile::tempdir().expect("temporary folder");
    let port = (Ipv4Addr::LOCALHOST, first.address().port()).into();
    let same_port = Coordinator::start(CoordinatorConfig::new(port, other.path().to_owned())).await;
    let words = same_port.expect_err("the port is taken").to_string();
    assert!(words.contains("cannot be opened") && words.contains("another port"), "{words}");
    first.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_folder_is_refused_in_words_and_the_rest_goes_on() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let small = CoordinatorConfig { objects_bytes_max: 10, ..config(folder.path()) };
    let coordinator = Coordinator::start(small).await.expect("starts");
    let link = Link::connect(&Identity::generate(), coordinator.address()).await.expect("connects");
    let refused = link.put(&[1; 11], Priority::Result).await;
    assert_eq!(refused, Err(LinkFault::Refused(Refusal::NoRoom)));
    link.put(&[1; 10], Priority::Result).await.expect("fits");
    assert_eq!(ask(&link, Request::Ping).await, Response::Done);
    let names = Bounded::cut(vec![ObjectName::of(&[1; 10]), ObjectName::of(&[2])]);
    let missing = Response::Missing(Bounded::cut(vec![ObjectName::of(&[2])]));
    assert_eq!(ask(&link, Request::Missing(names)).await, missing);
    coordinator.stop().await;
}
