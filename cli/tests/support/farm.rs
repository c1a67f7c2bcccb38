//! Processes of a farm in a folder: coordinator, nodes and artist, each with its own data folder.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::program::Place;

/// A process that is killed when the test ends.
pub(crate) struct Running(pub(crate) Child);

/// A coordinator that tells where it is.
#[allow(dead_code, reason = "each test program uses its part of this")]
pub(crate) struct CoordinatorProcess {
    pub(crate) process: Running,
    pub(crate) address: String,
}

#[allow(dead_code, reason = "each test program uses its part of this")]
impl Running {
    pub(crate) fn start(mut command: Command) -> Self {
        Self(command.spawn().expect("the program starts"))
    }

    /// The first line of its standard output, which is piped.
    pub(crate) fn first_line(&mut self) -> String {
        let out = self.0.stdout.take().expect("it is piped");
        let mut line = String::new();
        BufReader::new(out).read_line(&mut line).expect("the program speaks");
        line.trim().to_owned()
    }

    /// kill -9.
    pub(crate) fn kill(&mut self) {
        // A process that has ended by itself is as dead.
        let _ = self.0.kill();
        self.0.wait().expect("a child can be waited for");
    }

    /// The exit code, or `None` when it is still running after `patience`.
    pub(crate) fn wait(&mut self, patience: Duration) -> Option<i32> {
        let began = Instant::now();
        while began.elapsed() < patience {
            if let Some(status) = self.0.try_wait().expect("a child can be asked") {
                // Ended by a signal: that signal's number, negative.
                return Some(status.code().unwrap_or_else(|| -signal_of(status)));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        None
    }
}

#[cfg(unix)]
fn signal_of(status: std::process::ExitStatus) -> i32 {
    std::os::unix::process::ExitStatusExt::signal(&status).unwrap_or(0)
}

#[cfg(not(unix))]
fn signal_of(_status: std::process::ExitStatus) -> i32 {
    1
}

impl Drop for Running {
    fn drop(&mut self) {
        self.kill();
    }
}

#[allow(dead_code, reason = "each test program uses its part of this")]
impl CoordinatorProcess {
    /// Starts on the data folder `coordinator`; port 0 = any.
    pub(crate) fn start(place: &Place, port: u16) -> Self {
        Self::start_with(place, port, &[])
    }

    /// The same with further words.
    pub(crate) fn start_with(place: &Place, port: u16, more: &[&str]) -> Self {
        Self::start_in(place, port, more, &[])
    }

    /// The same in another environment.
    pub(crate) fn start_in(place: &Place, port: u16, more: &[&str], environment: &[(&str, &str)]) -> Self {
        let listen = format!("127.0.0.1:{port}");
        let mut words = vec!["coordinator", "--listen", &listen, "--data", "coordinator"];
        words.extend(more);
        let mut command = place.command(&words);
        command.envs(environment.iter().copied());
        command.stdout(Stdio::piped()).stderr(place.log("coordinator.log"));
        let mut process = Running::start(command);
        let address = process.first_line();
        assert!(address.starts_with("tessera://127.0.0.1:"), "the first line is the address: {address:?}");
        Self { process, address }
    }

    pub(crate) fn port(&self) -> u16 {
        let host = self.address.trim_start_matches("tessera://127.0.0.1:");
        host.split('#').next().and_then(|port| port.parse().ok()).expect("the address has a port")
    }
}

/// Starts a node on the data folder of this name.
#[allow(dead_code, reason = "each test program uses its part of this")]
pub(crate) fn node(place: &Place, coordinator: &str, name: &str) -> Running {
    let mut command = place.command(&["node", "--coordinator", coordinator, "--data", name, "--json"]);
    command.stdout(place.log(&format!("{name}.events"))).stderr(place.log(&format!("{name}.log")));
    Running::start(command)
}

/// Whether there is an adapter to render with; says loudly when there is none.
#[allow(dead_code, reason = "each test program uses its part of this")]
pub(crate) fn gpu_is_there() -> bool {
    let there = render_core::adapters().iter().any(|adapter| adapter.refused.is_none());
    if !there {
        // Past the test runner, which keeps what a passing test prints to itself; a closed standard error is no fault.
        let told = "SKIPPED: no GPU and no software Vulkan on this machine, so nothing was rendered";
        let _ = writeln!(std::io::stderr(), "{told}");
    }
    there
}

/// Waits until `done` holds.
#[allow(dead_code, reason = "each test program uses its part of this")]
pub(crate) fn wait_until(what: &str, patience: Duration, mut done: impl FnMut() -> bool) {
    let began = Instant::now();
    while !done() {
        assert!(began.elapsed() < patience, "{what} did not happen within {patience:?}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
