//! What is the same again after the viewer was closed or killed: how pictures are looked at, and which ones lay on the desk.
//!
//! A small JSON file in the folder that the system gives for settings. It is written beside the old one and renamed, so that a
//! kill leaves the one or the other; one that cannot be read is as good as none, because no setting is worth a refusal to start.

use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize, Serializer};

use crate::colour::scheme::Kept;
use crate::desk::{Desk, Overlay};
use crate::keys::Preset;
use crate::view::View;

/// A larger file is none of ours.
const BYTES_MAX: u64 = 1 << 16;

/// Everything that is kept.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// How light is shown.
    pub view: View,
    /// What is drawn over it.
    pub overlay: Overlay,
    /// Whose keys.
    pub preset: Preset,
    /// The colour configuration and its view.
    pub scheme: Option<Kept>,
    /// Name of the layer that was shown.
    pub layer: Option<String>,
    /// Files of A and B; one whose path is no text is not written, as JSON has nothing else.
    #[serde(serialize_with = "as_texts")]
    pub files: [Option<PathBuf>; 2],
    /// Whether the window is open on them, or was when it was killed.
    pub is_open: bool,
}

impl Settings {
    /// The file of this person on this system; nothing when the system has no such folder.
    pub fn usual_file() -> Option<PathBuf> {
        let folders = directories::ProjectDirs::from("", "", "tessera")?;
        Some(folders.config_dir().join("viewer.json"))
    }

    /// Reads them; whatever is missing, broken or out of range is as at first.
    pub fn read(path: &Path) -> Self {
        let mut text = String::new();
        let read = std::fs::File::open(path).and_then(|file| file.take(BYTES_MAX).read_to_string(&mut text));
        let mut settings: Self = read.ok().and_then(|_| serde_json::from_str(&text).ok()).unwrap_or_default();
        settings.view = settings.view.in_range();
        settings
    }

    /// Writes them so that a reader sees the old or the new ones, never a part.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn write(&self, path: &Path) -> io::Result<()> {
        let folder = path.parent().unwrap_or(Path::new("."));
        std::fs::create_dir_all(folder)?;
        // Two viewers may write at once, each its own.
        let beside = path.with_extension(format!("{}.part", std::process::id()));
        let text = serde_json::to_vec_pretty(self)?;
        let mut file = std::fs::File::create(&beside)?;
        file.write_all(&text)
            .and_then(|()| file.sync_all())
            .and_then(|()| frame::patience::replace(&beside, path))
    }

    /// As a desk has them now.
    pub fn of(desk: &Desk) -> Self {
        let path = |side: &Option<crate::desk::Opened>| side.as_ref().and_then(|opened| opened.path.clone());
        let files = [path(&desk.first), path(&desk.second)];
        Self {
            view: desk.view,
            overlay: desk.overlay,
            preset: desk.preset,
            scheme: desk.scheme.kept(),
            layer: desk.first.as_ref().map(|first| first.picture.layers[desk.layer].name.clone()),
            is_open: files[0].is_some(),
            files,
        }
    }

    /// Puts them onto a desk; files are read by whoever has threads.
    pub fn lay(&self, desk: &mut Desk) {
        (desk.view, desk.overlay, desk.preset) = (self.view, self.overlay, self.preset);
        desk.wanted_layer.clone_from(&self.layer);
    }
}

fn as_texts<S: Serializer>(files: &[Option<PathBuf>; 2], to: S) -> Result<S::Ok, S::Error> {
    files.each_ref().map(|file| file.as_deref().and_then(Path::to_str)).serialize(to)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::{Channel, Transform};

    #[test]
    fn what_was_written_is_read_again_and_nothing_lies_beside_it() {
        let place = tempfile::tempdir().expect("a temporary folder");
        let path = place.path().join("deep/viewer.json");
        let settings = Settings {
            view: View {
                ev: 1.5,
                channel: Channel::Green,
                transform: Transform::FalseColour,
                ..View::default()
            },
            scheme: Some(Kept { source: "show.ocio".into(), chosen: None }),
            overlay: Overlay::Stages,
            preset: Preset::Rv,
            layer: Some("depth".into()),
            files: [Some("a.exr".into()), None],
            is_open: true,
        };
        settings.write(&path).expect("it can be written");
        settings.write(&path).expect("and again");
        assert_eq!(Settings::read(&path), settings);
        let names = std::fs::read_dir(place.path().join("deep")).expect("it is there").count();
        assert_eq!(names, 1, "no half-written file stays");
    }

    #[cfg(unix)]
    #[test]
    fn a_path_that_is_no_text_costs_no_other_setting() {
        use std::os::unix::ffi::OsStrExt;
        let place = tempfile::tempdir().expect("a temporary folder");
        let path = place.path().join("viewer.json");
        let latin = PathBuf::from(std::ffi::OsStr::from_bytes(b"f\xfcr/a.exr"));
        let settings = Settings { files: [Some(latin), Some("b.exr".into())], ..Settings::default() };
        settings.write(&path).expect("it can be written");
        assert_eq!(Settings::read(&path).files, [None, Some("b.exr".into())]);
    }

    #[test]
    fn what_cannot_be_read_is_as_at_first() {
        let place = tempfile::tempdir().expect("a temporary folder");
        let path = place.path().join("viewer.json");
        assert_eq!(Settings::read(&path), Settings::default(), "no file");
        for broken in ["", "{", "[]", r#"{"view": 7}"#, r#"{"preset": "Nuke"}"#] {
            std::fs::write(&path, broken).expect("it can be written");
            assert_eq!(Settings::read(&path), Settings::default(), "{broken}");
        }
        std::fs::write(&path, r#"{"view": {"ev": 1e9, "gamma": -3.0}}"#).expect("it can be written");
        let view = Settings::read(&path).view;
        assert_eq!((view.ev, view.gamma), (20.0, 0.2), "no view is out of range");
    }
}
