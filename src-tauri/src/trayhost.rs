//! Whether the desktop has a place for a tray icon. Linux alone may have none: it says so on the session's bus.

/// Asks the session's bus for a host of tray icons.
#[cfg(target_os = "linux")]
pub(crate) fn is_there() -> bool {
    let ask = || -> zbus::Result<bool> {
        let bus = zbus::blocking::Connection::session()?;
        let names = zbus::blocking::fdo::DBusProxy::new(&bus)?;
        let host = zbus::names::BusName::try_from("org.kde.StatusNotifierWatcher")?;
        Ok(names.name_has_owner(host)?)
    };
    ask().unwrap_or_else(|error| {
        tracing::info!(%error, "no session bus tells of a tray");
        false
    })
}

/// The other systems always have one.
#[cfg(not(target_os = "linux"))]
pub(crate) fn is_there() -> bool {
    true
}
