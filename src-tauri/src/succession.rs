//! One Tessera follows another: a start that meets a program on its way out, and a program that is called while it leaves.
//!
//! A start hands its files to the program that runs, and ends. A program that is leaving would take them with it, so it starts a successor for
//! them; one that is already gone, and whose name the session's bus still holds, gives no answer, so the start begins again.

use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tauri::{AppHandle, Manager};

use crate::arrivals::Arrival;
use crate::screen;

/// How long a program may take to answer a start.
const ANSWER_PATIENCE: Duration = Duration::from_secs(8);
/// The plugin that finds the program that runs.
#[cfg(target_os = "linux")]
const FINDER: &str = "single-instance";

/// What has come since this program began to leave.
#[derive(Debug, Default)]
pub(crate) struct Succession(Mutex<Option<Called>>);

/// A successor's words.
#[derive(Debug, Default, PartialEq, Eq)]
struct Called {
    /// Whether anybody called: without any file, they wanted the window.
    was_called: bool,
    found: Vec<Arrival>,
}

impl Succession {
    /// From now on, what comes is for a successor.
    pub(crate) fn begin(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_default();
    }

    /// Takes what came, where this program is leaving; gives it back where it is not.
    pub(crate) fn take_over(&self, found: Vec<Arrival>) -> Option<Vec<Arrival>> {
        match &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(called) => {
                called.was_called = true;
                called.found.extend(found);
                None
            }
            None => Some(found),
        }
    }

    /// What a successor is started with, if one is wanted.
    fn words(&self) -> Option<Vec<String>> {
        let called = self
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
            .filter(|called| called.was_called)?;
        Some(called.found.into_iter().map(Arrival::into_word).collect())
    }
}

/// The last thing that a program does: whoever starts Tessera from now on is the one that runs, and whoever called before that gets their window.
pub(crate) fn hand_over(app: &AppHandle) {
    tauri_plugin_single_instance::destroy(app);
    let Some(words) = app.state::<Succession>().words() else { return };
    let started = program().and_then(|program| Command::new(program).args(words).spawn());
    if let Err(error) = started {
        tracing::error!(%error, "Tessera was called while it ended, and could not start again; start it once more");
    }
}

fn program() -> std::io::Result<PathBuf> {
    std::env::current_exe()
}

/// Where the start failed because the program that runs gave no answer: begins again in the same process, a while later, until it answers or is
/// gone. Comes back with what to tell where it is neither.
#[cfg(target_os = "linux")]
pub(crate) fn begin_again(error: anyhow::Error) -> anyhow::Error {
    use std::os::unix::process::CommandExt;

    /// Counts the starts, from one to the next.
    const TRIES: &str = "TESSERA_START";
    const TRIES_MAX: u32 = 20;
    const PAUSE: Duration = Duration::from_millis(250);

    if !is_without_answer(&error) {
        return error;
    }
    let tries = std::env::var(TRIES).ok().and_then(|tries| tries.parse().ok()).unwrap_or(0u32) + 1;
    if tries >= TRIES_MAX {
        return hangs();
    }
    std::thread::sleep(PAUSE);
    let again = program().map(|program| {
        Command::new(program).args(std::env::args_os().skip(1)).env(TRIES, tries.to_string()).exec()
    });
    tracing::warn!(?again, "the program could not start itself again");
    error
}

/// Other systems' starts go on alone where nobody answers.
#[cfg(not(target_os = "linux"))]
pub(crate) fn begin_again(error: anyhow::Error) -> anyhow::Error {
    error
}

#[cfg(target_os = "linux")]
fn is_without_answer(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(tauri::Error::PluginInitialization(plugin, _)) if plugin == FINDER)
}

/// Whether this start knows by now that no other program runs.
static IS_ALONE: AtomicBool = AtomicBool::new(false);

/// A start that calls a program waits for its answer for ever: one that hangs is told, and the start ends.
pub(crate) fn watch() {
    std::thread::spawn(|| {
        std::thread::sleep(ANSWER_PATIENCE);
        if !IS_ALONE.load(Ordering::Acquire) {
            screen::tell(&hangs());
            std::process::exit(1);
        }
    });
}

/// No other program runs: this start is the one.
pub(crate) fn is_alone() {
    IS_ALONE.store(true, Ordering::Release);
}

fn hangs() -> anyhow::Error {
    anyhow::anyhow!(
        "Tessera runs already and does not answer; end its process, `tessera-desktop`, and start it again"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str) -> Arrival {
        Arrival::File { path: path.into() }
    }

    #[test]
    fn what_comes_before_the_end_is_this_programs_and_what_comes_after_is_its_successors() {
        let succession = Succession::default();
        assert_eq!(succession.take_over(vec![file("/a.glb")]), Some(vec![file("/a.glb")]));
        succession.begin();
        assert_eq!(succession.take_over(vec![file("/b.glb")]), None);
        succession.begin();
        assert_eq!(succession.take_over(vec![file("/c.glb")]), None);
        assert_eq!(succession.words(), Some(vec!["/b.glb".to_owned(), "/c.glb".to_owned()]));
    }

    #[test]
    fn a_call_without_files_wants_the_window_and_no_call_wants_nothing() {
        let succession = Succession::default();
        succession.begin();
        assert_eq!(succession.words(), None);
        succession.begin();
        assert_eq!(succession.take_over(Vec::new()), None);
        assert_eq!(succession.words(), Some(Vec::new()));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn only_a_program_that_gives_no_answer_is_waited_for() {
        let failed = |plugin: &str| {
            anyhow::Error::from(tauri::Error::PluginInitialization(plugin.into(), "no reply".into()))
        };
        assert!(is_without_answer(&failed(FINDER)));
        assert!(!is_without_answer(&failed("memory")));
        assert!(!is_without_answer(&anyhow::anyhow!("no screen")));
    }
}
