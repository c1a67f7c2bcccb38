//! Ctrl-C: the first one asks for a clean end that keeps what is done, the second one ends at once.

use app::{Exit, Fault, Stop};

use crate::speak;

/// A switch that Ctrl-C turns on, and whatever else asks politely: a kill and a closed terminal on Unix; Ctrl-Break, a closed console and a
/// shut-down on Windows.
pub(crate) fn listen() -> Result<Stop, Fault> {
    let stop = Stop::new();
    let asked = stop.clone();
    let failed = |error: std::io::Error| {
        Fault::failure(format!("the system gives no signals to this program: {error}"), "try again")
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
    let wait = move || {
        runtime.block_on(async {
            signal().await;
            asked.ask();
            speak::talk("stopping; once more to leave at once");
            signal().await;
        });
        app::gpu::leave_a_hanging_driver(Exit::Interrupted as u8);
        std::process::exit(Exit::Interrupted as i32);
    };
    std::thread::Builder::new().name("interrupt".into()).spawn(wait).map_err(failed)?;
    Ok(stop)
}

#[cfg(unix)]
async fn signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut polite_kill) = signal(SignalKind::terminate()) else { return std::future::pending().await };
    // Whoever starts it with `nohup` wants it to outlive the terminal. Asked before a hang-up is listened for, which ends that.
    let closed_terminal = if ignores_hang_ups() { None } else { signal(SignalKind::hangup()).ok() };
    let hang_up = async {
        match closed_terminal {
            Some(mut terminal) => terminal.recv().await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = polite_kill.recv() => {}
        Ok(()) = tokio::signal::ctrl_c() => {}
        _ = hang_up => {}
    }
}

/// Whether hang-ups were to be ignored from the start; where that cannot be known, they are left to the system.
#[cfg(unix)]
fn ignores_hang_ups() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    // The lowest bit is signal 1, the hang-up.
    ignored.and_then(|bits| u64::from_str_radix(bits.trim(), 16).ok()).is_none_or(|bits| bits & 1 == 1)
}

/// After the last two Windows ends the process some seconds later, whatever it does.
#[cfg(windows)]
async fn signal() {
    use tokio::signal::windows::{ctrl_break, ctrl_c, ctrl_close, ctrl_shutdown};
    let all = (ctrl_c(), ctrl_break(), ctrl_close(), ctrl_shutdown());
    let (Ok(mut word), Ok(mut pause), Ok(mut close), Ok(mut shutdown)) = all else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = word.recv() => {}
        _ = pause.recv() => {}
        _ = close.recv() => {}
        _ = shutdown.recv() => {}
    }
}
