//! A referee with a real renderer: pixels of a real scene that an artist refuses are rendered again by somebody whom both sides named before.
//!
//! Needs any adapter; says so loudly and passes where there is none.

#[path = "../../render-core/tests/made/aloud.rs"]
mod aloud;
#[path = "../../render-core/tests/made/at_hand.rs"]
mod at_hand;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use aloud::say_aloud;
use at_hand::{ASSETS, renderer, scene};
use frame::{
    AdapterCard, Film, Flow, FrameIndex, FrameSize, NodeId, Partial, RenderFault, RenderSettings, SceneBlob,
    SettingsDraft, TileGrid, TileOrder, TileRenderer,
};
use render_core::{GpuRenderer, pack};
use render_net::artist::{Artist, CollectedTile, Collector, FrameScene, JobEnd, JobSpec, Progress};
use render_net::audit::Auditor;
use render_net::coordinator::{Coordinator, CoordinatorConfig};
use render_net::identity::CoordinatorAddress;
use render_net::link::Uplink;
use render_net::node::{NodeConfig, run_node};
use render_net::receipt::Found;
use render_net::referee::{Referee, RefereeEvent};
use tokio::sync::{mpsc, watch};
use tokio::time::timeout;

const EDGE_PX: u32 = 32;
const SPP: u32 = 32;
const PATIENCE: Duration = Duration::from_secs(240);

/// A renderer that follows another seed: whoever compares with it finds everything wrong, whoever sends it is wrong.
struct Astray(GpuRenderer);

impl TileRenderer for Astray {
    fn adapter(&self) -> AdapterCard {
        self.0.adapter()
    }

    fn render(
        &mut self,
        scene: &SceneBlob,
        order: &TileOrder,
        progress: &mut dyn FnMut(&Partial) -> Flow,
    ) -> Result<Vec<Partial>, RenderFault> {
        let draft = SettingsDraft { seed: order.settings.seed + 1, ..*order.settings };
        let settings = RenderSettings::new(draft).expect("as valid as before");
        self.0.render(scene, &TileOrder { settings, ..*order }, progress)
    }
}

fn settings() -> RenderSettings {
    let size = FrameSize::new(2 * EDGE_PX, EDGE_PX).expect("in range");
    let draft = SettingsDraft { spp: SPP, ..SettingsDraft::defaults(size) };
    RenderSettings::new(SettingsDraft { denoise: frame::Denoise::Off, ..draft }).expect("valid")
}

fn spec(referee: NodeId) -> JobSpec {
    JobSpec {
        frames: vec![FrameIndex(1)],
        one_scene: true,
        settings: settings(),
        edge_px: EDGE_PX,
        margin_px: 0,
        price_max: 1000,
        memory_mib: 1,
        nodes: Vec::new(),
        referee: Some(referee),
        note: Vec::new(),
    }
}

struct Seen {
    film: Film,
    ruled: Vec<Found>,
    /// A node was turned away; another is wanted.
    refused: watch::Sender<bool>,
}

impl Collector for Seen {
    fn tile(&mut self, tile: CollectedTile) -> Result<(), String> {
        let merged =
            tile.partials.into_iter().try_for_each(|part| self.film.merge(tile.tile, part).map(drop));
        merged.map_err(|error| error.to_string())
    }

    fn progress(&mut self, progress: Progress) {
        if let Progress::Ruled { found, .. } = progress {
            self.ruled.push(found);
            self.refused.send_replace(!found.is_for_node());
        }
    }
}

/// A node that works until the test ends.
fn node(
    data: &Path,
    coordinator: &CoordinatorAddress,
    renderer: Box<dyn TileRenderer>,
) -> watch::Sender<bool> {
    let config = NodeConfig {
        coordinator: coordinator.clone(),
        data: data.to_owned(),
        price: 500,
        memory_mib: 1024,
        scenes_bytes_max: 1 << 30,
        demand: Default::default(),
        uplink: Uplink::default(),
        once: false,
        durable: false,
    };
    let (stop, stopped) = watch::channel(false);
    tokio::spawn(run_node(config, renderer, stopped, Arc::new(|_| {})));
    stop
}

/// Renders a small frame with a referee; `theirs` is the first node's renderer, `own` the artist's. What the referee found.
async fn judged(
    own: Box<dyn TileRenderer>,
    theirs: Box<dyn TileRenderer>,
    helper: GpuRenderer,
) -> Vec<Found> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let at = |name: &str| folder.path().join(name);
    let config = CoordinatorConfig::new(([127, 0, 0, 1], 0).into(), at("coordinator"));
    let coordinator = Coordinator::start(config).await.expect("it starts");
    let address = coordinator.address().clone();
    let referee = Referee::open(&at("referee"), address.clone(), 1 << 30).expect("a fresh folder");
    let id = referee.id();
    let ((tell, mut heard), (end, ended)) = (mpsc::unbounded_channel(), watch::channel(false));
    let sitting = tokio::spawn(async move {
        let mut hears = move |event| drop(tell.send(event));
        let opener = Box::new(|| Ok(Box::new(renderer().expect("opened before")) as Box<dyn TileRenderer>));
        referee.run(opener, &mut hears, ended).await
    });
    let first = timeout(PATIENCE, heard.recv()).await.expect("in time");
    assert_eq!(first, Some(RefereeEvent::Attending));

    let theirs = node(&at("theirs"), &address, theirs);
    let auditor = Auditor::new(Box::new(move || Ok(own)));
    let artist = Artist::open(at("artist"), address.clone()).expect("a fresh folder").auditing(auditor);
    let scene = scene(ASSETS, "studio.glb", None).expect("the project's own");
    let blob = pack(&scene).expect("it packs").to_blob();
    let source = Box::new(move |_| Ok(FrameScene { scene: blob.clone(), exposure_scale: 1.0 }));
    let job = artist.submit(spec(id), source, |_| {}).await.expect("posted");
    let film = Film::new(TileGrid::new(settings().size, EDGE_PX, 0), settings());
    let (refused, mut caught) = watch::channel(false);
    let mut seen = Seen { film, ruled: Vec::new(), refused };
    let (_keep, stop) = watch::channel(false);
    let help = async {
        caught.wait_for(|caught| *caught).await.expect("the collector lives");
        let _keep = node(&at("helper"), &address, Box::new(helper));
        std::future::pending::<()>().await;
    };
    let collected = tokio::select! {
        collected = timeout(PATIENCE, artist.collect(job, &mut seen, stop)) => collected,
        () = help => unreachable!("it never ends"),
    };
    assert_eq!(collected.expect("in time").expect("collected"), JobEnd::Complete);
    assert!(seen.film.is_complete());
    theirs.send_replace(true);
    end.send(true).expect("it still runs");
    sitting.await.expect("no panic").expect("no fault");
    while let Ok(event) = heard.try_recv() {
        say_aloud(&format!("{event:?}"));
    }
    coordinator.stop().await;
    seen.ruled
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_artist_whose_renderer_is_wrong_pays_for_the_right_tiles_that_it_refused() {
    let (Some(own), Some(theirs), Some(helper)) = (renderer(), renderer(), renderer()) else { return };
    let ruled = judged(Box::new(Astray(own)), Box::new(theirs), helper).await;
    assert!(!ruled.is_empty());
    assert!(ruled.iter().all(|found| matches!(found, Found::Right { .. })), "{ruled:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_whose_tiles_are_wrong_is_not_upheld_against_an_artist_whose_are_right() {
    let (Some(own), Some(theirs), Some(helper)) = (renderer(), renderer(), renderer()) else { return };
    let ruled = judged(Box::new(own), Box::new(Astray(theirs)), helper).await;
    assert!(!ruled.is_empty());
    assert!(ruled.iter().all(|found| matches!(found, Found::Wrong { .. })), "{ruled:?}");
}
