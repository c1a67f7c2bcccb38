//! How large the window was, where the system's frame around it is the program's own work: on Wayland.
//!
//! There a window's size is told with its frame and shadow and set without, so that what the window-state plugin keeps grows with each
//! start. GTK's own measure is the same both ways. On every other screen the plugin does this, as it does the rest everywhere.

use serde::{Deserialize, Serialize};
use tauri_plugin_window_state::StateFlags;

/// Columns and rows of the page before anybody chose others.
const USUAL: Extent = Extent { width: 1280, height: 800 };
/// The smallest window.
pub(crate) const LEAST: Extent = Extent { width: 720, height: 520 };
/// What a damaged file can ask for at most.
#[cfg(target_os = "linux")]
const MOST: i32 = 16_384;

/// A window's size in logical pixels, without its frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Extent {
    pub(crate) width: i32,
    pub(crate) height: i32,
}

/// What the plugin is to keep.
pub(crate) fn left_to_the_plugin() -> StateFlags {
    let all = StateFlags::all() - StateFlags::VISIBLE;
    if is_framed_by_us() { all - StateFlags::SIZE - StateFlags::POSITION } else { all }
}

#[cfg(not(target_os = "linux"))]
fn is_framed_by_us() -> bool {
    false
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn first(_app: &tauri::AppHandle) -> Extent {
    USUAL
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn keep(_window: &tauri::Window) {}

#[cfg(target_os = "linux")]
use wayland::is_framed_by_us;
#[cfg(target_os = "linux")]
pub(crate) use wayland::{first, keep};

#[cfg(target_os = "linux")]
mod wayland {
    use std::path::{Path, PathBuf};

    use gtk::gdk::prelude::DisplayExtManual;
    use gtk::prelude::GtkWindowExt;
    use tauri::{AppHandle, Manager, Window};

    use super::{Extent, LEAST, MOST, USUAL};

    /// Whether the screen is Wayland's. Asked in the thread that has the windows.
    pub(super) fn is_framed_by_us() -> bool {
        gtk::gdk::Display::default().is_some_and(|display| display.backend().is_wayland())
    }

    /// The size that the window is to open with.
    pub(crate) fn first(app: &AppHandle) -> Extent {
        let kept = if is_framed_by_us() { place(app).and_then(|path| read(&path)) } else { None };
        kept.unwrap_or(USUAL)
    }

    /// Keeps the size that the window has now, if it is one that somebody chose.
    pub(crate) fn keep(window: &Window) {
        if !is_framed_by_us()
            || window.is_maximized().unwrap_or(true)
            || window.is_fullscreen().unwrap_or(true)
        {
            return;
        }
        let (Ok(frame), Some(path)) = (window.gtk_window(), place(window.app_handle())) else { return };
        let (width, height) = frame.size();
        if let Err(error) = write(&path, Extent { width, height }) {
            tracing::info!(%error, "the window's size is not kept");
        }
    }

    fn place(app: &AppHandle) -> Option<PathBuf> {
        Some(app.path().app_config_dir().ok()?.join("extent.json"))
    }

    pub(super) fn read(path: &Path) -> Option<Extent> {
        let Extent { width, height } = serde_json::from_slice(&std::fs::read(path).ok()?).ok()?;
        Some(Extent { width: width.clamp(LEAST.width, MOST), height: height.clamp(LEAST.height, MOST) })
    }

    pub(super) fn write(path: &Path, extent: Extent) -> std::io::Result<()> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let beside = path.with_extension("new");
        std::fs::write(&beside, serde_json::to_vec(&extent)?)?;
        std::fs::rename(beside, path)
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_read_as_it_was_kept_and_a_damaged_one_opens_no_window_that_cannot_be_used() {
        let place = tempfile::tempdir().expect("a temporary folder");
        let path = place.path().join("config/extent.json");
        assert_eq!(wayland::read(&path), None, "there is none yet");
        let extent = Extent { width: 1000, height: 640 };
        wayland::write(&path, extent).expect("it can be written");
        assert_eq!(wayland::read(&path), Some(extent));
        wayland::write(&path, Extent { width: -4, height: i32::MAX }).expect("it can be written");
        assert_eq!(wayland::read(&path), Some(Extent { width: LEAST.width, height: MOST }));
        std::fs::write(&path, "half {").expect("it can be written");
        assert_eq!(wayland::read(&path), None);
    }
}
