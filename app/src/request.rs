//! What a person asks to be rendered: every render flag as a value that is right once it exists.

use std::path::PathBuf;

use crate::denoiser::NetworkChoice;
use crate::print::Print;
use frame::{Denoise, Filter, FrameRange, FrameSize, Microfacet};

/// One scene and how to render it.
#[derive(Clone, Debug)]
pub struct RenderRequest {
    /// Scene file.
    pub scene: PathBuf,
    /// Where the pictures go; `####` stands for the frame number.
    pub output: PathBuf,
    /// Pixels; `None` is the camera's aspect at [`DEFAULT_WIDTH`].
    pub size: Option<FrameSize>,
    /// Samples per pixel.
    pub spp: u32,
    /// Numbered frames; `None` is a still at `time_s`.
    pub frames: Option<FrameRange>,
    /// Frames per second of the animation.
    pub fps: f64,
    /// Instant of a still, seconds.
    pub time_s: f64,
    /// How long the shutter is open around each frame.
    pub shutter: Shutter,
    /// Camera by name.
    pub camera: Option<String>,
    /// The camera's lens, where it is not to be the file's.
    pub lens: Lens,
    /// What surrounds the scene.
    pub surroundings: Surroundings,
    /// Seed of all random numbers.
    pub seed: u32,
    /// Scattering events after which a path ends.
    pub max_bounces: u32,
    /// Pixel filter.
    pub filter: Filter,
    /// Reflection model.
    pub microfacet: Microfacet,
    /// Largest indirect contribution in a scene of ordinary brightness, more in a brighter one; 0 = off.
    pub clamp_indirect: f32,
    /// Who denoises.
    pub denoise: Denoise,
    /// Whether denoised frames that follow each other are averaged where they agree.
    pub steady: bool,
    /// The denoiser's network; `None`: the one that suits whoever renders.
    pub weights: Option<NetworkChoice>,
    /// How the pictures are stored, and so which layers are rendered.
    pub print: Print,
    /// Tile edge, pixels; `None` lets [`crate::tiling::edge_px`] choose.
    pub tile_px: Option<u32>,
}

#[cfg(test)]
impl RenderRequest {
    /// The least that can be asked for, for tests: a still, one bounce, nothing denoised.
    pub(crate) fn plain(scene: PathBuf, output: PathBuf) -> Self {
        Self {
            scene,
            output,
            size: None,
            spp: 1,
            frames: None,
            fps: 24.0,
            time_s: 0.0,
            shutter: Shutter::default(),
            camera: None,
            lens: Lens::default(),
            surroundings: Surroundings { sky: Sky::Automatic, strength: 1.0, rotate_deg: 0.0 },
            seed: 0,
            max_bounces: 1,
            filter: Filter::Box,
            microfacet: Microfacet::Multi,
            clamp_indirect: 0.0,
            denoise: Denoise::Off,
            steady: true,
            weights: None,
            print: Print::default(),
            tile_px: None,
        }
    }
}

/// What a camera's lens is to be, whatever the file says; nothing by default.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Lens {
    /// Focal length over the diameter of the hole, as on a full-frame camera; above 0.
    pub f_stop: Option<f32>,
    /// Distance in focus along the camera's axis, metres; above 0.
    pub focus_m: Option<f32>,
}

/// How long a shutter is open, frames, 0 to 1: half of it before the frame's instant and half after it. 0: nothing moves meanwhile.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Shutter(f32);

impl Shutter {
    /// A shutter that is open for so many frames; `None` outside 0 to 1.
    pub fn new(frames: f64) -> Option<Self> {
        (0.0..=1.0).contains(&frames).then_some(Self(frames as f32))
    }

    /// Frames, 0 to 1.
    pub fn frames(self) -> f32 {
        self.0
    }
}

/// What surrounds the scene.
#[derive(Clone, Debug, PartialEq)]
pub struct Surroundings {
    /// Which light.
    pub sky: Sky,
    /// Factor on its radiance.
    pub strength: f32,
    /// Turn about the vertical axis, degrees.
    pub rotate_deg: f32,
}

/// The light around a scene.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sky {
    /// A neutral sky when the scene has no light of its own, else black.
    Automatic,
    /// Black.
    Black,
    /// A picture, `.exr` or `.hdr`.
    File(PathBuf),
}

/// Width of a frame whose size nobody named.
pub const DEFAULT_WIDTH: u32 = 1920;
