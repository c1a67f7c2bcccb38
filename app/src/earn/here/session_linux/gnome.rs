//! GNOME's compositor tells on the session bus when it was last touched (`org.gnome.Mutter.IdleMonitor`); by Wayland it tells nobody.

use std::time::{Duration, Instant};

use zbus::blocking::{Connection, Proxy, connection::Builder};

/// How long an answer is good for: whoever comes back is noticed within half a second, and the bus stays quiet.
const FRESH: Duration = Duration::from_millis(200);
/// A compositor that does not answer within this time is as good as gone.
const PATIENCE: Duration = Duration::from_millis(500);

/// The compositor's monitor of all that a person touches.
pub(super) struct IdleMonitor {
    proxy: Proxy<'static>,
    told_s: u32,
    told_at: Instant,
}

impl IdleMonitor {
    /// On the session's bus, or the one at this address; nothing where nobody monitors.
    pub(super) fn on_bus(address: Option<&str>) -> Option<Self> {
        let builder = match address {
            Some(address) => Builder::address(address),
            None => Builder::session(),
        };
        let bus: Connection = builder.ok()?.method_timeout(PATIENCE).build().ok()?;
        let (name, path) = ("org.gnome.Mutter.IdleMonitor", "/org/gnome/Mutter/IdleMonitor/Core");
        let proxy = Proxy::new(&bus, name, path, name).ok()?;
        let told_s = ask(&proxy)?;
        Some(Self { proxy, told_s, told_at: Instant::now() })
    }

    /// Since somebody last touched this computer, seconds; nothing when the compositor is gone.
    pub(super) fn idle_s(&mut self) -> Option<u32> {
        if self.told_at.elapsed() >= FRESH {
            self.told_s = ask(&self.proxy)?;
            self.told_at = Instant::now();
        }
        Some(self.told_s)
    }
}

fn ask(proxy: &Proxy<'_>) -> Option<u32> {
    let idle_ms: u64 = proxy.call("GetIdletime", &()).ok()?;
    Some(u32::try_from(idle_ms / 1000).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader};
    use std::process::{Child, Command, Stdio};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    /// A session bus of a test's own.
    struct Bus(Child, String);

    impl Drop for Bus {
        fn drop(&mut self) {
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }

    fn bus() -> Option<Bus> {
        let started = Command::new("dbus-daemon")
            .args(["--session", "--nofork", "--print-address=1"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let Ok(mut child) = started else {
            eprintln!("NOT CHECKED: there is no dbus-daemon; install the package dbus");
            return None;
        };
        let mut address = String::new();
        let told = child.stdout.take().expect("it is piped");
        let mut bus = Bus(child, String::new());
        BufReader::new(told).read_line(&mut address).expect("it tells its address");
        bus.1 = address.trim().to_owned();
        Some(bus)
    }

    struct Mutter(Arc<AtomicU64>);

    #[zbus::interface(name = "org.gnome.Mutter.IdleMonitor")]
    impl Mutter {
        fn get_idletime(&self) -> u64 {
            self.0.load(Ordering::SeqCst)
        }
    }

    #[test]
    fn the_compositors_idle_time_is_told_and_its_end_is_noticed() {
        let Some(bus) = bus() else { return };
        assert!(IdleMonitor::on_bus(Some(&bus.1)).is_none(), "nobody monitors yet");
        let idle_ms = Arc::new(AtomicU64::new(301_900));
        let compositor = Builder::address(bus.1.as_str())
            .and_then(|builder| builder.name("org.gnome.Mutter.IdleMonitor"))
            .and_then(|builder| {
                builder.serve_at("/org/gnome/Mutter/IdleMonitor/Core", Mutter(idle_ms.clone()))
            })
            .and_then(Builder::build)
            .expect("it serves");
        let mut monitor = IdleMonitor::on_bus(Some(&bus.1)).expect("somebody monitors");
        assert_eq!(monitor.idle_s(), Some(301));
        idle_ms.store(40, Ordering::SeqCst);
        std::thread::sleep(FRESH);
        assert_eq!(monitor.idle_s(), Some(0), "somebody came back");
        drop(compositor);
        std::thread::sleep(FRESH);
        assert_eq!(monitor.idle_s(), None, "it has gone");
    }
}
