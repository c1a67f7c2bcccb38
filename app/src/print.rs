//! Prints a picture as an EXR: which layers, how they are stored, and the facts written beside them.

use std::path::Path;

use frame::exr::{self, ExrError, ExrOptions};
use frame::{Denoise, FrameIndex, FrameSize, Picture, PlaneSet, RenderSettings};
use render_core::scene::Scene;

use crate::fault::{Fault, quoted};

/// How pictures are stored.
#[derive(Clone, Debug, Default)]
pub struct Print {
    /// Which layers.
    pub layers: exr::Layers,
    /// How channels are named.
    pub layout: exr::Layout,
    /// Codec.
    pub compression: exr::Compression,
    /// Names behind the ids of mattes; empty where none are wanted.
    pub names: exr::MatteNames,
}

/// What is written about a picture beside its pixels.
pub(crate) struct Facts<'a> {
    pub(crate) frame: FrameIndex,
    pub(crate) settings: &'a RenderSettings,
    /// Name of the network that denoised.
    pub(crate) denoiser: &'a str,
    /// Whether the beauty is averaged with the frames around it.
    pub(crate) is_steadied: bool,
}

impl Print {
    /// Writes a picture through a temporary file, so that `path` is always whole.
    pub(crate) fn write(&self, path: &Path, picture: &Picture, facts: &Facts<'_>) -> Result<(), Fault> {
        exr::write(path, picture, &self.options(facts)).map_err(|error| exr_fault("write", path, &error))
    }

    /// The same with receipts inside: `seal` signs the hash of the pixels as any reader will find them.
    pub(crate) fn write_sealed(
        &self,
        path: &Path,
        picture: &Picture,
        facts: &Facts<'_>,
        seal: impl FnOnce([u8; 32]) -> Vec<u8>,
    ) -> Result<(), Fault> {
        exr::write_sealed(path, picture, &self.options(facts), seal)
            .map_err(|error| exr_fault("write", path, &error))
    }

    fn options(&self, facts: &Facts<'_>) -> ExrOptions {
        let mut metadata = exr::settings_metadata(facts.settings);
        if facts.settings.denoise != Denoise::Off {
            metadata.push(("denoiser".into(), facts.denoiser.to_owned()));
            let steady = if facts.is_steadied { "on" } else { "off" };
            metadata.push(("steady".into(), steady.to_owned()));
        }
        metadata.push(("frame".into(), facts.frame.0.to_string()));
        metadata.push(("engine".into(), concat!("Tessera ", env!("CARGO_PKG_VERSION")).into()));
        ExrOptions {
            layers: self.layers.clone(),
            layout: self.layout,
            compression: self.compression,
            metadata,
            names: self.names.clone(),
        }
    }

    /// Refuses a codec that would change the values of a layer, before anybody renders for it.
    pub fn check(&self) -> Result<(), Fault> {
        exr::refuse_lossy_data(&self.layers, self.layout, self.compression)
            .map_err(|error| exr_fault("write", Path::new(""), &error))
    }

    /// Takes the names of this scene's objects and materials, if they are wanted.
    pub(crate) fn with_names_of(self, scene: &Scene) -> Self {
        if !self.layers.iter().any(|layer| layer == exr::Layer::Cryptomatte) {
            return self;
        }
        Self { names: exr::MatteNames::new(&scene.object_names, &scene.material_names), ..self }
    }

    /// Layers, layout and compression as their flags are written.
    pub fn to_words(&self) -> (String, String, String) {
        let layers: Vec<&str> = self.layers.iter().map(exr::Layer::name).collect();
        let layout = match self.layout {
            exr::Layout::Comp => "comp",
            exr::Layout::Blender => "blender",
        };
        let compression = match self.compression {
            exr::Compression::Zip => "zip",
            exr::Compression::Zips => "zips",
            exr::Compression::Dwaa => "dwaa",
            exr::Compression::None => "none",
        };
        (layers.join(","), layout.into(), compression.into())
    }

    /// The reverse of [`Self::to_words`].
    pub(crate) fn from_words(
        layers: &str,
        layout: &str,
        compression: &str,
        names: exr::MatteNames,
    ) -> Result<Self, Fault> {
        let fault = |error: String| Fault::failure(error, "submit the scene again");
        Ok(Self {
            layers: layers.parse().map_err(|error: exr::LayersError| fault(error.to_string()))?,
            layout: layout.parse().map_err(|error: exr::NotAnOption| fault(error.to_string()))?,
            compression: compression.parse().map_err(|error: exr::NotAnOption| fault(error.to_string()))?,
            names,
        })
    }

    /// The planes that must be rendered.
    pub fn planes(&self) -> PlaneSet {
        self.layers.planes()
    }

    /// What a picture of this size takes on disk at most, with its growing copy beside it.
    pub fn bytes_max(&self, size: FrameSize) -> u64 {
        let channels: usize = self.layers.iter().map(|layer| layer.channel_names(self.layout).len()).sum();
        // Four bytes a value, two files, and a MiB for headers.
        size.pixels() * channels as u64 * 4 * 2 + (1 << 20)
    }
}

/// An EXR's error, for people.
pub(crate) fn exr_fault(doing: &str, path: &Path, error: &ExrError) -> Fault {
    let unreadable = "check that it is a whole OpenEXR file";
    match error {
        ExrError::LayerNotRendered(_) | ExrError::LossyData { .. } => {
            let text = error.to_string();
            let (what, advice) = text.split_once("; ").unwrap_or((&text, "choose other --layers"));
            Fault::usage(what, advice)
        }
        ExrError::Read(source) | ExrError::Write(source) => Fault::file(doing, path, source),
        ExrError::DiskFull => Fault::file(doing, path, &std::io::ErrorKind::StorageFull.into()),
        ExrError::Malformed(_) => Fault::failure(format!("{}: {error}", quoted(path)), unreadable),
        ExrError::Unsupported(_) => Fault::failure(
            format!("{}: {error}", quoted(path)),
            "flatten it in the program that wrote it, and save it anew",
        ),
        ExrError::TooLarge { .. } | ExrError::NoMemory(_) => {
            Fault::failure(format!("{}: {error}", quoted(path)), "give a smaller picture")
        }
        _ => Fault::failure(format!("could not {doing} {}: {error}", quoted(path)), unreadable),
    }
}
