//! Verbs that look and tell, and change nothing: `scene check`, `exr …`, `doctor`.

use std::path::{Path, PathBuf};

use app::denoiser::{Carried, Network, NetworkChoice, denoise_file};
use app::{Event, Exit, Fault, doctor, pictures, scene};

use crate::args::SceneCheck;
use crate::speak::{data_line, talk};

pub(crate) fn scene_check(check: &SceneCheck, json: bool) -> Result<Exit, Fault> {
    let report = scene::check(&check.scene, check.fps)?;
    if json {
        tell("scene", &report);
        return Ok(Exit::Done);
    }
    data_line(&report.to_string());
    Ok(Exit::Done)
}

pub(crate) fn exr_info(file: &Path, json: bool) -> Result<Exit, Fault> {
    let info = pictures::info(file)?;
    if json {
        tell("exr", &info);
        return Ok(Exit::Done);
    }
    let layers: Vec<&str> = info.layers().into_iter().map(frame::exr::Layer::name).collect();
    for part in &info.parts {
        let name = part.name.as_deref().map(|name| format!(" \"{}\"", printable(name))).unwrap_or_default();
        data_line(&format!("part{name}: {}x{}, {}", part.width, part.height, part.compression));
        for channel in &part.channels {
            data_line(&format!("  {:24} {}", printable(&channel.name), channel.kind));
        }
        for (name, value) in &part.attributes {
            data_line(&format!("  {} = {}", printable(name), printable(value)));
        }
    }
    data_line(&format!(
        "layers: {}",
        if layers.is_empty() { "none that are known".into() } else { layers.join(", ") }
    ));
    Ok(Exit::Done)
}

pub(crate) fn exr_diff(a: &Path, b: &Path, max_rel_mse: Option<f64>, json: bool) -> Result<Exit, Fault> {
    let comparison = pictures::diff(a, b)?;
    let error = &comparison.error;
    if json {
        tell("comparison", &comparison);
    } else {
        data_line(&format!("relative MSE   {:.6e}  (all pixels {:.6e})", error.relmse, error.relmse_all));
        data_line(&format!("MSE            {:.6e}", error.mse));
        data_line(&format!("PSNR           {:.2} dB", error.psnr));
        data_line(&format!("largest error  {:.6e}", error.max_abs));
        data_line(&format!(
            "bias           {:+.4} {:+.4} {:+.4}",
            error.bias[0], error.bias[1], error.bias[2]
        ));
        data_line(if comparison.identical { "every channel has the same bits" } else { "not the same bits" });
        if comparison.placed_apart {
            data_line("their pixels lie at other places of the picture: see `tessera exr info`");
        }
        if let Some(first) = &comparison.first_difference {
            let place = format!("{} at {}, {}", first.channel, first.x, first.y);
            data_line(&format!("first difference: {place}: {} and {}", first.left, first.right));
        }
        if !comparison.unmatched_channels.is_empty() {
            data_line(&format!("not in both: {}", comparison.unmatched_channels.join(", ")));
        }
    }
    let above =
        max_rel_mse.is_some_and(|most| error.relmse.is_nan() || error.relmse > most || error.bad_pixels > 0);
    if above {
        talk("the pictures differ by more than --max-rel-mse allows");
    }
    Ok(if above { Exit::Failure } else { Exit::Done })
}

pub(crate) fn exr_check(file: &Path, json: bool) -> Result<Exit, Fault> {
    let report = pictures::check(file)?;
    if json {
        tell("check", &report);
    } else {
        let samples =
            [(report.nan, "not numbers"), (report.infinite, "infinite"), (report.negative, "below zero")];
        for (count, what) in samples.into_iter().filter(|&(count, _)| count > 0) {
            data_line(&format!("{count} samples are {what}"));
        }
        if !report.bad_channels.is_empty() {
            data_line(&format!("in: {}", report.bad_channels.join(", ")));
        }
        if !report.missing_layers.is_empty() {
            data_line(&format!("missing: {}", report.missing_layers.join(", ")));
        }
        if let Some(pixels @ 1..) = report.pixels_without_samples {
            data_line(&format!("{pixels} pixels have no sample: the render was not finished"));
        }
    }
    if report.is_sound() {
        talk("the picture is sound");
        return Ok(Exit::Done);
    }
    Err(Fault::failure("the picture is not sound", "render it again, and report it when that does not help"))
}

pub(crate) fn exr_denoise(
    file: &Path,
    output: &Path,
    weights: Option<&NetworkChoice>,
    exposure: Option<f64>,
    json: bool,
) -> Result<Exit, Fault> {
    let network = Network::choose(weights, Carried::Quality)?;
    let exposure_scale = denoise_file(file, output, &network, exposure.map(|scale| scale as f32))?;
    if json {
        tell("denoised", &output.display().to_string());
    } else {
        talk(&format!("wrote {}, exposure scale {exposure_scale}", output.display()));
    }
    Ok(Exit::Done)
}

pub(crate) fn exr_to_png(
    file: &Path,
    output: Option<PathBuf>,
    exposure: f64,
    json: bool,
) -> Result<Exit, Fault> {
    let written = pictures::to_png(file, output, exposure as f32)?;
    if json {
        tell("png", &written.display().to_string());
    } else {
        talk(&format!("wrote {}", written.display()));
    }
    Ok(Exit::Done)
}

pub(crate) fn doctor(json: bool) -> Exit {
    for finding in doctor::examine() {
        if json {
            let (subject, value) = (finding.subject, finding.value);
            data_line(&Event::Finding { subject, value, advice: finding.advice }.to_json());
            continue;
        }
        data_line(&format!("{:18} {}", finding.subject, finding.words));
        if let Some(advice) = finding.advice {
            data_line(&format!("{:18} → {advice}", ""));
        }
    }
    Exit::Done
}

/// A stranger's text without what a terminal would obey.
fn printable(text: &str) -> String {
    let shown = |letter: char| match letter {
        letter if letter.is_control() => letter.escape_default().collect(),
        letter => String::from(letter),
    };
    text.chars().map(shown).collect()
}

/// Tells a result as one line of JSON.
fn tell(subject: &str, value: &impl serde::Serialize) {
    let value = serde_json::to_value(value).expect("results hold only text and numbers");
    data_line(&Event::Finding { subject: subject.into(), value, advice: None }.to_json());
}
