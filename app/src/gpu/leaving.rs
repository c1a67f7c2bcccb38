//! The end of a program whose graphics driver hangs.
//!
//! A call that has not come back may hold locks that the usual way out of a process waits for without an end: Vulkan's loader does, in what the
//! system runs when its library goes.

#[cfg(unix)]
use std::time::{Duration, Instant};

/// How long a driver may still take that is only slow: opening a GPU usually takes a second.
#[cfg(unix)]
const PATIENCE: Duration = Duration::from_secs(2);

/// Ends the process with this code if a driver does not come back; to be called when nothing is left to do but to end.
pub fn leave_a_hanging_driver(code: u8) {
    #[cfg(unix)]
    if hangs() {
        use std::os::unix::process::CommandExt;
        // Another program in this one's place needs none of its locks. It comes back only when that fails; then the usual way is all there is.
        drop(std::process::Command::new("/bin/sh").args(["-c", "exit $0", &code.to_string()]).exec());
    }
    // Windows ends the other threads first.
    #[cfg(not(unix))]
    let _ = code;
}

/// Whether a driver that was called does not come back soon.
#[cfg(unix)]
fn hangs() -> bool {
    let began = Instant::now();
    while render_core::is_driver_called() && began.elapsed() < PATIENCE {
        std::thread::sleep(Duration::from_millis(10));
    }
    render_core::is_driver_called()
}
