//! Whether there is a screen to open a window on: asked before anybody takes it for granted.

/// Connects with the screen.
#[cfg(target_os = "linux")]
pub(crate) fn find() -> anyhow::Result<()> {
    gtk::init().map_err(|_| {
        anyhow::anyhow!(
            "there is no screen to open a window on; start Tessera inside a desktop session, or use `tessera render` and `tessera node`, which need none"
        )
    })?;
    // What panels call the tray icon; without it, the file's name.
    gtk::glib::set_application_name("Tessera");
    Ok(())
}

/// There always is one, and the page is drawn by a part of Windows that older ones lack.
#[cfg(windows)]
pub(crate) fn find() -> anyhow::Result<()> {
    tauri::webview_version().map(drop).map_err(|_| {
        anyhow::anyhow!(
            "Microsoft's WebView2, which draws this window, is not installed; install it from https://go.microsoft.com/fwlink/p/?LinkId=2124703, or use `tessera render` and `tessera node`, which need none"
        )
    })
}

/// macOS starts no program of this kind without one.
#[cfg(not(any(windows, target_os = "linux")))]
pub(crate) fn find() -> anyhow::Result<()> {
    Ok(())
}

/// Tells why the program cannot start, where people see it: on Windows it has no terminal.
pub(crate) fn tell(error: &anyhow::Error) {
    tracing::error!("{error:#}");
    #[cfg(windows)]
    {
        use winsafe::prelude::Handle;

        // Without a desktop nobody is there to read it.
        let _ = winsafe::HWND::NULL.MessageBox(&format!("{error:#}"), "Tessera", winsafe::co::MB::ICONERROR);
    }
}
