//! Which references there are, and how each is to be rendered: the shared folder's two JSON files, read together.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::Deserialize;

/// One line of `scenes.json`.
#[derive(Clone, Debug, Deserialize)]
struct Scene {
    id: String,
    file: String,
    camera_node: Option<String>,
    max_bounces: u32,
    env: Option<String>,
    env_strength: f64,
}

/// One entry of `references.json`.
#[derive(Clone, Debug, Deserialize)]
struct Reference {
    reference: String,
    distribution: String,
    time: f64,
    width: u32,
    height: u32,
    tolerance: Tolerance,
}

/// What a third renderer is held to.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq)]
pub(crate) struct Tolerance {
    /// Largest relative offset of a channel's mean.
    pub(crate) max_bias: f64,
    /// Largest mean relative error of 8 × 8 pixel means.
    pub(crate) max_block: f64,
}

/// A reference picture with the scene that it shows.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    /// The reference's name: the scene's, or with a part behind a dot.
    pub(crate) name: String,
    pub(crate) tolerance: Tolerance,
    scene: Scene,
    reference: Reference,
}

/// All rows, in the file's order of names.
pub(crate) fn rows(shared: &Path) -> Result<Vec<Row>> {
    let scenes: Vec<Scene> = read(&shared.join("scenes/scenes.json"))?;
    let references: BTreeMap<String, Reference> = read(&shared.join("references/references.json"))?;
    let mut rows = Vec::new();
    for (name, reference) in references {
        let id = name.split('.').next().unwrap_or(&name);
        let scene = scenes.iter().find(|scene| scene.id == id);
        let scene =
            scene.with_context(|| format!("scenes.json has no scene for the reference {name}"))?.clone();
        rows.push(Row { tolerance: reference.tolerance, name, scene, reference });
    }
    Ok(rows)
}

fn read<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T> {
    let text = std::fs::read_to_string(path).with_context(|| format!("could not read {}", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("{} is not what it used to be", path.display()))
}

impl Row {
    /// The scene file and every flag that the picture depends on.
    pub(crate) fn flags(&self, shared: &Path, spp: u32) -> Vec<String> {
        let scenes = shared.join("scenes");
        let file = |name: &str| scenes.join(name).display().to_string();
        let microfacet = if self.reference.distribution == "GGX" { "single" } else { "multi" };
        let (size, samples) =
            (format!("{}x{}", self.reference.width, self.reference.height), spp.to_string());
        let (bounces, time) = (self.scene.max_bounces.to_string(), self.reference.time.to_string());
        let (env, strength) =
            (self.scene.env.as_deref().map_or("none".to_owned(), file), self.scene.env_strength.to_string());
        let pairs: [(&str, &str); 12] = [
            ("--filter", "box"),
            ("--clamp-indirect", "0"),
            ("--denoise", "off"),
            ("--compression", "zip"),
            ("--layers", "beauty"),
            ("--size", &size),
            ("--spp", &samples),
            ("--max-bounces", &bounces),
            ("--time", &time),
            ("--env", &env),
            ("--env-strength", &strength),
            ("--microfacet", microfacet),
        ];
        let mut flags = vec![file(&self.scene.file), "--direct".to_owned()];
        flags.extend(pairs.iter().flat_map(|(flag, value)| [(*flag).to_owned(), (*value).to_owned()]));
        if let Some(camera) = &self.scene.camera_node {
            flags.extend(["--camera".to_owned(), camera.clone()]);
        }
        flags
    }

    /// Where the reference picture lies under the shared folder.
    pub(crate) fn reference_file(&self) -> PathBuf {
        Path::new("references").join(&self.reference.reference)
    }

    /// The reference picture.
    pub(crate) fn reference_path(&self, shared: &Path) -> PathBuf {
        shared.join(self.reference_file())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(distribution: &str, env: Option<&str>, camera_node: Option<&str>) -> Row {
        let tolerance = Tolerance { max_bias: 0.01, max_block: 0.02 };
        let scene = Scene {
            id: "a".to_owned(),
            file: "a.glb".to_owned(),
            camera_node: camera_node.map(str::to_owned),
            max_bounces: 16,
            env: env.map(str::to_owned),
            env_strength: 0.35,
        };
        let reference = Reference {
            reference: "a.exr".to_owned(),
            distribution: distribution.to_owned(),
            time: 0.25,
            width: 4,
            height: 3,
            tolerance,
        };
        Row { name: "a".to_owned(), tolerance, scene, reference }
    }

    #[test]
    fn single_scattering_is_asked_for_only_where_the_reference_has_it() {
        let flags = |distribution| row(distribution, None, None).flags(Path::new("s"), 8).join(" ");
        assert!(flags("GGX").contains("--microfacet single"));
        assert!(flags("MULTI_GGX").contains("--microfacet multi"));
    }

    #[test]
    fn scene_without_environment_is_black_around() {
        assert!(row("GGX", None, None).flags(Path::new("s"), 8).join(" ").contains("--env none"));
        let lit = row("GGX", Some("env/x.exr"), Some("cam")).flags(Path::new("s"), 8).join(" ");
        assert!(
            lit.contains("x.exr --env-strength 0.35")
                && lit.ends_with("--camera cam")
                && lit.contains("--time 0.25")
        );
    }
}
