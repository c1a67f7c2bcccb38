//! A whole farm on loopback with real links, store and folders: artist, coordinator, nodes; only the light is painted.

mod audit;
mod bucket;
mod denoise;
mod late;
mod liar;
mod owner;
mod painter;
mod parties;
mod referee;
mod room;
mod view;

use std::net::SocketAddr;
use std::time::Duration;

use frame::FrameIndex;
use liar::Liar;
use parties::*;
use render_net::artist::{ArtistFault, FrameScene, JobEnd, Progress};
use render_net::node::Why;
use render_net::receipt::{ReceiptBook, book::verify_book};
use render_net::wire::JobState;
use tokio::sync::watch;
use tokio::time::timeout;

const PATIENCE: Duration = Duration::from_secs(120);

fn anywhere() -> SocketAddr {
    ([127, 0, 0, 1], 0).into()
}

fn source() -> render_net::artist::SceneSource {
    Box::new(|frame| Ok(FrameScene { scene: scene(frame), exposure_scale: exposure_scale(frame) }))
}

fn never() -> (watch::Sender<bool>, watch::Receiver<bool>) {
    watch::channel(false)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_nodes_give_the_bits_that_one_machine_gives_and_receipts_that_verify() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let coordinator = coordinator(&folder.path().join("coordinator"), anywhere()).await;
    let address = coordinator.address().clone();
    let nodes: Vec<Node> =
        ["one", "two"].map(|name| node(&folder.path().join(name), &address, 3, true)).into();
    let artist = artist(&folder.path().join("artist"), &address);
    let spec = spec(&[1, 4], 64);
    let job = artist.submit(spec.clone(), source(), |_| {}).await.expect("posted");
    let mut easel = Easel::new(spec.settings);
    let (_keep, stop) = never();
    let end = timeout(PATIENCE, artist.collect(job, &mut easel, stop)).await.expect("in time");
    assert_eq!(end.expect("collected"), JobEnd::Complete);
    assert_same_bits(&easel, &[1, 4]);

    let ticket = artist.ticket(job).expect("kept");
    assert_eq!(ticket.note, b"note");
    for (frame, receipts) in easel.receipts {
        let title = ticket.plan().book_title(frame).expect("a frame of the job");
        let book = ReceiptBook { title, receipts }.seal(artist.identity(), [1; 32]);
        let summary = verify_book(&book).expect("every block is covered once");
        assert_eq!(summary.tiles, 15);
        assert!((1..=2).contains(&summary.nodes));
    }
    for node in nodes {
        assert!(node.delivered() > 0, "both worked");
        assert_eq!(node.running.await.expect("no panic").expect("no fault"), Why::Idle);
    }
    coordinator.stop().await;
    assert_no_canary(folder.path());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_vanishes_is_replaced() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let coordinator = coordinator(&folder.path().join("coordinator"), anywhere()).await;
    let address = coordinator.address().clone();
    let doomed = node(&folder.path().join("doomed"), &address, 150, false);
    let artist = artist(&folder.path().join("artist"), &address);
    let spec = spec(&[1], 64);
    let job = artist.submit(spec.clone(), source(), |_| {}).await.expect("posted");
    let mut easel = Easel::new(spec.settings);
    let (_keep, stop) = never();
    let helper = async {
        tokio::time::sleep(Duration::from_millis(1500)).await;
        // Killed without a goodbye; its links close, its leases are not handed back.
        doomed.running.abort();
        node(&folder.path().join("helper"), &address, 0, true)
    };
    let (end, helper) = tokio::join!(timeout(PATIENCE, artist.collect(job, &mut easel, stop)), helper);
    assert_eq!(end.expect("in time").expect("collected"), JobEnd::Complete);
    assert_same_bits(&easel, &[1]);
    assert!(helper.delivered() > 0);
    coordinator.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_coordinator_may_stop_and_come_back_in_the_middle() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let first = coordinator(&folder.path().join("coordinator"), anywhere()).await;
    let address = first.address().clone();
    let node = node(&folder.path().join("node"), &address, 30, false);
    let artist = artist(&folder.path().join("artist"), &address);
    let spec = spec(&[1], 64);
    let job = artist.submit(spec.clone(), source(), |_| {}).await.expect("posted");
    let mut easel = Easel::new(spec.settings);
    let (_keep, stop) = never();
    let restart = async {
        tokio::time::sleep(Duration::from_millis(1200)).await;
        first.stop().await;
        tokio::time::sleep(Duration::from_millis(500)).await;
        let listen = SocketAddr::from(([127, 0, 0, 1], address.port()));
        coordinator(&folder.path().join("coordinator"), listen).await
    };
    let (end, second) = tokio::join!(timeout(PATIENCE, artist.collect(job, &mut easel, stop)), restart);
    assert_eq!(end.expect("in time").expect("collected"), JobEnd::Complete);
    assert_eq!(second.address(), &address, "its identity is the same");
    assert!(easel.progress.iter().any(|progress| matches!(progress, Progress::Disconnected { .. })));
    assert_same_bits(&easel, &[1]);
    node.stop.send(true).expect("it still runs");
    assert_eq!(node.running.await.expect("no panic").expect("no fault"), Why::Stopped);
    second.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_artist_collects_later_and_nothing_twice() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let coordinator = coordinator(&folder.path().join("coordinator"), anywhere()).await;
    let address = coordinator.address().clone();
    let node = node(&folder.path().join("node"), &address, 5, false);
    let data = folder.path().join("artist");
    let spec = spec(&[2], 48);
    let job = artist(&data, &address).submit(spec.clone(), source(), |_| {}).await.expect("posted");
    let (_keep, stop) = never();
    for tiles_max in [2, 5] {
        let mut easel = Easel { tiles_max, ..Easel::new(spec.settings) };
        let artist = artist(&data, &address);
        let end = timeout(PATIENCE, artist.collect(job, &mut easel, stop.clone())).await.expect("in time");
        assert!(matches!(end, Err(ArtistFault::Collector(_))));
    }
    let artist = artist(&data, &address);
    assert_eq!(artist.jobs(), [job]);
    let mut easel = Easel::new(spec.settings);
    let end = timeout(PATIENCE, artist.collect(job, &mut easel, stop.clone())).await.expect("in time");
    assert_eq!(end.expect("collected"), JobEnd::Complete);
    assert_same_bits(&easel, &[2]);
    // A finished job can be collected again from the disk.
    let mut again = Easel::new(spec.settings);
    let end = timeout(PATIENCE, artist.collect(job, &mut again, stop)).await.expect("in time");
    assert_eq!(end.expect("collected"), JobEnd::Complete);
    assert_eq!(again.tiles, easel.tiles);
    artist.forget(job).expect("removed");
    assert!(artist.jobs().is_empty());
    node.running.abort();
    coordinator.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_is_not_admitted_gets_no_key() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let coordinator = coordinator(&folder.path().join("coordinator"), anywhere()).await;
    let address = coordinator.address().clone();
    let stranger = node(&folder.path().join("stranger"), &address, 0, false);
    let friend_data = folder.path().join("friend");
    let friend_id = render_net::identity::Identity::open_or_create(&friend_data).expect("created").id();
    let artist = artist(&folder.path().join("artist"), &address);
    let spec = render_net::artist::JobSpec { nodes: vec![friend_id], ..spec(&[1], 16) };
    let job = artist.submit(spec.clone(), source(), |_| {}).await.expect("posted");
    let mut easel = Easel::new(spec.settings);
    let (_keep, stop) = never();
    let friend = async {
        tokio::time::sleep(Duration::from_millis(1500)).await;
        node(&friend_data, &address, 0, true)
    };
    let (end, friend) = tokio::join!(timeout(PATIENCE, artist.collect(job, &mut easel, stop)), friend);
    assert_eq!(end.expect("in time").expect("collected"), JobEnd::Complete);
    assert_same_bits(&easel, &[1]);
    assert_eq!(stranger.delivered(), 0);
    assert!(friend.delivered() > 0);
    stranger.running.abort();
    coordinator.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancelled_job_ends_and_keeps_what_is_done() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let coordinator = coordinator(&folder.path().join("coordinator"), anywhere()).await;
    let address = coordinator.address().clone();
    let node = node(&folder.path().join("node"), &address, 100, false);
    let artist = artist(&folder.path().join("artist"), &address);
    let spec = spec(&[1], 256);
    let job = artist.submit(spec.clone(), source(), |_| {}).await.expect("posted");
    let mut easel = Easel::new(spec.settings);
    let (_keep, stop) = never();
    let cancel = async {
        tokio::time::sleep(Duration::from_millis(2500)).await;
        artist.cancel(job).await.expect("own job");
    };
    let (end, ()) = tokio::join!(timeout(PATIENCE, artist.collect(job, &mut easel, stop)), cancel);
    assert!(matches!(end.expect("in time").expect("collected"), JobEnd::Cancelled { .. }));
    assert!(easel.films.get(&FrameIndex(1)).is_none_or(|film| !film.is_complete()));
    node.running.abort();
    coordinator.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_paused_job_stands_still_until_it_goes_on_and_has_the_bits_of_one_that_never_paused() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let coordinator = coordinator(&folder.path().join("coordinator"), anywhere()).await;
    let address = coordinator.address().clone();
    let node = node(&folder.path().join("node"), &address, 20, false);
    let artist = artist(&folder.path().join("artist"), &address);
    let spec = spec(&[1], 64);
    let job = artist.submit(spec.clone(), source(), |_| {}).await.expect("posted");
    let mut easel = Easel::new(spec.settings);
    let (_keep, stop) = never();
    let pause = async {
        let card = async || artist.cards().await.expect("it answers").remove(0);
        while card().await.blocks_accepted == 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        artist.pause(job, true).await.expect("own job");
        // What was in hand comes in; then nothing moves.
        let mut before = card().await;
        loop {
            tokio::time::sleep(Duration::from_millis(1500)).await;
            let now = card().await;
            assert_eq!(now.state, JobState::Paused);
            if std::mem::replace(&mut before, now) == now {
                break;
            }
        }
        assert!(before.blocks_accepted < before.blocks, "there is more to do: {before:?}");
        artist.pause(job, false).await.expect("own job");
    };
    let (end, ()) = tokio::join!(timeout(PATIENCE, artist.collect(job, &mut easel, stop)), pause);
    assert_eq!(end.expect("in time").expect("collected"), JobEnd::Complete);
    assert_same_bits(&easel, &[1]);
    node.running.abort();
    coordinator.stop().await;
}

/// Whatever a coordinator stores, serves, answers, repeats and renames: the picture is right or there is none.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lying_coordinator_never_makes_a_wrong_picture() {
    const LIES: u32 = 40;
    let (_, refused, told) = farms_lied_to(LIES, Duration::from_secs(20), Until::AllEnd).await;
    assert!(told >= LIES, "lies were told: {told}");
    assert!(refused > 0, "some of them were about results");
}

/// Of as many lies as make no node wait for long.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_coordinator_that_stops_lying_has_its_work_done() {
    const LIES: u32 = 16;
    let (complete, _, told) = farms_lied_to(LIES, Duration::from_secs(60), Until::OneIsComplete).await;
    assert!(told >= LIES, "lies were told: {told}");
    assert!(complete > 0, "none of 4 jobs was completed");
}

/// How long four farms go on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Until {
    AllEnd,
    OneIsComplete,
}

/// Complete jobs, refused results and lies of four farms whose coordinators tell so many each.
async fn farms_lied_to(lies: u32, patience: Duration, until: Until) -> (u32, u32, u32) {
    let enough = watch::Sender::new(false);
    let farms = (1..=4).map(|seed| tokio::spawn(lied_to(seed, lies, patience, until, enough.clone())));
    let (mut complete, mut refused, mut told) = (0, 0, 0);
    for farm in farms.collect::<Vec<_>>() {
        let farm = farm.await.expect("no panic");
        complete += u32::from(farm.complete);
        refused += farm.refused;
        told += farm.lies;
    }
    eprintln!("{told} lies, {refused} results refused, {complete} of 4 jobs complete");
    (complete, refused, told)
}

struct LiedTo {
    complete: bool,
    refused: u32,
    lies: u32,
}

async fn lied_to(
    seed: u64,
    lies: u32,
    patience: Duration,
    until: Until,
    enough: watch::Sender<bool>,
) -> LiedTo {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let honest = coordinator(&folder.path().join("coordinator"), anywhere()).await;
    let folders: Vec<_> = ["artist", "one", "two", "three"].map(|name| folder.path().join(name)).into();
    let liar = Liar::start(honest.address(), folders.clone(), seed, lies);
    let artist = artist(&folders[0], &liar.address);
    let spec = spec(&[1], 64);
    let job = artist.submit(spec.clone(), source(), |_| {}).await.expect("posted");
    liar.begin();
    let nodes: Vec<Node> = folders[1..].iter().map(|folder| node(folder, &liar.address, 3, false)).collect();
    let mut easel = Easel::new(spec.settings);
    // What the lies have spoilt for good (a key that was never given, a node turned away) is waited for in vain.
    // Nodes that were lied to about a scene wait before they ask again, and longer each time.
    let end = timeout(patience, artist.collect(job, &mut easel, enough.subscribe())).await;
    eprintln!("seed {seed}: {} lies, {} tiles, {end:?}", liar.told(), easel.tiles);
    let complete = matches!(end, Ok(Ok(JobEnd::Complete)));
    if complete {
        enough.send_replace(until == Until::OneIsComplete);
        assert_same_bits(&easel, &[1]);
    }
    assert_right_where_done(&easel);
    nodes.iter().for_each(|node| node.running.abort());
    honest.stop().await;
    let refusals = easel.progress.iter().filter(|progress| matches!(progress, Progress::Refused { .. }));
    LiedTo { complete, refused: refusals.count() as u32, lies: liar.told() }
}

/// Searches every file of every party's folder; scenes are never written in clear.
fn assert_no_canary(folder: &std::path::Path) {
    let mut folders = vec![folder.to_owned()];
    let mut files = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("readable").flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            files += 1;
            let bytes = std::fs::read(&path).expect("readable");
            let needle = &CANARY[..24];
            assert!(!bytes.windows(needle.len()).any(|window| window == needle), "{}", path.display());
        }
    }
    assert!(files > 10, "something was searched");
}
