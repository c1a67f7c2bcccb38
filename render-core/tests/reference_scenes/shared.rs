//! The shared reference scenes: what `scenes.json` says, made into a scene and settings.

use std::path::{Path, PathBuf};

use frame::{Filter, FrameSize, Microfacet, RenderSettings, SettingsDraft};
use render_core::import::{Document, EnvironmentChoice, ImportOptions};
use render_core::scene::Scene;

pub(crate) type Fault = Box<dyn std::error::Error>;

/// The folder with `scenes/` and `references/`, beside the repository; `None` where it is not.
#[allow(dead_code, reason = "the example is told the folder")]
pub(crate) fn folder() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared");
    folder.join("scenes/scenes.json").exists().then_some(folder)
}

/// Loads a scene by its id, with the settings that its reference was made with.
pub(crate) fn open(folder: &Path, id: &str, spp: u32) -> Result<(Scene, RenderSettings), Fault> {
    let scenes = folder.join("scenes");
    let list: serde_json::Value = serde_json::from_slice(&std::fs::read(scenes.join("scenes.json"))?)?;
    let row = list.as_array().into_iter().flatten().find(|row| row["id"] == id);
    let row = row.ok_or("no such scene")?;
    let environment = match row["env"].as_str() {
        None => EnvironmentChoice::None,
        Some("uniform") => EnvironmentChoice::Neutral,
        Some(file) => EnvironmentChoice::File(scenes.join(file)),
    };
    let options = ImportOptions {
        camera: row["camera_node"].as_str().map(str::to_owned),
        environment,
        environment_strength: row["env_strength"].as_f64().unwrap_or(1.0) as f32,
        ..ImportOptions::default()
    };
    let document = Document::open(&scenes.join(row["file"].as_str().ok_or("no file")?), &options)?;
    let time = row["time"].as_f64().unwrap_or(0.0) as f32;
    let scene = document.scene_at(time, 1.0 / 24.0)?;
    let side = |name: &str| row[name].as_u64().unwrap_or(256) as u32;
    let size = FrameSize::new(side("width"), side("height"))?;
    let single = row["distribution"] == "GGX";
    let settings = RenderSettings::new(SettingsDraft {
        spp,
        max_bounces: row["max_bounces"].as_u64().unwrap_or(8) as u32,
        filter: Filter::Box,
        microfacet: if single { Microfacet::Single } else { Microfacet::Multi },
        clamp_indirect: 0.0,
        ..SettingsDraft::defaults(size)
    })?;
    Ok((scene, settings))
}
