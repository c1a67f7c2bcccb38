//! Files and links that come from outside: the command line, a second start, the system.
//!
//! They wait here until the page fetches them, so that none is lost while it loads. A link is only shown: nothing happens
//! before the person agrees.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::{Mutex, PoisonError};

use app::desk::Desk;
use app::onlooking;
use serde::{Deserialize, Serialize};
use specta::Type;
use tauri::{AppHandle, Emitter, Manager, Url};

use crate::succession::Succession;
use crate::window;

/// Most that wait at once.
const WAITING_MAX: usize = 100;
/// The event that tells the page to fetch.
pub(crate) const ARRIVED: &str = "arrived";

/// Something from outside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Arrival {
    /// A file, as an absolute path.
    File {
        /// The path.
        path: String,
    },
    /// A `tessera://` link.
    Link {
        /// The link.
        link: String,
        /// Whether it shows somebody's job; any other is a coordinator's address.
        is_view: bool,
    },
}

impl Arrival {
    /// The word of a command line that brings it.
    fn word(&self) -> String {
        match self {
            Self::File { path } => path.clone(),
            Self::Link { link, .. } => link.clone(),
        }
    }
}

/// What has arrived and is not fetched yet.
#[derive(Debug, Default)]
pub(crate) struct Arrivals(Mutex<Vec<Arrival>>);

impl Arrivals {
    /// From this program's own command line.
    pub(crate) fn of_this_start() -> Self {
        Self::of(words().skip(1), &std::env::current_dir().unwrap_or_default())
    }

    /// From the words of a command line, read in the folder where they were written.
    fn of(words: impl Iterator<Item = String>, folder: &Path) -> Self {
        Self(Mutex::new(read(words, folder)))
    }

    /// Takes them all.
    pub(crate) fn take(&self) -> Vec<Arrival> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn add(&self, more: Vec<Arrival>) {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.extend(more);
        waiting.truncate(WAITING_MAX);
    }
}

/// A second start hands over its words and ends.
#[expect(clippy::needless_pass_by_value, reason = "the plugin hands them over")]
pub(crate) fn from_second_start(app: &AppHandle, words: Vec<String>, folder: String) {
    arrive(app, read(words.into_iter().skip(1), Path::new(&folder)));
}

/// macOS hands files and links to the program that runs.
#[cfg(target_os = "macos")]
pub(crate) fn from_the_system(app: &AppHandle, addresses: &[Url]) {
    arrive(app, read(addresses.iter().map(Url::to_string), Path::new("/")));
}

fn arrive(app: &AppHandle, found: Vec<Arrival>) {
    if app.state::<Succession>().takes(found.iter().map(Arrival::word)) {
        return;
    }
    app.state::<Arrivals>().add(found);
    // A start that is not that far shows its window by itself.
    if app.try_state::<Desk>().is_some() {
        window::show(app);
    }
    // A page that is still loading fetches when it is there.
    let _ = app.emit(ARRIVED, ());
}

/// The words of the command line; letters that are no Unicode are replaced.
pub(crate) fn words() -> impl Iterator<Item = String> {
    std::env::args_os().map(|word| word.to_string_lossy().into_owned())
}

/// Libraries read the command line too, and end the program at a word that is not Unicode: it is started again with words that all can read.
/// What the second program ended with.
pub(crate) fn restarted_readably() -> Option<ExitCode> {
    if std::env::args_os().all(|word| word.to_str().is_some()) {
        return None;
    }
    let ended = Command::new(std::env::current_exe().ok()?).args(words().skip(1)).status().ok()?;
    Some(if ended.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn read(words: impl Iterator<Item = String>, folder: &Path) -> Vec<Arrival> {
    let arrival = |word: String| match word {
        link if link.starts_with("tessera:") => Arrival::Link { is_view: onlooking::is_link(&link), link },
        file => Arrival::File { path: absolute(folder, &file).display().to_string() },
    };
    words.filter(|word| !word.starts_with("--")).map(arrival).take(WAITING_MAX).collect()
}

/// File managers give addresses, people give paths.
fn absolute(folder: &Path, file: &str) -> PathBuf {
    let address = Url::parse(file).ok().filter(|address| address.scheme() == "file");
    address.and_then(|address| address.to_file_path().ok()).unwrap_or_else(|| folder.join(file))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relative_path_is_read_where_it_was_written_and_a_link_stays_one() {
        let words = [
            "--hidden",
            "a.glb",
            "/x/b.glb",
            "file:///x/my%20vase.glb",
            "tessera://h:1#k",
            "tessera://h:1/view/ab#k=c",
        ];
        let words = words.map(str::to_owned);
        let found = Arrivals::of(words.into_iter(), Path::new("/there")).take();
        let file = |path: &str| Arrival::File { path: path.into() };
        let link = |link: &str, is_view| Arrival::Link { link: link.into(), is_view };
        let files = [file("/there/a.glb"), file("/x/b.glb"), file("/x/my vase.glb")];
        let links = [link("tessera://h:1#k", false), link("tessera://h:1/view/ab#k=c", true)];
        assert_eq!(found, [&files[..], &links].concat());
    }
}
