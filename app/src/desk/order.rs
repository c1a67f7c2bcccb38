//! What the window asks to be rendered: words and numbers of a form, and the request that they make.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use frame::{FrameRange, FrameSize, exr};
use serde::{Deserialize, Serialize};
use specta::Type;

use crate::commission::Terms;
use crate::denoiser::NetworkChoice;
use crate::fault::Fault;
use crate::print::Print;
use crate::request::{Lens, RenderRequest, Shutter, Sky, Surroundings};

/// One scene and how to render it, as a form holds it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Type)]
#[serde(default)]
pub struct Order {
    /// Scene file.
    pub scene: String,
    /// Picture to write; `####` stands for the frame number.
    pub output: String,
    /// How good.
    pub quality: Quality,
    /// Columns; 0: the camera's.
    pub width: u32,
    /// Rows; 0: the camera's.
    pub height: u32,
    /// Frames of the animation, as in 1-24 or 1,5-9x2; empty: a still.
    pub frames: String,
    /// Camera by name; empty: the first.
    pub camera: String,
    /// Who renders.
    pub place: Place,
    /// The coordinator's address, for a network.
    pub coordinator: String,
    /// Most micro-credits that a million samples may cost, for a network.
    pub max_price: u32,
    /// Keys of the only nodes that may render it, for a network; empty: any.
    pub nodes: String,
    /// Key of whoever judges what is refused, for a network; empty: nobody.
    pub referee: String,
    /// Every other flag.
    pub more: More,
}

/// How good a picture is wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum Quality {
    /// To see what is there.
    Draft,
    /// To show.
    #[default]
    Good,
    /// To keep.
    Max,
}

/// Who renders.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// This computer.
    #[default]
    Here,
    /// The nodes of a coordinator.
    Network,
}

/// The flags that most people never touch; the same words, units and defaults as on the command line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Type)]
#[serde(default)]
pub struct More {
    /// Samples per pixel; 0: the quality's.
    pub spp: u32,
    /// Frames per second.
    #[specta(type = u32)]
    pub fps: f64,
    /// Instant of a still, seconds.
    #[specta(type = u32)]
    pub time: f64,
    /// How long the shutter is open around each frame, frames, 0 to 1.
    #[specta(type = u32)]
    pub shutter: f64,
    /// Hole of the camera's lens as on a full-frame camera; 0: the file's.
    #[specta(type = u32)]
    pub f_stop: f64,
    /// Distance in focus, metres; 0: the file's.
    #[specta(type = u32)]
    pub focus: f64,
    /// Environment picture; empty: automatic; `none`: black.
    pub env: String,
    /// Factor on its radiance.
    #[specta(type = u32)]
    pub env_strength: f64,
    /// Its turn, degrees.
    #[specta(type = u32)]
    pub env_rotate: f64,
    /// Seed.
    pub seed: u32,
    /// Scattering events after which a path ends.
    pub max_bounces: u32,
    /// `blackman-harris` or `box`.
    pub filter: String,
    /// `multi` or `single`.
    pub microfacet: String,
    /// Largest indirect contribution; 0: off.
    #[specta(type = u32)]
    pub clamp_indirect: f64,
    /// `node`, `local` or `off`.
    pub denoise: String,
    /// Whether denoised frames that follow each other are averaged where they agree.
    pub steady: bool,
    /// Weights of the denoiser; empty: the program's own.
    pub weights: String,
    /// Tile edge, pixels; 0: chosen.
    pub tile: u32,
    /// Layers to write.
    pub layers: String,
    /// `comp` or `blender`.
    pub exr_layout: String,
    /// `zip`, `zips`, `dwaa` or `none`.
    pub compression: String,
    /// Adapter by number or part of its name; empty: the strongest.
    pub gpu: String,
}

impl Default for Order {
    fn default() -> Self {
        Self {
            scene: String::new(),
            output: String::new(),
            quality: Quality::default(),
            width: 0,
            height: 0,
            frames: String::new(),
            camera: String::new(),
            place: Place::default(),
            coordinator: String::new(),
            max_price: crate::commission::PRICE_MAX_USUAL as u32,
            nodes: String::new(),
            referee: String::new(),
            more: More::default(),
        }
    }
}

impl Default for More {
    fn default() -> Self {
        let (layers, exr_layout, compression) = Print::default().to_words();
        Self {
            spp: 0,
            fps: 24.0,
            time: 0.0,
            shutter: 0.0,
            f_stop: 0.0,
            focus: 0.0,
            env: String::new(),
            env_strength: 1.0,
            env_rotate: 0.0,
            seed: 0,
            max_bounces: 8,
            filter: "blackman-harris".into(),
            microfacet: "multi".into(),
            clamp_indirect: 10.0,
            denoise: crate::denoiser::DENOISE_DEFAULT.name().into(),
            steady: crate::denoiser::STEADY_DEFAULT,
            weights: String::new(),
            tile: 0,
            layers,
            exr_layout,
            compression,
            gpu: String::new(),
        }
    }
}

impl Quality {
    /// Samples per pixel.
    pub fn spp(self) -> u32 {
        match self {
            Quality::Draft => 16,
            Quality::Good => 64,
            Quality::Max => 512,
        }
    }
}

impl Order {
    /// The request that these words make.
    ///
    /// # Errors
    /// A word or number that means nothing, with the field's name.
    pub fn request(&self) -> Result<RenderRequest, Fault> {
        let more = &self.more;
        let size = match (self.width, self.height) {
            (0, 0) => None,
            (width, height) => Some(FrameSize::new(width, height).map_err(|error| wrong("size", &error))?),
        };
        let frames = filled(&self.frames).map(|text| read::<FrameRange>("frames", text)).transpose()?;
        let layers: exr::Layers = read("layers", &more.layers)?;
        let layout = read("layout", &more.exr_layout)?;
        let compression = read("compression", &more.compression)?;
        Ok(RenderRequest {
            scene: PathBuf::from(&self.scene),
            output: PathBuf::from(&self.output),
            size,
            spp: if more.spp == 0 { self.quality.spp() } else { more.spp },
            frames,
            fps: more.fps,
            time_s: more.time,
            shutter: Shutter::new(more.shutter).ok_or_else(|| wrong("shutter", &"it must be from 0 to 1"))?,
            camera: filled(&self.camera).map(str::to_owned),
            lens: more.lens(),
            surroundings: more.surroundings(),
            seed: more.seed,
            max_bounces: more.max_bounces,
            filter: one_of(
                "filter",
                &more.filter,
                [("blackman-harris", frame::Filter::BlackmanHarris), ("box", frame::Filter::Box)],
            )?,
            microfacet: one_of(
                "reflection",
                &more.microfacet,
                [("multi", frame::Microfacet::Multi), ("single", frame::Microfacet::Single)],
            )?,
            clamp_indirect: more.clamp_indirect as f32,
            denoise: one_of(
                "denoising",
                &more.denoise,
                [
                    ("node", frame::Denoise::Node),
                    ("local", frame::Denoise::Local),
                    ("off", frame::Denoise::Off),
                ],
            )?,
            steady: more.steady,
            weights: filled(&more.weights).map(network_named),
            print: Print { layers, layout, compression, ..Print::default() },
            tile_px: (more.tile > 0).then_some(more.tile),
        })
    }

    /// The adapter that was chosen; nothing: the strongest.
    pub(super) fn gpu(&self) -> Option<&str> {
        filled(&self.more.gpu)
    }

    /// On what terms a network may render it.
    ///
    /// # Errors
    /// The field that is not right.
    pub(super) fn terms(&self) -> Result<Terms, Fault> {
        let keys = self.nodes.split([',', ' ', '\n']).filter(|key| !key.is_empty());
        let nodes = keys.map(|key| read("nodes", key)).collect::<Result<_, _>>()?;
        let referee = filled(&self.referee).map(|key| read("referee", key)).transpose()?;
        Ok(Terms { price_max: u64::from(self.max_price), nodes, referee })
    }
}

fn network_named(name: &str) -> NetworkChoice {
    name.parse().unwrap_or_else(|never| match never {})
}

impl More {
    fn lens(&self) -> Lens {
        let filled = |number: f64| (number > 0.0).then_some(number as f32);
        Lens { f_stop: filled(self.f_stop), focus_m: filled(self.focus) }
    }

    fn surroundings(&self) -> Surroundings {
        let sky = match self.env.trim() {
            "" => Sky::Automatic,
            "none" => Sky::Black,
            file => Sky::File(PathBuf::from(file)),
        };
        Surroundings { sky, strength: self.env_strength as f32, rotate_deg: self.env_rotate as f32 }
    }
}

/// The folder of a scene.
pub(super) fn folder_of(scene: &Path) -> PathBuf {
    scene.parent().map_or_else(PathBuf::new, Path::to_owned)
}

/// A name in `folder` that nothing has: `scene.exr`, else `scene-2.exr` and so on. `is_free`: whether nobody writes or wrote that.
pub(super) fn free_name(
    folder: &Path,
    scene: &Path,
    is_sequence: bool,
    is_free: impl Fn(&Path) -> bool,
) -> PathBuf {
    // In a picture's name `#` stands for the frame's number.
    let stem = scene.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().replace('#', ""));
    let stem = if stem.trim().is_empty() { "picture".to_owned() } else { stem };
    let names = |base: &str| [".####", ""].map(|frames| folder.join(format!("{base}{frames}.exr")));
    let mut base = stem.clone();
    let mut number = 2_u32;
    while !names(&base).iter().all(|name| is_free(name)) {
        base = format!("{stem}-{number}");
        number += 1;
    }
    let [sequence, still] = names(&base);
    if is_sequence { sequence } else { still }
}

pub(super) fn filled(text: &str) -> Option<&str> {
    let text = text.trim();
    (!text.is_empty()).then_some(text)
}

fn read<T: FromStr<Err: std::fmt::Display>>(field: &str, text: &str) -> Result<T, Fault> {
    text.trim().parse().map_err(|error| wrong(field, &error))
}

fn one_of<T: Copy, const N: usize>(field: &str, text: &str, words: [(&str, T); N]) -> Result<T, Fault> {
    let found = words.iter().find(|(word, _)| *word == text.trim());
    found.map(|(_, value)| *value).ok_or_else(|| {
        let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        wrong(field, &format!("\"{text}\" is none of {}", known.join(", ")))
    })
}

fn wrong(field: &str, error: &dyn std::fmt::Display) -> Fault {
    Fault::usage(format!("the field \"{field}\" is not right: {error}"), "correct it and start again")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_untouched_form_asks_for_what_the_command_line_does() {
        let order = Order { scene: "a.glb".into(), output: "a.exr".into(), ..Order::default() };
        let request = order.request().expect("defaults are right");
        assert_eq!(request.denoise, crate::denoiser::DENOISE_DEFAULT);
        assert_eq!((request.spp, request.max_bounces, request.seed), (64, 8, 0));
        assert_eq!((request.size, request.frames, request.tile_px), (None, None, None));
        assert_eq!(request.surroundings.sky, Sky::Automatic);
    }

    #[test]
    fn nodes_are_their_keys_however_a_person_divides_them() {
        let key = |digits: &str| digits.repeat(32);
        let nodes = format!("{}, {}\n", key("ab"), key("cd"));
        let terms = Order { nodes, ..Order::default() }.terms().expect("two keys");
        assert_eq!(terms.nodes, [frame::NodeId([0xab; 32]), frame::NodeId([0xcd; 32])]);
        assert!(Order::default().terms().expect("any node").nodes.is_empty());
        let fault = Order { nodes: key("ab")[1..].into(), ..Order::default() }.terms().expect_err("short");
        assert!(fault.what.contains("\"nodes\""), "{fault}");
    }

    #[test]
    fn a_referee_is_its_key_and_nobody_judges_where_there_is_none() {
        let named = |referee: &str| Order { referee: referee.into(), ..Order::default() }.terms();
        assert_eq!(named("").expect("nobody").referee, None);
        let key = format!(" {}\n", "ab".repeat(32));
        assert_eq!(named(&key).expect("a key").referee, Some(frame::NodeId([0xab; 32])));
        let fault = named("me").expect_err("no key");
        assert!(fault.what.contains("\"referee\""), "{fault}");
    }

    #[test]
    fn every_wrong_field_is_named() {
        let more = |change: fn(&mut More)| {
            let mut more = More::default();
            change(&mut more);
            Order { more, ..Order::default() }
        };
        let orders = [
            (Order { frames: "9-1x0".into(), ..Order::default() }, "frames"),
            (Order { width: 10, height: 0, ..Order::default() }, "size"),
            (more(|more| more.filter = "round".into()), "filter"),
            (more(|more| more.denoise = "yes".into()), "denoising"),
            (more(|more| more.layers = "beauty,smell".into()), "layers"),
        ];
        for (order, field) in orders {
            let fault = order.request().expect_err(field);
            assert!(fault.what.contains(&format!("\"{field}\"")), "{fault}");
        }
    }

    #[test]
    fn a_free_name_is_free_as_a_still_and_as_frames() {
        let taken = ["there/vase.exr", "there/vase-2.####.exr"].map(Path::new);
        let name = |is_sequence| {
            let is_free = |path: &Path| !taken.contains(&path);
            free_name(Path::new("there"), Path::new("scenes/vase.glb"), is_sequence, is_free)
        };
        assert_eq!(name(false), Path::new("there/vase-3.exr"));
        assert_eq!(name(true), Path::new("there/vase-3.####.exr"));
    }

    #[test]
    fn a_proposed_name_has_no_sign_that_stands_for_a_frames_number() {
        let name = |scene: &str| free_name(Path::new("there"), Path::new(scene), false, |_| true);
        assert_eq!(name("Küche #1.glb"), Path::new("there/Küche 1.exr"));
        assert_eq!(name("##.glb"), Path::new("there/picture.exr"));
    }

    #[test]
    fn a_kept_order_reads_back_and_an_older_one_is_filled_up() {
        let order = Order { quality: Quality::Max, ..Order::default() };
        let text = serde_json::to_string(&order).expect("plain data");
        assert_eq!(serde_json::from_str::<Order>(&text).expect("just written"), order);
        let old: Order = serde_json::from_str(r#"{"scene":"a.glb"}"#).expect("fields may be missing");
        assert_eq!(old.more, More::default());
    }
}
