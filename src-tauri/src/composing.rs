//! Makes the web view paint where its fast path does not: with WebKitGTK on software drawing or NVIDIA's driver.
//!
//! There the window stays empty unless two of WebKit's switches are set before the process has a second thread. Changing the own
//! environment is not safe in Rust, so the program starts itself again with them, in the same process.

#[cfg(target_os = "linux")]
use crate::succession;

/// Sets the switches where they are needed; comes back in the process that has them.
#[cfg(target_os = "linux")]
pub(crate) fn settle() {
    let Some(why) = reason(&Machine::look()) else { return };
    let missing: Vec<&str> = SWITCHES.into_iter().filter(|name| std::env::var_os(name).is_none()).collect();
    if missing.is_empty() {
        tracing::info!(switches = SWITCHES.join(" "), "the web view paints without its fast path");
        return;
    }
    tracing::info!(
        switches = missing.join(" "),
        "{why}: the web view is told to paint without its fast path"
    );
    // A window that may stay empty is better than none.
    let error = succession::anew(missing.into_iter().map(|name| (name, "1".to_owned())));
    tracing::warn!(%error, "the program could not start itself with these switches");
}

/// Other systems have other web views.
#[cfg(not(target_os = "linux"))]
pub(crate) fn settle() {}

#[cfg(target_os = "linux")]
const SWITCHES: [&str; 2] = ["WEBKIT_DISABLE_DMABUF_RENDERER", "WEBKIT_DISABLE_COMPOSITING_MODE"];

/// What decides.
#[cfg(target_os = "linux")]
#[derive(Clone, Copy, Debug, Default)]
struct Machine {
    has_render_device: bool,
    software_asked: bool,
    nvidia: bool,
}

#[cfg(target_os = "linux")]
impl Machine {
    fn look() -> Self {
        let devices = std::fs::read_dir("/dev/dri").into_iter().flatten().flatten();
        let is_render = |entry: std::fs::DirEntry| entry.file_name().to_string_lossy().starts_with("renderD");
        Self {
            has_render_device: devices.into_iter().any(is_render),
            software_asked: std::env::var_os("LIBGL_ALWAYS_SOFTWARE").is_some_and(|value| value != "0"),
            nvidia: std::path::Path::new("/proc/driver/nvidia/version").exists(),
        }
    }
}

#[cfg(target_os = "linux")]
fn reason(machine: &Machine) -> Option<&'static str> {
    match machine {
        Machine { software_asked: true, .. } => Some("software drawing is asked for"),
        Machine { nvidia: true, .. } => Some("NVIDIA's driver is at work"),
        Machine { has_render_device: false, .. } => Some("there is no device to draw with"),
        _ => None,
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn only_machines_whose_window_would_stay_empty_lose_the_fast_path() {
        let good = Machine { has_render_device: true, ..Machine::default() };
        assert_eq!(reason(&good), None);
        assert!(reason(&Machine { nvidia: true, ..good }).is_some());
        assert!(reason(&Machine { software_asked: true, ..good }).is_some());
        assert!(reason(&Machine::default()).is_some());
    }
}
