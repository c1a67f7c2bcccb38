//! A render's flags as a job template: what may be changed becomes a parameter with what was asked for as its default.
//!
//! Each value goes to the program as `--flag={{Param.Name}}`, in one word, so that no value can pass for a flag. A flag that nobody gave
//! and that has no word for "as usual" is left out, with its parameter.

use std::path::{Component, Path};

use app::fault::one_line;
use app::output::OutputName;
use app::request::Sky;
use app::{Fault, denoiser::NetworkChoice, request::RenderRequest};
use clap::ValueEnum;
use frame::{Denoise, FrameSize, RenderSettings, SettingsDraft};

use super::document::{
    Action, Actions, Amount, Cancelation, Chunks, Host, Parameter, Script, Space, Spot, Step, TaskParameter,
    Template,
};
use super::frames::ranges;
use crate::args::{Looks, TemplateWish};

/// Time that a cancelled task gets to end a tile and to write what it has, seconds.
const NOTIFY_S: u32 = 60;
/// Letters of a scene's name in the name of its job.
const NAME_MAX: usize = 64;
const ON_OFF: &[&str] = &["on", "off"];

const OF_FRAMES: &str = "Renders an animation with Tessera, a task for each frame. A task sees no other frame, so frames are not \
    averaged with their neighbours (--steady off); that would differ from one frame to the next.";
const OF_CHUNKS: &str = "Renders an animation with Tessera, some frames a task. With Steady, frames are averaged with their \
    neighbours of the same task: the first and the last of a task have fewer.";
const OF_A_STILL: &str = "Renders a picture with Tessera, in one task.";
const OF_A_COORDINATOR: &str = "Hands a render to a Tessera coordinator's nodes, follows it and writes the pictures, in one task. When \
    the task is cancelled, the nodes go on: its last line says how to end or to collect their job.";

/// The template for a wish; `folder`, absolute, is where it will lie. Paths elsewhere have no default.
///
/// # Errors
/// Usage: what `tessera render` would refuse, or what no template can hold.
pub(crate) fn template(wish: &TemplateWish, folder: &Path) -> Result<Template, Fault> {
    let request = wish.looks.clone().request(wish.scene.clone(), wish.output.clone())?;
    check(&request)?;
    let steady = steady(wish, &request)?;
    let mut sheet = Sheet { words: vec![], parameters: vec![], folder };
    sheet.work(wish)?;
    sheet.time(wish);
    sheet.light_and_view(wish, &request)?;
    sheet.quality(wish, &request);
    sheet.denoising(&request, steady)?;
    sheet.files(wish, &request);
    sheet.market(wish)?;
    sheet.parameters.push(Parameter::text("Tessera", "The program, as workers find it.", "tessera"));
    let stem = wish.scene.file_stem().unwrap_or_default().to_string_lossy().replace("{{", "{ {");
    Ok(Template {
        specification_version: "jobtemplate-2023-09",
        extensions: if wish.chunk.is_some() { vec!["TASK_CHUNKING"] } else { vec![] },
        name: format!("Tessera {}", one_line(&stem).chars().take(NAME_MAX).collect::<String>()),
        description: description(wish).to_owned(),
        parameter_definitions: sheet.parameters,
        steps: [step(wish, sheet.words)],
    })
}

fn description(wish: &TemplateWish) -> &'static str {
    match (&wish.coordinator, &wish.looks.frames, wish.chunk) {
        (Some(_), ..) => OF_A_COORDINATOR,
        (None, None, _) => OF_A_STILL,
        (None, Some(_), None) => OF_FRAMES,
        (None, Some(_), Some(_)) => OF_CHUNKS,
    }
}

/// Refuses what the program would refuse on every worker.
fn check(request: &RenderRequest) -> Result<(), Fault> {
    OutputName::parse(&request.output, 1)?;
    if request.frames.is_some() && OutputName::parse(&request.output, 2).is_err() {
        let advice = "put #### where the frame number goes, as in -o shot.####.exr";
        return Err(Fault::usage("the frames of a job need names of their own", advice));
    }
    request.print.check()?;
    let size = request.size.unwrap_or(FrameSize::new(1, 1).expect("a pixel is a frame"));
    let (spp, max_bounces) = (request.spp, request.max_bounces);
    let draft = SettingsDraft { spp, max_bounces, ..SettingsDraft::defaults(size) };
    let settings = RenderSettings::new(draft);
    settings.map(|_| ()).map_err(|error| Fault::usage(error.to_string(), "choose another number"))
}

/// Whether frames are averaged with their neighbours; nothing where there are no neighbours or nobody denoises.
fn steady(wish: &TemplateWish, request: &RenderRequest) -> Result<Option<bool>, Fault> {
    let asked = wish.looks.steady.map(|_| request.steady);
    if request.denoise == Denoise::Off || request.frames.is_none() {
        return Ok(None);
    }
    if wish.coordinator.is_some() {
        return Ok(Some(request.steady));
    }
    if wish.chunk.is_none() && asked == Some(true) {
        let what = "--steady averages frames with their neighbours, and each task renders one frame alone";
        return Err(Fault::usage(what, "give tasks several frames with --chunk, or leave --steady out"));
    }
    Ok(Some(asked.unwrap_or(false)))
}

fn step(wish: &TemplateWish, args: Vec<String>) -> Step {
    let chunks = wish
        .chunk
        .map(|_| Chunks { default_task_count: "{{Param.FramesPerTask}}", range_constraint: "CONTIGUOUS" });
    let kind = if chunks.is_some() { "CHUNK[INT]" } else { "INT" };
    let parameter = TaskParameter { name: "Frame", kind, range: "{{Param.Frames}}", chunks };
    let is_divided = wish.coordinator.is_none() && wish.looks.frames.is_some();
    let needs_gpu = wish.coordinator.is_none() && !wish.cpu_workers;
    Step {
        name: "Render",
        parameter_space: is_divided.then_some(Space { task_parameter_definitions: [parameter] }),
        host_requirements: needs_gpu
            .then_some(Host { amounts: [Amount { name: "amount.worker.gpu", min: 1 }] }),
        script: Script {
            actions: Actions {
                on_run: Action {
                    command: "{{Param.Tessera}}",
                    args,
                    cancelation: Cancelation {
                        mode: "NOTIFY_THEN_TERMINATE",
                        notify_period_in_seconds: NOTIFY_S,
                    },
                },
            },
        },
    }
}

/// A template while it is filled in.
struct Sheet<'a> {
    words: Vec<String>,
    parameters: Vec<Parameter>,
    folder: &'a Path,
}

impl Sheet<'_> {
    /// A flag whose value whoever submits may change.
    fn flag(&mut self, flag: &str, parameter: Parameter) {
        self.words.push(format!("--{flag}={{{{Param.{}}}}}", parameter.name));
        self.parameters.push(parameter);
    }

    fn work(&mut self, wish: &TemplateWish) -> Result<(), Fault> {
        let verb = if wish.coordinator.is_some() { "submit" } else { "render" };
        self.words.extend([verb, "--openjd", "{{Param.Scene}}"].map(str::to_owned));
        self.words.push("--output={{Param.OutputFolder}}/{{Param.OutputName}}".into());
        let scene = self.place(&wish.scene)?;
        self.parameters.push(Parameter::file("Scene", "Scene file: .gltf or .glb.", scene));
        let folder = match wish.output.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let folder = self.place(folder)?;
        self.parameters.push(Parameter::folder("OutputFolder", "Where pictures are written.", folder, "OUT"));
        let name = wish.output.file_name().unwrap_or_default();
        let name = name.to_str().ok_or_else(|| unwritten(&wish.output))?;
        let about = "What pictures are called; #### stands for the frame number.";
        self.parameters.push(Parameter::text("OutputName", about, name));
        Ok(())
    }

    fn time(&mut self, wish: &TemplateWish) {
        let looks = &wish.looks;
        let Some(frames) = &looks.frames else {
            let about = "Instant of the animation, seconds.";
            self.flag("time", Parameter::number("Time", about, looks.time, Some(0.0)));
            return self.pace(looks);
        };
        let frames = frames.frames();
        if wish.coordinator.is_some() {
            let about = "Frames of the animation, as in 1-24 or 1,5-9x2.";
            self.flag("frames", Parameter::text("Frames", about, ranges(frames, 'x')));
        } else {
            let about = "Frames of the animation, as in 1-24 or 1,5-9:2.";
            self.words.push("--frames={{Task.Param.Frame}}".into());
            self.parameters.push(Parameter::text("Frames", about, ranges(frames, ':')));
        }
        if let Some(chunk) = wish.chunk {
            let about = "Frames that a task renders one after the other.";
            self.parameters.push(Parameter::whole("FramesPerTask", about, chunk, (1, 100_000)));
        }
        self.pace(looks);
    }

    /// What a still has too: its shutter is open for a share of a frame.
    fn pace(&mut self, looks: &Looks) {
        let about = "Frames per second of the animation.";
        self.flag("fps", Parameter::number("Fps", about, looks.fps, Some(0.001)));
        let about = "How long the shutter is open around each frame, frames, 0 to 1.";
        self.flag("shutter", Parameter::number("Shutter", about, looks.shutter, Some(0.0)));
    }

    fn light_and_view(&mut self, wish: &TemplateWish, request: &RenderRequest) -> Result<(), Fault> {
        let looks = &wish.looks;
        if let Some(camera) = &looks.camera {
            self.flag("camera", Parameter::text("Camera", "Camera by name.", camera));
        }
        if let Some(f_stop) = looks.f_stop {
            let about = "Hole of the camera's lens as on a full-frame camera.";
            self.flag("f-stop", Parameter::number("FStop", about, f_stop, Some(0.001)));
        }
        if let Some(focus) = looks.focus {
            let about = "Distance from the camera at which the picture is sharp, metres.";
            self.flag("focus", Parameter::number("Focus", about, focus, Some(0.001)));
        }
        match &request.surroundings.sky {
            Sky::Automatic => {}
            Sky::Black => self.words.push("--env=none".into()),
            Sky::File(file) => {
                let file = self.place(file)?;
                self.flag("env", Parameter::file("Environment", "Environment picture, .exr or .hdr.", file));
            }
        }
        if request.surroundings.sky != Sky::Black {
            let about = "Factor on the environment's radiance.";
            let strength = looks.env_strength;
            self.flag("env-strength", Parameter::number("EnvironmentStrength", about, strength, Some(0.0)));
            let about = "Turn of the environment about the vertical axis, degrees.";
            self.flag("env-rotate", Parameter::number("EnvironmentTurn", about, looks.env_rotate, None));
        }
        Ok(())
    }

    fn quality(&mut self, wish: &TemplateWish, request: &RenderRequest) {
        let looks = &wish.looks;
        if let Some(size) = request.size {
            let size = format!("{}x{}", size.width(), size.height());
            self.flag("size", Parameter::text("Size", "Pixels, as in 1920x1080.", size));
        }
        self.flag("spp", Parameter::whole("Spp", "Samples per pixel.", looks.spp, (1, 1 << 20)));
        self.flag("seed", Parameter::whole("Seed", "Seed of all random numbers.", looks.seed, (0, u32::MAX)));
        let about = "Scattering events after which a path ends.";
        self.flag("max-bounces", Parameter::whole("MaxBounces", about, looks.max_bounces, (0, 1024)));
        let filters = &["blackman-harris", "box"];
        self.flag("filter", Parameter::choice("Filter", "Pixel filter.", word(&looks.filter), filters));
        let (about, words) = ("Reflection of rough surfaces.", &["multi", "single"]);
        self.flag("microfacet", Parameter::choice("Microfacet", about, word(&looks.microfacet), words));
        let about = "Largest indirect contribution to a sample; 0 is off.";
        let clamp = looks.clamp_indirect;
        self.flag("clamp-indirect", Parameter::number("ClampIndirect", about, clamp, Some(0.0)));
    }

    fn denoising(&mut self, request: &RenderRequest, steady: Option<bool>) -> Result<(), Fault> {
        // Without a denoiser its other flags mean nothing and are refused, so nobody can switch it on or off later.
        if request.denoise == Denoise::Off {
            self.words.push("--denoise=off".into());
            return Ok(());
        }
        let about = "Who denoises: whoever renders each tile, or one computer when a frame is finished.";
        self.flag("denoise", Parameter::choice("Denoise", about, request.denoise.name(), &["node", "local"]));
        // What suits a worker differs from worker to worker; frames of one job should not.
        let about = "Network of the denoiser.";
        match &request.weights {
            Some(NetworkChoice::File(file)) => {
                let file = self.place(file)?;
                self.flag("weights", Parameter::file("Weights", about, file));
            }
            Some(NetworkChoice::Carried(carried)) => {
                let networks = &["small", "quality"];
                self.flag("weights", Parameter::choice("Weights", about, carried.name(), networks));
            }
            None => {
                self.flag("weights", Parameter::choice("Weights", about, "quality", &["small", "quality"]));
            }
        }
        let is_changeable = self.parameters.iter().any(|one| one.name == "FramesPerTask")
            || !self.words.iter().any(|word| word.contains("Task.Param"));
        match steady {
            None => {}
            Some(steady) if is_changeable => {
                let about = "Average each denoised frame with the frames before and after where they agree.";
                let steady = if steady { "on" } else { "off" };
                self.flag("steady", Parameter::choice("Steady", about, steady, ON_OFF));
            }
            Some(_) => self.words.push("--steady=off".into()),
        }
        Ok(())
    }

    fn files(&mut self, wish: &TemplateWish, request: &RenderRequest) {
        let (layers, layout, compression) = request.print.to_words();
        self.flag("layers", Parameter::text("Layers", "Layers to write, with commas between.", layers));
        let layouts = &["comp", "blender"];
        let about = "How layers are named in the EXR.";
        self.flag("exr-layout", Parameter::choice("ExrLayout", about, layout, layouts));
        let codecs = &["zip", "zips", "dwaa", "none"];
        let about = "Compression of the EXR.";
        self.flag("compression", Parameter::choice("Compression", about, compression, codecs));
        if let Some(tile) = wish.looks.tile {
            self.flag("tile", Parameter::whole("Tile", "Tile edge, pixels.", tile, (8, 4096)));
        }
        if let Some(gpu) = &wish.looks.gpu {
            let about = "Adapter of each worker: its number or part of its name.";
            self.flag("gpu", Parameter::text("Gpu", about, gpu));
        }
    }

    fn market(&mut self, wish: &TemplateWish) -> Result<(), Fault> {
        let Some(coordinator) = &wish.coordinator else { return Ok(()) };
        let market = &wish.market;
        let about = "The coordinator's address, as it prints it: tessera://HOST:PORT#KEY.";
        self.flag("coordinator", Parameter::text("Coordinator", about, coordinator));
        if let Some(price) = market.max_price {
            let about = "Most micro-credits that a million samples may cost.";
            self.flag("max-price", Parameter::text("MaxPrice", about, price.to_string()));
        }
        if !market.nodes.is_empty() {
            let nodes: Vec<String> = market.nodes.iter().map(ToString::to_string).collect();
            let about = "Only these nodes, by their keys, with commas between.";
            self.flag("nodes", Parameter::text("Nodes", about, nodes.join(",")));
        }
        if wish.no_audit {
            self.words.push("--no-audit".into());
        }
        if let Some(referee) = &market.referee {
            let about = "Who judges what is refused, by its key.";
            self.flag("referee", Parameter::text("Referee", about, referee.to_string()));
        }
        if let Some(data) = &market.data {
            let data = self.place(data)?;
            let about = "Folder of the artist's identity, as workers see it.";
            self.flag("data", Parameter::folder("ArtistData", about, data, "NONE"));
        }
        Ok(())
    }

    /// Where a path is, seen from the template's folder.
    fn place(&self, path: &Path) -> Result<Spot, Fault> {
        let whole = std::path::absolute(path).map_err(|error| Fault::file("find", path, &error))?;
        let inside = whole.strip_prefix(self.folder).ok();
        let inside = inside.filter(|rest| rest.components().all(|one| matches!(one, Component::Normal(_))));
        let Some(inside) = inside else {
            return whole.to_str().map(|path| Spot::Elsewhere(path.into())).ok_or_else(|| unwritten(path));
        };
        let names: Option<Vec<&str>> = inside.iter().map(|name| name.to_str()).collect();
        let names = names.ok_or_else(|| unwritten(path))?;
        Ok(Spot::Inside(if names.is_empty() { ".".into() } else { names.join("/") }))
    }
}

/// A value's word on the command line.
fn word(value: &impl ValueEnum) -> String {
    value.to_possible_value().map(|one| one.get_name().to_owned()).unwrap_or_default()
}

fn unwritten(path: &Path) -> Fault {
    let what =
        format!("the name {} is no Unicode, and a job template holds nothing else", app::fault::quoted(path));
    Fault::usage(what, "give it another name")
}

#[cfg(test)]
mod tests;
