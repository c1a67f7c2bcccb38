//! A referee between an artist and its nodes: it upholds good work against an artist who refuses it, and the artist against a node that forges.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use frame::{AdapterCard, Flow, FrameIndex, Partial, RenderFault, SceneBlob, TileOrder, TileRenderer};
use render_net::artist::{Artist, ArtistFault, JobEnd, JobSpec, Progress};
use render_net::audit::Auditor;
use render_net::identity::{CoordinatorAddress, Identity};
use render_net::link::{Link, LinkFault};
use render_net::node::{Demand, NodeConfig, NodeEvent};
use render_net::receipt::{Found, Ruling, SignedRuling};
use render_net::referee::{Referee, RefereeEvent, RefereeFault};
use render_net::wire::{Bounded, Refusal, Request, Response, referee::DISPUTES_MAX};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::audit::{Forger, earned, painter};
use crate::parties::{
    Easel, artist, assert_same_bits, begin, coordinator, coordinator_with, node, node_config, node_with, spec,
};
use crate::{PATIENCE, anywhere, never, source};

/// A referee that runs.
struct Sitting {
    id: frame::NodeId,
    stop: watch::Sender<bool>,
    heard: mpsc::UnboundedReceiver<RefereeEvent>,
    running: JoinHandle<Result<(), RefereeFault>>,
}

impl Sitting {
    /// Once artists can name it.
    async fn begin(data: &Path, coordinator: &CoordinatorAddress, renderer: Box<dyn TileRenderer>) -> Self {
        let referee = Referee::open(data, coordinator.clone(), 1 << 30).expect("a fresh folder");
        let id = referee.id();
        let ((tell, mut heard), (stop, stopped)) = (mpsc::unbounded_channel(), watch::channel(false));
        let running = tokio::spawn(async move {
            let mut hears = move |event| drop(tell.send(event));
            referee.run(Box::new(|| Ok(renderer)), &mut hears, stopped).await
        });
        assert_eq!(timeout(PATIENCE, heard.recv()).await.expect("in time"), Some(RefereeEvent::Attending));
        Self { id, stop, heard, running }
    }

    /// What it ruled, after it was stopped.
    async fn end(mut self) -> Vec<Found> {
        self.stop.send(true).expect("it still runs");
        self.running.await.expect("no panic").expect("no fault");
        let mut found = Vec::new();
        while let Ok(event) = self.heard.try_recv() {
            match event {
                RefereeEvent::Ruled { found: this, .. } => found.push(this),
                other => panic!("nothing else happens: {other:?}"),
            }
        }
        found
    }
}

/// How an unfair artist, or one with a broken GPU, renders what it compares with: nothing that it is sent is right.
fn grudge() -> Forger {
    Forger { painter: painter(0), honest: 0 }
}

/// A computer for which all scenes are too large but that of frame 2.
struct Small;

impl TileRenderer for Small {
    fn adapter(&self) -> AdapterCard {
        painter(0).adapter()
    }

    fn render(
        &mut self,
        scene: &SceneBlob,
        order: &TileOrder,
        progress: &mut dyn FnMut(&Partial) -> Flow,
    ) -> Result<Vec<Partial>, RenderFault> {
        if order.frame != FrameIndex(2) {
            let what = "a test".to_owned();
            return Err(RenderFault::OutOfMemory { needed_bytes: 2, available_bytes: 1, what });
        }
        painter(0).render(scene, order, progress)
    }
}

fn watchful(data: &Path, coordinator: &CoordinatorAddress, renderer: impl TileRenderer + 'static) -> Artist {
    artist(data, coordinator).auditing(Auditor::new(Box::new(|| Ok(Box::new(renderer)))))
}

fn ruled(easel: &Easel) -> Vec<Found> {
    let found = |progress: &Progress| match progress {
        Progress::Ruled { found, .. } => Some(*found),
        _ => None,
    };
    easel.progress.iter().filter_map(found).collect()
}

fn refused(easel: &Easel) -> usize {
    easel.progress.iter().filter(|progress| matches!(progress, Progress::Refused { .. })).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn good_work_that_an_artist_refuses_is_upheld_paid_and_in_the_picture() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let coordinator = coordinator(&folder.path().join("coordinator"), anywhere()).await;
    let address = coordinator.address().clone();
    let sitting = Sitting::begin(&folder.path().join("referee"), &address, Box::new(painter(0))).await;
    let honest = folder.path().join("honest");
    let worker = node(&honest, &address, 2, false);
    let artist = watchful(&folder.path().join("artist"), &address, grudge());
    let spec = JobSpec { referee: Some(sitting.id), ..spec(&[1], 64) };
    let job = artist.submit(spec.clone(), source(), |_| {}).await.expect("posted");
    let mut easel = Easel::new(spec.settings);
    let (_keep, stop) = never();
    let end = timeout(PATIENCE, artist.collect(job, &mut easel, stop)).await.expect("in time");
    assert_eq!(end.expect("collected"), JobEnd::Complete);
    assert_same_bits(&easel, &[1]);
    let found = ruled(&easel);
    assert!(!found.is_empty() && found.iter().all(|found| matches!(found, Found::Right { .. })), "{found:?}");
    assert_eq!(found.len(), refused(&easel), "each refusal was judged, and none twice");
    assert!(easel.progress.contains(&Progress::AwaitsRuling), "and that it waits was told");
    let tainted = |progress: &Progress| matches!(progress, Progress::Tainted { .. });
    assert!(!easel.progress.iter().any(tainted), "nobody was caught");
    worker.stop.send(true).expect("it still runs");
    worker.running.await.expect("no panic").expect("no fault");
    let pay = earned(&honest, &address).await;
    assert_eq!(pay.held, 0);
    assert_eq!(pay.posted, cost_of(&artist).await, "all of it is the node's");
    let judge = sitting.id;
    assert_eq!(sitting.end().await, found);
    // It was away when the last of them came.
    let again = node(&honest, &address, 2, false);
    let kept = kept_rulings(&honest, judge, found.len()).await;
    assert!(kept.iter().all(|ruling| ruling.found.is_for_node()), "{kept:?}");
    again.stop.send(true).expect("it still runs");
    again.running.await.expect("no panic").expect("no fault");
    let events = again.events.lock().expect("no test panics with it").clone();
    let told = |event: &&NodeEvent| matches!(event, NodeEvent::Judged { found, .. } if found.is_for_node());
    assert!(events.iter().any(|event| told(&event)), "{events:?}");
    let identity = Identity::open_or_create(&honest).expect("it is there");
    let link = Link::connect(&identity, &address).await.expect("it answers");
    let left = link.call(&Request::Rulings(Bounded::default())).await;
    assert_eq!(left.expect("it answers"), Response::Rulings(Bounded::default()), "it has them all");
    coordinator.stop().await;
}

/// So many rulings in a node's folder, each checked, once they are there.
async fn kept_rulings(data: &Path, referee: frame::NodeId, count: usize) -> Vec<Ruling> {
    let began = Instant::now();
    let is_ruling = |path: &PathBuf| path.extension().is_some_and(|end| end == "ruling");
    loop {
        let folders = std::fs::read_dir(data.join("rulings")).expect("it is there").flatten();
        let files = folders.flat_map(|folder| std::fs::read_dir(folder.path()).expect("a folder").flatten());
        let files: Vec<PathBuf> = files.map(|file| file.path()).filter(is_ruling).collect();
        if files.len() == count {
            let bytes = files.iter().map(|file| std::fs::read(file).expect("it can be read"));
            return bytes.map(|bytes| SignedRuling::open(&bytes, referee).expect("its word")).collect();
        }
        assert!(began.elapsed() < PATIENCE, "{} of {count} rulings", files.len());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn cost_of(artist: &Artist) -> u64 {
    artist.cards().await.expect("it answers")[0].cost
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_artist_who_refuses_a_forgery_is_upheld_and_the_forger_is_caught() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let coordinator = coordinator(&folder.path().join("coordinator"), anywhere()).await;
    let address = coordinator.address().clone();
    let sitting = Sitting::begin(&folder.path().join("referee"), &address, Box::new(painter(0))).await;
    let forger = folder.path().join("forger");
    let liar = node_with(&forger, &address, Box::new(Forger { painter: painter(5), honest: 0 }), false);
    let honest = node(&folder.path().join("honest"), &address, 20, false);
    let artist = watchful(&folder.path().join("artist"), &address, painter(0));
    let spec = JobSpec { referee: Some(sitting.id), ..spec(&[1, 2], 64) };
    let job = artist.submit(spec.clone(), source(), |_| {}).await.expect("posted");
    let mut easel = Easel::new(spec.settings);
    let (_keep, stop) = never();
    let end = timeout(PATIENCE, artist.collect(job, &mut easel, stop)).await.expect("in time");
    assert_eq!(end.expect("collected"), JobEnd::Complete);
    assert_same_bits(&easel, &[1, 2]);
    let found = ruled(&easel);
    assert!(!found.is_empty() && found.iter().all(|found| matches!(found, Found::Wrong { .. })), "{found:?}");
    assert!(liar.delivered() < 30, "it had {} of 30 tiles", liar.delivered());
    for node in [liar, honest] {
        node.stop.send(true).expect("it still runs");
        node.running.await.expect("no panic").expect("no fault");
    }
    let of_liar = earned(&forger, &address).await;
    assert_eq!((of_liar.held, of_liar.posted), (0, 0), "nobody pays for it");
    assert_eq!(sitting.end().await, found);
    coordinator.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_scene_that_a_referee_cannot_render_is_neither_its_end_nor_in_the_way_of_others() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let coordinator = coordinator(&folder.path().join("coordinator"), anywhere()).await;
    let address = coordinator.address().clone();
    let mut sitting = Sitting::begin(&folder.path().join("referee"), &address, Box::new(Small)).await;
    let worker = node(&folder.path().join("honest"), &address, 2, false);
    let id = sitting.id;
    let spec = |frames: &[u32]| JobSpec { referee: Some(id), ..spec(frames, 16) };
    let hostile = watchful(&folder.path().join("hostile"), &address, grudge());
    let stuck = hostile.submit(spec(&[1, 3]), source(), |_| {}).await.expect("posted");
    let (end, ended) = watch::channel(false);
    let mut waits = Easel::new(spec(&[1, 3]).settings);
    let unheard = async {
        // Nobody can judge what it refuses: it ends when the other is done.
        let _ = hostile.collect(stuck, &mut waits, ended).await;
    };
    let judged = async {
        // More than the referee is shown at once, and all of it before the other's.
        for _ in 0..=DISPUTES_MAX {
            let heard = timeout(PATIENCE, sitting.heard.recv()).await.expect("in time");
            assert!(matches!(heard, Some(RefereeEvent::Unable { .. })), "{heard:?}");
        }
        let artist = watchful(&folder.path().join("artist"), &address, grudge());
        let job = artist.submit(spec(&[2]), source(), |_| {}).await.expect("posted");
        let mut easel = Easel::new(spec(&[2]).settings);
        let (_keep, stop) = never();
        let done = timeout(PATIENCE, artist.collect(job, &mut easel, stop)).await.expect("in time");
        assert_eq!(done.expect("collected"), JobEnd::Complete);
        assert_same_bits(&easel, &[2]);
        end.send(true).expect("it still waits");
    };
    tokio::join!(unheard, judged);
    assert_eq!(ruled(&waits), []);
    sitting.stop.send(true).expect("it still runs");
    sitting.running.await.expect("no panic").expect("no fault");
    worker.stop.send(true).expect("it still runs");
    worker.running.await.expect("no panic").expect("no fault");
    coordinator.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_the_referee_is_gone_the_artists_word_stands_in_the_end() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let coordinator = coordinator_with(&folder.path().join("coordinator"), anywhere(), |config| {
        config.terms.ruling_ms = 1500;
    })
    .await;
    let address = coordinator.address().clone();
    let sitting = Sitting::begin(&folder.path().join("referee"), &address, Box::new(painter(0))).await;
    let forger = folder.path().join("forger");
    let liar = node_with(&forger, &address, Box::new(Forger { painter: painter(5), honest: 0 }), false);
    let artist = watchful(&folder.path().join("artist"), &address, painter(0));
    let spec = JobSpec { referee: Some(sitting.id), ..spec(&[1], 16) };
    let job = artist.submit(spec.clone(), source(), |_| {}).await.expect("posted");
    sitting.end().await;
    let mut easel = Easel::new(spec.settings);
    let (_keep, stop) = never();
    let helper = async {
        while liar.delivered() == 0 {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        node(&folder.path().join("honest"), &address, 0, true)
    };
    let (end, _) = tokio::join!(timeout(PATIENCE, artist.collect(job, &mut easel, stop)), helper);
    assert_eq!(end.expect("in time").expect("collected"), JobEnd::Complete);
    assert_same_bits(&easel, &[1]);
    assert_eq!(ruled(&easel), []);
    assert!(refused(&easel) > 0);
    liar.stop.send(true).expect("it still runs");
    liar.running.await.expect("no panic").expect("no fault");
    let of_liar = earned(&forger, &address).await;
    assert_eq!((of_liar.held, of_liar.posted), (0, 0));
    coordinator.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_asks_for_a_referee_works_where_that_one_judges_and_nowhere_else() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let coordinator = coordinator(&folder.path().join("coordinator"), anywhere()).await;
    let address = coordinator.address().clone();
    let sitting = Sitting::begin(&folder.path().join("referee"), &address, Box::new(painter(0))).await;
    let config = node_config(&folder.path().join("careful"), &address);
    let careful =
        begin(NodeConfig { demand: Bounded::cut(vec![sitting.id]).into(), ..config }, Box::new(painter(0)));
    let artist = artist(&folder.path().join("artist"), &address);
    // The first job is the older one, and would be served first.
    let unjudged = artist.submit(spec(&[1], 16), source(), |_| {}).await.expect("posted");
    let spec = JobSpec { referee: Some(sitting.id), ..spec(&[1], 16) };
    let job = artist.submit(spec.clone(), source(), |_| {}).await.expect("posted");
    let mut easel = Easel::new(spec.settings);
    let (_keep, stop) = never();
    let end = timeout(PATIENCE, artist.collect(job, &mut easel, stop)).await.expect("in time");
    assert_eq!(end.expect("collected"), JobEnd::Complete);
    let cards = artist.cards().await.expect("it answers");
    let other = cards.iter().find(|card| card.job == unjudged).expect("it is there");
    assert_eq!((other.blocks_committed, other.events), (0, 0), "nobody works for it, or asks for its key");
    careful.stop.send(true).expect("it still runs");
    careful.running.await.expect("no panic").expect("no fault");
    assert_eq!(sitting.end().await, []);
    coordinator.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_owner_asks_for_while_the_node_is_connected_holds_from_the_next_tile_on() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let coordinator = coordinator(&folder.path().join("coordinator"), anywhere()).await;
    let address = coordinator.address().clone();
    let sitting = Sitting::begin(&folder.path().join("referee"), &address, Box::new(painter(0))).await;
    let (demand, asks) = Demand::new(Bounded::cut(vec![frame::NodeId([9; 32])]));
    let config = node_config(&folder.path().join("careful"), &address);
    let careful = begin(NodeConfig { demand, ..config }, Box::new(painter(0)));
    let artist = artist(&folder.path().join("artist"), &address);
    let [unjudged, judged] = [None, Some(sitting.id)].map(|referee| JobSpec { referee, ..spec(&[1], 16) });
    let first = artist.submit(unjudged.clone(), source(), |_| {}).await.expect("posted");
    let second = artist.submit(judged.clone(), source(), |_| {}).await.expect("posted");
    let is_whole = async |job, spec: &JobSpec| {
        let (mut easel, (_keep, stop)) = (Easel::new(spec.settings), never());
        let end = timeout(PATIENCE, artist.collect(job, &mut easel, stop)).await.expect("in time");
        end.expect("collected") == JobEnd::Complete
    };
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(careful.delivered(), 0, "nobody whom it believes judges here");
    let began = Instant::now();
    asks.send_replace(Bounded::cut(vec![sitting.id]));
    assert!(is_whole(second, &judged).await);
    let cards = artist.cards().await.expect("it answers");
    let other = cards.iter().find(|card| card.job == first).expect("it is there");
    assert_eq!(other.blocks_committed, 0, "still nobody works for it");
    asks.send_replace(Bounded::default());
    assert!(is_whole(first, &unjudged).await);
    // The node's request for work lay at the coordinator; it did not have to run out.
    assert!(began.elapsed() < Duration::from_secs(8), "{:?}", began.elapsed());
    careful.stop.send(true).expect("it still runs");
    careful.running.await.expect("no panic").expect("no fault");
    sitting.end().await;
    coordinator.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_referee_that_never_attended_is_told_before_a_scene_is_sent() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let coordinator = coordinator(&folder.path().join("coordinator"), anywhere()).await;
    let artist = artist(&folder.path().join("artist"), coordinator.address());
    let nobody = frame::NodeId([9; 32]);
    let spec = JobSpec { referee: Some(nobody), ..spec(&[1], 16) };
    let scenes = Box::new(|_| panic!("no scene is asked for"));
    let fault = artist.submit(spec, scenes, |_| {}).await.expect_err("there is no such referee");
    assert!(matches!(fault, ArtistFault::Link(LinkFault::Refused(Refusal::NoReferee))), "{fault}");
    assert_eq!(artist.jobs(), [], "nothing is left of it");
    coordinator.stop().await;
}
