//! One Tessera follows another: a start that meets a program on its way out, and a program that is called while it leaves.
//!
//! A start hands its files to the program that runs, and ends. A program that is leaving would take them with it, so it starts a successor for
//! them; one that is already gone, and whose name the session's bus still holds, gives no answer, so the start begins again.

use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tauri::plugin::{self, TauriPlugin};
use tauri::{AppHandle, Manager, Wry};

use crate::screen;

/// How long a program may take to answer a start.
const ANSWER_PATIENCE: Duration = Duration::from_secs(8);
/// The plugin that finds the program that runs.
#[cfg(target_os = "linux")]
const FINDER: &str = "single-instance";
/// Counts the starts of [`begin_again`], from one to the next.
const STARTS: &str = "TESSERA_STARTS";

/// What was asked of this program since it began to leave.
#[derive(Debug, Default)]
pub(crate) struct Succession(Mutex<Phase>);

#[derive(Debug, Default)]
enum Phase {
    #[default]
    Running,
    Leaving {
        /// What a successor is started with; without any word it shows its window.
        words: Option<Vec<String>>,
    },
}

impl Succession {
    /// From now on, what comes is for a successor.
    pub(crate) fn begin(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Phase::Leaving { words: None };
    }

    /// Whether this program is leaving; then a successor gets the words.
    pub(crate) fn takes(&self, more: impl IntoIterator<Item = String>) -> bool {
        match &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            Phase::Running => false,
            Phase::Leaving { words } => {
                words.get_or_insert_default().extend(more);
                true
            }
        }
    }

    /// What a successor is started with, if one is wanted.
    fn words(&self) -> Option<Vec<String>> {
        match &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            Phase::Running => None,
            Phase::Leaving { words } => words.take(),
        }
    }
}

/// The last thing that a program does: whoever starts Tessera from now on is the one that runs, and whoever called before that gets their window.
pub(crate) fn hand_over(app: &AppHandle) {
    tauri_plugin_single_instance::destroy(app);
    let Some(words) = app.state::<Succession>().words() else { return };
    let started = std::env::current_exe()
        .and_then(|program| Command::new(program).args(words).env_remove(STARTS).spawn());
    if let Err(error) = started {
        tracing::error!(%error, "Tessera was called while it ended, and could not start again; start it once more");
    }
}

/// Begins this program anew in its own process, with the same words and more in its environment. Only comes back when that fails.
#[cfg(target_os = "linux")]
pub(crate) fn anew<'a>(environment: impl IntoIterator<Item = (&'a str, String)>) -> std::io::Error {
    use std::os::unix::process::CommandExt;

    match std::env::current_exe() {
        Ok(program) => Command::new(program).args(std::env::args_os().skip(1)).envs(environment).exec(),
        Err(error) => error,
    }
}

/// Where the start failed because the program that runs gave no answer: begins again in the same process, a while later, until it answers or is
/// gone. Comes back with what to tell where it is neither.
#[cfg(target_os = "linux")]
pub(crate) fn begin_again(error: anyhow::Error) -> anyhow::Error {
    const STARTS_MAX: u32 = 20;
    const PAUSE: Duration = Duration::from_millis(250);

    if !is_without_answer(&error) {
        return error;
    }
    let starts = std::env::var(STARTS).ok().and_then(|starts| starts.parse().ok()).unwrap_or(0u32) + 1;
    if starts >= STARTS_MAX {
        return hangs();
    }
    std::thread::sleep(PAUSE);
    let failed = anew([(STARTS, starts.to_string())]);
    tracing::warn!(%failed, "the program could not start itself again");
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

/// A start that calls a program waits for its answer for ever: one that hangs is told, and the start ends. Comes right before the plugin that
/// calls, for a loaded machine may take long to get so far.
pub(crate) fn watch() -> TauriPlugin<Wry> {
    let begin = |_: &AppHandle, _: plugin::PluginApi<Wry, ()>| {
        std::thread::spawn(|| {
            std::thread::sleep(ANSWER_PATIENCE);
            if !IS_ALONE.load(Ordering::Acquire) {
                screen::tell(&hangs());
                std::process::exit(1);
            }
        });
        Ok(())
    };
    plugin::Builder::new("succession").setup(begin).build()
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

    fn takes(succession: &Succession, words: &[&str]) -> bool {
        succession.takes(words.iter().map(ToString::to_string))
    }

    #[test]
    fn what_comes_before_the_end_is_this_programs_and_what_comes_after_is_its_successors() {
        let succession = Succession::default();
        assert!(!takes(&succession, &["/a.glb"]));
        succession.begin();
        assert!(takes(&succession, &["/b.glb"]) && takes(&succession, &["/c.glb", "tessera://h:1#k"]));
        let words = ["/b.glb", "/c.glb", "tessera://h:1#k"].map(str::to_owned);
        assert_eq!(succession.words(), Some(words.to_vec()));
    }

    #[test]
    fn a_call_without_files_wants_the_window_and_no_call_wants_nothing() {
        let succession = Succession::default();
        assert_eq!(succession.words(), None);
        succession.begin();
        assert_eq!(succession.words(), None);
        assert!(takes(&succession, &[]));
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
