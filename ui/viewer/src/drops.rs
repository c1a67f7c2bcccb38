//! Whether files can be dropped on the window. What it promises depends on that.

/// Whether the screen brings dropped files to this program: winit, which opens its window, hears of none on Wayland.
pub(crate) fn are_heard() -> bool {
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    cfg!(any(windows, target_os = "macos")) || are_heard_on_linux(is_set)
}

/// By which screen winit chooses.
fn are_heard_on_linux(is_set: impl Fn(&str) -> bool) -> bool {
    !["WAYLAND_DISPLAY", "WAYLAND_SOCKET"].into_iter().any(is_set)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn on_wayland_no_drop_is_heard_even_where_there_is_an_x_server_too() {
        assert!(are_heard_on_linux(|name| name == "DISPLAY"));
        assert!(!are_heard_on_linux(|name| ["DISPLAY", "WAYLAND_DISPLAY"].contains(&name)));
    }
}
