//! A file manager and a place for notifications: they show nothing and remember what they were asked to show.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use zbus::blocking::Connection;
use zbus::zvariant::OwnedValue;

/// Remembers the files that it was asked to show in their folders.
#[derive(Clone, Default)]
pub(crate) struct FileManager(Arc<Mutex<Vec<String>>>);

/// Remembers the notifications that it was asked to show.
#[derive(Clone, Default)]
pub(crate) struct Notices(Arc<Mutex<Vec<Notice>>>);

struct Notice {
    program: String,
    /// The name of the program's `.desktop` file.
    entry: String,
    body: String,
    hears_clicks: bool,
}

const NOTICES: &str = "org.freedesktop.Notifications";

impl FileManager {
    /// Addresses of the files, in order.
    pub(crate) fn shown(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[zbus::interface(name = "org.freedesktop.FileManager1")]
impl FileManager {
    fn show_items(&self, addresses: Vec<String>, _startup_id: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend(addresses);
    }
}

impl Notices {
    /// Their texts, in order.
    pub(crate) fn told(&self) -> Vec<String> {
        self.lock().iter().map(|notice| notice.body.clone()).collect()
    }

    /// Whose the last one is: the program's name, and its `.desktop` file's.
    pub(crate) fn whose(&self) -> Option<(String, String)> {
        self.lock().last().map(|notice| (notice.program.clone(), notice.entry.clone()))
    }

    /// Clicks on the last one; says whether that is heard.
    pub(crate) fn click(&self, bus: &Connection) -> anyhow::Result<bool> {
        let (id, hears_clicks) = {
            let notices = self.lock();
            (notices.len() as u32, notices.last().is_some_and(|notice| notice.hears_clicks))
        };
        if hears_clicks {
            let place = "/org/freedesktop/Notifications";
            bus.emit_signal(None::<&str>, place, NOTICES, "ActionInvoked", &(id, "default"))?;
        }
        Ok(hears_clicks)
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Notice>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[zbus::interface(name = "org.freedesktop.Notifications")]
impl Notices {
    #[expect(clippy::too_many_arguments, reason = "as the interface has it")]
    #[expect(clippy::needless_pass_by_value, reason = "zbus hands them over")]
    fn notify(
        &self,
        program: &str,
        _replaces: u32,
        _icon: &str,
        _summary: &str,
        body: &str,
        actions: Vec<String>,
        hints: HashMap<String, OwnedValue>,
        _expires_ms: i32,
    ) -> u32 {
        let entry = hints.get("desktop-entry").and_then(|entry| <&str>::try_from(entry).ok());
        let notice = Notice {
            program: program.to_owned(),
            entry: entry.unwrap_or_default().to_owned(),
            body: body.to_owned(),
            // Names and texts of actions take turns.
            hears_clicks: actions.iter().step_by(2).any(|action| action == "default"),
        };
        let mut told = self.lock();
        told.push(notice);
        told.len() as u32
    }

    fn get_capabilities(&self) -> Vec<String> {
        vec!["body".to_owned()]
    }

    fn get_server_information(&self) -> (String, String, String, String) {
        ("test".to_owned(), "test".to_owned(), "1".to_owned(), "1.2".to_owned())
    }
}
