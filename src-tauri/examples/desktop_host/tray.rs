//! A tray: takes the place of a desktop's panel, and reads and presses the menu of the icon that comes. It speaks the StatusNotifierItem
//! and `com.canonical.dbusmenu` interfaces, as far as a test needs them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result};
use zbus::blocking::{Connection, Proxy};
use zbus::message::Header;
use zbus::zvariant::{OwnedValue, Value};

/// An icon's name on the bus, and its path there.
type Place = (String, String);

/// The panel: icons register themselves here.
#[derive(Clone, Default)]
pub(crate) struct Panel(Arc<Mutex<Option<Place>>>);

#[zbus::interface(name = "org.kde.StatusNotifierWatcher")]
impl Panel {
    #[expect(clippy::needless_pass_by_value, reason = "zbus hands it over")]
    fn register_status_notifier_item(&self, service: &str, #[zbus(header)] header: Header<'_>) {
        // Icons give either their bus name or their path on the connection that calls.
        let sender = header.sender().map(ToString::to_string).unwrap_or_default();
        let item = if service.starts_with('/') {
            (sender, service.to_owned())
        } else {
            (service.to_owned(), "/StatusNotifierItem".to_owned())
        };
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(item);
    }

    fn register_status_notifier_host(&self, _service: &str) {}

    #[zbus(property)]
    fn is_status_notifier_host_registered(&self) -> bool {
        true
    }

    #[zbus(property)]
    fn protocol_version(&self) -> i32 {
        0
    }

    #[zbus(property)]
    fn registered_status_notifier_items(&self) -> Vec<String> {
        Vec::new()
    }
}

impl Panel {
    /// What is asked of the icon's menu. An icon whose program has ended answers nothing, like one that never came.
    pub(crate) fn answer(&self, bus: &Connection, line: &str) -> serde_json::Value {
        let place = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let answer = |place: &Place| match line.strip_prefix("press ") {
            Some(label) => Ok::<_, anyhow::Error>(serde_json::json!(press(bus, place, label)?)),
            None => Ok(serde_json::json!(labels(&menu(bus, place)?))),
        };
        place.and_then(|place| answer(&place).ok()).unwrap_or_default()
    }
}

struct Line {
    id: i32,
    label: String,
    is_open: bool,
}

fn labels(lines: &[Line]) -> Vec<&str> {
    lines.iter().filter(|line| !line.label.is_empty()).map(|line| line.label.as_str()).collect()
}

fn press(bus: &Connection, place: &Place, label: &str) -> Result<bool> {
    let lines = menu(bus, place)?;
    let Some(line) = lines.iter().find(|line| line.is_open && line.label == label) else {
        return Ok(false);
    };
    let proxy = menu_proxy(bus, place)?;
    proxy.call_method("Event", &(line.id, "clicked", Value::from(0_i32), 0_u32))?;
    Ok(true)
}

fn menu_proxy<'a>(bus: &Connection, (name, path): &Place) -> Result<Proxy<'a>> {
    let icon = Proxy::new(bus, name.clone(), path.clone(), "org.kde.StatusNotifierItem")?;
    let menu: zbus::zvariant::OwnedObjectPath = icon.get_property("Menu").context("the icon has no menu")?;
    Ok(Proxy::new(bus, name.clone(), menu, "com.canonical.dbusmenu")?)
}

type Layout = (i32, HashMap<String, OwnedValue>, Vec<OwnedValue>);

/// All lines, those of menus inside it after the line that opens them.
fn menu(bus: &Connection, place: &Place) -> Result<Vec<Line>> {
    let proxy = menu_proxy(bus, place)?;
    let (_, root): (u32, Layout) = proxy.call("GetLayout", &(0_i32, -1_i32, Vec::<String>::new()))?;
    let mut lines = Vec::new();
    flatten(root, &mut lines)?;
    Ok(lines)
}

fn flatten((id, properties, children): Layout, lines: &mut Vec<Line>) -> Result<()> {
    let text = |name: &str| properties.get(name).and_then(|value| <&str>::try_from(value).ok());
    let is_open = properties.get("enabled").and_then(|value| bool::try_from(value).ok()).unwrap_or(true);
    // An underscore marks the key that presses the line.
    lines.push(Line { id, label: text("label").unwrap_or_default().replace('_', ""), is_open });
    for child in children {
        flatten(Layout::try_from(child).context("the menu's line is not one")?, lines)?;
    }
    Ok(())
}
