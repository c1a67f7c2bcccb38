//! What a file manager is to a drag, for tests: a small window out of which files can be dragged, by their addresses on its command line.
//!
//! Under Wayland, where programs know no place, it is wherever the compositor puts it. It offers the files as file managers do: a list of addresses, and the same as text. Prints `ready` when it is on the screen, `began` when a
//! drag has begun, and `taken` or `refused` when it has ended.

#[cfg(not(target_os = "linux"))]
fn main() {
    eprintln!("on other systems, their own file manager is at hand");
}

/// Serves until it is killed.
#[cfg(target_os = "linux")]
fn main() -> anyhow::Result<()> {
    use std::{cell::Cell, rc::Rc};

    use gtk::{gdk, prelude::*};

    /// Where the window is, clear of the program under test on a screen of 1920×1080.
    const AT: (i32, i32) = (1700, 900);
    const SIZE: (i32, i32) = (160, 120);

    let addresses: Vec<String> = std::env::args().skip(1).collect();
    gtk::init()?;
    // On X11 one that no window manager touches; Wayland knows none of that kind.
    let is_wayland = gdk::Display::default().is_some_and(|display| display.backend().is_wayland());
    let window =
        gtk::Window::new(if is_wayland { gtk::WindowType::Toplevel } else { gtk::WindowType::Popup });
    window.set_title("Files");
    // Of a colour of its own, by which it is found where no window tells its place.
    let style = gtk::CssProvider::new();
    style.load_from_data(b"window { background: #c81e8c; }")?;
    window.style_context().add_provider(&style, gtk::STYLE_PROVIDER_PRIORITY_APPLICATION);
    window.set_default_size(SIZE.0, SIZE.1);
    window.move_(AT.0, AT.1);

    let flags = gtk::TargetFlags::empty();
    let offered =
        [gtk::TargetEntry::new("text/uri-list", flags, 0), gtk::TargetEntry::new("UTF8_STRING", flags, 1)];
    let actions = gdk::DragAction::COPY | gdk::DragAction::MOVE | gdk::DragAction::LINK;
    window.drag_source_set(gdk::ModifierType::BUTTON1_MASK, &offered, actions);
    window.connect_drag_begin(|_, _| say("began"));
    window.connect_drag_data_get(move |_, _, data, info, _| {
        if info == 0 {
            let listed: Vec<&str> = addresses.iter().map(String::as_str).collect();
            data.set_uris(&listed);
        } else {
            data.set_text(&addresses.join("\n"));
        }
    });
    let is_refused = Rc::new(Cell::new(false));
    let refused = is_refused.clone();
    window.connect_drag_failed(move |_, _, _| {
        refused.set(true);
        gtk::glib::Propagation::Stop
    });
    window.connect_drag_end(move |_, _| say(if is_refused.take() { "refused" } else { "taken" }));
    window.connect_map_event(|_, _| {
        say("ready");
        gtk::glib::Propagation::Proceed
    });
    window.show_all();
    gtk::main();
    Ok(())
}

#[cfg(target_os = "linux")]
#[expect(clippy::print_stdout, reason = "its answers")]
fn say(word: &str) {
    println!("{word}");
}
