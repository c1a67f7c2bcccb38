//! Looks at this computer and says what it offers and what is missing, in words that are safe to paste in public:
//! no path, no account, no host name, no address, no key.

use std::time::SystemTime;

use frame::AdapterCard;
use serde_json::{Value, json};
use sysinfo::System;

use crate::foreign;
use crate::output;
use crate::places::{self, Part};

/// One line of the report.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// What it is about.
    pub subject: String,
    /// What was found, for people.
    pub words: String,
    /// The same for programs.
    pub value: Value,
    /// What to do, when something is wrong.
    pub advice: Option<String>,
}

/// Free space below which rendering a sequence is likely to end badly.
const DISK_WANTED_BYTES: u64 = 2 << 30;
/// The usual port of a coordinator.
pub const COORDINATOR_PORT: u16 = 7411;

/// Examines this computer.
pub fn examine() -> Vec<Finding> {
    let mut findings = vec![program(), system(), processor(), memory()];
    findings.extend(adapters());
    findings.extend([outgoing_port(), coordinator_port(), disk(), blender(), desktop(), clock()]);
    findings
}

impl Finding {
    fn new(subject: &str, words: impl Into<String>, value: Value) -> Self {
        Self { subject: subject.into(), words: words.into(), value, advice: None }
    }

    fn advise(mut self, advice: &str) -> Self {
        self.advice = Some(advice.into());
        self
    }
}

fn program() -> Finding {
    let build = if cfg!(debug_assertions) { "debug" } else { "release" };
    let version = env!("CARGO_PKG_VERSION");
    Finding::new("tessera", format!("{version} ({build} build)"), json!({"version": version, "build": build}))
}

fn system() -> Finding {
    let name = System::long_os_version().unwrap_or_else(|| "unknown system".into());
    let kernel = System::kernel_version().unwrap_or_default();
    let architecture = std::env::consts::ARCH;
    let words = format!("{name}, kernel {kernel}, {architecture}");
    Finding::new("system", words, json!({"name": name, "kernel": kernel, "architecture": architecture}))
}

fn processor() -> Finding {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    Finding::new("processor", format!("{threads} threads"), json!({"threads": threads}))
}

fn memory() -> Finding {
    let mut system = System::new();
    system.refresh_memory();
    let (total, free) = (system.total_memory() >> 20, system.available_memory() >> 20);
    let words = format!("{free} of {total} MiB available");
    Finding::new("memory", words, json!({"total_mib": total, "available_mib": free}))
}

/// Every adapter with its limits, numbered as `--gpu` takes them.
fn adapters() -> Vec<Finding> {
    let reports = render_core::adapters();
    if reports.is_empty() {
        let none = Finding::new("adapter", "none that runs Vulkan, Metal or DX12", Value::Null);
        return vec![none.advise("install its driver, or software Vulkan (Debian: mesa-vulkan-drivers)")];
    }
    let described = |(index, report): (usize, render_core::AdapterReport)| {
        let AdapterCard { name, backend, driver, class } = &report.card;
        let limits = format!(
            "bindings of {} MiB, buffers of {} MiB",
            report.binding_bytes_max >> 20,
            report.buffer_bytes_max >> 20
        );
        let words = match report.silent {
            Some(_) => format!("{name}, of which nothing is known"),
            None => format!("{name} ({backend}, {driver}, {class:?}), {limits}"),
        };
        let value = serde_json::to_value(&report).expect("a report holds only text and numbers");
        let finding = Finding::new(&format!("adapter {index}"), words, value);
        match &report.refused {
            Some(why) => finding.advise(&format!("it cannot render: {why}")),
            None => finding,
        }
    };
    reports.into_iter().enumerate().map(described).collect()
}

fn outgoing_port() -> Finding {
    let opened = std::net::UdpSocket::bind(("0.0.0.0", 0));
    let finding = |works: bool| {
        let words = if works { "UDP sockets can be opened" } else { "no UDP socket can be opened" };
        Finding::new("network", words, json!({"udp": works}))
    };
    match opened {
        Ok(_) => finding(true),
        Err(_) => finding(false)
            .advise("allow this program to use the network; nodes and artists speak QUIC over UDP"),
    }
}

fn coordinator_port() -> Finding {
    let free = std::net::UdpSocket::bind(("0.0.0.0", COORDINATOR_PORT)).is_ok();
    let words = format!("UDP {COORDINATOR_PORT} is {}", if free { "free" } else { "taken" });
    let finding = Finding::new("coordinator port", words, json!({"port": COORDINATOR_PORT, "free": free}));
    if free {
        finding
    } else {
        finding.advise("a coordinator here needs another port: --listen 0.0.0.0:PORT")
    }
}

fn disk() -> Finding {
    let here = std::env::current_dir().ok().and_then(|folder| output::free_bytes(&folder));
    let data = places::data_folder(Part::Artist, None).ok().and_then(|folder| {
        // The folder itself may not exist yet; its nearest ancestor lies on the same disk.
        folder.ancestors().find(|ancestor| ancestor.is_dir()).and_then(output::free_bytes)
    });
    let said =
        |bytes: Option<u64>| bytes.map_or("unknown".to_owned(), |bytes| format!("{} MiB", bytes >> 20));
    let words = format!("{} free in this folder, {} for Tessera's data", said(here), said(data));
    let value = json!({"here_mib": here.map(|bytes| bytes >> 20), "data_mib": data.map(|bytes| bytes >> 20)});
    let finding = Finding::new("disk", words, value);
    match [here, data].into_iter().flatten().min() {
        Some(least) if least < DISK_WANTED_BYTES => finding.advise("free some space: pictures may not fit"),
        _ => finding,
    }
}

/// Whether scenes of other programs can be opened. Not where it is, for that may name a person.
fn blender() -> Finding {
    let is_there = foreign::program().is_some();
    let words = if is_there {
        "found: scenes of other programs can be opened"
    } else {
        "not found: glTF scenes can be opened, and no others"
    };
    Finding::new("blender", words, json!({"found": is_there}))
}

/// Whether there is a desktop session whose tray could hold an icon. Only Linux has to be asked.
fn desktop() -> Finding {
    if !cfg!(target_os = "linux") {
        return Finding::new("tray", "the system has one", json!({"session": true}));
    }
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let screen = set("DISPLAY") || set("WAYLAND_DISPLAY");
    let bus = set("DBUS_SESSION_BUS_ADDRESS");
    let runtime = set("XDG_RUNTIME_DIR");
    let words = match (screen, bus) {
        (true, true) => "a desktop session with a message bus: a tray host may be there",
        (true, false) => "a desktop session without a message bus: no tray icon",
        _ => "no desktop session: no tray icon, the command line works",
    };
    Finding::new("tray", words, json!({"session": screen, "bus": bus, "runtime_folder": runtime}))
}

fn clock() -> Finding {
    let since_1970 =
        SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |span| span.as_secs());
    let built = std::env::current_exe()
        .and_then(std::fs::metadata)
        .and_then(|file| file.modified())
        .unwrap_or(SystemTime::UNIX_EPOCH);
    let finding = Finding::new("time", utc(since_1970), json!({"unix_s": since_1970}));
    // A clock that is behind the program's own file cannot be right.
    if SystemTime::now() < built {
        finding.advise("set the clock: it is earlier than the day this program was installed")
    } else {
        finding
    }
}

/// Seconds since 1970 as a date and time of day (civil-from-days, Howard Hinnant, "chrono-compatible low-level date
/// algorithms").
fn utc(seconds: u64) -> String {
    let days = seconds / 86_400 + 719_468;
    let era = days / 146_097;
    let day_of_era = days % 146_097;
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02} UTC")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_named_right() {
        assert_eq!(utc(0), "1970-01-01 00:00:00 UTC");
        assert_eq!(utc(951_782_399), "2000-02-28 23:59:59 UTC");
        assert_eq!(utc(951_782_400), "2000-02-29 00:00:00 UTC");
        assert_eq!(utc(1_767_225_599), "2025-12-31 23:59:59 UTC");
    }
}
