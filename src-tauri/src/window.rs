//! The one window: opened and brought to the front.

use tauri::{AppHandle, Manager, WebviewUrl, WebviewWindow, WebviewWindowBuilder};

use crate::extent;

/// The window's name.
pub(crate) const MAIN: &str = "main";

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
