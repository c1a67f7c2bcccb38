//! Whether files can be dropped on the window. What it promises depends on that.

/// Whether the screen brings dropped files to this program: winit, which opens its window, hears of none on Wayland.
pub(crate) fn are_heard() -> bool {
    let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    cfg!(any(windows, target_os = "macos")) || !(is_set("WAYLAND_DISPLAY") || is_set("WAYLAND_SOCKET"))
}
