//! A file manager and a place for notifications: they show nothing and remember what they were asked to show.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use zbus::zvariant::OwnedValue;

/// Remembers the files that it was asked to show in their folders.
#[derive(Clone, Default)]
pub(crate) struct FileManager(Arc<Mutex<Vec<String>>>);

/// Remembers the sentences that it was asked to show.
#[derive(Clone, Default)]
pub(crate) struct Notices(Arc<Mutex<Vec<String>>>);

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
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[zbus::interface(name = "org.freedesktop.Notifications")]
impl Notices {
    #[expect(clippy::too_many_arguments, reason = "as the interface has it")]
    fn notify(
        &self,
        _program: &str,
        _replaces: u32,
        _icon: &str,
        _summary: &str,
        body: &str,
        _actions: Vec<String>,
        _hints: HashMap<String, OwnedValue>,
        _expires_ms: i32,
    ) -> u32 {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        told.push(body.to_owned());
        told.len() as u32
    }

    fn get_capabilities(&self) -> Vec<String> {
        vec!["body".to_owned()]
    }

    fn get_server_information(&self) -> (String, String, String, String) {
        ("test".to_owned(), "test".to_owned(), "1".to_owned(), "1.2".to_owned())
    }
}
