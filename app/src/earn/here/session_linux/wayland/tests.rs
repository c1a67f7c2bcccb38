//! Against a compositor of the tests' own, which speaks the protocol over a pair of sockets.

use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

use wayland_protocols::ext::idle_notify::v1::server::ext_idle_notification_v1::{
    self as notification, ExtIdleNotificationV1,
};
use wayland_protocols::ext::idle_notify::v1::server::ext_idle_notifier_v1::{
    self as notifier, ExtIdleNotifierV1,
};
use wayland_protocols_wlr::foreign_toplevel::v1::server::zwlr_foreign_toplevel_handle_v1::{
    self as window, ZwlrForeignToplevelHandleV1,
};
use wayland_protocols_wlr::foreign_toplevel::v1::server::zwlr_foreign_toplevel_manager_v1::{
    self as manager, ZwlrForeignToplevelManagerV1,
};
use wayland_server::backend::{ClientData, GlobalId};
use wayland_server::protocol::wl_seat::{self as seat, WlSeat};
use wayland_server::{Client, DataInit, Dispatch, Display, DisplayHandle, GlobalDispatch, New};

use super::*;

/// What the tests have the compositor say.
enum Word {
    /// All seats but so many are still.
    Still {
        but: usize,
    },
    Touched,
    /// The window's states, by number.
    Window(Vec<u32>),
    CloseWindow,
    UnplugSeat,
}

#[derive(Default)]
struct Desk {
    notifications: Vec<ExtIdleNotificationV1>,
    window: Option<ZwlrForeignToplevelHandleV1>,
    stills_ms: Vec<u32>,
}

struct Nobody;
impl ClientData for Nobody {}

/// Ends when the sender of words is dropped, and with it the connection.
fn desk(seats: u32, words: Receiver<Word>, has_windows: bool) -> (Connection, JoinHandle<Desk>) {
    let mut display = Display::<Desk>::new().expect("a display");
    let mut handle = display.handle();
    let mut plugged: Vec<GlobalId> =
        (0..seats).map(|_| handle.create_global::<Desk, WlSeat, ()>(1, ())).collect();
    handle.create_global::<Desk, ExtIdleNotifierV1, ()>(1, ());
    if has_windows {
        handle.create_global::<Desk, ZwlrForeignToplevelManagerV1, ()>(1, ());
    }
    let (ours, theirs) = UnixStream::pair().expect("a pair of sockets");
    handle.insert_client(ours, Arc::new(Nobody)).expect("it comes in");
    let running = std::thread::spawn(move || {
        let mut desk = Desk::default();
        loop {
            display.dispatch_clients(&mut desk).expect("it speaks the protocol");
            match words.recv_timeout(Duration::from_millis(5)) {
                Ok(word) => desk.say(word, &display.handle(), &mut plugged),
                Err(std::sync::mpsc::RecvTimeoutError::Timeout) => {}
                Err(std::sync::mpsc::RecvTimeoutError::Disconnected) => return desk,
            }
            display.flush_clients().expect("it is there");
        }
    });
    (Connection::from_socket(theirs).expect("it connects"), running)
}

impl Desk {
    fn say(&mut self, word: Word, display: &DisplayHandle, plugged: &mut Vec<GlobalId>) {
        match word {
            Word::Still { but } => self.notifications.iter().skip(but).for_each(ExtIdleNotificationV1::idled),
            Word::Touched => self.notifications.iter().for_each(ExtIdleNotificationV1::resumed),
            Word::Window(states) => {
                let window = self.window.as_ref().expect("there is one");
                window.app_id("org.example.Game".to_owned());
                window.state(states.into_iter().flat_map(u32::to_ne_bytes).collect());
                window.done();
            }
            Word::CloseWindow => self.window.as_ref().expect("there is one").closed(),
            Word::UnplugSeat => display.remove_global::<Desk>(plugged.remove(0)),
        }
    }
}

impl GlobalDispatch<WlSeat, ()> for Desk {
    fn bind(
        _: &mut Self,
        _: &DisplayHandle,
        _: &Client,
        new: New<WlSeat>,
        (): &(),
        init: &mut DataInit<'_, Self>,
    ) {
        init.init(new, ());
    }
}

impl GlobalDispatch<ExtIdleNotifierV1, ()> for Desk {
    fn bind(
        _: &mut Self,
        _: &DisplayHandle,
        _: &Client,
        new: New<ExtIdleNotifierV1>,
        (): &(),
        init: &mut DataInit<'_, Self>,
    ) {
        init.init(new, ());
    }
}

impl GlobalDispatch<ZwlrForeignToplevelManagerV1, ()> for Desk {
    fn bind(
        desk: &mut Self,
        display: &DisplayHandle,
        client: &Client,
        new: New<ZwlrForeignToplevelManagerV1>,
        (): &(),
        init: &mut DataInit<'_, Self>,
    ) {
        let manager = init.init(new, ());
        let window = client
            .create_resource::<ZwlrForeignToplevelHandleV1, (), Self>(display, 1, ())
            .expect("a window");
        manager.toplevel(&window);
        desk.window = Some(window);
    }
}

impl Dispatch<WlSeat, ()> for Desk {
    fn request(
        _: &mut Self,
        _: &Client,
        _: &WlSeat,
        _: seat::Request,
        (): &(),
        _: &DisplayHandle,
        _: &mut DataInit<'_, Self>,
    ) {
    }
}

impl Dispatch<ExtIdleNotifierV1, ()> for Desk {
    fn request(
        desk: &mut Self,
        _: &Client,
        _: &ExtIdleNotifierV1,
        request: notifier::Request,
        (): &(),
        _: &DisplayHandle,
        init: &mut DataInit<'_, Self>,
    ) {
        if let notifier::Request::GetIdleNotification { id, timeout, .. } = request {
            desk.stills_ms.push(timeout);
            desk.notifications.push(init.init(id, ()));
        }
    }
}

impl Dispatch<ExtIdleNotificationV1, ()> for Desk {
    fn request(
        _: &mut Self,
        _: &Client,
        _: &ExtIdleNotificationV1,
        _: notification::Request,
        (): &(),
        _: &DisplayHandle,
        _: &mut DataInit<'_, Self>,
    ) {
    }
}

impl Dispatch<ZwlrForeignToplevelManagerV1, ()> for Desk {
    fn request(
        _: &mut Self,
        _: &Client,
        _: &ZwlrForeignToplevelManagerV1,
        _: manager::Request,
        (): &(),
        _: &DisplayHandle,
        _: &mut DataInit<'_, Self>,
    ) {
    }
}

impl Dispatch<ZwlrForeignToplevelHandleV1, ()> for Desk {
    fn request(
        _: &mut Self,
        _: &Client,
        _: &ZwlrForeignToplevelHandleV1,
        _: window::Request,
        (): &(),
        _: &DisplayHandle,
        _: &mut DataInit<'_, Self>,
    ) {
    }
}

/// Asks until the answer is as expected.
fn until<T: std::fmt::Debug + PartialEq>(mut ask: impl FnMut() -> T, expected: &T) {
    let by = Instant::now() + Duration::from_secs(10);
    loop {
        let told = ask();
        if told == *expected {
            return;
        }
        assert!(Instant::now() < by, "{told:?} is told, not {expected:?}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn compositor(seats: u32, has_windows: bool) -> (Compositor, Sender<Word>, JoinHandle<Desk>) {
    let (say, words) = channel();
    let (connection, running) = desk(seats, words, has_windows);
    (Compositor::over(&connection).expect("it tells"), say, running)
}

#[test]
fn the_time_since_the_last_touch_of_any_seat_is_told() {
    let (mut compositor, words, running) = compositor(2, false);
    let say = |word| words.send(word).expect("it runs");
    assert_eq!(compositor.idle_s(), Some(Sensed::Known(0)), "somebody may be there until it says otherwise");
    assert_eq!(compositor.full_screen(), Some(Sensed::Unknown), "it does not tell of windows");
    say(Word::Still { but: 1 });
    std::thread::sleep(Duration::from_millis(100));
    assert_eq!(compositor.idle_s(), Some(Sensed::Known(0)), "the other seat is used");
    say(Word::Still { but: 0 });
    until(|| compositor.idle_s(), &Some(Sensed::Known(1)));
    until(|| compositor.idle_s(), &Some(Sensed::Known(2)));
    say(Word::Touched);
    until(|| compositor.idle_s(), &Some(Sensed::Known(0)));
    say(Word::UnplugSeat);
    say(Word::UnplugSeat);
    until(|| compositor.idle_s(), &Some(Sensed::Unknown));
    drop(words);
    assert_eq!(running.join().expect("no panic").stills_ms, [1000, 1000]);
    until(|| compositor.idle_s(), &None);
}

#[test]
fn an_active_window_that_fills_the_screen_is_told_by_its_programs_name() {
    let (mut compositor, say, running) = compositor(1, true);
    let full_screen = |compositor: &mut Compositor| compositor.full_screen().expect("it is there");
    assert_eq!(full_screen(&mut compositor), Sensed::Known(None));
    let game = Sensed::Known(Some(ProgramName::new("org.example.Game")));
    let (maximised, active, fills) = (0, 2, 3);
    for (states, expected) in [
        (vec![active, fills], game.clone()),
        (vec![active, maximised], Sensed::Known(None)),
        (vec![fills], Sensed::Known(None)),
        (vec![fills, active], game),
    ] {
        say.send(Word::Window(states)).expect("it runs");
        until(|| full_screen(&mut compositor), &expected);
    }
    say.send(Word::CloseWindow).expect("it runs");
    until(|| full_screen(&mut compositor), &Sensed::Known(None));
    drop(say);
    running.join().expect("no panic");
}
