//! The person's session on Linux: when it was last touched, and what fills the screen.
//!
//! Under X11 the server tells both. Under Wayland a compositor tells the first by a protocol that most have, and GNOME's by the session bus;
//! the second only those of wlroots' family. What nobody tells is unknown.

mod gnome;
mod wayland;
mod x11;

use std::time::{Duration, Instant};

use x11rb::rust_connection::ReplyError;

use crate::earn::signals::{ProgramName, Sensed};

/// Where nobody tells, somebody is looked for again after this time: it takes a connection or two.
const LOOK_AGAIN: Duration = Duration::from_secs(10);

/// Whoever tells of the session, when somebody does.
#[derive(Default)]
pub(super) struct Session {
    teller: Option<Teller>,
    looked_at: Option<Instant>,
}

enum Teller {
    X11(Box<x11::Screen>),
    Wayland(wayland::Compositor),
    Gnome(gnome::IdleMonitor),
}

impl Session {
    /// Looks for somebody again after a session has begun or ended.
    pub(super) fn refresh(&mut self) {
        let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let looked_lately = self.looked_at.is_some_and(|at| at.elapsed() < LOOK_AGAIN);
        if self.teller.is_some() || looked_lately {
            return;
        }
        self.looked_at = Some(Instant::now());
        self.teller = if is_set("WAYLAND_DISPLAY") {
            let compositor = wayland::Compositor::of_session().map(Teller::Wayland);
            compositor.or_else(|| gnome::IdleMonitor::on_bus(None).map(Teller::Gnome))
        } else if is_set("DISPLAY") {
            x11::Screen::open(None).map(Box::new).map(Teller::X11)
        } else {
            None
        };
    }

    pub(super) fn idle_s(&mut self) -> Sensed<u32> {
        let told = match &mut self.teller {
            None => return Sensed::Unknown,
            Some(Teller::X11(screen)) => answered(screen.idle_s()),
            Some(Teller::Wayland(compositor)) => compositor.idle_s(),
            Some(Teller::Gnome(monitor)) => monitor.idle_s().map(Sensed::Known),
        };
        self.unless_gone(told)
    }

    pub(super) fn full_screen(&mut self) -> Sensed<Option<ProgramName>> {
        let told = match &mut self.teller {
            None | Some(Teller::Gnome(_)) => return Sensed::Unknown,
            Some(Teller::X11(screen)) => answered(screen.full_screen()),
            Some(Teller::Wayland(compositor)) => compositor.full_screen(),
        };
        self.unless_gone(told)
    }

    /// Nothing was told: whoever did is gone, and somebody is looked for again.
    fn unless_gone<T>(&mut self, told: Option<Sensed<T>>) -> Sensed<T> {
        told.unwrap_or_else(|| {
            self.teller = None;
            Sensed::Unknown
        })
    }
}

/// What an X server answered; nothing when it is gone.
fn answered<T>(answer: Result<T, ReplyError>) -> Option<Sensed<T>> {
    match answer {
        Ok(answer) => Some(Sensed::Known(answer)),
        // It refuses: a window that has just gone, or an extension that it lacks.
        Err(ReplyError::X11Error(_)) => Some(Sensed::Unknown),
        Err(ReplyError::ConnectionError(_)) => None,
    }
}
