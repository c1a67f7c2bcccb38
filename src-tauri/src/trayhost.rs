//! Whether the desktop has a place for a tray icon. Linux alone may have none, or get one later: it says so on the session's bus.

#[cfg(target_os = "linux")]
pub(crate) use session::{follow, is_there};

#[cfg(target_os = "linux")]
mod session {
    use zbus::blocking::{Connection, MessageIterator, fdo::DBusProxy};

    /// Who has the icons of a desktop.
    const HOST: &str = "org.kde.StatusNotifierWatcher";

    /// Asks the session's bus for a host of tray icons.
    pub(crate) fn is_there() -> bool {
        let ask = || has_host(&Connection::session()?);
        ask().unwrap_or_else(|error| {
            tracing::info!(%error, "no session bus tells of a tray");
            false
        })
    }

    /// Tells each time a host comes or goes, for as long as the program runs.
    pub(crate) fn follow(told: impl FnMut(bool) + Send + 'static) {
        let listen = move || {
            if let Err(error) = listen(told) {
                tracing::info!(%error, "no session bus tells of a tray that comes or goes");
            }
        };
        if let Err(error) = std::thread::Builder::new().name("panel".into()).spawn(listen) {
            tracing::error!(%error, "a tray that comes or goes is not seen");
        }
    }

    fn listen(mut told: impl FnMut(bool)) -> zbus::Result<()> {
        let bus = Connection::session()?;
        let rule = zbus::MatchRule::builder()
            .msg_type(zbus::message::Type::Signal)
            .sender("org.freedesktop.DBus")?
            .member("NameOwnerChanged")?
            .arg(0, HOST)?
            .build();
        let changes = MessageIterator::for_match_rule(rule, &bus, None)?;
        // It may have come or gone since it was asked for.
        told(has_host(&bus)?);
        for change in changes {
            let (_, _, owner): (String, String, String) = change?.body().deserialize()?;
            told(!owner.is_empty());
        }
        Ok(())
    }

    fn has_host(bus: &Connection) -> zbus::Result<bool> {
        Ok(DBusProxy::new(bus)?.name_has_owner(zbus::names::BusName::try_from(HOST)?)?)
    }
}

/// The other systems always have one.
#[cfg(not(target_os = "linux"))]
pub(crate) fn is_there() -> bool {
    true
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn follow(_told: impl FnMut(bool) + Send + 'static) {}
