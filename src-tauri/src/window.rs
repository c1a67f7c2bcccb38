//! The one window: opened, shown, hidden, closed.

use app::desk::Desk;
use tauri::{
    AppHandle, Emitter, Manager, WebviewUrl, WebviewWindow, WebviewWindowBuilder, Window, WindowEvent,
};

use crate::extent;
use crate::tray::Tray;

/// The window's name.
pub(crate) const MAIN: &str = "main";
/// The event that asks the page what closing means.
pub(crate) const CLOSING: &str = "closing";

/// Opens the window.
pub(crate) fn open(app: &AppHandle) -> tauri::Result<()> {
    let first = extent::first(app);
    let window = WebviewWindowBuilder::new(app, MAIN, WebviewUrl::default())
        .title("Tessera")
        .inner_size(first.width.into(), first.height.into())
        .min_inner_size(extent::LEAST.width.into(), extent::LEAST.height.into())
        .build()?;
    outlive_its_page(&window)
}

/// The page is drawn by a process of the system's: when that dies, the page is loaded again. All that it shows is kept by the desk.
#[cfg(target_os = "linux")]
fn outlive_its_page(window: &WebviewWindow) -> tauri::Result<()> {
    use webkit2gtk::WebViewExt;

    window.with_webview(|view| {
        view.inner().connect_web_process_terminated(|view, why| {
            tracing::warn!(?why, "the page's process has ended: it is loaded again");
            view.reload();
        });
    })
}

/// The other systems' web views show their own page then.
#[cfg(not(target_os = "linux"))]
fn outlive_its_page(_window: &WebviewWindow) -> tauri::Result<()> {
    Ok(())
}

/// Brings the window to the front; one that was never asked for is opened now: a start at login costs no web view.
pub(crate) fn show(app: &AppHandle) {
    let Some(window) = app.get_webview_window(MAIN) else {
        if let Err(error) = open(app) {
            tracing::error!(%error, "the window cannot be opened");
        }
        return;
    };
    // A window that cannot be raised is still open.
    let _ = window.show().and_then(|()| window.unminimize()).and_then(|()| window.set_focus());
}

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
