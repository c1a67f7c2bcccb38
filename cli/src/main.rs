//! The program `tessera`: one line per verb over `app`.

mod args;
mod interrupt;
mod openjd;
mod speak;
mod usage;
mod verb;

use std::process::ExitCode;
use std::sync::Mutex;

use app::{Exit, Fault};
use clap::Parser;

use speak::Voice;

fn main() -> ExitCode {
    std::panic::set_hook(Box::new(note_panic));
    let voice = Voice::asked();
    let line = match args::Line::try_parse() {
        Ok(line) => line,
        Err(error) => return usage::answer(&error, voice),
    };
    follow_logs();
    // A panic anywhere is a bug of ours, and the exit code must not be Rust's 101.
    let outcome = std::panic::catch_unwind(|| verb::run(line)).unwrap_or_else(|_| Err(apology()));
    let exit = match outcome {
        Ok(exit) => {
            if voice == Voice::OpenJd && exit == Exit::Done {
                speak::openjd::done();
            }
            exit
        }
        Err(fault) => {
            speak::fault(&fault, voice);
            fault.exit
        }
    };
    app::gpu::leave_a_hanging_driver(exit as u8);
    ExitCode::from(exit as u8)
}

/// What the last panic said. Some panics are caught and answered (a picture's decoder on damaged bytes), so only
/// the one that ends the program is told.
static LAST_PANIC: Mutex<String> = Mutex::new(String::new());

fn note_panic(panic: &std::panic::PanicHookInfo<'_>) {
    let place = panic.location().map(|at| format!("{}:{}", at.file(), at.line())).unwrap_or_default();
    let words = panic.payload_as_str().unwrap_or("no message");
    tracing::error!(place, words, "panic");
    if let Ok(mut last) = LAST_PANIC.lock() {
        *last = format!("{place}: {words}");
    }
}

fn apology() -> Fault {
    let last = LAST_PANIC.lock().map(|last| last.clone()).unwrap_or_default();
    Fault::failure(
        format!("Tessera stopped on a bug of its own, sorry ({last})"),
        "please report that line with the output of `tessera doctor`; a .partial.exr keeps what was rendered",
    )
}

/// Log lines for the curious, on standard error: `TESSERA_LOG=debug tessera …`.
fn follow_logs() {
    let Ok(filter) = std::env::var("TESSERA_LOG") else { return };
    let told = tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::new(filter))
        .with_writer(std::io::stderr)
        .try_init();
    if told.is_err() {
        speak::fault(&Fault::failure("the log could not be started", "unset TESSERA_LOG"), Voice::People);
    }
}
