//! A render request that has been checked against its scene and its disk: after this, only rendering can fail.

use std::path::PathBuf;

use frame::{
    Denoise, FrameIndex, FrameSize, LiveEvent, NetworkId, Plane, PlaneSet, RenderSettings, SettingsDraft,
    TileGrid,
};
use render_core::{AdapterChoice, PackedScene};

use render_net::artist::FrameScene;

use super::developer::Developer;
use super::scene_file::{View, open_scene};
use super::sequence::Sequence;
use super::shots::Shots;
use super::steady::Steady;
use crate::denoiser::{Carried, MARGIN_PX, Network, NetworkChoice};
use crate::event::{Audience, Event};
use crate::fault::{Exit, Fault};
use crate::output::OutputName;
use crate::print::Print;
use crate::request::{DEFAULT_WIDTH, RenderRequest};
use crate::tiling;

/// What is rendered, how, and where the pictures go.
pub struct Plan {
    /// Frames, ascending; a still is frame 0.
    pub(crate) frames: Vec<FrameIndex>,
    pub(crate) settings: RenderSettings,
    pub(crate) grid: TileGrid,
    pub(crate) output: OutputName,
    pub(crate) print: Print,
    /// Whether frames are averaged with the ones around them.
    pub(crate) is_steady: bool,
    network: Option<Network>,
    /// Weights of the denoiser where a file was named.
    pub(crate) weights: Option<PathBuf>,
    shots: Shots,
}

/// Packs the scene of a frame; says in a sentence what is wrong when it cannot.
pub(crate) type Packer = Box<dyn FnMut(FrameIndex) -> Result<FrameScene, String> + Send>;

/// A plan's scenes.
pub(crate) struct Scenes {
    /// Whether all frames show the same packed scene.
    pub(crate) are_one: bool,
    /// GPU memory that a scene needs, MiB.
    pub(crate) memory_mib: u32,
    pub(crate) packer: Packer,
}

impl Plan {
    /// Opens the scene, tells what a person should know about it, and checks that the pictures can be written; `usual` denoises them
    /// when the request names no network.
    pub fn open(request: &RenderRequest, usual: Carried, audience: &mut dyn Audience) -> Result<Self, Fault> {
        let plan = Self::look(request, usual, audience)?;
        plan.output.check_writable(plan.frames[0].0, plan.print.bytes_max(plan.settings.size))?;
        Ok(plan)
    }

    /// The same for pictures that nobody will write.
    pub(crate) fn look(
        request: &RenderRequest,
        usual: Carried,
        audience: &mut dyn Audience,
    ) -> Result<Self, Fault> {
        let frames = frames(request);
        let output = OutputName::parse(&request.output, frames.len())?;
        request.print.check()?;
        let network = match request.denoise {
            Denoise::Off => None,
            Denoise::Node | Denoise::Local => Some(Network::choose(request.weights.as_ref(), usual)?),
        };
        let is_steady = is_steady(request, &frames);
        let motion = is_steady || request.print.planes().contains(Plane::Motion);
        let camera = request.camera.as_deref();
        let view = View { camera, lens: request.lens, shutter: request.shutter };
        let document = open_scene(&request.scene, view, &request.surroundings, motion)?;
        for warning in document.warnings() {
            audience.hear(&LiveEvent::Warning { message: warning.to_string() }.into());
        }
        let still_s = request.frames.is_none().then_some(request.time_s);
        let shots = Shots::new(document, still_s, request.fps);
        let scene = shots.scene(frames[0])?;
        let size = request.size.map_or_else(|| default_size(scene.camera.aspect), Ok)?;
        let settings = settings(request, size, network.as_ref(), is_steady)?;
        let edge_px = tiling::edge_px(request.tile_px, size, settings.denoise);
        let margin_px = if settings.denoise == Denoise::Node { MARGIN_PX } else { 0 };
        let grid = TileGrid::new(size, edge_px, margin_px);
        audience.hear(&Event::SceneOpened {
            scene: request.scene.display().to_string(),
            triangles: scene.triangles_instanced(),
            camera: seen_by(&scene.camera.name),
        });
        let print = request.print.clone().with_names_of(&scene);
        let weights = match &request.weights {
            Some(NetworkChoice::File(path)) => Some(path.clone()),
            Some(NetworkChoice::Carried(_)) | None => None,
        };
        Ok(Self { frames, settings, grid, output, print, is_steady, network, weights, shots })
    }

    /// What a frame shows.
    pub(crate) fn shown(&self, frame: FrameIndex) -> Result<FrameScene, Fault> {
        self.shots.shown(frame, &self.settings)
    }

    /// Whoever makes pictures of its films, on the adapter that renders them.
    pub(crate) fn developer(&self, adapter: &AdapterChoice) -> Developer {
        let network = self.network.as_ref();
        Developer::new(network.map_or("", Network::name), network.map(|network| network.on(adapter)))
    }

    /// Whoever averages its frames with the ones around them.
    pub(crate) fn steady(&self) -> Option<Steady<'_>> {
        let frames = self.frames.iter().map(|frame| frame.0);
        if self.is_steady { Steady::of(frames, self.output.folder()) } else { None }
    }

    /// The network that nodes on this machine run for it.
    pub(crate) fn networks(&self) -> Vec<Network> {
        self.network.iter().cloned().collect()
    }

    /// Its scenes, ready to be sealed.
    pub(crate) fn scenes(&self) -> Result<Scenes, Fault> {
        let (first, packed, exposure_scale) = self.first_packed()?;
        let memory_mib = render_core::memory_need(&packed).total_bytes.div_ceil(1 << 20);
        // Packing builds trees and is slow; this one is kept for its upload.
        let mut ready = Some((first, FrameScene { scene: packed.to_blob(), exposure_scale }));
        let (shots, settings) = (self.shots.clone(), self.settings);
        let packer = move |frame| match ready.take_if(|(of, _)| *of == frame) {
            Some((_, shown)) => Ok(shown),
            None => shots.shown(frame, &settings).map_err(|fault| fault.what),
        };
        let memory_mib = u32::try_from(memory_mib).unwrap_or(u32::MAX);
        Ok(Scenes { are_one: self.shots.are_one(), memory_mib, packer: Box::new(packer) })
    }

    /// The first frame that can be packed, and its exposure scale: what is wrong with others is told when it is their turn.
    fn first_packed(&self) -> Result<(FrameIndex, PackedScene, f32), Fault> {
        let all = self.frames.len();
        let frames = if self.shots.are_one() { &self.frames[..1] } else { &self.frames[..] };
        let mut first = None;
        for &frame in frames {
            match self.shots.packed(frame, &self.settings) {
                Ok((packed, exposure_scale)) => return Ok((frame, packed, exposure_scale)),
                Err(fault) => drop(first.get_or_insert(fault)),
            }
        }
        let fault = first.expect("a plan has a frame, and it failed");
        if all == 1 {
            return Err(fault);
        }
        Err(Fault::new(Exit::Frames, format!("{all} of {all} frames failed: {}", fault.what), fault.advice))
    }

    /// Samples (pixels × samples per pixel) of all frames.
    pub(crate) fn total_samples(&self) -> u64 {
        self.grid.frame().pixels() * u64::from(self.settings.spp) * self.frames.len() as u64
    }

    /// Tells that rendering begins.
    pub(crate) fn announce(&self, adapter: &str, audience: &mut dyn Audience) {
        audience.hear(&Event::render_started(self.frames.len(), self.settings.spp, self.grid, adapter));
    }
}

/// A camera that the program chose itself has no name.
fn seen_by(name: &str) -> String {
    if name.is_empty() { "a camera that frames it".to_owned() } else { name.to_owned() }
}

fn frames(request: &RenderRequest) -> Vec<FrameIndex> {
    match &request.frames {
        Some(range) => range.frames().iter().map(|&frame| FrameIndex(frame)).collect(),
        None => vec![FrameIndex(0)],
    }
}

/// Whether there is anything to steady: denoised frames that follow each other.
fn is_steady(request: &RenderRequest, frames: &[FrameIndex]) -> bool {
    let follow = Sequence::of(frames.iter().map(|frame| frame.0)).is_some();
    request.steady && request.denoise != Denoise::Off && follow
}

/// The camera's aspect at [`DEFAULT_WIDTH`] pixels wide; 16:9 for a camera that asks for none.
pub(crate) fn default_size(aspect: Option<f32>) -> Result<FrameSize, Fault> {
    let aspect = f64::from(aspect.unwrap_or(16.0 / 9.0));
    let height = (f64::from(DEFAULT_WIDTH) / aspect).round();
    let bad = || {
        Fault::scene(
            format!("the camera asks for an aspect ratio of {aspect}"),
            "name the pixels with --size WxH",
        )
    };
    if !(1.0..=f64::from(FrameSize::SIDE_MAX)).contains(&height) {
        return Err(bad());
    }
    FrameSize::new(DEFAULT_WIDTH, height as u32).map_err(|_| bad())
}

fn settings(
    request: &RenderRequest,
    size: FrameSize,
    network: Option<&Network>,
    is_steady: bool,
) -> Result<RenderSettings, Fault> {
    // A denoiser looks at planes that nobody may want to see.
    let seen = match network {
        Some(_) if is_steady => frame::history::PLANES,
        Some(_) => PlaneSet::DEFAULT,
        None => PlaneSet::BEAUTY,
    };
    let planes = seen.iter().fold(request.print.planes(), PlaneSet::with);
    let draft = SettingsDraft {
        spp: request.spp,
        seed: request.seed,
        max_bounces: request.max_bounces,
        filter: request.filter,
        microfacet: request.microfacet,
        clamp_indirect: request.clamp_indirect,
        denoise: request.denoise,
        network: network.map_or(NetworkId::NONE, Network::id),
        planes,
        ..SettingsDraft::defaults(size)
    };
    RenderSettings::new(draft).map_err(|error| Fault::usage(error.to_string(), "correct the flag"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_size_keeps_the_cameras_aspect() {
        let size = |aspect| default_size(aspect).map(|size| (size.width(), size.height()));
        assert_eq!(size(Some(1.5)), Ok((1920, 1280)));
        assert_eq!(size(None), Ok((1920, 1080)));
        for wild in [1e-9, 1e9, f32::NAN] {
            assert_eq!(size(Some(wild)).expect_err("not a picture").exit, Exit::Scene);
        }
    }
}
