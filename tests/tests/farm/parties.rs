//! The parties of a farm on loopback, each with a data folder of its own.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use frame::film::Film;
use frame::{
    BlockRange, FrameIndex, FrameSize, Picture, RenderSettings, SceneBlob, Section, SettingsDraft, TileGrid,
    TileIndex, TileOrder, TileRenderer, TileState,
};
use render_net::artist::{Artist, CollectedTile, Collector, JobSpec, PreviewTile, Progress};
use render_net::coordinator::{Coordinator, CoordinatorConfig};
use render_net::identity::CoordinatorAddress;
use render_net::link::Uplink;
use render_net::node::{NodeConfig, NodeEvent, NodeFault, Why, run_node};
use render_net::receipt::Countersigned;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::painter::Painter;

pub(crate) const EDGE_PX: u32 = 16;

/// What a canary search looks for: it must never be seen outside of an artist's or node's memory.
pub(crate) const CANARY: &[u8] =
    b"canary of the scene, sixteen words that nobody but artist and node may ever read in clear";

pub(crate) fn settings(spp: u32) -> RenderSettings {
    let size = FrameSize::new(80, 48).expect("in range");
    RenderSettings::new(SettingsDraft { spp, seed: 3, ..SettingsDraft::defaults(size) }).expect("valid")
}

pub(crate) fn scene(frame: FrameIndex) -> SceneBlob {
    let mut bytes = CANARY.repeat(14_000);
    bytes.extend_from_slice(&frame.0.to_le_bytes());
    SceneBlob::new(vec![Section { kind: 1, bytes }, Section { kind: 2, bytes: CANARY.to_vec() }])
}

pub(crate) fn spec(frames: &[u32], spp: u32) -> JobSpec {
    JobSpec {
        frames: frames.iter().copied().map(FrameIndex).collect(),
        one_scene: false,
        settings: settings(spp),
        edge_px: EDGE_PX,
        margin_px: 0,
        price_max: 1000,
        memory_mib: 1,
        nodes: Vec::new(),
        referee: None,
        note: b"note".to_vec(),
    }
}

/// Leases that lapse soon, so that tests of lost nodes are short.
pub(crate) fn config(data: &Path, listen: std::net::SocketAddr) -> CoordinatorConfig {
    let mut config = CoordinatorConfig::new(listen, data.to_owned());
    config.terms.lapse_ms = 2000;
    config.terms.heartbeat_ms = 200;
    config.terms.silence_ms = 1000;
    config.terms.lease_ms = 500;
    config.terms.shun_ms = 500;
    config.away_after = Duration::from_millis(700);
    config
}

pub(crate) async fn coordinator(data: &Path, listen: std::net::SocketAddr) -> Coordinator {
    coordinator_with(data, listen, |_| {}).await
}

/// The same with other settings.
pub(crate) async fn coordinator_with(
    data: &Path,
    listen: std::net::SocketAddr,
    other: impl FnOnce(&mut CoordinatorConfig),
) -> Coordinator {
    let mut config = config(data, listen);
    other(&mut config);
    for _ in 0..50 {
        match Coordinator::start(config.clone()).await {
            Ok(coordinator) => return coordinator,
            // A port that was in use a moment ago may need a moment.
            Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
    panic!("the coordinator does not start");
}

pub(crate) struct Node {
    pub(crate) stop: watch::Sender<bool>,
    pub(crate) running: JoinHandle<Result<Why, NodeFault>>,
    pub(crate) events: Arc<Mutex<Vec<NodeEvent>>>,
}

pub(crate) fn node(data: &Path, coordinator: &CoordinatorAddress, pause_ms: u64, once: bool) -> Node {
    let painter = Box::new(Painter { pause: Duration::from_millis(pause_ms) });
    node_with(data, coordinator, painter, once)
}

pub(crate) fn node_with(
    data: &Path,
    coordinator: &CoordinatorAddress,
    renderer: Box<dyn TileRenderer>,
    once: bool,
) -> Node {
    begin(NodeConfig { once, ..node_config(data, coordinator) }, renderer)
}

pub(crate) fn node_config(data: &Path, coordinator: &CoordinatorAddress) -> NodeConfig {
    NodeConfig {
        coordinator: coordinator.clone(),
        data: data.to_owned(),
        price: 500,
        memory_mib: 1024,
        scenes_bytes_max: 64 << 20,
        demand: Default::default(),
        uplink: Uplink::default(),
        once: false,
        durable: true,
    }
}

pub(crate) fn begin(config: NodeConfig, renderer: Box<dyn TileRenderer>) -> Node {
    let (stop, stopped) = watch::channel(false);
    let events = Arc::new(Mutex::new(Vec::new()));
    let told = events.clone();
    let hear = Arc::new(move |event| told.lock().expect("no test panics with it").push(event));
    Node { stop, running: tokio::spawn(run_node(config, renderer, stopped, hear)), events }
}

impl Node {
    /// How many results the coordinator took.
    pub(crate) fn delivered(&self) -> usize {
        let events = self.events.lock().expect("no test panics with it");
        events.iter().filter(|event| matches!(event, NodeEvent::Delivered { .. })).count()
    }
}

pub(crate) fn artist(data: &Path, coordinator: &CoordinatorAddress) -> Artist {
    Artist::open(data.to_owned(), coordinator.clone()).expect("a fresh data folder")
}

/// Films and receipts of a job, and a limit after which the artist "crashes".
pub(crate) struct Easel {
    pub(crate) films: BTreeMap<FrameIndex, Film>,
    pub(crate) receipts: BTreeMap<FrameIndex, Vec<Countersigned>>,
    pub(crate) tiles: usize,
    pub(crate) tiles_max: usize,
    pub(crate) previews: usize,
    pub(crate) progress: Vec<Progress>,
    pub(crate) settings: RenderSettings,
}

impl Easel {
    pub(crate) fn new(settings: RenderSettings) -> Self {
        Self {
            films: BTreeMap::new(),
            receipts: BTreeMap::new(),
            tiles: 0,
            tiles_max: usize::MAX,
            previews: 0,
            progress: Vec::new(),
            settings,
        }
    }
}

impl Collector for Easel {
    fn tile(&mut self, tile: CollectedTile) -> Result<(), String> {
        if self.tiles == self.tiles_max {
            return Err("the artist's program was killed".to_owned());
        }
        self.tiles += 1;
        let grid = grid(&self.settings);
        let settings = settings_of(tile.frame, self.settings);
        let film = self.films.entry(tile.frame).or_insert_with(|| Film::new(grid, settings));
        for partial in tile.partials {
            film.merge(tile.tile, partial).map_err(|error| error.to_string())?;
        }
        self.receipts.entry(tile.frame).or_default().push(tile.receipt);
        Ok(())
    }

    fn preview(&mut self, _: PreviewTile) {
        self.previews += 1;
    }

    fn progress(&mut self, progress: Progress) {
        self.progress.push(progress);
    }
}

/// Every frame has an exposure of its own.
pub(crate) fn exposure_scale(frame: FrameIndex) -> f32 {
    0.25 * (frame.0 + 1) as f32
}

pub(crate) fn settings_of(frame: FrameIndex, settings: RenderSettings) -> RenderSettings {
    settings.with_exposure_scale(exposure_scale(frame)).expect("in range")
}

pub(crate) fn grid(settings: &RenderSettings) -> TileGrid {
    TileGrid::new(settings.size, EDGE_PX, 0)
}

/// The frame as one machine paints it without any network.
pub(crate) fn painted(frame: FrameIndex, settings: RenderSettings) -> Film {
    let (grid, scene) = (grid(&settings), scene(frame));
    let mut film = Film::new(grid, settings);
    for tile in (0..grid.len()).map(TileIndex) {
        let rect = grid.rect(tile).expect("in the grid");
        let blocks = BlockRange::all(settings.spp);
        let order = TileOrder { frame, rect, margin_px: 0, blocks, settings };
        let mut painter = Painter { pause: Duration::ZERO };
        let partials = painter.render(&scene, &order, &mut |_| frame::Flow::Continue(()));
        for partial in partials.expect("nobody stops it") {
            film.merge(tile, partial).expect("its own tile");
        }
    }
    film
}

/// Every plane of every frame has the same bits as without any network.
pub(crate) fn assert_same_bits(easel: &Easel, frames: &[u32]) {
    assert_eq!(easel.films.len(), frames.len());
    for frame in frames.iter().copied().map(FrameIndex) {
        let (ours, theirs) = (painted(frame, easel.settings), &easel.films[&frame]);
        assert!(theirs.is_complete(), "{frame:?}");
        for plane in easel.settings.planes.iter() {
            let bits = |film: &Film| -> Vec<u32> {
                let picture = film.picture();
                picture.plane(plane).expect("ordered").iter().map(|value| value.to_bits()).collect()
            };
            assert_eq!(bits(&ours), bits(theirs), "{frame:?} {plane:?}");
        }
    }
}

/// Every tile that has all its samples has the bits that it has without any network.
pub(crate) fn assert_right_where_done(easel: &Easel) {
    for (frame, film) in &easel.films {
        let (ours, theirs) = (painted(*frame, easel.settings).picture(), film.picture());
        let width = easel.settings.size.width() as usize;
        for tile in (0..film.grid().len()).map(TileIndex) {
            if film.tile_state(tile) != TileState::Done {
                continue;
            }
            let rect = film.grid().rect(tile).expect("in the grid");
            for plane in easel.settings.planes.iter() {
                let bits = |picture: &Picture| -> Vec<u32> {
                    let values = picture.plane(plane).expect("ordered");
                    let row = |y: u32| {
                        let start = (y as usize * width + rect.x as usize) * plane.channels();
                        &values[start..start + rect.width as usize * plane.channels()]
                    };
                    (rect.y..rect.y + rect.height).flat_map(row).map(|value| value.to_bits()).collect()
                };
                assert_eq!(bits(&ours), bits(&theirs), "{frame:?} {tile:?} {plane:?}");
            }
        }
    }
}
