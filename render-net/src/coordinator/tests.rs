use std::net::Ipv4Addr;
use std::path::Path;

use frame::{AdapterCard, AdapterClass, FrameSize, JobId};

use super::*;
use crate::link::{Link, Priority};
use crate::store::SqliteStore;
use crate::wire::{
    Bounded, Commit, Event, Follow, Heartbeat, JobPost, JobShape, KeyGift, Lease, ObjectName, Offer, Opaque,
    Preview, Pull, Refusal, Request, Response, ShapeDraft, Verdict,
};

mod insight;
mod shared;
mod two_markets;

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

fn offer() -> Offer {
    let adapter = AdapterCard {
        name: "flat".into(),
        backend: "none".into(),
        driver: String::new(),
        class: AdapterClass::Other,
    };
    let descriptor = Bounded::cut(vec![1; 4]);
    Offer { descriptor, adapter, memory_mib: 1, price: 1000, version: "1".into() }
}

async fn register(link: &Link) {
    assert_eq!(ask(link, Request::Register(Box::new(offer()))).await, Response::Done);
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
    const KIB: usize = 1024;
    let folder = tempfile::tempdir().expect("temporary folder");
    let limits = BlobLimits { bytes_max: 100 * KIB as u64, ..config(folder.path()).limits };
    let small = CoordinatorConfig { limits, ..config(folder.path()) };
    let coordinator = Coordinator::start(small).await.expect("starts");
    let link = Link::connect(&Identity::generate(), coordinator.address()).await.expect("connects");
    let refused = link.put(&[1; 101 * KIB], Priority::Result).await;
    assert_eq!(refused, Err(LinkFault::Refused(Refusal::NoRoom)));
    link.put(&[1; 100 * KIB], Priority::Result).await.expect("fits");
    assert_eq!(ask(&link, Request::Ping).await, Response::Done);
    let names = Bounded::cut(vec![ObjectName::of(&[1; 100 * KIB]), ObjectName::of(&[2])]);
    let missing = Response::Missing(Bounded::cut(vec![ObjectName::of(&[2])]));
    assert_eq!(ask(&link, Request::Missing(names)).await, missing);
    coordinator.stop().await;
}

/// A coordinator with one job, one node that has its key, and a lease.
async fn leased(folder: &Path, keeps_spares: bool) -> (Coordinator, Link, Link, Lease) {
    let limits = BlobLimits { keeps_spares, ..config(folder).limits };
    let coordinator =
        Coordinator::start(CoordinatorConfig { limits, ..config(folder) }).await.expect("starts");
    let (node, artist) = (Identity::generate(), Identity::generate());
    let to_artist = Link::connect(&artist, coordinator.address()).await.expect("connects");
    let to_node = Link::connect(&node, coordinator.address()).await.expect("connects");
    register(&to_node).await;
    assert_eq!(ask(&to_artist, post()).await, Response::Done);
    assert!(pull(&to_node, 0).await.is_empty());
    let (descriptor, wrapped) = (ObjectName::of(&[1; 4]), Some(Opaque::default()));
    let gift = KeyGift { job: JOB, node: node.id(), descriptor, wrapped };
    assert_eq!(ask(&to_artist, Request::GiveKey(Box::new(gift))).await, Response::Done);
    let lease = pull(&to_node, 0).await.remove(0);
    (coordinator, to_artist, to_node, lease)
}

fn files_in(folder: &Path) -> usize {
    let shelves = std::fs::read_dir(folder.join("objects")).expect("lists").flatten();
    shelves.filter_map(|shelf| std::fs::read_dir(shelf.path()).ok()).map(Iterator::count).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preview_is_seen_and_never_written_to_disk() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let (coordinator, to_artist, to_node, lease) = leased(folder.path(), true).await;
    let object = ObjectName::of(b"picture");
    let preview = Preview { lease: lease.lease, blocks: lease.blocks, object };
    to_node.show(preview, b"picture").await.expect("shown");
    let follow = Request::Follow(Follow { job: JOB, since: 0, wait_ms: 0 });
    let Response::Events(events) = ask(&to_artist, follow).await else { panic!("events") };
    assert!(events.events.iter().any(|event| matches!(event, Event::Preview { .. })));
    assert_eq!(to_artist.fetch(object, 100, Priority::Preview).await.expect("held"), b"picture");
    assert_eq!(files_in(folder.path()), 0);
    let stranger = Link::connect(&Identity::generate(), coordinator.address()).await.expect("connects");
    assert_eq!(stranger.show(preview, b"picture").await, Err(LinkFault::Refused(Refusal::NoSuchLease)));
    let other = Preview { object: ObjectName::of(b"other"), ..preview };
    assert_eq!(to_node.show(other, b"picture").await, Err(LinkFault::Refused(Refusal::WrongName)));
    to_node.put(b"sealed", Priority::Result).await.expect("stored");
    let committed = ask(&to_node, commit(&lease, ObjectName::of(b"sealed"))).await;
    assert!(matches!(committed, Response::Committed { .. }));
    let gone = to_artist.fetch(object, 100, Priority::Preview).await;
    assert_eq!(gone, Err(LinkFault::Refused(Refusal::NoSuchObject)));
    coordinator.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_result_goes_when_its_artist_has_it_unless_others_may_look_on() {
    for keeps_spares in [false, true] {
        let folder = tempfile::tempdir().expect("temporary folder");
        let (coordinator, to_artist, to_node, lease) = leased(folder.path(), keeps_spares).await;
        let result = to_node.put(b"sealed", Priority::Result).await.expect("stored");
        assert!(matches!(ask(&to_node, commit(&lease, result)).await, Response::Committed { .. }));
        assert_eq!(to_artist.fetch(result, 100, Priority::Result).await.expect("stored"), b"sealed");
        let countersigned = Opaque::new(vec![1]).expect("short");
        let verdict = Verdict { lease: lease.lease, good: true, countersigned };
        assert_eq!(ask(&to_artist, Request::Verdict(Box::new(verdict))).await, Response::Done);
        coordinator.stop().await;
        assert_eq!(files_in(folder.path()), usize::from(keeps_spares));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_connection_too_many_is_refused_in_words() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let coordinator = Coordinator::start(config(folder.path())).await.expect("starts");
    let identity = Identity::generate();
    let mut links = Vec::new();
    let fault = loop {
        let link = Link::connect(&identity, coordinator.address()).await.expect("proves its key");
        match link.call(&Request::Ping).await {
            Ok(_) => links.push(link),
            Err(fault) => break fault,
        }
    };
    assert!(links.len() > 64, "{}", links.len());
    assert_eq!(fault, LinkFault::Crowded);
    assert!(fault.is_passing() && fault.to_string().contains("stop some of them"));
    links.pop().expect("there are many").close();
    tokio::time::sleep(Duration::from_millis(200)).await;
    let link = Link::connect(&identity, coordinator.address()).await.expect("connects");
    assert_eq!(ask(&link, Request::Ping).await, Response::Done);
    coordinator.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn time_goes_on_where_a_run_with_a_clock_that_was_ahead_left_it() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let year_ms = 365 * 24 * 3_600_000;
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970");
    let ahead_ms = since.as_millis() as u64 + year_ms;
    let mut store = SqliteStore::open(&folder.path().join("coordinator.sqlite")).expect("opens");
    let mut market = Market::new(Terms::default());
    market.act(&mut store, ahead_ms, &[crate::market::Input::Tick]).expect("the store works");
    drop(store);
    let coordinator = Coordinator::start(config(folder.path())).await.expect("starts");
    let link = Link::connect(&Identity::generate(), coordinator.address()).await.expect("connects");
    assert_eq!(ask(&link, post()).await, Response::Done);
    let Response::Jobs(jobs) = ask(&link, Request::Jobs).await else { panic!("jobs") };
    assert!(jobs[0].posted_ms >= ahead_ms, "{} and {ahead_ms}", jobs[0].posted_ms);
    coordinator.stop().await;
}
