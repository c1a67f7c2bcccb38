//! Ctrl-C: the first one asks for a clean end that keeps what is done, the second one ends at once.

use app::{Exit, Fault, Stop};

use crate::speak;

/// A switch that Ctrl-C (and on Unix a polite kill) turns on.
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
        std::process::exit(Exit::Interrupted as i32);
    };
    std::thread::Builder::new().name("interrupt".into()).spawn(wait).map_err(failed)?;
    Ok(stop)
}

#[cfg(unix)]
async fn signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut polite_kill) = signal(SignalKind::terminate()) else { return std::future::pending().await };
    tokio::select! {
        _ = polite_kill.recv() => {}
        Ok(()) = tokio::signal::ctrl_c() => {}
    }
}

#[cfg(not(unix))]
async fn signal() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending().await
    }
}
