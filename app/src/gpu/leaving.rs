//! The end of a program whose graphics driver hangs.
//!
//! A call that has not come back may hold locks that the usual way out of a process waits for without an end: Vulkan's loader does, in what the
//! system runs when its library goes.

/// Ends the process with this code if a driver has not come back; to be called when nothing is left to do but to end.
pub fn leave_a_hanging_driver(code: u8) {
    #[cfg(unix)]
    if render_core::is_driver_called() {
        use std::os::unix::process::CommandExt;
        // Another program in this one's place needs none of its locks. It comes back only when that fails; then the usual way is all there is.
        drop(std::process::Command::new("/bin/sh").args(["-c", "exit $0", &code.to_string()]).exec());
    }
    // Windows ends the other threads first.
    #[cfg(not(unix))]
    let _ = code;
}
