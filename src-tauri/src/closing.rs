//! What happens to the window: its size is kept, and closing it leaves the node running.

use app::desk::Desk;
use tauri::{Emitter, Manager, Window, WindowEvent};

use crate::extent;
use crate::tray::Tray;

/// The event that asks the page what closing means.
const CLOSING: &str = "closing";

/// Closing hides into the tray where there is one; otherwise, and the first time, the page asks.
pub(crate) fn heard(window: &Window, event: &WindowEvent) {
    if matches!(event, WindowEvent::Resized(_)) {
        extent::keep(window);
    }
    let WindowEvent::CloseRequested { api, .. } = event else { return };
    let app = window.app_handle();
    let settings = app.state::<Desk>().settings();
    let has_tray = app.state::<Tray>().is_there();
    api.prevent_close();
    if settings.close_quits && !app.state::<Desk>().is_busy() {
        // The window's own end would leave the program in the tray.
        app.exit(0);
        return;
    }
    if has_tray && settings.told_of_tray && !settings.close_quits {
        let _ = window.hide();
        return;
    }
    if !has_tray && !app.state::<Desk>().is_busy() {
        app.exit(0);
        return;
    }
    if window.emit(CLOSING, ()).is_err() {
        app.exit(0);
    }
}
