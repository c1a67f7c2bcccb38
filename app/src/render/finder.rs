//! What a camera sees, soon: a small picture with few samples, denoised, and again with more, for somebody who still decides what to render.
//!
//! Nothing is written. Between two looks the scene that was read stays, so that another frame or size costs only its tracing.

use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime};

use frame::{
    AdapterClass, BlockRange, Denoise, Film, FrameIndex, FrameSize, NetworkId, PlaneSet, RenderFault,
    RenderSettings, SceneBlob, SettingsDraft, TileGrid, TileOrder, TileRenderer,
};
use render_core::AdapterChoice;
use render_net::artist::FrameScene;

use super::developer::Developer;
use super::plan::default_size;
use super::scene_file::{View, open_scene};
use super::session::render_fault;
use super::shots::Shots;
use crate::denoiser::{Carried, Network};
use crate::fault::{Exit, Fault};
use crate::request::{Lens, RenderRequest, Shutter, Surroundings};
use crate::sight::{Sight, Work};
use crate::stop::Stop;

/// The longer side of the picture, pixels: on an adapter that is the processor, and on any other.
const SIDE_PX: (u32, u32) = (480, 960);
/// Samples per pixel of each pass. A pass starts anew: what the ones before it took is a third of it.
const PASSES_SPP: [u32; 4] = [1, 4, 16, 64];
/// No pass is begun that would take longer; the next one has four times the samples.
const PASS_TAKES_MAX: Duration = Duration::from_secs(12);
/// Edge of what is traced at once: on a processor a person who changes something waits for so much.
const EDGE_PX: u32 = 64;

/// Looks, and remembers what it has read.
#[derive(Default)]
pub(crate) struct Finder {
    read: Option<(Aim, Shots)>,
    packed: Option<(FrameIndex, FrameScene)>,
    hand: Option<Hand>,
}

/// What is looked at, ready to be traced.
pub(crate) struct Subject {
    frame: FrameIndex,
    scene: SceneBlob,
    settings: RenderSettings,
}

/// Whoever denoises what an adapter traced.
struct Hand {
    adapter: AdapterChoice,
    is_fast: bool,
    network: NetworkId,
    developer: Developer,
}

/// What decides what is seen, but for the picture's size and how it is traced.
#[derive(Clone, Debug, PartialEq)]
struct Aim {
    scene: PathBuf,
    written: Option<SystemTime>,
    camera: Option<String>,
    lens: Lens,
    shutter: Shutter,
    surroundings: Surroundings,
    still_s: Option<f64>,
    fps: f64,
}

impl Finder {
    /// Reads one frame of a request, which may be a still, for an adapter. It needs no GPU, and cannot be ended. `class_of` is asked once for each adapter:
    /// finding it means asking every driver.
    ///
    /// # Errors
    /// As for rendering.
    pub(crate) fn prepare(
        &mut self,
        request: &RenderRequest,
        frame: FrameIndex,
        adapter: &AdapterChoice,
        class_of: impl FnOnce(&AdapterChoice) -> Option<AdapterClass>,
    ) -> Result<Subject, Fault> {
        let shots = self.shots(request)?;
        let asked = match request.size {
            Some(size) => size,
            None => default_size(shots.scene(frame)?.camera.aspect)?,
        };
        let hand = match &mut self.hand {
            Some(hand) if hand.adapter == *adapter => hand,
            other => other.insert(Hand::new(adapter, class_of(adapter))),
        };
        let size = small(asked, if hand.is_fast { SIDE_PX.1 } else { SIDE_PX.0 });
        let settings = settings(request, size, hand.network)?;
        let shown = self.shown(&shots, frame, &settings)?;
        let settings = settings.with_exposure_scale(shown.exposure_scale).map_err(|error| wrong(&error))?;
        Ok(Subject { frame, scene: shown.scene.clone(), settings })
    }

    /// Looks at what was prepared last, pass by pass until enough is seen or a pass takes too long. The first pass is shown tile by tile, every pass as
    /// a whole.
    ///
    /// # Errors
    /// As for rendering; [`Exit::Interrupted`] when it was stopped.
    pub(crate) fn look(
        &mut self,
        subject: &Subject,
        renderer: &mut dyn TileRenderer,
        stop: &Stop,
        show: &mut dyn FnMut(&Sight<'_>),
    ) -> Result<(), Fault> {
        let Some(Hand { developer, .. }) = &mut self.hand else { return Err(ended()) };
        for spp in PASSES_SPP {
            let began = Instant::now();
            let pass = RenderSettings::new(SettingsDraft { spp, ..*subject.settings });
            let pass = pass.map_err(|error| wrong(&error))?;
            let is_first = spp == PASSES_SPP[0];
            let film = subject.trace(pass, renderer, stop, &mut |sight| {
                if is_first {
                    show(sight);
                }
            })?;
            let picture = developer.finish(&film).picture;
            Sight::of_frame(subject.frame, &picture, EDGE_PX, Work::default(), |sight| show(sight));
            if began.elapsed() * 4 > PASS_TAKES_MAX {
                break;
            }
        }
        Ok(())
    }

    /// The scene of a request, read where it is another one than last time.
    fn shots(&mut self, request: &RenderRequest) -> Result<Shots, Fault> {
        let aim = Aim::of(request);
        if let Some((read, shots)) = &self.read
            && *read == aim
        {
            return Ok(shots.clone());
        }
        (self.read, self.packed) = (None, None);
        let view = View { camera: aim.camera.as_deref(), lens: aim.lens, shutter: aim.shutter };
        let document = open_scene(&aim.scene, view, &aim.surroundings, false)?;
        let shots = Shots::new(document, aim.still_s, aim.fps);
        self.read = Some((aim, shots.clone()));
        Ok(shots)
    }

    /// What a frame shows, packed where it is not what the last one showed.
    fn shown(
        &mut self,
        shots: &Shots,
        frame: FrameIndex,
        settings: &RenderSettings,
    ) -> Result<&FrameScene, Fault> {
        let frame = if shots.are_one() { FrameIndex(0) } else { frame };
        let packed = match self.packed.take() {
            Some((of, shown)) if of == frame => shown,
            _ => shots.shown(frame, settings)?,
        };
        Ok(&self.packed.insert((frame, packed)).1)
    }
}

impl Hand {
    fn new(adapter: &AdapterChoice, class: Option<AdapterClass>) -> Self {
        let network = Network::carried(Carried::suited_to(class));
        Self {
            adapter: adapter.clone(),
            is_fast: class.is_some_and(|class| class != AdapterClass::Cpu),
            network: network.id(),
            developer: Developer::new(network.name(), Some(network.on(adapter))),
        }
    }
}

impl Aim {
    fn of(request: &RenderRequest) -> Self {
        Self {
            scene: request.scene.clone(),
            written: std::fs::metadata(&request.scene).and_then(|about| about.modified()).ok(),
            camera: request.camera.clone(),
            lens: request.lens,
            shutter: request.shutter,
            surroundings: request.surroundings.clone(),
            still_s: request.frames.is_none().then_some(request.time_s),
            fps: request.fps,
        }
    }
}

impl Subject {
    /// The whole frame, from its centre outwards.
    fn trace(
        &self,
        settings: RenderSettings,
        renderer: &mut dyn TileRenderer,
        stop: &Stop,
        show: &mut dyn FnMut(&Sight<'_>),
    ) -> Result<Film, Fault> {
        let grid = TileGrid::new(settings.size, EDGE_PX, 0);
        let mut film = Film::new(grid, settings);
        for tile in grid.from_centre() {
            let Some(rect) = grid.rect(tile) else { continue };
            let blocks = BlockRange::all(settings.spp);
            let order = TileOrder { frame: self.frame, rect, margin_px: 0, blocks, settings };
            if stop.is_asked() {
                return Err(ended());
            }
            let partials = renderer.render(&self.scene, &order, &mut |_| stop.flow());
            let partials = partials.map_err(|fault| match fault {
                RenderFault::Stopped => ended(),
                fault => render_fault(&fault),
            })?;
            for partial in partials {
                film.merge(tile, partial).map_err(|error| wrong(&error))?;
            }
            Sight::of_tile((self.frame, tile), &film, Work::default(), |sight| show(sight));
        }
        Ok(film)
    }
}

/// The same shape with no side longer than `side_px`.
fn small(size: FrameSize, side_px: u32) -> FrameSize {
    let longer = size.width().max(size.height());
    if longer <= side_px {
        return size;
    }
    let scaled = |side: u32| {
        let side = u64::from(side) * u64::from(side_px);
        ((side + u64::from(longer) / 2) / u64::from(longer)).max(1) as u32
    };
    FrameSize::new(scaled(size.width()), scaled(size.height())).unwrap_or(size)
}

fn settings(request: &RenderRequest, size: FrameSize, network: NetworkId) -> Result<RenderSettings, Fault> {
    let draft = SettingsDraft {
        spp: PASSES_SPP[0],
        seed: request.seed,
        max_bounces: request.max_bounces,
        filter: request.filter,
        microfacet: request.microfacet,
        clamp_indirect: request.clamp_indirect,
        denoise: Denoise::Local,
        network,
        planes: PlaneSet::DEFAULT,
        ..SettingsDraft::defaults(size)
    };
    RenderSettings::new(draft).map_err(|error| wrong(&error))
}

/// Somebody asked for something else meanwhile.
pub(crate) fn ended() -> Fault {
    Fault::new(Exit::Interrupted, "the look at the scene was ended", "change a field to look again")
}

fn wrong(error: &dyn std::fmt::Display) -> Fault {
    Fault::failure(
        format!("the scene cannot be looked at: {error}"),
        "report this with the output of `tessera doctor`",
    )
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use frame::{AdapterCard, Flow, Partial, TilePlanes};

    use super::*;

    /// Sees nothing, at once; stops when it is asked for its last tile.
    struct Blind(u32, Stop);

    impl TileRenderer for Blind {
        fn adapter(&self) -> AdapterCard {
            let class = AdapterClass::Cpu;
            AdapterCard { name: "blind".into(), backend: "none".into(), driver: String::new(), class }
        }

        fn render(
            &mut self,
            _scene: &SceneBlob,
            order: &TileOrder,
            _progress: &mut dyn FnMut(&Partial) -> Flow,
        ) -> Result<Vec<Partial>, RenderFault> {
            self.0 = self.0.saturating_sub(1);
            if self.0 == 0 {
                self.1.ask();
            }
            let blocks = frame::blocks::block_count(order.settings.spp);
            let planes = || TilePlanes::zeroed(order.rect, order.settings.planes);
            Ok(order
                .blocks
                .maximal_nodes(blocks)
                .into_iter()
                .map(|node| Partial { node, planes: planes() })
                .collect())
        }
    }

    fn request(scene: &Path, width: u32, height: u32) -> RenderRequest {
        let size = FrameSize::new(width, height).expect("in range");
        RenderRequest { size: Some(size), ..RenderRequest::plain(scene.to_owned(), "never.exr".into()) }
    }

    /// The sizes and samples of what is shown.
    fn looks(
        finder: &mut Finder,
        request: &RenderRequest,
        tiles: u32,
    ) -> Result<Vec<(u32, u32, bool, u32)>, Fault> {
        let stop = Stop::new();
        let mut seen = Vec::new();
        let mut blind = Blind(tiles, stop.clone());
        let adapter = AdapterChoice::default();
        let subject = finder.prepare(request, FrameIndex(0), &adapter, |_| Some(AdapterClass::Cpu))?;
        finder.look(&subject, &mut blind, &stop, &mut |sight| {
            seen.push((sight.size.width(), sight.size.height(), sight.tile.is_some(), sight.samples));
        })?;
        Ok(seen)
    }

    fn scene(folder: &Path) -> PathBuf {
        let scene = folder.join("tiny.glb");
        let bundled = Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets/scenes/tiny.glb");
        std::fs::copy(bundled, &scene).expect("the scene is in the repository");
        scene
    }

    #[test]
    fn the_first_pass_is_shown_tile_by_tile_and_every_pass_as_a_whole() {
        let place = tempfile::tempdir().expect("a temporary folder");
        let request = request(&scene(place.path()), 4096, 1024);
        let seen = looks(&mut Finder::default(), &request, u32::MAX).expect("nothing fails");
        assert!(seen.iter().all(|(width, height, ..)| (*width, *height) == (480, 120)), "its shape is kept");
        let tiles = seen.iter().filter(|(_, _, is_tile, _)| *is_tile).count();
        assert_eq!(tiles, 8 * 2);
        let passes: Vec<u32> = seen[tiles..].iter().map(|(.., samples)| *samples).collect();
        assert!(!passes.is_empty() && PASSES_SPP.starts_with(&passes), "{passes:?}");
    }

    #[test]
    fn a_scene_is_read_once_until_its_file_is_another_one() {
        let place = tempfile::tempdir().expect("a temporary folder");
        let path = scene(place.path());
        let mut finder = Finder::default();
        looks(&mut finder, &request(&path, 32, 16), u32::MAX).expect("it is a scene");
        let written = std::fs::metadata(&path).and_then(|about| about.modified()).expect("a time");
        std::fs::write(&path, "no scene").expect("it can be written");
        let file = std::fs::File::options().write(true).open(&path).expect("it is there");
        file.set_modified(written).expect("its time can be set");
        looks(&mut finder, &request(&path, 16, 32), u32::MAX).expect("it is not read again");
        file.set_modified(written + Duration::from_secs(9)).expect("its time can be set");
        let fault = looks(&mut finder, &request(&path, 16, 32), u32::MAX).expect_err("it is another one");
        assert_eq!(fault.exit, Exit::Scene);
    }

    #[test]
    fn a_look_that_is_ended_ends_at_the_next_tile() {
        let place = tempfile::tempdir().expect("a temporary folder");
        let request = request(&scene(place.path()), 480, 270);
        let fault = looks(&mut Finder::default(), &request, 3).expect_err("it was ended");
        assert_eq!(fault.exit, Exit::Interrupted);
    }

    #[test]
    fn a_small_picture_has_the_shape_of_the_large_one() {
        let of = |width, height| {
            let size = small(FrameSize::new(width, height).expect("in range"), 480);
            (size.width(), size.height())
        };
        assert_eq!((of(1920, 1080), of(1080, 1920)), ((480, 270), (270, 480)));
        assert_eq!((of(300, 200), of(65536, 1)), ((300, 200), (480, 1)));
    }
}
