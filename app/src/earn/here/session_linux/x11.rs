//! An X server tells when it was last touched and what fills the screen. Never that of a Wayland session: it sees X programs alone.

use x11rb::connection::Connection;
use x11rb::protocol::screensaver::ConnectionExt as _;
use x11rb::protocol::xproto::{Atom, AtomEnum, ConnectionExt as _, Window};
use x11rb::rust_connection::{ReplyError, RustConnection};

use crate::earn::signals::ProgramName;

/// The longest property that is read, in units of four bytes.
const WORDS_MAX: u32 = 256;
/// Windows between a focused one and the top level; a bound against a server that answers in circles.
const PARENTS_MAX: usize = 32;

/// A connection to an X server.
pub(super) struct Screen {
    connection: RustConnection,
    root: Window,
    width: u16,
    height: u16,
    active_window: Atom,
    state: Atom,
    state_full_screen: Atom,
}

impl Screen {
    /// The screen of this display; `None` = of the session's.
    pub(super) fn open(display: Option<&str>) -> Option<Self> {
        let (connection, number) = x11rb::connect(display).ok()?;
        let screen = connection.setup().roots.get(number)?;
        let (root, width, height) = (screen.root, screen.width_in_pixels, screen.height_in_pixels);
        let atom = |name: &str| Some(connection.intern_atom(false, name.as_bytes()).ok()?.reply().ok()?.atom);
        let active_window = atom("_NET_ACTIVE_WINDOW")?;
        let (state, state_full_screen) = (atom("_NET_WM_STATE")?, atom("_NET_WM_STATE_FULLSCREEN")?);
        Some(Self { connection, root, width, height, active_window, state, state_full_screen })
    }

    pub(super) fn idle_s(&self) -> Result<u32, ReplyError> {
        let told = self.connection.screensaver_query_info(self.root)?.reply()?;
        Ok(told.ms_since_user_input / 1000)
    }

    pub(super) fn full_screen(&self) -> Result<Option<ProgramName>, ReplyError> {
        let active = self.words(self.root, self.active_window, AtomEnum::WINDOW.into())?.first().copied();
        let (window, fills) = match active {
            None => {
                // No window manager that says so: what has the keyboard fills the screen if it is as large.
                let window = self.focused()?;
                (window, window != self.root && window > 1 && self.is_as_large(window)?)
            }
            Some(0) => return Ok(None),
            Some(window) => {
                let states = self.words(window, self.state, AtomEnum::ATOM.into())?;
                (window, states.contains(&self.state_full_screen))
            }
        };
        if fills { self.name(window).map(Some) } else { Ok(None) }
    }

    fn words(&self, window: Window, property: Atom, kind: Atom) -> Result<Vec<u32>, ReplyError> {
        let reply = self.connection.get_property(false, window, property, kind, 0, WORDS_MAX)?.reply()?;
        Ok(reply.value32().map(Iterator::collect).unwrap_or_default())
    }

    /// The top-level window that has the keyboard; 0 or 1 when none has.
    fn focused(&self) -> Result<Window, ReplyError> {
        let mut window = self.connection.get_input_focus()?.reply()?.focus;
        for _ in 0..PARENTS_MAX {
            if window <= 1 || window == self.root {
                break;
            }
            let parent = self.connection.query_tree(window)?.reply()?.parent;
            if parent == self.root {
                break;
            }
            window = parent;
        }
        Ok(window)
    }

    fn is_as_large(&self, window: Window) -> Result<bool, ReplyError> {
        let shape = self.connection.get_geometry(window)?.reply()?;
        Ok(shape.width >= self.width && shape.height >= self.height)
    }

    /// The program's class. Never the window's title: that may hold what the person reads.
    fn name(&self, window: Window) -> Result<ProgramName, ReplyError> {
        let (property, kind) = (AtomEnum::WM_CLASS, AtomEnum::STRING);
        let reply = self.connection.get_property(false, window, property, kind, 0, WORDS_MAX)?.reply()?;
        let class = reply.value.split(|byte| *byte == 0).nth(1).unwrap_or_default();
        Ok(ProgramName::new(&String::from_utf8_lossy(class)))
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader};
    use std::process::{Child, Command, Stdio};
    use std::time::{Duration, Instant};

    use x11rb::protocol::xproto::{CreateWindowAux, InputFocus, PropMode, WindowClass};
    use x11rb::protocol::xtest::ConnectionExt as _;
    use x11rb::wrapper::ConnectionExt as _;

    use super::*;

    /// A screen without a person, a window manager or anything else.
    struct Xvfb(Child);

    impl Drop for Xvfb {
        fn drop(&mut self) {
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }

    fn xvfb() -> Option<(Xvfb, Screen)> {
        let started = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", "320x200x24", "-nolisten", "tcp"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let Ok(mut child) = started else {
            eprintln!("NOT CHECKED: there is no Xvfb; install the package xvfb");
            return None;
        };
        let told = child.stdout.take().expect("it is piped");
        let server = Xvfb(child);
        let mut number = String::new();
        BufReader::new(told).read_line(&mut number).expect("it tells its number");
        let screen = Screen::open(Some(&format!(":{}", number.trim()))).expect("it takes connections");
        Some((server, screen))
    }

    fn window(screen: &Screen, width: u16, height: u16, class: &[u8]) -> Window {
        let connection = &screen.connection;
        let window = connection.generate_id().expect("an id");
        let (kind, values) = (WindowClass::INPUT_OUTPUT, CreateWindowAux::new());
        let made =
            connection.create_window(24, window, screen.root, 0, 0, width, height, 0, kind, 0, &values);
        made.expect("sent").check().expect("made");
        let (property, string) = (AtomEnum::WM_CLASS, AtomEnum::STRING);
        let named = connection.change_property8(PropMode::REPLACE, window, property, string, class);
        named.expect("sent").check().expect("named");
        connection.map_window(window).expect("sent").check().expect("shown");
        connection
            .set_input_focus(InputFocus::POINTER_ROOT, window, 0u32)
            .expect("sent")
            .check()
            .expect("focus");
        window
    }

    fn told(screen: &Screen) -> Option<String> {
        screen.full_screen().expect("it answers").map(|name| name.to_string())
    }

    #[test]
    fn a_full_screen_program_is_seen_with_and_without_a_window_manager() {
        let Some((_server, screen)) = xvfb() else { return };
        assert_eq!(told(&screen), None, "an empty screen");
        window(&screen, 300, 200, b"small\0Small\0");
        assert_eq!(told(&screen), None, "a window that leaves some of it free");
        let large = window(&screen, 320, 200, b"race\0Night Race\0");
        assert_eq!(told(&screen).as_deref(), Some("Night Race"));
        // A window manager says which window is active, and whether it is full-screen.
        let connection = &screen.connection;
        let active = |window: Window| {
            let (property, kind) = (screen.active_window, AtomEnum::WINDOW);
            let set = connection.change_property32(PropMode::REPLACE, screen.root, property, kind, &[window]);
            set.expect("sent").check().expect("set");
        };
        active(large);
        assert_eq!(told(&screen), None, "large, and not full-screen");
        let (state, atom) = (&[screen.state_full_screen], AtomEnum::ATOM);
        let set = connection.change_property32(PropMode::REPLACE, large, screen.state, atom, state);
        set.expect("sent").check().expect("set");
        assert_eq!(told(&screen).as_deref(), Some("Night Race"));
        active(0);
        assert_eq!(told(&screen), None);
    }

    #[test]
    fn a_touch_ends_the_idle_time() {
        let Some((_server, screen)) = xvfb() else { return };
        let began = Instant::now();
        while screen.idle_s().expect("it answers") < 1 {
            assert!(began.elapsed() < Duration::from_secs(30), "nobody touches it");
            std::thread::sleep(Duration::from_millis(50));
        }
        let motion = x11rb::protocol::xproto::MOTION_NOTIFY_EVENT;
        let moved = screen.connection.xtest_fake_input(motion, 0, 0, screen.root, 50, 50, 0);
        moved.expect("sent").check().expect("moved");
        assert_eq!(screen.idle_s().expect("it answers"), 0);
    }
}
