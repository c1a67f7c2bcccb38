//! A tray for tests: takes the place that a desktop's panel has on the session's bus, tells what icon came, and reads and presses its menu.
//!
//! Answers one line of JSON for each line it is given: `menu` gives the lines of the menu, `press LABEL` presses one; without an icon it is null. It speaks the
//! StatusNotifierItem and `com.canonical.dbusmenu` interfaces, as far as a test needs them.

#[cfg(not(target_os = "linux"))]
fn main() {
    eprintln!("other systems keep their tray to themselves");
}

#[cfg(target_os = "linux")]
fn main() -> anyhow::Result<()> {
    host::run()
}

#[cfg(target_os = "linux")]
mod host {
    use std::collections::HashMap;
    use std::io::BufRead;
    use std::sync::{Arc, Mutex, PoisonError};

    use anyhow::{Context, Result};
    use zbus::blocking::{Connection, Proxy, connection};
    use zbus::message::Header;
    use zbus::zvariant::{OwnedValue, Value};

    type Item = Arc<Mutex<Option<(String, String)>>>;

    /// The panel: icons register themselves here.
    struct Panel(Item);

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

    /// Serves until its input ends.
    #[expect(clippy::print_stdout, reason = "its answers")]
    pub(super) fn run() -> Result<()> {
        let item = Item::default();
        let bus = connection::Builder::session()?
            .name("org.kde.StatusNotifierWatcher")?
            .serve_at("/StatusNotifierWatcher", Panel(Arc::clone(&item)))?
            .build()?;
        println!("\"ready\"");
        for line in std::io::stdin().lock().lines() {
            let line = line?;
            let place = item.lock().unwrap_or_else(PoisonError::into_inner).clone();
            // An icon whose program has ended answers nothing, like one that never came.
            let answer = place.and_then(|place| answer(&bus, &place, &line).ok()).unwrap_or_default();
            println!("{answer}");
        }
        Ok(())
    }

    fn answer(bus: &Connection, place: &(String, String), line: &str) -> Result<serde_json::Value> {
        match line.strip_prefix("press ") {
            Some(label) => Ok(serde_json::json!(press(bus, place, label)?)),
            None => Ok(serde_json::json!(labels(&menu(bus, place)?))),
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

    fn press(bus: &Connection, place: &(String, String), label: &str) -> Result<bool> {
        let lines = menu(bus, place)?;
        let Some(line) = lines.iter().find(|line| line.is_open && line.label == label) else {
            return Ok(false);
        };
        let proxy = menu_proxy(bus, place)?;
        proxy.call_method("Event", &(line.id, "clicked", Value::from(0_i32), 0_u32))?;
        Ok(true)
    }

    fn menu_proxy<'a>(bus: &Connection, (name, path): &(String, String)) -> Result<Proxy<'a>> {
        let icon = Proxy::new(bus, name.clone(), path.clone(), "org.kde.StatusNotifierItem")?;
        let menu: zbus::zvariant::OwnedObjectPath =
            icon.get_property("Menu").context("the icon has no menu")?;
        Ok(Proxy::new(bus, name.clone(), menu, "com.canonical.dbusmenu")?)
    }

    type Layout = (i32, HashMap<String, OwnedValue>, Vec<OwnedValue>);

    /// All lines, those of menus inside it after the line that opens them.
    fn menu(bus: &Connection, place: &(String, String)) -> Result<Vec<Line>> {
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
}
