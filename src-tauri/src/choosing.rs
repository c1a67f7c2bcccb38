//! The system's own dialogs for files: which scene, and where a picture goes.

#![expect(
    clippy::needless_pass_by_value,
    reason = "commands own what the page sent, and their states are values"
)]

use std::path::Path;

use app::desk::Desk;
use tauri::{State, WebviewWindow};
use tauri_plugin_dialog::DialogExt;

use crate::words::Words;

#[tauri::command(async)]
#[specta::specta]
pub(crate) fn choose_scene(window: WebviewWindow, desk: State<'_, Desk>) -> Option<String> {
    let title = Words::of(&desk.settings()).say("choose.scene", &[]);
    let picker = window.dialog().file().set_parent(&window).set_title(title);
    let picker = picker.add_filter("3D", &app::desk::scene_endings());
    picker.blocking_pick_file().map(|path| path.to_string())
}

#[tauri::command(async)]
#[specta::specta]
pub(crate) fn choose_output(
    window: WebviewWindow,
    desk: State<'_, Desk>,
    proposed: String,
) -> Option<String> {
    let proposed = Path::new(&proposed);
    let name = proposed.file_name().unwrap_or_default().to_string_lossy();
    let title = Words::of(&desk.settings()).say("choose.picture", &[]);
    let picker = window.dialog().file().set_parent(&window).set_title(title);
    let mut picker = picker.add_filter("OpenEXR", &["exr"]).set_file_name(name);
    if let Some(folder) = proposed.parent() {
        picker = picker.set_directory(folder);
    }
    picker.blocking_save_file().map(|path| path.to_string())
}
