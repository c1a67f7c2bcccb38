//! A Wayland compositor tells when its seats were last touched (ext-idle-notify-v1: KDE's, Sway, Hyprland, COSMIC's, niri and others), and those of
//! wlroots' family also which window fills the screen (wlr-foreign-toplevel-management-v1). Neither needs a window of ours.
//!
//! A video that keeps the screen awake counts as a touch: the protocol has it so.

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};

use wayland_client::backend::{ObjectId, WaylandError};
use wayland_client::globals::{GlobalList, GlobalListContents, registry_queue_init};
use wayland_client::protocol::wl_registry::{self, WlRegistry};
use wayland_client::protocol::wl_seat::{self, WlSeat};
use wayland_client::{Connection, Dispatch, EventQueue, Proxy, QueueHandle, event_created_child};
use wayland_protocols::ext::idle_notify::v1::client::ext_idle_notification_v1::{
    self, ExtIdleNotificationV1,
};
use wayland_protocols::ext::idle_notify::v1::client::ext_idle_notifier_v1::{self, ExtIdleNotifierV1};
use wayland_protocols_wlr::foreign_toplevel::v1::client::zwlr_foreign_toplevel_handle_v1::{
    self, State as WindowState, ZwlrForeignToplevelHandleV1,
};
use wayland_protocols_wlr::foreign_toplevel::v1::client::zwlr_foreign_toplevel_manager_v1::{
    self, EVT_TOPLEVEL_OPCODE, ZwlrForeignToplevelManagerV1,
};

use crate::earn::signals::{ProgramName, Sensed};

/// A seat that was not touched for so long is still; the compositor tells when that begins and ends.
const STILL: Duration = Duration::from_secs(1);
/// Windows that are followed; a bound against a compositor that has no end of them.
const WINDOWS_MAX: usize = 1024;

/// A connection to a compositor that tells one of them or both.
pub(super) struct Compositor {
    queue: EventQueue<Told>,
    told: Told,
}

/// What it has told so far.
#[derive(Default)]
struct Told {
    notifier: Option<ExtIdleNotifierV1>,
    /// By the global's name: since when it is still.
    seats: BTreeMap<u32, Option<Instant>>,
    tells_windows: bool,
    windows: HashMap<ObjectId, Window>,
}

#[derive(Default)]
struct Window {
    program: String,
    fills: bool,
}

impl Compositor {
    /// The session's, where it tells.
    pub(super) fn of_session() -> Option<Self> {
        Self::over(&Connection::connect_to_env().ok()?)
    }

    fn over(connection: &Connection) -> Option<Self> {
        let (globals, mut queue) = registry_queue_init::<Told>(connection).ok()?;
        let handle = queue.handle();
        let notifier: Option<ExtIdleNotifierV1> = globals.bind(&handle, 1..=1, ()).ok();
        let windows: Option<ZwlrForeignToplevelManagerV1> = globals.bind(&handle, 1..=1, ()).ok();
        if notifier.is_none() && windows.is_none() {
            return None;
        }
        let mut told = Told { notifier, tells_windows: windows.is_some(), ..Told::default() };
        told.follow_seats(&globals, &handle);
        // What there is is told at once.
        queue.roundtrip(&mut told).ok()?;
        Some(Self { queue, told })
    }

    /// Since somebody last touched this computer, seconds; nothing when the compositor is gone.
    pub(super) fn idle_s(&mut self) -> Option<Sensed<u32>> {
        self.hear()?;
        let idle_s = |still: &Option<Instant>| still.map_or(0, |since| since.elapsed().as_secs());
        let least = self.told.seats.values().map(idle_s).min();
        Some(least.map(|seconds| u32::try_from(seconds).unwrap_or(u32::MAX)).into())
    }

    /// The program of the active window, if that fills a screen.
    pub(super) fn full_screen(&mut self) -> Option<Sensed<Option<ProgramName>>> {
        self.hear()?;
        if !self.told.tells_windows {
            return Some(Sensed::Unknown);
        }
        let filling = self.told.windows.values().find(|window| window.fills);
        Some(Sensed::Known(filling.map(|window| ProgramName::new(&window.program))))
    }

    /// Takes in what has come, without waiting.
    fn hear(&mut self) -> Option<()> {
        self.queue.flush().ok()?;
        if let Some(guard) = self.queue.prepare_read() {
            match guard.read() {
                Ok(_) => {}
                Err(WaylandError::Io(error)) if error.kind() == std::io::ErrorKind::WouldBlock => {}
                Err(_) => return None,
            }
        }
        self.queue.dispatch_pending(&mut self.told).ok()?;
        Some(())
    }
}

impl Told {
    fn follow_seats(&mut self, globals: &GlobalList, handle: &QueueHandle<Self>) {
        let is_seat = |interface: &str| interface == WlSeat::interface().name;
        for global in globals.contents().clone_list() {
            if is_seat(&global.interface) {
                self.follow_seat(globals.registry(), global.name, handle);
            }
        }
    }

    fn follow_seat(&mut self, registry: &WlRegistry, name: u32, handle: &QueueHandle<Self>) {
        let Some(notifier) = &self.notifier else { return };
        let seat: WlSeat = registry.bind(name, 1, handle, ());
        notifier.get_idle_notification(STILL.as_millis() as u32, &seat, handle, name);
        self.seats.insert(name, None);
    }
}

impl Dispatch<WlRegistry, GlobalListContents> for Told {
    fn event(
        told: &mut Self,
        registry: &WlRegistry,
        event: wl_registry::Event,
        _: &GlobalListContents,
        _: &Connection,
        handle: &QueueHandle<Self>,
    ) {
        match event {
            wl_registry::Event::Global { name, interface, .. } if interface == WlSeat::interface().name => {
                told.follow_seat(registry, name, handle);
            }
            // A seat that is unplugged is touched by nobody.
            wl_registry::Event::GlobalRemove { name } => drop(told.seats.remove(&name)),
            _ => {}
        }
    }
}

impl Dispatch<ExtIdleNotificationV1, u32> for Told {
    fn event(
        told: &mut Self,
        _: &ExtIdleNotificationV1,
        event: ext_idle_notification_v1::Event,
        seat: &u32,
        _: &Connection,
        _: &QueueHandle<Self>,
    ) {
        let Some(still) = told.seats.get_mut(seat) else { return };
        *still = match event {
            ext_idle_notification_v1::Event::Idled => Instant::now().checked_sub(STILL),
            _ => None,
        };
    }
}

impl Dispatch<ZwlrForeignToplevelManagerV1, ()> for Told {
    fn event(
        told: &mut Self,
        _: &ZwlrForeignToplevelManagerV1,
        event: zwlr_foreign_toplevel_manager_v1::Event,
        (): &(),
        _: &Connection,
        _: &QueueHandle<Self>,
    ) {
        match event {
            zwlr_foreign_toplevel_manager_v1::Event::Toplevel { toplevel }
                if told.windows.len() < WINDOWS_MAX =>
            {
                told.windows.insert(toplevel.id(), Window::default());
            }
            zwlr_foreign_toplevel_manager_v1::Event::Finished => told.tells_windows = false,
            _ => {}
        }
    }

    event_created_child!(Told, ZwlrForeignToplevelManagerV1, [
        EVT_TOPLEVEL_OPCODE => (ZwlrForeignToplevelHandleV1, ()),
    ]);
}

impl Dispatch<ZwlrForeignToplevelHandleV1, ()> for Told {
    fn event(
        told: &mut Self,
        window: &ZwlrForeignToplevelHandleV1,
        event: zwlr_foreign_toplevel_handle_v1::Event,
        (): &(),
        _: &Connection,
        _: &QueueHandle<Self>,
    ) {
        if matches!(event, zwlr_foreign_toplevel_handle_v1::Event::Closed) {
            told.windows.remove(&window.id());
            window.destroy();
            return;
        }
        let Some(known) = told.windows.get_mut(&window.id()) else { return };
        match event {
            // The program's name. Never the window's title: that may hold what the person reads.
            zwlr_foreign_toplevel_handle_v1::Event::AppId { app_id } => known.program = app_id,
            zwlr_foreign_toplevel_handle_v1::Event::State { state } => known.fills = fills(&state),
            _ => {}
        }
    }
}

/// Whether a window's states, numbers of four bytes each, say that it has the keyboard and fills a screen.
fn fills(states: &[u8]) -> bool {
    let (numbers, _) = states.as_chunks::<4>();
    let has = |state: WindowState| numbers.iter().any(|number| u32::from_ne_bytes(*number) == state as u32);
    has(WindowState::Activated) && has(WindowState::Fullscreen)
}

impl Dispatch<ExtIdleNotifierV1, ()> for Told {
    fn event(
        _: &mut Self,
        _: &ExtIdleNotifierV1,
        _: ext_idle_notifier_v1::Event,
        (): &(),
        _: &Connection,
        _: &QueueHandle<Self>,
    ) {
    }
}

impl Dispatch<WlSeat, ()> for Told {
    fn event(_: &mut Self, _: &WlSeat, _: wl_seat::Event, (): &(), _: &Connection, _: &QueueHandle<Self>) {}
}

#[cfg(test)]
mod tests;
