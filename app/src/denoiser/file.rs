//! Denoises a picture that was rendered earlier, from the layers in its file.

use std::path::Path;

use frame::exr::{self, Compression, ExrOptions, ExrPart, Layer, Layers, Layout};
use frame::film::DEPTH_OF_NOTHING_M;
use frame::{Noisy, NoisyPlanes, Picture, Plane, PlaneSet, RenderSettings, TilePlanes, TileRect};

use super::Network;
use crate::fault::{Fault, quoted};
use crate::output::OutputName;
use crate::pictures::is_same_file;
use crate::print::exr_fault;

/// Width of the small picture from which a frame's exposure is settled; see [`crate::render`].
const PROBE_WIDTH: u32 = 64;

/// Reads the layers noisy (else the beauty), albedo, normal, depth, variance and samples, and writes the denoised beauty; returns the
/// exposure scale that was used: the one given, else the one with which it was rendered, else the picture's own.
///
/// # Errors
/// A file that cannot be read, misses a layer, or cannot be written.
pub fn denoise_file(
    input: &Path,
    output: &Path,
    network: &Network,
    exposure_scale: Option<f32>,
) -> Result<f32, Fault> {
    OutputName::parse(output, 1)?;
    if is_same_file(input, output) {
        let what =
            format!("the denoised picture would take the place of {} and of all its layers", quoted(input));
        return Err(Fault::usage(what, "choose another name with -o"));
    }
    let file = crate::pictures::read(input)?;
    let part = file.parts.iter().find(|part| part.channel("albedo.R").is_some()).or(file.parts.first());
    let noisy = part.ok_or("the whole picture").and_then(noisy_of).map_err(|missing| {
        let what = format!("{} has no layer {missing}, which the denoiser looks at", quoted(input));
        Fault::failure(what, "render it with --layers beauty,noisy,albedo,normal,depth,variance,samples")
    })?;
    let exposure_scale = exposure_scale.or_else(|| part.and_then(rendered_at));
    let exposure_scale =
        exposure_scale.unwrap_or_else(|| small(&noisy).map_or(1.0, |it| it.exposure_scale()));
    let colours = noisy.denoise(network.here().as_mut(), exposure_scale);
    let colours = colours.map_err(|fault| {
        Fault::failure(
            format!("{} cannot be denoised: {fault}", quoted(input)),
            "try another file of weights",
        )
    })?;
    let alpha = file.colours().map(|it| it.rgba.chunks_exact(4).map(|rgba| rgba[3]).collect());
    let picture = picture(noisy.width(), noisy.height(), colours, alpha.unwrap_or_default());
    let picture = picture.ok_or_else(|| Fault::failure("the picture has no pixels", "give another one"))?;
    let layers: Layers = Layer::Beauty.name().parse().expect("a layer's name is a list of one");
    let facts = [
        ("denoiser", network.name().to_owned()),
        ("denoiser_weights", network.id().to_string()),
        ("exposure_scale", exposure_scale.to_string()),
    ];
    let options = ExrOptions {
        layers,
        layout: Layout::default(),
        compression: Compression::default(),
        metadata: facts.into_iter().map(|(key, value)| (key.to_owned(), value)).collect(),
        names: exr::MatteNames::default(),
    };
    exr::write(output, &picture, &options).map_err(|error| exr_fault("write", output, &error))?;
    Ok(exposure_scale)
}

/// The exposure scale that a render has settled for its frame.
fn rendered_at(part: &ExrPart) -> Option<f32> {
    let fact = part.info.attributes.iter().find(|(name, _)| name.ends_with("exposure_scale"));
    fact.and_then(|(_, scale)| scale.parse().ok())
        .filter(|scale| RenderSettings::EXPOSURE_SCALE.contains(scale))
}

/// The planes of a part; the name of a layer that is not there.
fn noisy_of(part: &ExrPart) -> Result<Noisy, &'static str> {
    let pixels = part.info.width as usize * part.info.height as usize;
    let channels = |names: &[&str]| -> Option<Vec<f32>> {
        let channels: Vec<_> = names.iter().map(|name| part.channel(name)).collect::<Option<_>>()?;
        let complete = channels.iter().all(|channel| channel.len() == pixels);
        let values = (0..pixels).flat_map(|at| channels.iter().map(move |channel| channel.number(at)));
        complete.then(|| values.collect())
    };
    let radiance = channels(&["noisy.R", "noisy.G", "noisy.B"]).or_else(|| channels(&["R", "G", "B"]));
    let depth = channels(&["depth.Z"]).ok_or("depth")?;
    let samples = channels(&["samples.N"]).ok_or("samples")?;
    let planes = NoisyPlanes {
        radiance: radiance.ok_or("noisy")?,
        albedo: channels(&["albedo.R", "albedo.G", "albedo.B"]).ok_or("albedo")?,
        normal: channels(&["normal.X", "normal.Y", "normal.Z"]).ok_or("normal")?,
        hits: depth.iter().map(|depth| f32::from(u8::from(*depth < DEPTH_OF_NOTHING_M))).collect(),
        depth,
        variance: channels(&["variance.V"]).ok_or("variance")?,
        samples: samples.into_iter().map(|samples| samples as u32).collect(),
    };
    Noisy::new(part.info.width, part.info.height, planes).ok_or("with pixels")
}

fn picture(width: u32, height: u32, colours: Vec<f32>, alpha: Vec<f32>) -> Option<Picture> {
    let mut planes = TilePlanes::zeroed(TileRect { x: 0, y: 0, width, height }, PlaneSet::BEAUTY);
    for (plane, values) in [(Plane::Radiance, colours), (Plane::Alpha, alpha)] {
        let to = planes.plane_mut(plane)?;
        to.iter_mut().zip(values).for_each(|(to, value)| *to = value);
    }
    Picture::of_tile(&planes, 1)
}

/// The noisy picture at the size of a probe: each of its pixels is the mean of those that fall into it.
fn small(noisy: &Noisy) -> Option<Picture> {
    let width = noisy.width().min(PROBE_WIDTH);
    let height = (u64::from(width) * u64::from(noisy.height()) / u64::from(noisy.width())).max(1) as u32;
    let (mut sums, mut counts) =
        (vec![0.0f64; (3 * width * height) as usize], vec![0u32; (width * height) as usize]);
    for (at, rgb) in noisy.radiance.chunks_exact(3).enumerate() {
        let (x, y) = (at as u32 % noisy.width(), at as u32 / noisy.width());
        let to = |at: u32, side: u32, from: u32| (u64::from(at) * u64::from(side) / u64::from(from)) as u32;
        let pixel = (to(y, height, noisy.height()) * width + to(x, width, noisy.width())) as usize;
        counts[pixel] += 1;
        for (sum, value) in sums[3 * pixel..].iter_mut().zip(rgb).filter(|(_, value)| value.is_finite()) {
            *sum += f64::from(*value);
        }
    }
    let mean = |(at, sum): (usize, f64)| (sum / f64::from(counts[at / 3].max(1))) as f32;
    picture(width, height, sums.into_iter().enumerate().map(mean).collect(), Vec::new())
}
