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

/// Brings the window to the front; one that was never asked for is opened now: a start at login costs no web view. Anybody may ask, in any
/// thread; the screen is asked in the window's own.
pub(crate) fn show(app: &AppHandle) {
    let there = app.clone();
    let shown = app.run_on_main_thread(move || {
        let Some(window) = there.get_webview_window(MAIN) else {
            if let Err(error) = open(&there) {
                tracing::error!(%error, "the window cannot be opened");
            }
            return;
        };
        // A window that cannot be raised is still open.
        let _ = window.show().and_then(|()| window.unminimize()).and_then(|()| raise(&window));
    });
    if let Err(error) = shown {
        tracing::info!(%error, "the window is not shown: the program ends");
    }
}

/// GNOME keeps a window down that is only told to be no longer minimised, and one that comes with the time of its own last click behind the
/// others: it was asked for just now, somewhere else.
#[cfg(target_os = "linux")]
fn raise(window: &WebviewWindow) -> tauri::Result<()> {
    use gtk::prelude::{Cast, GtkWindowExt, WidgetExt};

    let frame = window.gtk_window()?;
    let on_x11 = frame.window().and_then(|window| window.downcast::<gdkx11::X11Window>().ok());
    frame.present_with_time(on_x11.map_or(0, |window| gdkx11::functions::x11_get_server_time(&window)));
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn raise(window: &WebviewWindow) -> tauri::Result<()> {
    window.set_focus()
}

/// Whether the window is on the screen, or minimised.
pub(crate) fn is_out(app: &AppHandle) -> bool {
    app.get_webview_window(MAIN).is_some_and(|window| window.is_visible().unwrap_or(true))
}
