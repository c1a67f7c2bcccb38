//! The render flags, shared by every command that renders.

use std::path::PathBuf;
use std::str::FromStr;

use app::denoiser::NetworkChoice;
use app::request::{Lens, RenderRequest, Shutter, Sky, Surroundings};
use app::{Fault, print::Print};
use clap::{Args, ValueEnum};
use frame::{FrameRange, FrameSize, exr};

/// How a picture is to look.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Picture")]
pub(crate) struct Looks {
    /// Pixels [default: the camera's aspect at 1920 wide].
    #[arg(long, value_name = "WxH")]
    pub(crate) size: Option<Size>,
    /// Samples per pixel.
    #[arg(long, value_name = "N", default_value_t = 64)]
    pub(crate) spp: u32,
    /// Frames of the animation, as in 1-24 or 1,5-9x2.
    #[arg(long, value_name = "LIST")]
    pub(crate) frames: Option<FrameRange>,
    /// Frames per second of the animation.
    #[arg(long, value_name = "N", default_value_t = 24.0, value_parser = positive)]
    pub(crate) fps: f64,
    /// Instant of the animation for a still, seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 0.0, value_parser = not_negative, conflicts_with = "frames")]
    pub(crate) time: f64,
    /// How long the shutter is open around each frame, frames, 0 to 1: whatever moves meanwhile is blurred; 0.5 is usual for films.
    #[arg(long, value_name = "FRAMES", default_value_t = 0.0, value_parser = shutter)]
    pub(crate) shutter: f64,
    /// Camera by name [default: the first one of the default scene].
    #[arg(long, value_name = "NAME")]
    pub(crate) camera: Option<String>,
    /// Hole of the camera's lens as on a full-frame camera, such as 2.8: what is nearer or farther than --focus is blurred [default: the file's].
    #[arg(long, value_name = "N", value_parser = positive)]
    pub(crate) f_stop: Option<f64>,
    /// Distance from the camera at which the picture is sharp, metres [default: the file's].
    #[arg(long, value_name = "METRES", value_parser = positive)]
    pub(crate) focus: Option<f64>,
    /// Environment picture, .exr or .hdr; `none` is black [default: a neutral sky when the scene has no light].
    #[arg(long, value_name = "FILE")]
    pub(crate) env: Option<PathBuf>,
    /// Factor on the environment's radiance.
    #[arg(long, value_name = "X", default_value_t = 1.0, value_parser = not_negative)]
    pub(crate) env_strength: f64,
    /// Turn of the environment about the vertical axis, degrees.
    #[arg(long, value_name = "DEG", default_value_t = 0.0, allow_negative_numbers = true, value_parser = finite)]
    pub(crate) env_rotate: f64,
    /// Seed of all random numbers.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) seed: u32,
    /// Scattering events after which a path ends; direct light is still gathered at the last.
    #[arg(long, value_name = "N", default_value_t = 8)]
    pub(crate) max_bounces: u32,
    /// Pixel filter.
    #[arg(long, value_enum, default_value = "blackman-harris")]
    pub(crate) filter: Filter,
    /// Reflection of rough surfaces: energy-conserving, or plain single scattering.
    #[arg(long, value_enum, default_value = "multi")]
    pub(crate) microfacet: Microfacet,
    /// Largest indirect contribution to a sample in a scene of ordinary brightness, more in a brighter one; 0 = off.
    #[arg(long, value_name = "X", default_value_t = 10.0, value_parser = not_negative)]
    pub(crate) clamp_indirect: f64,
    /// Who denoises: the nodes that render each tile, this computer when a frame is finished, or nobody.
    #[arg(long, value_enum, default_value = app::denoiser::DENOISE_DEFAULT.name())]
    pub(crate) denoise: Denoise,
    /// Average each denoised frame of an animation with the frames before and after, moved along, where they show the same surface in the
    /// same light: less flicker [default: on, unless nobody denoises].
    #[arg(long, value_enum, value_name = "on|off")]
    pub(crate) steady: Option<Steady>,
    /// Network of the denoiser: one that the program carries, or a file of weights, which nodes then need too [default: small where this
    /// computer's adapter is the processor or shares its memory, else quality].
    #[arg(long, value_name = "small|quality|FILE.tdn")]
    pub(crate) weights: Option<NetworkChoice>,
    /// Adapter of this computer: its number or part of its name, as `tessera doctor` lists them [default: the strongest].
    #[arg(long, value_name = "INDEX|NAME")]
    pub(crate) gpu: Option<String>,
    /// Tile edge, pixels, 8 to 4096 [default: chosen by frame size].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(8..=4096))]
    pub(crate) tile: Option<u32>,
    /// Layers to write, of: beauty, noisy, albedo, normal, depth, position, motion, object_id, material_id, variance, samples, cryptomatte, denoised.
    #[arg(long, value_name = "LIST", default_value = "beauty,noisy,albedo,normal,depth")]
    pub(crate) layers: exr::Layers,
    /// How layers are named in the EXR: comp or blender.
    #[arg(long, value_name = "NAME", default_value = "comp")]
    pub(crate) exr_layout: exr::Layout,
    /// Compression of the EXR: zip, zips, dwaa or none.
    #[arg(long, value_name = "NAME", default_value = "zip")]
    pub(crate) compression: exr::Compression,
}

/// A frame size as people write it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size(pub(crate) FrameSize);

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Filter {
    /// Blackman–Harris, 1.5 pixels wide.
    BlackmanHarris,
    /// The pixel's own square.
    Box,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Microfacet {
    Multi,
    Single,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Denoise {
    /// Each node, with what it traces around its tile.
    Node,
    /// This computer, when a frame is finished.
    Local,
    /// Nobody.
    Off,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Steady {
    On,
    Off,
}

impl FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let sides = text
            .split_once(['x', 'X'])
            .and_then(|(width, height)| Some((width.trim().parse().ok()?, height.trim().parse().ok()?)));
        let (width, height) = sides.ok_or("write it as WIDTHxHEIGHT, such as 1920x1080")?;
        FrameSize::new(width, height).map(Self).map_err(|error| error.to_string())
    }
}

impl Looks {
    /// The request to render `scene` into `output` with these looks.
    pub(crate) fn request(self, scene: PathBuf, output: PathBuf) -> Result<RenderRequest, Fault> {
        if self.denoise == Denoise::Off && self.weights.is_some() {
            let advice = "choose --denoise node or local, or leave --weights out";
            return Err(Fault::usage("--weights names a denoiser that --denoise off leaves out", advice));
        }
        if self.denoise == Denoise::Off && self.steady == Some(Steady::On) {
            let advice = "choose --denoise node or local, or leave --steady out";
            return Err(Fault::usage(
                "--steady averages denoised frames, and --denoise off leaves them noisy",
                advice,
            ));
        }
        let sky = match self.env {
            None => Sky::Automatic,
            Some(name) if name.as_os_str() == "none" => Sky::Black,
            Some(file) => Sky::File(file),
        };
        let surroundings =
            Surroundings { sky, strength: self.env_strength as f32, rotate_deg: self.env_rotate as f32 };
        Ok(RenderRequest {
            scene,
            output,
            size: self.size.map(|size| size.0),
            spp: self.spp,
            frames: self.frames,
            fps: self.fps,
            time_s: self.time,
            shutter: Shutter::new(self.shutter).unwrap_or_default(),
            camera: self.camera,
            lens: Lens {
                f_stop: self.f_stop.map(|stop| stop as f32),
                focus_m: self.focus.map(|distance| distance as f32),
            },
            surroundings,
            seed: self.seed,
            max_bounces: self.max_bounces,
            filter: match self.filter {
                Filter::BlackmanHarris => frame::Filter::BlackmanHarris,
                Filter::Box => frame::Filter::Box,
            },
            microfacet: match self.microfacet {
                Microfacet::Multi => frame::Microfacet::Multi,
                Microfacet::Single => frame::Microfacet::Single,
            },
            clamp_indirect: self.clamp_indirect as f32,
            denoise: match self.denoise {
                Denoise::Node => frame::Denoise::Node,
                Denoise::Local => frame::Denoise::Local,
                Denoise::Off => frame::Denoise::Off,
            },
            steady: self.steady.map_or(app::denoiser::STEADY_DEFAULT, |steady| steady == Steady::On),
            weights: self.weights,
            print: Print {
                layers: self.layers,
                layout: self.exr_layout,
                compression: self.compression,
                ..Print::default()
            },
            tile_px: self.tile,
        })
    }
}

pub(crate) fn finite(text: &str) -> Result<f64, String> {
    let number: f64 = text.parse().map_err(|_| "it is not a number".to_owned())?;
    // Beyond f32 a value would become infinite on its way to the renderer.
    if (number as f32).is_finite() { Ok(number) } else { Err("it must be a finite number".into()) }
}

pub(crate) fn not_negative(text: &str) -> Result<f64, String> {
    finite(text)
        .and_then(|number| if number >= 0.0 { Ok(number) } else { Err("it must be 0 or more".into()) })
}

fn shutter(text: &str) -> Result<f64, String> {
    let frames = finite(text)?;
    Shutter::new(frames).map(|_| frames).ok_or_else(|| "it must be from 0 to 1".into())
}

pub(crate) fn positive(text: &str) -> Result<f64, String> {
    finite(text).and_then(|number| if number > 0.0 { Ok(number) } else { Err("it must be above 0".into()) })
}
