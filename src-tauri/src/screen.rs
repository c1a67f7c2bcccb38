//! Whether there is a screen to open a window on: asked before anybody takes it for granted.

/// Connects with the screen.
#[cfg(target_os = "linux")]
pub(crate) fn find() -> anyhow::Result<()> {
    gtk::init().map_err(|_| {
        anyhow::anyhow!(
            "there is no screen to open a window on; start Tessera inside a desktop session, or use `tessera render` and `tessera node`, which need none"
        )
    })
}

/// The other systems start no program of this kind without one.
#[cfg(not(target_os = "linux"))]
pub(crate) fn find() -> anyhow::Result<()> {
    Ok(())
}
