//! Notifications: the system shows them, to somebody who looks elsewhere.

use tauri::plugin::TauriPlugin;
use tauri::{AppHandle, Wry};

/// What every notification is headed with.
const PROGRAM: &str = "Tessera";

/// Shows a sentence. Nobody waits for it: who shows notifications may be slow, or not there.
pub(crate) fn tell(app: &AppHandle, sentence: String) {
    let app = app.clone();
    let show = move || {
        if let Err(error) = shown::show(&app, &sentence) {
            tracing::debug!(%error, "no notification");
        }
    };
    if let Err(error) = std::thread::Builder::new().name("notice".into()).spawn(show) {
        tracing::debug!(%error, "no notification");
    }
}

/// What notifications need of the program.
pub(crate) fn plugin() -> TauriPlugin<Wry> {
    shown::plugin()
}

/// The freedesktop specification, spoken here: Tauri's plugin gives neither the program's name nor its `.desktop` file, by which desktops
/// head and group notifications, and lets no click open the window.
#[cfg(target_os = "linux")]
mod shown {
    use std::collections::{BTreeSet, HashMap};
    use std::sync::{Mutex, PoisonError};

    use app::desk::Desk;
    use tauri::plugin::TauriPlugin;
    use tauri::{AppHandle, Manager, Wry};
    use zbus::blocking::{Connection, MessageIterator};
    use zbus::zvariant::Value;

    use super::PROGRAM;
    use crate::window;
    use crate::words::Words;

    const SERVICE: &str = "org.freedesktop.Notifications";
    const PLACE: &str = "/org/freedesktop/Notifications";
    /// The icon's name in the system's themes.
    const ICON: &str = "tessera-desktop";
    /// What a click on the notification itself is called.
    const CLICK: &str = "default";

    /// The connection that they came from, kept: GNOME takes a notification away with it. Beside it, whose clicks are ours.
    #[derive(Default)]
    struct Notices {
        bus: Mutex<Option<Connection>>,
        open: Mutex<BTreeSet<u32>>,
    }

    pub(super) fn plugin() -> TauriPlugin<Wry> {
        tauri::plugin::Builder::new("notice")
            .setup(|app, _| {
                app.manage(Notices::default());
                Ok(())
            })
            .build()
    }

    pub(super) fn show(app: &AppHandle, sentence: &str) -> zbus::Result<()> {
        let bus = bus(app)?;
        let abilities = bus.call_method(Some(SERVICE), PLACE, Some(SERVICE), "GetCapabilities", &())?;
        let abilities: Vec<String> = abilities.body().deserialize()?;
        let body = if abilities.iter().any(|one| one == "body-markup") {
            unmarked(sentence)
        } else {
            sentence.to_owned()
        };
        let open = Words::of(&app.state::<Desk>().settings()).say("tray.open", &[]);
        let entry = app.config().product_name.clone().unwrap_or_default();
        let hints = HashMap::from([("desktop-entry", Value::from(entry))]);
        let said = (PROGRAM, 0_u32, ICON, PROGRAM, body.as_str(), vec![CLICK, open.as_str()], hints, -1_i32);
        let answer = bus.call_method(Some(SERVICE), PLACE, Some(SERVICE), "Notify", &said)?;
        let notices = app.state::<Notices>();
        notices.open.lock().unwrap_or_else(PoisonError::into_inner).insert(answer.body().deserialize()?);
        Ok(())
    }

    /// A scene's name may have letters that mean markup there.
    fn unmarked(sentence: &str) -> String {
        sentence.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
    }

    /// The connection; the first time it is made, and listened to.
    fn bus(app: &AppHandle) -> zbus::Result<Connection> {
        let notices = app.state::<Notices>();
        let mut kept = notices.bus.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bus) = kept.as_ref() {
            return Ok(bus.clone());
        }
        let bus = Connection::session()?;
        let rule = zbus::MatchRule::builder()
            .msg_type(zbus::message::Type::Signal)
            .interface(SERVICE)?
            .path(PLACE)?
            .build();
        let signals = MessageIterator::for_match_rule(rule, &bus, None)?;
        let app = app.clone();
        std::thread::Builder::new().name("clicks".into()).spawn(move || listen(&app, signals))?;
        *kept = Some(bus.clone());
        Ok(bus)
    }

    fn listen(app: &AppHandle, signals: MessageIterator) {
        for signal in signals.flatten() {
            match signal.header().member().map(|member| member.as_str()) {
                Some("ActionInvoked") => {
                    let Ok((id, action)) = signal.body().deserialize::<(u32, String)>() else { continue };
                    if action == CLICK && is_ours(app, id) {
                        window::show(app);
                    }
                }
                Some("NotificationClosed") => {
                    let Ok((id, _)) = signal.body().deserialize::<(u32, u32)>() else { continue };
                    let notices = app.state::<Notices>();
                    notices.open.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
                }
                _ => {}
            }
        }
    }

    /// Everybody hears of everybody's clicks.
    fn is_ours(app: &AppHandle, id: u32) -> bool {
        app.state::<Notices>().open.lock().unwrap_or_else(PoisonError::into_inner).contains(&id)
    }

    #[cfg(test)]
    mod tests {
        #[test]
        fn a_name_is_no_markup() {
            assert_eq!(super::unmarked("Tom & <b>.glb is done"), "Tom &amp; &lt;b&gt;.glb is done");
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod shown {
    use tauri::plugin::TauriPlugin;
    use tauri::{AppHandle, Wry};
    use tauri_plugin_notification::NotificationExt;

    use super::PROGRAM;

    pub(super) fn plugin() -> TauriPlugin<Wry> {
        tauri_plugin_notification::init()
    }

    pub(super) fn show(app: &AppHandle, sentence: &str) -> tauri_plugin_notification::Result<()> {
        app.notification().builder().title(PROGRAM).body(sentence).show()
    }
}
