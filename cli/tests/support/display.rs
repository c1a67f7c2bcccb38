//! A display of a test's own, on which windows open that nobody sees.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};

/// An X server without a screen; gone when the test ends.
pub(crate) struct Display {
    server: Child,
    /// Its name, as `DISPLAY` has it.
    pub(crate) name: String,
}

impl Display {
    /// Opens one; where that is not possible here, says so aloud and gives nothing.
    pub(crate) fn open() -> Option<Self> {
        let opened = Self::start();
        if opened.is_none() {
            // Past the test runner, which keeps what a passing test prints to itself; a closed standard error is no fault.
            let _ = writeln!(std::io::stderr(), "SKIPPED: no Xvfb on this machine, so no window was opened");
        }
        opened
    }

    fn start() -> Option<Self> {
        let mut command = Command::new("Xvfb");
        command.args(["-displayfd", "1", "-screen", "0", "1280x800x24", "-nolisten", "tcp"]);
        let mut server =
            command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().ok()?;
        let mut number = String::new();
        let out = server.stdout.take()?;
        // It says its number once it takes connections, and nothing when it fails.
        let read = BufReader::new(out).read_line(&mut number);
        let display = Self { server, name: format!(":{}", number.trim()) };
        (read.is_ok() && !number.trim().is_empty()).then_some(display)
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        // One that has ended by itself is as gone.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}
